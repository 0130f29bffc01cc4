"""What a desk has to do in one round: a campaign in either workspace, taps, people who say stop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, TypeVar

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import DBAPIError

from domain.accounts.model import AccountState, Channel
from domain.campaigns import service
from domain.campaigns.model import Audience, AudienceKind, CampaignState, CampaignStep
from domain.campaigns.start import Start
from domain.contacts.model import Consent, ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow
from domain.delivery.recipients import RecipientState
from domain.kernel.errors import Conflict, Interrupted, StoreAway
from domain.kernel.ids import AccountId, CampaignId
from domain.pacing.rules import Caps, Pacing
from domain.scheduler.timers import desk_of
from storage.tables import account_usage, contacts, directs, recipients
from storage.unit import Unit
from tests.crash.faulty_desk import CAP, FaultyDesk, Workspace
from tests.crash.schedule import Round
from tests.desk_data import AT_ONCE, number_of
from tests.fakes.cloud import CHOSEN

#: One by one, a fiftieth of a second apart.
PACED: Final = Pacing(shortest=timedelta(seconds=0.01), longest=timedelta(seconds=0.03))
PRICE: Final = 3
#: Of each list so many never agreed, and one took it back after the list was frozen.
NEVER_AGREED: Final = 2
#: So long the database may be away (a server that is killed, a process frozen while it writes), in seconds.
DATABASE_AWAY: Final = 60.0
BOT_ID: Final = 7_000_000_001
T = TypeVar("T")


@dataclass(kw_only=True)
class Campaign:
    """`numbers`: all on its list. `refusers`: those among them who had not agreed when it began."""

    space: Workspace
    id: CampaignId
    account: AccountId
    remote: str
    numbers: list[str]
    refusers: set[str]
    stopping: list[str]
    #: Of whoever stopped: how many tries there had been when we first saw that it was known.
    tries_at_stop: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class Load:
    simulated: Campaign
    official: Campaign
    #: What phones and WhatsApp had taken before the round began.
    taken_before: int
    accepted_before: int
    taps: int

    @property
    def campaigns(self) -> Sequence[Campaign]:
        return self.simulated, self.official

    @property
    def messages(self) -> int:
        return sum(len(one.numbers) - len(one.refusers) for one in self.campaigns)


async def surely(work: Callable[[], Awaitable[T]]) -> T:
    """The conductor's own work at the database, which is made to fail meanwhile."""
    end = asyncio.get_running_loop().time() + DATABASE_AWAY
    while True:
        try:
            return await work()
        except (DBAPIError, StoreAway, Interrupted, Conflict, OSError):
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(0.1)


async def begin(desk: FaultyDesk, round: Round) -> Load:
    """Both campaigns start at once."""
    draw = Random(f"load {round.seed}")
    linked = await desk.linked()
    taken, accepted = await desk.counts()
    bakery, florist = desk.spaces
    async with desk.store.write() as unit:
        account = await unit.accounts.create(
            workspace_id=bakery.id, channel=Channel.SIMULATED, number=linked["number"], name="Simulated",
            remote=linked["account"], state=AccountState.CONNECTED, at=datetime.now(UTC),
        )  # fmt: skip
        pacing = PACED if round.paced else AT_ONCE
        simulated = await _campaign(
            desk, unit, bakery, account, linked["account"], round.people, round.stops, pacing, draw
        )
        official = await _campaign(
            desk, unit, florist, desk.official, "", round.official, round.stops, AT_ONCE, draw
        )
        await unit.commit()
    return Load(
        simulated=simulated, official=official, taken_before=taken, accepted_before=accepted, taps=round.taps
    )


