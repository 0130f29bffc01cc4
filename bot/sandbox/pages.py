"""The page API: what the chat page, the demo tour and the tests do as people. JSON over loopback HTTP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.sandbox import people
from bot.sandbox.errors import ApiError
from bot.sandbox.files import KINDS
from bot.sandbox.models import BotMembership, Chat, Json, User
from bot.sandbox.parsing import Arguments, ClientGone, read_arguments
from bot.sandbox.people import Impossible
from bot.sandbox.state import Sandbox
from bot.sandbox.view import action_now, chat_state, file_url, message_view

STATIC = Path(__file__).parent / "static"
MAX_WAIT_SECONDS = 60.0
MAX_USERS = 10_000

Handler = Callable[[Request], Awaitable[Response]]


class Pages:
    """The routes of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[BaseRoute]:
        chat = "/_sandbox/chats/{chat_id:chat_id}"
        table: list[tuple[str, Handler, str]] = [
            ("/_sandbox/health", self.health, "GET"),
            ("/_sandbox/users", self.users, "GET"),
            ("/_sandbox/users", self.add_user, "POST"),
            ("/_sandbox/groups", self.groups, "GET"),
            ("/_sandbox/groups", self.add_group, "POST"),
            ("/_sandbox/file/{unique_id}/{name:path}", self.file, "GET"),
            (f"{chat}/state", self.state, "GET"),
            (f"{chat}/text", self.text, "POST"),
            (f"{chat}/edit", self.edit, "POST"),
            (f"{chat}/tap", self.tap, "POST"),
            (f"{chat}/file", self.upload, "POST"),
            (f"{chat}/album", self.album, "POST"),
            (f"{chat}/contact", self.contact, "POST"),
            (f"{chat}/forward", self.forward, "POST"),
            (f"{chat}/pay", self.pay, "POST"),
            (f"{chat}/block", self.block, "POST"),
            (f"{chat}/topic", self.topic, "POST"),
            (f"{chat}/group", self.change_group, "POST"),
        ]
        return [
            Route("/", _page("index.html")),
            Route("/chat", _page("chat.html")),
            Route("/phones-page", _page("phones.html")),
            *(Route(path, _friendly(handler), methods=[verb]) for path, handler, verb in table),
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
        ]

    async def health(self, request: Request) -> Response:
        waiting = len(self._sandbox.updates)
        return JSONResponse({"ok": True, "run": self._sandbox.run, "updates_waiting": waiting})

    async def users(self, request: Request) -> Response:
        return JSONResponse([user.as_json() for user in self._sandbox.users.values()])

    async def add_user(self, request: Request) -> Response:
        wish = await _json(request)
        name = _text(wish, "first_name").strip()
        user_id = wish.get("id", max(self._sandbox.users, default=1000) + 1)
        if not 1 <= len(name) <= 64:
            raise Impossible("first_name takes 1 to 64 letters", status=400)
        if not isinstance(user_id, int) or not 0 < user_id < 2**52 or user_id in self._sandbox.chats:
            raise Impossible("id must be a positive number nobody has", status=400)
        if len(self._sandbox.users) >= MAX_USERS:
            raise Impossible(f"the sandbox has room for {MAX_USERS} people")
        username = _text(wish, "username", "") or None
        language = _text(wish, "language_code", "en")
        user = User(id=user_id, first_name=name, username=username, language_code=language)
        return JSONResponse(self._sandbox.add_user(user).as_json())

    async def groups(self, request: Request) -> Response:
        chats = [chat for chat in self._sandbox.chats.values() if chat.kind != "private"]
        return JSONResponse([{**chat.as_json(), "members": chat.members} for chat in chats])

    async def add_group(self, request: Request) -> Response:
        wish = await _json(request)
        members = wish.get("members")
        if not isinstance(members, list) or not members or not set(members) <= set(self._sandbox.users):
            raise Impossible("members must be a list of users' ids", status=400)
        is_forum, title = wish.get("is_forum") is True, _text(wish, "title")
        group = self._sandbox.add_group(title, members, is_forum=is_forum, bot=_bot_in(wish))
        return JSONResponse(group.as_json())

    async def file(self, request: Request) -> Response:
        stored = self._sandbox.files.by_unique(request.path_params["unique_id"])
        if stored is None:
            raise Impossible("there is no such file", status=404)
        # What people upload must never run as a page of this origin.
        shown = "attachment" if stored.kind == "document" else "inline"
        name = file_url(stored).rsplit("/", 1)[-1]
        return Response(
            stored.data,
            media_type=stored.mime,
            headers={
                "content-disposition": f"{shown}; filename*=UTF-8''{name}",
                "content-security-policy": "sandbox",
                "x-content-type-options": "nosniff",
                "cache-control": "private, max-age=3600",
            },
        )

    async def state(self, request: Request) -> Response:
        chat, who = self._entered(request, {})
        after = _number(request.query_params.get("after"), 0)
        wait = min(max(_number(request.query_params.get("wait"), 0), 0), MAX_WAIT_SECONDS)
        if 0 < after <= self._sandbox.seq:
            await self._change(chat, int(after), wait)
        return JSONResponse(chat_state(self._sandbox, chat, who, int(after)))

    async def _change(self, chat: Chat, after: int, wait: float) -> None:
        """Return when `chat` changed after `after`, when its "typing" ends, or after `wait` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        while chat.changed <= after and not self._sandbox.closed:
            left = deadline - loop.time()
            if chat.action is not None and action_now(self._sandbox, chat):
                left = min(left, chat.action[1] - self._sandbox.now())
            if left <= 0 or not await chat.bell.wait(left):
                return

    async def text(self, request: Request) -> Response:
        wish = await _json(request)
        chat, who = self._entered(request, wish)
        reply_to = wish.get("reply_to")
        if reply_to is not None and not isinstance(reply_to, int):
            raise Impossible("reply_to must be a message's number", status=400)
        sent = people.say(
            self._sandbox, chat, who, _text(wish, "text"), reply_to=reply_to, thread=_thread(wish)
        )
        return self._did(message_id=sent[-1].message_id, message_ids=[m.message_id for m in sent])

    async def edit(self, request: Request) -> Response:
        wish = await _json(request)
        chat, who = self._entered(request, wish)
        message = people.edit(self._sandbox, chat, who, _whole(wish, "message_id"), _text(wish, "text"))
        return self._did(**message_view(self._sandbox, chat, message))

    async def tap(self, request: Request) -> Response:
        wish = await _json(request)
        chat, who = self._entered(request, wish)
        message_id, data = _whole(wish, "message_id"), _text(wish, "callback_data")
        forged = wish.get("forged") is True
        query_id = people.tap(self._sandbox, chat, who, message_id, data, forged=forged)
        return self._did(callback_query_id=query_id)

    async def upload(self, request: Request) -> Response:
        args = await read_arguments(request.scope, request.receive)
        chat, who = self._entered(request, args.fields)
        upload = next(iter(args.files.values()), None)
        if upload is None:
            raise Impossible("there is no file in the request", status=400)
        kind = args.text("kind") or people.kind_of(upload)
        if kind not in KINDS:
            raise Impossible(f"kind must be one of {', '.join(KINDS)}", status=400)
        caption, reply_to = args.text("caption"), int(_number(args.text("reply_to"), 0)) or None
        thread = int(_number(args.text("thread"), 0)) or None
        message = await people.send_file(
            self._sandbox, chat, who, kind, upload, caption=caption, reply_to=reply_to, thread=thread
        )
        return self._did(**message_view(self._sandbox, chat, message))

    async def album(self, request: Request) -> Response:
        args: Arguments = await read_arguments(request.scope, request.receive)
        chat, who = self._entered(request, args.fields)
        uploads, caption = list(args.files.values()), args.text("caption")
        thread = int(_number(args.text("thread"), 0)) or None
        sent = await people.send_album(self._sandbox, chat, who, uploads, caption=caption, thread=thread)
        return self._did(messages=[message_view(self._sandbox, chat, message) for message in sent])

    async def contact(self, request: Request) -> Response:
        wish = await _json(request)
        chat, who = self._entered(request, {})
        contact: Json = {name: _text(wish, name) for name in ("phone_number", "first_name")}
        contact |= {name: wish[name] for name in ("last_name", "user_id", "vcard") if name in wish}
        message = people.share_contact(self._sandbox, chat, who, contact)
        return self._did(message_id=message.message_id)

    async def forward(self, request: Request) -> Response:
        wish = await _json(request)
        chat, who = self._entered(request, wish)
        copy = people.forward(self._sandbox, chat, who, _whole(wish, "message_id"), _whole(wish, "to"))
        return self._did(message_id=copy.message_id)

    async def pay(self, request: Request) -> Response:
        wish = await _json(request)
        chat, who = self._entered(request, wish)
        link = _text(wish, "link") if "link" in wish else None
        message_id = None if link else _whole(wish, "message_id")
        invoice = people.invoice_at(self._sandbox, chat, message_id=message_id, link=link)
        message, refused = await people.pay(self._sandbox, chat, who, invoice)
        if message is None:
            return self._did(refused=refused)
        return self._did(paid=True, message_id=message.message_id)

    async def block(self, request: Request) -> Response:
        wish = await _json(request)
        chat, who = self._entered(request, wish)
        if not isinstance(wish.get("blocked"), bool):
            raise Impossible("blocked must be true or false", status=400)
        people.block(self._sandbox, chat, who, blocked=wish["blocked"])
        return self._did(blocked=chat.blocked)

    async def topic(self, request: Request) -> Response:
        wish = await _json(request)
        chat, who = self._entered(request, wish)
        deed, name = _text(wish, "deed"), _text(wish, "name", "")
        topic = people.change_topic(self._sandbox, chat, who, deed, _thread(wish), name)
        return self._did(**topic.as_json())

    async def change_group(self, request: Request) -> Response:
        """Its topics, on or off (`is_forum`), and what the bot is there (`bot`, `can_manage_topics`)."""
        wish = await _json(request)
        chat, who = self._entered(request, wish)
        if "is_forum" in wish:
            people.set_forum(self._sandbox, chat, is_forum=wish["is_forum"] is True)
        if "bot" in wish:
            people.set_bot(self._sandbox, chat, who, _bot_in(wish))
        return self._did()

    def _did(self, **about: Any) -> Response:
        """The answer to a deed. What the bot does about it gets a change number above `seq`."""
        return JSONResponse({**about, "seq": self._sandbox.seq})

    def _entered(self, request: Request, wish: Json) -> tuple[Chat, User]:
        """The chat of the address, and who acts in it (`user_id`, for groups)."""
        chat = self._sandbox.chats.get(int(request.path_params["chat_id"]))
        if chat is None:
            raise Impossible("there is no such chat", status=404)
        said = wish.get("user_id") or request.query_params.get("user_id")
        return chat, people.speaker(self._sandbox, chat, int(_number(said, 0)) or None)


def _page(name: str) -> Handler:
    async def page(request: Request) -> Response:
        if not (STATIC / name).is_file():
            return JSONResponse({"error": f"{name} is not installed"}, status_code=404)
        return FileResponse(STATIC / name, headers={"cache-control": "no-cache"})

    return page


def _friendly(handler: Handler) -> Handler:
    """Refusals as JSON with a sentence."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Impossible as refusal:
            return JSONResponse({"error": str(refusal)}, status_code=refusal.status)
        except ApiError as error:
            return JSONResponse({"error": error.description}, status_code=error.code)
        except ClientGone:
            return Response(status_code=400)

    return answer


