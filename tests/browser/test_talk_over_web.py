"""A whole conversation over WhatsApp Web: the bot, its worker and the unmodified library in real Chromium,
before a stand-in of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from domain.pacing.rules import Pacing
from storage.database import Database
from tests.chat.talk_journey import TalkJourney
from tests.web_desk import WebDesk, arrive, link_by_qr, web_desk

pytestmark = [pytest.mark.browser, pytest.mark.crash]

LINE: Final = "+905321234567"
EVERY_TWO_SECONDS: Final = Pacing(shortest=timedelta(seconds=2), longest=timedelta(seconds=2))


@dataclass(frozen=True, kw_only=True)
class PageSide:
    desk: WebDesk

    async def writes(self, who: str, text: str) -> None:
        await self.desk.whatsapp.reply(who, LINE, text)

    async def got(self, who: str) -> Sequence[str]:
        return [one["text"] for one in await self.desk.whatsapp.messages(LINE) if one["to"] == who]


async def test_a_conversation_over_whatsapp_web(tmp_path: Path) -> None:
    async with web_desk(tmp_path) as desk, Database.open(desk.database) as store:
        chat = desk.owner
        await arrive(chat)
        await link_by_qr(desk, chat, LINE)
        journey = TalkJourney(
            chat=chat, store=store, far=PageSide(desk=desk), pacing=EVERY_TWO_SECONDS, quick=EVERY_TWO_SECONDS
        )
        await journey.play()
