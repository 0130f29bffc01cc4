"""What the phones page asks for, and the counts that tests read: `/phones/api/...`."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

from phonenumbers import NumberParseException, parse, region_code_for_number
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from domain.delivery.model import Progress
from whatsapp.simulated.asked import MAX_WAIT, json_body, text_of, whole_number, world_of
from whatsapp.simulated.phonebook import Bubble, Phone, PhoneBook
from whatsapp.simulated.uploads import BadFile, is_form, message_and_file
from whatsapp.simulated.world import BadRequest

MOST_PHONES = 200
MOST_BUBBLES = 200
MAX_REPLY = 4096
#: Files the browser shows in the page; everything else is only ever downloaded.
SHOWN = ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm", "audio/")
_GREETED = re.compile(
    r"\b(?:hi|hello|hey|dear|hola|hallo|bonjour|ciao|merhaba|olá)[ ,]+([^\W\d_]{2,20})", re.I
)


async def phones(request: Request) -> Response:
    """`?q=&limit=`: phones that got something, the latest first, with how many there are in all."""
    world = world_of(request)
    limit = whole_number(request, "limit", MOST_PHONES, MOST_PHONES)
    sought = request.query_params.get("q", "")[:100].strip().casefold()
    book = world.caught_up()
    found = [phone for phone in book.changed_since(0) if _matches(phone, sought)]
    return JSONResponse(
        {
            "seq": book.changes,
            "total": len(found),
            "phones": [_summary(book, phone) for phone in found[:limit]],
            "accounts": [
                {"account": one.id, "number": one.number, "state": one.state}
                for one in book.accounts.values()
            ],
            "messages": len(book.received),
        }
    )


async def changes(request: Request) -> Response:
    """`?after=seq&wait=seconds`: waits for a change, then tells which phones changed (200 at most)."""
    world = world_of(request)
    after = whole_number(request, "after", 0, 2**53)
    seq = await world.changes(after, wait_seconds=whole_number(request, "wait", 0, MAX_WAIT))
    changed: list[dict[str, Any]] = []
    for phone in world.book.changed_since(min(after, seq)):
        if len(changed) == MOST_PHONES:
            break
        changed.append(_summary(world.book, phone))
    totals = {"total": len(world.book.phones), "messages": len(world.book.received)}
    return JSONResponse({"seq": seq, "phones": changed, **totals})


async def phone(request: Request) -> Response:
    """One phone with its last 200 bubbles."""
    book = world_of(request).caught_up()
    found = book.phones.get(request.path_params["number"])
    if found is None:
        return JSONResponse({"error": "no message ever came to this number"}, status_code=404)
    return JSONResponse(_whole(book, found))


async def reply(request: Request) -> Response:
    """`{text, account?}`, or multipart with `{kind, text?, account?}` as `message` and a `file`."""
    world, number, file = world_of(request), request.path_params["number"], None
    if is_form(request):
        try:
            body, file = await message_and_file(request, world)
        except BadFile as error:
            raise BadRequest("a file is a picture, a film, a sound or a document, and not empty") from error
    else:
        body = await json_body(request)
    text = text_of(body, "text", MAX_REPLY, optional=file is not None) or ""
    await world.reply(number, text, media=file, account=text_of(body, "account", 100, optional=True))
    return JSONResponse(_whole(world.book, world.book.phones[number]))


async def read(request: Request) -> Response:
    world, number = world_of(request), request.path_params["number"]
    await world.read(number)
    return JSONResponse(_whole(world.book, world.book.phones[number]))


async def switch(request: Request) -> Response:
    body = await json_body(request)
    for name in ("offline", "blocked"):
        if body.get(name) is not None and not isinstance(body[name], bool):
            raise BadRequest(f"{name} must be true or false")
    world = world_of(request)
    found = await world.switch(
        request.path_params["number"], offline=body.get("offline"), blocked=body.get("blocked")
    )
    return JSONResponse(_whole(world.book, found))


async def received(request: Request) -> Response:
    """`?after=n`: every message taken after the first n, one JSON object a line, for counting."""
    world = world_of(request)
    after = whole_number(request, "after", 0, 2**53)

    async def lines() -> AsyncIterator[bytes]:
        for one in world.received[after:]:
            body = {
                "key": one.key,
                "account": one.account,
                "number": one.number,
                "text": one.text,
                "media": one.media,
                "at": one.at.isoformat(),
            }
            yield json.dumps(body, ensure_ascii=False).encode() + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


async def totals(request: Request) -> Response:
    """How many messages each number got, and how many keys were taken in all."""
    got = Counter(one.number for one in world_of(request).received)
    return JSONResponse({"messages": got.total(), "numbers": dict(got)})


async def media(request: Request) -> Response:
    """A file by its SHA-256. Only plain pictures, films and sounds are shown; the rest is a download."""
    world, name = world_of(request), request.path_params["name"]
    if not re.fullmatch(r"[0-9a-f]{64}", name):
        return JSONResponse({"error": "no such file"}, status_code=404)
    content = await world.shelf.get(name)
    if content is None:
        return JSONResponse({"error": "no such file"}, status_code=404)
    return shown_as(content, request.query_params.get("mime", ""))


async def sources(request: Request) -> Response:
    """Where phones of other channels are asked about."""
    return JSONResponse({"others": list(request.app.state.others)})


def shown_as(content: bytes, mime: str) -> Response:
    shown = mime if mime.startswith(SHOWN) and re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", mime) else None
    headers = {
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, max-age=3600",
    }
    if shown is None:
        headers["content-disposition"] = "attachment"
    return Response(content, media_type=shown or "application/octet-stream", headers=headers)


routes = [
    Route("/api/phones", phones),
    Route("/api/changes", changes),
    Route("/api/received", received),
    Route("/api/received/totals", totals),
    Route("/api/media/{name}", media),
    Route("/api/sources", sources),
    Route("/api/phones/{number}", phone),
    Route("/api/phones/{number}/reply", reply, methods=["POST"]),
    Route("/api/phones/{number}/read", read, methods=["POST"]),
    Route("/api/phones/{number}/switch", switch, methods=["POST"]),
]


def _matches(phone: Phone, sought: str) -> bool:
    if not sought:
        return True
    # By name too: whoever is greeted by one is so in their first messages.
    texts = (bubble.text for bubble in (*phone.bubbles[:5], *phone.bubbles[-5:]))
    return sought in phone.number or any(sought in text.casefold() for text in texts)


def _summary(book: PhoneBook, phone: Phone) -> dict[str, Any]:
    """A phone as the grid shows it: its last few bubbles."""
    return _phone(book, phone, phone.bubbles[-6:])


def _whole(book: PhoneBook, phone: Phone) -> dict[str, Any]:
    return _phone(book, phone, phone.bubbles[-MOST_BUBBLES:])


def _phone(book: PhoneBook, phone: Phone, bubbles: list[Bubble]) -> dict[str, Any]:
    last = phone.bubbles[-1] if phone.bubbles else None
    return {
        "number": phone.number,
        "channel": "simulated",
        "line": None if last is None else {"number": book.accounts[last.account].number, "name": ""},
        "name": greeted(bubble.text for bubble in phone.bubbles[:5] if bubble.key is not None),
        "region": region_of(phone.number),
        "offline": phone.offline,
        "blocked": phone.blocked,
        "unread": phone.unread,
        "changed": phone.changed,
        "count": len(phone.bubbles),
        "bubbles": [_bubble(bubble) for bubble in bubbles],
    }


def _bubble(bubble: Bubble) -> dict[str, Any]:
    return {
        "id": bubble.id,
        "mine": bubble.key is None,
        "text": bubble.text,
        "at": bubble.at.isoformat(),
        "state": _state(bubble),
        "media": None
        if bubble.media is None
        else {
            "kind": bubble.media.kind,
            "filename": bubble.media.filename,
            "mime": bubble.media.mime,
            "size": bubble.media.size,
            "name": bubble.media.sha256,
        },
    }


def _state(bubble: Bubble) -> str:
    if not bubble.reaches:
        return "blocked"
    if bubble.read_at is not None:
        return "read"
    return "delivered" if bubble.progress is Progress.DELIVERED else "sent"


def greeted(texts: Iterable[str]) -> str | None:
    """The name that somebody was greeted by in these messages to them, if any of them did."""
    found = filter(None, (_GREETED.search(text[:200]) for text in texts))
    return next((one.group(1) for one in found), None)


def region_of(number: str) -> str | None:
    try:
        return region_code_for_number(parse(number))
    except NumberParseException:
        return None
