"""The door for WhatsApp's webhooks, asked by schemathesis: signed, forged, wrongly typed, deep, endless."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from tests.unit.cloud.bodies import TEXT
from tests.unit.cloud.test_webhook_door import PATH, SECRET, Inbox, door, signed
from whatsapp.cloud.webhooks import LONGEST_BODY, Refused, read, sign

CLEAR = {200, 400, 401, 403, 405, 408, 413}
_ANYTHING: dict[str, Any] = {}
_CHANGE = {
    "type": "object",
    "required": ["field", "value"],
    "properties": {
        "field": {"enum": ["messages", "account_update", "message_template_status_update", "x"]},
        "value": {
            "type": "object",
            "properties": {
                "messaging_product": {"const": "whatsapp"},
                "metadata": {
                    "type": "object",
                    "properties": {"phone_number_id": {"type": "string", "pattern": "^[0-9]{1,20}$"}},
                },
                "contacts": {"type": "array", "items": {"properties": {"wa_id": {"type": "string"}}}},
                "messages": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["id", "from", "type"],
                        "properties": {
                            "id": {"type": "string"}, "from": {"type": "string", "pattern": "^[0-9]{5,15}$"},
                            "timestamp": {"type": "string", "pattern": "^[0-9]{1,12}$"},
                            "type": {"enum": ["text", "image", "button", "order", "x"]},
                            "text": {"type": "object", "properties": {"body": {"type": "string"}}},
                        },
                    },
                },
                "statuses": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["id", "status"],
                        "properties": {
                            "id": {"type": "string"},
                            "status": {"enum": ["sent", "delivered", "read", "failed"]},
                            "recipient_id": {"type": "string"}, "errors": {"type": "array"},
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip
SCHEMA: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "webhook", "version": "1"},
    "paths": {
        PATH: {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["object", "entry"],
                                "properties": {
                                    "object": {"const": "whatsapp_business_account"},
                                    "entry": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "properties": {
                                                "id": {"type": "string"},
                                                "changes": {"type": "array", "items": _CHANGE},
                                            },
                                        },
                                    },
                                },
                            }
                        }
                    },
                },
                "responses": {"200": {"description": "stored"}},
            }
        }
    },
}


def bodies(mode: Any) -> st.SearchStrategy[bytes]:
    [found] = schemathesis.openapi.from_dict(SCHEMA).get_all_operations()
    assert isinstance(found, Ok)
    operation: Any = found.ok()
    return operation.as_strategy(generation_mode=mode).map(_raw)  # type: ignore[no-any-return]


def _raw(case: Any) -> bytes:
    """Of what is no JSON at all schemathesis makes bytes."""
    return case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()


few = settings(
    max_examples=12, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


async def asked(raw: bytes, headers: dict[str, str]) -> tuple[httpx.Response, Inbox]:
    inbox = Inbox()
    async with door(inbox) as client, asyncio.timeout(10):
        return await client.post(PATH, content=raw, headers=headers), inbox


@few
@given(raw=bodies(schemathesis.GenerationMode.POSITIVE))
async def test_what_whatsapp_might_say_is_stored_and_can_be_read(raw: bytes) -> None:
    answer, inbox = await asked(raw, signed(raw))
    assert answer.status_code == 200
    assert [body for body, _ in inbox.stored] == [raw]
    read(raw)


@few
@given(raw=bodies(schemathesis.GenerationMode.NEGATIVE))
async def test_what_is_of_the_wrong_type_is_refused_or_set_aside(raw: bytes) -> None:
    answer, inbox = await asked(raw, signed(raw))
    assert answer.status_code in {200, 400}, (answer.status_code, raw[:80])
    assert len(inbox.stored) == (answer.status_code == 200)
    for body, _ in inbox.stored:
        read(body)


@few
@given(raw=st.binary(max_size=600))
async def test_any_signed_bytes_are_refused_in_a_sentence_or_can_be_read(raw: bytes) -> None:
    answer, _ = await asked(raw, signed(raw))
    assert answer.status_code in {200, 400} and (answer.status_code == 200 or answer.text)
    try:
        read(raw)
    except Refused as refused:
        assert answer.status_code == refused.status


@few
@given(
    raw=st.binary(max_size=100),
    header=st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=100),
        st.from_regex(r"\Asha256=[0-9a-fA-F]{62,66}\Z"),
        st.sampled_from([sign(b"another body", SECRET), sign(b"", "another secret"), "sha1=" + "0" * 40]),
    ),
)
async def test_no_forged_signature_opens_the_door(raw: bytes, header: str) -> None:
    if header.strip().lower() == sign(raw, SECRET):
        return
    answer, inbox = await asked(raw, {"X-Hub-Signature-256": header})
    assert answer.status_code == 401 and inbox.stored == []


@few
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]),
    query=st.dictionaries(
        st.sampled_from(["hub.mode", "hub.verify_token", "hub.challenge", "x"]), st.text(max_size=300)
    ),
)
async def test_any_question_has_a_clear_answer(method: str, query: dict[str, str]) -> None:
    async with door() as client:
        encodable = {name: value.encode("utf-8", "ignore").decode() for name, value in query.items()}
        answer = await client.request(method, PATH, params=encodable)
    assert answer.status_code in CLEAR - {200}


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"object":"whatsapp_business_account","entry":['])
@pytest.mark.parametrize("deep", [65, 1_025, 200_000])
async def test_deep_nesting_is_refused(opening: bytes, deep: int) -> None:
    closing = {b"[": b"]", b'{"a":': b"1}"}.get(opening, b"]}")
    raw = opening * deep + closing * deep
    answer, inbox = await asked(raw, signed(raw))
    assert answer.status_code == (400 if len(raw) <= LONGEST_BODY else 413)
    assert inbox.stored == []


async def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    given = 0

    async def endless() -> Any:
        nonlocal given
        while True:
            given += 1
            yield b" " * 65_536

    inbox = Inbox()
    async with door(inbox) as client, asyncio.timeout(10):
        answer = await client.post(PATH, content=endless(), headers=signed(json.dumps(TEXT).encode()))
    assert answer.status_code == 413 and inbox.stored == []
    assert given * 65_536 <= LONGEST_BODY + 2 * 65_536
