"""The door for webhooks: stored before answered, shut to everybody else, never open for long."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import httpx
import pytest

from tests.unit.cloud.bodies import SENT, TEXT
from tests.unit.cloud.cast import NOW, StillClock
from whatsapp.cloud.http import WebhookDoor, webhook_app
from whatsapp.cloud.webhooks import LONGEST_BODY, sign

SECRET = "the app's secret"
PATH = "/webhooks/whatsapp"
RAW = json.dumps(TEXT).encode()


@dataclass
class Keys:
    secrets: Sequence[str] = (SECRET,)
    tokens: Sequence[str] = ("our-word",)

    def app_secrets(self) -> Sequence[str]:
        return self.secrets

    def secrets_of(self, phone_number_id: str) -> Sequence[str]:
        return self.secrets

    def verify_tokens(self) -> Sequence[str]:
        return self.tokens


@dataclass
class Inbox:
    stored: list[tuple[bytes, datetime]] = field(default_factory=list)
    broken: bool = False
    hold: asyncio.Event | None = None

    async def store(self, raw: bytes, at: datetime) -> None:
        if self.hold is not None:
            await self.hold.wait()
        if self.broken:
            raise OSError("the disk is full")
        line, _, body = raw.partition(b"\n")
        assert line.decode().split(" ")[0] in {sign(body, SECRET), sign(body, "new")}
        self.stored.append((body, at))


@asynccontextmanager
async def door(
    inbox: Inbox | None = None, keys: Keys | None = None, *, read_seconds: float = 5.0, at_once: int = 8
) -> AsyncIterator[httpx.AsyncClient]:
    app = webhook_app(
        WebhookDoor(
            keys or Keys(), inbox or Inbox(), StillClock(), read_seconds=read_seconds, at_once=at_once
        )
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://bot.example") as client:
        yield client


def signed(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": sign(raw, secret), "Content-Type": "application/json"}


async def test_a_signed_body_is_stored_as_it_came_and_then_answered() -> None:
    inbox = Inbox()
    async with door(inbox) as client:
        answer = await client.post(PATH, content=RAW, headers=signed(RAW))
    assert (answer.status_code, answer.text) == (200, "")
    assert inbox.stored == [(RAW, NOW)]


async def test_it_is_not_answered_before_it_is_stored() -> None:
    inbox = Inbox(hold=asyncio.Event())
    assert inbox.hold is not None
    async with door(inbox) as client, asyncio.TaskGroup() as tasks:
        posting = tasks.create_task(client.post(PATH, content=RAW, headers=signed(RAW)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not posting.done()
        inbox.hold.set()
        assert (await posting).status_code == 200


async def test_what_cannot_be_stored_is_not_answered_with_200_so_that_it_comes_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inbox = Inbox(broken=True)
    async with door(inbox) as client:
        assert (await client.post(PATH, content=RAW, headers=signed(RAW))).status_code == 503
        inbox.broken = False
        assert (await client.post(PATH, content=RAW, headers=signed(RAW))).status_code == 200
    assert [raw for raw, _ in inbox.stored] == [RAW]
    assert "Does it come in another color" not in caplog.text


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (RAW, {}, 401),
        (RAW, signed(RAW, "somebody else's"), 401),
        (RAW[:-1], signed(RAW), 401),
        (RAW + b" ", signed(RAW), 401),
        (RAW[:-1], signed(RAW[:-1]), 400),
        (b"{}", signed(b"{}"), 400),
        (b"", signed(b""), 400),
        (b"[" * 100_000, signed(b"[" * 100_000), 400),
    ],
)
async def test_forged_truncated_and_nested_bodies_get_a_sentence_and_are_not_stored(
    raw: bytes, headers: dict[str, str], status: int
) -> None:
    inbox = Inbox()
    async with door(inbox) as client:
        answer = await client.post(PATH, content=raw, headers=headers)
    assert answer.status_code == status
    assert answer.text.endswith(".")
    assert inbox.stored == []


async def test_a_body_too_large_is_refused_by_its_declared_length_and_by_its_real_one() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LONGEST_BODY // 65_536 + 2):
            yield b" " * 65_536

    inbox, big = Inbox(), b" " * (LONGEST_BODY + 1)
    async with door(inbox) as client:
        declared = await client.post(PATH, content=big, headers=signed(big))
        undeclared = await client.post(PATH, content=endless(), headers=signed(b""))
    assert [declared.status_code, undeclared.status_code] == [413, 413]
    assert inbox.stored == []


async def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    forever = asyncio.Event()

    async def drip() -> AsyncIterator[bytes]:
        yield RAW[:10]
        await forever.wait()

    async with door(read_seconds=0.05) as client:
        answer = await client.post(PATH, content=drip(), headers=signed(RAW))
    assert answer.status_code == 408


async def test_more_at_once_than_there_is_room_for_are_told_to_come_again() -> None:
    inbox = Inbox(hold=asyncio.Event())
    assert inbox.hold is not None
    async with door(inbox, at_once=2) as client, asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(client.post(PATH, content=RAW, headers=signed(RAW))) for _ in range(2)]
        for _ in range(20):
            await asyncio.sleep(0)
        late = await client.post(PATH, content=RAW, headers=signed(RAW))
        assert (late.status_code, late.headers["retry-after"]) == (503, "1")
        inbox.hold.set()
        assert [(await one).status_code for one in waiting] == [200, 200]


async def test_slow_bodies_give_way_to_whoever_comes_next() -> None:
    """All places taken by those who drip: what WhatsApp brings is taken in all the same."""
    forever, inbox = asyncio.Event(), Inbox()

    async def drip() -> AsyncIterator[bytes]:
        yield RAW[:10]
        await forever.wait()

    async with door(inbox, read_seconds=3600, at_once=2) as client, asyncio.TaskGroup() as tasks:
        slow = [tasks.create_task(client.post(PATH, content=drip(), headers=signed(RAW))) for _ in range(2)]
        for _ in range(20):
            await asyncio.sleep(0)
        for _ in range(3):
            assert (await client.post(PATH, content=RAW, headers=signed(RAW))).status_code == 200
        assert (await slow[0]).status_code == 408
        assert not slow[1].done(), "one place was enough"
        slow[1].cancel()
    assert len(inbox.stored) == 3


async def test_a_body_that_comes_again_is_stored_again_and_does_no_harm() -> None:
    inbox = Inbox()
    async with door(inbox) as client:
        for _ in range(3):
            assert (await client.post(PATH, content=RAW, headers=signed(RAW))).status_code == 200
    assert {raw for raw, _ in inbox.stored} == {RAW}


async def test_any_of_our_secrets_will_do_while_one_is_replaced() -> None:
    async with door(keys=Keys(secrets=("new", SECRET))) as client:
        for secret in ("new", SECRET):
            answer = await client.post(PATH, content=RAW, headers=signed(RAW, secret))
            assert answer.status_code == 200


async def test_a_number_that_is_not_set_up_believes_nobody() -> None:
    async with door(keys=Keys(secrets=(), tokens=())) as client:
        assert (await client.post(PATH, content=RAW, headers=signed(RAW))).status_code == 401
        asked = await client.get(PATH, params={"hub.mode": "subscribe", "hub.challenge": "1"})
        assert asked.status_code == 403


async def test_the_address_proves_itself_with_the_challenge() -> None:
    params = {"hub.mode": "subscribe", "hub.verify_token": "our-word", "hub.challenge": "1158201444"}
    async with door() as client:
        answer = await client.get(PATH, params=params)
        wrong = await client.get(PATH, params=params | {"hub.verify_token": "guess"})
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (wrong.status_code, "our-word" in wrong.text) == (403, False)


async def test_other_ways_in_are_shut() -> None:
    async with door() as client:
        assert (await client.put(PATH, content=RAW)).status_code == 405
        assert (await client.get("/elsewhere")).status_code == 404


async def test_a_refusal_is_logged_by_its_code_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    raw = json.dumps(SENT).encode()
    async with door() as client:
        await client.post(PATH, content=raw, headers=signed(raw, "guess"))
    assert "forged" in caplog.text
    assert "desk-7-1" not in caplog.text
    assert "16505551234" not in caplog.text
