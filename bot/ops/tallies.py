"""What is counted for every message: plain numbers, read when somebody asks.

prometheus-client's own counters take a lock each time and look through their bounds one by one: two counters
and three histograms a message were 6 to 10 us on this kind of machine, more than 1 % of one at 2,000 messages
a second. All of this happens on one loop, where nobody comes between.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from domain.accounts.model import Channel
from domain.delivery.ports import Accepted, Rejected, SendOutcome

#: Upper bounds, in seconds.
SEND_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LATE_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)
WAIT_BOUNDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)


class Spread:
    """How often a value was at most each bound, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.total = bounds, 0.0
        self.counts = [0] * (len(bounds) + 1)

    def add(self, value: float, times: int = 1) -> None:
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times

    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus wants them: each counts those below it too."""
        names = [*(str(float(bound)) for bound in self.bounds), "+Inf"]
        summed, so_far = [], 0
        for name, count in zip(names, self.counts, strict=True):
            so_far += count
            summed.append((name, float(so_far)))
        return summed


class ChannelTally:
    """Of one channel. `asked`: handed to WhatsApp's side; those without an answer are on their way."""

    __slots__ = ("accepted", "asked", "late", "rejected", "seconds", "unknown", "waited")

    def __init__(self) -> None:
        self.asked = self.accepted = self.rejected = self.unknown = 0
        self.seconds, self.late, self.waited = Spread(SEND_BOUNDS), Spread(LATE_BOUNDS), Spread(WAIT_BOUNDS)

    def answered(self, outcome: SendOutcome, seconds: float) -> None:
        if isinstance(outcome, Accepted):
            self.accepted += 1
        elif isinstance(outcome, Rejected):
            self.rejected += 1
        else:
            self.unknown += 1
        self.seconds.add(seconds)

    @property
    def outcomes(self) -> tuple[tuple[str, int], ...]:
        return ("accepted", self.accepted), ("rejected", self.rejected), ("unknown", self.unknown)

    @property
    def on_their_way(self) -> int:
        return self.asked - self.accepted - self.rejected - self.unknown


class SendTallies(Collector):
    """Of every channel. Implements `domain.scheduler.punctuality.Punctuality`."""

    def __init__(self) -> None:
        self.by_channel = {channel: ChannelTally() for channel in Channel}

    def left(self, channel: Channel, late: timedelta, *, messages: int = 1) -> None:
        """See the port."""
        self.by_channel[channel].late.add(late.total_seconds(), messages)

    def waited(self, channel: Channel, span: timedelta) -> None:
        """See the port."""
        self.by_channel[channel].waited.add(span.total_seconds())

    def collect(self) -> Iterator[Metric]:
        sends = CounterMetricFamily("masssender_sends", "Messages handed to WhatsApp.", labels=["channel"])
        outcomes = CounterMetricFamily(
            "masssender_outcomes", "What WhatsApp answered to messages.", labels=["channel", "kind"]
        )
        flying = GaugeMetricFamily(
            "masssender_sends_in_flight", "Messages without an answer yet.", labels=["channel"]
        )
        for channel, tally in self.by_channel.items():
            sends.add_metric([channel.value], tally.asked)
            flying.add_metric([channel.value], tally.on_their_way)
            for kind, count in tally.outcomes:
                outcomes.add_metric([channel.value, kind], count)
        yield from (sends, outcomes, flying)
        yield self._histogram(
            "masssender_send_seconds", "From handing a message over to its answer.",
            ((channel, tally.seconds) for channel, tally in self.by_channel.items()),
        )  # fmt: skip
        yield self._histogram(
            "masssender_send_lateness_seconds", "How long after its planned moment a message left.",
            ((channel, tally.late) for channel, tally in self.by_channel.items()),
        )  # fmt: skip
        yield self._histogram(
            "masssender_pacing_wait_seconds", "How long pacing held a message back.",
            ((channel, tally.waited) for channel, tally in self.by_channel.items()),
        )  # fmt: skip

    def _histogram(self, name: str, help: str, spreads: Iterable[tuple[Channel, Spread]]) -> Metric:
        family = HistogramMetricFamily(name, help, labels=["channel"])
        for channel, spread in spreads:
            family.add_metric([channel.value], buckets=spread.buckets(), sum_value=spread.total)
        return family
