"""A whole conversation over simulated phones, and over the official channel before its stand-in. Over
WhatsApp Web it is held in a real browser: tests/browser/test_talk_over_web.py."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.sandbox.client import SandboxClient
from domain.pacing.rules import Pacing
from tests.chat.shop import AT_ONCE, Shop, enter, open_shop
from tests.chat.stage import stage
from tests.chat.talk_journey import TalkJourney
from tests.fakes.cloud import CHOSEN
from tests.official_desk import OfficialDesk, official_desk

EACH_SECOND = Pacing(shortest=timedelta(seconds=1), longest=timedelta(seconds=1))


@dataclass(frozen=True, kw_only=True)
class SimulatedSide:
    shop: Shop

    async def writes(self, who: str, text: str) -> None:
        await self.shop.on.world.reply(who, text, account=self.shop.remote)

    async def got(self, who: str) -> Sequence[str]:
        return [one.text for one in self.shop.on.world.received if one.number == who]


@dataclass(frozen=True, kw_only=True)
class OfficialSide:
    desk: OfficialDesk

    async def writes(self, who: str, text: str) -> None:
        wish = {"text": text, "phone_number_id": self.desk.account["phone_number_id"]}
        await self.desk.control("POST", f"people/{who}/reply", wish)

    async def got(self, who: str) -> Sequence[str]:
        said = await self.desk.control("GET", "received/messages")
        mine = [one for one in said["messages"] if f"+{one['wa_id']}" == who]
        return [_text(one) for one in mine]


def _text(taken: dict[str, str]) -> str:
    text = json.loads(taken["raw"]).get("text")
    return taken["content"] if text is None else str(text["body"])


async def test_a_conversation_over_simulated_phones(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, people=0)
        await enter(on.ayse)
        journey = TalkJourney(
            chat=on.ayse, store=on.store, far=SimulatedSide(shop=shop), pacing=EACH_SECOND, quick=AT_ONCE
        )
        await journey.play()


async def test_a_conversation_over_the_official_channel(tmp_path: Path) -> None:
    async with official_desk(tmp_path) as desk, SandboxClient(desk.url) as client:
        await desk.bot.start()
        await desk.listen()
        chat = client.chat(1001)
        await enter(chat)
        journey = TalkJourney(
            chat=chat,
            store=desk.database,
            far=OfficialSide(desk=desk),
            pacing=EACH_SECOND,
            quick=AT_ONCE,
            template=CHOSEN,
        )
        await journey.play()
