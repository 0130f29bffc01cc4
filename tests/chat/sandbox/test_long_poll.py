"""getUpdates: what waits, what is confirmed, and that only one may listen."""

import asyncio
import time

import pytest

from bot.sandbox import people
from bot.sandbox.client import SandboxChat
from bot.sandbox.state import Sandbox
from tests.chat.sandbox.conftest import AYSE, SetClock
from tests.chat.sandbox.raw import RawBot, Refused


def say(sandbox: Sandbox, *texts: str) -> None:
    for text in texts:
        people.say(sandbox, sandbox.chats[AYSE], sandbox.users[AYSE], text)


async def texts(bot: RawBot, offset: int = 0, **args: object) -> list[str]:
    return [update["message"]["text"] for update in await bot.updates(offset, **args)]


async def test_updates_wait_until_a_higher_offset_confirms_them(inside: RawBot, sandbox: Sandbox) -> None:
    say(sandbox, "one", "two")
    first, second, third = await inside.updates()
    assert [second["update_id"] - first["update_id"], third["update_id"] - second["update_id"]] == [1, 1]
    assert await texts(inside) == ["/start", "one", "two"]
    assert await texts(inside, third["update_id"]) == ["two"]
    assert await texts(inside) == ["two"]
    assert await inside.updates(third["update_id"] + 1) == []
    assert await inside.updates() == []


async def test_a_negative_offset_keeps_only_the_newest(inside: RawBot, sandbox: Sandbox) -> None:
    say(sandbox, "one", "two", "three")
    assert await texts(inside, -2) == ["two", "three"]
    assert await texts(inside) == ["two", "three"]


async def test_limit_cuts_the_batch_and_confirms_nothing(inside: RawBot, sandbox: Sandbox) -> None:
    say(sandbox, *(str(number) for number in range(120)))
    assert await texts(inside, limit=2) == ["/start", "0"]
    assert len(await texts(inside, limit=1000)) == 100
    assert len(sandbox.updates) == 121


async def test_updates_are_forgotten_after_a_day(inside: RawBot, sandbox: Sandbox, clock: SetClock) -> None:
    clock.now += 23 * 3600
    say(sandbox, "late")
    clock.now += 2 * 3600
    assert await texts(inside) == ["late"]


async def test_unwanted_kinds_are_not_queued_and_the_wish_is_remembered(
    inside: RawBot, sandbox: Sandbox
) -> None:
    await inside.updates(allowed_updates=["callback_query"])
    say(sandbox, "unheard")
    assert await texts(inside) == ["/start"]
    assert (await inside.call("getWebhookInfo"))["allowed_updates"] == ["callback_query"]
    await inside.updates(allowed_updates=[])
    say(sandbox, "heard")
    assert await texts(inside) == ["/start", "heard"]


async def test_pending_updates_can_be_dropped(inside: RawBot) -> None:
    assert (await inside.call("getWebhookInfo"))["pending_update_count"] == 1
    assert await inside.call("deleteWebhook")
    assert (await inside.call("getWebhookInfo"))["pending_update_count"] == 1
    assert await inside.call("deleteWebhook", drop_pending_updates=True)
    assert await inside.updates() == []


async def test_a_waiting_poll_answers_as_soon_as_something_comes(bot: RawBot, ayse: SandboxChat) -> None:
    (seen,) = await bot.updates()
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(bot.updates(seen["update_id"] + 1, timeout=30))
        group.create_task(ayse.say("here"))
    assert [update["message"]["text"] for update in poll.result()] == ["here"]
    assert time.monotonic() - began < 10


async def test_a_poll_for_nothing_waits_its_time(bot: RawBot) -> None:
    began = time.monotonic()
    assert await bot.updates(timeout=1) == []
    assert time.monotonic() - began >= 0.9


async def test_a_second_poll_ends_the_first_with_a_conflict(bot: RawBot, sandbox: Sandbox) -> None:
    first = asyncio.gather(bot.updates(timeout=3), return_exceptions=True)
    await bot.call("getMe")  # by now the first one is being served or about to be
    outcomes = await asyncio.gather(first, asyncio.gather(bot.updates(timeout=1), return_exceptions=True))
    answers = [outcome for (outcome,) in outcomes]
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [answer for answer in answers if not isinstance(answer, Refused)] == [[]]
    assert [(r.status, r.description) for r in refused] == [
        (
            409,
            "Conflict: terminated by other getUpdates request; "
            "make sure that only one bot instance is running",
        )
    ]


async def test_a_bot_that_dies_while_polling_loses_nothing(bot: RawBot, ayse: SandboxChat) -> None:
    (seen,) = await bot.updates()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await bot.updates(seen["update_id"] + 1, timeout=30)
    await ayse.say("while you were dead")
    assert await texts(bot, seen["update_id"] + 1, timeout=5) == ["while you were dead"]


async def test_ids_go_on_rising_when_the_sandbox_is_started_again(clock: SetClock) -> None:
    from bot.sandbox.state import SandboxConfig

    ids: list[tuple[int, int]] = []
    for _ in range(2):
        sandbox = Sandbox(SandboxConfig(clock=clock))
        say(sandbox, "hello")
        (update,) = await sandbox.updates.poll(offset=0, limit=1, timeout=0, allowed=None)
        ids.append((update["update_id"], update["message"]["message_id"]))
        clock.now += 5
    assert ids[0][0] < ids[1][0] < 2**31
    assert ids[0][1] < ids[1][1] < 2**31
