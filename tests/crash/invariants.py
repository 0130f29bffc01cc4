"""What must be true after each round, whatever was done: design.md's ten invariants, as far as a round meets
them, held against what the stand-ins counted. Each is a sentence when it is broken; none means all hold.

That nothing is sent inside a transaction (6), that writes carry the state they expect (7) and that rules read
no clock (8) cannot be seen from outside by themselves: what they are for is.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from bot.sandbox.state import DEMO_TOKEN
from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState, Settled
from domain.delivery.settling import COSTS
from domain.delivery.store import RecipientRow
from domain.kernel.ids import CampaignId
from storage.tables import campaigns, chat_inbox, ledger, recipients
from storage.unit import Unit
from tests.crash.faulty_desk import CAP, FaultyDesk, Workspace
from tests.crash.load import PRICE, Campaign, Load
from tests.official_desk import APP_SECRET, KEY

R = RecipientState
#: Once more is not seen from whoever got it; nobody knows of whoever did not.
_GOT: Final = frozenset({R.SENT, R.DELIVERED, R.READ, R.UNKNOWN})
_NOT_GOT: Final = frozenset({R.UNKNOWN, R.FAILED, R.SKIPPED, R.CANCELLED, R.EXCLUDED})
_LATEST: Final = 10_000
_SECRETS: Final = {
    "the bot's token": DEMO_TOKEN, "the app secret": APP_SECRET, "the secret key": KEY,
    "an access token": "EAA", "the text of a message": " greets ", "a person's name": "'s friend",
}  # fmt: skip
#: Nobody caught it: Python's own words, at the beginning of a line or in it.
_UNHANDLED: Final = re.compile(r"^(Traceback|Exception in|Fatal)|was never (retrieved|awaited)|task failed")
#: But these are made good: what a task of ours could not do while the store was away is done later; and the
#: end of a turn that the queue's library could not write down is written down by `ProcrastinateTurns`.
_MADE_GOOD: Final = ("StoreAway", "process job drive[", "RaiseException P0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`messages` that people got; `unknown` of whom nobody knows; what is wrong."""

    messages: int
    unknown: int
    wrong: Sequence[str]


async def look(desk: FaultyDesk, load: Load) -> Found:
    got, words = await _got(desk, load)
    wrong = [f"{number} was told {times} times that their stop was heard"
             for number, times in words.items() if times > 1]  # fmt: skip
    unknown = 0
    async with desk.store.read() as unit:
        for one in load.campaigns:
            rows = [row async for row in unit.delivery.stream_recipients(one.id)]
            unknown += sum(row.state is R.UNKNOWN for row in rows)
            wrong += [f"{one.space.name}: {broken}" for broken in people(one, rows, got[one.id])]
        for space in desk.spaces:
            wrong += [f"{space.name}: {broken}" for broken in await _points(unit, space)]
        wrong += await _updates(desk, unit)
    taken = got[load.simulated.id].total()
    if taken > CAP:
        wrong.append(f"the cap is {CAP}, and {taken} were sent")
    wrong += await _walls(desk)
    return Found(messages=taken + got[load.official.id].total(), unknown=unknown, wrong=wrong)


async def _got(desk: FaultyDesk, load: Load) -> tuple[dict[CampaignId, Counter[str]], Counter[str]]:
    """How often each number was sent the campaign, and how often anything else, as the stand-ins counted."""
    got = {one.id: Counter[str]() for one in load.campaigns}
    words = Counter[str]()
    for one in await desk.taken(load.taken_before):
        (got[load.simulated.id] if "greets" in one["text"] else words)[one["number"]] += 1
    path = f"received/messages?limit={_LATEST}&after={load.accepted_before}"
    for one in (await desk.control("GET", path))["messages"]:
        is_template = one["content"].startswith("template")
        (got[load.official.id] if is_template else words)[f"+{one['wa_id']}"] += 1
    return got, words


