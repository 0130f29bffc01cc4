"""Files on their way in, in tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from domain.contacts.ports import ImportJob, ImportState
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import ImportId, ListId, MemberId, WorkspaceId
from domain.kernel.work import Work
from storage.base import SqlStore
from storage.tables import imports

_FOR_MACHINES = (ImportState.RECEIVED, ImportState.READING, ImportState.STORING)


def _job(row: Row[Any]) -> ImportJob:
    return ImportJob(
        id=ImportId(row.id), workspace_id=WorkspaceId(row.workspace_id), member_id=MemberId(row.member_id),
        chat_id=row.chat_id, state=row.state, version=row.version, filename=row.filename,
        telegram_file=row.telegram_file, size=row.size, media_key=row.media_key, inspection=row.inspection,
        plan=row.plan, list_id=None if row.list_id is None else ListId(row.list_id),
        done_rows=row.done_rows, total_rows=row.total_rows, counts=row.counts, error_key=row.error_key,
        refusal=row.refusal, campaign_id=row.campaign_id,
    )  # fmt: skip


def _plain(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else dict(value)


class SqlImports(SqlStore):
    """Implements `domain.contacts.ports.ImportStore`."""

    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        member_id: MemberId,
        chat_id: int,
        filename: str,
        telegram_file: str,
        size: int,
        campaign_id: int | None,
        at: datetime,
    ) -> ImportId:
        row = {
            "workspace_id": workspace_id, "member_id": member_id, "chat_id": chat_id,
            "state": ImportState.RECEIVED, "version": 1, "filename": filename,
            "telegram_file": telegram_file, "size": size, "done_rows": 0, "total_rows": 0,
            "campaign_id": campaign_id, "created_at": at, "changed_at": at,
        }  # fmt: skip
        self._wake(Work.IMPORTS)
        result = await self._db.execute(insert(imports).values(row).returning(imports.c.id))
        return ImportId(result.scalar_one())

    async def job(self, workspace_id: WorkspaceId, id: ImportId) -> ImportJob:
        c = imports.c
        found = await self._db.execute(select(imports).where(c.id == id, c.workspace_id == workspace_id))
        row = found.one_or_none()
        if row is None:
            raise NotFound(what="import")
        return _job(row)

    async def update(self, job: ImportJob, *, expected: int, at: datetime) -> ImportJob:
        self._wake(Work.IMPORTS)
        c = imports.c
        result = await self._db.execute(
            update(imports)
            .where(c.id == job.id, c.workspace_id == job.workspace_id, c.version == expected)
            .values(
                version=expected + 1,
                state=job.state,
                filename=job.filename,
                telegram_file=job.telegram_file,
                size=job.size,
                media_key=job.media_key,
                inspection=_plain(job.inspection),
                plan=_plain(job.plan),
                list_id=job.list_id,
                done_rows=job.done_rows,
                total_rows=job.total_rows,
                counts=_plain(job.counts),
                error_key=job.error_key,
                refusal=_plain(job.refusal),
                campaign_id=job.campaign_id,
                changed_at=at,
            )
        )
        if result.rowcount == 0:
            raise Conflict(what="import")
        return replace(job, version=expected + 1)

    async def count_done(self, id: ImportId, done: int, total: int) -> None:
        statement = update(imports).where(imports.c.id == id).values(done_rows=done, total_rows=total)
        await self._db.execute(statement)

    async def unfinished(self) -> Sequence[ImportJob]:
        c = imports.c
        rows = await self._db.execute(select(imports).where(c.state.in_(_FOR_MACHINES)).order_by(c.id))
        return [_job(row) for row in rows]

    async def latest(self, workspace_id: WorkspaceId) -> ImportJob | None:
        c = imports.c
        found = await self._db.execute(
            select(imports).where(c.workspace_id == workspace_id).order_by(c.id.desc()).limit(1)
        )
        row = found.one_or_none()
        return None if row is None else _job(row)
