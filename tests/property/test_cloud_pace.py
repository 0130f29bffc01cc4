"""The pace of the official channel, under any order of asking, refusals, new ceilings and clocks set back."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.kernel.ids import CampaignId
from domain.pacing.channel_limits import PAIR_BURST
from domain.scheduler.cloud_pace import LIMIT_RESTS, CloudPace
from tests.fakes.stores import NOW

ONE, OTHER = "106540352242922", "106540352242923"
ADA = "+447700900001"
SECOND = timedelta(seconds=1)


class PaceMachine(RuleBasedStateMachine):
    """What was granted is kept beside the pace, and held against what a number may."""

    @initialize(ceiling=st.sampled_from([20.0, 80.0, 1000.0]))
    def begin(self, ceiling: float) -> None:
        self.pace, self.now, self.ceiling = CloudPace(), NOW, ceiling
        self.highest = ceiling
        self.granted: list[tuple[datetime, int]] = []
        self.campaign: list[tuple[datetime, int]] = []
        self.got: list[datetime] = []

    @rule(milliseconds=st.integers(0, 3_000))
    def time_goes_by(self, milliseconds: int) -> None:
        self.now += timedelta(milliseconds=milliseconds)

    @rule(wanted=st.integers(0, 2_000))
    def some_leave(self, wanted: int) -> None:
        granted, next_at = self.pace.take(ONE, wanted, ceiling=self.ceiling, now=self.now)
        assert 0 <= granted <= wanted
        assert next_at >= self.now
        self.granted.append((self.now, granted))

    @rule(wanted=st.integers(1, 50))
    def asked_when_told_somebody_may_leave(self, wanted: int) -> None:
        granted, next_at = self.pace.take(ONE, wanted, ceiling=self.ceiling, now=self.now)
        self.granted.append((self.now, granted))
        self.now = next_at + timedelta(milliseconds=1)
        granted, _ = self.pace.take(ONE, 1, ceiling=self.ceiling, now=self.now)
        assert granted == 1
        self.granted.append((self.now, 1))

    @rule(wanted=st.integers(0, 100))
    def a_slower_campaign(self, wanted: int) -> None:
        granted, _ = self.pace.take_for(CampaignId(1), wanted, rate=10.0, now=self.now)
        self.campaign.append((self.now, granted))

    @rule()
    def another_number_is_not_held_up(self) -> None:
        fresh = self.pace.rate(OTHER, ceiling=50.0, now=self.now)
        assert fresh == 50.0

    @rule()
    def whatsapp_says_too_fast(self) -> None:
        self.pace.slow_down(ONE, now=self.now)
        granted, _ = self.pace.take(ONE, 1_000, ceiling=self.ceiling, now=self.now)
        known = any(count for _, count in self.granted)
        assert granted == 0 or not known

    @rule(ceiling=st.sampled_from([20.0, 80.0, 1000.0]))
    def whatsapp_says_another_ceiling(self, ceiling: float) -> None:
        self.ceiling = ceiling
        self.highest = max(self.highest, ceiling)

    @rule()
    def the_limit_is_reached_and_ends(self) -> None:
        self.pace.fill_up(ONE, now=self.now)
        until = self.pace.full_until(ONE, now=self.now)
        assert until == self.now + LIMIT_RESTS
        assert self.pace.full_until(ONE, now=until) is None
        assert self.pace.full_until(ONE, now=self.now - timedelta(days=1)) is None
        assert self.pace.full_until(OTHER, now=self.now) is None

    @rule()
    def ada_gets_one_when_she_may(self) -> None:
        if self.pace.person_at(ONE, ADA, now=self.now) <= self.now:
            self.pace.person_got(ONE, ADA, now=self.now)
            self.got.append(self.now)

    @rule()
    def ada_was_sent_too_much(self) -> None:
        self.pace.person_refused(ONE, ADA, now=self.now)
        assert self.pace.person_at(ONE, ADA, now=self.now) > self.now
        assert self.pace.person_at(ONE, "+447700900002", now=self.now) == self.now

    @invariant()
    def within_any_second_no_more_than_the_ceiling(self) -> None:
        since = [(at, n) for at, n in self.granted if at > self.now - SECOND]
        assert sum(n for _, n in since) <= self.highest

    @invariant()
    def a_campaigns_own_pace_holds(self) -> None:
        since = [(at, n) for at, n in self.campaign if at > self.now - SECOND]
        assert sum(n for _, n in since) <= 10

    @invariant()
    def never_more_to_one_person_than_a_burst_in_its_time(self) -> None:
        since = [at for at in self.got if at > self.now - 6 * SECOND]
        assert len(since) <= PAIR_BURST


TestPace = PaceMachine.TestCase
