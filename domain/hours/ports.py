"""What active hours need kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.hours.model import Hours
from domain.kernel.ids import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHours:
    """`changed_at` is the state that a change expects."""

    hours: Hours
    changed_at: datetime


class HoursStore(Protocol):
    async def of(self, account_id: AccountId, *, held: bool = False) -> Hours | None:
        """None: always open. `held`: whoever changes them waits until this unit of work has ended."""
        ...

    async def kept(self, account_id: AccountId) -> KeptHours | None: ...

    async def of_many(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Hours]:
        """Those that are always open are left out."""
        ...

    async def save(
        self, account_id: AccountId, hours: Hours | None, *, expected: datetime | None, at: datetime
    ) -> None:
        """In place of those changed at `expected`, None where it was always open; None makes it always open.
        Raises Conflict."""
        ...
