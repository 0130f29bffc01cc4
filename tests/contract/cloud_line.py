"""A line to the official channel: the product's own client over its stand-in, on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from domain.delivery.ports import Fault, NewsItem
from tests.contract.far_sides import Arrived
from tests.contract.lines import ADA, BRUNO, CHIKA, PATIENCE, Line, MemoryMedia, RealClock
from tests.unit.cloud.cast import HeardEffects, MemoryUploads
from whatsapp.client import build_cloud_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.gateway import CloudGateway
from whatsapp.cloud.media import StoredFiles
from whatsapp.cloud.standin.app import StandIn
from whatsapp.cloud.standin.faults import Faults
from whatsapp.cloud.standin.scene import add_account, change_number, revoke_token
from whatsapp.simulated.behaviour import Behaviour

_KINDS = {"image": "photo"}
_FAULTS: dict[str, dict[str, Any]] = {
    "temporary": {"kind": "code", "code": 2},
    "silence_after_taking": {"kind": "silence_after"},
    "silence_before_taking": {"kind": "silence_before"},
    "disconnect": {"kind": "drop_after"},
}


class NoNews:
    """The official channel brings its news by webhook (tests/unit/scheduler/test_cloud_webhooks.py)."""

    async def after(self, cursor: int, *, wait_seconds: float) -> list[NewsItem]:
        return []


@dataclass
class CloudFarSide:
    standin: StandIn
    number: str
    token: str

    async def arrived(self) -> list[Arrived]:
        return [self._arrived(one.wa_id, orjson.loads(one.raw)) for one in self.standin.world.ledger.latest]

    def _arrived(self, wa_id: str, said: dict[str, Any]) -> Arrived:
        kind = said["type"]
        part = said[kind]
        if kind == "text":
            return Arrived(number=f"+{wa_id}", text=part["body"])
        upload = self.standin.world.media.get(part["id"], self.standin.world.clock.now())
        assert upload is not None
        return Arrived(
            number=f"+{wa_id}", text=part.get("caption", ""), kind=_KINDS.get(kind, kind),
            filename=part.get("filename"), mime=upload.mime, sha256=upload.sha256,
        )  # fmt: skip

    async def script(self, fault: str, number: str) -> None:
        world = self.standin.world
        if fault == "not_on_whatsapp":
            world.person(world.wa_id(number) or "").on_whatsapp = False
            world.behaviour = world.behaviour.changed({"late_errors": []})
        else:
            wish = {**_FAULTS[fault], "to": world.wa_id(number), "times": 1}
            faults: Faults = world.faults
            faults.add(wish)

    async def restrict(self) -> None:
        change_number(self.standin.world, self.number, {"restricted": True})

    async def unlink(self) -> None:
        revoke_token(self.standin.world, self.token)

    async def deliver(self, key: str) -> None:
        await asyncio.sleep(0)


@asynccontextmanager
async def over_cloud(
    folder: Path, behaviour: Behaviour | None = None, *, patience: float = PATIENCE
) -> AsyncIterator[Line]:
    """`behaviour` is the simulated phones'. Everybody wrote within the last day: free text may go out."""
    async with StandIn(seed=7) as standin, build_cloud_client() as client:
        world, media = standin.world, MemoryMedia()
        made = add_account(world, {})
        number, token = str(made["phone_number_id"]), str(made["token"])
        for person in (ADA, BRUNO, CHIKA):
            pair = world.pair(world.lines[number], world.wa_id(person) or "")
            pair.window_until = world.clock.now() + 86_400
        line = CloudLine(base_url=f"{standin.url}/v23.0", phone_number_id=number, token=lambda: token)
        yield Line(
            gateway=CloudGateway(
                client, line, files=StoredFiles(media), uploaded=MemoryUploads(), effects=HeardEffects(),
                clock=RealClock(), seconds=patience,
            ),
            news=NoNews(),
            far=CloudFarSide(standin, number, token),
            media=media,
            names_pictures=False,
            file_fault=Fault.ACCOUNT,
        )  # fmt: skip
