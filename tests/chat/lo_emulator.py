"""`lo-bot-api-emulator`, a stand-in of the Bot API that others wrote, and a person who writes to its bot."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from lo_bot_api_emulator import LoBotApiEmulator, web

TOKEN = "7:fixture-token"
Json = dict[str, Any]


@dataclass(kw_only=True)
class Seen:
    """A message of the bot as it stands now."""

    id: int
    chat: int
    words: str
    buttons: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    kind: str = "sendMessage"


class WatchedEmulator(LoBotApiEmulator):  # type: ignore[misc]
    """Refuses and answers as it does; besides, what it accepted is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[tuple[int, int], Seen] = {}
        self.answers: list[str] = []
        self.changed = asyncio.Event()

    def validate(self, method: str, fields: Json, uploads: Json) -> Any:
        result = super().validate(method, fields, uploads)
        if method == "answerCallbackQuery":
            self.answers.append(str(fields.get("text", "")))
        elif method == "deleteMessage":
            self.messages.pop((int(fields["chat_id"]), int(fields["message_id"])), None)
        elif method.startswith(("send", "editMessage")) and method != "sendChatAction":
            self._keep(method, fields, uploads, result[0] if isinstance(result, list) else result)
        woken, self.changed = self.changed, asyncio.Event()
        woken.set()
        return result

    def _keep(self, method: str, fields: Json, uploads: Json, result: Json) -> None:
        chat, id = int(fields["chat_id"]), int(result["message_id"])
        markup = self.decoded(fields.get("reply_markup")) or {}
        rows = markup.get("inline_keyboard", [])
        self.messages[chat, id] = Seen(
            id=id,
            chat=chat,
            kind=method,
            words=str(fields.get("text", fields.get("caption", ""))),
            buttons={b["text"]: b["callback_data"] for row in rows for b in row},
            files=[(one["filename"], one["data"]) for one in uploads.values()],
        )


@dataclass(kw_only=True)
class Person:
    """Writes to the bot through the emulator's queue."""

    id: int
    emulator: WatchedEmulator
    _next: int = 1_000_000

    @property
    def _who(self) -> Json:
        return {"id": self.id, "is_bot": False, "first_name": "Ayşe"}

    def _message(self, **content: Any) -> Json:
        self._next += 1
        chat = {"id": self.id, "type": "private", "first_name": "Ayşe"}
        return {"message_id": self._next, "date": 1, "chat": chat, "from": self._who, **content}

    async def _send(self, **content: Any) -> None:
        await self.emulator.enqueue_update({"message": self._message(**content)}, token=TOKEN)

    async def say(self, text: str) -> None:
        command = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        await self._send(text=text, **({"entities": command} if text.startswith("/") else {}))

    async def upload(self, content: bytes, name: str) -> None:
        """A document, which the bot then asks for by getFile."""
        reference = f"fixture-upload-{self._next}"
        self.emulator.assets[reference] = {"filename": name, "data": content, "size": len(content)}
        about = {"file_id": reference, "file_unique_id": f"{reference}-unique", "file_size": len(content)}
        await self._send(document={**about, "file_name": name})

    async def photo(self, content: bytes) -> None:
        reference = f"fixture-picture-{self._next}"
        self.emulator.assets[reference] = {"filename": "p.jpg", "data": content, "size": len(content)}
        about = {"file_id": reference, "file_unique_id": f"{reference}-unique", "file_size": len(content)}
        await self._send(photo=[{**about, "width": 900, "height": 600}])

    async def tap(self, label: str) -> None:
        seen = await self.see(lambda m: any(label in text for text in m.buttons))
        data = next(data for text, data in seen.buttons.items() if label in text)
        message = {
            "message_id": seen.id, "date": 1, "text": seen.words,
            "chat": {"id": self.id, "type": "private", "first_name": "Ayşe"},
        }  # fmt: skip
        self._next += 1
        query = {
            "id": str(self._next), "from": self._who, "chat_instance": "1", "message": message, "data": data,
        }  # fmt: skip
        await self.emulator.enqueue_update({"callback_query": query}, token=TOKEN)

    async def see(self, wanted: str | Callable[[Seen], bool], *, seconds: float = 20) -> Seen:
        """The newest message that contains the words, or satisfies it."""

        def fits(message: Seen) -> bool:
            return wanted in message.words if isinstance(wanted, str) else wanted(message)

        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            changed = self.emulator.changed
            mine = [m for m in self.emulator.messages.values() if m.chat == self.id]
            for message in sorted(mine, key=lambda m: -m.id):
                if fits(message):
                    return message
            left = deadline - asyncio.get_running_loop().time()
            assert left > 0, (
                f"{wanted!r} was not seen in:\n{json.dumps([vars(m) for m in mine], default=repr)}"
            )
            try:
                async with asyncio.timeout(left):
                    await changed.wait()
            except TimeoutError:
                continue


@asynccontextmanager
async def running_emulator() -> AsyncIterator[tuple[WatchedEmulator, str]]:
    """The emulator on a free port, and its address."""
    emulator = WatchedEmulator()
    runner = web.AppRunner(emulator.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield emulator, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
