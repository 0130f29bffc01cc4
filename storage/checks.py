"""Which numbers are on WhatsApp, in tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, exists, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from domain.accounts.checks import FRESH, UNSAID_FRESH, CheckJob, CheckState, CheckTally
from domain.campaigns.model import Audience
from domain.contacts.model import Consent
from domain.kernel.errors import Conflict
from domain.kernel.ids import AccountId, CampaignId, CheckId, WorkspaceId
from domain.kernel.work import Work
from storage.base import SqlStore
from storage.meant import all_meant, checked_contact
from storage.standing import count_standing, each_meant_here
from storage.tables import check_asks, check_jobs, contacts, number_checks


def _job(row: Row[Any]) -> CheckJob:
    return CheckJob(
        id=CheckId(row.id), workspace_id=WorkspaceId(row.workspace_id), account_id=AccountId(row.account_id),
        campaign_id=CampaignId(row.campaign_id), chat_id=row.chat_id, state=row.state, done=row.done,
        total=row.total, reason=row.reason, next_at=row.next_at, version=row.version,
    )  # fmt: skip


class SqlChecks(SqlStore):
    """Implements `domain.accounts.checks.CheckStore`."""

    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        account_id: AccountId,
        campaign_id: CampaignId,
        chat_id: int,
        total: int,
        at: datetime,
    ) -> CheckId:
        row = {
            "workspace_id": workspace_id, "account_id": account_id, "campaign_id": campaign_id,
            "chat_id": chat_id, "state": CheckState.RUNNING, "done": 0, "total": total, "next_at": at,
            "started_at": at, "version": 1,
        }  # fmt: skip
        try:
            self._wake(Work.CHECKS)
            result = await self._db.execute(insert(check_jobs).values(row).returning(check_jobs.c.id))
        except IntegrityError:
            raise Conflict(what="check") from None
        return CheckId(result.scalar_one())

    async def latest(self, campaign_id: CampaignId) -> CheckJob | None:
        c = check_jobs.c
        rows = await self._db.execute(
            select(check_jobs).where(c.campaign_id == campaign_id).order_by(c.id.desc()).limit(1)
        )
        row = rows.one_or_none()
        return None if row is None else _job(row)

    async def running(self) -> Sequence[CheckJob]:
        c = check_jobs.c
        rows = await self._db.execute(select(check_jobs).where(c.state == CheckState.RUNNING).order_by(c.id))
        return [_job(row) for row in rows]

    async def update(self, job: CheckJob, *, expected: int) -> CheckJob:
        changed = {
            "state": job.state, "done": job.done, "total": job.total, "reason": job.reason,
            "next_at": job.next_at,
        }  # fmt: skip
        self._wake(Work.CHECKS)
        return _job(await self._rewrite(check_jobs, job.id, changed, expected=expected, what="check"))

    async def save(
        self, workspace_id: WorkspaceId, results: Mapping[str, bool | None], *, at: datetime
    ) -> None:
        c = contacts.c
        for number, on in sorted(results.items()):
            whose = select(c.id).where(c.workspace_id == workspace_id, c.number == number).scalar_subquery()
            found = {"on_whatsapp": on, "at": at, "contact_id": whose}
            await self._db.execute(
                self._insert(number_checks)
                .values(workspace_id=workspace_id, number=number, **found)
                .on_conflict_do_update(index_elements=["workspace_id", "number"], set_=found)
            )

    async def note_ask(self, account_id: AccountId, numbers: int, *, at: datetime) -> None:
        row = {"account_id": account_id, "numbers": numbers, "at": at}
        await self._db.execute(insert(check_asks).values(row))

    async def asks(self, account_id: AccountId, *, since: datetime) -> Sequence[tuple[datetime, int]]:
        c = check_asks.c
        rows = await self._db.execute(
            select(c.at, c.numbers).where(c.account_id == account_id, c.at > since).order_by(c.at, c.id)
        )
        return [(row.at, row.numbers) for row in rows]


class SqlCheckedAudiences(SqlStore):
    """The part of `domain.campaigns.ports.CampaignStore` that is about numbers being on WhatsApp."""

    async def check_tally(
        self, workspace_id: WorkspaceId, audience: Audience, *, at: datetime, agreed: int | None = None
    ) -> CheckTally:
        """From what is known, a few numbers a day, rather than from everybody's number."""
        c, n = contacts.c, number_checks.c
        granted = c.consent == Consent.GRANTED
        if agreed is None:
            agreed = (await count_standing(self._db, workspace_id, audience)).agreed
        on_it = each_meant_here(self._db, workspace_id, audience)
        theirs = exists().where(c.id == checked_contact(), granted, on_it)
        on, off = (func.count(case((n.on_whatsapp.is_(one), 1))) for one in (True, False))
        asked = select(func.count(), on, off).where(n.workspace_id == workspace_id, _fresh(at), theirs)
        total, are, are_not = (await self._db.execute(asked)).one()
        return CheckTally(on=are, off=are_not, unsaid=total - are - are_not, unchecked=agreed - total)

    async def unchecked(
        self, workspace_id: WorkspaceId, audience: Audience, *, at: datetime, limit: int
    ) -> Sequence[str]:
        c, n = contacts.c, number_checks.c
        everybody, who = all_meant(workspace_id, audience)
        known = exists().where(n.workspace_id == c.workspace_id, n.number == c.number, _fresh(at))
        wanted = select(c.number).select_from(everybody).where(who, c.consent == Consent.GRANTED, ~known)
        return list(await self._db.scalars(wanted.order_by(c.number).limit(limit)))


def _fresh(at: datetime) -> ColumnElement[bool]:
    """What was said of a number still holds at that moment."""
    n = number_checks.c
    said = and_(n.on_whatsapp.is_not(None), n.at >= at - FRESH)
    return or_(said, and_(n.on_whatsapp.is_(None), n.at >= at - UNSAID_FRESH))
