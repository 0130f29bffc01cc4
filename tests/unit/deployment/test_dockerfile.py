"""The Dockerfile is read by Docker's own parser and by hadolint, and copies only what is there."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from bot.cli import app as cli
from tests.unit.deployment.described import (
    DOCKERFILE,
    ROOT,
    copied,
    instructions,
    settings_known,
    stages,
    worker_settings,
)

PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
#: Stages that are images of their own, with the command that they begin.
IMAGES: Final = {"masssender": ("masssender",), "worker": ("node", "src/main.js")}
#: What Python, pip, npm and Node.js read.
TOOLS: Final = {
    "PATH", "HOME", "PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK", "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE", "PUPPETEER_SKIP_DOWNLOAD", "NODE_ENV",
}  # fmt: skip


def hadolint(path: Path) -> list[str]:
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [program, "--no-color", "--format", "json", path], capture_output=True, text=True, timeout=60
    )
    return [f"{one['line']}: {one['code']} {one['message']}" for one in json.loads(done.stdout)]


def test_hadolint_finds_nothing() -> None:
    assert hadolint(DOCKERFILE) == []


@pytest.mark.parametrize(
    "wrong", ["FROM debian:latest", "FROM debian:12\nCOPPY a b", "FROM debian:12\nRUN cd a"]
)
def test_hadolint_would_find_something(tmp_path: Path, wrong: str) -> None:
    """A linter that cannot run would find nothing either."""
    path = tmp_path / "Dockerfile"
    path.write_text(f"{wrong}\n")
    assert hadolint(path)


def test_every_image_it_begins_from_is_of_one_version() -> None:
    for name, (first, *_) in stages().items():
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-\S+", first.value[0]), name


def test_python_and_node_are_ones_that_we_run_on() -> None:
    tags = {first.value[0].split("-")[0] for first, *_ in stages().values()}
    python, node = (
        next(tag.partition(":")[2] for tag in tags if tag.startswith(kind)) for kind in ("python", "node")
    )
    assert len(tags) == 2
    least = PROJECT["project"]["requires-python"].removeprefix(">=").split(".")
    assert [int(part) for part in python.split(".")][:2] >= [int(part) for part in least]
    engines = json.loads((ROOT / "worker_node" / "package.json").read_text("utf-8"))["engines"]["node"]
    assert int(node.split(".")[0]) >= int(engines.removeprefix(">="))


def test_what_it_copies_is_there() -> None:
    copies = list(copied())
    assert {source for stage, source in copies if not stage and not (ROOT / source).exists()} == set()
    assert {stage for stage, _ in copies if stage} <= set(stages())


def test_the_builder_is_given_exactly_what_is_copied() -> None:
    """.dockerignore lets nothing else through: no .env, no data, no node_modules of this machine."""
    lines = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] not in {"", "#"}
    ]
    assert lines[0] == "*"
    let_through = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert let_through == {source for stage, source in copied() if not stage}
    assert {"**/.env", "**/__pycache__"} <= set(lines)


def test_every_package_that_is_installed_is_copied() -> None:
    packages = {glob.rstrip("*") for glob in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= {source for stage, source in copied() if not stage}


def test_both_images_begin_what_there_is() -> None:
    assert set(IMAGES) < set(stages())
    for name, command in IMAGES.items():
        [entry] = [one for one in stages()[name] if one.cmd == "ENTRYPOINT"]
        assert (entry.json, entry.value) == (True, command), "a shell before it would not pass SIGTERM on"
    assert set(PROJECT["project"]["scripts"]) == {"masssender"}
    [first] = [one.value for one in stages()["masssender"] if one.cmd == "CMD"]
    assert first[0] in {one.callback.__name__ for one in cli.registered_commands if one.callback}
    assert (ROOT / "worker_node" / "src" / "main.js").is_file()


def test_neither_runs_as_root() -> None:
    for name in IMAGES:
        users = [one.value[0] for one in stages()[name] if one.cmd == "USER"]
        assert users and re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]), name


def test_what_it_sets_is_read_and_no_secret() -> None:
    known = settings_known() | set(worker_settings()) | TOOLS
    names = {name for one in instructions() if one.cmd == "ENV" for name in one.value[::2]}
    assert names <= known
    assert not [name for name in names if re.search(r"TOKEN|SECRET|PASSWORD|_KEY", name)]
    assert not [one for one in instructions() if one.cmd == "ARG"]
