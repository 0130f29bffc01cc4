"""Somebody who wrote and is no contact: they become one, or are opted out."""

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts import added, put_in
from bot.screens.contacts_parts import back, note_contact
from bot.screens.talk import at_talk, talk_of
from bot.screens.talk_parts import name_of
from bot.texts import plain, say
from domain.contacts import service
from domain.conversations.model import Conversation
from domain.kernel.errors import Conflict
from domain.operators.model import Right


async def _whose(scene: Scene) -> tuple[Conversation, str]:
    """The conversation, and what its person is to be called who is no contact yet. Raises Conflict where
    WhatsApp hides their number: no button leads here."""
    talk = await talk_of(scene, scene.press.id)
    if not talk.number.startswith("+"):
        raise Conflict()
    known = await scene.unit.contacts.by_number(talk.workspace_id, talk.number)
    return talk, talk.name if known is None else ""


@action("talk.add", needs=Right.WORK)
async def add(scene: Scene) -> Go:
    """As they are called at WhatsApp. That they wrote is no consent: how they agreed is asked, as of anybody
    who is added. Raises PersonForgotten."""
    talk, name = await _whose(scene)
    return await added(scene, talk.number, name)


@action("talk.out", needs=Right.WORK)
async def ask_out(scene: Scene) -> Go:
    talk = await talk_of(scene, scene.press.id)
    return Go(screen="talk.out", args=await at_talk(scene, talk.id))


@screen("talk.out", needs=Right.WORK)
async def out_question(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    talk = await talk_of(scene, args["id"])
    return View(
        text=say("contact.stop", lang, name=name_of(talk)),
        rows=(
            (button(plain("contact.stop.keep", lang), "talk", id=talk.id),),
            (button(plain("contact.stop.do", lang), "talk.outx", id=talk.id),),
            back(lang, "talk", talk.id),
        ),
    )


@action("talk.outx", needs=Right.WORK)
async def out(scene: Scene) -> Go:
    """They become a contact, or else a file that brings their number later would find no "stop"."""
    talk, name = await _whose(scene)
    contact, _ = await put_in(scene, talk.number, name)
    now = await service.opt_out(scene.unit.contacts, contact, by=scene.me.id, at=scene.now)
    if now is not contact.consent:
        before, after = {"consent": contact.consent.value}, {"consent": now.value}
        await note_contact(scene, "contact.stopped", contact, before=before, after=after)
    args = {"id": int(contact.id)}
    return Go(screen="contact", args=args, toast=plain("ct.stop.done", scene.workspace.language))
