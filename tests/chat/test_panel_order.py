"""Where the panel stands among what the operator writes."""

from pathlib import Path

import pytest

from bot.chat.panels import Panels
from bot.sandbox.client import SandboxChat
from domain.kernel.errors import Interrupted
from domain.operators.chat import Panel
from tests.chat.shop import entered
from tests.chat.stage import eventually


def _screens(chat: SandboxChat) -> list[int]:
    return [m.message_id for m in chat.newest_first() if m.from_bot and m.buttons]


async def test_a_text_that_overtakes_the_screen_of_a_tap_is_answered_below_it(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await chat.tap("Contacts")
        await chat.wait_for(lambda m: any("Search" in text for text in m.button_texts))
        await on.client.fault("delay", "editMessageText", seconds=0.7, times=1)
        await chat.tap("Search")
        written = await chat.say("Person 1")
        found = await chat.wait_for(lambda m: any("Person 1" in text for text in m.button_texts))
        assert found.message_id > written
        await chat.until(
            lambda: True if _screens(chat) == [found.message_id] else None,
            timeout=10,
            what=lambda: "one panel",
        )


async def test_a_panel_that_was_not_noted_at_once_is_not_sent_a_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store undoes the note when this process stood still in the middle of it."""
    noted = Panels._shown
    stumbled: list[int | None] = []

    async def stumbles(panels: Panels, panel: Panel, message_id: int | None) -> bool:
        if not stumbled:
            stumbled.append(message_id)
            raise Interrupted
        return await noted(panels, panel, message_id)

    async with entered(tmp_path) as (on, chat):

        async def is_noted() -> bool:
            async with on.store.read() as unit:
                panel = await unit.chat.panel(chat.id)
            return panel is not None and not panel.dirty and panel.message_id == shown.message_id

        monkeypatch.setattr(Panels, "_shown", stumbles)
        await chat.say("/contacts")
        shown = await chat.wait_for(lambda m: any("Search" in text for text in m.button_texts))
        await eventually(is_noted, "the panel is noted", seconds=5)
        assert stumbled == [shown.message_id]
