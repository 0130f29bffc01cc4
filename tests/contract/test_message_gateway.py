"""What every way out to WhatsApp promises, held against each gateway we have."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from domain.delivery.model import Progress
from domain.delivery.ports import (
    Accepted,
    Fault,
    Rejected,
    Unknown,
)
from tests.contract.lines import (
    ADA,
    BRUNO,
    Dial,
    in_process,
    message,
    over_http,
    photo,
    progress_of,
)
from whatsapp.simulated.behaviour import Behaviour


@pytest.fixture(params=["in-process", "over http"])
def dial(request: pytest.FixtureRequest) -> Dial:
    return in_process if request.param == "in-process" else over_http


async def test_what_is_accepted_is_received_as_it_was_written(dial: Dial, tmp_path: Path) -> None:
    text = "Merhaba Çağla 👋\nمرحبا\ttab \u0000 and “quotes”"
    async with dial(tmp_path) as line:
        outcome = await line.gateway.send(message(text=text))
        assert isinstance(outcome, Accepted)
        assert outcome.provider_id
        assert [(one.key, one.number, one.text) for one in line.world.received] == [("k1", ADA, text)]


async def test_the_same_key_gets_the_same_answer_and_reaches_the_person_once(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path, replace(Behaviour.instant(), latency=(0.01, 0.05))) as line:
        answers = await asyncio.gather(*(line.gateway.send(message()) for _ in range(10)))
        answers.append(await line.gateway.send(message()))
        assert len(set(answers)) == 1
        assert isinstance(answers[0], Accepted)
        assert list(line.world.deliveries().values()) == [1]


async def test_the_same_key_gets_the_same_answer_after_the_far_side_restarted(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path) as line:
        line.world.script(BRUNO, "temporary")
        before = [await line.gateway.send(message()), await line.gateway.send(message("k2", BRUNO))]
    async with dial(tmp_path) as line:
        assert [await line.gateway.send(message()), await line.gateway.send(message("k2", BRUNO))] == before
        assert [one.key for one in line.world.received] == ["k1"]


async def test_a_refusal_is_remembered_under_its_key_and_a_new_key_is_a_new_try(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path) as line:
        line.world.script(ADA, "temporary")
        first = await line.gateway.send(message("k1"))
        assert first == Rejected("temporary", True, Fault.ACCOUNT)
        assert await line.gateway.send(message("k1")) == first
        assert isinstance(await line.gateway.send(message("k2")), Accepted)


@pytest.mark.parametrize("to", [ADA, "+1", "447700900001", "not a number"])
async def test_someone_unreachable_is_refused_for_good_at_no_fault_of_the_account(
    dial: Dial, tmp_path: Path, to: str
) -> None:
    async with dial(tmp_path) as line:
        line.world.script(ADA, "not_on_whatsapp")
        assert await line.gateway.send(message(to=to)) == Rejected("not_on_whatsapp", False, Fault.PERSON)
        assert line.world.received == []


async def test_a_restriction_is_final_and_told_as_news(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        line.world.script(None, "restriction")
        for n in range(2):
            outcome = await line.gateway.send(message(f"k{n}"))
            assert outcome == Rejected("restricted", False, Fault.RESTRICTION)
        assert line.world.received == []


async def test_an_unlinked_account_sends_nothing(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        (account,) = line.world.book.accounts
        await line.world.turn(account, "unlinked")
        assert await line.gateway.send(message()) == Rejected("unlinked", False, Fault.RESTRICTION)


@pytest.mark.parametrize(
    ("fault", "taken"), [("silence_after_taking", 1), ("silence_before_taking", 0), ("disconnect", 0)]
)
async def test_silence_is_unknown_whatever_happened_on_the_far_side(
    dial: Dial, tmp_path: Path, fault: str, taken: int
) -> None:
    async with dial(tmp_path, patience=0.3) as line:
        line.world.script(ADA, fault)
        assert isinstance(await line.gateway.send(message()), Unknown)
        assert len(line.world.received) == taken
        # Asking again under the same key is safe, and tells what there is to tell.
        assert isinstance(await line.gateway.send(message()), Accepted)
        assert len(line.world.received) == 1


async def test_a_file_arrives_byte_for_byte_with_its_name_and_caption(dial: Dial, tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192
    async with dial(tmp_path) as line:
        key = line.media.keep(content)
        outcome = await line.gateway.send(message(text="Ада, look", media=photo(key, len(content))))
        assert isinstance(outcome, Accepted)
        (got,) = line.world.received
        assert (got.text, got.media) == ("Ада, look", key)
        assert await line.world.shelf.get(key) == content
        note = line.world.book.messages["k1"].media
        assert note is not None
        assert (note.kind, note.filename, note.mime) == ("photo", "görsel.jpg", "image/jpeg")


async def test_a_file_may_come_without_a_caption(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        key = line.media.keep(b"picture")
        assert isinstance(await line.gateway.send(message(text="", media=photo(key, 7))), Accepted)


async def test_a_missing_or_oversized_file_refuses_that_message_only(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        for media in (photo("0" * 64, 10), photo(line.media.keep(b"x"), 65 * 1024 * 1024)):
            outcome = await line.gateway.send(message(media=media))
            assert outcome == Rejected("media_refused", False, Fault.PERSON)
        assert line.world.received == []


async def test_receipts_come_as_news_in_order_and_are_acknowledged_by_asking_on(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path) as line:
        await line.gateway.send(message())
        items = list(await line.news.after(0, wait_seconds=5))
        assert progress_of("k1", items) == [Progress.SENT, Progress.DELIVERED]
        cursors = [item.cursor for item in items]
        assert cursors == sorted(set(cursors))
        assert await line.news.after(cursors[-1], wait_seconds=0) == []


async def test_news_not_acknowledged_survive_a_restart_of_the_far_side(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        await line.gateway.send(message())
        before = await line.news.after(0, wait_seconds=0)
    async with dial(tmp_path) as line:
        assert await line.news.after(0, wait_seconds=0) == before


async def test_waiting_for_news_ends_when_some_comes(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        known = list(await line.news.after(0, wait_seconds=0))[-1].cursor

        async def answer_soon() -> None:
            await line.gateway.send(message())

        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            waiting = group.create_task(line.news.after(known, wait_seconds=30))
            group.create_task(answer_soon())
        assert progress_of("k1", list(waiting.result()))
