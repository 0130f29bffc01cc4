"""Sending over the official channel, cut short: halted, cancelled, no disk, no account any more."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from domain.campaigns import service
from domain.delivery.ports import Rejected
from domain.kernel.errors import NotFound
from domain.scheduler.pour import MOST_UNRECORDED
from domain.scheduler.recording import Recorder
from domain.scheduler.timers import desk_of
from tests.fakes.stores import number_of
from tests.unit.scheduler.cloud_world import cloud_world

TOO_FAST = Rejected("too_fast", can_retry=True)
#: More than may wait to be recorded.
PEOPLE = MOST_UNRECORDED + 200


async def test_halted_it_claims_nothing_more_and_gives_back_what_has_not_left(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(100)
        halted = asyncio.Event()

        async def halt() -> None:
            halted.set()

        on.phones.meanwhile = halt  # type: ignore[method-assign]
        await on.slices().run(on.account, halted)
        tally = await on.tally(id)
        assert tally.in_flight == 0
        assert tally.sent == len(on.numbers) < 40
        assert tally.sent + tally.waiting == 100
        await on.run()
        assert Counter(on.numbers) == Counter(number_of(n) for n in range(100))


@pytest.mark.parametrize("answers", [[], [TOO_FAST]])
async def test_cancelled_in_the_middle_nobody_is_claimed_any_more_and_nobody_is_left_over(
    tmp_path: Path, answers: list[Rejected]
) -> None:
    """Who is on the way is answered for; who was claimed and is put back, or too fast, is cancelled."""
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(100)
        on.phones.answers = list(answers)

        async def cancel() -> None:
            on.phones.meanwhile = nothing  # type: ignore[method-assign]
            async with on.store.write() as unit:
                campaign = await unit.campaigns.any(id)
                await service.cancel(desk_of(unit), campaign, expected=campaign.version, at=on.clock.now())
                await unit.commit()

        async def nothing() -> None:
            return None

        on.phones.meanwhile = cancel  # type: ignore[method-assign]
        await on.run()
        on.clock.advance(hours=1)
        await on.run()
        tally = await on.tally(id)
        assert (tally.in_flight, tally.left, tally.unknown) == (0, 0, 0)
        assert tally.sent == len(on.numbers) - len(answers) == len(set(on.numbers)) - len(answers)
        assert tally.sent < 40 and tally.sent + tally.cancelled == 100


async def test_answers_that_cannot_be_kept_at_once_are_kept_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        # Not all of them have left when it is known.
        id = await on.sending(PEOPLE)
        record, times = Recorder.record, 0

        async def full_disk(*what: Any) -> None:
            nonlocal times
            times += 1
            if times <= 2:
                raise OSError("the disk is full")
            await record(*what)

        monkeypatch.setattr(Recorder, "record", full_disk)
        with pytest.raises(OSError, match="the disk is full"):
            await on.run()
        tally = await on.tally(id)
        assert (tally.in_flight, tally.unknown) == (0, 0)
        assert tally.sent == len(on.numbers) < PEOPLE
        assert tally.sent + tally.waiting == PEOPLE
        await on.run()
        assert Counter(on.numbers) == Counter(number_of(n) for n in range(PEOPLE))


async def test_an_account_removed_in_the_middle_loses_no_answer(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(100)
        gone = False

        async def remove() -> None:
            nonlocal gone
            if not gone:
                gone = True
                async with on.store.write() as unit:
                    await unit.accounts.remove(on.account)
                    await unit.commit()

        on.phones.meanwhile = remove  # type: ignore[method-assign]
        with pytest.raises(NotFound):
            await on.run()
        tally = await on.tally(id)
        assert tally.in_flight == 0
        assert tally.sent == len(on.numbers)
