"""The simulated phones themselves: what they take, what follows, and what a restart remembers."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from bot.sandbox.pages import STATIC
from domain.contacts.service import number_of
from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, AccountNews, News, ReceiptNews, Rejected, ReplyNews, Unknown
from tests.fakes.clock import FakeClock
from whatsapp.simulated.behaviour import Behaviour, Chance
from whatsapp.simulated.gateway import REASONS
from whatsapp.simulated.journal import JournalBroken
from whatsapp.simulated.records import MediaNote
from whatsapp.simulated.world import EXAMPLE, BadRequest, Parcel, SimulatedWorld, UnknownAccount

ADA, BRUNO, CHIKA = "+447700900001", "+447700900002", "+447700900003"
SLOW = replace(
    Behaviour.instant(),
    delivered_after=(2.0, 2.0),
    read_rate=1.0,
    read_after=(10.0, 10.0),
    reply_rate=1.0,
    reply_after=(5.0, 5.0),
    replies=("Thank you!",),
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 3, 2, 9, tzinfo=UTC))


@contextmanager
def world_at(
    clock: FakeClock, folder: Path | None = None, behaviour: Behaviour | None = None, seed: int = 7
) -> Iterator[SimulatedWorld]:
    world = SimulatedWorld(folder=folder, seed=seed, clock=clock, behaviour=behaviour or Behaviour.instant())
    try:
        yield world
    finally:
        world.close()


def parcel(key: str = "k1", to: str = ADA, text: str = "Hello Ada", media: MediaNote | None = None) -> Parcel:
    return Parcel(key=key, to=to, text=text, media=media)


async def linked(world: SimulatedWorld) -> str:
    account = await world.link(link_key="main")
    return account.id


async def told(world: SimulatedWorld, account: str, after: int = 0) -> list[News]:
    return [item.news for item in await world.news(account, after)]


async def receipts(world: SimulatedWorld, account: str, key: str = "k1") -> list[Progress]:
    return [
        one.progress for one in await told(world, account) if isinstance(one, ReceiptNews) and one.key == key
    ]


async def test_a_message_is_delivered_read_and_answered_in_its_own_time(clock: FakeClock) -> None:
    with world_at(clock, behaviour=SLOW) as world:
        account = await linked(world)
        start = clock.now()
        assert isinstance(await world.send(account, parcel()), Accepted)
        assert await receipts(world, account) == [Progress.SENT]
        clock.advance(seconds=2)
        assert await receipts(world, account) == [Progress.SENT, Progress.DELIVERED]
        clock.advance(hours=1)
        *_, read, reply = await told(world, account)
    assert isinstance(read, ReceiptNews)
    assert read.progress is Progress.READ
    assert (read.at - start).total_seconds() == 12  # its own time, though nobody asked for an hour
    assert isinstance(reply, ReplyNews)
    assert (reply.sender, reply.text, (reply.at - start).total_seconds()) == (ADA, "Thank you!", 17)


async def test_a_repeated_key_gets_the_same_answer_and_shows_once(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        first = await world.send(account, parcel())
        assert await world.send(account, parcel()) == first
        assert len(world.received) == 1


async def test_twins_sent_at_the_same_moment_show_once(clock: FakeClock) -> None:
    with world_at(clock, behaviour=replace(Behaviour.instant(), latency=(0.1, 0.2))) as world:
        account = await linked(world)
        answers = await asyncio.gather(*(world.send(account, parcel()) for _ in range(20)))
        assert len(set(answers)) == 1
        assert len(world.received) == 1


async def test_after_a_kill_everything_answered_is_still_there(clock: FakeClock, tmp_path: Path) -> None:
    with world_at(clock, tmp_path / "before") as world:
        account = await linked(world)
        world.script(BRUNO, "temporary")
        taken = await world.send(account, parcel())
        refused = await world.send(account, parcel("k2", BRUNO))
        # What is on disk now, without any closing: as a kill would leave it.
        (tmp_path / "after").mkdir()
        journal = (tmp_path / "before" / "journal.jsonl").read_bytes()
    (tmp_path / "after" / "journal.jsonl").write_bytes(journal + b'{"t": "Took", "key": "cut sho')
    with world_at(clock, tmp_path / "after") as world:
        assert await world.send(account, parcel()) == taken
        assert await world.send(account, parcel("k2", BRUNO)) == refused
        assert [one.key for one in world.received] == ["k1"]
        assert isinstance(await world.send(account, parcel("k3", BRUNO)), Accepted)
    with world_at(clock, tmp_path / "after") as world:
        assert [one.key for one in world.received] == ["k1", "k3"]


async def test_a_restart_goes_on_with_what_was_still_to_come(clock: FakeClock, tmp_path: Path) -> None:
    with world_at(clock, tmp_path, SLOW) as world:
        account = await linked(world)
        await world.send(account, parcel())
        clock.advance(seconds=3)
        before = await world.news(account, 0)
    with world_at(clock, tmp_path, SLOW) as world:
        assert await world.news(account, 0) == before
        clock.advance(minutes=1)
        assert await receipts(world, account) == [Progress.SENT, Progress.DELIVERED, Progress.READ]
        cursors = [item.cursor for item in await world.news(account, 0)]
    assert cursors == sorted(set(cursors))


async def test_the_same_seed_plays_the_same_world(clock: FakeClock) -> None:
    async def play(seed: int) -> list[object]:
        own_clock = FakeClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        with world_at(own_clock, behaviour=Behaviour.believable(), seed=seed) as world:
            account = await linked(world)
            for n in range(300):
                await world.send(account, parcel(f"k{n}", f"+4477009{n:05d}"))
            own_clock.advance(minutes=5)
            return [*await told(world, account)]

    first = await play(7)
    assert await play(7) == first
    assert await play(8) != first


def test_a_few_percent_are_not_on_whatsapp_and_always_the_same_ones(clock: FakeClock) -> None:
    numbers = [f"+4477009{n:05d}" for n in range(5000)]
    with world_at(clock, behaviour=Behaviour.believable()) as world:
        absent = [number for number in numbers if not world.is_on_whatsapp(number)]
        assert absent == [number for number in numbers if not world.is_on_whatsapp(number)]
    assert 0.02 < len(absent) / len(numbers) < 0.04


@pytest.mark.parametrize(
    ("fault", "answer", "shown"),
    [
        ("not_on_whatsapp", "not_on_whatsapp", 0),
        ("temporary", "temporary", 0),
        ("restriction", "restricted", 0),
        ("silence_after_taking", None, 1),
        ("silence_before_taking", None, 0),
        ("disconnect", None, 0),
    ],
)
async def test_each_fault_can_be_asked_for_once(
    clock: FakeClock, fault: str, answer: str | None, shown: int
) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        world.script(ADA, fault)
        outcome = await world.send(account, parcel())
        if answer is None:
            assert isinstance(outcome, Unknown)
        else:
            assert isinstance(outcome, Rejected)
            assert outcome.reason == answer
            assert outcome.reason in REASONS
        assert len(world.received) == shown
        await world.turn(account, "connected")
        assert isinstance(await world.send(account, parcel("k2")), Accepted)


async def test_a_script_for_anyone_is_used_up_by_anyone(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        world.script(None, "temporary", times=2)
        numbers = [ADA, BRUNO, CHIKA]
        answers = [await world.send(account, parcel(to, to)) for to in numbers]
    assert [isinstance(one, Accepted) for one in answers] == [False, False, True]


def test_an_unknown_fault_is_refused(clock: FakeClock) -> None:
    with world_at(clock) as world, pytest.raises(ValueError, match="explosion"):
        world.script(None, "explosion")


async def test_a_silent_message_that_was_taken_answers_the_second_time(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        world.script(ADA, "silence_after_taking")
        assert isinstance(await world.send(account, parcel()), Unknown)
        assert isinstance(await world.send(account, parcel()), Accepted)
        assert len(world.received) == 1


async def test_a_restriction_stops_the_account_until_it_is_lifted(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        world.script(None, "restriction")
        await world.send(account, parcel())
        after = await world.send(account, parcel("k2", BRUNO))
        assert isinstance(after, Rejected)
        assert (after.reason, after.can_retry) == ("restricted", False)
        assert AccountNews(state="restricted", at=clock.now()) in await told(world, account)
        await world.turn(account, "connected")
        assert isinstance(await world.send(account, parcel("k3", BRUNO)), Accepted)


async def test_an_account_nobody_linked_cannot_send(clock: FakeClock) -> None:
    with world_at(clock) as world:
        outcome = await world.send("sim-nobody", parcel())
        with pytest.raises(UnknownAccount):
            await world.news("sim-nobody", 0)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "unlinked"


async def test_an_offline_phone_gets_everything_once_it_is_back(clock: FakeClock, tmp_path: Path) -> None:
    with world_at(clock, tmp_path, SLOW) as world:
        account = await linked(world)
        await world.switch(ADA, offline=True)
        await world.send(account, parcel())
        clock.advance(hours=1)
        assert await receipts(world, account) == [Progress.SENT]
    with world_at(clock, tmp_path, SLOW) as world:
        assert await receipts(world, account) == [Progress.SENT]
        with pytest.raises(BadRequest):
            await world.reply(ADA, "I am not here")
        await world.switch(ADA, offline=False)
        clock.advance(seconds=1)
        assert await receipts(world, account) == [Progress.SENT, Progress.DELIVERED]


async def test_someone_who_blocked_us_never_gets_it_and_we_are_not_told(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        await world.switch(ADA, blocked=True)
        assert isinstance(await world.send(account, parcel()), Accepted)
        await world.switch(ADA, blocked=False)
        clock.advance(days=1)
        assert await receipts(world, account) == [Progress.SENT]
        await world.send(account, parcel("k2"))
        assert await receipts(world, account, "k2") == [Progress.SENT, Progress.DELIVERED]


async def test_answering_by_hand_reads_what_came_and_reaches_the_account(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        await world.send(account, parcel())
        await world.reply(ADA, "See you")
        news = await told(world, account)
        assert await receipts(world, account) == [Progress.SENT, Progress.DELIVERED, Progress.READ]
        with pytest.raises(BadRequest):
            await world.reply(BRUNO, "who is this?")
    assert isinstance(news[-1], ReplyNews)
    assert (news[-1].sender, news[-1].text) == (ADA, "See you")


async def test_asking_after_a_cursor_acknowledges_up_to_it(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        await world.send(account, parcel())
        items = await world.news(account, 0)
        assert await world.news(account, items[0].cursor) == items[1:]
        assert await world.news(account, 0) == items[1:]


async def test_an_asker_who_knows_later_cursors_still_hears_new_things(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        assert await world.news(account, 5000) == []
        await world.send(account, parcel())
        assert [item.cursor for item in await world.news(account, 5000)] == [5001, 5002]


async def test_a_waiting_asker_is_woken_by_news(clock: FakeClock) -> None:
    with world_at(clock) as world:
        account = await linked(world)
        known = (await world.news(account, 0))[-1].cursor
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            waiting = group.create_task(world.news(account, known, wait_seconds=60))
            await asyncio.sleep(0)
            await world.send(account, parcel())
        assert waiting.result()


async def test_closing_lets_waiting_askers_go() -> None:
    clock = FakeClock(datetime(2026, 3, 2, tzinfo=UTC))
    with world_at(clock) as world:
        account = await linked(world)
        known = (await world.news(account, 0))[-1].cursor
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            waiting = group.create_task(world.news(account, known, wait_seconds=60))
            await asyncio.sleep(0)
            world.close()
        assert waiting.result() == []


async def test_linking_again_with_the_same_key_is_the_same_number(clock: FakeClock, tmp_path: Path) -> None:
    with world_at(clock, tmp_path) as world:
        first = await world.link(link_key="main")
        other = await world.link(link_key="second")
        assert first.number != other.number
        with pytest.raises(BadRequest):
            await world.link(number="12345")
        with pytest.raises(BadRequest):
            await world.turn(first.id, "asleep")
    with world_at(clock, tmp_path) as world:
        assert (await world.link(link_key="main")).id == first.id


async def test_files_survive_and_the_same_file_is_kept_once(clock: FakeClock, tmp_path: Path) -> None:
    with world_at(clock, tmp_path) as world:
        name, size = await world.shelf.put(BytesIO(b"a picture"))
        assert await world.shelf.put(BytesIO(b"a picture")) == (name, 9)
        account = await linked(world)
        note = MediaNote(kind="photo", filename="a.jpg", mime="image/jpeg", size=size, sha256=name)
        await world.send(account, parcel(media=note))
    with world_at(clock, tmp_path) as world:
        assert await world.shelf.get(name) == b"a picture"
        assert world.received[0].media == name
        assert world.deliveries() == {(ADA, "Hello Ada", name): 1}
    assert len(list((tmp_path / "media").iterdir())) == 1


async def test_one_process_at_a_time_holds_a_journal(clock: FakeClock, tmp_path: Path) -> None:
    with world_at(clock, tmp_path), pytest.raises(JournalBroken, match="in use"), world_at(clock, tmp_path):
        pass


def test_a_journal_damaged_in_the_middle_is_refused_with_its_line(clock: FakeClock, tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b'{"t": "Nonsense"}\n')
    with pytest.raises(JournalBroken, match="line 1"), world_at(clock, tmp_path):
        pass


def test_a_delay_depends_on_what_it_is_for_and_stays_inside_its_span() -> None:
    chance = Chance(7)
    delays = {chance.delay((1.0, 3.0), "read", n).total_seconds() for n in range(100)}
    assert len(delays) == 100
    assert 1.0 <= min(delays) <= max(delays) <= 3.0
    assert chance.delay((1.0, 3.0), "x") == Chance(7).delay((1.0, 3.0), "x")


async def test_numbers_that_the_demo_shows_are_taken_when_they_are_typed(clock: FakeClock) -> None:
    pages = "".join(page.read_text() for page in STATIC.glob("*.html"))
    shown = re.findall(r'placeholder="(\+[^"]+)"', pages)
    with world_at(clock) as world:
        linked = [(await world.link()).number for _ in range(2)]
    assert len(shown) == 2 and len(set(linked)) == 2
    for number in (EXAMPLE, *linked, *shown):
        assert number_of(number, "TR") == number.replace(" ", "")
