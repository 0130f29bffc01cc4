"""The tour: what a first-time operator would do, played through the chat."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from rich.console import Console

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage

SAMPLE: Final = Path(__file__).resolve().parent.parent / "docs" / "sample-contacts.xlsx"
TEXT: Final = "Hello {name|friend}! Our spring menu is here. We would love to see you this week."
LONGEST_LINE: Final = 200


class Tour:
    """Plays one chat and shows each message in the terminal as it happens."""

    def __init__(self, chat: SandboxChat, console: Console, folder: Path) -> None:
        self.chat, self.console, self.folder = chat, console, folder
        self._shown: dict[int, str] = {}
        chat.on_message = self._show

    def _show(self, message: ShownMessage) -> None:
        words = " / ".join(line for line in message.words.splitlines() if line.strip())
        if message.photo:
            words = f"[picture] {words}"
        if self._shown.get(message.message_id) == words:
            return
        edited = message.message_id in self._shown
        self._shown[message.message_id] = words
        if not message.from_bot:
            return
        mark = "✎" if edited else "◀"
        buttons = " ".join(f"[{text}]" for text in message.button_texts)
        self.console.print(f"  {mark} {words[:LONGEST_LINE]}", style="cyan", markup=False)
        if buttons and not edited:
            self.console.print(f"      {buttons[:LONGEST_LINE]}", style="dim", markup=False)

    def _do(self, deed: str) -> None:
        self.console.print(f"▶ {deed}", style="bold", markup=False)

    async def _say(self, text: str) -> None:
        self._do(text)
        await self.chat.say(text)

    async def _tap(self, label: str) -> None:
        self._do(f"[{label}]")
        await self.chat.tap(label)

    async def _see(self, words: str | Callable[[ShownMessage], bool], timeout: float = 30) -> ShownMessage:
        return await self.chat.wait_for(words, timeout=timeout, fresh=False)

    async def play(self) -> list[Path]:
        """All of it; returns the report files."""
        await self._arrive()
        await self._import()
        await self._build()
        await self._run()
        return await self._report()

    async def _arrive(self) -> None:
        await self._say("/start")
        await self._tap("I will only message people who agreed")
        await self._see(lambda m: "☑ I will only message people who agreed" in m.button_texts)
        await self._tap("Continue")
        await self._see("Welcome to MassSender")
        await self._tap("Link WhatsApp")
        await self._tap("Link a simulated number")
        await self._see("connected")
        await self._tap("Back")

    async def _import(self) -> None:
        self._do(f"sends the file {SAMPLE.name}")
        await self.chat.upload(SAMPLE)
        await self._tap("That's right")
        await self._see("How did these people agree?")
        await self._tap("They signed up")
        await self._see(lambda m: any("New campaign" in text for text in m.button_texts))

    async def _build(self) -> None:
        await self._tap("New campaign")
        await self._see("message")
        await self._say(TEXT)
        await self._see("photo")
        self._do("sends a picture")
        await self.chat.upload(picture(), "spring-menu.jpg", kind="photo")
        await self._tap("Send me a test")
        await self._see("number")
        await self._say("+44 7400 123456")
        await self._see("The test was sent")
        await self._tap("Continue")
        await self._tap("Custom")
        await self._say("0.5-1.5")
        await self._tap("Now")
        await self._tap("Start")

    async def _run(self) -> None:
        await self._see(lambda m: "running" in m.words and "Sent 0" not in m.words)
        await self._tap("Pause")
        await self._see("paused")
        await self._tap("Resume")

    async def _report(self) -> list[Path]:
        self.folder.mkdir(parents=True, exist_ok=True)
        await self._see(lambda m: m.photo is not None and m.from_bot, timeout=120)
        return [await self._save(ending) for ending in (".xlsx", ".csv")]

    async def _save(self, ending: str) -> Path:
        def is_it(message: ShownMessage) -> bool:
            return message.document is not None and message.document["name"].endswith(ending)

        message = await self._see(is_it)
        path = self.folder / (message.document["name"] if message.document else f"report{ending}")
        path.write_bytes(await self.chat.download(message))
        return path


def picture() -> bytes:
    """A small poster for the campaign."""
    image = Image.new("RGB", (900, 600), "#1f7a5c")
    draw = ImageDraw.Draw(image)
    draw.ellipse((560, 60, 860, 360), fill="#f6c945")
    draw.rectangle((0, 430, 900, 600), fill="#15543f")
    draw.text((60, 120), "Spring menu", font=ImageFont.load_default(84), fill="white")
    draw.text((60, 480), "Fresh every day, from nine to six", font=ImageFont.load_default(40), fill="white")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()
