"""What chats are told of people's replies: every one once, in order, within Telegram's limits."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from telegram import Message
from telegram.error import Forbidden, RetryAfter, TimedOut

from bot.chat.reply_teller import ReplyTeller
from domain.conversations.tellings import Telling
from domain.delivery.ports import LARGEST_ATTACHMENT, Attachment, AttachmentGone, ChannelDown
from domain.kernel.ids import ConversationId
from domain.operators.model import Role
from storage.database import Database
from storage.unit import Unit
from tests.fakes.stores import NOW, a_workspace, an_account
from tests.unit.bot.told_chats import AYSE, DENIZ, Told, add_member, told_chats


async def test_what_one_person_writes_is_one_message_in_order(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        await told.write((1, "hello"), (1, "are you open?"), (2, "price?"))
        await told.tell()
        first, second = told.telegram.sent
        assert first.text.index("hello") < first.text.index("are you open?")
        assert "Person 1" in first.text
        assert "Person 2" in second.text
        assert first.buttons == ["🛑 Opt out", "🔕 Mute", "👤 Contact"]


async def test_many_at_once_are_one_message_that_leads_to_the_inbox(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        await told.write(*[(n, "hi") for n in range(9)], (9, "STOP"))
        await told.tell()
        (one,) = told.telegram.sent
        assert "10 people wrote" in one.text
        assert "Person 9" in one.text and one.text.count("Person") == 8
        assert "1 person said stop" in one.text
        assert one.buttons == ["💬 Inbox"]


async def test_ten_thousand_replies_are_each_told_once_within_the_limits(tmp_path: Path) -> None:
    """Twenty batches over a minute, and what comes after them; the last of them one by one."""
    async with told_chats(tmp_path, people=500) as told:
        teller = told.teller()
        for batch in range(20):
            if batch < 2:
                await told.write(*[(n, f"word {batch}") for n in range(500) if batch or n < 497])
            else:
                await told.everybody_writes(f"word {batch}")
            for _ in range(3):
                await told.tell(teller)
                told.clock.advance(seconds=1)
        await told.tell_all(teller)
        await told.write((1, "the last one"), (2, "no, this"), (3, "no, this one"))
        await told.tell_all(teller)
        sent = told.telegram.sent
        assert sum(_replies_in(one.text) for one in sent) == 10_000
        assert [one.text.split("\n")[-1] for one in sent[-3:]] == [
            "the last one", "no, this", "no, this one",
        ]  # fmt: skip
        for one in sent:
            minute = [o for o in sent if one.at <= o.at < one.at + timedelta(seconds=60)]
            assert len(minute) <= 20


def _replies_in(text: str) -> int:
    gathered = re.search(r"\(([\d,]+) messages?\)", text)
    return int(gathered[1].replace(",", "")) if gathered else text.count("\n")


async def test_a_kill_between_sending_and_keeping_tells_one_message_again(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        await told.write((1, "one"), (2, "two"), (3, "three"))
        killed = told.teller()

        async def dies(*_: object, **about: object) -> None:
            raise KeyboardInterrupt

        record, kept = killed._record, 0

        async def second_dies(*args: object, **about: object) -> None:
            nonlocal kept
            kept += 1
            await (record if kept < 2 else dies)(*args, **about)  # type: ignore[arg-type]

        killed._record = second_dies  # type: ignore[method-assign]
        telling = (await _due(told))[0]
        with pytest.raises(KeyboardInterrupt):
            await killed._tell(telling)
        told.clock.advance(seconds=60)
        await told.tell_all(told.teller())
        words = Counter(text.split("\n")[-1] for text in told.telegram.texts())
        assert words == {"one": 1, "two": 2, "three": 1}


async def _due(told: Told) -> Sequence[Telling]:
    async with told.store.read() as unit:
        return await unit.tellings.due(now=told.clock.now(), limit=10)


async def test_trouble_with_telegram_loses_nothing(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        teller = told.teller()
        told.telegram.trouble = [RetryAfter(30), TimedOut(), RuntimeError("ours")]
        await told.write((1, "hello"))
        await told.tell(teller)
        await told.write((1, "anybody there?"))
        await told.tell_all(teller)
        (one,) = told.telegram.texts()
        assert one.endswith("hello\nanybody there?")


async def test_who_has_blocked_the_bot_is_not_tried_for_ever(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        told.telegram.trouble = [Forbidden("bot was blocked by the user")]
        await told.write((1, "hello"))
        await told.tell_all(told.teller(), steps=2)
        assert not told.telegram.texts(AYSE)


class Away:
    """A channel that hands over what it was given, once it is up."""

    def __init__(self, content: bytes | None, *, down: int = 0, slow: bool = False) -> None:
        self.content, self.down, self.slow, self.asked = content, down, slow, 0

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        self.asked += 1
        if self.slow:
            await asyncio.sleep(3600)
        if self.asked <= self.down:
            raise ChannelDown
        if self.content is None:
            raise AttachmentGone
        yield self.content


PICTURE = Attachment(ref="m1", mime="image/jpeg", filename="cake.jpg")


async def test_a_picture_comes_with_the_words_and_is_fetched_once_for_all_chats(tmp_path: Path) -> None:
    async with told_chats(tmp_path, members=(AYSE, DENIZ)) as told:
        told.attachments = away = Away(b"a picture", down=1)
        await told.write((1, "is this one left?"), media="image", attachment=PICTURE)
        await told.write((1, "or that one?"))
        await told.tell_all(told.teller())
        for chat in (AYSE, DENIZ):
            first, second = (one for one in told.telegram.sent if one.chat_id == chat)
            assert (first.kind, second.kind) == ("photo", "text")
            assert first.text.endswith("is this one left?") and second.text.endswith("or that one?")
        assert away.asked == 2


@pytest.mark.parametrize("away", [Away(None), Away(b"", down=99)])
async def test_a_file_that_cannot_be_had_is_told_as_what_it_was(tmp_path: Path, away: Away) -> None:
    async with told_chats(tmp_path) as told:
        told.attachments = away
        await told.write((1, ""), media="image", attachment=PICTURE)
        await told.tell_all(told.teller())
        (text,) = told.telegram.texts()
        assert text.endswith("📷 a picture that could not be fetched; it is on the phone")


async def test_a_file_that_says_it_is_too_large_is_not_asked_for(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        told.attachments = away = Away(b"a film")
        film = Attachment(ref="m1", mime="video/mp4", size=LARGEST_ATTACHMENT + 1)
        await told.write((1, ""), media="video", attachment=film)
        await told.tell_all(told.teller())
        assert len(told.telegram.texts()) == 1 and away.asked == 0


async def test_a_slow_file_holds_up_its_own_chat_only(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        told.attachments = Away(b"", slow=True)
        async with told.store.write() as unit:
            other = await a_workspace(unit, name="Florist")
            await add_member(unit, other, DENIZ, Role.OWNER)
            theirs = await unit.accounts.account(
                await an_account(unit, other, number="+447700900077", remote="sim-2")
            )
            await unit.commit()
        teller = told.teller()
        running = told.tasks.start("teller", teller.run())
        await told.write((1, "look"), media="image", attachment=PICTURE)
        mine, told.account = told.account, theirs
        await told.write((2, "roses?"))
        async with asyncio.timeout(20):
            while not told.telegram.texts(DENIZ):
                await asyncio.sleep(0.01)
        assert not told.telegram.texts(AYSE)
        running.cancel()
        assert mine is not theirs


async def test_hostile_and_long_texts_are_whole_messages(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        await told.write((1, "<b>&" * 3000), (1, "שלום 👋🏽 " * 200), (1, "</i>"), (1, "x" * 1200))
        await told.tell_all(told.teller())
        for text in told.telegram.texts():
            assert len(text.encode("utf-16-le")) // 2 <= 4096
            assert "<b>&amp;" not in text and "</i>\n" not in text.split("</i>", 1)[-1]
        assert any("…" in text for text in told.telegram.texts())


async def test_who_has_left_is_told_nothing_and_muted_people_are_not_told(tmp_path: Path) -> None:
    async with told_chats(tmp_path, members=(AYSE, DENIZ)) as told:
        talk = await _first_talk(told)
        async with told.store.write() as unit:
            await unit.conversations.mute(told.space, talk, at=NOW)
            await unit.commit()
        await told.write((1, "hello"), (2, "hi"))
        async with told.store.write() as unit:
            left = next(m for m in await unit.operators.members(told.space) if m.telegram_id == DENIZ)
            await unit.operators.leave(left.id, at=NOW)
            await unit.commit()
        told.telegram.sent.clear()
        await told.tell_all(told.teller())
        assert [one.chat_id for one in told.telegram.sent] == [AYSE]
        assert told.telegram.texts()[0].endswith("hi")


async def _first_talk(told: Told) -> ConversationId:
    await told.write((1, "first"))
    await told.tell_all(told.teller())
    async with told.store.read() as unit:
        [talk], _ = await unit.conversations.page(told.space, None, offset=0, limit=5)
    return talk.id


async def test_what_a_look_has_read_while_a_round_ended_is_not_told_again(tmp_path: Path) -> None:
    """The round of a chat ends between the reading of what is due and the beginning of rounds."""
    async with told_chats(tmp_path) as told:
        await told.write((1, "hello"))
        teller, telegram = told.teller(), told.telegram
        sending, goes_on = asyncio.Event(), asyncio.Event()
        real = telegram.send_message

        async def slow(chat_id: int, text: str, **about: Any) -> Message:
            sending.set()
            await goes_on.wait()
            return await real(chat_id, text, **about)

        telegram.send_message = slow  # type: ignore[method-assign]
        assert await teller._look() == 1
        await sending.wait()
        teller.store = ReadsSlowly(told.store, teller, goes_on)  # type: ignore[assignment]
        assert await teller._look() == 0
        teller.store = told.store
        await teller.flush()
        assert len(telegram.sent) == 1


@dataclass
class ReadsSlowly:
    """The first reading ends when the rounds under way have ended."""

    store: Database
    teller: ReplyTeller
    goes_on: asyncio.Event

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Unit]:
        self.teller.store = self.store
        async with self.store.read() as unit:
            yield unit
        self.goes_on.set()
        await asyncio.wait(list(self.teller._busy.values()))
