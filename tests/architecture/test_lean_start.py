"""What `masssender run` has loaded when it is ready: nothing that can wait until it is wanted."""

import re
from pathlib import Path

from tests.crash.processes import Process, answers, bot_environment, free_port
from tests.fakes.sandbox import running_sandbox

#: By why it is not there. A module is told of as soon as it is asked for, also where it is made absent
#: (bot/left_out.py): so of those, one that only the library itself asks for.
STAY_OUT = {
    "wanted for a file, a picture or a sheet": {"obstore", "PIL", "qrcode", "openpyxl", "python_calamine"},
    "wanted to reach WhatsApp": {"aiohttp", "pyreqwest"},
    "wanted for secrets": {"cryptography.hazmat.bindings"},
    "wanted on PostgreSQL, or to migrate": {"psycopg", "procrastinate", "alembic"},
    "wanted by other commands": {
        "rich.text",
        "pygments",
        "bot.sandbox",
        "bot.demo",
        "bot.doctor.run",
        "bot.moving",
    },
    "wanted by stand-ins": {"whatsapp.cloud.standin", "whatsapp.web.fake_phones"},
    "wanted by nobody": {"sqlalchemy.orm"},
}
_LOADED = re.compile(r"^import time: .*\| +([\w.]+)$", re.MULTILINE)


async def test_a_start_loads_nothing_that_can_wait(tmp_path: Path) -> None:
    """At the second start: the first makes the database."""
    async with running_sandbox() as sandbox:
        await started(sandbox.url, tmp_path)
        loaded = await started(sandbox.url, tmp_path)
    assert {"bot.app", "sqlalchemy.ext.asyncio.engine", "telegram.ext", "aiosqlite"} <= loaded
    too_much = {
        name: why
        for why, names in STAY_OUT.items()
        for name in names
        if any(one == name or one.startswith(f"{name}.") for one in loaded)
    }
    assert too_much == {}


async def started(url: str, folder: Path) -> set[str]:
    """All that was loaded until it was ready."""
    address = f"127.0.0.1:{free_port()}"
    environment = bot_environment(url, folder, OPS_ADDRESS=address, PYTHONPROFILEIMPORTTIME="1")
    bot = Process(["run"], environment, folder / "bot.log")
    await bot.start()
    try:
        await answers(f"http://{address}/readyz", bot, seconds=60)
        return set(_LOADED.findall(bot.said()))
    finally:
        await bot.kill()
