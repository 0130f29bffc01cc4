"""Accounts that WhatsApp stopped: every campaign of theirs pauses at once, and is told of once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from domain.accounts.model import Account, AccountState, Channel
from domain.campaigns import service
from domain.campaigns.model import Campaign, PauseReason
from domain.delivery.cloud_accounts import TokenState
from domain.delivery.ports import Rejected, SendOutcome
from domain.delivery.recipients import is_restriction
from domain.scheduler.events import AccountChanged, Announcer
from domain.scheduler.unit import Unit

UNLINKED: Final = "unlinked"

#: What a refusal says of the token of an official number.
_TOKEN: Final = {"token_refused": TokenState.REFUSED, "permission_missing": TokenState.LACKS_PERMISSION}


async def restrict(
    unit: Unit, announcer: Announcer, account: Account, outcomes: Sequence[SendOutcome], now: datetime
) -> None:
    """WhatsApp restricted or unlinked the account, says one of these."""
    reason = next(o.reason for o in outcomes if is_restriction(o) and isinstance(o, Rejected))
    await stop_account(unit, announcer, account, reason=reason, now=now)


async def stop_account(
    unit: Unit,
    announcer: Announcer,
    account: Account,
    *,
    reason: str,
    now: datetime,
    since: datetime | None = None,
) -> Sequence[Campaign]:
    """Set the account's state, pause its campaigns, and tell, once however often the news comes. Returns
    what was paused. `since`: when it happened, where that is known."""
    state = AccountState.UNLINKED if reason == UNLINKED else AccountState.RESTRICTED
    why = PauseReason.UNLINKED if reason == UNLINKED else PauseReason.RESTRICTED
    if reason in _TOKEN:
        why = PauseReason.TOKEN
        await _token_is(unit, account, _TOKEN[reason], now)
    known = await unit.accounts.account(account.id)
    paused = await service.pause_all_of(unit.campaigns, account.id, why, at=now)
    if known.state is state and not paused:
        return paused
    said = reason if account.channel is Channel.CLOUD else why.value
    await unit.accounts.set_state(account.id, state, reason=said, at=since or now)
    fresh = await unit.accounts.account(account.id)
    await announcer.announce(unit, AccountChanged(account=fresh, paused=tuple(paused)))
    return paused


async def _token_is(unit: Unit, account: Account, state: TokenState, now: datetime) -> None:
    known = await unit.cloud.account(account.id, lock=True)
    if known is not None and known.token_state is not state:
        await unit.cloud.save(replace(known, token_state=state, token_state_at=now))
