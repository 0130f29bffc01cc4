"""Where the panel stands among what the operator writes."""

from pathlib import Path

from bot.sandbox.client import SandboxChat
from tests.chat.shop import entered


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
