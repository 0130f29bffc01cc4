"""Many accounts at once: each sends what it would have sent alone, and what is not plain goes alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.senders import Hints
from domain.accounts.model import Account, AccountState
from domain.campaigns.model import CampaignState, PauseReason
from domain.contacts.model import ConsentEvent, ConsentSource
from domain.delivery.cloud_accounts import Named
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Accepted, Fault, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectPurpose
from domain.hours.model import Hours
from domain.kernel.ids import AccountId, CampaignId, WorkspaceId
from domain.pacing.rules import NORMAL, Caps, Pacing
from domain.scheduler.events import Event
from domain.scheduler.rounds import Rounds, Served
from domain.scheduler.slices import AccountSlices
from storage.database import Database
from storage.tables import attempts, ledger
from storage.unit import Unit
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import a_cloud_account
from tests.fakes.stores import (
    NOW,
    SAID_STOP,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    an_account,
    number_of,
)

R = RecipientState
PEOPLE = 3
OK = Accepted("wamid")


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One of several, each with a number of its own and a paced campaign to people of its own."""

    n: int
    space: WorkspaceId
    account: AccountId
    campaign: CampaignId

    def person(self, k: int) -> str:
        return number_of(self.n * PEOPLE + k)


@dataclass
class Street:
    store: Database
    shops: list[Shop] = field(default_factory=list)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    sent: dict[AccountId, list[str]] = field(default_factory=dict)
    answers: dict[AccountId, SendOutcome] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.slices = AccountSlices(
            store=self.store, gateway_for=lambda account: Phones(self, account), announcer=self,
            watcher=Hints(), clock=self.clock, rng=Random(7), caps=Caps(a_day=50), owner="me", desk="d",
        )  # fmt: skip

    async def announce(self, unit: Any, event: Event) -> None:
        self.events.append(event)

    async def together(self) -> Sequence[Any]:
        """A slice of every shop at the same time; when each is to come back."""
        return await asyncio.gather(*(self.slices.run(shop.account) for shop in self.shops))

    async def rows(self, shop: Shop) -> list[tuple[RecipientState, str | None]]:
        async with self.store.read() as unit:
            return [(row.state, row.reason) for row in await unit.delivery.recipients(shop.campaign)]


@dataclass
class Phones:
    street: Street
    account: Account

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        self.street.sent.setdefault(self.account.id, []).append(message.to)
        return self.street.answers.get(self.account.id, OK)


async def a_shop(unit: Unit, n: int) -> Shop:
    space = await a_workspace(unit, name=f"Shop {n}")
    owner = await a_member(unit, space, telegram_id=1001 + n)
    account = await an_account(unit, space, number=f"+44770090000{n}", remote=f"sim-{n}")
    people = await a_list(unit, space, PEOPLE, first=n * PEOPLE)
    id = await a_running_campaign(unit, space, owner, account, people)
    campaign = await unit.campaigns.any(id)
    await unit.campaigns.save(replace(campaign, pacing=NORMAL), expected=campaign.version)
    return Shop(n=n, space=space, account=account, campaign=id)


@pytest.fixture
async def street(store: Database) -> Street:
    async with store.write() as unit:
        shops = [await a_shop(unit, n) for n in range(4)]
        await unit.commit()
    return Street(store=store, shops=shops)


@pytest.fixture
def in_rounds(monkeypatch: pytest.MonkeyPatch) -> dict[AccountId, bool]:
    """Which accounts claimed in a round, and which had to look by themselves."""
    how: dict[AccountId, bool] = {}
    claim = Rounds.claim

    async def watched(self: Rounds, account: Account, line: Any) -> Served | None:
        served = await claim(self, account, line)
        how[account.id] = served is not None
        return served

    monkeypatch.setattr(Rounds, "claim", watched)
    return how


