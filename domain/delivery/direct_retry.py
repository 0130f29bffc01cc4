"""Single messages that were refused for now: whether they are tried again, and when. Pure rules."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import accumulate, chain, repeat, takewhile
from typing import Final

from domain.delivery.faults import ACCOUNT_STOPPED, LIMIT_REACHED, PAIR_TOO_FAST, TEMPLATE_STOPPED
from domain.delivery.ports import Rejected, SendOutcome
from domain.delivery.recipients import NEWS_WAITING, is_restriction
from domain.delivery.store import DirectPurpose

#: One person may be sent a message every six seconds on the official channel.
PAIR_PAUSE: Final = timedelta(seconds=7)
#: Pauses before the next tries; the last one again and again.
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 4, 8, 15, 30))

#: The pauses of one message together are no longer than this; then it has failed.
TRIED_FOR: Final[Mapping[DirectPurpose, timedelta]] = {
    DirectPurpose.ANSWER: timedelta(minutes=10),
    DirectPurpose.AUTO: timedelta(minutes=2),
    DirectPurpose.CONFIRM: timedelta(minutes=2),
    DirectPurpose.TEST: timedelta(minutes=1),
}

#: Whoever tests is looking at the phone: only what is about to pass is waited out.
_TESTED_AGAIN: Final = frozenset({PAIR_TOO_FAST.reason, NEWS_WAITING, "too_fast"})
#: It lasts until somebody mends it, and whoever asked is told at once.
_LASTS: Final = ACCOUNT_STOPPED | TEMPLATE_STOPPED | {LIMIT_REACHED}


def pause_after(purpose: DirectPurpose, outcome: SendOutcome, *, tries: int) -> timedelta | None:
    """How long one waits that was refused, `tries` times before; None: it is not tried again. Of an unknown
    outcome it never is: it may have reached them."""
    if not isinstance(outcome, Rejected) or not outcome.can_retry or is_restriction(outcome):
        return None
    if outcome.reason in _LASTS or (purpose is DirectPurpose.TEST and outcome.reason not in _TESTED_AGAIN):
        return None
    if outcome.reason == PAIR_TOO_FAST.reason:
        return PAIR_PAUSE if (tries + 1) * PAIR_PAUSE <= TRIED_FOR[purpose] else None
    waited = accumulate(chain(PAUSES, repeat(PAUSES[-1])))
    most = sum(1 for _ in takewhile(lambda all_of_it: all_of_it <= TRIED_FOR[purpose], waited))
    return PAUSES[min(tries, len(PAUSES) - 1)] if tries < most else None
