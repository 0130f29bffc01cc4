"""Whether a process can do its work, check by check. What is wrong is said in our own words: an exception's
may hold what is nobody's business."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

from bot.machine import LATE
from bot.ops.readings import Polls
from domain.accounts.model import Channel
from domain.accounts.web import WebSessions
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

#: Answers None when all is well, otherwise a sentence.
Check = Callable[[], Awaitable[str | None]]
Schema = Literal["current", "older", "newer"]

#: In seconds: whoever asks has little more patience.
PATIENCE: Final = 3.0


async def looked_over(checks: Mapping[str, Check], *, patience: float = PATIENCE) -> dict[str, Any]:
    """All of them side by side, as it is told in JSON."""
    results = await asyncio.gather(*(_one(check, patience) for check in checks.values()))
    told = {
        name: {"ok": why is None, **({} if why is None else {"why": why})}
        for name, why in zip(checks, results, strict=True)
    }
    return {"ready": all(one["ok"] for one in told.values()), "checks": told}


async def _one(check: Check, patience: float) -> str | None:
    try:
        async with asyncio.timeout(patience):
            return await check()
    except TimeoutError:
        return f"No answer within {patience:g} seconds."
    except Exception as error:
        return f"It could not be asked: {type(error).__name__}."


def database_answers(store: Store[Unit]) -> Check:
    async def check() -> str | None:
        async with store.read() as unit:
            await unit.campaigns.accounts_at_work()
        return None

    return check


def schema_is_current(schema: Callable[[], Awaitable[Schema]]) -> Check:
    """One that a later version has migrated meanwhile is worked with: that is how versions take turns."""

    async def check() -> str | None:
        if await schema() == "older":
            return "The database is older than this program. `masssender run` of this version migrates it."
        return None

    return check


def poller_is_alive(polls: Callable[[], Polls], clock: Clock) -> Check:
    async def check() -> str | None:
        last = polls().last
        if last is None:
            return "Telegram has not answered yet."
        if (age := clock.now() - last) > LATE:
            return f"Telegram has not answered for {int(age.total_seconds())} seconds."
        return None

    return check


def workers_are_reached(store: Store[Unit], web: WebSessions) -> Check:
    """Those on which linked numbers live; without any, nobody needs a worker."""

    async def check() -> str | None:
        async with store.read() as unit:
            accounts = await unit.accounts.all()
        needed = {
            one.remote.partition("/")[0]
            for one in accounts
            if one.channel is Channel.WEB and one.is_connected
        }
        if not needed:
            return None
        nodes = {node.name: node for node in await web.nodes()}
        lost = {
            name: (nodes[name].trouble or "not_started") if name in nodes else "not_in_the_settings"
            for name in needed
            if name not in nodes or nodes[name].trouble is not None or not nodes[name].limit
        }
        if not lost:
            return None
        named = ", ".join(f"{name} ({why})" for name, why in sorted(lost.items()))
        return f"Workers of WhatsApp Web that are not there: {named}."

    return check
