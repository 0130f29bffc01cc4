"""The phones of the stand-in's people, for the page that shows phones: the same calls as at the simulated
phones (whatsapp/simulated/pages.py). What is done here goes through the stand-in, and so by webhook."""

from datetime import UTC, datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from whatsapp.cloud.standin import folk
from whatsapp.cloud.standin.aftermath import Step
from whatsapp.cloud.standin.talks import MOST_BUBBLES, Bubble, Talk, Talks
from whatsapp.cloud.standin.world import World
from whatsapp.simulated.asked import MAX_WAIT, json_body, text_of, whole_number
from whatsapp.simulated.loopback import LoopbackOnly
from whatsapp.simulated.pages import MAX_REPLY, MOST_PHONES, greeted, region_of, shown_as
from whatsapp.simulated.uploads import BadFile, form_with_file, is_form
from whatsapp.simulated.world import BadRequest

Json = dict[str, Any]

CHANNEL: Final = "cloud"
_A_CARD: Final = 6
_STEPS: Final = {Step.SENT: "sent", Step.DELIVERED: "delivered", Step.READ: "read", Step.FAILED: "failed"}
_SHOWN: Final = {"image": "photo", "sticker": "photo"}
_KINDS: Final = {"photo": "image", "voice": "audio"}


class Phones:
    def __init__(self, world: World) -> None:
        self.world = world
        self.talks = world.talks = world.talks or Talks()

    def routes(self) -> list[Route]:
        return [
            Route("/api/phones", self.phones),
            Route("/api/changes", self.changes),
            Route("/api/media/{name}", self.media),
            Route("/api/phones/{number}/reply", self.reply, methods=["POST"]),
            Route("/api/phones/{number}/read", self.read, methods=["POST"]),
            Route("/api/phones/{number}/switch", self.switch, methods=["POST"]),
        ]

    async def phones(self, request: Request) -> Response:
        """`?q=&limit=`: phones that got something, the latest first, with how many there are in all."""
        limit = whole_number(request, "limit", MOST_PHONES, MOST_PHONES)
        sought = request.query_params.get("q", "")[:100].strip().casefold()
        talks = self.talks.changed_since(0)
        found = [one for one in talks if _matches(one, sought) or sought in self._name(one).casefold()]
        cards = [self._phone(one, _A_CARD) for one in found[:limit]]
        return JSONResponse({**self._totals(), "total": len(found), "phones": cards, "accounts": []})

    async def changes(self, request: Request) -> Response:
        """`?after=seq&wait=seconds`: waits for a change, then tells which phones changed (200 at most)."""
        after = whole_number(request, "after", 0, 2**53)
        wait = whole_number(request, "wait", 0, MAX_WAIT)
        seq = await self.talks.change(after, wait_seconds=wait)
        changed = list(self.talks.changed_since(min(after, seq)))[:MOST_PHONES]
        return JSONResponse({**self._totals(), "phones": [self._phone(one, _A_CARD) for one in changed]})

    async def reply(self, request: Request) -> Response:
        """`{text}`, `{button}` (one under the last message), or multipart with `{kind, text?}` as `message`
        and a `file`."""
        talk = self._talk(request)
        if is_form(request):
            wish: Json = {"media": await _file_of(request)}
        else:
            body = await json_body(request)
            button = text_of(body, "button", 100, optional=True)
            if button is not None:
                wish = {"button": {"text": button}, "context": "last"}
            else:
                wish = {"text": text_of(body, "text", MAX_REPLY)}
        self._read(talk)
        folk.reply(self.world, talk.line, talk.wa_id, wish)
        return JSONResponse(self._phone(talk, MOST_BUBBLES))

    async def read(self, request: Request) -> Response:
        talk = self._talk(request)
        self._read(talk)
        return JSONResponse(self._phone(talk, MOST_BUBBLES))

    async def switch(self, request: Request) -> Response:
        """`blocked`: what is sent from now on never arrives; `stopped`: no marketing, as WhatsApp lets people
        choose."""
        talk, body = self._talk(request), await json_body(request)
        for name in ("blocked", "stopped"):
            if body.get(name) is not None and not isinstance(body[name], bool):
                raise BadRequest(f"{name} must be true or false")
        if body.get("blocked") is not None:
            folk.change_person(self.world, talk.wa_id, {"blocked": body["blocked"]})
        if body.get("stopped") is not None:
            folk.marketing(self.world, talk.wa_id, "stop" if body["stopped"] else "resume", talk.line)
        self.talks.touch(talk.wa_id)
        return JSONResponse(self._phone(talk, MOST_BUBBLES))

    async def media(self, request: Request) -> Response:
        upload = self.world.media.get(request.path_params["name"], self.world.clock.now())
        if upload is None or upload.data is None:
            return JSONResponse({"error": "no such file"}, status_code=404)
        return shown_as(upload.data, upload.mime)

    def _talk(self, request: Request) -> Talk:
        number = str(request.path_params["number"])
        talk = self.talks.people.get(number.removeprefix("+"))
        if talk is None:
            raise BadRequest(f"no message ever came to {number!r}")
        return talk

    def _read(self, talk: Talk) -> None:
        """Everything delivered there is read now."""
        for bubble in list(talk.bubbles):
            if bubble.step is Step.DELIVERED and bubble.taken is not None:
                self.world.reads(bubble.taken)

    def _totals(self) -> Json:
        talks = self.talks
        return {"seq": talks.changes, "total": len(talks.people), "messages": talks.messages}

    def _phone(self, talk: Talk, most: int) -> Json:
        person, line = self.world.people.get(talk.wa_id), talk.line
        number = f"+{talk.wa_id}"
        return {
            "number": number,
            "channel": CHANNEL,
            "line": {"number": f"+{line.digits}", "name": line.verified_name},
            "name": self._name(talk) or None,
            "region": region_of(number),
            "offline": False,
            "blocked": person.blocked if person else False,
            "stopped": person.stopped if person else False,
            "unread": talk.unread,
            "changed": talk.changed,
            "count": talk.count,
            "bubbles": [self._bubble(one) for one in list(talk.bubbles)[-most:]],
        }

    def _name(self, talk: Talk) -> str:
        """Their own, or by which they were greeted."""
        person = self.world.people.get(talk.wa_id)
        greetings = (one.text for one in talk.bubbles if not one.mine)
        return (person.name if person else "") or greeted(greetings) or ""

    def _bubble(self, bubble: Bubble) -> Json:
        upload = self.world.media.get(bubble.media, self.world.clock.now()) if bubble.media else None
        return {
            "id": bubble.id,
            "mine": bubble.mine,
            "text": bubble.text,
            "at": datetime.fromtimestamp(bubble.at, UTC).isoformat(),
            "state": _STEPS[bubble.step] if bubble.arrives else "blocked",
            "buttons": list(bubble.buttons),
            "media": None
            if upload is None
            else {
                "kind": _SHOWN.get(bubble.kind, bubble.kind),
                "filename": bubble.filename,
                "mime": upload.mime,
                "size": upload.size,
                "name": upload.id,
            },
        }


def official_phones(world: World, *, hosts: frozenset[str] = frozenset()) -> Starlette:
    """`world` is told to remember what people get. `hosts`: names besides this machine's own."""
    return Starlette(
        routes=Phones(world).routes(),
        middleware=[Middleware(LoopbackOnly, extra=hosts)],
        exception_handlers={ValueError: _bad_request, HTTPException: _http_refusal},
    )


async def _file_of(request: Request) -> Json:
    try:
        async with form_with_file(request) as (body, file):
            kind = text_of(body, "kind", 20) or ""
            return {
                "kind": _KINDS.get(kind, kind), "mime": file.content_type or "application/octet-stream",
                "data": await file.read(), "filename": file.filename or "file", "voice": kind == "voice",
                "caption": text_of(body, "text", MAX_REPLY, optional=True),
            }  # fmt: skip
    except BadFile as error:
        raise BadRequest("a file is a picture, a film, a sound or a document, and not empty") from error


def _matches(talk: Talk, sought: str) -> bool:
    if not sought:
        return True
    latest = list(talk.bubbles)[-5:]
    return sought in f"+{talk.wa_id}" or any(sought in one.text.casefold() for one in latest)


async def _bad_request(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


async def _http_refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)
