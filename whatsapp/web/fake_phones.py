"""The phones of those who talk with a worker's fake (worker_node/README.md), for the page that shows phones:
the same calls as at the simulated phones (whatsapp/simulated/pages.py). A worker that runs on the real
WhatsApp has nobody to show."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from whatsapp.client import is_on_this_machine
from whatsapp.simulated.asked import MAX_WAIT, json_body, text_of, whole_number
from whatsapp.simulated.loopback import LoopbackOnly
from whatsapp.simulated.pages import MAX_REPLY, MOST_PHONES, greeted, region_of
from whatsapp.simulated.uploads import BadFile, form_with_file, is_form
from whatsapp.simulated.world import BadRequest

Json = dict[str, Any]

CHANNEL: Final = "web"
_A_CARD: Final = 6
_WHOLE: Final = 200
_READ: Final = 3
_STATES: Final = {-1: "failed", 0: "sent", 1: "sent", 2: "delivered", 3: "read", 4: "read"}
#: The fake tells nothing by itself: it is asked so often, in seconds, and a page that waits is answered soon.
_LOOK_AGAIN: Final = 1.0
_LONGEST_WAIT: Final = 3
_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeWorker:
    url: str
    token: str


@dataclass(slots=True)
class _Phone:
    """One person's. Each message says which `worker` and `session` it went through, and that one's `line`."""

    number: str
    messages: list[Json] = field(default_factory=list)
    changed: int = 0

    @property
    def last(self) -> Json:
        return self.messages[-1]

    @property
    def name(self) -> str | None:
        """As they call themselves, or were greeted."""
        own = next((str(one["name"]) for one in reversed(self.messages) if one["name"]), None)
        return own or greeted(one["text"] for one in self.messages[:5] if not one["mine"])


class FakePhones:
    def __init__(self, client: httpx.AsyncClient, workers: Sequence[FakeWorker]) -> None:
        """Only workers on this machine are asked."""
        self._client = client
        self._workers = [one for one in workers if is_on_this_machine(one.url)]
        self._phones: dict[str, _Phone] = {}
        self._seq = 0

    def routes(self) -> list[Route]:
        return [
            Route("/api/phones", self.phones),
            Route("/api/changes", self.changes),
            Route("/api/phones/{number}/reply", self.reply, methods=["POST"]),
            Route("/api/phones/{number}/read", self.read, methods=["POST"]),
        ]

    async def phones(self, request: Request) -> Response:
        """`?q=&limit=`: as at the simulated phones."""
        limit = whole_number(request, "limit", MOST_PHONES, MOST_PHONES)
        sought = request.query_params.get("q", "")[:100].strip().casefold()
        await self._look()
        found = [one for one in self._changed_since(0) if _matches(one, sought)]
        cards = [_shown(one, _A_CARD) for one in found[:limit]]
        return JSONResponse({**self._totals(), "total": len(found), "phones": cards, "accounts": []})

    async def changes(self, request: Request) -> Response:
        """`?after=seq&wait=seconds`: as at the simulated phones."""
        after, wait = whole_number(request, "after", 0, 2**53), whole_number(request, "wait", 0, MAX_WAIT)
        await self._look()
        for _ in range(min(wait, _LONGEST_WAIT)):
            if self._seq > after:
                break
            await asyncio.sleep(_LOOK_AGAIN)
            await self._look()
        changed = self._changed_since(min(after, self._seq))[:MOST_PHONES]
        return JSONResponse({**self._totals(), "phones": [_shown(one, _A_CARD) for one in changed]})

    async def reply(self, request: Request) -> Response:
        """`{text}`, or multipart with `{kind, text?}` as `message` and a `file`. What came is read by it."""
        phone = await self._phone(request)
        if is_form(request):
            wish = await _with_file(request)
        else:
            wish = {"text": text_of(await json_body(request), "text", MAX_REPLY)}
        await self._read(phone)
        await self._ask(phone.last, "reply", {"from": phone.number, **wish})
        return await self._as_it_is(phone.number)

    async def read(self, request: Request) -> Response:
        phone = await self._phone(request)
        await self._read(phone)
        return await self._as_it_is(phone.number)

    async def _phone(self, request: Request) -> _Phone:
        number = str(request.path_params["number"])
        await self._look()
        if number not in self._phones:
            raise BadRequest(f"no message ever came to {number!r}")
        return self._phones[number]

    async def _as_it_is(self, number: str) -> Response:
        await self._look()
        return JSONResponse(_shown(self._phones[number], _WHOLE))

    async def _read(self, phone: _Phone) -> None:
        for one in phone.messages:
            if not one["mine"] and 0 <= one["ack"] < _READ:
                await self._ask(one, "ack", {"provider_id": one["id"], "ack": _READ})

    async def _ask(self, message: Json, what: str, body: Json) -> None:
        """Of the session that the message went through."""
        worker: FakeWorker = message["worker"]
        url = f"{worker.url.rstrip('/')}/fake/sessions/{message['session']}/{what}"
        headers = {"Authorization": f"Bearer {worker.token}"}
        try:
            answer = await self._client.post(url, json=body, headers=headers, timeout=_SECONDS)
        except (httpx.HTTPError, OSError) as error:
            raise BadRequest("the worker does not answer") from error
        if not answer.is_success:
            raise BadRequest(f"the worker answers {answer.status_code}")

    async def _look(self) -> None:
        """Asks all workers; whose phone is not as it was has changed."""
        found: dict[str, _Phone] = {}
        for worker in self._workers:
            for session in await self._talks(worker):
                line = {"number": session["number"], "name": session["name"] or ""}
                there = {"worker": worker, "session": session["id"], "line": line}
                for one in session["messages"]:
                    found.setdefault(one["person"], _Phone(one["person"])).messages.append({**one, **there})
        for phone in found.values():
            phone.messages.sort(key=lambda one: one["at"])
        for phone in sorted(found.values(), key=lambda one: one.last["at"]):
            before = self._phones.get(phone.number)
            if before is not None and before.messages == phone.messages:
                phone.changed = before.changed
            else:
                self._seq += 1
                phone.changed = self._seq
        self._phones = found

    async def _talks(self, worker: FakeWorker) -> list[Json]:
        """Nothing where it is not there (yet), or is no fake."""
        url, headers = f"{worker.url.rstrip('/')}/fake/talks", {"Authorization": f"Bearer {worker.token}"}
        try:
            answer = await self._client.get(url, headers=headers, timeout=_SECONDS)
            sessions: list[Json] = answer.json()["sessions"] if answer.is_success else []
        except (httpx.HTTPError, OSError, ValueError):
            return []
        return sessions

    def _changed_since(self, seq: int) -> list[_Phone]:
        changed = [one for one in self._phones.values() if one.changed > seq]
        return sorted(changed, key=lambda one: one.changed, reverse=True)

    def _totals(self) -> Json:
        sent = sum(not one["mine"] for phone in self._phones.values() for one in phone.messages)
        return {"seq": self._seq, "total": len(self._phones), "messages": sent}


def fake_phones(
    client: httpx.AsyncClient, workers: Sequence[FakeWorker], *, hosts: frozenset[str] = frozenset()
) -> Starlette:
    """`hosts`: names besides this machine's own."""
    return Starlette(
        routes=FakePhones(client, workers).routes(),
        middleware=[Middleware(LoopbackOnly, extra=hosts)],
        exception_handlers={ValueError: _bad_request, HTTPException: _http_refusal},
    )


