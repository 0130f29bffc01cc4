"""Files that people send along: none stays that nothing names."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.delivery.ports import Attachment
from domain.kernel.ids import ReplyId
from tests.fakes.stores import number_of
from tests.unit.bot.told_chats import told_chats

PICTURE = Attachment(ref="m1", mime="image/jpeg", filename="cake.jpg")


class Channel:
    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        yield b"a picture"


@pytest.mark.parametrize("others", [0, 1])
async def test_the_file_of_who_is_forgotten_while_it_is_fetched_does_not_stay(
    tmp_path: Path, others: int
) -> None:
    """Unless somebody else sent the same."""
    async with told_chats(tmp_path) as told:
        told.attachments = Channel()
        files = told.teller().files
        await told.write(*[(n, "") for n in range(others + 1)], media="image", attachment=PICTURE)
        async with told.store.read() as unit:
            sent = [await unit.tellings.reply(ReplyId(n)) for n in range(1, others + 2)]
            her = await unit.contacts.by_number(told.space, number_of(0))
            assert her is not None
        whom = her.id
        for reply in sent[1:]:
            await files.bring(reply)

        class Forgetting(Channel):
            async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
                async with told.store.write() as unit:
                    await unit.contacts.forget(told.space, whom, called="", at=told.clock.now())
                    await unit.commit()
                async for piece in super().fetch(attachment):
                    yield piece

        told.attachments = Forgetting()
        assert await files.bring(sent[0])
        assert sum(one.is_file() for one in (tmp_path / "media").rglob("*")) == others


async def test_what_came_before_a_number_was_taken_out_is_told_after_it(tmp_path: Path) -> None:
    """And it holds up nothing behind it, whether or not its file can still be had."""
    async with told_chats(tmp_path) as told:
        told.attachments = Channel()
        await told.write((0, "Like this one"), media="image", attachment=PICTURE)
        async with told.store.write() as unit:
            await unit.accounts.remove(told.account.id)
            await unit.commit()
        await told.tell()
        assert [one.kind for one in told.telegram.sent] == ["photo"]
        assert "Like this one" in told.telegram.texts()[0]
