"""The desk, its admins, workspaces and members, in tables."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, insert, null, nulls_last, select, update

from domain.kernel.errors import NotFound
from domain.kernel.ids import InviteId, MemberId, WorkspaceId
from domain.operators.model import Invite, Member, Role, Workspace
from storage.base import SqlStore, once_a_snapshot
from storage.tables import admins, desk, desk_claims, invites, members, workspaces
from storage.types import MICROSECOND
from storage.wiping import wipe_statements


def _workspace(row: Row[Any]) -> Workspace:
    return Workspace(
        id=WorkspaceId(row.id), name=row.name, country=row.country, zone=row.zone, language=row.language,
        suspended_at=row.suspended_at, suspended_why=row.suspended_why, country_chosen=row.country_chosen,
    )  # fmt: skip


def _member(row: Row[Any]) -> Member:
    return Member(
        id=MemberId(row.id), workspace_id=WorkspaceId(row.workspace_id), telegram_id=row.telegram_id,
        name=row.name, role=row.role, terms_version=row.terms_version, terms_at=row.terms_at,
        test_number=row.test_number,
    )  # fmt: skip


def _invite(row: Row[Any]) -> Invite:
    return Invite(
        id=InviteId(row.id), workspace_id=WorkspaceId(row.workspace_id), role=row.role,
        created_by=MemberId(row.created_by), created_at=row.created_at, expires_at=row.expires_at,
        used_by=row.used_by, used_at=row.used_at, revoked_at=row.revoked_at,
    )  # fmt: skip


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What an invite that can be used is."""
    i = invites.c
    return i.used_at.is_(None), i.revoked_at.is_(None), i.expires_at > now


