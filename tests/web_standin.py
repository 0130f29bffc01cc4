"""The stand-in of the WhatsApp Web page as a process, and the worker's way to it.

The unmodified library runs against it in real Chromium; what people got is counted by it, not by our tables.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import zxingcpp
from PIL import Image

WORKER: Final = Path(__file__).resolve().parents[1] / "worker_node"
START_SECONDS: Final = 30.0
ONLY_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

Json = dict[str, Any]


def qr_in(picture: bytes) -> str:
    """What a phone's camera reads off a picture. Raises AssertionError when there is no QR in it.

    Only QRs are looked for: lines of other codes are found by chance within a QR.
    """
    seen = Image.open(io.BytesIO(picture)).convert("RGB")
    found = zxingcpp.read_barcodes(seen, formats=ONLY_QR)
    assert len(found) == 1, f"{len(found)} QRs in the picture"
    return str(found[0].text)


@dataclass(frozen=True, kw_only=True)
class Standin:
    """The WhatsApp that the page talks to."""

    http: httpx.AsyncClient
    chromium_args: list[str]

    async def call(self, method: str, path: str, body: Json | None = None) -> Any:
        answer = await self.http.request(method, f"/control/{path}", json=body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def scan(self, qr: str, number: str, name: str = "Bakery", *, lid: bool = False) -> None:
        """The phone with that number scans the QR."""
        await self.call("POST", "scan", {"qr": qr, "number": number, "name": name, "lid": lid})

    async def type_code(self, code: str, number: str, name: str = "Bakery") -> None:
        """Its owner types the pairing code."""
        await self.call("POST", "pair", {"code": code, "number": number, "name": name})

    async def unlink(self, number: str, how: str = "navigate") -> None:
        await self.call("POST", "unlink", {"number": number, "how": how})

    async def reply(self, sender: str, to: str, text: str) -> None:
        await self.call("POST", "reply", {"from": sender, "to": to, "text": text})

    async def behave(self, **switches: Any) -> None:
        await self.call("POST", "behaviour", switches)

    async def messages(self, sender: str, *, at_least: int = 0, within: float = 30) -> list[Json]:
        """Everything the server accepted from that number, in order; waits `within` seconds for so many."""
        params: dict[str, str | int] = {
            "from": sender, "at_least": at_least, "within_ms": round(within * 1000),
        }  # fmt: skip
        answer = await self.http.get("/control/messages", params=params, timeout=within + 10)
        messages: list[Json] = answer.json()
        return messages

    async def counts(self, sender: str) -> Mapping[str, int]:
        """How many messages each person got from that number."""
        answer = await self.http.get("/control/counts", params={"from": sender})
        counts: Mapping[str, int] = answer.json()
        return counts

    async def media(self, sha256: str) -> bytes:
        return (await self.http.get(f"/control/media/{sha256}")).content


@asynccontextmanager
async def standin_process(log: Path) -> AsyncIterator[Standin]:
    """Runs it until the block ends; its complaints go to `log`."""
    with log.open("ab") as complaints:
        process = await asyncio.create_subprocess_exec(
            "node", str(WORKER / "standin" / "main.js"), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=complaints,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            async with asyncio.timeout(START_SECONDS):
                line = await process.stdout.readline()
            assert line, f"the stand-in did not start:\n{log.read_text()}"
            about = json.loads(line)
            async with httpx.AsyncClient(
                base_url=about["control_url"], trust_env=False, timeout=30
            ) as client:
                yield Standin(http=client, chromium_args=about["chromium_args"])
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
