"""What a recipient's state means for their points. Pure.

`storage/tables/delivery.py` says the same in words that an index is made of (`UNSETTLED`); a test holds the
two together.
"""

from typing import Final

from domain.delivery.recipients import RecipientState, Settled
from domain.wallet.model import EntryKind

R = RecipientState

#: They have got it, as far as anybody knows.
COSTS: Final = frozenset({R.SENT, R.DELIVERED, R.READ})

#: It can still become either: what is held stays held.
OPEN: Final = frozenset({R.WAITING, R.CLAIMED, R.UNKNOWN})

#: What is written when a recipient is settled so: for the first time, and after another way.
_FIRST: Final = {Settled.SPENT: EntryKind.SPEND, Settled.BACK: EntryKind.RELEASE}
_AGAIN: Final = {Settled.SPENT: EntryKind.LATE, Settled.BACK: EntryKind.BACK}


def settled_after(known: Settled, state: RecipientState) -> Settled:
    """What has become of the points of somebody who is in that state now."""
    if state in OPEN:
        return known
    return Settled.SPENT if state in COSTS else Settled.BACK


def kind_of(settled: Settled, settlements: int) -> EntryKind:
    """Why a line stands in the ledger; `settlements` counts this one too."""
    return (_FIRST if settlements == 1 else _AGAIN)[settled]
