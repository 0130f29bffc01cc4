"""What people answer: STOP holds at once and for everybody, START takes it back, nothing else does."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.contacts.model import Consent, ConsentEvent, ConsentSource, Contact
from domain.contacts.stop_words import OWN, Heard, Vocabulary
from domain.delivery.ports import NewsItem, ReplyNews
from domain.delivery.store import DirectState
from domain.kernel.ids import AccountId, WorkspaceId
from domain.scheduler.events import DirectAnswered, ReplyReceived
from domain.scheduler.unit import Unit
from tests.fakes.stores import NOW, a_list, an_account, number_of
from tests.unit.scheduler.world import World, world

CAN = "+905321112233"
MINUTE = timedelta(minutes=1)


async def says(
    on: World, number: str, text: str, *, nth: int = 1, to: AccountId | None = None, ahead: int = 0
) -> None:
    """In the `nth` minute, read then or later. `ahead`: of our clock, the phones', in minutes."""
    wrote_at = NOW + timedelta(minutes=nth)
    on.clock.advance(seconds=max(0.0, (wrote_at - on.clock.now()).total_seconds()))
    async with on.store.read() as unit:
        account = await unit.accounts.account(to or on.account)
    news = ReplyNews(event=f"message {nth}", sender=number, text=text, at=wrote_at + ahead * MINUTE)
    await on.news.apply(account, [NewsItem(cursor=nth, news=news)])


async def another_number(on: World) -> AccountId:
    async with on.store.write() as unit:
        other = await an_account(unit, on.space, number="+447700900077", remote="other")
        await unit.commit()
    return other


async def found(unit: Unit, space: WorkspaceId, number: str) -> Contact:
    contact = await unit.contacts.by_number(space, number)
    assert contact is not None
    return contact


async def standing(on: World, number: str) -> Consent:
    async with on.store.read() as unit:
        return (await found(unit, on.space, number)).consent


@pytest.mark.parametrize(
    "text",
    ["STOP", "stop.", " Stop! ", "İptal", "İPTAL", "iptal", "DUR", "Ret", "'stop'", "STOP .", "opt  out",
     "\u200fتوقف\u200f", "Arrêt"],
)  # fmt: skip
def test_a_stop_is_heard_however_it_is_written(text: str) -> None:
    assert Vocabulary().heard(text) is Heard.STOP


@pytest.mark.parametrize(
    "text", ["", "!", "don't stop", "When does the sale end?", "start", "stop it now " * 100]
)
def test_what_only_holds_the_word_is_no_stop(text: str) -> None:
    assert Vocabulary().heard(text) is not Heard.STOP


