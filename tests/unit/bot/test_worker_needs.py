"""The worker's packages are installed once, however many processes begin at the same time."""

import asyncio
import os
from pathlib import Path

from bot.settings import Settings
from bot.worker_needs import INSTALLED, install

SLOW = f"#!/bin/sh\necho run >> runs; sleep 0.3; mkdir node_modules && echo '{{}}' > {INSTALLED}\n"
FAILS = "#!/bin/sh\necho run >> runs; exit 1\n"


def desk(folder: Path, npm: str) -> tuple[Settings, dict[str, str]]:
    """A worker without its packages, and an npm that does as told."""
    (folder / "src").mkdir()
    (folder / "src" / "main.js").touch()
    (folder / "package.json").write_text("{}")
    (folder / "npm").write_text(npm)
    (folder / "npm").chmod(0o755)
    settings = Settings(_env_file=None, worker_dir=folder)  # type: ignore[call-arg]
    return settings, {"PATH": f"{folder}:{os.environ['PATH']}"}


async def test_whoever_comes_second_waits_for_the_first_and_installs_nothing(tmp_path: Path) -> None:
    settings, environ = desk(tmp_path, SLOW)
    assert await asyncio.gather(*(install(settings, environ) for _ in range(3))) == [True, True, True]
    assert (tmp_path / "runs").read_text() == "run\n"


async def test_where_the_first_has_failed_the_second_tries(tmp_path: Path) -> None:
    settings, environ = desk(tmp_path, FAILS)
    assert await asyncio.gather(*(install(settings, environ) for _ in range(2))) == [False, False]
    assert (tmp_path / "runs").read_text() == "run\nrun\n"
