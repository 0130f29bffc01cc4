"""Points set aside for recipients, and how the recipients' states reach the ledger."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    case,
    func,
    insert,
    literal,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.delivery.recipients import RecipientState, Settled
from domain.delivery.settling import COSTS, kind_of
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import CampaignId, WorkspaceId
from domain.wallet.model import Entry, EntryKind, LedgerConflict
from domain.wallet.rules import after, moved, pay_late
from storage.ledger import SqlLedger
from storage.tables import campaigns, ledger, recipients
from storage.tables.delivery import UNSETTLED

#: So many recipients are settled in one go: a big campaign's cancel must not hold up the whole process.
_AT_A_TIME: Final = 2_000

_IS_UNSETTLED: Final = text(f"({UNSETTLED.text})")


class SqlSettling(SqlLedger):
    """The part of `domain.wallet.ports.WalletStore` that campaigns use. `spent`: see `SqlClaiming`."""

    def __init__(self, connection: AsyncConnection, spent: list[tuple[Row[Any], datetime]]) -> None:
        super().__init__(connection)
        self._spent = spent

    async def hold(self, campaign_id: CampaignId, *, price: int, at: datetime) -> int:
        """See the port. The recipients were frozen in this very unit: nobody else waits for them. Raises
        Conflict when the campaign has another price, by which it would be settled."""
        if price == 0:
            return 0
        wallet = await self.wallet(await self._workspace_of(campaign_id, price), lock=True)
        known = await self._known(f"hold:{campaign_id}")
        if known is not None:
            return await self._held_already(known, price)
        r = recipients.c
        wait = (r.campaign_id == campaign_id, r.state == RecipientState.WAITING, r.settled.is_(None))
        needs = price * await self._count(*wait)
        if needs == 0:
            return 0
        wallet = after(wallet, held=needs)
        await self._db.execute(update(recipients).where(*wait).values(settled=Settled.HELD))
        entry = Entry(
            workspace_id=wallet.workspace_id, key=f"hold:{campaign_id}", kind=EntryKind.HOLD, held=needs,
            campaign_id=campaign_id, at=at,
        )  # fmt: skip
        await self._write([entry])
        await self._save(wallet)
        return needs

    async def _workspace_of(self, campaign_id: CampaignId, price: int) -> WorkspaceId:
        c = campaigns.c
        found = await self._db.execute(select(c.workspace_id, c.price).where(c.id == campaign_id))
        campaign = found.one_or_none()
        if campaign is None:
            raise NotFound(what="campaign")
        if campaign.price != price:
            raise Conflict(what="price")
        return WorkspaceId(campaign.workspace_id)

    async def _held_already(self, known: Entry, price: int) -> int:
        r = recipients.c
        people = await self._count(r.campaign_id == known.campaign_id, r.settled.is_not(None))
        if known.held != price * people:
            raise LedgerConflict()
        return known.held

    async def _count(self, *conditions: ColumnElement[bool]) -> int:
        return await self._db.scalar(select(func.count()).select_from(recipients).where(*conditions)) or 0

    async def settle(self, campaigns: Sequence[CampaignId] | None, *, at: datetime) -> int:
        """See the port. Cheap when there is nothing to do: a partial index holds just the unsettled."""
        # Before the wallet is, whoever is marked below is locked; and what they have spent is entered before
        # they are marked.
        ids = await self._some_unsettled(campaigns)
        settled = await self.enter_spent()
        while ids:
            rows = await self._mark(ids)
            await self._enter(rows, at=at)
            settled += len(rows)
            ids = await self._some_unsettled(campaigns) if len(ids) == _AT_A_TIME else ()
        return settled

    async def enter_spent(self) -> int:
        """What this unit has written on recipients as spent is entered; of how many."""
        spent = self._spent[:]
        if spent:
            await self._enter([row for row, _ in spent], at=spent[-1][1])
            # Not before: what could not be entered must not be committed.
            self._spent.clear()
        return len(spent)

    async def _some_unsettled(self, campaigns: Sequence[CampaignId] | None) -> Sequence[int]:
        if campaigns is not None and not campaigns:
            return ()
        return (await self._db.scalars(self._unsettled(campaigns))).all()

    def _unsettled(self, campaigns: Sequence[CampaignId] | None) -> Select[Any]:
        r = recipients.c
        among = true() if campaigns is None else self._among(r.campaign_id, campaigns)
        unsettled = select(r.id).where(_IS_UNSETTLED, among).limit(_AT_A_TIME)
        return unsettled.with_for_update(key_share=True)

    async def _mark(self, ids: Sequence[int]) -> Sequence[Row[Any]]:
        """Write on the recipients what has become of their points; asked once more of each, because
        somebody else may have settled them since."""
        r = recipients.c
        now = case(
            (r.state.in_(COSTS), literal(Settled.SPENT, r.settled.type)),
            else_=literal(Settled.BACK, r.settled.type),
        )
        result = await self._db.execute(
            update(recipients)
            .where(self._among(r.id, ids), _IS_UNSETTLED)
            .values(settled=now, settlements=r.settlements + 1)
            .returning(r.id, r.campaign_id, r.settled, r.settlements)
        )
        return result.all()

    async def _enter(self, rows: Sequence[Row[Any]], *, at: datetime) -> None:
        """The entries that follow, and the sums: of however many workspaces, each kind in one statement."""
        c = campaigns.c
        found = await self._db.execute(
            select(c.id, c.workspace_id, c.price).where(
                self._among(c.id, sorted({row.campaign_id for row in rows}))
            )
        )
        campaign = {row.id: row for row in found}
        kinds: dict[tuple[EntryKind, int], list[Row[Any]]] = defaultdict(list)
        of_workspace: dict[WorkspaceId, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            of = campaign[row.campaign_id]
            kinds[kind_of(row.settled, row.settlements), of.price].append(row)
            of_workspace[WorkspaceId(of.workspace_id)].append(row)
        wallets = await self.locked(sorted(of_workspace))
        late: list[tuple[Row[Any], int]] = []
        for (kind, price), some in kinds.items():
            if kind is EntryKind.LATE:
                late.extend((row, price) for row in some)
                continue
            points, held = moved(kind, price)
            await self._write_settled(some, kind=kind, points=points, held=held, at=at)
            for workspace_id, n in Counter(campaign[row.campaign_id].workspace_id for row in some).items():
                wallet = wallets[WorkspaceId(workspace_id)]
                wallets[wallet.workspace_id] = after(wallet, points=points * n, held=held * n)
        for workspace_id, theirs in of_workspace.items():
            one = theirs[0]
            wallets[workspace_id] = await self._collect(
                wallets[workspace_id], key=f"{one.id}:{one.settlements}", at=at
            )
        entries = []
        for row, price in late:
            wallet = wallets[WorkspaceId(campaign[row.campaign_id].workspace_id)]
            points, owed = pay_late(wallet, price)
            wallets[wallet.workspace_id] = after(wallet, points=points, owed=owed)
            entries.append(
                Entry(
                    workspace_id=wallet.workspace_id, key=f"{EntryKind.LATE}:{row.id}:{row.settlements}",
                    kind=EntryKind.LATE, points=points, owed=owed, campaign_id=row.campaign_id,
                    recipient_id=row.id, at=at,
                )
            )  # fmt: skip
        await self._write(entries)
        await self._close(*wallets.values())

    async def _write_settled(
        self,
        rows: Sequence[Row[Any]],
        *,
        kind: EntryKind,
        points: int,
        held: int,
        at: datetime,
    ) -> None:
        """One entry for each, all of the same content, in one statement however many they are."""
        r, e, c = recipients.c, ledger.c, campaigns.c
        word = e.key.type
        key = literal(f"{kind}:").concat(r.id.cast(word)).concat(":").concat(r.settlements.cast(word))
        values = {
            e.workspace_id: c.workspace_id, e.key: key,
            e.kind: literal(kind, e.kind.type), e.points: literal(points, BigInteger),
            e.held: literal(held, BigInteger), e.owed: literal(0, BigInteger), e.campaign_id: r.campaign_id,
            e.recipient_id: r.id, e.at: literal(at, e.at.type),
        }  # fmt: skip
        chosen = (
            select(*values.values())
            .join_from(recipients, campaigns, c.id == r.campaign_id)
            .where(self._among(r.id, [row.id for row in rows]))
        )
        await self._db.execute(insert(ledger).from_select(list(values), chosen))
