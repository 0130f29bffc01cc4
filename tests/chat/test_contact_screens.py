"""Contacts one by one, and the search for them, as an operator meets them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.contacts.model import Consent, ConsentSource
from domain.contacts.ports import ImportedRow
from storage.database import Database
from tests.chat.contact_chat import AYSE, HOSTILE, JOHN, LENA, NOW, Chat
from tests.chat.contact_parts import contact, events, numbered, people, stopped_by_reply
from tests.chat.drawn import labels
from tests.fakes.stores import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


@pytest.fixture
async def chat(store: Database) -> Chat:
    return await Chat.begin(store)


# -- the overview ------------------------------------------------------------------------------------


async def test_an_empty_desk_says_how_to_bring_people_in(chat: Chat) -> None:
    view = await chat.open("contacts")
    assert "Send me a file" in view.text


async def test_the_counts_say_who_can_be_messaged_and_who_not(chat: Chat) -> None:
    await people(chat, (AYSE, "Ayşe"), (JOHN, "John"), (LENA, "Lena"))
    await stopped_by_reply(chat, JOHN)
    view = await chat.open("contacts")
    assert "3 people" in view.text
    assert "0 can be messaged" in view.text
    assert "2 not recorded" in view.text
    assert "1 opted out" in view.text


# -- adding ------------------------------------------------------------------------------------------


async def test_a_typed_person_is_added_and_asked_about(chat: Chat) -> None:
    await chat.open("contacts")
    question = await chat.tap("Add one")
    assert "TR" in question.text
    view = await chat.type("0501 234 56 78 Ayşe")
    assert "Ayşe" in view.text
    assert "How did they agree" in view.text
    view = await chat.tap("They signed up")
    assert "Can be messaged" in view.text
    assert "They signed up" in view.text
    assert (await contact(chat, AYSE)).consent is Consent.GRANTED


async def test_a_bad_number_gets_a_sentence_and_the_question_stays_open(chat: Chat) -> None:
    await chat.open("ct.add")
    await chat.type("Ayşe without a number")
    assert chat.note is not None
    assert "+90" in chat.note
    await chat.type("12 Ayşe")
    assert chat.note is not None
    view = await chat.type("+90 501 234 56 78 Ayşe")
    assert not chat.note
    assert "How did they agree" in view.text


async def test_a_shared_card_adds_a_person_even_with_a_hostile_name(chat: Chat) -> None:
    view = await chat.card(AYSE, HOSTILE)
    assert "<b>&" not in view.text
    assert (await contact(chat, AYSE)).consent is Consent.UNRECORDED


async def test_adding_somebody_known_keeps_their_name_and_consent(chat: Chat) -> None:
    await people(chat, (AYSE, "Ayşe"))
    await chat.card(AYSE, "")
    await chat.tap("They wrote first")
    view = await chat.card(AYSE, "")
    assert "already" in view.text
    known = await contact(chat, AYSE)
    assert (known.name, known.consent) == ("Ayşe", Consent.GRANTED)


# -- one contact -------------------------------------------------------------------------------------


async def test_not_recorded_records_nothing_and_says_what_that_means(chat: Chat) -> None:
    await chat.card(AYSE, "Ayşe")
    view = await chat.tap("Not recorded")
    assert chat.toast is not None
    assert "cannot be messaged" in chat.toast
    assert "Cannot be messaged yet" in view.text
    assert await events(chat, AYSE) == []


async def test_other_ways_to_agree_are_typed_and_kept_as_evidence(chat: Chat) -> None:
    await chat.card(AYSE, "Ayşe")
    await chat.tap("Other…")
    await chat.type("   ")
    assert chat.note is not None
    view = await chat.type("asked at the <counter>")
    assert "asked at the &lt;counter&gt;" in view.text
    (event,) = await events(chat, AYSE)
    assert (event.source, event.evidence, event.by) == (
        ConsentSource.OTHER, "asked at the <counter>", chat.member.id,
    )  # fmt: skip


async def test_a_second_tap_on_an_answer_records_nothing_more(chat: Chat) -> None:
    await chat.card(AYSE, "Ayşe")
    answer = (await chat.button("They signed up")).press
    await chat.press(answer)
    await chat.press(answer)
    assert len(await events(chat, AYSE)) == 1


async def test_opting_out_asks_once_more_with_the_safe_choice_first(chat: Chat) -> None:
    await chat.card(AYSE, "Ayşe")
    await chat.tap("They signed up")
    question = await chat.tap("Opt out")
    assert "cannot undo" in question.text
    assert labels(question)[0] == "Leave as it is"
    await chat.tap("Leave as it is")
    assert (await contact(chat, AYSE)).consent is Consent.GRANTED
    await chat.tap("Opt out")
    view = await chat.tap("Opt them out")
    assert "Will not be messaged" in view.text
    assert "Opted out by an operator" in view.text
    assert not any("Record consent" in label for label in labels(view))


async def test_an_operator_cannot_turn_a_stop_back_on(chat: Chat) -> None:
    await chat.card(AYSE, "Ayşe")
    answer = (await chat.button("They signed up")).press
    await stopped_by_reply(chat, AYSE)
    await chat.press(answer)
    assert chat.note is not None
    assert "has opted out" in chat.note
    assert (await contact(chat, AYSE)).consent is Consent.REVOKED
    view = await chat.open("ct.open", id=answer.id)
    assert "They answered STOP" in view.text
    assert "wamid" not in view.text


async def test_tags_are_added_by_typing_and_taken_off_by_a_tap(chat: Chat) -> None:
    await chat.card(AYSE, "Ayşe")
    await chat.tap("Not recorded")
    await chat.tap("Tag…")
    view = await chat.type("#VIP")
    assert "vip" in view.text
    await chat.tap("Tag…")
    await chat.type("a,b")
    assert chat.note is not None
    drop = await chat.button("✖ vip")
    await chat.press(drop.press)
    assert (await contact(chat, AYSE)).tags == ()
    await chat.press(drop.press)
    assert chat.note is not None


async def test_a_contact_with_very_much_in_it_still_fits(chat: Chat) -> None:
    row = ImportedRow(
        number=AYSE, name=HOSTILE, attributes={f"{n} {HOSTILE}"[:300]: HOSTILE * 2 for n in range(64)}
    )
    async with chat.store.write() as unit:
        await unit.contacts.save_rows(chat.workspace.id, None, [row], at=NOW)
        found = await unit.contacts.by_number(chat.workspace.id, AYSE)
        assert found is not None
        for n in range(60):
            await unit.contacts.tag_contact(chat.workspace.id, found.id, f"{n} <i>{'ي' * 36}"[:40], on=True)
        await unit.commit()
    view = await chat.open("ct.open", id=found.id)
    assert "more" in view.text
    for action in ("ct.tags", "ct.stop", "ct.consent"):
        await chat.open(action, id=found.id)


# -- search ------------------------------------------------------------------------------------------


async def test_search_finds_by_name_and_number_and_turns_pages(chat: Chat) -> None:
    await numbered(chat, 20)
    await people(chat, (AYSE, "Ayşe Yılmaz"))
    await chat.open("ct.search")
    view = await chat.type("person")
    assert "20 people" in view.text
    assert "1 of 3" in labels(view)
    view = await chat.tap("▶")
    assert "2 of 3" in labels(view)
    opened_one = await chat.tap("Person 010")
    assert "Person 010" in opened_one.text
    view = await chat.tap("Back")
    assert "2 of 3" in labels(view), "Back leads to the page one came from"
    await chat.open("ct.search")
    view = await chat.type("0501 234")
    assert any("Ayşe" in label for label in labels(view))


async def test_after_a_search_another_can_be_typed_until_something_is_tapped(chat: Chat) -> None:
    await numbered(chat, 20)
    await people(chat, (AYSE, "Ayşe"))
    await chat.open("ct.search")
    await chat.type("person")
    await chat.tap("▶")
    view = await chat.type("ayş")
    assert "1 person" in view.text
    await chat.tap("Back")
    with pytest.raises(AssertionError, match="no question is open"):
        await chat.type("person")


async def test_a_search_without_result_leaves_the_question_open(chat: Chat) -> None:
    await people(chat, (AYSE, "Ayşe"))
    await chat.open("ct.search")
    view = await chat.type("<nobody>")
    assert "Nobody found" in view.text
    view = await chat.type("ayş")
    assert "1 person" in view.text


async def test_the_opted_out_are_listed(chat: Chat) -> None:
    await people(chat, (AYSE, HOSTILE), (JOHN, "John"))
    view = await chat.open("ct.stopped")
    assert "Nobody has opted out" in view.text
    await stopped_by_reply(chat, AYSE)
    view = await chat.open("ct.stopped")
    assert any(AYSE in label for label in labels(view))
    assert not any(JOHN in label for label in labels(view))


async def test_a_page_that_is_no_longer_there_shows_the_last_one(chat: Chat) -> None:
    await numbered(chat, 9, "All")
    await chat.open("ct.search")
    await chat.type("person")
    await chat.open("ct.found", x=700)
    assert "2 of 2" in labels(await chat.look())
    view = await chat.open("ls", x=99)
    assert any("All" in label for label in labels(view))


# -- their name --------------------------------------------------------------------------------------


async def test_a_name_is_changed_from_the_card_and_nothing_else_is(chat: Chat) -> None:
    await people(chat, (AYSE, "Ayse"))
    async with chat.store.write() as unit:
        row = ImportedRow(number=AYSE, name="", attributes={"city": "Ankara"})
        await unit.contacts.save_rows(chat.workspace.id, None, [row], at=NOW)
        await unit.commit()
    await chat.open("ct.search")
    await chat.type("Ayse")
    await chat.tap("Ayse")
    question = await chat.tap("✏️ Name")
    assert "What is <b>Ayse</b> called?" in question.text
    for refused in ("👋", "x" * 201):
        await chat.type(refused)
        assert chat.note is not None and "Ayşe Yılmaz" in chat.note
    view = await chat.type("  Ayşe \n Çelik ")
    assert "<b>Ayşe Çelik</b>" in view.text and "Ankara" in view.text
    person = await contact(chat, AYSE)
    assert (person.name, person.consent) == ("Ayşe Çelik", Consent.UNRECORDED)
    await chat.tap("Back")
    assert await chat.at() == "contacts.search", "back to where they came from"
    async with chat.store.read() as unit:
        log, _ = await unit.activity.list(chat.workspace.id)
        line = log[0]
        assert (line.what, line.about, line.contact_id) == ("contact.renamed", "Ayşe Çelik", person.id)
        assert (line.before, line.after) == ({}, {}), "what somebody was called stands in no change"
        assert (await unit.contacts.search(chat.workspace.id, "celik"))[1] == 1
