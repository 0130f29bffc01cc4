"""The phones of a fake worker's people, as the phones page asks for them. The worker is a real process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.delivery.content import OutgoingMessage
from domain.kernel.ids import AttemptKey
from storage.media import ObstoreMedia
from tests.web_worker import HAS_NODE, LINE, Hands, fake_worker, link, workers_at
from whatsapp.web.fake_phones import FakeWorker, fake_phones

pytestmark = pytest.mark.skipif(not HAS_NODE, reason="needs Node.js and the worker's packages")

ADA, BRUNO = "+447700900001", "+447700900002"


@asynccontextmanager
async def page_of(client: httpx.AsyncClient, worker: FakeWorker) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=fake_phones(client, [worker]))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/api") as page:
        yield page


def shown(answer: httpx.Response) -> list[tuple[Any, ...]]:
    return [
        (one["number"], one["name"], one["line"]["number"], [bubble["text"] for bubble in one["bubbles"]])
        for one in answer.json()["phones"]
    ]


async def test_people_of_a_fake_worker_are_shown_answer_and_read(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own, workers_at(main=own) as web, httpx.AsyncClient() as client:
        remote = await link(web, own, "bakery")
        url, token = await own.address()
        async with page_of(client, FakeWorker(url=url, token=token)) as page:
            assert (await page.get("/phones")).json()["phones"] == []
            await web.gateway(remote, ObstoreMedia("memory:///")).send(
                OutgoingMessage(key=AttemptKey("k1"), to=ADA, text="Hello Ada, we open on Monday")
            )
            await Hands(own).do("bakery", "reply", **{"from": BRUNO, "name": "Bruno", "text": "Open today?"})
            listed = await page.get("/phones")
            seq = listed.json()["seq"]
            assert shown(listed) == [
                (BRUNO, "Bruno", LINE, ["Open today?"]),
                (ADA, "Ada", LINE, ["Hello Ada, we open on Monday"]),
            ]
            assert shown(await page.get("/phones", params={"q": "bruno"})) == shown(listed)[:1]
            answer = (await page.post(f"/phones/{ADA}/reply", json={"text": "See you"})).json()
            assert [(one["mine"], one["state"]) for one in answer["bubbles"]] == [
                (False, "read"),
                (True, "sent"),
            ]
            changed = await page.get("/changes", params={"after": seq, "wait": 1})
            assert [number for number, *_ in shown(changed)] == [ADA]
            refused = await page.post("/phones/+905300000009/read")
            assert refused.status_code == 400


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://worker.example"])
async def test_a_worker_that_is_no_fake_or_not_there_has_nobody_to_show(url: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "127.0.0.1"  # nobody else is asked
        return httpx.Response(404, json={"error": "not_found"})

    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(never)) as client,
        page_of(client, FakeWorker(url=url, token="t" * 32)) as page,
    ):
        assert (await page.get("/phones")).json()["total"] == 0
        assert (await page.get("/changes")).json()["phones"] == []