class SqlOperators(SqlStore):
    """Implements `domain.operators.ports.OperatorStore`."""

    async def desk_id(self) -> str:
        """A random name of this database. Migrating makes it; should it be missing, a write unit does."""
        name = await self._db.scalar(select(desk.c.name))
        if name is None:
            fresh = {"one": 1, "name": secrets.token_hex(4)}
            await self._db.execute(self._insert(desk).values(fresh).on_conflict_do_nothing())
            name = await self._db.scalar(select(desk.c.name))
        return str(name)

    async def admins(self) -> frozenset[int]:
        return frozenset(await self._db.scalars(select(admins.c.telegram_id)))

    async def add_admin(self, telegram_id: int, *, at: datetime) -> None:
        row = {"telegram_id": telegram_id, "since": at}
        await self._db.execute(self._insert(admins).values(row).on_conflict_do_nothing())

    async def save_claim(self, token_hash: str, *, expires_at: datetime) -> None:
        await self._db.execute(insert(desk_claims).values(token_hash=token_hash, expires_at=expires_at))

    async def use_claim(self, token_hash: str, *, telegram_id: int, now: datetime) -> bool:
        c = desk_claims.c
        result = await self._db.execute(
            update(desk_claims)
            .where(c.token_hash == token_hash, c.used_at.is_(None), c.expires_at > now)
            .values(used_at=now, used_by=telegram_id)
        )
        return result.rowcount == 1

    async def workspaces(self) -> Sequence[Workspace]:
        return [
            _workspace(row) for row in await self._db.execute(select(workspaces).order_by(workspaces.c.id))
        ]

    @once_a_snapshot
    async def workspace(self, id: WorkspaceId) -> Workspace:
        row = (await self._db.execute(select(workspaces).where(workspaces.c.id == id))).one_or_none()
        if row is None:
            raise NotFound(what="workspace")
        return _workspace(row)

    async def create_workspace(
        self, *, name: str, country: str, zone: str, language: str, at: datetime
    ) -> WorkspaceId:
        row = {"name": name, "country": country, "zone": zone, "language": language, "created_at": at}
        result = await self._db.execute(insert(workspaces).values(row).returning(workspaces.c.id))
        return WorkspaceId(result.scalar_one())

    async def update_workspace(self, workspace: Workspace) -> None:
        result = await self._db.execute(
            update(workspaces)
            .where(workspaces.c.id == workspace.id)
            .values(
                name=workspace.name,
                country=workspace.country,
                country_chosen=workspace.country_chosen,
                zone=workspace.zone,
                language=workspace.language,
            )
        )
        if result.rowcount == 0:
            raise NotFound(what="workspace")

    async def suspend(self, id: WorkspaceId, *, why: str | None, at: datetime | None) -> None:
        result = await self._db.execute(
            update(workspaces).where(workspaces.c.id == id).values(suspended_at=at, suspended_why=why)
        )
        if result.rowcount == 0:
            raise NotFound(what="workspace")

    async def members_of(self, telegram_id: int) -> Sequence[Member]:
        m = members.c
        return await self._members(m.telegram_id == telegram_id, order=[nulls_last(m.chosen_at.desc()), m.id])

    async def has_opened(self, telegram_id: int) -> bool:
        first = select(func.min(members.c.id)).group_by(members.c.workspace_id)
        opened = select(members.c.id).where(members.c.telegram_id == telegram_id, members.c.id.in_(first))
        return await self._db.scalar(opened.limit(1)) is not None

    async def members(self, workspace_id: WorkspaceId, *, lock: bool = False) -> Sequence[Member]:
        if lock:
            # The workspace stands for its team: whoever joins or leaves it waits here, but no row that only
            # refers to the workspace does.
            await self._db.execute(
                select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update(key_share=True)
            )
        return await self._members(members.c.workspace_id == workspace_id, order=[members.c.id])

    async def _members(self, *conditions: Any, order: Sequence[Any]) -> Sequence[Member]:
        present = and_(members.c.left_at.is_(None), *conditions)
        rows = await self._db.execute(select(members).where(present).order_by(*order))
        return [_member(row) for row in rows]

    async def create_member(
        self, *, workspace_id: WorkspaceId, telegram_id: int, name: str, role: Role, at: datetime
    ) -> MemberId:
        """Somebody who is a member keeps their role and terms, one who had left begins anew; see the port."""
        row = {
            "workspace_id": workspace_id, "telegram_id": telegram_id, "name": name, "role": role,
            "created_at": at,
        }  # fmt: skip
        gone = members.c.left_at.is_not(None)
        statement = self._insert(members).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=["workspace_id", "telegram_id"],
            set_={
                "name": statement.excluded.name,
                "role": case((gone, statement.excluded.role), else_=members.c.role),
                "terms_version": case((gone, null()), else_=members.c.terms_version),
                "left_at": None,
            },
        )
        return MemberId((await self._db.execute(statement.returning(members.c.id))).scalar_one())

    async def accept_terms(self, member_id: MemberId, *, version: int, at: datetime) -> None:
        await self._change(member_id, terms_version=version, terms_at=at)

    async def set_test_number(self, member_id: MemberId, number: str) -> None:
        await self._change(member_id, test_number=number)

    async def choose(self, member_id: MemberId, *, at: datetime) -> None:
        m = members.c
        person = select(m.telegram_id).where(m.id == member_id).scalar_subquery()
        newest = await self._db.scalar(select(func.max(m.chosen_at)).where(m.telegram_id == person))
        # A clock that ran ahead and was put right must not make an earlier choice win over this one.
        latest = at if newest is None else max(at, newest + MICROSECOND)
        await self._change(member_id, chosen_at=latest)

    async def set_role(self, member_id: MemberId, role: Role) -> None:
        await self._change(member_id, role=role)

    async def leave(self, member_id: MemberId, *, at: datetime) -> None:
        await self._change(member_id, left_at=at)

    async def create_invite(
        self,
        *,
        workspace_id: WorkspaceId,
        role: Role,
        created_by: MemberId,
        at: datetime,
        expires_at: datetime,
    ) -> InviteId:
        row = {
            "workspace_id": workspace_id, "role": role, "created_by": created_by, "created_at": at,
            "expires_at": expires_at,
        }  # fmt: skip
        result = await self._db.execute(insert(invites).values(row).returning(invites.c.id))
        return InviteId(result.scalar_one())

    async def invite(self, id: InviteId) -> Invite | None:
        row = (await self._db.execute(select(invites).where(invites.c.id == id))).one_or_none()
        return None if row is None else _invite(row)

    async def open_invites(self, workspace_id: WorkspaceId, *, now: datetime) -> Sequence[Invite]:
        rows = await self._db.execute(
            select(invites)
            .where(invites.c.workspace_id == workspace_id, *_open(now))
            .order_by(invites.c.id.desc())
        )
        return [_invite(row) for row in rows]

    async def use_invite(self, id: InviteId, *, telegram_id: int, now: datetime) -> bool:
        result = await self._db.execute(
            update(invites).where(invites.c.id == id, *_open(now)).values(used_at=now, used_by=telegram_id)
        )
        return result.rowcount == 1

    async def revoke_invite(self, workspace_id: WorkspaceId, id: InviteId, *, at: datetime) -> None:
        result = await self._db.execute(
            update(invites)
            .where(invites.c.id == id, invites.c.workspace_id == workspace_id, *_open(at))
            .values(revoked_at=at)
        )
        if result.rowcount == 0:
            raise NotFound(what="invite")

    async def wipe(self, workspace_id: WorkspaceId) -> None:
        for statement in wipe_statements(workspace_id):
            await self._db.execute(statement)

    async def _change(self, member_id: MemberId, **values: Any) -> None:
        result = await self._db.execute(update(members).where(members.c.id == member_id).values(values))
        if result.rowcount == 0:
            raise NotFound(what="member")
