"""Doubts and a journal, in every order that hypothesis can think of: nobody gets anything twice."""

import asyncio
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import SystemClock
from bot.senders import Hints
from domain.accounts.model import Channel
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps, Pacing
from domain.scheduler.doubts import ClearDoubts
from domain.scheduler.slices import AccountSlices
from domain.scheduler.timers import Timers
from storage.database import Database
from tests.desk_data import campaign_to_everybody
from tests.fakes.clock import FakeClock
from tests.fakes.stores import open_store
from tests.stateful.killed import died
from tests.stateful.test_campaign_machine import Nobody, Phones

#: A send that is answered, one whose line broke (arriving at once, later or never), one in which we died;
#: and what happens besides.
STEPS = (
    "accepted", "silent", "lost", "late", "dies late", "dies before", "ask", "ask", "ask", "arrives",
    "the journal is lost", "later", "later",
)  # fmt: skip
PEOPLE = 3


@settings(max_examples=80)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
def test_nobody_gets_it_twice_and_nobody_who_got_it_is_called_failed(steps: list[str]) -> None:
    asyncio.run(live(steps))


async def one_at_a_time(store: Database, id: CampaignId) -> None:
    """So that the campaign runs on while one of them is in doubt."""
    second = timedelta(seconds=1)
    async with store.write() as unit:
        campaign = await unit.campaigns.any(id)
        paced = replace(campaign, pacing=Pacing(shortest=second, longest=second))
        await unit.campaigns.save(paced, expected=campaign.version)
        await unit.commit()


async def live(steps: list[str]) -> None:
    clock = FakeClock(SystemClock().now())
    phones = Phones(clock)
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(Path(folder)) as store:
            campaign, account = await campaign_to_everybody(
                store, people=PEOPLE, remote="sim-1", number="+447700900001"
            )
            await one_at_a_time(store, campaign)
            doubts = ClearDoubts(
                store=store, journal_for=lambda _: phones.journal, announcer=Nobody(), watcher=Hints(),
                channels=frozenset({Channel.SIMULATED}),
            )  # fmt: skip
            timers = Timers(store=store, announcer=Nobody(), watcher=Hints(), clock=clock, caps=Caps())
            for life, step in enumerate(steps):
                clock.advance(seconds=2)
                if step == "ask":
                    await doubts.tick(clock.now())
                elif step == "arrives":
                    phones.what_is_late_arrives()
                elif step == "the journal is lost":
                    phones.lose_the_journal()
                elif step == "later":
                    clock.advance(seconds=timedelta(minutes=6).total_seconds())
                    await timers.end_leases(clock.now())
                else:
                    phones.fate = step
                    slices = AccountSlices(
                        store=store, gateway_for=lambda _: phones, announcer=Nobody(), watcher=Hints(),
                        clock=clock, rng=Random(7), caps=Caps(), owner=f"life-{life}", desk="d",
                        line_of=phones.line,
                    )  # fmt: skip
                    if await died(slices.run(account)):
                        await timers.end_leases(clock.now(), owner=f"life-{life + 1}")
                assert max(phones.got.values(), default=0) <= 1
                async with store.read() as unit:
                    rows = await unit.delivery.recipients(campaign)
                for row in rows:
                    if phones.got[row.number]:
                        assert row.state not in {RecipientState.WAITING, RecipientState.FAILED}
