"""Driving a chat as a person would, over the page API: for conversation tests and the demo tour.

async with SandboxClient(base_url) as client:
    chat = client.chat(1001)
    await chat.say("/start")
    home = await chat.wait_for("Welcome")
    await chat.tap("New campaign")
"""

import asyncio
import mimetypes
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from bot.sandbox.shown import ShownMessage, transcript

Json = dict[str, Any]
T = TypeVar("T")

POLL_SECONDS = 20.0


class MessageGone(AssertionError):
    """What was to be touched is not there, or not any more."""


class SandboxClient:
    """A running sandbox at `base_url`. Close it, or use it with `async with`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx.AsyncClient(base_url=self.base_url, timeout=httpx.Timeout(60.0), trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    def chat(self, user_id: int, *, speaker: int | None = None) -> "SandboxChat":
        """The private chat of a person; for a group, its id and who speaks in it."""
        return SandboxChat(self, user_id, speaker=speaker)

    async def add_user(self, first_name: str, **about: Any) -> Json:
        """Let another person in (`id`, `username`, `language_code`); Telegram's User."""
        user: Json = await self.call("POST", "/_sandbox/users", json={"first_name": first_name, **about})
        return user

    async def add_group(self, title: str, members: list[int], **about: Any) -> Json:
        """A supergroup with the bot in it (`is_forum`, `bot`="administrator", `can_manage_topics`);
        Telegram's Chat."""
        wish = {"title": title, "members": members, **about}
        group: Json = await self.call("POST", "/_sandbox/groups", json=wish)
        return group

    async def fault(self, kind: str, method: str = "*", **about: Any) -> Json:
        """Script a fault; see `bot.sandbox.faults.Fault` for the fields."""
        wish = {"kind": kind, "method": method, **about}
        fault: Json = await self.call("POST", "/_sandbox/faults", json=wish)
        return fault

    async def clear_faults(self) -> None:
        await self.call("DELETE", "/_sandbox/faults")

    async def journal(self, method: str | None = None, *, after: int = 0) -> list[Json]:
        """The bot's calls, oldest first."""
        params = {"after": str(after)} | ({"method": method} if method else {})
        calls: list[Json] = await self.call("GET", "/_sandbox/journal", params=params)
        return calls

    async def updates_waiting(self) -> int:
        """How many updates the bot has not confirmed."""
        return int((await self.call("GET", "/_sandbox/health"))["updates_waiting"])

    async def call(self, verb: str, path: str, **request: Any) -> Any:
        """One request to the page API. Raises AssertionError with its sentence when refused, and MessageGone
        where there is no such thing."""
        response = await self._http.request(verb, path, **request)
        body = response.json()
        if response.status_code != 200:
            refused = MessageGone if response.status_code == 404 else AssertionError
            raise refused(f"{verb} {path}: {response.status_code} {body.get('error', body)}")
        return body

    async def fetch(self, url: str) -> bytes:
        """A file of the sandbox, by the address a message gave."""
        response = await self._http.get(url)
        response.raise_for_status()
        return response.content