async def _campaign(
    desk: FaultyDesk, unit: Unit, space: Workspace, account: AccountId, remote: str, people: int, stops: int,
    pacing: Pacing, draw: Random,
) -> Campaign:  # fmt: skip
    at = datetime.now(UTC)
    numbers = [number_of(desk.people + n) for n in range(people + NEVER_AGREED + 1)]
    desk.people += len(numbers)
    everybody = await unit.contacts.create_list(space.id, f"list {desk.people}", at=at)
    agreed, never = numbers[:-NEVER_AGREED], numbers[-NEVER_AGREED:]
    await unit.contacts.save_rows(space.id, everybody, [_row(space, one) for one in agreed], at=at)
    signed_up = ConsentEvent(granted=True, source=ConsentSource.SIGNED_UP, evidence="test", at=at)
    await unit.contacts.record_list_consent(everybody, signed_up)
    await unit.contacts.save_rows(space.id, everybody, [_row(space, one) for one in never], at=at)
    on = desk_of(unit)
    audience = Audience(kind=AudienceKind.LIST, ref=str(everybody))
    draft = await service.create(
        on, space.id, space.member, name=f"To {desk.people}", at=at, audience=audience
    )
    made = replace(draft, account_id=account, text=f"{space.name} greets {{name}}", pacing=pacing)
    if account == desk.official:
        made = replace(made, template=CHOSEN)
    draft = await unit.campaigns.save(made, expected=draft.version)
    await Start(caps=Caps(a_campaign=people + 9, a_day=CAP), price=PRICE).run(
        on, draft, expected=draft.version, at=at
    )
    took_back = agreed[-1]
    person = await unit.contacts.by_number(space.id, took_back)
    assert person is not None
    no = ConsentEvent(granted=False, source=ConsentSource.OPERATOR, evidence="test", at=at)
    await unit.contacts.record_consent(person.id, no)
    stopping = draw.sample(agreed[len(agreed) // 2 : -1], stops)
    return Campaign(
        space=space, id=draft.id, account=account, remote=remote, numbers=numbers,
        refusers={*never, took_back}, stopping=stopping,
    )  # fmt: skip


def _row(space: Workspace, number: str) -> ImportedRow:
    return ImportedRow(number=number, name=f"{space.name}'s friend", attributes={})


async def tap(desk: FaultyDesk, load: Load) -> None:
    """Each tap makes one draft: an effect that is counted, and that is not the same when done twice."""
    for n in range(load.taps):
        for space in desk.spaces:
            shown = await space.chat.wait_for(lambda message: message.from_bot, fresh=False, timeout=120)
            await space.chat.tap_data(shown.message_id, space.button, forged=True)
            space.taps += 1
            await space.chat.say(f"/campaigns {n}")
        await asyncio.sleep(0.1)


async def say_stop(desk: FaultyDesk, load: Load) -> None:
    """While the campaigns run; into a bot that may not be there."""
    one, other = load.campaigns
    for first, second in zip(one.stopping, other.stopping, strict=True):
        wish = {"text": "STOP", "account": one.remote}
        answer = await desk.http.post(f"{desk.phones}/api/phones/{first}/reply", json=wish)
        answer.raise_for_status()
        await desk.control("POST", f"people/{second.removeprefix('+')}/reply", {"text": "STOP"})
        await asyncio.sleep(0.2)


async def watch_stops(desk: FaultyDesk, load: Load) -> None:
    """Until all stops are known: how often whoever stopped had been tried by then."""
    while any(len(one.tries_at_stop) < len(one.stopping) for one in load.campaigns):
        for one in load.campaigns:
            await surely(lambda one=one: _watch(desk, one))  # type: ignore[misc]
        await asyncio.sleep(0.1)


async def _watch(desk: FaultyDesk, one: Campaign) -> None:
    r, p = recipients.c, contacts.c
    stopped = (r.campaign_id == one.id, p.consent == Consent.REVOKED, r.number.in_(one.stopping))
    async with desk.store.read() as unit:
        rows = await unit._db.execute(
            select(r.number, r.attempts).join(contacts, p.id == r.contact_id).where(*stopped)
        )
        for row in rows:
            one.tries_at_stop.setdefault(row.number, row.attempts)


async def keep_going(desk: FaultyDesk, load: Load) -> None:
    """As its operators would: what failures have paused goes on. And nobody waits minutes for a retry."""
    at, r, d = datetime.now(UTC), recipients.c, directs.c
    ours = r.campaign_id.in_([one.id for one in load.campaigns])
    later = (ours, r.state == RecipientState.WAITING, r.due_at > at)
    async with desk.store.read() as unit:
        states = {(await unit.campaigns.any(one.id)).state for one in load.campaigns}
        waits = await unit._db.scalar(select(exists().where(*later) | exists().where(d.due_at > at)))
    if CampaignState.PAUSED not in states and not waits:
        return
    async with desk.store.write() as unit:
        for one in load.campaigns:
            now = await unit.campaigns.any(one.id)
            if now.state is CampaignState.PAUSED:
                await unit.campaigns.save(now.take(CampaignStep.RESUME, at=at), expected=now.version)
        await unit._db.execute(update(recipients).where(*later).values(due_at=at))
        await unit._db.execute(update(directs).where(d.due_at > at).values(due_at=at))
        await unit.commit()
    await tell(desk, load)


async def tell(desk: FaultyDesk, load: Load) -> None:
    """What the chat says to senders after a tap: these accounts have work now."""
    await desk.store.tell([f"account:{one.account}:1" for one in load.campaigns])


async def left(desk: FaultyDesk, load: Load) -> list[str]:
    """What is not done yet, in words; empty when the round is over."""
    found = []
    async with desk.store.read() as unit:
        for one in load.campaigns:
            state, tally = (await unit.campaigns.any(one.id)).state, await unit.delivery.tally(one.id)
            # People more than the cap were told of, or tries that came to nothing counted towards it.
            capped = one is load.simulated and await used(unit, one) >= CAP
            if not (state is CampaignState.COMPLETED or (capped and not tally.in_flight)):
                found.append(f"{one.space.name}: campaign is {state}, {tally.waiting} wait, "
                             f"{tally.in_flight} on their way")  # fmt: skip
            if len(one.tries_at_stop) < len(one.stopping):
                found.append(f"{one.space.name}: a stop is not known")
        if waiting := len(await unit.chat.waiting_updates(BOT_ID)):
            found.append(f"{waiting} updates are not worked")
        if await unit.cloud.webhooks(limit=1):
            found.append("webhooks are not worked")
    if waiting := await desk.client.updates_waiting():
        found.append(f"{waiting} updates are not confirmed to Telegram")
    if not (await desk.control("GET", "webhooks?wait=1&until=done"))["idle"]:
        found.append("WhatsApp has not brought all its webhooks")
    return found


async def used(unit: Unit, one: Campaign) -> int:
    """So many claims of its account are counted towards the cap."""
    c = account_usage.c
    return int(await unit._db.scalar(select(func.sum(c.claims)).where(c.account_id == one.account)) or 0)


async def cancel_the_rest(desk: FaultyDesk, load: Load) -> None:
    async with desk.store.write() as unit:
        now = await unit.campaigns.any(load.simulated.id)
        if now.state is not CampaignState.COMPLETED:
            at = datetime.now(UTC)
            await service.cancel(desk_of(unit), now, expected=now.version, at=at)
        await unit.commit()
