"""The ledger and its running sums."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, func, insert, select, update

from domain.kernel.ids import CampaignId, MemberId, RecipientId, WorkspaceId
from domain.wallet.model import Entry, LedgerConflict, Wallet
from domain.wallet.rules import after, collect
from storage.base import SqlStore, once_a_snapshot
from storage.tables import ledger, ledger_lines, wallets


def to_wallet(row: Row[Any]) -> Wallet:
    return Wallet(
        workspace_id=WorkspaceId(row.workspace_id), balance=row.balance, held=row.held, owed=row.owed,
        plan_until=row.plan_until,
    )  # fmt: skip


def to_entry(row: Row[Any]) -> Entry:
    return Entry(
        workspace_id=WorkspaceId(row.workspace_id), key=row.key, kind=row.kind, points=row.points,
        held=row.held, owed=row.owed,
        campaign_id=None if row.campaign_id is None else CampaignId(row.campaign_id),
        recipient_id=None if row.recipient_id is None else RecipientId(row.recipient_id),
        member_id=None if row.member_id is None else MemberId(row.member_id), note=row.note, at=row.at,
    )  # fmt: skip


#: A wallet's entries are summed once the ids of the desk have gone on so far since that was done last: quick
#: to see, and all there is to see where one workspace sends.
ROLL_AFTER: Final = 5_000
#: And once it has so many new ones of its own. Where a thousand workspaces send at once, each had a handful.
ROLL_FROM: Final = 250
SUMMED: Final = ("kind", "campaign_id", "points", "held", "owed", "entries", "at", "note", "newest")


def summed() -> Select[Any]:
    """Entries of one campaign and kind as one line."""
    e = ledger.c
    return select(
        e.kind, e.campaign_id, func.sum(e.points).label("points"), func.sum(e.held).label("held"),
        func.sum(e.owed).label("owed"), func.count().label("entries"), func.max(e.at).label("at"),
        func.max(e.note).label("note"), func.max(e.id).label("newest"),
    ).group_by(e.campaign_id, e.kind)  # fmt: skip


class SqlLedger(SqlStore):
    """Entries and their sums, which are written together.

    The row of `wallets` is the lock of its workspace: whoever writes entries takes it first, and takes it
    after every other row that they need, so that two units never wait for each other in a ring.
    """

    @once_a_snapshot
    async def wallet(self, workspace_id: WorkspaceId, *, lock: bool = False) -> Wallet:
        statement = select(wallets).where(wallets.c.workspace_id == workspace_id)
        if lock:
            statement = statement.with_for_update()
        row = (await self._db.execute(statement)).one_or_none()
        if row is not None:
            return to_wallet(row)
        if not lock:
            return Wallet(workspace_id=workspace_id)
        first = {"workspace_id": workspace_id, "balance": 0, "held": 0, "owed": 0}
        await self._db.execute(self._insert(wallets).values(first).on_conflict_do_nothing())
        return to_wallet((await self._db.execute(statement)).one())

    async def locked(self, workspace_ids: Sequence[WorkspaceId]) -> dict[WorkspaceId, Wallet]:
        """Their wallets, locked in the order of ids."""
        w = wallets.c
        statement = select(wallets).where(self._among(w.workspace_id, workspace_ids)).order_by(w.workspace_id)
        found = {
            WorkspaceId(row.workspace_id): to_wallet(row)
            for row in await self._db.execute(statement.with_for_update())
        }
        missing = [id for id in workspace_ids if id not in found]
        return found | {id: await self.wallet(id, lock=True) for id in missing}

    async def post(self, entry: Entry) -> bool:
        wallet = await self.wallet(entry.workspace_id, lock=True)
        known = await self._known(entry.key)
        if known is not None:
            if replace(known, at=entry.at) != entry:
                raise LedgerConflict()
            return False
        wallet = after(wallet, points=entry.points, held=entry.held, owed=entry.owed)
        await self._write([entry])
        await self._save(await self._collect(wallet, key=entry.key, at=entry.at))
        return True

    async def _known(self, key: str) -> Entry | None:
        row = (await self._db.execute(select(ledger).where(ledger.c.key == key))).one_or_none()
        return None if row is None else to_entry(row)

    async def _write(self, entries: Sequence[Entry]) -> None:
        if entries:
            await self._db.execute(insert(ledger), [asdict(entry) for entry in entries])

    async def _collect(self, wallet: Wallet, *, key: str, at: datetime) -> Wallet:
        """Points that have come in pay what is owed first."""
        entry = collect(wallet, key=key, at=at)
        if entry is None:
            return wallet
        await self._write([entry])
        return after(wallet, points=entry.points, owed=entry.owed)

    async def _close(self, *changed: Wallet) -> None:
        """After many entries. Those whose entries are to be summed are asked for together, and are few."""
        await self._save(*changed)
        w, e = wallets.c, ledger.c
        # Of the whole desk it could be the id of an entry that is wiped and given once more.
        last = select(func.max(e.id)).where(e.workspace_id == w.workspace_id).scalar_subquery()
        new = select(e.id).where(e.workspace_id == w.workspace_id, e.id > w.rolled_up).order_by(e.id)
        enough = new.offset(ROLL_FROM - 1).limit(1).scalar_subquery()
        theirs = self._among(w.workspace_id, sorted(one.workspace_id for one in changed))
        rows = await self._db.execute(
            select(w.workspace_id, w.rolled_up, last.label("last")).where(
                theirs, last - w.rolled_up >= ROLL_AFTER, enough.is_not(None)
            )
        )
        for row in rows.all():
            await self._roll_up(WorkspaceId(row.workspace_id), since=row.rolled_up, last=row.last)

    async def _roll_up(self, workspace_id: WorkspaceId, *, since: int, last: int) -> None:
        """Sum the entries of campaigns after the one and up to the other. The wallet is locked, so nobody
        else has entries of its workspace that are not seen here."""
        w, e, line = wallets.c, ledger.c, ledger_lines.c
        rows = summed().where(
            e.workspace_id == workspace_id, e.id > since, e.id <= last, e.campaign_id.is_not(None)
        )
        adding = self._insert(ledger_lines).from_select(
            ["workspace_id", *SUMMED],
            rows.with_only_columns(e.workspace_id, *rows.selected_columns)
            .group_by(None)
            .group_by(e.workspace_id, e.campaign_id, e.kind),
        )
        new = adding.excluded
        await self._db.execute(
            adding.on_conflict_do_update(
                index_elements=[line.workspace_id, line.campaign_id, line.kind],
                set_={
                    "points": line.points + new.points, "held": line.held + new.held,
                    "owed": line.owed + new.owed, "entries": line.entries + new.entries, "at": new.at,
                    "note": func.coalesce(new.note, line.note), "newest": new.newest,
                },
            )
        )  # fmt: skip
        mine = w.workspace_id == workspace_id
        await self._db.execute(update(wallets).where(mine).values(rolled_up=last))

    async def _save(self, *changed: Wallet) -> None:
        w = wallets.c
        rows = [(one.workspace_id, one.balance, one.held, one.owed) for one in changed]
        await self._update_rows(w.workspace_id, [w.balance, w.held, w.owed], rows)
