"""What the unit under way has written on recipients about their points, before the ledger says so too.

Whoever is sent to is written down as sent and as paid for at once: a second look at each of them would be a
third of what recording costs. The ledger follows at the unit's end, because the wallet is locked last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio.engine import AsyncConnection

_KEY: Final = "points that were spent"


@dataclass(frozen=True, slots=True)
class Spent:
    """Recipients as they are in `recipients` now: id, campaign_id, settled and settlements."""

    rows: Sequence[Row[Any]]
    at: datetime


def note_spent(connection: AsyncConnection, spent: Spent) -> None:
    if spent.rows:
        connection.info.setdefault(_KEY, []).append(spent)


def take_spent(connection: AsyncConnection) -> Sequence[Spent]:
    """What was noted since this was asked last."""
    found: Sequence[Spent] = connection.info.pop(_KEY, ())
    return found
