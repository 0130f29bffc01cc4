"""What the README tells a newcomer to open, type and tap is there."""

import re
from pathlib import Path
from typing import Final

from bot.screens.base import COMMANDS
from bot.texts import en

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = (ROOT / "README.md").read_text("utf-8")
PROSE: Final = re.sub(r"```.*?```", "", README, flags=re.DOTALL)


def test_what_stands_in_brackets_is_a_link_and_leads_somewhere() -> None:
    assert re.findall(r"\[[^\]]*\](?!\()", re.sub(r"!\[[^\]]*\]\([^)]*\)", "", PROSE)) == []
    links = re.findall(r"\]\(([^)#]+)", PROSE)
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_its_commands_are_those_of_the_chat() -> None:
    typed = set(re.findall(r"`/([a-z_]+)", PROSE)) - {"newbot"}  # BotFather's
    assert typed and typed <= set(COMMANDS)


#: Named without an arrow before them.
TAPPED: Final = frozenset(
    {
        "🗑 Forget this person",
        "Check the numbers first",
        "Continue",
        "Link a simulated number",
        "Start",
        "Use a code on this phone",
    }
)


def test_its_buttons_are_those_of_the_chat() -> None:
    bold = set(re.findall(r"\*\*([^*]+)\*\*", PROSE))
    assert bold >= TAPPED
    named = TAPPED | set(re.findall(r"→\s+\*\*([^*]+)\*\*", PROSE))
    assert len(named) > len(TAPPED) + 2
    texts = "\n".join(en.TEXTS.values()).replace("\ufe0f", "")
    assert [one for one in named if one.replace("\ufe0f", "") not in texts] == []
