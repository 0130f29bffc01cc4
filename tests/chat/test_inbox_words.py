"""What the inbox shows of a message that came without words."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.delivery.ports import Attachment, ReplyNews
from storage.database import Database
from tests.chat.contact_chat import AYSE, HOSTILE, NOW, Chat
from tests.chat.drawn import labels
from tests.fakes.stores import an_account, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


@pytest.mark.parametrize(
    ("text", "media", "filename", "shown"),
    [
        ("the broken one", "image", "a.jpg", "the broken one"),
        ("", "image", "a.jpg", "📷 Picture"),
        ("", "voice", "", "🎤 Voice message"),
        ("", "document", "order 12.pdf", "📄 order 12.pdf"),
        ("", "document", "", "📄 File"),
        ("", "location", None, "📍 Place"),
        ("", "poll", None, "📎 Something without words"),
        ("", None, None, "📎 Something without words"),
        ("", "document", HOSTILE, "📄 "),
    ],
)
async def test_it_is_called_by_what_it_is(
    store: Database, text: str, media: str | None, filename: str | None, shown: str
) -> None:
    chat = await Chat.begin(store)
    async with store.write() as unit:
        account = await an_account(unit, chat.workspace.id)
        file = None if filename is None else Attachment(ref="r", filename=filename)
        news = ReplyNews(event="1", sender=AYSE, text=text, at=NOW, media=media, attachment=file)
        reply = await unit.delivery.reply(account, news)
        assert reply is not None
        await unit.conversations.wrote(account, reply, at=NOW)
        await unit.commit()
    view = await chat.open("inbox")
    assert labels(view)[0].startswith(f"🔵 1 · {AYSE} · {shown}")