async def test_a_workspace_hears_its_own_words_and_no_other_does(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        async with on.store.write() as unit:
            await a_list(unit, on.space, 2, agreed=True)
            await unit.words.save(on.space, Vocabulary().with_word(Heard.STOP, OWN, "No more bread"))
            await unit.commit()
        await says(on, number_of(0), "no more BREAD.")
        await says(on, number_of(1), "more bread", nth=2)
        assert await standing(on, number_of(0)) is Consent.REVOKED
        assert await standing(on, number_of(1)) is Consent.GRANTED


async def test_a_word_that_was_taken_out_is_an_answer_like_any_other(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        async with on.store.write() as unit:
            await a_list(unit, on.space, 1, agreed=True)
            await unit.words.save(on.space, Vocabulary().without_word(Heard.STOP, "en", "cancel"))
            await unit.commit()
        await says(on, number_of(0), "Cancel")
        assert await standing(on, number_of(0)) is Consent.GRANTED
        await says(on, number_of(0), "Stop", nth=2)
        assert await standing(on, number_of(0)) is Consent.REVOKED


async def test_a_stop_from_somebody_unknown_holds_when_a_file_brings_their_number(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        stranger = number_of(0)
        await says(on, stranger, "stop")
        assert await standing(on, stranger) is Consent.REVOKED
        async with on.store.write() as unit:
            await a_list(unit, on.space, 1, agreed=True)
            await unit.commit()
        assert await standing(on, stranger) is Consent.REVOKED
        [told] = on.heard.events
        assert isinstance(told, ReplyReceived)
        assert told.stopped


async def test_start_takes_back_a_stop_of_ones_own(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        await says(on, CAN, "STOP", nth=1)
        await says(on, CAN, "Start", nth=2)
        assert await standing(on, CAN) is Consent.GRANTED


async def test_a_start_that_is_read_late_does_not_undo_the_stop_that_followed_it(tmp_path: Path) -> None:
    """They wrote START to one number, whose worker was away, and STOP to another later."""
    async with world(tmp_path) as on:
        other = await another_number(on)
        await on.contact(CAN)
        await says(on, CAN, "STOP", nth=1)
        await says(on, CAN, "STOP", nth=5)
        for late in (3, 4):
            await says(on, CAN, "START", nth=late, to=other)
        assert await standing(on, CAN) is Consent.REVOKED
        await says(on, CAN, "START", nth=6, to=other)
        assert await standing(on, CAN) is Consent.GRANTED


async def test_a_start_from_before_an_operator_opted_them_out_does_not_undo_that(tmp_path: Path) -> None:
    """Whoever asked on the telephone to be left alone stays so."""
    async with world(tmp_path) as on:
        await on.contact(CAN)
        told = ConsentEvent(
            granted=False, source=ConsentSource.OPERATOR, evidence="by telephone", at=NOW + 5 * MINUTE
        )
        async with on.store.write() as unit:
            await unit.contacts.record_consent((await found(unit, on.space, CAN)).id, told)
            await unit.commit()
        on.clock.advance(minutes=10)
        await says(on, CAN, "START", nth=4)
        assert await standing(on, CAN) is Consent.REVOKED
        await says(on, CAN, "START", nth=6)
        assert await standing(on, CAN) is Consent.GRANTED


async def test_a_stop_that_is_read_late_does_not_undo_that_they_came_back(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        other = await another_number(on)
        await on.contact(CAN)
        await says(on, CAN, "STOP", nth=1)
        await says(on, CAN, "START", nth=5)
        await says(on, CAN, "STOP", nth=3, to=other)
        assert await standing(on, CAN) is Consent.GRANTED
        await says(on, CAN, "STOP", nth=6, to=other)
        assert await standing(on, CAN) is Consent.REVOKED


async def test_phones_whose_clock_is_ahead_say_nothing_of_the_future(tmp_path: Path) -> None:
    """Or a START of theirs would outlast every STOP until then."""
    async with world(tmp_path) as on:
        await on.contact(CAN)
        await says(on, CAN, "STOP", nth=1, ahead=60)
        await says(on, CAN, "START", nth=2, ahead=60)
        assert await standing(on, CAN) is Consent.GRANTED
        await says(on, CAN, "STOP", nth=3)
        assert await standing(on, CAN) is Consent.REVOKED
        async with on.store.read() as unit:
            events = await unit.contacts.consent_events((await found(unit, on.space, CAN)).id)
        assert [event.at for event in events] == [NOW + n * MINUTE for n in (1, 2, 3)]


async def test_start_agrees_to_nothing_for_somebody_who_never_said_stop(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        await says(on, CAN, "start")
        assert await standing(on, CAN) is Consent.UNRECORDED


async def test_a_test_send_to_somebody_who_said_stop_does_not_leave(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.contact(CAN)
        first = await on.test_send(CAN)
        await says(on, CAN, "stop")
        on.heard.events.clear()
        await on.slices().run(on.account)
        assert on.phones.sent == []
        told = await on.direct(first)
        assert (told.state, told.reason) == (DirectState.FAILED, "stopped")
        assert on.heard.events == [DirectAnswered(direct=told)]


async def test_a_test_send_to_ones_own_phone_needs_no_agreement(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        first = await on.test_send(CAN)
        await on.slices().run(on.account)
        assert [message.to for message in on.phones.sent] == [CAN]
        assert (await on.direct(first)).state is DirectState.SENT
