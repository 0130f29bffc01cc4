"""A failure that the chat is told of has a reference, and that stands in the log with where it happened."""

import re
from pathlib import Path

import pytest

from bot.logs import Form
from tests.chat.shop import enter, number_of, open_shop
from tests.chat.stage import stage
from tests.unit.bot.test_logs import written

SAID = re.compile(r"Reference: (\w{8})")


@pytest.mark.parametrize("form", ["text", "json"])
async def test_what_the_chat_is_told_is_found_in_the_log(tmp_path: Path, form: Form) -> None:
    async with stage(tmp_path) as on:
        with written(form) as said:
            async with on.running() as app:
                await open_shop(on)
                chat = on.ayse
                await enter(chat)

                async def breaks(*_: object, **__: object) -> None:
                    raise RuntimeError(f"of {number_of(0)} with Person 0")

                for handlers in app.ptb.handlers.values():
                    for handler in handlers:
                        if handler.callback.__name__ == "on_text":
                            handler.callback = breaks
                await chat.say("Hello Person 0")
                told = await chat.wait_for("Something went wrong on my side", fresh=False)
            found = SAID.search(told.words)
            assert found is not None
            lines = [line for line in said().splitlines() if found[1] in line]
    assert len(lines) == 1
    assert "RuntimeError" in lines[0] and "in breaks" in lines[0]
    assert number_of(0)[1:] not in said() and "Person 0" not in said() and on.sandbox.token not in said()
