"""What waits in the store for whoever does it, and how they learn that there is some."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class Work(StrEnum):
    """Kinds of work that stand in the store until they are done. Whoever does one looks by itself now and
    then, so a wake that is lost delays it and loses nothing."""

    NOTICES = "notices"
    #: What people wrote, to be told; and topics that are to be opened or closed.
    CONVERSATIONS = "conversations"
    IMPORTS = "imports"
    GROUP_IMPORTS = "group_imports"
    CHECKS = "checks"
    LINKINGS = "linkings"
    LEFTOVERS = "leftovers"
    REFUNDS = "refunds"


class Wakes(Protocol):
    def on(self, work: Work, wake: Callable[[], None]) -> None:
        """Call this whenever a unit with such work was committed, by this process or another."""
        ...

    def on_word(self, heard: Callable[[str], None]) -> None:
        """Call this with each word that another process tells."""
        ...
