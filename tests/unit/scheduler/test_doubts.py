"""What is in doubt is asked of the far side's journal: cleared where it knows, left to a person where not."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.senders import Hints
from domain.accounts.model import Account, Channel
from domain.campaigns import service
from domain.campaigns.model import CampaignState
from domain.delivery.model import Progress
from domain.delivery.ports import Rejected, Unknown
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectState, RecipientRow
from domain.kernel.ids import CampaignId
from domain.scheduler.doubts import AGAIN_AFTER, ASK_FOR, ClearDoubts
from domain.scheduler.events import DirectAnswered
from domain.scheduler.lines import Line
from domain.scheduler.slices import AccountSlices
from domain.scheduler.timers import desk_of
from tests.fakes.journal import FakeJournal
from tests.fakes.stores import NOW, SAID_STOP, number_of
from tests.unit.scheduler.world import World, world

R = RecipientState


@dataclass(kw_only=True)
class Desk:
    on: World
    campaign: CampaignId
    journal: FakeJournal
    keys: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.asker = ClearDoubts(
            store=self.on.store, journal_for=lambda _: self.journal,
            channels=frozenset({Channel.SIMULATED}), announcer=self.on.heard, watcher=Hints(),
        )  # fmt: skip

    @property
    def slices(self) -> AccountSlices:
        async def line_of(_: Account) -> Line:
            return Line(journal=self.journal.called)

        return self.on.slices(line_of=line_of)

    async def tick(self) -> int:
        return await self.asker.tick(self.on.clock.now())

    async def rows(self) -> Sequence[RecipientRow]:
        async with self.on.store.read() as unit:
            return await unit.delivery.recipients(self.campaign)

    async def states(self) -> list[tuple[RecipientState, str | None]]:
        return [(row.state, row.reason) for row in await self.rows()]

    async def state_of_campaign(self) -> CampaignState:
        async with self.on.store.read() as unit:
            return (await unit.campaigns.any(self.campaign)).state


@asynccontextmanager
async def in_doubt(folder: Path, people: int = 1, *, over: bool = False) -> AsyncIterator[Desk]:
    """A campaign in which nobody knows whether `people` got it. It runs on, for one more who is to be tried
    in half a minute; or it is over."""
    async with world(folder) as on:
        campaign = await on.running(people + (not over))
        on.phones.answers = [Unknown() for _ in range(people)]
        on.phones.answers += [] if over else [Rejected("temporary", True)]
        desk = Desk(on=on, campaign=campaign, journal=FakeJournal())
        await desk.slices.run(on.account)
        desk.keys = [message.key for message in on.phones.sent[:people]]
        on.phones.sent.clear()
        on.heard.events.clear()
        yield desk


async def test_what_the_journal_has_is_known(tmp_path: Path) -> None:
    async with in_doubt(tmp_path, 2) as desk:
        desk.journal.took(desk.keys[0], NOW)
        desk.journal.took(desk.keys[1], NOW, progress=Progress.READ)
        assert await desk.tick() == 2
        assert await desk.states() == [(R.SENT, None), (R.READ, None), (R.WAITING, "temporary")]
        assert await desk.tick() == 0


async def test_what_never_left_is_sent_anew_while_the_campaign_runs(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        await desk.tick()
        assert (await desk.states())[0] == (R.WAITING, "never_sent")
        assert desk.journal.closed == set(desk.keys)
        desk.on.clock.advance(seconds=31)
        await desk.on.slices().run(desk.on.account)
        assert [state for state, _ in await desk.states()] == [R.SENT, R.SENT]
        assert desk.keys[0] not in [message.key for message in desk.on.phones.sent]


async def test_consent_is_asked_again_before_it_is_sent_anew(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        await desk.tick()
        async with desk.on.store.write() as unit:
            person = await unit.contacts.by_number(desk.on.space, number_of(0))
            assert person is not None
            await unit.contacts.record_consent(person.id, SAID_STOP)
            await unit.commit()
        desk.on.clock.advance(seconds=31)
        await desk.on.slices().run(desk.on.account)
        assert (await desk.states())[0] == (R.SKIPPED, "stopped")
        assert number_of(0) not in [message.to for message in desk.on.phones.sent]


async def test_what_never_left_of_a_campaign_that_is_over_has_failed(tmp_path: Path) -> None:
    async with in_doubt(tmp_path, over=True) as desk:
        assert await desk.state_of_campaign() is CampaignState.COMPLETED
        await desk.tick()
        assert await desk.states() == [(R.FAILED, "never_sent")]
        async with desk.on.store.read() as unit:
            assert (await unit.wallet.wallet(desk.on.space)).held == 0


async def test_another_journal_than_the_one_it_was_put_to_is_not_believed_that_it_never_left(
    tmp_path: Path,
) -> None:
    """The first may have been lost, and with it that the person has got the message; or the number has been
    linked anew under another session since."""
    async with in_doubt(tmp_path) as desk:
        desk.journal.called = "journal-2"
        assert await desk.tick() == 0
        assert (await desk.states())[0][0] is R.UNKNOWN
        desk.on.clock.advance(days=2)
        assert await desk.tick() == 0
        assert len(desk.journal.asked) == 1


async def test_what_was_put_to_a_journal_that_was_not_known_is_not_believed_to_have_never_left(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on:
        desk = Desk(on=on, campaign=await on.running(2), journal=FakeJournal())
        on.phones.answers = [Unknown(), Rejected("temporary", True)]
        await on.slices().run(on.account)
        assert await desk.tick() == 0
        assert (await desk.states())[0][0] is R.UNKNOWN
        assert len(desk.journal.asked) == 1


async def test_without_a_journal_it_stays_for_a_person(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        desk.journal.called = None
        assert await desk.tick() == 0
        desk.on.clock.advance(hours=1)
        assert await desk.tick() == 0
        assert len(desk.journal.asked) == 1
        assert (await desk.states())[0][0] is R.UNKNOWN


async def test_what_the_journal_does_not_know_either_stays_for_a_person_and_is_asked_once(
    tmp_path: Path,
) -> None:
    async with in_doubt(tmp_path) as desk:
        desk.journal.doubts(desk.keys[0], NOW, settled=True)
        for _ in range(5):
            assert await desk.tick() == 0
            desk.on.clock.advance(hours=7)
        assert (await desk.states())[0][0] is R.UNKNOWN
        assert desk.journal.asked == desk.keys


async def test_what_is_on_its_way_is_asked_about_at_growing_distances_and_not_for_ever(
    tmp_path: Path,
) -> None:
    async with in_doubt(tmp_path) as desk:
        desk.journal.doubts(desk.keys[0], NOW, settled=False)
        await desk.tick()
        for times, wait in enumerate(AGAIN_AFTER, start=1):
            desk.on.clock.advance(seconds=wait.total_seconds() - 1)
            await desk.tick()
            assert len(desk.journal.asked) == times
            desk.on.clock.advance(seconds=1)
            await desk.tick()
            assert len(desk.journal.asked) == times + 1
        desk.on.clock.advance(days=1)
        await desk.tick()
        assert len(desk.journal.asked) == len(AGAIN_AFTER) + 1


async def test_a_far_side_that_is_down_is_asked_when_it_is_back(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        desk.journal.took(desk.keys[0], NOW)
        desk.journal.is_down = True
        assert await desk.tick() == 0
        desk.journal.is_down = False
        assert await desk.tick() == 0
        desk.on.clock.advance(seconds=6)
        assert await desk.tick() == 1


async def test_what_is_long_ago_is_asked_no_more(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        desk.on.clock.advance(seconds=ASK_FOR.total_seconds() + 1)
        assert await desk.tick() == 0
        assert desk.journal.asked == []


async def test_whoever_was_counted_as_sent_and_never_got_it_has_failed(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        async with desk.on.store.write() as unit:
            await unit.delivery.count_unknown_as_sent(desk.campaign, at=NOW)
            await unit.commit()
        await desk.tick()
        assert (await desk.states())[0] == (R.FAILED, "never_sent")


async def test_whoever_is_sent_to_again_by_an_operator_and_had_got_it_is_not_sent_to(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        async with desk.on.store.write() as unit:
            await unit.delivery.send_unknown_again(desk.campaign, at=NOW + timedelta(seconds=5))
            await unit.commit()
        desk.journal.took(desk.keys[0], NOW)
        await desk.tick()
        desk.on.clock.advance(seconds=31)
        await desk.on.slices().run(desk.on.account)
        assert (await desk.states())[0] == (R.SENT, None)
        assert number_of(0) not in [message.to for message in desk.on.phones.sent]


async def test_a_paused_campaign_keeps_them_waiting(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        async with desk.on.store.write() as unit:
            running = await unit.campaigns.any(desk.campaign)
            await service.pause(desk_of(unit), running, expected=running.version, at=NOW)
            await unit.commit()
        await desk.tick()
        desk.on.clock.advance(seconds=31)
        await desk.on.slices().run(desk.on.account)
        assert (await desk.states())[0] == (R.WAITING, "never_sent")
        assert desk.on.phones.sent == []


@pytest.mark.parametrize(
    ("fate", "state"), [("took", DirectState.DELIVERED), ("never", DirectState.FAILED), ("doubts", None)]
)
async def test_whoever_made_a_test_is_told_what_became_of_it(
    tmp_path: Path, fate: str, state: DirectState | None
) -> None:
    async with world(tmp_path) as on:
        desk = Desk(on=on, campaign=CampaignId(0), journal=FakeJournal())
        id = await on.test_send(number_of(1))
        await on.timers.end_leases(on.clock.now(), owner="me")
        async with on.store.write() as unit:
            await unit.delivery.claim_direct(
                on.account, owner="dead", lease_until=NOW, journal=desk.journal.called
            )
            await unit.commit()
        await on.timers.end_leases(on.clock.now(), owner="me")
        key = (await on.direct(id)).key
        if fate == "took":
            desk.journal.took(key, NOW, progress=Progress.DELIVERED)
        elif fate == "doubts":
            desk.journal.doubts(key, NOW, settled=True)
        await desk.tick()
        told = [event.direct.state for event in on.heard.events if isinstance(event, DirectAnswered)]
        assert told == ([state] if state else [])
        assert (await on.direct(id)).state is (state or DirectState.UNKNOWN)


async def test_other_channels_are_not_asked(tmp_path: Path) -> None:
    async with in_doubt(tmp_path) as desk:
        desk.asker.channels = frozenset({Channel.WEB})
        assert await desk.tick() == 0
        assert desk.journal.asked == []
