"""The phones of the stand-in's people, as the phones page asks about them, over HTTP in this process."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.contract.cloud_standin.stage import ADA, BRUNO, Sink, Stage, named, spring, stage_with_sink
from whatsapp.cloud.standin.phones import official_phones

PICTURE = ("bread.png", b"PNG", "image/png")


@asynccontextmanager
async def page_open() -> AsyncIterator[tuple[httpx.AsyncClient, Stage, Sink]]:
    async with stage_with_sink() as (there, hook):
        transport = httpx.ASGITransport(official_phones(there.standin.world))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as page:
            yield page, there, hook


async def phones(page: httpx.AsyncClient, sought: str = "") -> list[dict[str, Any]]:
    answer = await page.get("/api/phones", params={"q": sought})
    found: list[dict[str, Any]] = answer.json()["phones"]
    return found


async def test_a_phone_shows_what_its_owner_reads_of_a_template_and_of_a_file() -> None:
    async with page_open() as (page, there, _):
        await there.send(ADA, type="template", template={
            "name": "welcome", "language": {"code": "en"}, "components": named("Ada", "1234"),
        })  # fmt: skip
        await there.told()
        await page.post(f"/api/phones/{ADA}/reply", json={"text": "Thanks"})
        uploaded = await there.graph(
            "POST", f"{there.account['phone_number_id']}/media", files={"file": PICTURE},
            data={"messaging_product": "whatsapp", "type": "image/png"},
        )  # fmt: skip
        await there.send(ADA, type="image", image={"id": uploaded.json()["id"], "caption": "Our bread"})
        await there.told()
        (phone,) = await phones(page)
        welcome, thanks, bread = phone["bubbles"]
        assert (welcome["text"], welcome["state"]) == ("Welcome Ada, your code is 1234.", "read")
        assert (thanks["text"], thanks["mine"]) == ("Thanks", True)
        assert (bread["text"], bread["media"]["kind"], bread["state"]) == ("Our bread", "photo", "delivered")
        assert phone["unread"] == 1
        shown = await page.get(f"/api/media/{bread['media']['name']}")
        assert (shown.content, shown.headers["content-type"]) == (b"PNG", "image/png")
        assert [await phones(page, sought) for sought in ("nobody", "+4477009000020")] == [[], []]
        assert len(await phones(page, "our BREAD")) == len(await phones(page, ADA)) == 1


async def test_what_is_done_on_a_phone_comes_by_a_signed_webhook() -> None:
    async with page_open() as (page, there, hook):
        parts = spring({"link": "https://ada.example/a.png"}, "Ada", "20%")
        template = {"name": "spring", "language": {"code": "en"}, "components": parts}
        answer = await there.send(ADA, type="template", template=template)
        (phone,) = await phones(page)
        assert phone["bubbles"][0]["buttons"] == ["Stop"]
        assert (await page.post(f"/api/phones/{ADA}/reply", json={"button": "Stop"})).is_success
        message = {"message": json.dumps({"kind": "voice"})}
        voice = {"file": ("voice.ogg", b"Ogg", "audio/ogg")}
        assert (await page.post(f"/api/phones/{ADA}/reply", data=message, files=voice)).is_success
        changed = await page.post(f"/api/phones/{ADA}/switch", json={"stopped": True, "blocked": True})
        assert (changed.json()["stopped"], changed.json()["blocked"]) == (True, True)
        await there.told()
        button, sound = hook.values("messages")
        assert button["context"]["id"] == answer.json()["messages"][0]["id"]
        assert sound["audio"]["voice"] is True
        assert [one["value"] for one in hook.values("user_preferences")] == ["stop"]
        assert hook.signed()


async def test_what_makes_no_sense_is_refused_in_a_sentence() -> None:
    async with page_open() as (page, there, _):
        await there.send(ADA)
        file = {"file": PICTURE}
        for number, how, told in (
            (BRUNO, {"json": {"text": "Hello"}}, "no message ever came"),
            (ADA, {"json": {"text": ""}}, "text must be"),
            (ADA, {"data": {"message": json.dumps({"kind": "smell"})}, "files": file}, "a file is a picture"),
            (ADA, {"data": {"message": "no json"}, "files": file}, "not JSON"),
        ):
            answer = await page.post(f"/api/phones/{number}/reply", **how)
            assert (answer.status_code, told in answer.json()["error"]) == (400, True), answer.text
        stranger = await page.get("/api/phones", headers={"host": "evil.example"})
        assert stranger.status_code == 403