async def _json(request: Request) -> Json:
    body = (await read_body(request)) or b"{}"
    try:
        wish: Any = json.loads(body)
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        raise Impossible("the request must be a JSON object", status=400)
    return wish


async def read_body(request: Request) -> bytes:
    """The body of a small request."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 1024 * 1024:
            raise Impossible("the request is too large", status=413)
    return body


def _text(wish: Json, name: str, default: str | None = None) -> str:
    value = wish.get(name, default)
    if not isinstance(value, str):
        raise Impossible(f"{name} must be text", status=400)
    return value


def _thread(wish: Json) -> int | None:
    """The topic that something is done in."""
    return _whole(wish, "thread") if wish.get("thread") is not None else None


def _bot_in(wish: Json) -> BotMembership:
    """`bot`: member (by default), administrator, left or kicked."""
    status = wish.get("bot", "member")
    if status not in ("member", "administrator", "left", "kicked"):
        raise Impossible("bot must be member, administrator, left or kicked", status=400)
    return BotMembership(
        status=status,
        can_manage_topics=wish.get("can_manage_topics", True) is True,
        can_delete_messages=wish.get("can_delete_messages", True) is True,
    )


def _whole(wish: Json, name: str) -> int:
    value = wish.get(name)
    if not isinstance(value, int):
        raise Impossible(f"{name} must be a whole number", status=400)
    return value


def _number(value: Any, default: float) -> float:
    try:
        return float(value) if value not in (None, "") else default
    except (TypeError, ValueError):
        raise Impossible("a number was expected", status=400) from None
