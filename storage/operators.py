"""The desk, its admins, workspaces and members, in tables."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, insert, select, update

from domain.kernel.errors import NotFound
from domain.kernel.ids import MemberId, WorkspaceId
from domain.operators.model import Member, Role, Workspace
from storage.base import SqlStore
from storage.tables import admins, desk, desk_claims, members, workspaces


def _workspace(row: Row[Any]) -> Workspace:
    return Workspace(
        id=WorkspaceId(row.id), name=row.name, country=row.country, zone=row.zone, language=row.language
    )


def _member(row: Row[Any]) -> Member:
    return Member(
        id=MemberId(row.id), workspace_id=WorkspaceId(row.workspace_id), telegram_id=row.telegram_id,
        name=row.name, role=row.role, terms_version=row.terms_version, terms_at=row.terms_at,
        test_number=row.test_number,
    )  # fmt: skip


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
                zone=workspace.zone,
                language=workspace.language,
            )
        )
        if result.rowcount == 0:
            raise NotFound(what="workspace")

    async def members_of(self, telegram_id: int) -> Sequence[Member]:
        return await self._members(members.c.telegram_id == telegram_id)

    async def members(self, workspace_id: WorkspaceId) -> Sequence[Member]:
        return await self._members(members.c.workspace_id == workspace_id)

    async def _members(self, *conditions: Any) -> Sequence[Member]:
        rows = await self._db.execute(select(members).where(and_(*conditions)).order_by(members.c.id))
        return [_member(row) for row in rows]

    async def create_member(
        self, *, workspace_id: WorkspaceId, telegram_id: int, name: str, role: Role, at: datetime
    ) -> MemberId:
        """Somebody who is a member already keeps their role and terms: their id is given back."""
        row = {
            "workspace_id": workspace_id, "telegram_id": telegram_id, "name": name, "role": role,
            "created_at": at,
        }  # fmt: skip
        statement = self._insert(members).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=["workspace_id", "telegram_id"], set_={"name": statement.excluded.name}
        )
        return MemberId((await self._db.execute(statement.returning(members.c.id))).scalar_one())

    async def accept_terms(self, member_id: MemberId, *, version: int, at: datetime) -> None:
        await self._change(member_id, terms_version=version, terms_at=at)

    async def set_test_number(self, member_id: MemberId, number: str) -> None:
        await self._change(member_id, test_number=number)

    async def _change(self, member_id: MemberId, **values: Any) -> None:
        result = await self._db.execute(update(members).where(members.c.id == member_id).values(values))
        if result.rowcount == 0:
            raise NotFound(what="member")
