"""What every drawn screen must be: within Telegram's limits, whole in its markup, alive in its buttons."""

from html.parser import HTMLParser

from bot.chat.codec import decode, encode
from bot.chat.view import LONGEST_TEXT, View
from bot.screens.base import ACTIONS
from bot.screens.campaign_words import units

LONGEST_LABEL = 60
MOST_ROWS = 20


def labels(view: View) -> list[str]:
    return [button.label for row in view.rows for button in row]


def must_fit(view: View, *, room: int = 0) -> None:
    """Telegram's limits, our own rules for buttons, and markup that is whole; `room` is kept for a note."""
    assert 0 < units(view.text) <= LONGEST_TEXT - room
    assert len(view.rows) <= MOST_ROWS
    for row in view.rows:
        assert 0 < len(row) <= 8
        for button in row:
            assert 0 < len(button.label) <= LONGEST_LABEL
            assert "\n" not in button.label
            assert decode(encode(button.press)) == button.press
            assert button.press.action in ACTIONS, button.press.action
    assert any("Back" in label for label in labels(view))
    Markup().check(view.text)


class Markup(HTMLParser):
    """Only tags that we write, each closed, and no name that became one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def check(self, text: str) -> None:
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"b", "i", "code", "blockquote"}
        assert not attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
