"""How each kind of notice is sent."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from telegram import Bot, InputFile

from bot.chat.contacts_notice import sender_of_contacts
from bot.chat.farewell import farewell
from bot.chat.forgotten_topics import forget_topic
from bot.chat.hours_notice import sender_of_hours
from bot.chat.invoices import sender_of_invoices
from bot.chat.notices import Send
from bot.chat.receivers import receiver
from bot.chat.report_notice import sender_of_reports
from bot.chat.threads import asked_in, in_topic
from bot.files.activity import activity_xlsx
from bot.files.ledger import ledger_xlsx
from bot.files.proof import proof_xlsx
from bot.tasks import TaskOwner
from bot.texts import plain
from domain.delivery.ports import MediaStore
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import ContactId, WorkspaceId
from domain.kernel.unit import Store
from domain.operators.model import Right, Workspace
from domain.scheduler.unit import Unit

#: Of these the text is ready, and is nobody's secret; or there is none.
FOR_ANYBODY: Final[Mapping[str, Send]] = {
    "farewell": farewell, "in_topic": in_topic, "forget_topic": forget_topic,
}  # fmt: skip


def kinds_of_notice(
    store: Store[Unit], media: MediaStore, clock: Clock, tasks: TaskOwner
) -> Mapping[str, Send]:
    """Everything that is not just text. `tasks`: what takes long is made there."""

    async def document(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int:
        file = InputFile(await media.get(payload["media_key"]), filename=payload["filename"])
        message = await bot.send_document(
            chat_id, file, caption=payload.get("caption"), message_thread_id=asked_in(payload)
        )
        return message.message_id

    async def proof(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int | None:
        async with store.read() as unit:
            workspace = await unit.operators.workspace(WorkspaceId(payload["workspace_id"]))
            try:
                name, content = await proof_xlsx(unit, workspace, ContactId(payload["contact_id"]))
            except NotFound:
                return None  # forgotten meanwhile
        file = InputFile(content, filename=name)
        message = await bot.send_document(chat_id, file, message_thread_id=asked_in(payload))
        return message.message_id

    def to(needs: Right, send: Send) -> Send:
        return to_those_who_may(store, needs, send)

    return {
        "document": to(Right.WORK, document),
        "contacts_export": to(Right.WORK, sender_of_contacts(store, tasks)),
        "proof_export": to(Right.WORK, proof), "forget_files": dropping_files(store, media),
        "activity_export": to(Right.OWN, sender_of_books(store, activity_xlsx, "log.file.name")),
        "ledger_export": to(Right.OWN, sender_of_books(store, ledger_xlsx, "ledger.file")),
        "report": sender_of_reports(store, clock, tasks),
        "invoice": sender_of_invoices(store, clock),
        "hours_picture": to(Right.READ, sender_of_hours(store, clock)),
        **FOR_ANYBODY,
    }  # fmt: skip


def dropping_files(store: Store[Unit], media: MediaStore) -> Send:
    """Nothing is said: what may name somebody who was forgotten is deleted, and again if that fails."""

    async def drop(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> None:
        async with store.read() as unit:
            in_use = await unit.contacts.files_in_use(payload["keys"])
        for key in payload["keys"]:
            if key not in in_use:
                await media.drop(key)

    return drop


def sender_of_books(
    store: Store[Unit], made: Callable[[Unit, Workspace], Awaitable[bytes]], name: str
) -> Send:
    """A workbook about the whole workspace; `name`: the text that it is called by."""

    async def send(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int:
        async with store.read() as unit:
            workspace = await unit.operators.workspace(WorkspaceId(payload["workspace_id"]))
            content = await made(unit, workspace)
        file = InputFile(content, filename=f"{plain(name, workspace.language)}.xlsx")
        message = await bot.send_document(chat_id, file, message_thread_id=asked_in(payload))
        return message.message_id

    return send


def to_those_who_may(store: Store[Unit], needs: Right, send: Send) -> Send:
    """Asked for by somebody who might; it goes out if they still may, in the workspace that it is of."""

    async def guarded(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int | None:
        async with store.read() as unit:
            who = await receiver(unit, chat_id, WorkspaceId(payload["workspace_id"]))
        return await send(bot, chat_id, payload) if who.may(needs) else None

    return guarded
