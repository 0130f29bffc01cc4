"""Refusals that every channel knows; and those that say nothing of the person: whoever met one waits, however
often, and loses no try by it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from domain.delivery.ports import Fault, Rejected, SendOutcome

NOT_ON_WHATSAPP: Final = Rejected("not_on_whatsapp", False, Fault.PERSON)
TOO_LONG: Final = Rejected("too_long", False, Fault.PERSON)

#: Claimed, and given back before it left, because what it left from was stopped or slowed down.
PUT_BACK: Final = Rejected("put_back", can_retry=True)
#: Not tried: this person was sent too much in a short time.
PAIR_TOO_FAST: Final = Rejected("pair_too_fast", can_retry=True)

LIMIT_REACHED: Final = "limit_reached"

#: Why nothing leaves from an account until somebody has mended it.
ACCOUNT_STOPPED: Final = frozenset(
    {
        "token_refused", "permission_missing", "number_not_registered", "number_gone", "name_not_approved",
        "spam_limited", "policy_blocked", "account_locked", "payment_trouble",
    }
)  # fmt: skip

#: Why nothing leaves with a template until somebody has mended it.
TEMPLATE_STOPPED: Final = frozenset(
    {
        "template_changed", "template_missing", "template_against_policy", "template_paused",
        "template_disabled", "template_syncing", "marketing_not_here",
    }
)  # fmt: skip

#: By reason: how long until the next try. What was stopped is tried as soon as it goes on.
WAITS: Final[Mapping[str, timedelta]] = {
    PUT_BACK.reason: timedelta(0),
    PAIR_TOO_FAST.reason: timedelta(seconds=30),
    "too_fast": timedelta(seconds=5),
    "number_upgrading": timedelta(minutes=1),
    LIMIT_REACHED: timedelta(hours=1),
    **dict.fromkeys(ACCOUNT_STOPPED | TEMPLATE_STOPPED, timedelta(0)),
}


def patience(outcome: SendOutcome) -> timedelta | None:
    """How long whoever met this waits; None where the usual tries are counted."""
    if not isinstance(outcome, Rejected) or not outcome.can_retry:
        return None
    return WAITS.get(outcome.reason)
