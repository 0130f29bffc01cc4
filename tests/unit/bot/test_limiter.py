"""The limiter: a chat waits for itself only."""

from typing import Any

import pytest
from telegram.error import RetryAfter

from bot.chat.limiter import GROUP_BURST, GROUP_RATE, Bucket, ChatLimiter


def test_a_burst_passes_and_then_a_second_apart() -> None:
    bucket = Bucket(rate=1.0, burst=3.0, now=100.0)
    assert [bucket.reserve(100.0) for _ in range(5)] == [0.0, 0.0, 0.0, 1.0, 2.0]


def test_waiting_fills_the_bucket_again_but_not_over_its_burst() -> None:
    bucket = Bucket(rate=1.0, burst=2.0, now=0.0)
    for _ in range(4):
        bucket.reserve(0.0)
    assert bucket.reserve(60.0) == 0.0
    assert bucket.reserve(60.0) == 0.0
    assert bucket.reserve(60.0) == 1.0


def test_a_closed_bucket_waits_until_it_opens() -> None:
    bucket = Bucket(rate=1.0, burst=5.0, now=0.0)
    bucket.close(30.0)
    assert bucket.reserve(10.0) == 20.0


def test_a_group_gets_twenty_messages_in_any_minute() -> None:
    bucket = Bucket(rate=GROUP_RATE, burst=GROUP_BURST, now=0.0)
    sent = [bucket.reserve(0.0) for _ in range(100)]
    assert max(sum(1 for one in sent if at <= one <= at + 60) for at in sent) == 20
    assert sent[:5] == [0.0] * 5


async def test_a_group_is_paced_as_one_and_a_person_as_before() -> None:
    limiter = ChatLimiter()
    await limiter.initialize()
    assert (limiter._bucket(-1001).rate, limiter._bucket(1001).rate) == (GROUP_RATE, 1.0)


async def _call(limiter: ChatLimiter, chat: int, answers: list[Exception | str]) -> Any:
    async def call() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return await limiter.process_request(call, (), {}, "sendMessage", {"chat_id": chat}, None)


async def test_a_flooded_call_is_made_again_after_its_wait_and_only_once() -> None:
    limiter = ChatLimiter()
    await limiter.initialize()
    assert await _call(limiter, 1, [RetryAfter(0), "sent"]) == "sent"


async def test_a_wait_too_long_to_be_worth_it_is_handed_to_the_caller() -> None:
    limiter = ChatLimiter()
    await limiter.initialize()
    with pytest.raises(RetryAfter):
        await _call(limiter, 1, [RetryAfter(10_323), "sent"])
    assert limiter.chats[1].closed_until > 10_000


async def test_one_chats_flood_does_not_hold_up_another_chat() -> None:
    limiter = ChatLimiter()
    await limiter.initialize()
    limiter._bucket(1).close(10**9)
    assert await _call(limiter, 2, ["sent"]) == "sent"
