"""What is counted for every message: what it was answered, how late it left, how long it was held back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from bot.ops.metered import MeteredGateway
from bot.ops.moments import Moments
from bot.ops.tallies import SendTallies, Spread
from domain.accounts.model import Account, AccountState, Channel
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Accepted, Rejected, SendOutcome, Unknown
from domain.kernel.ids import AccountId, AttemptKey, WorkspaceId
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW

HELLO = OutgoingMessage(key=AttemptKey("d-1-1"), to="+905321112233", text="Hello Rosa", media=None)


def an_account(channel: Channel = Channel.WEB, id: int = 1) -> Account:
    return Account(
        id=AccountId(id), workspace_id=WorkspaceId(1), channel=channel, number="+447700900001", name="Bakery",
        remote="main/one", state=AccountState.CONNECTED, state_reason=None, state_at=NOW, is_default=True,
        created_at=NOW, next_send_at=None, news_cursor=0,
    )  # fmt: skip


@dataclass
class Line:
    """Answers as it is told; `meanwhile` runs while a message is on its way."""

    answer: SendOutcome | Exception
    meanwhile: Callable[[], object] = lambda: None

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def put_around(line: Line, tallies: SendTallies, account: Account, clock: FakeClock) -> MeteredGateway:
    return MeteredGateway(line, account, tallies, Moments(tallies, clock))


def told(tallies: SendTallies, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(tallies)
    return registry.get_sample_value(name, labels)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Accepted("wamid"), "accepted"),
        (Rejected("not_on_whatsapp", can_retry=False), "rejected"),
        (Unknown("no_ack"), "unknown"),
    ],
)
async def test_each_answer_is_counted_under_its_kind_and_channel(answer: SendOutcome, kind: str) -> None:
    tallies = SendTallies()
    gateway = put_around(Line(answer), tallies, an_account(Channel.CLOUD), FakeClock(NOW))
    assert await gateway.send(HELLO) == answer
    assert told(tallies, "masssender_sends_total", channel="cloud") == 1
    for one in ("accepted", "rejected", "unknown"):
        count = told(tallies, "masssender_outcomes_total", channel="cloud", kind=one)
        assert count == (1 if one == kind else 0)
    assert told(tallies, "masssender_outcomes_total", channel="web", kind=kind) == 0
    assert told(tallies, "masssender_send_seconds_count", channel="cloud") == 1


async def test_a_gateway_that_raises_has_left_a_message_unknown() -> None:
    tallies = SendTallies()
    gateway = put_around(Line(OSError("gone")), tallies, an_account(), FakeClock(NOW))
    with pytest.raises(OSError, match="gone"):
        await gateway.send(HELLO)
    assert told(tallies, "masssender_outcomes_total", channel="web", kind="unknown") == 1
    assert told(tallies, "masssender_sends_in_flight", channel="web") == 0


async def test_a_message_without_its_answer_is_on_its_way() -> None:
    tallies = SendTallies()
    seen: list[float | None] = []
    line = Line(
        Accepted("x"), lambda: seen.append(told(tallies, "masssender_sends_in_flight", channel="web"))
    )
    await put_around(line, tallies, an_account(), FakeClock(NOW)).send(HELLO)
    assert seen == [1]


async def test_what_leaves_after_its_moment_is_late_by_that_and_only_the_first() -> None:
    tallies, clock, account = SendTallies(), FakeClock(NOW), an_account()
    moments = Moments(tallies, clock)
    gateway = MeteredGateway(Line(Accepted("x")), account, tallies, moments)
    moments.planned(account.id, NOW)
    clock.advance(milliseconds=200)
    await gateway.send(HELLO)
    await gateway.send(HELLO)
    assert told(tallies, "masssender_send_lateness_seconds_count", channel="web") == 1
    assert told(tallies, "masssender_send_lateness_seconds_sum", channel="web") == pytest.approx(0.2)
    assert told(tallies, "masssender_send_lateness_seconds_bucket", channel="web", le="0.1") == 0
    assert told(tallies, "masssender_send_lateness_seconds_bucket", channel="web", le="0.25") == 1


async def test_what_was_planned_for_no_moment_or_leaves_before_it_is_not_late() -> None:
    tallies, clock, account = SendTallies(), FakeClock(NOW), an_account()
    moments = Moments(tallies, clock)
    gateway = MeteredGateway(Line(Accepted("x")), account, tallies, moments)
    for planned in (None, NOW + timedelta(seconds=5)):
        moments.planned(account.id, planned)
        await gateway.send(HELLO)
    moments.planned(account.id, NOW)
    moments.forget(account.id)  # its drive ended: what comes an hour later was not planned for then
    clock.advance(hours=1)
    await gateway.send(HELLO)
    assert told(tallies, "masssender_send_lateness_seconds_count", channel="web") == 0


async def test_a_pause_counts_where_something_has_just_left_and_once() -> None:
    tallies, account = SendTallies(), an_account()
    moments = Moments(tallies, FakeClock(NOW))
    moments.rests(account.id, timedelta(seconds=600))  # it had nothing to send
    await MeteredGateway(Line(Accepted("x")), account, tallies, moments).send(HELLO)
    moments.rests(account.id, timedelta(seconds=3))
    moments.rests(account.id, timedelta(seconds=2))  # the same pause, looked at again
    assert told(tallies, "masssender_pacing_wait_seconds_count", channel="web") == 1
    assert told(tallies, "masssender_pacing_wait_seconds_sum", channel="web") == 3


def test_buckets_count_those_below_them_too() -> None:
    spread = Spread((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        spread.add(value)
    spread.add(1.5, 2)
    assert spread.buckets() == [("1.0", 2), ("2.0", 5), ("+Inf", 6)]
    assert spread.total == 15.0


async def test_nothing_of_the_message_or_its_account_is_in_what_is_told() -> None:
    tallies = SendTallies()
    registry = CollectorRegistry()
    registry.register(tallies)
    await asyncio.gather(
        *(
            put_around(Line(Accepted("x")), tallies, an_account(channel), FakeClock(NOW)).send(HELLO)
            for channel in Channel
        )
    )
    text = generate_latest(registry).decode()
    assert 'masssender_sends_total{channel="simulated"} 1.0' in text
    for private in ("5321112233", "Rosa", "7700900001", "Bakery", "main/one"):
        assert private not in text
