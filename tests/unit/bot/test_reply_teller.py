"""What chats are told of people's replies: every one once, in order, within Telegram's limits."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from telegram.error import Forbidden, RetryAfter, TimedOut

from domain.conversations.tellings import Telling
from tests.unit.bot.told_chats import AYSE, Told, told_chats


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
    """Ten batches over a minute, and what comes after them; the last of them one by one."""
    async with told_chats(tmp_path, people=1000) as told:
        teller = told.teller()
        for batch in range(10):
            await told.write(*[(n, f"word {batch}") for n in range(1000) if batch or n < 997])
            for _ in range(6):
                await told.tell(teller)
                told.clock.advance(seconds=1)
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
