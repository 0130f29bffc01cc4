"""What every way out to WhatsApp promises, held against each gateway we have."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from domain.delivery.model import Progress
from domain.delivery.ports import (
    Accepted,
    AccountNews,
    Fault,
    Rejected,
    Unknown,
)
from tests.contract.cloud_line import over_cloud
from tests.contract.far_sides import Arrived
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
from tests.contract.web_line import over_web
from tests.web_worker import HAS_NODE
from whatsapp.simulated.behaviour import Behaviour

#: Far sides that remember every key for good, and keep news until they are read.
REMEMBERING: dict[str, Dial] = {"in-process": in_process, "over http": over_http}
if HAS_NODE:
    REMEMBERING["over web"] = over_web
DIALS: dict[str, Dial] = {**REMEMBERING, "over cloud": over_cloud}


@pytest.fixture(params=DIALS)
def dial(request: pytest.FixtureRequest) -> Dial:
    return DIALS[request.param]


@pytest.fixture(params=REMEMBERING)
def remembering(request: pytest.FixtureRequest) -> Dial:
    return REMEMBERING[request.param]


async def test_what_is_accepted_is_received_as_it_was_written(dial: Dial, tmp_path: Path) -> None:
    text = "Merhaba Çağla 👋\nمرحبا\ttab \u0000 and “quotes”"
    async with dial(tmp_path) as line:
        outcome = await line.gateway.send(message(text=text))
        assert isinstance(outcome, Accepted)
        assert outcome.provider_id
        assert await line.far.arrived() == [Arrived(number=ADA, text=text)]


async def test_the_same_key_gets_the_same_answer_and_reaches_the_person_once(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path, replace(Behaviour.instant(), latency=(0.01, 0.05))) as line:
        answers = await asyncio.gather(*(line.gateway.send(message()) for _ in range(10)))
        answers.append(await line.gateway.send(message()))
        assert len(set(answers)) == 1
        assert isinstance(answers[0], Accepted)
        assert len(await line.far.arrived()) == 1


async def test_the_same_key_gets_the_same_answer_after_the_far_side_restarted(
    remembering: Dial, tmp_path: Path
) -> None:
    async with remembering(tmp_path) as line:
        before = [await line.gateway.send(message())]
        await line.far.script("temporary", BRUNO)
        before.append(await line.gateway.send(message("k2", BRUNO)))
    async with remembering(tmp_path) as line:
        assert [await line.gateway.send(message()), await line.gateway.send(message("k2", BRUNO))] == before
        assert [one.number for one in await line.far.arrived()] == [ADA]


async def test_a_refusal_is_remembered_under_its_key_and_a_new_key_is_a_new_try(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path) as line:
        await line.far.script("temporary", ADA)
        first = await line.gateway.send(message("k1"))
        assert isinstance(first, Rejected)
        assert (first.can_retry, first.fault) == (True, Fault.ACCOUNT)
        assert await line.gateway.send(message("k1")) == first
        assert isinstance(await line.gateway.send(message("k2")), Accepted)


@pytest.mark.parametrize("to", [ADA, "+1", "447700900001", "not a number"])
async def test_someone_unreachable_is_refused_for_good_at_no_fault_of_the_account(
    dial: Dial, tmp_path: Path, to: str
) -> None:
    async with dial(tmp_path) as line:
        await line.far.script("not_on_whatsapp", ADA)
        outcome = await line.gateway.send(message(to=to))
        assert isinstance(outcome, Rejected)
        assert (outcome.can_retry, outcome.fault) == (False, Fault.PERSON)
        # The official channel tells one who cannot be reached from a number that is none.
        assert outcome.reason in {"not_on_whatsapp", "undeliverable" if to == ADA else ""}
        assert await line.far.arrived() == []


async def test_while_an_account_is_restricted_or_unlinked_nothing_leaves_and_it_is_the_accounts_fault(
    dial: Dial, tmp_path: Path
) -> None:
    for stopped in ("restrict", "unlink"):
        async with dial(tmp_path / stopped) as line:
            await getattr(line.far, stopped)()
            for n in range(2):
                outcome = await line.gateway.send(message(f"k{n}"))
                assert isinstance(outcome, Rejected)
                assert outcome.fault is Fault.RESTRICTION
            assert await line.far.arrived() == []


async def test_a_restriction_is_final_and_told_as_news(remembering: Dial, tmp_path: Path) -> None:
    async with remembering(tmp_path) as line:
        await line.far.restrict()
        outcome = await line.gateway.send(message())
        assert outcome == Rejected("restricted", False, Fault.RESTRICTION)
        states = [
            item.news.state
            for item in await line.news.after(0, wait_seconds=0)
            if isinstance(item.news, AccountNews)
        ]
        assert states[-1] == "restricted"


async def test_an_unlinked_account_is_told_as_one(remembering: Dial, tmp_path: Path) -> None:
    async with remembering(tmp_path) as line:
        await line.far.unlink()
        assert await line.gateway.send(message()) == Rejected("unlinked", False, Fault.RESTRICTION)


@pytest.mark.parametrize("fault", ["silence_after_taking", "silence_before_taking", "disconnect"])
async def test_after_a_silence_nothing_is_claimed_that_is_not_so(
    dial: Dial, tmp_path: Path, fault: str
) -> None:
    async with dial(tmp_path, patience=1.5) as line:
        await line.far.script(fault, ADA)
        first = await line.gateway.send(message())
        # Unknown; or, where the gateway has asked once more by itself, the truth.
        assert isinstance(first, Unknown) or len(await line.far.arrived()) == 1
        assert not isinstance(first, Rejected)
        # Asking again under the same key is safe, and claims nothing that is not so either.
        again = await line.gateway.send(message())
        assert isinstance(again, Unknown) or len(await line.far.arrived()) == 1
        assert len(await line.far.arrived()) <= 1


@pytest.mark.parametrize("fault", ["silence_after_taking", "silence_before_taking", "disconnect"])
async def test_after_a_silence_asking_again_under_the_same_key_tells_what_there_is_to_tell(
    remembering: Dial, tmp_path: Path, fault: str
) -> None:
    async with remembering(tmp_path, patience=1.5) as line:
        await line.far.script(fault, ADA)
        await line.gateway.send(message())
        assert isinstance(await line.gateway.send(message()), Accepted)
        assert len(await line.far.arrived()) == 1


async def test_a_file_arrives_byte_for_byte_with_its_name_and_caption(dial: Dial, tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192
    async with dial(tmp_path) as line:
        key = line.media.keep(content)
        outcome = await line.gateway.send(message(text="Ада, look", media=photo(key, len(content))))
        assert isinstance(outcome, Accepted)
        assert await line.far.arrived() == [
            Arrived(
                number=ADA, text="Ада, look", kind="photo", mime="image/jpeg", sha256=key,
                filename="görsel.jpg" if line.names_pictures else None,
            )
        ]  # fmt: skip


async def test_a_file_may_come_without_a_caption(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        key = line.media.keep(b"picture")
        assert isinstance(await line.gateway.send(message(text="", media=photo(key, 7))), Accepted)


async def test_a_missing_or_oversized_file_refuses_that_message_only(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        for media in (photo("0" * 64, 10), photo(line.media.keep(b"x"), 65 * 1024 * 1024)):
            outcome = await line.gateway.send(message(media=media))
            assert isinstance(outcome, Rejected)
            assert (outcome.can_retry, outcome.fault) == (False, line.file_fault)
        assert await line.far.arrived() == []


async def test_receipts_come_as_news_in_order_and_are_acknowledged_by_asking_on(
    remembering: Dial, tmp_path: Path
) -> None:
    async with remembering(tmp_path) as line:
        await line.gateway.send(message())
        await line.far.deliver("k1")
        items = list(await line.news.after(0, wait_seconds=5))
        while progress_of("k1", items)[-1] is not Progress.DELIVERED:
            items += await line.news.after(items[-1].cursor, wait_seconds=5)
        assert progress_of("k1", items) == [Progress.SENT, Progress.DELIVERED]
        cursors = [item.cursor for item in items]
        assert cursors == sorted(set(cursors))
        assert await line.news.after(cursors[-1], wait_seconds=0) == []


async def test_news_not_acknowledged_survive_a_restart_of_the_far_side(
    remembering: Dial, tmp_path: Path
) -> None:
    async with remembering(tmp_path) as line:
        await line.gateway.send(message())
        before = list(await line.news.after(0, wait_seconds=0))
    async with remembering(tmp_path) as line:
        assert list(await line.news.after(0, wait_seconds=0))[: len(before)] == before


async def test_waiting_for_news_ends_when_some_comes(remembering: Dial, tmp_path: Path) -> None:
    async with remembering(tmp_path) as line:
        known = list(await line.news.after(0, wait_seconds=0))[-1].cursor

        async def answer_soon() -> None:
            await line.gateway.send(message())

        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            waiting = group.create_task(line.news.after(known, wait_seconds=30))
            group.create_task(answer_soon())
        assert progress_of("k1", list(waiting.result()))
