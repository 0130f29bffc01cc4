"""Some rounds of the fault campaign, with every change; `make crash-test` runs as many as are asked for. And
that its schedules replay, its faults are faults, and its checks can fail."""

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from domain.delivery.recipients import RecipientState
from domain.delivery.store import RecipientRow
from domain.kernel.ids import AccountId, CampaignId, MemberId, RecipientId, WorkspaceId
from tests.crash.disk import small_disk
from tests.crash.faulty_desk import CAP, Workspace
from tests.crash.invariants import people
from tests.crash.load import Campaign
from tests.crash.processes import free_port
from tests.crash.rounds import run
from tests.crash.schedule import Database, Kind, round_of
from tests.crash.skewed import Skew
from tests.crash.wire import Cut, wire_to

#: The everyday rounds: between them a kill, a cut line, a full disk, a wrong clock.
ROUNDS = 2
SEED = 1518
#: PostgreSQL's rounds run on a server of their own, where one is installed.
DATABASES = [Database.SQLITE, *([Database.POSTGRES] if os.environ.get("MASSSENDER_TEST_POSTGRES") else [])]
R = RecipientState


@pytest.mark.crash
@pytest.mark.parametrize("database", DATABASES)
async def test_whatever_is_done_to_a_desk_its_invariants_hold(database: Database, tmp_path: Path) -> None:
    report = await run(database, rounds=ROUNDS, seed=SEED, folder=tmp_path)
    assert report.rounds == ROUNDS and report.messages > 0 and report.faults.total() >= ROUNDS
    print(f"\n{report}")


@pytest.mark.parametrize("database", Database)
def test_a_round_is_drawn_from_its_seed_alone_and_hundreds_meet_everything(database: Database) -> None:
    rounds = [round_of(seed, database, cap=CAP) for seed in range(300)]
    assert rounds == [round_of(seed, database, cap=CAP) for seed in range(300)]
    kinds = {fault.kind for round in rounds for fault in round.faults}
    assert kinds == set(Kind) - (set() if database is Database.POSTGRES else {Kind.SERVER})
    assert any(round.over_cap for round in rounds) and any(round.paced for round in rounds)


@pytest.mark.parametrize("how", Cut)
async def test_a_cut_line_is_cut_and_a_mended_one_whole(how: Cut) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.readline():
            writer.write(said)
        writer.close()

    async def asked(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"there?\n")
        try:
            async with asyncio.timeout(0.3):
                return await reader.readline()
        finally:
            writer.close()

    far = free_port()
    async with await asyncio.start_server(echo, "127.0.0.1", far), wire_to(far) as wire:
        assert await asked(wire.port) == b"there?\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        writer.write(b"once\n")
        assert await reader.readline() == b"once\n"
        await wire.cut(how)
        if how is Cut.SILENT:
            with pytest.raises(TimeoutError):
                await asked(wire.port)
        else:
            with pytest.raises(ConnectionResetError):
                await reader.readexactly(1)
        if how is Cut.REFUSED:
            with pytest.raises(ConnectionRefusedError):
                await asked(wire.port)
        await wire.mend()
        assert await asked(wire.port) == b"there?\n"
        writer.close()


def test_a_filled_disk_has_no_room_and_a_freed_one_has() -> None:
    with small_disk(megabytes=2) as disk:
        if not disk.can_be_filled:
            assert os.geteuid() != 0 or os.environ.get("CI") is None, "root in CI may mount"
            return
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "more").write_bytes(b"x" * 4096)
        disk.free()
        (disk.folder / "more").write_bytes(b"x" * 4096)


async def test_a_process_goes_by_the_clock_it_is_given_and_by_its_jumps(tmp_path: Path) -> None:
    skew = Skew(tmp_path / "clock")
    skew.set(3600)
    code = (
        "import sys, time; from pathlib import Path; from tests.crash.skewed import follow\n"
        "really = time.clock_gettime(time.CLOCK_BOOTTIME) - time.time()\n"
        "follow(Path(sys.argv[1]))\n"
        "while True:\n"
        "    wrong = time.clock_gettime(time.CLOCK_BOOTTIME) - time.time() - really\n"
        "    print(round(-wrong), flush=True)\n"
        "    time.sleep(0.02)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(skew.file), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert int(await process.stdout.readline()) == 3600
            skew.set(-60)
            while int(await process.stdout.readline()) != -60:
                pass
    finally:
        process.kill()
        await process.wait()


def _campaign() -> Campaign:
    space = Workspace(id=WorkspaceId(1), member=MemberId(1), chat=None, name="Bakery", button="")  # type: ignore[arg-type]
    return Campaign(
        space=space, id=CampaignId(1), account=AccountId(1), remote="r", numbers=["+1", "+2", "+3"],
        refusers={"+3"}, stopping=["+2"],
    )  # fmt: skip


def _rows(*states: RecipientState, attempts: int = 1) -> list[RecipientRow]:
    return [
        RecipientRow(
            id=RecipientId(n), number=f"+{n}", name="", state=state, reason=None, attempts=attempts,
            sent_at=None, delivered_at=None, read_at=None, replied_at=None,
        )
        for n, state in enumerate(states, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("got", "rows", "words"),
    [
        ({"+1": 2}, _rows(R.SENT, R.SKIPPED, R.EXCLUDED), "+1 got it 2 times"),
        ({"+1": 1, "+3": 1}, _rows(R.SENT, R.SKIPPED, R.SENT), "without having agreed"),
        ({"+1": 1, "+9": 1}, _rows(R.SENT, R.SKIPPED, R.EXCLUDED), "without being on its list"),
        ({}, _rows(R.SENT, R.SKIPPED, R.EXCLUDED), "+1 is sent (None) and got it 0 times"),
        ({"+1": 1}, _rows(R.FAILED, R.SKIPPED, R.EXCLUDED), "+1 is failed (None) and got it 1 times"),
        ({}, _rows(R.CLAIMED, R.SKIPPED, R.EXCLUDED), "+1 is claimed"),
        ({"+1": 1}, _rows(R.SENT, R.SKIPPED), "2 recipients of 3"),
        ({"+1": 1, "+2": 1}, _rows(R.SENT, R.SENT, R.EXCLUDED), "+2 had said stop, and got it"),
    ],
)
def test_what_is_wrong_is_seen(got: dict[str, int], rows: list[RecipientRow], words: str) -> None:
    one = _campaign()
    one.tries_at_stop = {"+2": 0}
    assert any(words in said for said in people(one, rows, Counter(got)))


def test_what_is_right_is_not_complained_of() -> None:
    one = _campaign()
    one.tries_at_stop = {"+2": 1}
    got = Counter({"+1": 1, "+2": 1})
    assert list(people(one, _rows(R.UNKNOWN, R.READ, R.EXCLUDED), got)) == []
