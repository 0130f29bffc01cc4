"""Automation rules on the official channel: who has several numbers, and the day in which one may answer."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.automation.model import Rule, RuleId, When
from domain.contacts import service as people
from domain.contacts.model import Consent, ConsentSource
from tests.fakes.stores import NOW
from tests.unit.scheduler.cloud_office import Office, office
from tests.unit.scheduler.test_one_person import ROSA, ROSA_521, rosa_is_known, rosa_says

HOUR = timedelta(hours=1)


async def rule(here: Office, when: When, words: str = "", *, text: str = "", opt_out: bool = False) -> None:
    async with here.on.store.write() as unit:
        made = Rule(id=RuleId(0), position=0, when=when, words=words, text=text, opt_out=opt_out)
        await unit.rules.add(here.on.space, made, at=NOW)
        await unit.commit()


async def sent(here: Office) -> list[str]:
    await here.on.slices().run(here.number)
    return [one.text for one in here.on.phones.sent]


@pytest.mark.parametrize("dialled", [(ROSA_521,), ()])
async def test_a_rule_that_opts_out_holds_at_every_number_of_the_person(
    tmp_path: Path, dialled: tuple[str, ...]
) -> None:
    """Known to be one before, or by this very message."""
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA, ROSA_521, dialled=dialled)
        await rule(here, When.CONTAINS, "leave me alone", opt_out=True)
        await here.told(rosa_says("please leave me alone", at=NOW))
        for number in {ROSA, *dialled}:
            assert await here.consent(number) is Consent.REVOKED
            async with here.on.store.read() as unit:
                contact = await unit.contacts.by_number(here.on.space, number)
                assert contact is not None
                last = (await unit.contacts.consent_events(contact.id))[-1]
            assert last.source is ConsentSource.RULE
        [confirmed] = await sent(here)
        assert "no more messages" in confirmed


async def test_an_answer_leaves_while_they_may_be_answered(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA)
        await rule(here, When.ANY, text="Hello {name}!")
        await here.told(rosa_says("hi", at=NOW))
        assert await sent(here) == ["Hello Rosa!"]


async def test_what_whatsapp_tells_a_day_late_is_not_answered(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA)
        await rule(here, When.ANY, text="Hello!")
        here.on.clock.advance(hours=24)
        await here.told(rosa_says("hi", at=NOW))
        assert await sent(here) == []


@pytest.mark.parametrize(("stopped", "known"), [(ROSA, (ROSA, ROSA_521)), (ROSA_521, (ROSA_521,))])
async def test_a_rule_that_opts_out_who_has_stopped_before_confirms_nothing(
    tmp_path: Path, stopped: str, known: tuple[str, ...]
) -> None:
    """At their other number, or at the one they answer, while the other is no contact yet."""
    async with office(tmp_path) as here:
        await rosa_is_known(here, *known)
        async with here.on.store.write() as unit:
            person = await unit.contacts.by_number(here.on.space, stopped)
            assert person is not None
            await people.opt_out(unit.contacts, person, by=here.on.ayse, at=NOW - HOUR)
            await unit.commit()
        await rule(here, When.CONTAINS, "leave me alone", opt_out=True)
        await here.told(rosa_says("please leave me alone", at=NOW))
        assert await sent(here) == []
        assert await here.consent(ROSA) is await here.consent(ROSA_521) is Consent.REVOKED
