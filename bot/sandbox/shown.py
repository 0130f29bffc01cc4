"""A message as a person sees it, and a screen of them as text."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_FILES = ("document", "video", "audio", "voice")


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message of the page API; `view` holds all of it."""

    view: Json

    @property
    def message_id(self) -> int:
        return int(self.view["message_id"])

    @property
    def changed(self) -> int:
        """The change number of its last edit."""
        return int(self.view["changed"])

    @property
    def from_bot(self) -> bool:
        return bool(self.view["from_bot"])

    @property
    def text(self) -> str:
        """Its text, or its caption."""
        return self.view["text"] or self.view["caption"] or ""

    @property
    def words(self) -> str:
        """Everything readable on it but the buttons."""
        view = self.view
        names = [view[kind]["name"] for kind in _FILES if view[kind]]
        invoice = [view["invoice"]["title"], view["invoice"]["description"]] if view["invoice"] else []
        return "\n".join(part for part in (self.text, *names, *invoice, view["service"]) if part)

    @property
    def buttons(self) -> list[Json]:
        """Its inline buttons in reading order."""
        return [button for row in self.view["keyboard"] for button in row]

    @property
    def button_texts(self) -> list[str]:
        return [button["text"] for button in self.buttons]

    @property
    def photo(self) -> str | None:
        """The address of its picture."""
        url: str | None = self.view["photo"]
        return url

    @property
    def document(self) -> Json | None:
        """name, size, mime and url."""
        about: Json | None = self.view["document"]
        return about

    @property
    def file_url(self) -> str | None:
        """The address of whatever file it carries."""
        for kind in _FILES:
            if self.view[kind]:
                return str(self.view[kind]["url"])
        return self.photo


def transcript(messages: Iterable[ShownMessage], pinned: Iterable[int] = ()) -> str:
    """The screen as text, oldest message first."""
    marked = set(pinned)
    return "\n".join(_lines(message, message.message_id in marked) for message in messages)


def _lines(message: ShownMessage, pinned: bool) -> str:
    view = message.view
    marks = [mark for mark, is_so in (("pinned", pinned), ("edited", view["edited"])) if is_so]
    marks += ["photo"] if message.photo else []
    about = f" ({', '.join(marks)})" if marks else ""
    rows = ["    " + " ".join(f"[{b['text']}]" for b in row) for row in view["keyboard"]]
    who = "Bot" if message.from_bot else view["from_name"]
    return "\n".join([f"{who}{about}: {message.words}", *rows])