async def test_each_writes_to_its_first_and_all_of_it_is_written_down(
    store: Database, street: Street, in_rounds: dict[AccountId, bool]
) -> None:
    wakes = await street.together()
    assert all(NOW + NORMAL.shortest <= wake <= NOW + NORMAL.longest for wake in wakes)
    assert in_rounds == {shop.account: True for shop in street.shops}
    for shop, wake in zip(street.shops, wakes, strict=True):
        assert street.sent[shop.account] == [shop.person(0)]
        assert await street.rows(shop) == [(R.SENT, None), (R.WAITING, None), (R.WAITING, None)]
        async with store.read() as unit:
            assert (await unit.accounts.account(shop.account)).next_send_at == wake
            assert await unit.accounts.usage(shop.account, since=NOW) == [(NOW, 1)]
            wallet = await unit.wallet.wallet(shop.space)
            assert (wallet.balance, wallet.held) == (1_000_000 - 1, PEOPLE - 1)
    async with store.connection() as connection:
        a = attempts.c
        rows = (await connection.execute(select(a.key, a.recipient_id, a.account_id, a.owner))).all()
        spent = await connection.scalar(select(func.count()).where(ledger.c.kind == "spend"))
    assert {row.key for row in rows} == {f"d-{row.recipient_id}-1" for row in rows}
    assert {row.account_id for row in rows} == {shop.account for shop in street.shops}
    assert ({row.owner for row in rows}, spent) == ({"me"}, 4)


async def test_everybody_gets_it_once_and_all_campaigns_end(store: Database, street: Street) -> None:
    for _ in range(PEOPLE + 1):
        await street.together()
        street.clock.advance(seconds=5)
    for shop in street.shops:
        assert sorted(street.sent[shop.account]) == [shop.person(k) for k in range(PEOPLE)]
        async with store.read() as unit:
            assert (await unit.campaigns.any(shop.campaign)).state is CampaignState.COMPLETED
            wallet = await unit.wallet.wallet(shop.space)
            assert (wallet.balance, wallet.held) == (1_000_000 - PEOPLE, 0)


async def test_before_its_pause_is_over_nobody_sends(street: Street) -> None:
    first = await street.together()
    street.clock.advance(seconds=1)
    assert await street.together() == first
    assert [len(street.sent[shop.account]) for shop in street.shops] == [1, 1, 1, 1]


async def suspended(street: Street, unit: Unit, shop: Shop) -> None:
    await unit.operators.suspend(shop.space, why="spam", at=NOW)


async def without_plan(street: Street, unit: Unit, shop: Shop) -> None:
    street.clock.advance(days=3660)


async def paused(street: Street, unit: Unit, shop: Shop) -> None:
    campaign = await unit.campaigns.any(shop.campaign)
    stopped = replace(campaign, state=CampaignState.PAUSED, pause_reason=PauseReason.OPERATOR)
    await unit.campaigns.save(stopped, expected=campaign.version)


async def unlinked(street: Street, unit: Unit, shop: Shop) -> None:
    await unit.accounts.set_state(shop.account, AccountState.UNLINKED, reason=None, at=NOW)


async def at_its_cap(street: Street, unit: Unit, shop: Shop) -> None:
    await unit.accounts.count_usage(shop.account, 50, at=NOW - timedelta(hours=3))


async def out_of_hours(street: Street, unit: Unit, shop: Shop) -> None:
    never = Hours(week=((),) * 7, zones=("Europe/Istanbul",))
    await unit.hours.save(shop.account, never, expected=None, at=NOW)


async def with_a_test_send(street: Street, unit: Unit, shop: Shop) -> None:
    await unit.delivery.queue_direct(
        workspace_id=shop.space, account_id=shop.account, member_id=None, chat_id=None,
        purpose=DirectPurpose.TEST, number="+905399999999", text="a test", media=None, desk="d",
        campaign_id=None, at=NOW,
    )  # fmt: skip


async def with_one_who_said_stop(street: Street, unit: Unit, shop: Shop) -> None:
    person = await unit.contacts.by_number(shop.space, shop.person(0))
    assert person is not None
    await unit.contacts.record_consent(person.id, SAID_STOP)


