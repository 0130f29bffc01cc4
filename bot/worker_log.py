"""What the WhatsApp Web worker says: where it listens, on standard output; its log, on standard error."""

import asyncio
import json
import re
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

LONGEST_LINE: Final = 1024 * 1024
_LEVELS: Final = {60: "error", 50: "error", 40: "warning", 30: "info", 20: "debug", 10: "debug"}
_LEFT_OUT: Final = frozenset({"level", "time", "msg", "pid", "hostname"})
#: Of what does not come from the worker's own log (a crash of Node.js, Chromium, npm), so much is shown.
SHOWN: Final = 200
#: Numbers of people, tokens and keys look like this; names of modules and lines of code do not.
_PRIVATE: Final = re.compile(r"\+?\d{6,}|[\w+/=-]{32,}")


async def listening(process: asyncio.subprocess.Process, seconds: float) -> int | None:
    """The port it says it listens on; None where it ends, or says nothing within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while line := await _line(process.stdout):
                said = _parsed(line)
                if "listening" in said:
                    return int(said["listening"])
    except TimeoutError:
        log.error("the WhatsApp Web worker does not say where it listens")
    return None


async def forward_log(process: asyncio.subprocess.Process) -> None:
    """Its log into ours, line by line, until it ends."""
    while line := await _line(process.stderr):
        said = _parsed(line)
        if not said:
            log.warning("worker, outside its log", line=harmless(line))
            continue
        level = _LEVELS.get(said.get("level", 30), "info")
        more = {f"worker_{name}": value for name, value in said.items() if name not in _LEFT_OUT}
        getattr(log, level)(f"worker: {said.get('msg', '')}", **more)


def harmless(line: bytes) -> str:
    """A line that nobody has vouched for: its beginning, without what may be anybody's number or secret."""
    text = " ".join(line[: 4 * SHOWN].decode(errors="replace").split())
    text = "".join(sign if sign.isprintable() else "?" for sign in _PRIVATE.sub("***", text))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


async def _line(stream: asyncio.StreamReader | None) -> bytes:
    """One line; empty at the end. One that is longer than we read is passed over."""
    while stream is not None:
        try:
            return await stream.readline()
        except ValueError:
            continue
    return b""


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
