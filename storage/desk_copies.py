"""What becomes of a database that is a copy, when it is worked with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import SmallInteger, Text, func, insert, literal, or_, select, text, update

from domain.accounts.model import Channel
from domain.delivery.model import Progress
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectState
from domain.kernel.ids import AccountId, CampaignId
from storage.base import SqlStore
from storage.marks import OWN, READ, mark_of
from storage.tables import (
    accounts,
    activity,
    attempts,
    campaigns,
    chat_inbox,
    desk,
    directs,
    metadata,
    recipients,
)
from storage.types import EPOCH

RESTORED: Final = "restored"
#: So many ids are passed over: more than a desk gives between a copy and its restoring, and few enough for a
#: button to carry them.
FAR: Final = 1_000_000_000
_IN_DOUBT: Final = (RecipientState.WAITING, RecipientState.CLAIMED)


class SqlDeskCopies(SqlStore):
    """Implements `domain.operators.copies.CopyStore`."""

    async def made_at(self) -> datetime | None:
        """On PostgreSQL a table that has another number than the one written at it was made from a dump. When
        that was is not told: not before the last thing that it knows of."""
        if self._on_sqlite:
            return mark_of(await self._db.scalar(text(READ)) or OWN).copied_at
        if await self._written() in {None, await self._place()}:
            return None
        latest = [
            await self._db.scalar(select(func.max(moment)))
            for moment in (attempts.c.claimed_at, chat_inbox.c.received_at, activity.c.at)
        ]
        return max((at for at in latest if at is not None), default=EPOCH)

    async def settled(self) -> None:
        if self._on_sqlite:
            if await self.made_at() is not None:
                await self._db.execute(text(f"{READ} = {OWN}"))
        elif (place := await self._place()) != await self._written():
            await self._db.execute(text(f"COMMENT ON TABLE {desk.name} IS '{place}'"))

    async def _place(self) -> str:
        """Of one table in one database; a dump that is read in gives another."""
        number = await self._db.scalar(text(f"SELECT '{desk.name}'::regclass::oid"))
        return f"desk {int(number or 0)}"

    async def _written(self) -> str | None:
        found: str | None = await self._db.scalar(
            text(f"SELECT obj_description('{desk.name}'::regclass, 'pg_class')")
        )
        return found

    async def doubt_everything(self, *, at: datetime) -> Mapping[CampaignId, int]:
        r, c = recipients.c, campaigns.c
        counted = await self._db.execute(
            select(r.campaign_id, func.count()).where(r.state.in_(_IN_DOUBT)).group_by(r.campaign_id)
        )
        doubted = {CampaignId(row[0]): int(row[1]) for row in counted}
        concerned = select(c.account_id).where(c.id.in_(doubted)).union(
            select(directs.c.account_id).where(directs.c.state.in_((DirectState.QUEUED, DirectState.CLAIMED)))
        )  # fmt: skip
        ids = {id for id in await self._db.scalars(concerned) if id is not None}
        for id in sorted(ids):
            journal = await self._journal_of(AccountId(id))
            await self._doubt_people(AccountId(id), journal, at)
            await self._doubt_directs(AccountId(id), journal)
        await self._done_with_updates(at)
        await self._pass_over_ids()
        return doubted

    async def _journal_of(self, account_id: AccountId) -> str | None:
        """The journal that it was last sent over, as far as the copy knows: most likely the desk went on with
        that one. Another one's answer is not believed (decision 13)."""
        a, d = attempts.c, directs.c
        channel = await self._db.scalar(select(accounts.c.channel).where(accounts.c.id == account_id))
        if channel is not Channel.WEB:
            return None
        tried = select(a.journal.label("journal"), a.claimed_at.label("at")).where(
            a.account_id == account_id, a.journal.is_not(None)
        )
        single = select(d.journal, d.queued_at).where(d.account_id == account_id, d.journal.is_not(None))
        known = tried.union_all(single).subquery()
        found: str | None = await self._db.scalar(
            select(known.c.journal).order_by(known.c.at.desc()).limit(1)
        )
        return found

    async def _doubt_people(self, account_id: AccountId, journal: str | None, at: datetime) -> None:
        r, a, c = recipients.c, attempts.c, campaigns.c
        theirs = select(c.id).where(c.account_id == account_id)
        name = await self._db.scalar(select(desk.c.name))
        n = r.attempts + 1
        key = literal(f"{name}-").concat(r.id.cast(Text)).concat("-").concat(n.cast(Text))
        await self._db.execute(
            update(attempts)
            .where(a.account_id == account_id, a.progress == literal(Progress.CLAIMED.value, SmallInteger))
            .values(progress=Progress.UNKNOWN.value, reason=RESTORED, claimed_at=at, lease_until=at)
        )
        tries = select(
            key, r.id, literal(account_id, a.account_id.type), n,
            literal(Progress.UNKNOWN.value, SmallInteger), literal(RESTORED), literal(RESTORED),
            literal(at, a.lease_until.type), literal(at, a.claimed_at.type),
            literal(journal, a.journal.type),
        ).where(r.campaign_id.in_(theirs), r.state == RecipientState.WAITING)  # fmt: skip
        names = [
            "key", "recipient_id", "account_id", "n", "progress", "reason", "owner", "lease_until",
            "claimed_at", "journal",
        ]  # fmt: skip
        await self._db.execute(insert(attempts).from_select(names, tries))
        values: dict[str, Any] = {"state": RecipientState.UNKNOWN, "reason": RESTORED, "due_at": None}
        await self._db.execute(
            update(recipients)
            .where(r.campaign_id.in_(theirs), r.state == RecipientState.WAITING)
            .values(attempts=n, **values)
        )
        await self._db.execute(
            update(recipients)
            .where(r.campaign_id.in_(theirs), r.state == RecipientState.CLAIMED)
            .values(values)
        )

    async def _doubt_directs(self, account_id: AccountId, journal: str | None) -> None:
        d = directs.c
        await self._db.execute(
            update(directs)
            .where(d.account_id == account_id, d.state.in_((DirectState.QUEUED, DirectState.CLAIMED)))
            .values(
                state=DirectState.UNKNOWN, reason=RESTORED, due_at=None,
                journal=func.coalesce(d.journal, literal(journal, d.journal.type)),
            )
        )  # fmt: skip

    async def _done_with_updates(self, at: datetime) -> None:
        """What somebody tapped just before the copy was made took effect in the desk that went on. Money is
        credited once however often it is told, and must not be lost."""
        c = chat_inbox.c
        message = c.payload["message"]
        money = or_(
            message["successful_payment"].as_string().is_not(None),
            message["refunded_payment"].as_string().is_not(None),
        )
        paid = select(c.seq).where(c.done_at.is_(None), money)
        await self._db.execute(
            update(chat_inbox)
            .where(c.done_at.is_(None), c.seq.not_in(paid))
            .values(done_at=at, error=RESTORED)
        )

    async def _pass_over_ids(self) -> None:
        """Keys under which messages were sent, buttons in chats and sessions at workers are named by ids that
        this database does not know of."""
        if not self._on_sqlite:
            await self._pass_over_sequences()
            return
        for table in metadata.sorted_tables:
            if table.dialect_options["sqlite"]["autoincrement"]:
                name = {"name": table.name}
                await self._db.execute(
                    text(
                        "INSERT INTO sqlite_sequence (name, seq) SELECT :name, 0 "
                        "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)"
                    ),
                    name,
                )
        await self._db.execute(text("UPDATE sqlite_sequence SET seq = seq + :far"), {"far": FAR})

    async def _pass_over_sequences(self) -> None:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if column.identity is not None:
                    names = {"of": table.name, "in": column.name, "far": FAR}
                    await self._db.execute(
                        text(
                            "SELECT setval(it, nextval(it) + :far) "
                            "FROM (SELECT pg_get_serial_sequence(:of, :in)::regclass AS it) AS one"
                        ),
                        names,
                    )
