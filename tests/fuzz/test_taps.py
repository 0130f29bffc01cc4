"""Buttons that nobody drew: whatever stands in them, the tap is answered and nothing changes."""

import random
import sqlite3
from pathlib import Path
from typing import Any

from bot.chat.codec import LONGEST, NotOurs, base36, decode
from bot.screens.base import ACTIONS
from tests.chat.shop import enter, open_shop
from tests.chat.stage import stage

#: What a tap may leave behind: itself, that it was answered, and what the chat shows now.
OF_THE_CHAT = {"chat_inbox", "panels", "prompts", "notices", "sqlite_sequence"}
TAPS = 24


def hostile(chance: random.Random) -> str:
    """At most 64 bytes: any at all, or nearly what we draw, for things that are not there."""
    if chance.random() < 0.5:
        letters = "v1|homecp.0aZ \0\n\u202e🙂é|||" + chr(chance.randrange(0xD800))
        text = "".join(chance.choice(letters) for _ in range(chance.randint(1, LONGEST)))
    else:
        far = base36(chance.randrange(36**8, 36**11))
        action = chance.choice([*sorted(ACTIONS), "no.such", "", "__init__"])
        parts = [
            chance.choice(("v1", "v1", "v1", "v2", "")),
            action,
            far,
            chance.choice((far, "0", "-1", "٣")),
            far,
        ]
        text = "|".join(parts[: chance.choice((5, 5, 5, 4, 3, 1))])
    return text.encode()[:LONGEST].decode("utf-8", "ignore") or "|"


def rows(path: Path) -> dict[str, list[Any]]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        # An index of names shows its rows in the tables behind it alone.
        real = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        names = [name for (name,) in database.execute(real)]
        kept = sorted(name for name in names if name not in OF_THE_CHAT)
        return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in kept}  # noqa: S608


async def test_taps_on_buttons_that_nobody_drew_are_answered_and_change_nothing(tmp_path: Path) -> None:
    chance = random.Random(11)
    refused = 0
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await shop.draft()
        await enter(chat)
        message = list(chat.messages.values())[-1]
        before = rows(tmp_path / "masssender.db")
        for _ in range(TAPS):
            data = hostile(chance)
            try:
                decode(data)
            except NotOurs:
                refused += 1
            await chat.wait_answered(await chat.tap_data(message.message_id, data, forged=True))
        after = rows(tmp_path / "masssender.db")
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
    assert 5 < refused < TAPS
