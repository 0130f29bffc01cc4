"""What `make bench` says of its figures, and what it answers with."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.limits import AT_LEAST, AT_MOST, verdict

AS_ASKED = {**AT_LEAST, **AT_MOST, "chat_peak_mb": 90.0}


def figures_are(patch: pytest.MonkeyPatch, folder: Path, figures: Mapping[str, float] | None) -> None:
    def measured(_: str, __: Sequence[str]) -> Mapping[str, float] | None:
        return figures

    patch.setattr(bench, "measured", measured)
    patch.setattr(bench, "OUT", folder / "build" / "bench.json")


def test_a_limit_holds_up_to_itself_and_nothing_is_asked_of_the_rest() -> None:
    assert verdict("statuses_per_s", 2_000) == (True, "at least 2,000.00: holds")
    assert verdict("statuses_per_s", 1_999) == (False, "at least 2,000.00: FALLS SHORT")
    assert verdict("tap_p99_ms_during_cloud", 200) == (True, "at most 200.00: holds")
    assert verdict("tap_p99_ms_during_cloud", 201) == (False, "at most 200.00: FALLS SHORT")
    assert verdict("chat_peak_mb", 1e9) == (True, "")


def test_all_as_asked_is_written_and_is_a_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures_are(monkeypatch, tmp_path, AS_ASKED)
    assert bench.main([]) == 0
    assert json.loads(bench.OUT.read_text()) == AS_ASKED
    assert "FALLS SHORT" not in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted({**AT_LEAST, **AT_MOST}))
def test_one_that_falls_short_or_is_not_measured_is_a_failure_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    figures_are(monkeypatch, tmp_path, {**AS_ASKED, name: 0 if name in AT_LEAST else 1e9})
    assert bench.main([]) == 1
    assert f"FALLS SHORT: {name}" in capsys.readouterr().out
    figures_are(monkeypatch, tmp_path, {key: figure for key, figure in AS_ASKED.items() if key != name})
    assert bench.main([]) == 1
    assert f"{name} (not measured)" in capsys.readouterr().out


def test_a_bench_that_fails_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures_are(monkeypatch, tmp_path, None)
    assert bench.main([]) == 1


def test_every_bench_is_there() -> None:
    assert [name for name in bench.BENCHES if find_spec(f"tests.benchmarks.{name}") is None] == []
