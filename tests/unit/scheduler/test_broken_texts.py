"""One text that no database keeps (half an emoji, a NUL) holds up nothing that was written after it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.contacts.model import Consent
from domain.delivery.ports import NewsItem
from storage.tables import replies
from tests.fakes.stores import NOW
from tests.unit.cloud.bodies import inbound
from tests.unit.scheduler.cloud_office import SHEENA, office
from tests.unit.scheduler.world import World, world
from whatsapp.simulated import wire as simulated
from whatsapp.web import wire as web

CAN = "+905321112233"
#: As a cut by UTF-16 length leaves it, escaped, in JSON.
HALF = "bread \ud83d\0"
AT = NOW.isoformat()
FILE = {"mime": "image/\0jpeg", "filename": HALF}


def _over_web(event: str, text: str, *, file: bool) -> dict[str, Any]:
    attachment = {"size": 7, **FILE} if file else None
    media = "document" if file else None
    told = {"event": event, "from": CAN, "name": HALF, "text": text, "media": media, "attachment": attachment}
    return {"cursor": 0, "at": AT, "kind": "reply", **told}


def _simulated(event: str, text: str, *, file: bool) -> dict[str, Any]:
    attachment = {"ref": event, "size": 7, **FILE} if file else None
    media = "document" if file else None
    told = {"event": event, "sender": CAN, "text": text, "media": media, "attachment": attachment}
    return {"cursor": 0, "at": AT, "kind": "reply", **told}


async def _kept(on: World) -> Sequence[tuple[str, str, Any]]:
    chosen = select(replies.c.event, replies.c.text, replies.c.attachment).order_by(replies.c.id)
    async with on.store.read() as unit:
        return [(row.event, row.text, row.attachment) for row in await unit.chat._db.execute(chosen)]


Told = Callable[..., dict[str, Any]]
Read = Callable[[Any], NewsItem]


@pytest.mark.parametrize(
    ("told", "read"), [(_over_web, web.news_from_json), (_simulated, simulated.news_from_json)],
    ids=["web", "simulated"],
)  # fmt: skip
async def test_a_text_that_was_cut_is_kept_and_the_stop_behind_it_is_heard(
    tmp_path: Path, told: Told, read: Read
) -> None:
    events = ("a\ud83d", "a\ud83e", "a\0", "a?", "stop")
    said = [told(event, "STOP" if event == "stop" else HALF, file=event != "stop") for event in events]
    items = [read(json.loads(json.dumps(one | {"cursor": n}))) for n, one in enumerate(said, 1)]
    async with world(tmp_path) as on:
        await on.contact(CAN)
        for _ in range(2):
            async with on.store.read() as unit:
                account = await unit.accounts.account(on.account)
            await on.news.apply(account, items)
        kept = await _kept(on)
        assert [text for _, text, _ in kept] == ["bread ?"] * 4 + ["STOP"]
        assert len({event for event, _, _ in kept}) == 5
        assert {(file["mime"], file["filename"]) for _, _, file in kept if file} == {
            ("image/jpeg", "bread ?")
        }
        async with on.store.read() as unit:
            person = await unit.contacts.by_number(on.space, CAN)
            assert (await unit.accounts.account(on.account)).news_cursor == 5
        assert person is not None and person.consent is Consent.REVOKED


async def test_the_official_channel_too_also_within_one_webhook(tmp_path: Path) -> None:
    file = {"id": "7", "mime_type": "application/pdf", "filename": HALF, "caption": HALF}
    told = inbound("document", document=file)
    value = told["entry"][0]["changes"][0]["value"]
    value["contacts"] = [{**value["contacts"][0], "profile": {"name": HALF}}]
    stop = {**value["messages"][0], "id": "wamid.STOP", "type": "text", "text": {"body": "STOP"}}
    value["messages"].append(stop)
    async with office(tmp_path) as here:
        await here.told(told)
        assert await here.left() == (0, 0)
        broken, said = await _kept(here.on)
        assert broken[1:] == ("bread ?", {**broken[2], "filename": "bread ?", "mime": "application/pdf"})
        assert said[1] == "STOP"
        assert await here.consent(SHEENA) is Consent.REVOKED
