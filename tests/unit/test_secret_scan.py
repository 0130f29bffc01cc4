"""The look for secrets in `make check`: what is found, and what is known to be none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.secrets import BASELINE

ROOT = Path(__file__).resolve().parents[2]
#: In two pieces, so that this file itself holds none.
KEY = "AKIA" + "IOSFODNN7EXAMPLQ"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copyfile(ROOT / BASELINE, tmp_path / BASELINE)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def scan(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    subprocess.run(["git", "add", "-A"], cwd=checkout, check=True)
    command = [sys.executable, "-m", "tests.secrets", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)


def test_a_key_is_found_and_not_shown(checkout: Path) -> None:
    (checkout / "settings.py").write_text(f"first = 1\nkey = '{KEY}'\n")
    done = scan(checkout)
    assert done.returncode == 1
    assert "settings.py:2: AWS Access Key" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_what_was_accepted_stays_so_wherever_it_moves(checkout: Path) -> None:
    file = checkout / "settings.py"
    file.write_text(f"key = '{KEY}'\n")
    assert scan(checkout, "--accept").returncode == 0
    file.write_text(f"first = 1\n\n\nkey = '{KEY}'\n")
    assert scan(checkout).returncode == 0
    assert KEY not in (checkout / BASELINE).read_text()
