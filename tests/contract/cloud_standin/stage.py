"""The stand-in with a number, a token and templates, a clock set by hand, and a callback that remembers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from whatsapp.cloud.standin.app import StandIn
from whatsapp.cloud.standin.outbox import signature_of
from whatsapp.cloud.standin.server import Server
from whatsapp.cloud.standin.wire import Answer, Head, answer
from whatsapp.cloud.standin.world import WorldClock

ADA, BRUNO, CHIKA = "+447700900001", "+447700900002", "+447700900003"
START = 1_800_000_000.0
SECRET, VERIFY = "the app's secret", "say the word & more"

Json = dict[str, Any]

SPRING = [
    {"type": "HEADER", "format": "IMAGE"},
    {"type": "BODY", "text": "Dear {{1}}, everything is {{2}} off."},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Stop"},
            {"type": "URL", "text": "See", "url": "https://ada.example/{{1}}"},
        ],
    },
]
WELCOME = [{"type": "BODY", "text": "Welcome {{first_name}}, your code is {{code}}."}]


@dataclass
class Sink:
    """A callback. `statuses`: what it answers to its next posts; 200 once they are used up."""

    statuses: list[int] = field(default_factory=list)
    posts: list[tuple[Head, bytes]] = field(default_factory=list)
    says: str | None = None
    """What it answers to the verification, if not the challenge."""
    url: str = ""

    def handle(self, head: Head, body: bytes) -> Answer:
        if head.method == "GET":
            params = head.params()
            right = params.get("hub.mode") == "subscribe" and params.get("hub.verify_token") == VERIFY
            said = self.says if self.says is not None else params.get("hub.challenge", "")
            return answer(200 if right else 403, said.encode(), "text/plain")
        self.posts.append((head, body))
        return answer(self.statuses.pop(0) if self.statuses else 200, b"")

    def values(self, part: str) -> list[Json]:
        """Every item of this part of every change, in order of arrival; "" for whole values."""
        return [
            item
            for _, body in self.posts
            for entry in orjson.loads(body)["entry"]
            for change in entry["changes"]
            for item in (change["value"].get(part, []) if part else [change["value"]])
        ]

    def courses(self) -> dict[str, list[str]]:
        """Message id -> its statuses in order of arrival."""
        courses: dict[str, list[str]] = {}
        for item in self.values("statuses"):
            courses.setdefault(item["id"], []).append(item["status"])
        return courses

    def signed(self) -> bool:
        """Whether every post bears the right signature."""
        return all(
            head.headers["x-hub-signature-256"] == signature_of(SECRET, body) for head, body in self.posts
        )


@asynccontextmanager
async def sink() -> AsyncIterator[Sink]:
    one = Sink()
    server = Server(one.handle)
    await server.start("127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.port}/hook"
    try:
        yield one
    finally:
        await server.stop()


@dataclass
class Stage:
    """A client of the stand-in's, and what it was given."""

    standin: StandIn
    client: httpx.AsyncClient
    account: Json

    async def control(self, method: str, path: str, wish: Json | None = None) -> Json:
        """A call of the control API that has to succeed."""
        said = await self.client.request(method, f"/_standin/{path}", json=wish)
        assert said.status_code == 200, said.text
        result: Json = said.json()
        return result

    async def send(self, to: str | None = ADA, *, token: str | None = None, **message: Any) -> httpx.Response:
        """A message as MassSender would send it: a text, unless something else is said."""
        body: Json = {"messaging_product": "whatsapp", "recipient_type": "individual"}
        if to is not None:
            body["to"] = to
        body |= message or {"type": "text", "text": {"body": "Hello"}}
        return await self.client.post(
            f"/v23.0/{self.account['phone_number_id']}/messages",
            json=body,
            headers={"authorization": f"Bearer {token or self.account['token']}"},
        )

    async def template(self, to: str = ADA, name: str = "welcome", **more: Any) -> httpx.Response:
        """The template `welcome` with its two named parameters, or another with `components`."""
        template = {"name": name, "language": {"code": "en"}, "components": named("Ada", "1234")}
        template |= {key: more.pop(key) for key in ("language", "components") if key in more}
        return await self.send(to, type="template", template=template, **more)

    async def graph(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any other call, with the token."""
        headers = {"authorization": f"Bearer {self.account['token']}", **more.pop("headers", {})}
        return await self.client.request(method, f"/v23.0/{path}", headers=headers, **more)

    async def told(self, *, until: str = "done") -> Json:
        """Once everything was told (`until` told: everything that is due): the counts of the webhooks."""
        counts = await self.control("GET", f"webhooks?wait=10&until={until}")
        assert counts["idle"]
        return counts

    async def received(self) -> Json:
        return await self.control("GET", "received")


def named(first_name: str, code: str) -> list[Json]:
    return [
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "first_name", "text": first_name},
                {"type": "text", "parameter_name": "code", "text": code},
            ],
        }
    ]


def spring(media: Json, *texts: str) -> list[Json]:
    """The components `spring` wants: a picture, two texts, the end of a link."""
    return [
        {"type": "header", "parameters": [{"type": "image", "image": media}]},
        {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]},
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "x7"}]},
    ]


def error_of(answer: httpx.Response) -> tuple[int, int, int | None]:
    """HTTP status, code and subcode of a refusal, whose body has to be whole."""
    error = answer.json()["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= set(error)
    return answer.status_code, error["code"], error.get("error_subcode")


@asynccontextmanager
async def stage(*, clock: WorldClock | None = None, silence_seconds: float = 60.0) -> AsyncIterator[Stage]:
    """Time stands still unless it is moved by the control API."""
    clock = clock or WorldClock(lambda: START)
    standin = StandIn(seed=7, clock=clock, silence_seconds=silence_seconds)
    async with standin, httpx.AsyncClient(base_url=standin.url, trust_env=False) as client:
        made = await client.post(
            "/_standin/accounts", json={"app_secret": SECRET, "verify_token": VERIFY, "throughput": None}
        )
        scene = Stage(standin, client, made.json())
        await scene.control(
            "POST",
            "templates",
            {
                "name": "welcome",
                "category": "UTILITY",
                "components": WELCOME,
                "parameter_format": "NAMED",
            },
        )
        await scene.control("POST", "templates", {"name": "spring", "components": SPRING})
        yield scene


@asynccontextmanager
async def stage_with_sink(**more: Any) -> AsyncIterator[tuple[Stage, Sink]]:
    """The same with a verified callback."""
    async with sink() as one, stage(**more) as scene:
        wish = {"app_id": scene.account["app_id"], "url": one.url, "verify_token": VERIFY}
        await scene.control("POST", "webhooks", wish)
        yield scene, one
