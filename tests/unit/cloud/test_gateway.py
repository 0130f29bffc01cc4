"""Sending over the Cloud API: what each answer makes of a message, and what is never sent twice."""

import asyncio
import logging
from dataclasses import replace

import httpx
import pytest

from domain.delivery.channel import AcceptedAs, Effect
from domain.delivery.ports import Accepted, Fault, MessageGateway, Rejected, Unknown
from domain.delivery.template_values import FilledTemplate, TemplateMessage
from domain.kernel.ids import AttemptKey
from tests.unit.cloud.cast import ADA, BRUNO, NUMBER_ID, TOKEN, HeardEffects, message
from tests.unit.cloud.facebook import (
    ACCEPTED,
    Facebook,
    calling,
    error,
    gateway,
    http_answer,
    line,
    read_request,
    socket,
)
from whatsapp.client import NeverLeft, build_cloud_client


async def test_what_is_accepted_tells_under_which_names_the_person_will_answer() -> None:
    facebook = Facebook()
    async with calling(facebook) as client:
        way: MessageGateway = gateway(client)
        outcome = await way.send(message(to=BRUNO))
    assert outcome == AcceptedAs(
        "wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1RjQyNUE3NEYxMzAzMzQ5MkEA",
        wa_id="551187654321",
        user_id="BR.1502576394655843",
    )
    assert isinstance(outcome, Accepted)
    assert facebook.paths == [f"{NUMBER_ID}/messages"]
    assert facebook.body()["biz_opaque_callback_data"] == "k1"
    assert facebook.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert facebook.asked[0].headers["content-type"] == "application/json"


async def test_a_message_that_whatsapp_holds_back_for_a_look_is_accepted() -> None:
    body = ACCEPTED | {"messages": [{"id": "wamid.1", "message_status": "held_for_quality_assessment"}]}
    async with calling(Facebook((200, body))) as client:
        outcome = await gateway(client).send(message())
    assert isinstance(outcome, AcceptedAs)
    assert outcome.held


async def test_the_same_key_is_sent_once_however_often_it_is_put() -> None:
    facebook = Facebook()
    async with calling(facebook) as client:
        way = gateway(client)
        answers = await asyncio.gather(*(way.send(message()) for _ in range(10)))
        answers.append(await way.send(message()))
    assert len(set(answers)) == 1
    assert len(facebook.asked) == 1


async def test_a_key_whose_end_is_unknown_is_not_sent_again() -> None:
    facebook = Facebook(httpx.ReadError("gone"), (200, ACCEPTED))
    async with calling(facebook) as client:
        way = gateway(client)
        assert await way.send(message()) == Unknown("connection_lost")
        assert await way.send(message()) == Unknown("connection_lost")
        assert isinstance(await way.send(message("k2")), Accepted)
    assert len(facebook.asked) == 2


async def test_a_send_that_was_cancelled_leaves_its_key_unknown() -> None:
    started = asyncio.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(hang)) as client:
        way = gateway(client)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(way.send(message()))
            await started.wait()
            waiting = tasks.create_task(way.send(message()))
            await asyncio.sleep(0)
            task.cancel()
        assert await waiting == Unknown("interrupted")
        assert await way.send(message()) == Unknown("interrupted")


