"""Lists, tags, exports, and other workspaces' contacts, as an operator meets them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press
from bot.screens.contacts_parts import moment, short
from domain.campaigns.model import Audience, AudienceKind
from domain.contacts.model import Consent
from domain.contacts.ports import ImportedRow
from storage.database import Database
from tests.chat.contact_chat import AYSE, HOSTILE, JOHN, LENA, MARIE, NOW, TELEGRAM, Chat
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


async def test_a_list_shows_where_its_people_stand_and_records_consent_for_all_but_the_stopped(
    chat: Chat,
) -> None:
    list_id = await people(chat, (AYSE, "Ayşe"), (JOHN, "John"), (LENA, "Lena"), list_name="Shop")
    await people(chat, (MARIE, "Marie"))
    await stopped_by_reply(chat, JOHN)
    await chat.open("ls")
    view = await chat.tap("Shop · 3")
    assert "3 people" in view.text
    assert "1 opted out" in view.text
    await chat.tap("Record consent")
    answer = (await chat.button("Customers")).press
    view = await chat.tap("Customers")
    assert "2 can be messaged" in view.text
    standing = {n: (await contact(chat, n)).consent for n in (AYSE, JOHN, LENA, MARIE)}
    assert standing == {
        AYSE: Consent.GRANTED, JOHN: Consent.REVOKED, LENA: Consent.GRANTED, MARIE: Consent.UNRECORDED,
    }  # fmt: skip
    await chat.press(answer)
    assert len(await events(chat, AYSE)) == 1
    assert list_id is not None


async def a_draft_for(chat: Chat, list_id: int) -> None:
    async with chat.store.write() as unit:
        id = await unit.campaigns.create(
            workspace_id=chat.workspace.id, created_by=chat.member.id, name="Spring <sale>", account_id=None,
            at=NOW,
        )  # fmt: skip
        draft = await unit.campaigns.campaign(chat.workspace.id, id)
        meant = replace(draft, audience=Audience(kind=AudienceKind.LIST, ref=str(list_id)))
        await unit.campaigns.save(meant, expected=draft.version)
        await unit.commit()


async def test_from_a_list_the_way_leads_back_to_what_is_written_for_it(chat: Chat) -> None:
    list_id = await people(chat, (AYSE, "Ayşe"), list_name="Shop")
    assert list_id is not None
    view = await chat.open("ls.open", id=list_id)
    assert labels(view)[:2] == ["✍️ Record consent", "➕ New campaign"]
    await a_draft_for(chat, list_id)
    await chat.open("ls.consent", id=list_id)
    view = await chat.tap("Customers")
    assert labels(view)[:2] == ["📝 Go on with Spring <sale>", "➕ New campaign"]
    view = await chat.tap("Go on")
    assert "Spring &lt;sale&gt;" in view.text


async def test_consent_is_recorded_only_for_those_whom_the_operator_saw(chat: Chat) -> None:
    list_id = await people(chat, (AYSE, "Ayşe"), list_name="Shop")
    assert list_id is not None
    await chat.open("ls.consent", id=list_id)
    answer = (await chat.button("They signed up")).press
    async with chat.store.write() as unit:
        late = ImportedRow(number=JOHN, name="John", attributes={})
        await unit.contacts.save_rows(chat.workspace.id, list_id, [late], at=NOW)
        await unit.commit()
    await chat.press(answer)
    assert chat.note is not None
    assert (await contact(chat, JOHN)).consent is Consent.UNRECORDED


async def test_words_for_a_list_are_kept_with_its_name(chat: Chat) -> None:
    await people(chat, (AYSE, "Ayşe"), list_name="Shop")
    await chat.open("ls")
    await chat.tap("Shop")
    await chat.tap("Record consent")
    await chat.tap("Other…")
    await chat.type("a card at the till")
    (event,) = await events(chat, AYSE)
    assert event.evidence == "Shop · a card at the till"


async def test_a_whole_list_is_tagged_and_the_tag_lists_its_people(chat: Chat) -> None:
    await numbered(chat, 10, "Shop")
    await chat.open("ls")
    await chat.tap("Shop")
    await chat.tap("Tag all")
    view = await chat.type("VIP")
    assert "10 people" in view.text
    await chat.open("tg")
    view = await chat.tap("vip · 10")
    assert "10 people" in view.text
    view = await chat.tap("Person 003")
    assert "Person 003" in view.text
    view = await chat.tap("Back")
    assert "vip" in view.text


async def test_deleting_a_list_names_the_impact_and_keeps_the_people(chat: Chat) -> None:
    list_id = await people(chat, (AYSE, "Ayşe"), (JOHN, "John"), list_name="Shop")
    assert list_id is not None
    await a_draft_for(chat, list_id)
    await chat.open("ls.open", id=list_id)
    question = await chat.tap("Delete list")
    assert "2 people" in question.text
    assert "Spring &lt;sale&gt;" in question.text
    assert labels(question)[0] == "Keep it"
    delete = await chat.button("Delete it")
    view = await chat.tap("Delete it")
    assert "No list yet" in view.text
    assert (await contact(chat, AYSE)).name == "Ayşe"
    await chat.press(delete.press)
    assert chat.note is not None
    assert "not there any more" in chat.note


async def test_many_lists_and_tags_with_hostile_names_are_paged(chat: Chat) -> None:
    for n in range(20):
        list_id = await people(chat, (AYSE, "Ayşe"), list_name=f"{n} {HOSTILE}")
    assert list_id is not None
    view = await chat.open("ls")
    assert "1 of 3" in labels(view)
    for action in ("ls.open", "ls.consent", "ls.delete", "ls.tag"):
        await chat.open(action, id=list_id)
    await chat.open("ls.tag", id=list_id)
    await chat.type("<b>vip")
    view = await chat.open("tg")
    await chat.tap("<b>vip")


# -- workspaces, export --------------------------------------------------------------------------------


async def test_another_workspace_sees_and_touches_nothing_of_this_one(store: Database, chat: Chat) -> None:
    list_id = await people(chat, (AYSE, "Ayşe"), list_name="Shop")
    assert list_id is not None
    other = await Chat.begin(store, telegram_id=TELEGRAM + 1)
    assert "Nobody is here" in (await other.open("contacts")).text
    ours = await contact(chat, AYSE)
    for press in (
        Press(action="ct.agree", id=ours.id), Press(action="ct.stop.do", id=ours.id),
        Press(action="ls.agree", id=list_id, rev=1), Press(action="ls.delete.do", id=list_id),
    ):  # fmt: skip
        await other.press(press)
        assert other.note is not None
        assert "not there" in other.note
    assert await contact(chat, AYSE) == ours


async def test_an_export_is_queued_as_a_notice(chat: Chat) -> None:
    await chat.open("contacts")
    await chat.tap("Export")
    assert chat.toast is not None
    async with chat.store.read() as unit:
        assert not await unit.chat.due_notices(now=NOW, limit=5)
    await people(chat, (AYSE, "Ayşe"))
    await chat.tap("Export")
    async with chat.store.read() as unit:
        (queued,) = await unit.chat.due_notices(now=NOW, limit=5)
    assert queued.notice.kind == "contacts_export"
    assert queued.notice.payload == {"workspace_id": int(chat.workspace.id)}


def test_moments_are_shown_in_the_zone_of_the_workspace() -> None:
    zone = "Europe/Istanbul"
    assert moment(NOW, now=NOW, zone=zone) == "15:00"
    assert moment(NOW - timedelta(days=1), now=NOW, zone=zone) == "3 Jan 15:00"
    assert moment(NOW - timedelta(days=400), now=NOW, zone=zone) == "30 Nov 2028"
    assert moment(NOW + timedelta(hours=9, minutes=1), now=NOW, zone=zone) == "5 Jan 00:01"


def test_a_right_to_left_name_does_not_turn_its_line_around() -> None:
    assert short("علي") == "\u2068علي\u2069"
    assert short("Ayşe\u202e\n") == "Ayşe"
