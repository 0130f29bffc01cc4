"""A whole desk of real processes, every line between them and every clock in our hands."""

import asyncio
import json
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from bot.sandbox.client import SandboxChat, SandboxClient
from domain.kernel.ids import AccountId, MemberId, WorkspaceId
from storage.database import Database as Store
from tests.crash.disk import SmallDisk
from tests.crash.processes import Process
from tests.crash.schedule import Database, Fault, Kind
from tests.crash.skewed import Skew
from tests.crash.wire import Wire
from tests.official_desk import VERIFY
from tests.postgres import PostgresServer

#: So many a day from one account; a campaign to more has to stop there.
CAP: Final = 120
#: What a process says when it is there; before, it is still being loaded, and SIGTERM simply ends it.
_GREETINGS: Final = ("MassSender is running", "Sending for the desk")
#: Telegram refuses a second poller with 409 while the connection of a killed one lives.
ENDS_WITHIN: Final = 40.0

Json = dict[str, Any]


@dataclass(kw_only=True)
class Workspace:
    id: WorkspaceId
    member: MemberId
    chat: SandboxChat
    name: str
    #: The data of a button that begins a draft at each tap.
    button: str
    #: How often it was tapped.
    taps: int = 0


@dataclass(kw_only=True)
class FaultyDesk:
    """`ours`: the processes of the product; `far`: those of the stand-ins."""

    folder: Path
    kind: Database
    store: Store
    http: httpx.AsyncClient
    phones: str
    standin: str
    client: SandboxClient
    ours: dict[str, Process]
    far: dict[str, Process]
    skews: dict[str, Skew]
    wires: dict[str, Wire]
    disk: SmallDisk
    server: PostgresServer | None
    spaces: list[Workspace]
    official: AccountId
    app_id: str
    ended_badly: list[str] = field(default_factory=list)
    #: So many people's numbers were given out, over all rounds.
    people: int = 0

    # ---- faults

    async def strike(self, fault: Fault) -> None:
        """Do it, wait, and make it good (a clock stays wrong until `heal`)."""
        match fault.kind:
            case Kind.KILL:
                await self.ours[fault.whom].kill()
                await asyncio.sleep(fault.seconds)
                await self.ours[fault.whom].start()
            case Kind.TERM:
                await self._ask_to_stop(fault.whom)
                await asyncio.sleep(fault.seconds)
                await self.ours[fault.whom].start()
            case Kind.FREEZE:
                process = {**self.ours, **self.far}[fault.whom]
                process.tell(signal.SIGSTOP)
                await asyncio.sleep(fault.seconds)
                process.tell(signal.SIGCONT)
            case Kind.CUT:
                assert fault.how is not None
                await self.wires[fault.whom].cut(fault.how)
                await asyncio.sleep(fault.seconds)
                await self.wires[fault.whom].mend()
            case Kind.DISK:
                await asyncio.to_thread(self.disk.fill)
                await asyncio.sleep(fault.seconds)
                await asyncio.to_thread(self.disk.free)
                await self._server_runs()
            case Kind.CLOCK:
                self.skews[fault.whom].set(fault.jump)
                await asyncio.sleep(fault.seconds)
            case Kind.SERVER:
                assert self.server is not None
                await asyncio.to_thread(self.server.stop)
                await asyncio.sleep(fault.seconds)
                await asyncio.to_thread(self.server.start)

    async def _ask_to_stop(self, whom: str) -> None:
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                code = await self.ours[whom].stop()
        except TimeoutError:
            self.ended_badly.append(f"{whom} did not end within {ENDS_WITHIN:.0f} s of SIGTERM")
            await self.ours[whom].kill()
            return
        begun = any(greeting in self.ours[whom].said() for greeting in _GREETINGS)
        if code != 0 and not (code == -signal.SIGTERM and not begun):
            self.ended_badly.append(f"{whom} ended with {code} on SIGTERM")

    async def _server_runs(self) -> None:
        """A server that a full disk has ended is started again, as whoever looks after it would."""
        if self.server is not None and not await answers_at(self.server.port):
            with suppress(RuntimeError):
                await asyncio.to_thread(self.server.stop)
            await asyncio.to_thread(self.server.start)

    async def heal(self) -> None:
        """Everything is well again from here on. Whoever ended by itself is noted, and started."""
        self.disk.free()
        await self._server_runs()
        for wire in self.wires.values():
            await wire.mend()
        for skew in self.skews.values():
            skew.set(0)
        for name, process in self.ours.items():
            process.tell(signal.SIGCONT)
            if not process.running:
                # One that is started while the database is away says so and ends, for whoever started it.
                if "The database cannot be opened" not in process.said():
                    self.ended_badly.append(f"{name} ended by itself")
                await process.start()
        for process in self.far.values():
            process.tell(signal.SIGCONT)

    # ---- what the stand-ins know

    async def control(self, verb: str, path: str, wish: Json | None = None) -> Json:
        answer = await self.http.request(verb, f"{self.standin}/_standin/{path}", json=wish)
        assert answer.status_code == 200, answer.text
        said: Json = answer.json()
        return said

    async def taken(self, after: int = 0) -> list[Json]:
        """What the phones have taken, oldest first: key, account, number, text."""
        answer = await self.http.get(f"{self.phones}/api/received", params={"after": after})
        return [json.loads(line) for line in answer.raise_for_status().text.splitlines()]

    async def counts(self) -> tuple[int, int]:
        """So many messages the phones have taken, and WhatsApp."""
        totals = (await self.http.get(f"{self.phones}/api/received/totals")).raise_for_status().json()
        return int(totals["messages"]), int((await self.control("GET", "received"))["accepted"])

    async def linked(self) -> Json:
        said: Json = (await self.http.post(f"{self.phones}/accounts", json={})).raise_for_status().json()
        return said

    async def listen(self) -> None:
        """WhatsApp brings its webhooks from now on."""
        wish = {
            "app_id": self.app_id, "verify_token": VERIFY,
            "url": f"http://127.0.0.1:{self.wires['webhooks'].port}/webhooks/whatsapp",
        }  # fmt: skip
        async with asyncio.timeout(180):
            url = f"{self.standin}/_standin/webhooks"
            while (await self.http.post(url, json=wish)).status_code != 200:
                await asyncio.sleep(0.1)


async def answers_at(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
