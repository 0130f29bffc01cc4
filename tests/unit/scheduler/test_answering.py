"""What stands against an operator's answer, said before it is queued."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.conversations.model import Conversation
from domain.kernel.ids import ConversationId
from domain.scheduler.answering import NumberHidden, WindowClosed, Words, check_answer
from storage.tables import conversations
from tests.fakes.stores import NOW
from tests.unit.cloud.bodies import Json, body, inbound, value
from tests.unit.scheduler.cloud_office import SHEENA, Office, office

HIDDEN = "US.13491208655302741918"


def _from_nobody(text: str) -> Json:
    """Of somebody who shows WhatsApp's name for them only."""
    piece = {
        "from_user_id": HIDDEN, "id": "wamid.IN=", "timestamp": str(int(NOW.timestamp())), "type": "text",
        "text": {"body": text},
    }  # fmt: skip
    contacts = [{"profile": {"name": "Sheena"}, "user_id": HIDDEN}]
    return body("messages", value(contacts=contacts, messages=[piece]))


async def _talk(here: Office, number: str) -> Conversation:
    chosen = select(conversations.c.id).where(conversations.c.number == number)
    async with here.on.store.read() as unit:
        id = ConversationId((await unit.chat._db.execute(chosen)).scalar_one())
        return await unit.conversations.any(id)


async def test_who_hides_their_number_cannot_be_answered_and_the_reason_is_that(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(_from_nobody("are you open?"))
        talk = await _talk(here, HIDDEN)
        async with here.on.store.read() as unit:
            with pytest.raises(NumberHidden):
                await check_answer(unit, talk, Words(text="yes"), now=NOW)


async def test_after_a_day_the_reason_is_how_long_ago_they_wrote(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(inbound("text", text={"body": "are you open?"}, timestamp=str(int(NOW.timestamp()))))
        talk = await _talk(here, SHEENA)
        async with here.on.store.read() as unit:
            await check_answer(unit, talk, Words(text="yes"), now=NOW + timedelta(hours=23))
            with pytest.raises(WindowClosed) as closed:
                await check_answer(unit, talk, Words(text="yes"), now=NOW + timedelta(hours=25))
        assert closed.value.data["hours"] == 25
