"""What `make bench-peers` lets count, writes down and answers with, whoever is measured."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.peers import __main__ as bench
from tests.benchmarks.peers import candidates, servers
from tests.benchmarks.peers.processor import processor_seconds
from tests.benchmarks.peers.results import CANDIDATES, PEERS, Miscounted, Result, check_counts, verdict

ALL_TAKEN = {"accepted": 20, "people": 20, "twice": 0, "trackers": 20, "trackers_repeated": 0, "refused": {}}
#: Messages a second with which everything that is asked for just holds.
AS_ASKED = {
    "masssender_sqlite": 2_500.0, "masssender_postgres": 2_500.0,
    "rq": 50.0, "arq": 400.0, "taskiq": 500.0, "celery": 300.0, "procrastinate": 100.0,
}  # fmt: skip


def results(rates: Mapping[str, float]) -> dict[str, Result]:
    return {name: Result(messages=1_000, seconds=1_000 / rate, processor=1) for name, rate in rates.items()}


def measured(patch: pytest.MonkeyPatch, folder: Path, rates: Mapping[str, float]) -> None:
    patch.setattr(bench, "measure", lambda *_: results(rates))
    patch.setattr(bench, "not_installed", lambda: False)
    patch.setattr(bench, "OUT", folder / "build" / "bench-peers.json")


def test_each_once_and_a_row_for_each_counts() -> None:
    check_counts("arq", 20, ALL_TAKEN, 20)


@pytest.mark.parametrize(
    "wrong",
    [{"accepted": 21}, {"accepted": 19}, {"people": 19}, {"twice": 1}, {"trackers": 19},
     {"trackers_repeated": 1}],
)  # fmt: skip
def test_a_message_lost_or_taken_twice_makes_the_figure_void(wrong: dict[str, Any]) -> None:
    with pytest.raises(Miscounted, match=f"arq was given 20 messages.*{next(iter(wrong))}"):
        check_counts("arq", 20, {**ALL_TAKEN, **wrong}, 20)


def test_a_message_without_its_row_makes_the_figure_void() -> None:
    with pytest.raises(Miscounted, match="recorded"):
        check_counts("arq", 20, ALL_TAKEN, 19)


def test_what_holds_is_written_under_the_agreed_names_and_is_a_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(monkeypatch, tmp_path, AS_ASKED)
    assert bench.main([]) == 0
    assert json.loads(bench.OUT.read_text()) == pytest.approx(AS_ASKED)
    assert "FALLS SHORT" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [{"masssender_sqlite": 2_499.0}, {"masssender_postgres": 2_499.0}, {"rq": 50.1}]
    + [{name: 500.1} for name in PEERS],
)  # fmt: skip
def test_short_of_the_best_peer_or_of_rq_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    change: dict[str, float],
) -> None:  # fmt: skip
    measured(monkeypatch, tmp_path, {**AS_ASKED, **change})
    assert bench.main([]) == 1
    assert "FALLS SHORT" in capsys.readouterr().out


def test_the_verdict_names_the_best_peer() -> None:
    _, lines = verdict({**AS_ASKED, "celery": 501.0})
    assert [line for line in lines if "celery, the best peer" in line]


def test_one_that_was_not_measured_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, tmp_path, {name: rate for name, rate in AS_ASKED.items() if name != "taskiq"})
    with pytest.raises(KeyError, match="taskiq"):
        bench.main([])


def test_peers_that_are_not_installed_are_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(candidates, "programs", lambda _: tmp_path)
    assert bench.main([]) == 2
    assert "make bench-peers" in capsys.readouterr().out


def test_a_server_that_is_missing_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "not_installed", lambda: False)
    monkeypatch.setattr(bench, "OUT", tmp_path / "bench-peers.json")
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert bench.main([]) == 2
    assert "apt install redis-server" in capsys.readouterr().out
    monkeypatch.setattr(servers, "find_binaries", lambda: None)
    with pytest.raises(servers.NotInstalled, match="apt install postgresql"), servers.postgres_server():
        pass
    assert not bench.OUT.exists()


def test_every_peer_has_its_jobs_and_its_worker() -> None:
    folder = Path(candidates.__file__).parent
    assert [name for name in PEERS if not (folder / f"{name}_jobs.py").exists()] == []
    assert list(candidates.WORKERS) == list(PEERS)
    assert set(CANDIDATES) == set(AS_ASKED)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux's /proc")
def test_processor_time_is_what_was_worked() -> None:
    before, own = processor_seconds(os.getpid()), time.process_time()
    while time.process_time() - own < 0.3:
        pass
    assert 0.25 <= processor_seconds(os.getpid()) - before < 5
    assert processor_seconds(2**22 + 1) == 0  # no process can have that number