async def _with_file(request: Request) -> Json:
    try:
        async with form_with_file(request) as (body, file):
            content, mime = await file.read(), file.content_type or "application/octet-stream"
            said = {"base64": b64encode(content).decode(), "mime": mime, "filename": file.filename or "file"}
            return {"text": text_of(body, "text", MAX_REPLY, optional=True) or "", "file": said}
    except BadFile as error:
        raise BadRequest("a file is a picture, a film, a sound or a document, and not empty") from error


def _shown(phone: _Phone, most: int) -> Json:
    return {
        "number": phone.number,
        "channel": CHANNEL,
        "line": phone.last["line"],
        "name": phone.name,
        "region": region_of(phone.number),
        "offline": False,
        "blocked": False,
        "unread": sum(not one["mine"] and _STATES[one["ack"]] == "delivered" for one in phone.messages),
        "changed": phone.changed,
        "count": len(phone.messages),
        "bubbles": [_bubble(one) for one in phone.messages[-most:]],
    }


def _bubble(one: Json) -> Json:
    """The fake keeps no files: what came with one is named."""
    file = "" if one["kind"] == "text" else f"📎 {one['filename'] or one['kind']}"
    return {
        "id": f"{one['session']} {one['id']}",
        "mine": one["mine"],
        "text": "\n".join(filter(None, (file, one["text"]))),
        "at": datetime.fromtimestamp(one["at"] / 1000, UTC).isoformat(),
        "state": _STATES.get(one["ack"], "sent"),
        "media": None,
    }


def _matches(phone: _Phone, sought: str) -> bool:
    texts = [str(one["text"]) for one in phone.messages[-5:]]
    return any(sought in text.casefold() for text in (phone.number, phone.name or "", *texts))


async def _bad_request(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


async def _http_refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)
