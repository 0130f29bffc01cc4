"""What campaigns need kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from domain.accounts.checks import CheckTally
from domain.campaigns.model import Audience, Campaign, CampaignState
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId

#: Who was sent a message lately is counted no further.
MOST_REACHED: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceCount:
    """An audience as it stands now: how many would be sent to, how many not and why."""

    included: int
    excluded: Mapping[str, int]

    @property
    def total(self) -> int:
        return self.included + sum(self.excluded.values())

    @property
    def agreed(self) -> int:
        """Those who consented, left out or not."""
        return self.total - self.excluded.get("no_consent", 0) - self.excluded.get("stopped", 0)


class CampaignStore(Protocol):
    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        created_by: MemberId,
        name: str,
        account_id: AccountId | None,
        at: datetime,
    ) -> CampaignId: ...

    async def campaign(self, workspace_id: WorkspaceId, id: CampaignId) -> Campaign:
        """Raises NotFound."""
        ...

    async def any(self, id: CampaignId) -> Campaign:
        """Without asking for the workspace: for the scheduler only. Raises NotFound."""
        ...

    async def save(self, campaign: Campaign, *, expected: int) -> Campaign:
        """Write all fields if the stored version is still `expected`; returns it with version + 1.

        Raises Conflict.
        """
        ...

    async def set_faults(self, id: CampaignId, faults: int) -> None:
        """Not a change that an operator sees: no version change."""
        ...

    async def served(self, id: CampaignId, *, at: datetime) -> None:
        """Remember when it last claimed, so that campaigns of one account take turns."""
        ...

    async def of_workspace(
        self,
        workspace_id: WorkspaceId,
        *,
        states: Sequence[CampaignState] = (),
        offset: int = 0,
        limit: int = 8,
    ) -> tuple[Sequence[Campaign], int]:
        """Newest first, and how many there are in all."""
        ...

    async def running_of(self, account_id: AccountId) -> Sequence[Campaign]:
        """Running campaigns of an account, the one served longest ago first."""
        ...

    async def unfinished_of(self, account_id: AccountId) -> Sequence[Campaign]:
        """Running and paused ones."""
        ...

    async def accounts_at_work(self) -> Sequence[AccountId]:
        """Accounts with a running campaign."""
        ...

    async def scheduled(self) -> Sequence[Campaign]:
        """All scheduled campaigns, soonest first."""
        ...

    async def count_audience(
        self,
        workspace_id: WorkspaceId,
        audience: Audience,
        *,
        cap: int | None,
        off_since: datetime | None = None,
    ) -> AudienceCount:
        """Reasons: no_consent, stopped, not_on_whatsapp for those found not to be there since `off_since`
        (`domain.accounts.checks.known_off_since`), and over_cap when `cap` is given and more could be sent
        to."""
        ...

    async def first_numbers(
        self, workspace_id: WorkspaceId, audience: Audience, *, limit: int, off_since: datetime | None = None
    ) -> Sequence[str]:
        """Those of the first who could be sent to, in the order in which they are frozen."""
        ...

    async def check_tally(
        self, workspace_id: WorkspaceId, audience: Audience, *, at: datetime, agreed: int | None = None
    ) -> CheckTally:
        """Those who agreed, by what is known of their numbers at that moment. `agreed`: how many they are,
        where that was counted in this unit already."""
        ...

    async def unchecked(
        self, workspace_id: WorkspaceId, audience: Audience, *, at: datetime, limit: int
    ) -> Sequence[str]:
        """Numbers of those who agreed that are to be asked for, in order."""
        ...

    async def missing_fields(
        self, workspace_id: WorkspaceId, audience: Audience, fields: Sequence[str]
    ) -> Mapping[str, int]:
        """For each field, how many who could be sent to have no value for it (zero ones left out)."""
        ...

    async def count_who_wrote(
        self, workspace_id: WorkspaceId, audience: Audience, account_id: AccountId, *, since: datetime
    ) -> int:
        """How many who could be sent to have written to this account since then."""
        ...

    async def count_reached(
        self, workspace_id: WorkspaceId, audience: Audience, *, since: datetime, most: int = MOST_REACHED
    ) -> int:
        """How many who could be sent to have been sent a campaign's message since then; counted no further
        than `most`, and one more says that there are more."""
        ...

    async def freeze(
        self,
        parts: Sequence[CampaignId],
        audience: Audience,
        *,
        cap: int,
        at: datetime,
        most: int | None = None,
        off_since: datetime | None = None,
    ) -> Sequence[int]:
        """Write the recipients of one or several campaigns from one audience, in one go.

        Those with consent are dealt out in order of number, `cap` to each part, so that nobody stands in
        two; what is over goes to the last part as excluded "over_cap", and so do those without consent
        ("no_consent", "stopped") and those found not to be on WhatsApp since `off_since`
        ("not_on_whatsapp"). With `most`, nobody after the first so many is sent to, for want of points
        ("no_points"). Returns how many each part will send to. For an audience of kind failed_of or
        unknown_of the recipients are those of the earlier campaign. They are marked there with reason
        "sent_again", so that they are followed up once; the unknown count as failed there from then on.
        """
        ...