class SandboxChat:
    """One chat, seen and acted in by one person."""

    def __init__(self, client: SandboxClient, chat_id: int, *, speaker: int | None = None) -> None:
        self.id = chat_id
        self.messages: dict[int, ShownMessage] = {}
        self.pinned: list[int] = []
        self.toasts: list[Json] = []
        self.state: Json = {}
        """The newest answer of the page API."""
        self.on_message: Callable[[ShownMessage], None] | None = None
        """Called with every message that appears or changes, as it is seen."""
        self._client = client
        self._speaker = speaker
        self._answered: set[str] = set()
        self._seq = 0
        self._run = ""
        self._mark = 0

    # What the person does

    async def say(self, text: str, *, reply_to: ShownMessage | None = None, thread: int | None = None) -> int:
        """Write a text; its message id. `thread`: into that topic."""
        wish: Json = {"text": text, "thread": thread}
        if reply_to is not None:
            wish["reply_to"] = reply_to.message_id
        return int((await self._do("text", wish))["message_id"])

    async def tap(self, button: str, *, message: ShownMessage | None = None, timeout: float = 10.0) -> str:
        """Press the button whose words contain `button`, on the newest message that shows one.

        Waits up to `timeout` seconds for it. Raises AssertionError naming the visible buttons.
        Returns the callback query's id; of a Pay button, the id of the payment's message.
        """

        def find() -> tuple[ShownMessage, Json] | None:
            among = [self.messages[message.message_id]] if message else self.newest_first()
            return next(((m, b) for m in among for b in m.buttons if button in b["text"]), None)

        found = await self.until(find, timeout=timeout, what=lambda: self._no_button(button))
        where, pressed = found
        if pressed.get("pay"):
            return str((await self.pay(where))["message_id"])
        if "callback_data" not in pressed:
            raise AssertionError(f"[{pressed['text']}] is not for tapping: {pressed}")
        try:
            return await self.tap_data(where.message_id, pressed["callback_data"])
        except MessageGone:
            if message is not None:
                raise
            # The bot took it away between the look and the tap: people look again.
            return await self.tap(button, timeout=timeout)

    async def tap_data(self, message_id: int, callback_data: str, *, forged: bool = False) -> str:
        """Press a button by its data, also one that the message no longer shows; `forged`, one it never
        had."""
        wish = {"message_id": message_id, "callback_data": callback_data, "forged": forged}
        done = await self._do("tap", wish)
        return str(done["callback_query_id"])

    async def upload(
        self,
        source: Path | str | bytes,
        name: str | None = None,
        *,
        kind: str = "document",
        caption: str = "",
        reply_to: ShownMessage | None = None,
        thread: int | None = None,
    ) -> ShownMessage:
        """Send a file as document, photo, video, audio or voice. `thread`: into that topic."""
        part = _part(source, name)
        fields = {"kind": kind, "caption": caption} | ({"thread": str(thread)} if thread else {})
        if reply_to is not None:
            fields["reply_to"] = str(reply_to.message_id)
        return ShownMessage(await self._send("file", data=fields, files=[("file", part)]))

    async def album(self, files: list[tuple[bytes, str]], *, caption: str = "") -> list[ShownMessage]:
        """Send several files, each content and name, as one album."""
        parts = [("file", _part(data, name)) for data, name in files]
        done = await self._send("album", data={"caption": caption}, files=parts)
        return [ShownMessage(view) for view in done["messages"]]

    async def contact(self, phone_number: str, first_name: str, **about: Any) -> int:
        """Share a contact card; its message id."""
        wish = {"phone_number": phone_number, "first_name": first_name, **about}
        return int((await self._do("contact", wish))["message_id"])

    async def forward(self, message: ShownMessage, to: int) -> int:
        """Pass it on to that person; the id it has in their chat."""
        done = await self._do("forward", {"message_id": message.message_id, "to": to})
        return int(done["message_id"])

    async def pay(self, message: ShownMessage) -> Json:
        """Pay an invoice: `{"paid": True, ...}` or `{"refused": reason}`."""
        return await self._do("pay", {"message_id": message.message_id})

    async def edit(self, message_id: int, text: str) -> None:
        """Change one's own text."""
        await self._do("edit", {"message_id": message_id, "text": text})

    async def topic(self, deed: str, thread: int | None = None, *, name: str = "") -> int:
        """create, rename, close, reopen or delete a topic; its number."""
        done = await self._do("topic", {"deed": deed, "thread": thread, "name": name})
        return int(done["message_thread_id"])

    async def change_group(self, **wish: Any) -> None:
        """Switch its topics (`is_forum`), or make the bot something else there (`bot`,
        `can_manage_topics`)."""
        await self._do("group", wish)

    @property
    def topics(self) -> dict[str, int]:
        """The topics as last seen: names and numbers."""
        return {one["name"]: one["message_thread_id"] for one in self.state.get("topics", [])}

    async def block(self, blocked: bool = True) -> None:
        """Block the bot, or let it in again."""
        await self._do("block", {"blocked": blocked})

    # What the person sees

    async def wait_for(
        self,
        wanted: str | Callable[[ShownMessage], bool],
        *,
        timeout: float = 20.0,
        fresh: bool = True,
    ) -> ShownMessage:
        """The newest message of the bot whose words contain `wanted`, or that satisfies it.

        With `fresh`, only what was sent or edited after this person's last deed counts.
        Raises AssertionError with the screen after `timeout` seconds.
        """

        def find() -> ShownMessage | None:
            return next((m for m in self.newest_first() if self._counts(m, fresh) and _fits(m, wanted)), None)

        def missing() -> str:
            named = repr(wanted) if isinstance(wanted, str) else "the expected message"
            return f"{named} did not come within {timeout:g} s. On screen:\n{self.screen()}"

        return await self.until(find, timeout=timeout, what=missing)

    async def wait_for_toast(self, words: str = "", *, timeout: float = 20.0) -> str:
        """The newest toast or alert that contains `words`, among those of this moment on and before."""

        def find() -> str | None:
            return next((t["text"] for t in reversed(self.toasts) if words in t["text"]), None)

        seen = lambda: f"no toast {words!r}; seen: {self.toasts}\n{self.screen()}"  # noqa: E731
        return await self.until(find, timeout=timeout, what=seen)

    async def wait_answered(self, callback_query_id: str, *, timeout: float = 20.0) -> None:
        """Until the bot answered this tap."""

        def find() -> bool | None:
            return callback_query_id in self._answered or None

        await self.until(find, timeout=timeout, what=lambda: f"the tap was not answered\n{self.screen()}")

    async def until(self, find: Callable[[], T | None], *, timeout: float, what: Callable[[], str]) -> T:
        """Look after every change until `find` gives something. Raises AssertionError with `what()`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        await self.refresh()
        while (found := find()) is None:
            left = deadline - loop.time()
            if left <= 0:
                raise AssertionError(what())
            await self.refresh(wait=min(left, POLL_SECONDS))
        return found

    async def refresh(self, *, wait: float = 0.0) -> None:
        """Look at the chat; with `wait`, at its next change within so many seconds."""
        params = {"after": str(self._seq), "wait": f"{wait:.3f}", **self._who()}
        state: Json = await self._client.call("GET", f"/_sandbox/chats/{self.id}/state", params=params)
        if state["run"] != self._run:
            self.messages.clear()
            self._run, self._mark = state["run"], 0
        self._seq, self.state, self.pinned = state["seq"], state, state["pinned"]
        for view in state["messages"]:
            shown = ShownMessage(view)
            self.messages[shown.message_id] = shown
            if self.on_message is not None:
                self.on_message(shown)
        for message_id in state["deleted"]:
            self.messages.pop(message_id, None)
        self.toasts += state["toasts"]
        self._answered.update(state["answered"])

    def newest_first(self) -> list[ShownMessage]:
        """The messages as last seen."""
        return sorted(self.messages.values(), key=lambda m: -m.message_id)

    @property
    def last_toast(self) -> str | None:
        """The words of the newest toast or alert seen."""
        return self.toasts[-1]["text"] if self.toasts else None

    def screen(self) -> str:
        """What is on screen, as text."""
        return transcript(reversed(self.newest_first()), self.pinned)

    async def download(self, message: ShownMessage) -> bytes:
        """The file of a message: document, photo, video, audio or voice."""
        if message.file_url is None:
            raise AssertionError(f"message {message.message_id} has no file: {message.words!r}")
        return await self._client.fetch(message.file_url)

    def _counts(self, message: ShownMessage, fresh: bool) -> bool:
        return message.from_bot and (not fresh or message.changed > self._mark)

    def _no_button(self, wanted: str) -> str:
        seen = [f"[{b['text']}]" for m in self.newest_first() for b in m.buttons]
        return f"no button {wanted!r}. Visible: {' '.join(seen) or 'none'}\n{self.screen()}"

    def _who(self) -> dict[str, str]:
        return {"user_id": str(self._speaker)} if self._speaker is not None else {}

    async def _do(self, deed: str, wish: Json) -> Json:
        return await self._send(deed, json=wish)

    async def _send(self, deed: str, **request: Any) -> Json:
        if self._seq == 0:  # toasts and answers are told from the first look on
            await self.refresh()
        path = f"/_sandbox/chats/{self.id}/{deed}"
        done: Json = await self._client.call("POST", path, params=self._who(), **request)
        self._mark = done["seq"]
        return done


def _fits(message: ShownMessage, wanted: str | Callable[[ShownMessage], bool]) -> bool:
    return wanted in message.words if isinstance(wanted, str) else wanted(message)


def _part(source: Path | str | bytes, name: str | None) -> tuple[str, bytes, str]:
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    shown = name or (Path(source).name if not isinstance(source, bytes) else "file.bin")
    return shown, data, mimetypes.guess_type(shown)[0] or "application/octet-stream"
