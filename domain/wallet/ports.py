"""What the wallet needs kept."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from domain.kernel.ids import CampaignId, MemberId, WorkspaceId
from domain.wallet.model import Entry, Movement, PlanChange, Wallet


class WalletStore(Protocol):
    """The ledger with its running sums. The sums are written in the same transaction as the entries and
    always equal them; the database itself refuses a wallet whose available points are below zero."""

    async def wallet(self, workspace_id: WorkspaceId, *, lock: bool = False) -> Wallet:
        """An empty one where there is none yet. With `lock` nobody else changes it before this unit ends."""
        ...

    async def post(self, entry: Entry) -> bool:
        """Append an entry and add it to the sums. False when that key stands with the same content.

        Raises LedgerConflict (same key, other content) or NotEnoughPoints (available would be below zero).
        Points that come in pay what is owed first, by a COLLECT entry of their own.
        """
        ...

    async def hold(self, campaign_id: CampaignId, *, price: int, at: datetime) -> int:
        """Set points aside for everybody who waits in a campaign that was just frozen: `price` each. Writes
        one HOLD entry and remembers on each recipient that their points are held. Returns how many points.

        Raises NotEnoughPoints.
        """
        ...

    async def settle(self, campaigns: Sequence[CampaignId] | None, *, at: datetime) -> int:
        """Bring the ledger up to what the recipients' states say; None: of every campaign. Returns how many
        recipients were settled. Running it again changes nothing.

        A recipient whose points are held: sent, delivered or read spends them (SPEND); failed, skipped or
        cancelled gives them back (RELEASE); waiting, claimed and unknown stay held. One that was spent and
        failed after all gives back (BACK). One that was given back and arrived after all is paid now (LATE),
        as far as points are available; what is not is owed.
        """
        ...

    async def movements(
        self, workspace_id: WorkspaceId, *, offset: int = 0, limit: int = 8
    ) -> tuple[Sequence[Movement], int]:
        """Newest first, and how many there are in all; from beyond the end the last page. A trial of no
        points is none."""
        ...

    def stream_entries(self, workspace_id: WorkspaceId) -> AsyncIterator[Entry]:
        """All of a workspace, oldest first, in one snapshot."""
        ...

    async def change_plan(
        self,
        workspace_id: WorkspaceId,
        days: int,
        *,
        key: str,
        at: datetime,
        member_id: MemberId | None = None,
        note: str | None = None,
    ) -> PlanChange | None:
        """Add days (or take them, below zero) by `plan_end_after`; None when that key stands with the same
        number of days. Raises LedgerConflict or NoPlanToTake."""
        ...

    async def plans_ending(self, *, before: datetime) -> Sequence[Wallet]:
        """Wallets whose plan ends before a moment, those that have ended included."""
        ...

    async def last_plan_change(self, workspace_id: WorkspaceId) -> PlanChange | None:
        """The one that the plan's end comes from; None when there never was a plan."""
        ...
