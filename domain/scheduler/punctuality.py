"""How sending keeps to time, for whoever watches the machine."""

from datetime import timedelta
from typing import Protocol

from domain.accounts.model import Channel


class Punctuality(Protocol):
    """Told of every message, so it is quick, raises nothing, and waits for nothing."""

    def left(self, channel: Channel, late: timedelta, *, messages: int = 1) -> None:
        """So many left, at most so `late` after the moment that was planned for them. Where none was planned
        (the first of a campaign, what somebody has just asked for) this is not told."""
        ...

    def waited(self, channel: Channel, span: timedelta) -> None:
        """Pacing holds the next message back so long: a drawn pause; or, on the official channel, one that is
        claimed has waited so long for its number's bucket."""
        ...


class NobodyWatches:
    """Implements Punctuality."""

    def left(self, channel: Channel, late: timedelta, *, messages: int = 1) -> None:
        """See the port."""

    def waited(self, channel: Channel, span: timedelta) -> None:
        """See the port."""
