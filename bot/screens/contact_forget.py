"""Forgetting a person: what goes and what stays is named, and asked once more."""

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts_parts import back, lines, short
from bot.screens.contacts_person import at_contact
from bot.texts import count, plain, say
from domain.contacts.forgetting import Remains
from domain.kernel.ids import ContactId
from domain.operators.activity import Topic
from domain.operators.chat import Notice
from domain.operators.model import Right
from domain.scheduler.forgetting import forget_person


@action("ct.forget", needs=Right.WORK)
async def ask_forget(scene: Scene) -> Go:
    return await at_contact(scene, "contact.forget", scene.press.id)


@screen("contact.forget", needs=Right.WORK)
async def forget_question(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    contact = await scene.unit.contacts.contact(scene.workspace.id, ContactId(args["id"]))
    remains = await scene.unit.contacts.remains(scene.workspace.id, contact.id)
    others = [number for number in remains.numbers if number != contact.number]
    text = lines(
        say("forget", lang, name=short(contact.name) or contact.number, goes=_goes(remains)),
        say("forget.numbers", lang, numbers=others) if others else "",
        say("forget.files", lang, files=count(remains.files, "file", "files")) if remains.files else "",
        say("forget.stays", lang, sent=count(remains.sent, "message was", "messages were")),
    )
    return View(
        text=text,
        rows=(
            (button(plain("forget.keep", lang), "ct.open", id=contact.id),),
            (button(plain("forget.do", lang), "ct.forgetx", id=contact.id),),
            back(lang, "ct.open", contact.id),
        ),
    )


def _goes(of: Remains) -> list[str]:
    """`2 columns, 1 tag, 3 lists, 12 messages`; what there is none of is left out."""
    counted = (
        (of.columns, "column", "columns"), (of.tags, "tag", "tags"), (of.lists, "list", "lists"),
        (of.messages, "message", "messages"),
    )  # fmt: skip
    return ["name", "number", *(count(many, one, more) for many, one, more in counted if many)]


@action("ct.forgetx", needs=Right.WORK)
async def forget(scene: Scene) -> Go:
    """Files and topics are deleted by the notices, which try again where that fails."""
    lang, space = scene.workspace.language, scene.workspace.id
    called = plain("forgotten.person", lang)
    erased = await forget_person(
        scene.unit, space, ContactId(scene.press.id), by=scene.me.id, called=called, at=scene.now
    )
    await scene.log(Topic.CONTACTS, "contact.forgotten", about=called)
    if erased.files:
        notice = Notice(
            chat_id=scene.chat_id, key=f"forget_files/{scene.press.id}", kind="forget_files",
            payload={"workspace_id": int(space), "keys": list(erased.files)},
        )  # fmt: skip
        await scene.unit.chat.queue_notice(notice, at=scene.now)
    for chat_id, thread_id in erased.topics:
        notice = Notice(
            chat_id=chat_id, key=f"forget_topic/{scene.press.id}/{chat_id}/{thread_id}", kind="forget_topic",
            payload={"thread_id": thread_id},
        )  # fmt: skip
        await scene.unit.chat.queue_notice(notice, at=scene.now)
    for id in erased.campaigns:
        scene.desk.watcher.campaign_changed(id, at_once=False)
    return Go(screen="contacts", toast=plain("forget.done", lang))
