"""A whole desk in numbers, for whoever runs its machine. It names nobody and no workspace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.accounts.model import AccountState, Channel
from domain.campaigns.model import CampaignState
from domain.kernel.ids import AccountId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`oldest_recipient`: since when somebody is due who waits in a running campaign: for their turn, for the
    hour, or for the day's limit. `oldest_direct`: the same of single messages of connected numbers.
    `unknown`: nobody knows whether they were reached."""

    oldest_recipient: datetime | None = None
    oldest_direct: datetime | None = None
    unknown_recipients: int = 0
    unknown_directs: int = 0
    accounts: Mapping[tuple[Channel, AccountState], int] = field(default_factory=dict)
    campaigns: Mapping[CampaignState, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What one workspace still has before it. `sent`: claims of each number since a moment."""

    recipients: int = 0
    unknown: int = 0
    sent: Mapping[AccountId, int] = field(default_factory=dict)


class OverviewStore(Protocol):
    async def of_desk(self, *, now: datetime) -> Overview: ...

    async def of_workspace(self, id: WorkspaceId, *, since: datetime) -> Waiting: ...
