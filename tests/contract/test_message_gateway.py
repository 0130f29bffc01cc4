"""What every way out to WhatsApp promises, held against each gateway we have."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import httpx
import pytest
import uvicorn

from domain.delivery.content import Media, MediaKind, OutgoingMessage
from domain.delivery.model import Progress
from domain.delivery.ports import (
    Accepted,
    ChannelDown,
    Fault,
    MediaMissing,
    MessageGateway,
    NewsItem,
    NewsSource,
    ReceiptNews,
    Rejected,
    Unknown,
)
from domain.kernel.ids import AttemptKey
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.client import build_client
from whatsapp.simulated.gateway import (
    REASONS,
    InProcessGateway,
    InProcessNews,
    SimulatedGateway,
    SimulatedNews,
    link_number,
)
from whatsapp.simulated.http import phones_app
from whatsapp.simulated.world import SimulatedWorld

ADA, BRUNO, CHIKA = "+447700900001", "+447700900002", "+447700900003"
PATIENCE = 1.5


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))


class MemoryMedia:
    """A media store for the length of a test."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    async def put(self, content: AsyncIterator[bytes]) -> tuple[str, int]:
        whole = b"".join([part async for part in content])
        return self.keep(whole), len(whole)

    async def get(self, key: str) -> bytes:
        if key not in self._files:
            raise MediaMissing(key)
        return self._files[key]

    def keep(self, content: bytes) -> str:
        key = sha256(content).hexdigest()
        self._files[key] = content
        return key


@dataclass(frozen=True, kw_only=True)
class Line:
    """A gateway with the far side it speaks to."""

    gateway: MessageGateway
    news: NewsSource
    world: SimulatedWorld
    media: MemoryMedia
    base_url: str = ""


class Dial(Protocol):
    """Opens a line to a far side that keeps its memory in a folder."""

    def __call__(
        self, folder: Path, behaviour: Behaviour = ..., *, patience: float = ...
    ) -> AbstractAsyncContextManager[Line]: ...


def new_world(folder: Path | None, behaviour: Behaviour) -> SimulatedWorld:
    return SimulatedWorld(folder=folder, seed=7, clock=RealClock(), behaviour=behaviour)


@asynccontextmanager
async def in_process(
    folder: Path, behaviour: Behaviour | None = None, *, patience: float = PATIENCE
) -> AsyncIterator[Line]:
    world = new_world(folder, behaviour or Behaviour.instant())
    with closing(world):
        account = (await world.link(link_key="main")).id
        media = MemoryMedia()
        yield Line(
            gateway=InProcessGateway(world, account, media),
            news=InProcessNews(world, account),
            world=world,
            media=media,
        )


@asynccontextmanager
async def over_http(
    folder: Path, behaviour: Behaviour | None = None, *, patience: float = PATIENCE
) -> AsyncIterator[Line]:
    world, media = new_world(folder, behaviour or Behaviour.instant()), MemoryMedia()
    with closing(world):
        async with serving(world) as base_url, build_client() as client:
            linked = await link_number(client, base_url, key="main")
            yield Line(
                gateway=SimulatedGateway(client, base_url, linked.account, media, timeout=patience),
                news=SimulatedNews(client, base_url, linked.account),
                world=world,
                media=media,
                base_url=base_url,
            )