@pytest.mark.parametrize(
    ("status", "body", "expected", "effect"),
    [
        (400, error(131026), Rejected("undeliverable", False, Fault.PERSON), Effect.NONE),
        (400, error(131050), Rejected("stopped_marketing", False, Fault.PERSON), Effect.REVOKE_CONSENT),
        (400, error(131048), Rejected("spam_limited", True, Fault.RESTRICTION), Effect.PAUSE_ACCOUNT),
        (401, error(190), Rejected("token_refused", True, Fault.RESTRICTION), Effect.PAUSE_ACCOUNT),
        (400, error(130429), Rejected("too_fast", True, Fault.PERSON), Effect.SLOW_DOWN),
        (400, error(131056), Rejected("pair_too_fast", True, Fault.PERSON), Effect.PAIR_BACKOFF),
        (404, error(132001), Rejected("template_missing", True, Fault.ACCOUNT), Effect.TEMPLATE_FAULT),
        (503, error(2), Rejected("temporary", True, Fault.ACCOUNT), Effect.NONE),
        (500, error(131016), Unknown("server_unclear"), Effect.NONE),
        (500, error(1), Unknown("server_unclear"), Effect.NONE),
        (500, error(77_777), Unknown("unknown_code"), Effect.NONE),
        (502, b"<html>Bad Gateway</html>", Unknown("server_error"), Effect.NONE),
        (503, b"", Unknown("server_error"), Effect.NONE),
        (429, b"slow down", Rejected("too_fast", True, Fault.PERSON), Effect.SLOW_DOWN),
        (404, b"nothing here", Rejected("channel_refused", False, Fault.ACCOUNT), Effect.NONE),
        (200, b"{\"messages\": [", Unknown("bad_answer"), Effect.NONE),
        (200, {}, Unknown("bad_answer"), Effect.NONE),
        (200, [], Unknown("bad_answer"), Effect.NONE),
        (200, {"messages": [{"id": 7}]}, Unknown("bad_answer"), Effect.NONE),
        (200, {"messages": {"id": "x"}, "contacts": 3}, Unknown("bad_answer"), Effect.NONE),
        (200, error(131026), Rejected("undeliverable", False, Fault.PERSON), Effect.NONE),
    ],
)  # fmt: skip
async def test_every_answer_becomes_an_outcome_and_its_effect_is_told(
    status: int, body: object, expected: object, effect: Effect
) -> None:
    effects = HeardEffects()
    async with calling(Facebook((status, body))) as client:
        assert await gateway(client, effects=effects).send(message()) == expected
    assert [one.effect for one in effects.heard] == ([] if effect is Effect.NONE else [effect])


async def test_an_effect_tells_whom_and_what_it_is_about() -> None:
    effects = HeardEffects()
    sale = TemplateMessage(
        key=AttemptKey("k9"), to=ADA, text="", template=FilledTemplate(name="sale", language="en")
    )
    async with calling(Facebook((400, error(132015)))) as client:
        await gateway(client, effects=effects).send(sale)
    (event,) = effects.heard
    assert (event.remote, event.code, event.reason) == (NUMBER_ID, 132015, "template_paused")
    assert (event.key, event.to, event.template) == ("k9", ADA, "sale")


async def test_an_effect_that_cannot_be_taken_does_not_lose_the_outcome() -> None:
    async with calling(Facebook((400, error(131050)))) as client:
        outcome = await gateway(client, effects=HeardEffects(broken=True)).send(message())
    assert outcome == Rejected("stopped_marketing", False, Fault.PERSON)


async def test_what_would_be_refused_is_not_even_asked() -> None:
    facebook = Facebook()
    async with calling(facebook) as client:
        outcome = await gateway(client).send(message(text="x" * 5000))
    assert outcome == Rejected("too_long", False, Fault.PERSON)
    assert facebook.asked == []


async def test_half_a_character_is_refused_before_it_is_sent() -> None:
    facebook = Facebook()
    async with calling(facebook) as client:
        outcome = await gateway(client).send(message(text="\ud83d"))
    assert outcome == Rejected("request_refused", False, Fault.PERSON)
    assert facebook.asked == []


async def test_a_token_that_no_header_can_carry_sends_nothing() -> None:
    facebook = Facebook()
    async with calling(facebook) as client:
        outcome = await gateway(client, line(token="türkçe\u2028")).send(message())
    assert outcome == Rejected("channel_down", True, Fault.ACCOUNT)
    assert facebook.asked == []


