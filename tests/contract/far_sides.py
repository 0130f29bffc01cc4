"""The other end of each line, as the gateways' contract sees it: what arrived, what is made to happen."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from tests.contract.flaky import FlakyLine
from tests.web_worker import Hands
from whatsapp.simulated.world import SimulatedWorld


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One message that reached a person; `sha256` of its file."""

    number: str
    text: str
    kind: str | None = None
    filename: str | None = None
    mime: str | None = None
    sha256: str | None = None


class FarSide(Protocol):
    async def arrived(self) -> list[Arrived]:
        """In order."""
        ...

    async def script(self, fault: str, number: str) -> None:
        """What the next send to that number meets: "temporary", "not_on_whatsapp", or a silence before or
        after it was taken, or a line that breaks."""
        ...

    async def restrict(self) -> None: ...

    async def unlink(self) -> None: ...

    async def deliver(self, key: str) -> None:
        """It reaches the phone, if that does not happen by itself."""
        ...


class SimulatedFarSide:
    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def arrived(self) -> list[Arrived]:
        return [await self._arrived(bubble) for bubble in self.world.received]

    async def _arrived(self, bubble: Any) -> Arrived:
        note = self.world.book.messages[bubble.key].media
        if note is None:
            return Arrived(number=bubble.number, text=bubble.text)
        file = sha256(await self.world.shelf.get(note.sha256) or b"").hexdigest()
        return Arrived(
            number=bubble.number, text=bubble.text, kind=note.kind, filename=note.filename, mime=note.mime,
            sha256=file,
        )  # fmt: skip

    async def script(self, fault: str, number: str) -> None:
        self.world.script(number, fault)

    async def restrict(self) -> None:
        self.world.script(None, "restriction")

    async def unlink(self) -> None:
        (account,) = self.world.book.accounts
        await self.world.turn(account, "unlinked")

    async def deliver(self, key: str) -> None:
        return None


class WebFarSide:
    """A worker whose WhatsApp is a fake, behind a line that can break."""

    def __init__(self, hands: Hands, session: str, line: FlakyLine) -> None:
        self.hands, self.session, self.line = hands, session, line

    async def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                number=one["to"], text=one["text"], filename=one["filename"], mime=one["mime"],
                sha256=one["sha256"], kind=_KINDS.get(one["kind"], one["kind"]),
            )
            for one in await self.hands.got(self.session)
        ]  # fmt: skip

    async def script(self, fault: str, number: str) -> None:
        match fault:
            case "temporary":
                await self.hands.do(self.session, "next-sends", troubles=["check_throws"])
            case "not_on_whatsapp":
                await self.hands.do(self.session, "set", unregistered=[number])
            case _:
                self.line.next_send(fault)

    async def restrict(self) -> None:
        await self.hands.do(self.session, "unlink", reason="TOS_BLOCK")

    async def unlink(self) -> None:
        await self.hands.do(self.session, "unlink", reason="LOGOUT")

    async def deliver(self, key: str) -> None:
        await self.hands.do(self.session, "ack", key=key, ack=2)


_KINDS = {"text": None, "image": "photo"}
