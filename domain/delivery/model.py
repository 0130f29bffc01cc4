"""How far one attempt is known to have got."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Self


class Progress(IntEnum):
    """How far one attempt is known to have got. Larger is better known.

    The numbers are an ordering, so that receipts may arrive late, twice or out of order and still
    settle on the same answer. FAILED stands above SENT: WhatsApp reports a failure after having taken
    the message, and a delivery report above both cannot be undone.
    """

    CLAIMED = 10
    UNKNOWN = 20
    SENT = 30
    FAILED = 40
    DELIVERED = 50
    READ = 60


@dataclass(frozen=True, slots=True)
class Attempt:
    progress: Progress = Progress.CLAIMED

    def learn(self, news: Progress) -> Self:
        return replace(self, progress=max(self.progress, news))
