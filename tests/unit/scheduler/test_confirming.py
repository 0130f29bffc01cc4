"""The one word to somebody who said stop: once, in their language, and never after they came back."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from domain.accounts.model import AccountState
from domain.contacts import service as people
from domain.contacts.stop_texts import FOOTERS, confirmation
from domain.contacts.stop_words import LANGUAGES, OWN, STOP_DEFAULTS, Heard, Vocabulary
from domain.delivery.cloud_accounts import Named
from domain.delivery.ports import NewsItem, ReplyNews, Unknown
from domain.delivery.store import DirectPurpose, DirectState
from domain.kernel.ids import AttemptKey
from domain.scheduler.confirming import LEAVES_WITHIN, READ_WITHIN
from tests.fakes.stores import NOW
from tests.unit.cloud.bodies import preference
from tests.unit.scheduler.cloud_office import office
from tests.unit.scheduler.test_one_person import MINUTE, ROSA, ROSA_521, rosa_is_known, rosa_says
from tests.unit.scheduler.test_stop_and_start import CAN, another_number, found, says
from tests.unit.scheduler.world import World, world

HEARD = "You will get no more messages from Bakery. Write START if you want them again."


async def confirmed(on: World) -> Sequence[tuple[str, str]]:
    """What was sent, once everything that waits has had its chance."""
    for _ in range(5):
        await on.slices().run(on.account)
    return [(one.to, one.text) for one in on.phones.sent]


async def queued(on: World) -> int:
    """Confirmations that were ever asked for."""
    async with on.store.read() as unit:
        desk = await unit.operators.desk_id()
        asked = [await unit.delivery.direct_by_key(AttemptKey(f"{desk}-d{n}")) for n in range(1, 10)]
    return sum(one is not None and one.purpose is DirectPurpose.CONFIRM for one in asked)


async def test_a_stop_is_confirmed_once_however_often_it_is_said_or_told(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        await says(on, CAN, "STOP", nth=1)
        await says(on, CAN, "STOP", nth=1)
        await says(on, CAN, "stop!!", nth=2)
        assert await confirmed(on) == [(CAN, HEARD)]
        await says(on, CAN, "please stop", nth=3, to=await another_number(on))
        assert await confirmed(on) == [(CAN, HEARD)]


async def test_each_stop_after_a_start_is_confirmed(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        for nth, word in enumerate(("STOP", "START", "STOP"), start=1):
            await says(on, CAN, word, nth=nth)
        assert await confirmed(on) == [(CAN, HEARD)], "the first was taken back before it left"
        await says(on, CAN, "START", nth=4)
        await says(on, CAN, "STOP", nth=5)
        assert len(await confirmed(on)) == 2


async def test_who_has_come_back_before_it_left_is_not_told_that_they_are_gone(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        await says(on, CAN, "STOP", nth=1)
        await says(on, CAN, "START", nth=2)
        on.heard.events.clear()
        assert await confirmed(on) == []
        assert on.heard.events == [], "and nobody is told of it"


async def test_a_number_that_is_unlinked_does_not_confirm_days_later(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        await says(on, CAN, "STOP")
        await connected(on, AccountState.UNLINKED)
        assert await confirmed(on) == []
        on.clock.advance(seconds=LEAVES_WITHIN.total_seconds() + 1)
        await connected(on, AccountState.CONNECTED)
        assert await confirmed(on) == []


async def connected(on: World, state: AccountState) -> None:
    async with on.store.write() as unit:
        await unit.accounts.set_state(on.account, state, reason=None, at=on.clock.now())
        await unit.commit()


@pytest.mark.parametrize(("late", "told"), [(READ_WITHIN, 1), (READ_WITHIN + MINUTE, 0)])
async def test_a_stop_that_is_read_long_after_it_was_written_holds_in_silence(
    tmp_path: Path, late: timedelta, told: int
) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        on.clock.advance(seconds=late.total_seconds())
        async with on.store.read() as unit:
            account = await unit.accounts.account(on.account)
        news = ReplyNews(event="e", sender=CAN, text="STOP", at=NOW)
        await on.news.apply(account, [NewsItem(cursor=1, news=news)])
        assert len(await confirmed(on)) == told


async def test_a_plan_that_has_ended_does_not_silence_it_and_a_suspension_does(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        on.clock.advance(days=5000)
        wrote = (on.clock.now() - NOW) // MINUTE + 1
        await says(on, CAN, "STOP", nth=wrote)
        assert await confirmed(on) == [(CAN, HEARD)]
        await says(on, CAN, "START", nth=wrote + 1)
        async with on.store.write() as unit:
            await unit.operators.suspend(on.space, why="complaints", at=on.clock.now())
            await unit.commit()
        await says(on, CAN, "STOP", nth=wrote + 2)
        assert await confirmed(on) == [(CAN, HEARD)]


async def test_one_of_which_it_is_not_known_whether_it_arrived_is_not_sent_again(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        on.phones.answers = [Unknown()]
        await says(on, CAN, "STOP")
        assert len(await confirmed(on)) == 1
        on.clock.advance(minutes=30)
        await on.timers.end_leases(on.clock.now(), owner="another")
        await says(on, CAN, "STOP", nth=90)
        assert len(await confirmed(on)) == 1


async def test_a_stop_that_an_operator_had_recorded_is_known(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        async with on.store.write() as unit:
            contact = await found(unit, on.space, CAN)
            await people.opt_out(unit.contacts, contact, by=on.ayse, at=NOW)
            await unit.commit()
        await says(on, CAN, "STOP")
        assert await confirmed(on) == []


async def test_nothing_else_goes_to_who_said_stop(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        await says(on, CAN, "STOP")
        async with on.store.write() as unit:
            ids = [
                await unit.delivery.queue_direct(
                    workspace_id=on.space, account_id=on.account, member_id=None, chat_id=None,
                    purpose=purpose, number=CAN, text="Hi", media=None, desk="d", campaign_id=None,
                    at=on.clock.now(),
                )
                for purpose in (DirectPurpose.TEST, DirectPurpose.ANSWER, DirectPurpose.AUTO)
            ]  # fmt: skip
            await unit.commit()
        assert await confirmed(on) == [(CAN, HEARD)]
        assert {(await on.direct(id)).state for id in ids} == {DirectState.FAILED}


async def test_a_person_with_two_numbers_hears_of_it_once(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA, ROSA_521)
        await here.told(rosa_says("STOP", at=NOW), rosa_says("STOP", at=NOW + MINUTE))
        assert await queued(here.on) == 1
        async with here.on.store.write() as unit:
            await unit.cloud.name_people(here.number, [Named(number=ROSA_521, wa_id=ROSA_521[1:])])
            await unit.commit()
        await here.told(rosa_says("START", at=NOW + 2 * MINUTE))
        await here.told(rosa_says("STOP", at=NOW + 3 * MINUTE))
        assert await queued(here.on) == 2


async def test_what_is_chosen_in_whatsapps_own_settings_is_not_confirmed(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA)
        await here.told(preference("stop", wa_id=ROSA[1:], timestamp=int(NOW.timestamp())))
        assert await queued(here.on) == 0


# -- what it says --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_stop_words_has_its_confirmation_and_footer(language: str) -> None:
    words = Vocabulary()
    text = confirmation("Ayşe {x}", language, words)
    assert "Ayşe {x}" in text
    (back,) = {one for one in words.listed(Heard.START, language) if one.upper() in text}
    assert words.heard(back.upper()) is Heard.START
    assert "STOP" in FOOTERS[language]
    assert text != confirmation("Ayşe {x}", "en", words) or language == "en"


def test_the_confirmation_is_in_the_language_of_the_word() -> None:
    words = Vocabulary().with_word(Heard.STOP, OWN, "no more bread")
    for language, listed in STOP_DEFAULTS.items():
        if language != "en":
            spoken = [words.language_of(one, rather="en") for one in listed]
            assert language in spoken
    assert words.language_of("İPTAL!", rather="en") == "tr"
    assert words.language_of("unsubscribe", rather="tr") == "en"
    assert words.language_of("cancelar", rather="pt") == "pt", "it is Spanish too"
    for said in ("Stop", "stop stop", "No more bread"):
        assert words.language_of(said, rather="tr") == "tr"


def test_the_confirmation_names_only_a_word_that_is_heard() -> None:
    words = Vocabulary()
    for one in words.listed(Heard.START, "tr"):
        words = words.without_word(Heard.START, "tr", one)
    assert "START yazın" in confirmation("Fırın", "tr", words)
    assert "EKMEK yazın" in confirmation("Fırın", "tr", words.with_word(Heard.START, OWN, "ekmek"))
    for language in LANGUAGES:
        for one in words.listed(Heard.START, language):
            words = words.without_word(Heard.START, language, one)
    assert confirmation("Fırın", "tr", words) == "Fırın size artık mesaj göndermeyecek."