def people(one: Campaign, rows: Sequence[RecipientRow], got: Counter[str]) -> Iterator[str]:
    """1 and 2: nobody twice, nobody against their will; and of everybody it is known what became of them."""
    for number, times in got.items():
        if times > 1:
            yield f"{number} got it {times} times"
    if strangers := set(got) - set(one.numbers):
        yield f"got it without being on its list: {sorted(strangers)}"
    if against := one.refusers & set(got):
        yield f"got it without having agreed: {sorted(against)}"
    states = {row.number: row.state for row in rows}
    if set(states) != set(one.numbers):
        yield f"{len(states)} recipients of {len(one.numbers)}"
    for row in rows:
        if row.state not in (_GOT if row.number in got else _NOT_GOT):
            times = got.get(row.number, 0)
            yield f"{row.number} is {row.state} ({row.reason}) and got it {times} times"
        if (tries := one.tries_at_stop.get(row.number)) is not None:
            if row.attempts > tries:
                yield f"{row.number} was tried again after their stop was known"
            if tries == 0 and row.number in got:
                yield f"{row.number} had said stop, and got it"


async def _points(unit: Unit, space: Workspace) -> Sequence[str]:
    """4: sums are those of their entries; each success cost once; held is only what is for the unknown."""
    e, r, c = ledger.c, recipients.c, campaigns.c
    wallet = await unit.wallet.wallet(space.id)
    sums = (
        await unit._db.execute(
            select(func.sum(e.points), func.sum(e.held), func.sum(e.owed)).where(e.workspace_id == space.id)
        )
    ).one()
    wrong = []
    if tuple(sums) != (wallet.balance, wallet.held, wallet.owed):
        wrong.append(f"the wallet says {wallet}, its entries {tuple(sums)}")
    rows = await unit._db.execute(
        select(r.state, r.settled, func.count())
        .join(campaigns, c.id == r.campaign_id)
        .where(c.workspace_id == space.id)
        .group_by(r.state, r.settled)
    )
    counts = {(RecipientState(row[0]), row[1] and Settled(row[1])): row[2] for row in rows}
    successes = sum(n for (state, _), n in counts.items() if state in COSTS)
    given = await unit._db.scalar(
        select(func.sum(e.points)).where(e.workspace_id == space.id, e.campaign_id.is_(None))
    )
    if given - wallet.balance + wallet.owed != PRICE * successes:
        wrong.append(f"{successes} successes at {PRICE} cost {given - wallet.balance} points")
    doubtful = sum(
        n for (state, settled), n in counts.items() if state is R.UNKNOWN and settled is Settled.HELD
    )
    if wallet.held != PRICE * doubtful:
        wrong.append(f"{wallet.held} points are held for {doubtful} who are unknown")
    return wrong


async def _updates(desk: FaultyDesk, unit: Unit) -> Sequence[str]:
    """5: each tap has made its one draft, and no update was given up."""
    wrong, c = [], chat_inbox.c
    for space in desk.spaces:
        made = (await unit.campaigns.of_workspace(space.id, states=[CampaignState.DRAFT], limit=1))[1]
        if made != space.taps:
            wrong.append(f"{space.name}: {space.taps} taps made {made} drafts")
    given_up = await unit._db.scalars(select(c.error).where(c.error.is_not(None)))
    return wrong + [f"an update was given up: {reference}" for reference in given_up]


async def _walls(desk: FaultyDesk) -> Sequence[str]:
    """9 and 10: nobody reads anything of the other workspace, nor anything that is no sentence."""
    wrong = []
    for space in desk.spaces:
        await space.chat.refresh()
        [other] = [one.name for one in desk.spaces if one is not space]
        for message in space.chat.messages.values():
            if other in message.words:
                wrong.append(f"the chat of {space.name} reads of {other}: {message.words!r}")
            if "Traceback" in message.words or "Error" in message.words:
                wrong.append(f"the chat of {space.name} reads {message.words!r}")
    return wrong


def in_logs(desk: FaultyDesk) -> Sequence[str]:
    """10: no failure that nobody caught, no secret and no text of a message."""
    wrong = []
    for name, process in desk.ours.items():
        log = process.log.read_text(errors="replace")
        unhandled = [line for line in log.splitlines() if _UNHANDLED.search(line)]
        wrong += [
            f"{name}'s log: {line[:300]} … {line[-300:]}"
            for line in unhandled
            if not any(known in line for known in _MADE_GOOD)
        ]
        wrong += [f"{name}'s log holds {what}" for what, secret in _SECRETS.items() if secret in log]
    return wrong
