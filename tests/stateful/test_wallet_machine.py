"""Points over starts, outcomes, late news, refunds, plans, cancels, crashes and repeats, in any order.

Everything goes through the real use cases; `wallet_book.Book` says what must come of it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from itertools import count, cycle
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.campaigns import service
from domain.campaigns.model import Audience, AudienceKind, CampaignStep
from domain.delivery.model import Progress
from domain.kernel.errors import Conflict, DomainError
from domain.kernel.ids import CampaignId
from domain.scheduler.timers import desk_of
from domain.wallet.model import Entry, EntryKind, LedgerConflict, NoPlanToTake, NotEnoughPoints
from storage.unit import Unit
from tests.fakes.stores import CAME_BACK, SAID_STOP
from tests.stateful.wallet_world import PEOPLE, Effect, World

T = TypeVar("T")

FATES = ("accepted", "accepted", "unknown", "unknown", "busy", "absent", "refused", "refused", "dies")
INCOMING = (EntryKind.GRANT, EntryKind.PURCHASE, EntryKind.UNREFUND)
OUTGOING = (EntryKind.TAKEN, EntryKind.REFUND)
STEPS = (CampaignStep.PAUSE, CampaignStep.RESUME, CampaignStep.CANCEL)
NOT_REACHED, UNKNOWN = ("failed", "cancelled"), ("unknown",)
NEWS = (Progress.SENT, Progress.DELIVERED, Progress.READ, Progress.FAILED, Progress.FAILED)

DAYS = (-40, -2, 1, 15, 30)

SOME = st.lists(st.sampled_from(FATES), min_size=1, max_size=PEOPLE)
TOLD = st.lists(st.tuples(st.integers(0, 99), st.sampled_from(NEWS)), max_size=4)
ANY = st.integers(0, 1_000)
DIES = st.sampled_from([False] * 7 + [True])


class WalletMachine(RuleBasedStateMachine):
    @initialize(points=st.integers(3, 20), price=st.integers(1, 3), fates=SOME)
    def begin(self, points: int, price: int, fates: list[str]) -> None:
        """A trial, and a first campaign to as many as that is enough for."""
        self.runner, self.world, self.fresh = asyncio.Runner(), World(), count(1)
        self.run(self.world.begin())
        self._move(EntryKind.TRIAL, points, False)
        self._days(15, False)
        self.a_campaign_starts(price, PEOPLE, True, False)
        self.a_slice_runs_and_news_comes(fates, [])

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def do(self, work: Callable[[Unit], Coroutine[Any, Any, Effect]], dies: bool) -> None:
        self.run(self.world.do(work, dies))

    def pick(self, n: int, wanted: Sequence[int] = ()) -> CampaignId:
        """Of those that are wanted, if there are any."""
        campaigns = sorted(wanted or self.world.book.prices)
        return CampaignId(campaigns[n % len(campaigns)])

    # -- points and days ------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(INCOMING + OUTGOING), n=st.integers(-1, 8), dies=DIES)
    def points_come_or_go(self, kind: EntryKind, n: int, dies: bool) -> None:
        """So many come; or all but so many go, which is refused where it is one more than there are."""
        go = min(0, n - self.world.book.available)
        self._move(kind, go if kind in OUTGOING else max(0, n), dies)

    @rule(what=st.sampled_from([*DAYS, "an hour", "a week", "suspend", "suspend"]), dies=DIES)
    def times_change(self, what: int | str, dies: bool) -> None:
        """The plan, the clock, or an admin's mind."""
        if isinstance(what, int):
            self._days(what, dies)
        elif what == "suspend":
            self._suspend_or_not(dies)
        else:
            self.world.clock.advance(hours=1 if what == "an hour" else 24 * 7)

    def _entry(self, key: str, kind: EntryKind, points: int) -> Entry:
        at = self.world.clock.now()
        return Entry(workspace_id=self.world.space, key=key, kind=kind, points=points, at=at)

    def _move(self, kind: EntryKind, points: int, dies: bool) -> None:
        key, book = f"key-{next(self.fresh)}", self.world.book

        async def work(unit: Unit) -> Effect:
            if -points > book.available:
                with pytest.raises(NotEnoughPoints):
                    await unit.wallet.post(self._entry(key, kind, points))
                return None
            assert await unit.wallet.post(self._entry(key, kind, points))
            return effect

        def effect() -> None:
            book.given += points
            book.posted[key] = kind, points

        self.do(work, dies)

    def _days(self, days: int, dies: bool) -> None:
        key, book, at = f"plan-{next(self.fresh)}", self.world.book, self.world.clock.now()
        end = book.plan_after(days, at)

        async def work(unit: Unit) -> Effect:
            if end is None:
                with pytest.raises(NoPlanToTake):
                    await unit.wallet.change_plan(self.world.space, days, key=key, at=at)
                return None
            change = await unit.wallet.change_plan(self.world.space, days, key=key, at=at)
            assert change is not None and change.ends_at == end
            return effect

        def effect() -> None:
            book.plan_until = end
            book.plans[key] = days

        self.do(work, dies)

    def _suspend_or_not(self, dies: bool) -> None:
        book = self.world.book
        suspended = not book.suspended

        async def work(unit: Unit) -> Effect:
            at = self.world.clock.now() if suspended else None
            await unit.operators.suspend(self.world.space, why="a complaint", at=at)
            return lambda: setattr(book, "suspended", suspended)

        self.do(work, dies)

    # -- campaigns --------------------------------------------------------------------------------------

    @rule(price=st.integers(0, 3), cap=st.sampled_from([2, PEOPLE]), paid_for=st.booleans(), dies=DIES)
    def a_campaign_starts(self, price: int, cap: int, paid_for: bool, dies: bool) -> None:
        """To everybody, or to as many as there are points for."""
        world, book = self.world, self.world.book
        people = PEOPLE - len(book.stopped)
        most = book.available // price if paid_for and price else None

        async def work(unit: Unit) -> Effect:
            audience = Audience(kind=AudienceKind.LIST, ref=str(world.everybody))
            draft = await service.create(
                desk_of(unit), world.space, world.member, name="March", at=world.clock.now(),
                audience=audience,
            )  # fmt: skip
            return await world.start(unit, draft, people, book.left, price=price, cap=cap, most=most)

        self.do(work, dies)

    @precondition(lambda self: self.world.book.any_of(NOT_REACHED))
    @rule(n=ANY, price=st.integers(0, 3), dies=DIES)
    def those_not_reached_are_tried_again(self, n: int, price: int, dies: bool) -> None:
        self._follow_up(n, False, price, dies)

    @precondition(lambda self: "unknown" in self.world.book.states())
    @rule(n=ANY, how=st.sampled_from(["count", "again", "follow up"]), price=st.integers(0, 3), dies=DIES)
    def the_unknown_are_resolved(self, n: int, how: str, price: int, dies: bool) -> None:
        if how == "follow up":
            self._follow_up(n, True, price, dies)
        else:
            self._resolve(n, how == "again", dies)

    def _follow_up(self, n: int, unknown: bool, price: int, dies: bool) -> None:
        """What was held for the unknown comes back as they are taken over."""
        world, book, states = self.world, self.world.book, UNKNOWN if unknown else NOT_REACHED
        kind = AudienceKind.UNKNOWN_OF if unknown else AudienceKind.FAILED_OF
        earlier = self.pick(n, [one for one in book.prices if book.of(one, states)])
        people = len(book.of(earlier, states))
        left = book.left + (people * book.prices[earlier] if unknown else 0)

        async def work(unit: Unit) -> Effect:
            campaign = await unit.campaigns.any(earlier)
            if not campaign.is_over:
                return None
            draft = await service.follow_up(
                desk_of(unit), campaign, kind, world.member, name="b", at=world.clock.now()
            )
            return await world.start(unit, draft, people, left, price=price, cap=PEOPLE, most=None)

        self.do(work, dies)

    @precondition(lambda self: self.world.book.prices)
    @rule(n=ANY, step=st.sampled_from(STEPS), dies=DIES)
    def an_operator_steps_in(self, n: int, step: CampaignStep, dies: bool) -> None:
        async def work(unit: Unit) -> Effect:
            campaign, at = await unit.campaigns.any(self.pick(n)), self.world.clock.now()
            if step not in campaign.open_steps():
                return None
            verb: Any = getattr(service, step.value)
            refused = self.world.book.why_not(at) if step is CampaignStep.RESUME else None
            try:
                await verb(desk_of(unit), campaign, expected=campaign.version, at=at)
            except DomainError as refusal:
                assert refusal.code == refused
                return None
            assert refused is None
            return lambda: None

        self.do(work, dies)

    def _resolve(self, n: int, again: bool, dies: bool) -> None:
        async def work(unit: Unit) -> Effect:
            book, at = self.world.book, self.world.clock.now()
            meant = self.pick(n, [one for one in book.prices if book.of(one, UNKNOWN)])
            campaign = await unit.campaigns.any(meant)
            if not again:
                await service.count_unknown_as_sent(desk_of(unit), campaign, at=at)
            elif not campaign.is_over:
                await unit.delivery.send_unknown_again(campaign.id, at=at)
            return lambda: None

        self.do(work, dies)

    # -- what comes of sending ----------------------------------------------------------------------------

    @rule(fates=SOME, told=TOLD)
    def a_slice_runs_and_news_comes(self, fates: list[str], told: list[tuple[int, Progress]]) -> None:
        self.world.phones.fates = cycle(fates)
        self.run(self.world.slice())
        self.news_comes(told)

    @rule(told=TOLD)
    def news_comes(self, told: list[tuple[int, Progress]]) -> None:
        """Late, twice, and at odds with what was known."""
        keys = self.world.phones.keys
        if keys and told:
            self.run(self.world.news([(keys[n % len(keys)], progress) for n, progress in told]))

    @rule(kind=st.sampled_from(OUTGOING), n=ANY)
    def one_arrived_after_all_and_the_points_are_gone(self, kind: EntryKind, n: int) -> None:
        """If their point had been given back, it is owed now."""
        self._move(kind, -self.world.book.available, False)
        self.news_comes([(n, Progress.READ)])

    @rule(who=st.sampled_from([*range(PEOPLE), "everybody"]), dies=DIES)
    def somebody_says_stop_or_comes_back(self, who: int | str, dies: bool) -> None:
        stopped = self.world.book.stopped

        async def work(unit: Unit) -> Effect:
            people, _ = await unit.contacts.search(self.world.space, "", limit=PEOPLE)
            chosen = [one for n, one in enumerate(people) if who in {n, "everybody"}]
            for one in chosen:
                event = CAME_BACK if one.number in stopped else SAID_STOP
                await unit.contacts.record_consent(one.id, event)
            return lambda: stopped.symmetric_difference_update({one.number for one in chosen})

        self.do(work, dies)

    # -- the same again -----------------------------------------------------------------------------------

    @rule(what=st.sampled_from(["entry", "days", "hold"]), n=ANY, other=st.booleans(), dies=DIES)
    def something_comes_again(self, what: str, n: int, other: bool, dies: bool) -> None:
        """The same changes nothing; the same key for something else is refused."""
        book = self.world.book
        again = {
            "entry": (book.posted, self._entry_again),
            "days": (book.plans, self._days_again),
            "hold": (book.prices, self._hold_again),
        }
        known, work = again[what]
        if known:

            async def repeat(unit: Unit) -> Effect:
                await work(unit, n, other)
                return lambda: None

            self.do(repeat, dies)

    async def _entry_again(self, unit: Unit, n: int, other: bool) -> None:
        posted = self.world.book.posted
        key = sorted(posted)[n % len(posted)]
        kind, points = posted[key]
        if other:
            with pytest.raises(LedgerConflict):
                await unit.wallet.post(self._entry(key, EntryKind(kind), points + 1))
        else:
            assert not await unit.wallet.post(self._entry(key, EntryKind(kind), points))

    async def _days_again(self, unit: Unit, n: int, other: bool) -> None:
        plans, space, at = self.world.book.plans, self.world.space, self.world.clock.now()
        key = sorted(plans)[n % len(plans)]
        if other:
            with pytest.raises(LedgerConflict):
                await unit.wallet.change_plan(space, plans[key] + 1, key=key, at=at)
        else:
            assert await unit.wallet.change_plan(space, plans[key], key=key, at=at) is None

    async def _hold_again(self, unit: Unit, n: int, other: bool) -> None:
        book, campaign, at = self.world.book, self.pick(n), self.world.clock.now()
        price = book.prices[campaign]
        if other:
            with pytest.raises(Conflict):
                await unit.wallet.hold(campaign, price=price + 1, at=at)
        else:
            assert await unit.wallet.hold(campaign, price=price, at=at) == price * book.included(campaign)

    # -- what must always be true -------------------------------------------------------------------------

    @invariant()
    def the_wallet_is_what_the_book_says(self) -> None:
        self.run(self.world.compare())

    @invariant()
    def what_is_read_is_what_the_book_says_and_nothing_waits_to_be_settled(self) -> None:
        self.run(self.world.read())

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.run(self.world.stack.aclose())
            self.runner.close()


WalletMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=15, deadline=None)
TestWallet = WalletMachine.TestCase


def test_one_whole_life() -> None:
    """What chance may not meet on a given day: everybody's kind of end, and points that come too late."""
    machine = WalletMachine()

    def then(step: Callable[..., None], *args: object) -> None:
        step(*args)
        machine.the_wallet_is_what_the_book_says()
        machine.what_is_read_is_what_the_book_says_and_nothing_waits_to_be_settled()

    try:
        then(machine.begin, 20, 2, ["accepted", "absent", "unknown", "unknown"])
        then(machine.the_unknown_are_resolved, 0, "follow up", 3, False)
        then(machine.a_slice_runs_and_news_comes, ["unknown", "accepted"], [])
        then(machine.the_unknown_are_resolved, 0, "count", 0, False)
        then(machine.a_campaign_starts, 2, PEOPLE, True, False)
        then(machine.somebody_says_stop_or_comes_back, "everybody", False)
        then(machine.a_slice_runs_and_news_comes, ["accepted"], [])
        assert "skipped" in machine.world.book.states()
        then(machine.somebody_says_stop_or_comes_back, "everybody", False)
        then(machine.one_arrived_after_all_and_the_points_are_gone, EntryKind.TAKEN, 1)
        assert machine.world.book.owed == 2
        then(machine.points_come_or_go, EntryKind.PURCHASE, 1, False)
        assert machine.world.book.owed == 1
        then(machine.points_come_or_go, EntryKind.PURCHASE, 8, True)
        then(machine.points_come_or_go, EntryKind.PURCHASE, 8, False)
        assert machine.world.book.figures() == (7, 0, 0)
        then(machine.a_campaign_starts, 1, PEOPLE, False, False)
        then(machine.an_operator_steps_in, 99, CampaignStep.PAUSE, False)
        then(machine.times_change, -40, False)
        then(machine.an_operator_steps_in, 99, CampaignStep.RESUME, False)
        then(machine.an_operator_steps_in, 99, CampaignStep.CANCEL, False)
        assert machine.world.book.figures() == (7, 0, 0)
    finally:
        machine.teardown()
