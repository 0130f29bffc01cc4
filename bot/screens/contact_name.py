"""Giving a contact another name."""

from dataclasses import replace

from bot.screens.base import Go, Scene, action, text_answer
from bot.screens.contacts_parts import ask, note_contact, panel_args, short
from bot.screens.contacts_person import SCREENS_OF_ONE, at_contact
from domain.contacts import service
from domain.kernel.ids import ContactId
from domain.operators.chat import Prompt
from domain.operators.model import Right


@action("ct.name", needs=Right.WORK)
async def ask_name(scene: Scene) -> Go:
    contact = await scene.unit.contacts.contact(scene.workspace.id, ContactId(scene.press.id))
    who = short(contact.name) or contact.number
    came = (await panel_args(scene, *SCREENS_OF_ONE)).get("from")
    return ask(scene, "contact.name", leave="ct.open", id=contact.id, values={"name": who}, came=came)


@text_answer("contact.name", needs=Right.WORK)
async def rename(scene: Scene, prompt: Prompt, text: str) -> Go:
    contact = await scene.unit.contacts.contact(scene.workspace.id, ContactId(prompt.args["id"]))
    name = await service.rename(scene.unit.contacts, contact, text, at=scene.now)
    if name != contact.name:
        await note_contact(scene, "contact.renamed", replace(contact, name=name))
    return await at_contact(scene, "contact", contact.id)