async def with_one_of_two_numbers(street: Street, unit: Unit, shop: Shop) -> None:
    """The second one's own name at WhatsApp is the first one's number."""
    cloud = await a_cloud_account(unit, shop.space)
    await unit.cloud.name_people(cloud, [Named(number=shop.person(0), wa_id=shop.person(1)[1:])])


async def at_full_speed(street: Street, unit: Unit, shop: Shop) -> None:
    campaign = await unit.campaigns.any(shop.campaign)
    at_once = Pacing(shortest=timedelta(0), longest=timedelta(0))
    await unit.campaigns.save(replace(campaign, pacing=at_once), expected=campaign.version)


@pytest.mark.parametrize(
    ("odd", "whom"),
    [
        (suspended, []), (without_plan, []), (paused, []), (unlinked, []), (at_its_cap, []),
        (out_of_hours, []), (with_a_test_send, ["+905399999999"]), (with_one_who_said_stop, [1]),
        (with_one_of_two_numbers, [0]), (at_full_speed, [0, 1, 2]),
    ],
)  # fmt: skip
async def test_what_is_not_plain_goes_alone_and_holds_up_nobody(
    store: Database, street: Street, in_rounds: dict[AccountId, bool],
    odd: Callable[[Street, Unit, Shop], Awaitable[None]], whom: list[str | int],
) -> None:  # fmt: skip
    shop, *others = street.shops
    async with store.write() as unit:
        await odd(street, unit, shop)
        await unit.commit()
    await street.together()
    assert not in_rounds[shop.account]
    expected = [shop.person(one) if isinstance(one, int) else one for one in whom]
    assert sorted(street.sent.get(shop.account, [])) == expected
    if odd is not without_plan:
        assert [in_rounds[one.account] for one in others] == [True] * 3
        assert [street.sent[one.account] for one in others] == [[one.person(0)] for one in others]


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Rejected("temporary", can_retry=True, fault=Fault.ACCOUNT), R.WAITING, "temporary"),
        (Rejected("not_on_whatsapp", can_retry=False), R.FAILED, "not_on_whatsapp"),
        (Unknown("silence"), R.UNKNOWN, "silence"),
    ],
)  # fmt: skip
async def test_what_went_wrong_for_one_is_learned_of_that_one(
    street: Street, outcome: SendOutcome, state: RecipientState, reason: str
) -> None:
    shop, *others = street.shops
    street.answers[shop.account] = outcome
    await street.together()
    assert (await street.rows(shop))[0] == (state, reason)
    assert [(await street.rows(one))[0] for one in others] == [(R.SENT, None)] * 3


@pytest.mark.parametrize("where", ["claim_first", "without_waiting"])
async def test_a_round_that_is_undone_is_done_by_each_alone(
    street: Street, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from storage.rounds import SqlRounds

    async def broken(*_: Any, **__: Any) -> Any:
        raise OSError("the disk is full")

    monkeypatch.setattr(SqlRounds, where, broken)
    await street.together()
    for shop in street.shops:
        assert street.sent[shop.account] == [shop.person(0)]
        assert (await street.rows(shop))[0] == (R.SENT, None)


async def test_a_stop_between_two_rounds_is_heeded(store: Database, street: Street) -> None:
    await street.together()
    async with store.write() as unit:
        for shop in street.shops:
            person = await unit.contacts.by_number(shop.space, shop.person(1))
            assert person is not None
            stop = ConsentEvent(granted=False, source=ConsentSource.STOP_REPLY, evidence="no", at=NOW)
            await unit.contacts.record_consent(person.id, stop)
        await unit.commit()
    street.clock.advance(seconds=5)
    await street.together()
    for shop in street.shops:
        assert street.sent[shop.account] == [shop.person(0), shop.person(2)]
        assert (await street.rows(shop))[1] == (R.SKIPPED, "stopped")
