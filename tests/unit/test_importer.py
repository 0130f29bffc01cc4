"""The import worker, with the real reader and a real database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import importer
from bot.chat.uploads import FileNotHandedOver, FileTooBig
from domain.contacts.importing.words import fold, is_remark
from domain.contacts.model import Consent, ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow, ImportState
from domain.delivery.ports import ChannelDown
from domain.kernel.errors import Interrupted, StoreAway
from storage.database import Database
from tests.chat.contact_chat import AYSE, JOHN, LENA, MARIE, NOW, TELEGRAM, Chat
from tests.chat.import_bench import PATIENCE, PEOPLE, Bench, HaltingReader, csv, numbers, xlsx
from tests.fakes.stores import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


@pytest.fixture
async def bench(store: Database) -> Bench:
    return Bench(await Chat.begin(store))


async def lists(bench: Bench) -> list[tuple[str, int]]:
    async with bench.chat.store.read() as unit:
        return [(one.name, one.size) for one in await unit.contacts.lists(bench.chat.workspace.id)]


async def test_a_file_goes_all_the_way_with_exact_counts(bench: Bench) -> None:
    async with bench.chat.store.write() as unit:
        await unit.contacts.save_rows(
            bench.chat.workspace.id, None, [ImportedRow(number=LENA, name="", attributes={})], at=NOW
        )
        lena = await unit.contacts.by_number(bench.chat.workspace.id, LENA)
        assert lena is not None
        stop = ConsentEvent(granted=False, source=ConsentSource.STOP_REPLY, evidence="1", at=NOW)
        await unit.contacts.record_consent(lena.id, stop)
        await unit.commit()
    job = await bench.imported(
        "customers.csv",
        PEOPLE + csv("", f"Ayşe again,{AYSE},", "Nobody,12,", ",,"),
    )
    assert job.state is ImportState.ASK_CONSENT
    assert job.counts == {"rows": 6, "ready": 3, "duplicates": 1, "bad": 1, "stopped": 1}
    assert sum(v for k, v in job.counts.items() if k != "rows") == job.counts["rows"]
    assert await numbers(bench, job) == sorted([AYSE, JOHN, LENA, MARIE])
    assert await lists(bench) == [("customers", 4)]
    async with bench.chat.store.read() as unit:
        ayse = await unit.contacts.by_number(bench.chat.workspace.id, AYSE)
        lena = await unit.contacts.by_number(bench.chat.workspace.id, LENA)
    assert ayse is not None
    assert (ayse.name, ayse.consent, dict(ayse.attributes)) == ("Ayşe", Consent.UNRECORDED, {"City": "İzmir"})
    assert lena is not None
    assert lena.consent is Consent.REVOKED, "importing a file never turns a stop back on"


def test_a_heading_is_folded_once_however_many_rows_come_under_it() -> None:
    assert fold("İSİM, again:") == "isim again"
    before = fold.cache_info().hits
    assert is_remark("İSİM, again:") is False
    assert fold.cache_info().hits == before + 1


async def test_a_file_without_one_usable_number_leaves_no_list_behind(bench: Bench) -> None:
    job = await bench.imported("bad.csv", csv("Phone,Name", "12,Ayşe", "abc,John"))
    assert job.state is ImportState.DONE
    assert (job.list_id, job.counts and job.counts["bad"]) == (None, 2)
    assert await lists(bench) == []


async def test_several_sheets_are_asked_about(bench: Bench) -> None:
    content = xlsx(
        Notes=[["hello", "there"]], People=[["Phone", "Name"], [AYSE, "Ayşe"]], More=[["Phone"], [JOHN]]
    )
    async with bench.working() as worker:
        await bench.send("book.xlsx", content)
        await bench.until(worker, ImportState.CHOOSE_SHEET)
        await bench.chat.tap("People · 2 rows")
        await bench.chat.tap("That's right")
        job = await bench.until(worker, ImportState.ASK_CONSENT)
    assert await numbers(bench, job) == [AYSE]


async def test_text_with_tabs_is_read_as_csv(bench: Bench) -> None:
    job = await bench.imported("people.txt", csv("Phone\tName", f"{AYSE}\tAyşe", f"{JOHN}\tJohn"))
    assert await numbers(bench, job) == sorted([AYSE, JOHN])


async def test_numbers_without_a_code_take_the_country_that_the_operator_gave(bench: Bench) -> None:
    async with bench.working() as worker:
        await bench.send("people.csv", csv("Phone,Name", "(201) 555-0123,John", "201 555 0124,Jane"))
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
        await bench.chat.tap("Change country")
        await bench.chat.type("Atlantis")
        assert bench.chat.note is not None
        view = await bench.chat.type("usa")
        assert "United States (US)" in view.text
        await bench.chat.tap("That's right")
        job = await bench.until(worker, ImportState.ASK_CONSENT)
    assert await numbers(bench, job) == ["+12015550123", "+12015550124"]


# -- cancelling --------------------------------------------------------------------------------------


async def test_cancel_in_the_middle_stops_the_reader_and_takes_the_list_away(bench: Bench) -> None:
    reader = HaltingReader()
    async with bench.working(reader) as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
        await bench.chat.tap("That's right")
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            await reader.reached.wait()
        question = await bench.chat.tap("Cancel")
        assert "stay in your contacts" in question.text
        view = await bench.chat.tap("Stop it")
        assert "was cancelled" in view.text
        async with asyncio.timeout(PATIENCE):
            await reader.left.wait()
    assert (await bench.latest()).state is ImportState.CANCELLED
    assert await lists(bench) == []
    async with bench.chat.store.read() as unit:
        standing = await unit.contacts.count(bench.chat.workspace.id)
    assert standing[Consent.UNRECORDED] == 2, "the first half stays, the second was never stored"
    assert standing[Consent.GRANTED] == 0


async def test_after_a_cancel_not_one_more_row_is_stored_whoever_is_quicker(bench: Bench) -> None:
    reader = HaltingReader()
    async with bench.working(reader) as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
        await bench.chat.tap("That's right")
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            await reader.reached.wait()
        await bench.chat.tap("Cancel")
        await bench.chat.tap("Stop it")
        reader.go_on.set()
        async with asyncio.timeout(PATIENCE):
            await reader.left.wait()
    async with bench.chat.store.read() as unit:
        standing = await unit.contacts.count(bench.chat.workspace.id)
    assert sum(standing.values()) == 2


async def test_cancel_while_the_file_is_read_stops_the_reader(bench: Bench) -> None:
    reader = HaltingReader(halt_inspection=True)
    async with bench.working(reader) as worker:
        await bench.send("people.csv", PEOPLE)
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            await reader.reached.wait()
        await bench.chat.tap("Cancel")
        async with asyncio.timeout(PATIENCE):
            await reader.left.wait()
    assert (await bench.latest()).state is ImportState.CANCELLED


# -- restarts ----------------------------------------------------------------------------------------


async def test_a_worker_killed_while_storing_is_followed_by_one_that_ends_it_the_same(bench: Bench) -> None:
    reader = HaltingReader()
    async with bench.working(reader) as worker:
        await bench.send("people.csv", PEOPLE + csv("", f"Again,{JOHN},", "x,1,"))
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
        await bench.chat.tap("That's right")
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            await reader.reached.wait()
    assert (await bench.latest()).state is ImportState.STORING
    async with bench.working() as second:
        job = await bench.until(second, ImportState.ASK_CONSENT)
    assert job.counts == {"rows": 6, "ready": 4, "duplicates": 1, "bad": 1, "stopped": 0}
    assert await numbers(bench, job) == sorted([AYSE, JOHN, LENA, MARIE])
    assert await lists(bench) == [("people", 4)]


async def test_after_a_kill_while_reading_the_file_is_not_fetched_again(
    bench: Bench,
) -> None:
    reader = HaltingReader(halt_inspection=True)
    async with bench.working(reader) as worker:
        await bench.send("people.csv", PEOPLE)
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            await reader.reached.wait()
    assert (await bench.latest()).state is ImportState.READING
    async with bench.working() as second:
        await bench.until(second, ImportState.CHOOSE_COLUMNS)
    assert bench.fetched == 1


async def test_a_list_deleted_while_its_file_is_stored_is_made_again(bench: Bench) -> None:
    reader = HaltingReader()
    async with bench.working(reader) as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
        await bench.chat.tap("That's right")
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            await reader.reached.wait()
        list_id = (await bench.latest()).list_id
        assert list_id is not None
        async with bench.chat.store.write() as unit:
            await unit.contacts.remove_list(bench.chat.workspace.id, list_id)
            await unit.commit()
        reader.go_on.set()
        job = await bench.until(worker, ImportState.ASK_CONSENT, ImportState.FAILED)
    assert len(await numbers(bench, job)) == 4


async def test_one_workspace_waits_for_its_own_file_only(store: Database, bench: Bench) -> None:
    reader = HaltingReader(halt_inspection=True)
    other = Bench(await Chat.begin(store, telegram_id=TELEGRAM + 1), media=bench.media, files=bench.files)
    async with bench.working(reader) as worker:
        await bench.send("one.csv", PEOPLE)
        worker.poke()
        async with asyncio.timeout(PATIENCE):
            await reader.reached.wait()
        second = await bench.send("two.csv", PEOPLE)
        reader.halt_inspection = False
        await other.send("theirs.csv", PEOPLE)
        await other.until(worker, ImportState.CHOOSE_COLUMNS)
        assert (await bench.latest()).id == second
        assert (await bench.latest()).state is ImportState.RECEIVED
        reader.go_on.set()
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)


# -- telling -----------------------------------------------------------------------------------------


async def told(bench: Bench) -> list[str]:
    async with bench.chat.store.read() as unit:
        due = await unit.chat.due_notices(now=bench.chat.clock.now(), limit=9)
    assert all(queued.notice.payload["rows"] for queued in due)
    return [queued.notice.payload["text"] for queued in due]


async def test_an_operator_who_looks_at_the_import_gets_no_notice(bench: Bench) -> None:
    await bench.imported("people.csv", PEOPLE)
    assert await told(bench) == []


async def test_an_operator_who_went_elsewhere_is_told_when_an_import_waits_or_fails(bench: Bench) -> None:
    async with bench.working() as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.chat.open("contacts")
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
        (text,) = await told(bench)
        assert "people.csv" in text
        await bench.send("<b>.csv", b"")
        await bench.chat.open("contacts")
        await bench.until(worker, ImportState.FAILED)
    assert "nothing in this file" in (await told(bench))[1]


# -- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filename", "content", "code", "words"),
    [
        ("empty.csv", b"", "import.empty", "nothing in this file"),
        ("cut.xlsx", xlsx(A=[["Phone"], [AYSE]])[:900], "import.truncated", "cut off"),
        ("page.xlsx", b"<html>not a sheet</html>" * 20, "import.not_what_it_says", "something else inside"),
        ("wide.csv", csv(",".join("c" * 65), ",".join("1" * 65)), "import.too_many_columns", "65"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_read_gets_a_sentence(
    bench: Bench, filename: str, content: bytes, code: str, words: str
) -> None:
    async with bench.working() as worker:
        await bench.send(filename, content)
        job = await bench.until(worker, ImportState.FAILED, ImportState.CHOOSE_COLUMNS)
    assert job.refusal is not None
    assert job.refusal["code"] == code
    view = await bench.chat.look()
    assert words in view.text


async def test_a_file_that_telegram_keeps_back_is_asked_for_again_before_giving_up(bench: Bench) -> None:
    bench.troubles = [ChannelDown(), FileNotHandedOver()]
    async with bench.working() as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
    assert bench.fetched == 3


async def test_a_file_that_never_comes_fails_with_a_sentence(bench: Bench) -> None:
    bench.troubles = [ChannelDown() for _ in range(3)]
    async with bench.working() as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.FAILED)
    assert "send it again" in (await bench.chat.look()).text


async def test_a_file_that_is_bigger_than_it_said_is_refused(bench: Bench) -> None:
    bench.troubles = [FileTooBig(filename="people.csv", size=21, limit=20)]
    async with bench.working() as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.FAILED)
    assert "21 MB" in (await bench.chat.look()).text


@pytest.mark.parametrize("away", [Interrupted(), StoreAway()])
async def test_what_the_store_could_not_do_just_now_is_done_when_it_can(
    bench: Bench, away: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "LOOK_AGAIN", 0.01)
    bench.troubles = [away]
    async with bench.working() as worker:
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
    assert bench.fetched == 2


async def test_a_fault_of_ours_fails_the_import_with_a_reference_and_the_next_one_works(bench: Bench) -> None:
    bench.troubles = [RuntimeError("a fault")]
    async with bench.working() as worker:
        await bench.send("people.csv", PEOPLE)
        with capture_logs() as logs:
            job = await bench.until(worker, ImportState.FAILED)
        assert job.refusal is not None
        reference = job.refusal["data"]["reference"]
        assert reference in (await bench.chat.look()).text
        assert [one["event"] for one in logs if one.get("reference") == reference] == ["import failed"]
        await bench.send("people.csv", PEOPLE)
        await bench.until(worker, ImportState.CHOOSE_COLUMNS)
