"""A worker that answers as it is told, under the real client: what a session says, what a send meets.

door = Doorman()
door.sends = [refuses("not_ready", 409, state="starting"), takes()]
gateway = door.gateway()
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from domain.accounts.web import WorkerMissing
from tests.contract.lines import MemoryMedia
from tests.unit.web.schemas import golden, holds
from whatsapp.web.gateway import LONGEST_SEND, WebGateway
from whatsapp.web.session import Session
from whatsapp.web.worker import FixedPlace, Worker

Answer = Callable[[httpx.Request], httpx.Response]


def takes(state: str = "server", **more: object) -> Answer:
    return lambda _: httpx.Response(200, json=golden("taken by WhatsApp's server") | {"state": state, **more})


def refuses(error: str, status: int, **more: object) -> Answer:
    body = {"error": error, "message": "No.", **more}
    assert holds("error", body)
    return lambda _: httpx.Response(status, json=body)


def says(status: int, text: str) -> Answer:
    return lambda _: httpx.Response(status, text=text)


def breaks(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("gone", request=request)


def nobody(request: httpx.Request) -> httpx.Response:
    error = httpx.ConnectError("refused", request=request)
    raise error from ConnectionRefusedError(111, "Connection refused")


def missing(trouble: Any) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise WorkerMissing(trouble)

    return answer


@dataclass
class Doorman:
    """`sends`: what sends meet, in order; the last one stays. `states`: what looks at the session show."""

    sends: list[Answer] = field(default_factory=lambda: [takes()])
    states: list[str] = field(default_factory=lambda: ["ready"])
    journals: list[str] = field(default_factory=lambda: ["6f1c7a52-0b1e-4c58-9a5d-3f0e2d7b9c41"])
    keys: list[str] = field(default_factory=list)
    started: int = 0
    bodies: list[Any] = field(default_factory=list)
    media: MemoryMedia = field(default_factory=MemoryMedia)

    def gateway(
        self, *, patience: float = 0.5, ack: float = 0.0, longest: float = LONGEST_SEND
    ) -> WebGateway:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        worker = Worker("main", client, FixedPlace("http://worker", "t" * 32))
        return WebGateway(
            Session(worker, "s1"), self.media, ack_seconds=ack, patience=patience, longest=longest
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {'t' * 32}"
        path = request.url.path
        if path.endswith("/close"):
            journal = self.journals.pop(0) if len(self.journals) > 1 else self.journals[0]
            closed = {"state": "failed", "reason": "never_sent", "can_retry": True, "journal": journal}
            return httpx.Response(200, json=golden("taken by WhatsApp's server") | closed)
        if path == "/v1/sessions/s1":
            self.started += request.method == "PUT"
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return httpx.Response(200, json=golden("a linked session") | {"state": state})
        if request.method == "POST":
            self.keys.append(request.headers["idempotency-key"])
            self._keep(request)
        send = self.sends.pop(0) if len(self.sends) > 1 else self.sends[0]
        return send(request)

    def _keep(self, request: httpx.Request) -> None:
        if request.headers["content-type"] == "application/json":
            body = json.loads(request.content)
            assert holds("message", body)
            self.bodies.append(body)
        else:
            self.bodies.append(request.content)