@asynccontextmanager
async def serving(world: SimulatedWorld) -> AsyncIterator[str]:
    """The phones behind a real server on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(phones_app(world), log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(server.serve([listener]))
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True


@pytest.fixture(params=["in-process", "over http"])
def dial(request: pytest.FixtureRequest) -> Dial:
    return in_process if request.param == "in-process" else over_http


def message(
    key: str = "k1", to: str = ADA, text: str = "Hello Ada", media: Media | None = None
) -> OutgoingMessage:
    return OutgoingMessage(key=AttemptKey(key), to=to, text=text, media=media)


def photo(key: str, size: int) -> Media:
    return Media(kind=MediaKind.PHOTO, key=key, filename="görsel.jpg", mime="image/jpeg", size=size)


def progress_of(key: str, items: list[NewsItem]) -> list[Progress]:
    news = [item.news for item in items]
    return [one.progress for one in news if isinstance(one, ReceiptNews) and one.key == key]


async def test_what_is_accepted_is_received_as_it_was_written(dial: Dial, tmp_path: Path) -> None:
    text = "Merhaba Çağla 👋\nمرحبا\ttab \u0000 and “quotes”"
    async with dial(tmp_path) as line:
        outcome = await line.gateway.send(message(text=text))
        assert isinstance(outcome, Accepted)
        assert outcome.provider_id
        assert [(one.key, one.number, one.text) for one in line.world.received] == [("k1", ADA, text)]


async def test_the_same_key_gets_the_same_answer_and_reaches_the_person_once(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path, replace(Behaviour.instant(), latency=(0.01, 0.05))) as line:
        answers = await asyncio.gather(*(line.gateway.send(message()) for _ in range(10)))
        answers.append(await line.gateway.send(message()))
        assert len(set(answers)) == 1
        assert isinstance(answers[0], Accepted)
        assert list(line.world.deliveries().values()) == [1]


async def test_the_same_key_gets_the_same_answer_after_the_far_side_restarted(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path) as line:
        line.world.script(BRUNO, "temporary")
        before = [await line.gateway.send(message()), await line.gateway.send(message("k2", BRUNO))]
    async with dial(tmp_path) as line:
        assert [await line.gateway.send(message()), await line.gateway.send(message("k2", BRUNO))] == before
        assert [one.key for one in line.world.received] == ["k1"]


async def test_a_refusal_is_remembered_under_its_key_and_a_new_key_is_a_new_try(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path) as line:
        line.world.script(ADA, "temporary")
        first = await line.gateway.send(message("k1"))
        assert first == Rejected("temporary", True, Fault.ACCOUNT)
        assert await line.gateway.send(message("k1")) == first
        assert isinstance(await line.gateway.send(message("k2")), Accepted)


@pytest.mark.parametrize("to", [ADA, "+1", "447700900001", "not a number"])
async def test_someone_unreachable_is_refused_for_good_at_no_fault_of_the_account(
    dial: Dial, tmp_path: Path, to: str
) -> None:
    async with dial(tmp_path) as line:
        line.world.script(ADA, "not_on_whatsapp")
        assert await line.gateway.send(message(to=to)) == Rejected("not_on_whatsapp", False, Fault.PERSON)
        assert line.world.received == []


async def test_a_restriction_is_final_and_told_as_news(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        line.world.script(None, "restriction")
        for n in range(2):
            outcome = await line.gateway.send(message(f"k{n}"))
            assert outcome == Rejected("restricted", False, Fault.RESTRICTION)
        assert line.world.received == []


async def test_an_unlinked_account_sends_nothing(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        (account,) = line.world.book.accounts
        await line.world.turn(account, "unlinked")
        assert await line.gateway.send(message()) == Rejected("unlinked", False, Fault.RESTRICTION)


@pytest.mark.parametrize(
    ("fault", "taken"), [("silence_after_taking", 1), ("silence_before_taking", 0), ("disconnect", 0)]
)
async def test_silence_is_unknown_whatever_happened_on_the_far_side(
    dial: Dial, tmp_path: Path, fault: str, taken: int
) -> None:
    async with dial(tmp_path, patience=0.3) as line:
        line.world.script(ADA, fault)
        assert isinstance(await line.gateway.send(message()), Unknown)
        assert len(line.world.received) == taken
        # Asking again under the same key is safe, and tells what there is to tell.
        assert isinstance(await line.gateway.send(message()), Accepted)
        assert len(line.world.received) == 1


async def test_a_file_arrives_byte_for_byte_with_its_name_and_caption(dial: Dial, tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192
    async with dial(tmp_path) as line:
        key = line.media.keep(content)
        outcome = await line.gateway.send(message(text="Ада, look", media=photo(key, len(content))))
        assert isinstance(outcome, Accepted)
        (got,) = line.world.received
        assert (got.text, got.media) == ("Ада, look", key)
        assert await line.world.shelf.get(key) == content
        note = line.world.book.messages["k1"].media
        assert note is not None
        assert (note.kind, note.filename, note.mime) == ("photo", "görsel.jpg", "image/jpeg")


async def test_a_file_may_come_without_a_caption(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        key = line.media.keep(b"picture")
        assert isinstance(await line.gateway.send(message(text="", media=photo(key, 7))), Accepted)


async def test_a_missing_or_oversized_file_refuses_that_message_only(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        for media in (photo("0" * 64, 10), photo(line.media.keep(b"x"), 65 * 1024 * 1024)):
            outcome = await line.gateway.send(message(media=media))
            assert outcome == Rejected("media_refused", False, Fault.PERSON)
        assert line.world.received == []


async def test_receipts_come_as_news_in_order_and_are_acknowledged_by_asking_on(
    dial: Dial, tmp_path: Path
) -> None:
    async with dial(tmp_path) as line:
        await line.gateway.send(message())
        items = list(await line.news.after(0, wait_seconds=5))
        assert progress_of("k1", items) == [Progress.SENT, Progress.DELIVERED]
        cursors = [item.cursor for item in items]
        assert cursors == sorted(set(cursors))
        assert await line.news.after(cursors[-1], wait_seconds=0) == []


async def test_news_not_acknowledged_survive_a_restart_of_the_far_side(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        await line.gateway.send(message())
        before = await line.news.after(0, wait_seconds=0)
    async with dial(tmp_path) as line:
        assert await line.news.after(0, wait_seconds=0) == before


async def test_waiting_for_news_ends_when_some_comes(dial: Dial, tmp_path: Path) -> None:
    async with dial(tmp_path) as line:
        known = list(await line.news.after(0, wait_seconds=0))[-1].cursor

        async def answer_soon() -> None:
            await line.gateway.send(message())

        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            waiting = group.create_task(line.news.after(known, wait_seconds=30))
            group.create_task(answer_soon())
        assert progress_of("k1", list(waiting.result()))


# --- what only a line over the network can show ----------------------------------------------------------


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
        script = {"number": ADA, "fault": "temporary", "times": 1}
        assert (await client.post("/api/faults", json=script)).status_code == 200
        assert (await client.post("/api/faults", json={"fault": "explosion"})).status_code == 400
        for key, to in (("k1", ADA), ("k2", ADA), ("k3", BRUNO)):
            await line.gateway.send(message(key, to))
        totals = (await client.get("/api/received/totals")).json()
        assert totals == {"messages": 2, "numbers": {ADA: 1, BRUNO: 1}}
        rows = (await client.get("/api/received", params={"after": 1})).text.splitlines()
        assert len(rows) == 1
        assert f'"number": "{BRUNO}"' in rows[0]


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