async def test_a_refused_connection_is_certain_and_tried_again() -> None:
    refused = NeverLeft("nobody there")
    async with calling(Facebook(refused)) as client:
        assert await gateway(client).send(message()) == Rejected("channel_down", True, Fault.ACCOUNT)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (httpx.ReadTimeout("late"), "silence"),
        (httpx.ConnectTimeout("who knows"), "silence"),
        (httpx.ReadError("cut"), "connection_lost"),
        (httpx.RemoteProtocolError("half an answer"), "connection_lost"),
        (RuntimeError("a fault of the client's"), "gateway_error"),
    ],
)
async def test_whatever_the_client_raises_is_an_outcome(trouble: Exception, reason: str) -> None:
    async with calling(Facebook(trouble)) as client:
        assert await gateway(client).send(message()) == Unknown(reason)


async def test_nobody_listening_is_a_refusal_to_retry() -> None:
    async with build_cloud_client() as client:
        outcome = await gateway(client, line("http://127.0.0.1:1/v23.0")).send(message())
    assert outcome == Rejected("channel_down", True, Fault.ACCOUNT)


async def test_an_address_that_is_none_sends_nothing() -> None:
    async with build_cloud_client() as client:
        for url in ("gopher://graph.example", "https://[half"):
            outcome = await gateway(client, line(url)).send(message())
            assert outcome == Rejected("channel_down", True, Fault.ACCOUNT)


async def test_silence_after_the_request_was_written_is_unknown() -> None:
    async def takes_and_says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()

    async with socket(takes_and_says_nothing) as (client, to):
        assert await gateway(client, to, seconds=0.2).send(message()) == Unknown("silence")


async def test_who_never_got_a_connection_has_certainly_sent_nothing() -> None:
    taken: list[bytes] = []

    async def takes_and_says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append((await read_request(reader))[1])
        await reader.read()

    async with (
        socket(takes_and_says_nothing) as (_, to),
        build_cloud_client(connections=1, wait=0.5) as client,
    ):
        way = gateway(client, to, seconds=1.0)
        first, second = await asyncio.gather(way.send(message()), way.send(message("k2")))
    assert (first, second) == (Unknown("silence"), Rejected("channel_down", True, Fault.ACCOUNT))
    assert len(taken) == 1


async def test_a_line_cut_after_the_request_was_written_is_unknown() -> None:
    async def takes_and_hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async with socket(takes_and_hangs_up) as (client, to):
        assert await gateway(client, to).send(message()) == Unknown("connection_lost")


async def test_an_answer_without_end_is_not_swallowed() -> None:
    async def talks_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" " * 65_536)
            await writer.drain()

    async with socket(talks_on) as (client, to):
        assert await gateway(client, to).send(message()) == Unknown("bad_answer")


async def test_a_real_answer_over_a_real_socket_is_understood() -> None:
    heads: list[bytes] = []

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            heads.append((await read_request(reader))[0])
            writer.write(http_answer(200, ACCEPTED))

    async with socket(answers) as (client, to):
        way = gateway(client, to)
        assert isinstance(await way.send(message()), AcceptedAs)
        assert isinstance(await way.send(message("k2")), AcceptedAs)
    assert len(heads) == 2, "the connection is kept"
    assert heads[0].startswith(f"POST /v23.0/{NUMBER_ID}/messages HTTP/1.1\r\n".encode())


async def test_neither_token_nor_text_nor_number_is_ever_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers: list[tuple[int, object] | Exception] = [(401, error(190)), RuntimeError("odd"), (500, b"x")]
    for answer in answers:
        async with calling(Facebook(answer)) as client:
            await gateway(client, effects=HeardEffects(broken=True)).send(message(text="a private word"))
    said = caplog.text
    assert "RuntimeError" in said
    for secret in (TOKEN, "a private word", ADA, ADA[1:]):
        assert secret not in said
    assert TOKEN not in repr(line())


async def test_memory_of_keys_is_bounded_and_keeps_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whatsapp.cloud.gateway._REMEMBERED", 3)
    facebook = Facebook()
    async with calling(facebook) as client:
        way = gateway(client)
        for n in range(6):
            await way.send(replace(message(), key=AttemptKey(f"k{n}")))
        await way.send(message("k5"))
    assert len(facebook.asked) == 6
