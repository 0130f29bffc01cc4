"""What operators and the loop do with linkings. Small verbs over the stores they are given."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.accounts.linking import (
    OFFERED_FOR,
    OTHER_NUMBER,
    BeingLinked,
    Leftover,
    Linking,
    LinkingPhase,
    LinkingState,
    LinkingStore,
    LinkMode,
    found,
)  # fmt: skip
from domain.accounts.model import Account, AccountState, Channel
from domain.accounts.ports import AccountStore
from domain.kernel.ids import WorkspaceId

#: A number that was unlinked may have been so for a while before it was learnt: its worker was away, say. So
#: much further back is read; what is known already is not told again.
FURTHER_BACK: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a linking's session is started with: whose phone it has to be, and since when what people wrote is
    to be read before it can send."""

    number: str | None = None
    listen_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """`before` is the account as it was; None where it is new."""

    account: Account
    before: Account | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """That number cannot be linked so; `reason` as in `found`."""

    reason: str


async def begin(
    on: LinkingStore,
    accounts: AccountStore,
    *,
    workspace_id: WorkspaceId,
    account: Account | None,
    mode: LinkMode,
    number: str | None,
    chat_id: int,
    telegram_id: int,
    name: Callable[[str], str],
    at: datetime,
) -> Linking:
    """A new linking, or the chat's own that is open for the same thing: then only the mode changes. What
    else was open in this chat is cancelled. `name` makes a session's name of the linking's number.

    Raises BeingLinked where another chat is linking that account.
    """
    for other in await on.open_of(workspace_id):
        if account is not None and other.account_id == account.id and other.chat_id != chat_id:
            raise BeingLinked(number=account.number)
    for mine in await on.open_in(chat_id):
        same = (mine.workspace_id, mine.account_id) == (workspace_id, account.id if account else None)
        if same:
            return await _otherwise(on, mine, mode, number, at=at)
        await close(on, accounts, mine, LinkingState.CANCELLED, at=at)
    id = await on.create(
        workspace_id=workspace_id, account_id=account.id if account else None, mode=mode, number=number,
        chat_id=chat_id, telegram_id=telegram_id, at=at,
    )  # fmt: skip
    made = await on.any(id)
    remote = account.remote if account is not None else name(str(id))
    await on.wanted_again(remote)
    return await on.update(replace(made, remote=remote), expected=made.version)


async def _otherwise(
    on: LinkingStore, mine: Linking, mode: LinkMode, number: str | None, *, at: datetime
) -> Linking:
    """The same session, shown in the other way; its time begins anew. Once a phone has scanned, nothing is
    shown any more."""
    if mine.phase is LinkingPhase.SYNCING or (mine.mode, mine.number) == (mode, number):
        return mine
    changed = replace(
        mine, mode=mode, number=number, phase=LinkingPhase.STARTING, reason=None, ends_at=at + OFFERED_FOR
    )  # fmt: skip
    return await on.update(changed, expected=mine.version)


async def wish_of(accounts: AccountStore, linking: Linking) -> Wish:
    """Whoever is linked again may have been written to meanwhile, a STOP among it. Which number will be
    scanned is not known unless one was named: then the one that has been unlinked longest counts."""
    mine = [one for one in await accounts.of_workspace(linking.workspace_id) if one.channel is Channel.WEB]
    if linking.account_id is not None:
        again = [one for one in mine if one.id == linking.account_id]
    else:
        again = [one for one in mine if not one.is_connected and linking.number in {None, one.number}]
    since = min((one.state_at for one in again), default=None)
    return Wish(
        number=again[0].number if again and linking.account_id is not None else None,
        listen_since=None if since is None else since - FURTHER_BACK,
    )


async def finish(
    on: LinkingStore,
    accounts: AccountStore,
    linking: Linking,
    *,
    number: str,
    name: str | None,
    cursor: int,
    at: datetime,
) -> Linked | Refused:
    """The phone with that number is linked: a new account, or a known one again. What its session told of
    itself up to `cursor` was before. Whatever session it had goes, once its news are read.

    Raises Conflict.
    """
    before, refused = found(linking, await accounts.all(), number=number)
    if refused is not None:
        return Refused(reason=refused)
    done = replace(linking, state=LinkingState.LINKED, reason=None)
    await on.update(done, expected=linking.version)
    if before is None:
        id = await accounts.create(
            workspace_id=linking.workspace_id, channel=Channel.WEB, number=number, name=name or "",
            remote=linking.remote, state=AccountState.CONNECTED, at=at, linked_cursor=cursor,
        )  # fmt: skip
        return Linked(account=await accounts.account(id), before=None)
    if before.remote != linking.remote:
        await on.leave(before.remote, Leftover.DELETE, at=at, news_of=before.id)
    await accounts.relink(
        before.id, remote=linking.remote, name=name or before.name, at=at, linked_cursor=cursor
    )
    return Linked(account=await accounts.account(before.id), before=before)


async def close(
    on: LinkingStore,
    accounts: AccountStore,
    linking: Linking,
    state: LinkingState,
    *,
    reason: str | None = None,
    other: str | None = None,
    at: datetime,
) -> Linking:
    """It comes to an end without having been linked; the session that was begun for it is taken back.
    Raises Conflict."""
    ended = await on.update(
        replace(linking, state=state, reason=reason, other=other), expected=linking.version
    )
    if linking.account_id is None:
        await on.leave(linking.remote, Leftover.DELETE, at=at)
        return ended
    account = await accounts.known(linking.account_id)
    # A number that WhatsApp restricts is still linked to its phone: that link is nothing to take back.
    strange = reason == OTHER_NUMBER
    if account is not None and (strange or account.state is AccountState.UNLINKED):
        await on.leave(linking.remote, Leftover.LOGOUT, at=at)
    return ended


async def forget(on: LinkingStore, accounts: AccountStore, account: Account, *, at: datetime) -> None:
    """An account is removed: nothing of it stays linked, and nobody goes on linking it. What people wrote to
    it is read first: their STOP is for the whole workspace."""
    if account.channel is not Channel.WEB:
        return
    for linking in await on.open_of(account.workspace_id):
        if linking.account_id == account.id:
            await close(on, accounts, linking, LinkingState.CANCELLED, at=at)
    await on.leave(account.remote, Leftover.DELETE, at=at, news_of=account.id)


async def forget_all(
    on: LinkingStore, accounts: AccountStore, workspace_id: WorkspaceId, *, at: datetime
) -> None:
    """The same for all that a workspace has or is linking, before it is wiped."""
    for linking in await on.open_of(workspace_id):
        await close(on, accounts, linking, LinkingState.CANCELLED, at=at)
    for account in await accounts.of_workspace(workspace_id):
        await forget(on, accounts, account, at=at)
