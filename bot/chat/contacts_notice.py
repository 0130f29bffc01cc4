"""All contacts, as files that leave from the disk."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from telegram import Bot, InputFile

from bot.chat.beside import Beside
from bot.chat.limiter import not_waited_out
from bot.chat.notices import Send
from bot.chat.threads import asked_in
from bot.files.contacts import contacts_files
from bot.tasks import TaskOwner
from domain.kernel.ids import WorkspaceId
from domain.kernel.unit import Store
from domain.operators.model import Workspace
from domain.scheduler.unit import Unit

#: Those of more people are made beside the other notices: it takes seconds.
LARGE: Final = 20_000


def sender_of_contacts(store: Store[Unit], tasks: TaskOwner) -> Send:
    beside = Beside(tasks)

    async def send(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int | None:
        async with store.read() as unit:
            space = await unit.operators.workspace(WorkspaceId(payload["workspace_id"]))
            what = (chat_id, space.id, asked_in(payload))
            large = beside.has(what) or sum((await unit.contacts.count(space.id)).values()) > LARGE
        if not large:
            return await _send(store, bot, chat_id, space, asked_in(payload))
        return await beside.done(what, lambda: _send(store, bot, chat_id, space, asked_in(payload)))

    return send


async def _send(
    store: Store[Unit], bot: Bot, chat_id: int, space: Workspace, thread: int | None
) -> int | None:
    """The files are read as they are sent, which cannot be done a second time: see `not_waited_out`."""
    sent: int | None = None
    with tempfile.TemporaryDirectory(prefix="masssender-contacts-") as folder:
        async with store.read() as unit:
            paths = await contacts_files(unit, space, Path(folder))
        for path in paths:
            with path.open("rb") as content:
                file = InputFile(content, filename=path.name, read_file_handle=False)
                message = await bot.send_document(
                    chat_id, file, message_thread_id=thread, **not_waited_out(bot)
                )
            sent = message.message_id
    return sent
