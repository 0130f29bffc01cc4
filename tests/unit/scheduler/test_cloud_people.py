"""Webhooks of the official channel about people: what they write, what they are called, that they stop."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.contacts.model import Consent
from domain.contacts.ports import ImportedRow
from domain.delivery.cloud_accounts import Named
from tests.fakes.stores import NOW
from tests.unit.cloud import bodies
from tests.unit.cloud.bodies import inbound, preference
from tests.unit.scheduler.cloud_office import SHEENA, office


async def test_a_message_is_a_reply_and_opens_the_window_for_a_day(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.TEXT)
        (told,) = here.replies
        assert (told.reply.number, told.reply.text) == (SHEENA, "Does it come in another color?")
        async with here.on.store.read() as unit:
            known = (await unit.cloud.people(here.number, [SHEENA]))[SHEENA]
        assert known.wrote_at == datetime.fromtimestamp(int(bodies.AT), tz=UTC)


async def test_a_reply_under_another_wa_id_is_matched_with_whom_we_wrote_to(tmp_path: Path) -> None:
    """Brazil's ninth digit: the send was accepted as another number than was dialled."""
    async with office(tmp_path) as here:
        async with here.on.store.write() as unit:
            row = ImportedRow(number="+5511987654321", name="Bruno", attributes={})
            await unit.contacts.save_rows(here.on.space, None, [row], at=NOW)
            named = [a_name("+5511987654321", wa_id="551187654321")]
            await unit.cloud.name_people(here.number, named)
            await unit.commit()
        await here.told(inbound("text", text={"body": "STOP"}, **{"from": "551187654321"}))
        assert (here.replies[0].reply.name, here.replies[0].stopped) == ("Bruno", True)
        assert await here.consent("+5511987654321") is Consent.REVOKED


@pytest.mark.parametrize("by", ["word", "setting"])
async def test_who_is_on_a_list_under_two_numbers_says_stop_once_for_both(tmp_path: Path, by: str) -> None:
    dialled, called = "+5215512345678", "+525512345678"
    async with office(tmp_path) as here:
        async with here.on.store.write() as unit:
            rows = [ImportedRow(number=one, name="Rosa", attributes={}) for one in (dialled, called)]
            await unit.contacts.save_rows(here.on.space, None, rows, at=NOW)
            await unit.cloud.name_people(here.number, [a_name(dialled, wa_id=called[1:])])
            await unit.commit()
        word = inbound("text", text={"body": "STOP"}, **{"from": called[1:]})
        await here.told(word if by == "word" else preference("stop", wa_id=called[1:]))
        assert await here.consent(dialled) is Consent.REVOKED
        assert await here.consent(called) is Consent.REVOKED


def a_name(number: str, *, wa_id: str | None = None, user_id: str | None = None) -> Named:
    return Named(number=number, wa_id=wa_id, user_id=user_id)


def hidden(text: str, id: str = "wamid.H=") -> dict[str, Any]:
    """Somebody whose number is not told."""
    told = deepcopy(inbound("text", text={"body": text}, id=id))
    value = told["entry"][0]["changes"][0]["value"]
    del value["messages"][0]["from"], value["contacts"][0]["wa_id"]
    return told


async def test_whoever_hides_their_number_is_known_by_the_id_they_had_before(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.TEXT)
        await here.told(hidden("stop"))
        assert here.replies[-1].reply.number == SHEENA
        assert await here.consent() is Consent.REVOKED


async def test_a_hidden_stranger_becomes_a_notice_and_no_contact(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(hidden("stop"))
        assert here.replies[0].reply.number == "US.13491208655302741918"
        async with here.on.store.read() as unit:
            assert await unit.contacts.by_number(here.on.space, "US.13491208655302741918") is None


async def test_whoever_changes_their_number_stays_the_same_contact(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.TEXT, bodies.CHANGED_NUMBER)
        await here.told(inbound("text", text={"body": "STOP"}, id="wamid.N=", **{"from": "12195555358"}))
        assert here.replies[-1].reply.number == SHEENA
        assert await here.consent() is Consent.REVOKED


async def test_stopping_marketing_at_whatsapp_is_a_stop_and_resuming_takes_it_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(preference("stop", timestamp=1731705721))
        assert await here.consent() is Consent.REVOKED
        await here.told(preference("resume", timestamp=1731705900))
        assert await here.consent() is Consent.GRANTED


async def test_preferences_that_come_late_or_again_do_not_undo_what_was_said_since(tmp_path: Path) -> None:
    stop, resume = preference("stop", timestamp=1731705721), preference("resume", timestamp=1731705900)
    later_stop = preference("stop", timestamp=1731706000)
    async with office(tmp_path) as here:
        await here.told(stop, resume)
        await here.told({**stop, "again": 1})
        assert await here.consent() is Consent.GRANTED
        await here.told(later_stop)
        await here.told({**resume, "again": 1})
        assert await here.consent() is Consent.REVOKED
        async with here.on.store.read() as unit:
            known = await unit.contacts.by_number(here.on.space, SHEENA)
            assert known is not None
            events = await unit.contacts.consent_events(known.id)
        assert [event.granted for event in events] == [False, True, False]


async def test_a_start_that_was_written_before_the_stop_does_not_undo_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(inbound("text", text={"body": "STOP"}, id="wamid.2=", timestamp="1749416500"))
        await here.told(inbound("text", text={"body": "START"}, id="wamid.1=", timestamp="1749416400"))
        assert await here.consent() is Consent.REVOKED


async def test_a_person_may_be_told_of_by_an_earlier_time_than_now(tmp_path: Path) -> None:
    """WhatsApp repeats for seven days: what comes late has the time it happened at."""
    late = NOW - timedelta(days=6)
    async with office(tmp_path) as here:
        stamp = str(int(late.timestamp()))
        await here.told(inbound("text", text={"body": "STOP"}, timestamp=stamp))
        async with here.on.store.read() as unit:
            known = await unit.contacts.by_number(here.on.space, SHEENA)
            assert known is not None
            (event,) = await unit.contacts.consent_events(known.id)
        assert event.at == late
