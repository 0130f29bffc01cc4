"""Somebody who is due and whom another holds is asked for again in a moment, not over and over."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from domain.scheduler.taking import HELD, Taker
from tests.fakes.stores import NOW


def unit_with(due: datetime) -> Any:
    async def next_due(_id: int) -> datetime:
        return due

    return SimpleNamespace(delivery=SimpleNamespace(next_due=next_due))


@pytest.mark.parametrize(
    ("due", "looks"),
    [
        (NOW - timedelta(hours=1), NOW + HELD),
        (NOW, NOW + HELD),
        (NOW + timedelta(hours=1), NOW + timedelta(hours=1)),
    ],
)
async def test_when_it_is_looked_again(due: datetime, looks: datetime) -> None:
    unused = cast(Any, None)
    taker = Taker(recorder=unused, rng=unused, caps=unused, owner="o", desk="d", after_auto=set())
    campaign = cast(Any, SimpleNamespace(id=1))
    assert await taker.next_look(unit_with(due), campaign, 0, NOW) == looks
    assert await taker.next_look(unit_with(due), campaign, 3, NOW) == NOW
