"""Groups on their way into contacts, in tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, func, insert, select

from domain.contacts.groups import Group, GroupCount, GroupImport, GroupImportState, as_json
from domain.contacts.model import Consent
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId, GroupImportId, ListId, WorkspaceId
from domain.kernel.work import Work
from storage.base import SqlStore
from storage.tables import contact_lists, contacts, group_imports, group_lists

S = GroupImportState
_FOR_MACHINES = (S.READING, S.COUNTING, S.STORING)


def _job(row: Row[Any]) -> GroupImport:
    return GroupImport(
        id=GroupImportId(row.id), workspace_id=WorkspaceId(row.workspace_id),
        account_id=AccountId(row.account_id), chat_id=row.chat_id, telegram_id=row.telegram_id,
        state=row.state, groups=[Group(**one) for one in row.groups], read_at=row.read_at,
        refreshing=row.refreshing, chosen=row.chosen, counts=[GroupCount(**one) for one in row.counts],
        reason=row.reason, version=row.version,
    )  # fmt: skip


class SqlGroups(SqlStore):
    """Implements `domain.contacts.groups.GroupStore`."""

    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        account_id: AccountId,
        chat_id: int,
        telegram_id: int,
        at: datetime,
    ) -> GroupImportId:
        row = {
            "workspace_id": workspace_id, "account_id": account_id, "chat_id": chat_id,
            "telegram_id": telegram_id, "state": S.READING, "groups": [], "refreshing": False, "chosen": [],
            "counts": [], "created_at": at, "version": 1,
        }  # fmt: skip
        self._wake(Work.GROUP_IMPORTS)
        result = await self._db.execute(insert(group_imports).values(row).returning(group_imports.c.id))
        return GroupImportId(result.scalar_one())

    async def group_import(self, workspace_id: WorkspaceId, id: GroupImportId) -> GroupImport:
        c = group_imports.c
        rows = await self._db.execute(select(group_imports).where(c.id == id, c.workspace_id == workspace_id))
        row = rows.one_or_none()
        if row is None:
            raise NotFound(what="groups")
        return _job(row)

    async def update(self, job: GroupImport, *, expected: int) -> GroupImport:
        changed = {
            "state": job.state, "groups": as_json(job.groups), "read_at": job.read_at,
            "refreshing": job.refreshing, "chosen": list(job.chosen), "counts": as_json(job.counts),
            "reason": job.reason,
        }  # fmt: skip
        self._wake(Work.GROUP_IMPORTS)
        return _job(await self._rewrite(group_imports, job.id, changed, expected=expected, what="groups"))

    async def unfinished(self) -> Sequence[GroupImport]:
        c = group_imports.c
        busy = c.state.in_(_FOR_MACHINES) | ((c.state == S.CHOOSING) & c.refreshing)
        rows = await self._db.execute(select(group_imports).where(busy).order_by(c.id))
        return [_job(row) for row in rows]

    async def latest(self, workspace_id: WorkspaceId) -> GroupImport | None:
        c = group_imports.c
        rows = await self._db.execute(
            select(group_imports).where(c.workspace_id == workspace_id).order_by(c.id.desc()).limit(1)
        )
        row = rows.one_or_none()
        return None if row is None else _job(row)

    async def list_of(self, workspace_id: WorkspaceId, group_id: str) -> ListId | None:
        g, lists = group_lists.c, contact_lists.c
        there = select(g.list_id).join(contact_lists, lists.id == g.list_id)
        found = await self._db.scalar(there.where(g.workspace_id == workspace_id, g.group_id == group_id))
        return None if found is None else ListId(found)

    async def keep_list(self, workspace_id: WorkspaceId, group_id: str, list_id: ListId) -> None:
        row = {"workspace_id": workspace_id, "group_id": group_id, "list_id": list_id}
        await self._db.execute(
            self._insert(group_lists)
            .values(row)
            .on_conflict_do_update(index_elements=["workspace_id", "group_id"], set_={"list_id": list_id})
        )

    async def known(self, workspace_id: WorkspaceId, numbers: Sequence[str]) -> tuple[int, int]:
        c = contacts.c
        stopped = func.count(case((c.consent == Consent.REVOKED, 1)))
        row = await self._db.execute(
            select(func.count(), stopped).where(
                c.workspace_id == workspace_id, self._among(c.number, numbers)
            )
        )
        already, who_stopped = row.one()
        return already, who_stopped
