"""The worker over real HTTP, with a fake WhatsApp: whatever is asked, it answers, never with 500."""

import asyncio
import http.client
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft7Validator
from schemathesis.core.result import Ok

from tests.fuzz.worker_schema import DOORS, SESSIONS, openapi, routes_of_the_worker
from tests.web_worker import fake_worker, link, workers_at

#: A request each; nothing in the API may take longer when it is not told to wait.
MOST_SECONDS = 20
EXAMPLES = 12
WELL_MEANT, HOSTILE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
#: What the worker says of itself when the other side is not there: 503 and 504 are no failures of its own.
OWN_FAULTS = {500, 501, 502}


def test_every_route_of_the_worker_is_asked() -> None:
    assert {(door.method, door.path) for door in DOORS} == routes_of_the_worker()


async def test_no_request_makes_the_worker_fail_or_hang(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own, workers_at(main=own) as web:
        await link(web, own, SESSIONS[0])
        await web.start(f"main/{SESSIONS[1]}")
        url, token = await own.address()
        statuses = await asyncio.to_thread(ask_everything, url, token)
        assert {200, 400, 404} <= statuses, "it was not asked much"
        [node] = await web.nodes()
        assert node.trouble is None
        await still_sends(url, token)


def ask_everything(url: str, token: str) -> set[int]:
    """Well-meant and hostile requests to each operation. What they were answered with."""
    seen: set[int] = set()
    schema = schemathesis.openapi.from_dict(openapi())
    refusals = Draft7Validator(_resolved("error"))
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation: Any = found.ok()
        for mode in (WELL_MEANT, HOSTILE):
            if mode is HOSTILE and not list(operation.iter_parameters()) and not operation.body:
                continue

            @settings(
                max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                headers = {"Authorization": f"Bearer {token}"}
                answer = case.call(base_url=url, headers=headers, timeout=MOST_SECONDS)
                about = f"{case.method} {case.formatted_path}: {answer.status_code}"
                assert answer.status_code not in OWN_FAULTS, about
                if answer.status_code >= 400:
                    refusals.validate(answer.json())
                seen.add(answer.status_code)

            ask()
    return seen


async def still_sends(url: str, token: str) -> None:
    """After all that a session comes up again and takes a message."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as client:
        assert (await client.get("/healthz")).status_code == 200
        started = await client.put("/v1/sessions/after-all", json={})
        assert started.status_code == 200, started.text


def _resolved(name: str) -> dict[str, Any]:
    whole = openapi()
    return {**whole["components"]["schemas"][name], "components": whole["components"]}


async def test_without_the_token_every_door_is_shut(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own:
        url, token = await own.address()
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            for door in DOORS:
                path = door.path.format(id="x", key="k", event="e")
                for wrong in ("", "Bearer", f"Bearer {token}x", token, f"bearer {token[:-1]}"):
                    answer = await client.request(door.method, path, headers={"Authorization": wrong})
                    assert answer.status_code == 401, (door, wrong)


async def test_bodies_that_are_too_long_too_deep_or_broken_are_refused(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own:
        url, token = await own.address()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        deep = b"[" * 400_000 + b"]" * 400_000
        bodies = (
            b"{" * 100_000,
            deep,
            b'"\xff\xfe"',
            b"\0" * 100,
            b'{"__proto__": {"a": 1}}',
            b"nul",
            b"x" * 2_000_000,
        )
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
            for body in bodies:
                answer = await client.put("/v1/sessions/x", content=body)
                assert answer.status_code in {400, 413}, (body[:20], answer.status_code)
            assert (await client.get("/v1/sessions")).json() == {"sessions": []}


async def test_who_is_still_sending_too_long_a_body_gets_the_refusal(tmp_path: Path) -> None:
    """A connection closed before all of the body was taken is reset, and the answer on it is lost."""
    async with fake_worker(tmp_path) as own:
        url, token = await own.address()
        answers = await asyncio.to_thread(send_after_the_answer, urlsplit(url).netloc, token)
    assert answers == [413, 200]


def send_after_the_answer(netloc: str, token: str) -> list[int]:
    """The body only when it has been refused; then one more question on the same connection."""
    again = f"GET /healthz HTTP/1.1\r\nHost: {netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    line = http.client.HTTPConnection(netloc, timeout=20)
    try:
        line.putrequest("PUT", "/v1/sessions/x")
        for name, value in (
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/json"),
            ("Content-Length", "2000000"),
        ):
            line.putheader(name, value)
        line.endheaders()
        refused = http.client.HTTPResponse(line.sock)
        refused.begin()
        refused.read()
        line.sock.sendall(b"x" * 2_000_000 + again.encode())
        after = http.client.HTTPResponse(line.sock)
        after.begin()
        return [refused.status, after.status]
    finally:
        line.close()


async def test_nonsense_instead_of_http_does_not_disturb_the_worker(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own:
        url, token = await own.address()
        at = urlsplit(url)
        for said in (
            b"\0" * 4096,
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        ):
            await asyncio.to_thread(say, str(at.hostname), int(at.port or 0), said)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            answer = await client.get("/healthz", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


def say(host: str, port: int, said: bytes) -> None:
    with socket.create_connection((host, port), timeout=10) as line:
        line.sendall(said)
        assert b" 200 " not in line.recv(4096)
