"""The simulated phones over HTTP: what only a network can do to a send, and what tests and pages ask."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from domain.delivery.model import Progress
from domain.delivery.ports import (
    ChannelDown,
    Fault,
    Rejected,
    ReplyNews,
    Unknown,
)
from tests.contract.lines import ADA, BRUNO, CHIKA, MemoryMedia, message, over_http, photo, progress_of
from whatsapp.client import build_client
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.gateway import (
    REASONS,
    SimulatedGateway,
    SimulatedNews,
    link_number,
)


async def test_nobody_listening_is_a_refusal_to_try_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        base_url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with build_client() as client:
            gateway = SimulatedGateway(client, base_url, "sim-1", MemoryMedia(), timeout=2)
            assert await gateway.send(message()) == Rejected("channel_down", True, Fault.ACCOUNT)
            with pytest.raises(ChannelDown):
                await SimulatedNews(client, base_url, "sim-1").after(0, wait_seconds=0)
            with pytest.raises(ChannelDown):
                await link_number(client, base_url)


@pytest.mark.parametrize(
    ("fault", "taken"), [("silence_after_taking", 1), ("silence_before_taking", 0), ("disconnect", 0)]
)
async def test_silence_is_unknown_whatever_happened_on_the_far_side(
    tmp_path: Path, fault: str, taken: int
) -> None:
    async with over_http(tmp_path, patience=0.3) as line:
        line.world.script(ADA, fault)
        assert isinstance(await line.gateway.send(message()), Unknown)
        assert len(line.world.received) == taken


@pytest.fixture
def raw_answer(request: pytest.FixtureRequest) -> Iterator[str]:
    """A far side that reads a request, says `request.param` and hangs up."""
    answer: bytes = request.param
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve_once, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)


@pytest.mark.parametrize(
    "raw_answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<htm>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"no HTTP at all\r\n\r\n",
    ],
    indirect=True,
)
async def test_a_line_lost_after_we_spoke_is_unknown(raw_answer: str) -> None:
    async with build_client() as client:
        gateway = SimulatedGateway(client, raw_answer, "sim-1", MemoryMedia(), timeout=5)
        assert isinstance(await gateway.send(message()), Unknown)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"key": "k", "to": "+447700900001"}', 400),
        (b'{"key": "", "to": "+447700900001", "text": "x"}', 400),
        (b'{"key": "k", "to": "+447700900001", "text": 5}', 400),
        (b'{"key": "k", "to": "+447700900001", "text": "' + b"x" * 70_000 + b'"}', 422),
        (b" " * (600 * 1024), 413),
    ],
)
async def test_a_malformed_send_is_refused_and_nobody_gets_it(
    tmp_path: Path, body: bytes, status: int
) -> None:
    async with over_http(tmp_path) as line, httpx.AsyncClient() as client:
        (account,) = line.world.book.accounts
        answer = await client.post(
            f"{line.base_url}/accounts/{account}/messages",
            content=body,
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == status
        assert line.world.received == []


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
async def test_pages_of_other_sites_are_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    async with over_http(tmp_path) as line, httpx.AsyncClient() as client:
        answer = await client.get(f"{line.base_url}/api/phones", headers=headers)
        assert answer.status_code == 403


async def test_a_send_whose_caller_went_away_still_counts(tmp_path: Path) -> None:
    behaviour = replace(Behaviour.instant(), latency=(0.3, 0.3))
    async with over_http(tmp_path, behaviour, patience=0.05) as line:
        assert isinstance(await line.gateway.send(message()), Unknown)
        items = list(await line.news.after(1, wait_seconds=5))
        assert progress_of("k1", items)[0] is Progress.SENT
        assert len(line.world.received) == 1


async def test_tests_script_faults_and_count_what_was_received_over_http(tmp_path: Path) -> None:
    async with over_http(tmp_path) as line, httpx.AsyncClient(base_url=line.base_url) as client:
        script = {"number": None, "fault": "temporary", "times": 1}
        assert (await client.post("/api/faults", json=script)).status_code == 200
        assert (await client.post("/api/faults", json={"fault": "explosion"})).status_code == 400
        for key, to in (("k1", ADA), ("k2", ADA), ("k3", BRUNO)):
            await line.gateway.send(message(key, to))
        totals = (await client.get("/api/received/totals")).json()
        assert totals == {"messages": 2, "numbers": {ADA: 1, BRUNO: 1}}
        rows = (await client.get("/api/received", params={"after": 1})).text.splitlines()
        assert len(rows) == 1
        assert f'"number": "{BRUNO}"' in rows[0]


async def test_trouble_is_made_only_for_a_number_that_can_meet_it(tmp_path: Path) -> None:
    async with over_http(tmp_path) as line, httpx.AsyncClient(base_url=line.base_url) as client:
        for number, why in (("Ada", "no number with its country code"), (ADA, "no simulated phone")):
            answer = await client.post("/api/faults", json={"number": number, "fault": "temporary"})
            assert answer.status_code == 400 and why in answer.json()["error"]
        await line.gateway.send(message("k1", ADA))
        answer = await client.post("/api/faults", json={"number": ADA, "fault": "temporary"})
        assert answer.status_code == 200
        await line.gateway.send(message("k2", BRUNO))
        await line.gateway.send(message("k3", ADA))
        assert [one.key for one in line.world.received] == ["k1", "k2"]


async def test_the_phones_page_shows_answers_and_switches(tmp_path: Path) -> None:
    async with over_http(tmp_path) as line, httpx.AsyncClient(base_url=line.base_url) as client:
        await line.gateway.send(message())
        listed = (await client.get("/api/phones")).json()
        assert (listed["total"], listed["phones"][0]["name"], listed["phones"][0]["unread"]) == (1, "Ada", 1)
        assert (await client.post(f"/api/phones/{ADA}/reply", json={"text": "Hi!"})).status_code == 200
        assert (await client.post(f"/api/phones/{ADA}/reply", json={"text": ""})).status_code == 400
        assert (await client.post(f"/api/phones/{ADA}/switch", json={"offline": True})).json()["offline"]
        changed = (await client.get("/api/changes", params={"after": listed["seq"], "wait": 5})).json()
        assert [bubble["text"] for bubble in changed["phones"][0]["bubbles"]] == ["Hello Ada", "Hi!"]
        assert changed["phones"][0]["bubbles"][0]["state"] == "read"
        assert (await client.get(f"/api/phones/{CHIKA}")).status_code == 404
        assert (await client.get("/api/phones", params={"q": "nobody"})).json()["total"] == 0


async def test_a_file_that_could_run_in_the_page_is_only_downloaded(tmp_path: Path) -> None:
    async with over_http(tmp_path) as line, httpx.AsyncClient(base_url=line.base_url) as client:
        key = line.media.keep(b"<svg onload='alert(1)'/>")
        await line.gateway.send(message(media=photo(key, 24)))
        for mime in ("image/svg+xml", "text/html", "", "image/png\r\nx: y"):
            answer = await client.get(f"/api/media/{key}", params={"mime": mime})
            assert answer.headers["content-disposition"] == "attachment"
        shown = await client.get(f"/api/media/{key}", params={"mime": "image/jpeg"})
        assert shown.headers["content-type"] == "image/jpeg"
        assert (await client.get("/api/media/..%2Fjournal.jsonl")).status_code == 404


def test_every_reason_has_a_stable_code() -> None:
    assert {
        "not_on_whatsapp",
        "temporary",
        "restricted",
        "channel_down",
        "unlinked",
        "media_refused",
        "too_long",
        "channel_refused",
    } == REASONS


async def test_half_an_emoji_that_somebody_writes_holds_up_no_news(tmp_path: Path) -> None:
    async with over_http(tmp_path) as line:
        async with httpx.AsyncClient(base_url=line.base_url) as client:
            for text in ("yes \ud83d", "STOP"):
                raw = json.dumps({"text": text, "account": next(iter(line.world.book.accounts))})
                url = f"/api/phones/{ADA}/reply"
                answer = await client.post(url, content=raw, headers={"Content-Type": "application/json"})
                assert answer.status_code == 200
        items = await line.news.after(0, wait_seconds=0)
        assert [item.news.text for item in items if isinstance(item.news, ReplyNews)] == ["yes ?", "STOP"]
