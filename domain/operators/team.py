"""Who belongs to a workspace: inviting, joining, changing a role, leaving.

Every change of a team takes it under a lock first, and asks again what the one who changes it may: of two
owners who leave at once one stays, and whoever was demoted a moment ago changes nothing any more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from domain.kernel.errors import Conflict, DomainError, NotFound
from domain.kernel.ids import InviteId, MemberId, WorkspaceId
from domain.operators.model import (
    INVITE_LIFETIME_HOURS,
    Invite,
    InviteRefused,
    LastOwner,
    Member,
    NotAllowed,
    Right,
    Role,
    TermsChanged,
)
from domain.operators.ports import OperatorStore

#: More links that lie about unused are no longer looked after by anybody.
MOST_OPEN_INVITES: Final = 10

#: Makes a signature that only this desk can make.
Sign = Callable[[str], str]


class TooManyInvites(DomainError):
    """`limit`: how many may be open at a time."""

    code = "invite.too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A member before and after; `after` None: gone."""

    before: Member
    after: Member | None


# -- invites -----------------------------------------------------------------------------------------


def signature(invite: Invite, sign: Sign) -> str:
    """Over everything that must not be changed: whose, which role, until when. Nothing of it is stored."""
    ends = int(invite.expires_at.timestamp())
    return sign(f"invite:{invite.id}:{invite.workspace_id}:{invite.role.value}:{ends}")


async def invite(store: OperatorStore, by: Member, role: Role, *, at: datetime) -> Invite:
    """A link for one person, good for a day. Raises NotAllowed or TooManyInvites."""
    await _team(store, by)
    if len(await store.open_invites(by.workspace_id, now=at)) >= MOST_OPEN_INVITES:
        raise TooManyInvites(limit=MOST_OPEN_INVITES)
    id = await store.create_invite(
        workspace_id=by.workspace_id, role=role, created_by=by.id, at=at,
        expires_at=at + timedelta(hours=INVITE_LIFETIME_HOURS),
    )  # fmt: skip
    made = await store.invite(id)
    if made is None:
        raise NotFound(what="invite")
    return made


async def read_invite(
    store: OperatorStore, id: InviteId, signed: str, *, telegram_id: int, sign: Sign, now: datetime
) -> Invite:
    """The invite of a link, if it can be used by that person. Raises InviteRefused; of one that was never
    made nothing more is told than of one whose signature is wrong."""
    found = await store.invite(id)
    if found is None or not compare_digest(signature(found, sign).encode(), signed.encode()):
        raise InviteRefused("forged")
    if _with(await store.members(found.workspace_id), telegram_id) is not None:
        raise InviteRefused("member")
    if (why := found.why_not(now)) is not None:
        raise InviteRefused(why)
    return found


async def accept_invite(
    store: OperatorStore, id: InviteId, *, telegram_id: int, name: str, at: datetime
) -> MemberId:
    """Use it up and join. Raises InviteRefused: what was good when the link was opened may be used, revoked
    or over by now. Somebody who is a member already does not use it up."""
    found = await store.invite(id)
    if found is None:
        raise InviteRefused("forged")
    if _with(await store.members(found.workspace_id, lock=True), telegram_id) is not None:
        raise InviteRefused("member")
    if not await store.use_invite(id, telegram_id=telegram_id, now=at):
        meanwhile = await store.invite(id)
        raise InviteRefused((meanwhile and meanwhile.why_not(at)) or "used")
    return await store.create_member(
        workspace_id=found.workspace_id, telegram_id=telegram_id, name=name, role=found.role, at=at
    )


# -- roles, and leaving ------------------------------------------------------------------------------


async def change_role(
    store: OperatorStore, by: Member, id: MemberId, role: Role, *, expected: Role, at: datetime
) -> Changed:
    """Raises NotFound, NotAllowed, Conflict (somebody was first) or LastOwner."""
    team = await _team(store, by)
    before = _member(team, id)
    if before.role is not expected:
        raise Conflict(what="member")
    if role is not Role.OWNER:
        _keep_an_owner(team, without=before)
        await _end_invites_of(store, before, at=at)
    await store.set_role(id, role)
    return Changed(before=before, after=_member(await store.members(by.workspace_id), id))


async def remove(store: OperatorStore, by: Member, id: MemberId, *, at: datetime) -> Changed:
    """Raises NotFound, NotAllowed or LastOwner."""
    team = await _team(store, by)
    return await _go(store, team, _member(team, id), at=at)


async def leave(store: OperatorStore, who: Member, *, at: datetime) -> Changed:
    """Raises NotFound (gone already) or LastOwner."""
    team = await store.members(who.workspace_id, lock=True)
    return await _go(store, team, _member(team, who.id), at=at)


def can_leave(team: Sequence[Member], who: Member) -> bool:
    """Whether somebody stays who can pay and invite."""
    return any(member.role is Role.OWNER and member.id != who.id for member in team)


async def require_current_terms(store: OperatorStore, workspace_id: WorkspaceId) -> None:
    """For what starts by itself: somebody who may start it has accepted the terms as they are now. Raises
    TermsChanged."""
    team = await store.members(workspace_id)
    if not any(Right.WORK in member.role.rights and member.terms_are_current for member in team):
        raise TermsChanged()


async def _go(store: OperatorStore, team: Sequence[Member], who: Member, *, at: datetime) -> Changed:
    _keep_an_owner(team, without=who)
    await _end_invites_of(store, who, at=at)
    await store.leave(who.id, at=at)
    return Changed(before=who, after=None)


async def _end_invites_of(store: OperatorStore, who: Member, *, at: datetime) -> None:
    """A link made as an owner must not be the way back in."""
    for open_one in await store.open_invites(who.workspace_id, now=at):
        if open_one.created_by == who.id:
            await store.revoke_invite(who.workspace_id, open_one.id, at=at)


async def _team(store: OperatorStore, by: Member) -> Sequence[Member]:
    """The team, held still, if that person is still an owner of it."""
    team = await store.members(by.workspace_id, lock=True)
    actor = _member(team, by.id)
    if Right.OWN not in actor.role.rights:
        raise NotAllowed(Right.OWN, actor.role)
    return team


def _keep_an_owner(team: Sequence[Member], *, without: Member) -> None:
    if without.role is Role.OWNER and not can_leave(team, without):
        raise LastOwner()


def _member(team: Sequence[Member], id: MemberId) -> Member:
    for member in team:
        if member.id == id:
            return member
    raise NotFound(what="member")


def _with(team: Sequence[Member], telegram_id: int) -> Member | None:
    return next((member for member in team if member.telegram_id == telegram_id), None)
