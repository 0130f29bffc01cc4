"""A person's card: the proof of what they agreed to, as a file too; and forgetting them for good."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.chat.codec import Press
from bot.chat.sending import kinds_of_notice
from bot.files.proof import proof_xlsx
from bot.screens.base import RULES, Door
from bot.tasks import TaskOwner
from domain.contacts.model import Consent, ConsentEvent, ConsentSource
from domain.contacts.ports import ImportState
from domain.delivery.ports import ReplyNews
from domain.kernel.ids import ContactId
from domain.operators.model import Right
from domain.scheduler.replies import said_start, said_stop
from storage.database import Database
from storage.media import ObstoreMedia
from tests.chat.contact_chat import AYSE, JOHN, NOW, Chat
from tests.chat.contact_parts import contact, numbered, people
from tests.chat.drawn import labels
from tests.fakes.stores import an_account, open_store

HOUR = timedelta(hours=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


@pytest.fixture
async def chat(store: Database) -> Chat:
    return await Chat.begin(store)


async def ayse_said_much(chat: Chat) -> ContactId:
    """An operator recorded her, she wrote STOP in her own words, came back, and stopped at WhatsApp."""
    await people(chat, (AYSE, "=Ayşe"))
    id = (await contact(chat, AYSE)).id
    space, member = chat.workspace.id, chat.member.id
    async with chat.store.write() as unit:
        account = await an_account(unit, space)
        agreed = ConsentEvent(
            granted=True, source=ConsentSource.OTHER, evidence="=a card at the till", at=NOW, by=member
        )
        await unit.contacts.record_consent(id, agreed)
        news = ReplyNews(event="wamid.1", sender=AYSE, text="+STOP", at=NOW + HOUR)
        await unit.delivery.reply(account, news)
        await said_stop(unit, space, AYSE, "", "wamid.1", at=NOW + HOUR)
        await said_start(unit, space, AYSE, "wamid.2", at=NOW + 2 * HOUR)
        await said_stop(unit, space, AYSE, "", "at-whatsapp:stop:1", at=NOW + 3 * HOUR)
        await unit.commit()
    return id


# -- proof ---------------------------------------------------------------------------------------------


async def test_every_event_is_shown_with_its_source_its_evidence_and_who_recorded_it(chat: Chat) -> None:
    id = await ayse_said_much(chat)
    await chat.open("ct.open", id=id)
    view = await chat.tap("Proof of consent")
    assert "Now: 🛑 Will not be messaged" in view.text
    assert "Times are those of Europe/Istanbul" in view.text
    for shown in (
        "They agreed", "“=a card at the till”", "Recorded by Deniz", "They answered STOP", "“+STOP”",
        "They asked to hear from you again", "stopped messages in WhatsApp's own settings",
    ):  # fmt: skip
        assert shown in view.text
    assert "wamid" not in view.text
    assert "They agreed, 4 Jan 2030 15:00" in view.text, "of today too, the day is what is proved"
    assert view.text.index("WhatsApp's own settings") < view.text.index("a card at the till"), "newest first"
    view = await chat.tap("Back")
    assert await chat.at() == "contact"
    assert ", 4 Jan 2030 18:00" in view.text


async def test_a_long_history_is_paged(chat: Chat) -> None:
    await people(chat, (AYSE, "Ayşe"))
    id = (await contact(chat, AYSE)).id
    async with chat.store.write() as unit:
        for n in range(19):
            event = ConsentEvent(
                granted=True, source=ConsentSource.OTHER, evidence=f"time {n} " + "x" * 300, at=NOW
            )
            await unit.contacts.record_consent(id, event)
        await unit.commit()
    view = await chat.open("ct.proof", id=id)
    assert "time 18" in view.text
    assert "1 of 3" in labels(view)
    view = await chat.open("ct.proof", id=id, x=2)
    assert "time 0" in view.text
    view = await chat.open("ct.proof", id=id, x=99)
    assert "time 0" in view.text


async def test_of_whom_nothing_is_recorded_that_is_said_and_there_is_no_file(chat: Chat) -> None:
    await people(chat, (AYSE, "Ayşe"))
    view = await chat.open("ct.proof", id=(await contact(chat, AYSE)).id)
    assert "Nothing is recorded" in view.text
    assert "As a file" not in labels(view)


async def test_the_file_holds_one_row_an_event_and_runs_nothing(chat: Chat) -> None:
    id = await ayse_said_much(chat)
    async with chat.store.read() as unit:
        called, content = await proof_xlsx(unit, chat.workspace, id)
    assert called == f"proof of consent Ayşe {AYSE[-4:]}.xlsx"
    rows = list(load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert rows[0][:4] == (AYSE, "'=Ayşe", "opted out", "Europe/Istanbul")
    assert rows[1] == ("When", "What", "How it became known", "Evidence", "Their own message", "Recorded by")
    assert len(rows) == 2 + 4
    first, second = rows[2], rows[3]
    assert str(first[0]) == str((NOW + 3 * HOUR).replace(tzinfo=None)), "Istanbul is three hours ahead"
    assert first[1:] == ("Agreed", "They agreed", "'=a card at the till", None, "Deniz")
    assert second[1:5] == ("Stopped", "They answered STOP", None, "'+STOP")


async def test_the_file_is_asked_for_and_noted(chat: Chat) -> None:
    id = await ayse_said_much(chat)
    await chat.open("ct.proof", id=id)
    await chat.tap("As a file")
    assert chat.toast == "The file is coming."
    async with chat.store.read() as unit:
        (queued,) = await unit.chat.due_notices(now=NOW, limit=10)
        log, _ = await unit.activity.list(chat.workspace.id)
    assert (queued.notice.kind, queued.notice.payload["contact_id"]) == ("proof_export", id)
    assert log[0].what == "contact.proof"


# -- forgetting ----------------------------------------------------------------------------------------


async def test_forgetting_names_what_goes_and_stays_and_asks_once_more(chat: Chat) -> None:
    id = await ayse_said_much(chat)
    async with chat.store.write() as unit:
        await unit.contacts.tag_contact(chat.workspace.id, id, "vip", on=True)
        await unit.commit()
    await chat.open("ct.open", id=id)
    view = await chat.tap("Forget this person")
    assert "Forget =Ayşe?" in view.text
    assert "Gone for good: name, number, 1 tag, 1 message." in view.text
    assert "0 messages were sent, as a count without name or number" in view.text
    assert labels(view)[0] == "Keep this person"
    await chat.tap("Keep this person")
    assert await chat.at() == "contact"
    await chat.tap("Forget this person")
    view = await chat.tap("Forget for good")
    assert chat.toast == "Forgotten. Nothing of them is left here."
    assert await chat.at() == "contacts"
    await chat.press(Press(action="ct.forgetx", id=id))
    assert chat.note is not None, "the second of a double tap finds nobody"


async def test_no_name_they_ever_had_is_left_in_the_activity_log(chat: Chat) -> None:
    """Neither those WhatsApp called them while they were no contact, nor those they were given here."""
    async with chat.store.write() as unit:
        account = await an_account(unit, chat.workspace.id)
        await unit.commit()
    for n, called in enumerate(("Stranger", "Newcomer")):
        async with chat.store.write() as unit:
            news = ReplyNews(event=f"wamid.{n}", sender=AYSE, text="Hi", at=NOW + n * HOUR, name=called)
            reply = await unit.delivery.reply(account, news)
            assert reply is not None
            talk = await unit.conversations.wrote(account, reply, at=NOW + n * HOUR)
            await unit.commit()
        await chat.open("talk", id=talk.id)
        await chat.open("talk.unmute" if n else "talk.mute", id=talk.id)
    await chat.open("talk.add", id=talk.id)
    id = (await contact(chat, AYSE)).id
    for name in ("Ayse", "Ayşe", "Ayşe Çelik"):
        await chat.open("ct.name", id=id)
        await chat.type(name)
    await chat.card(AYSE, "Ayşe Demir")
    await chat.open("ct.tags", id=id)
    await chat.type("Demir family")
    for names_stand in (True, False):
        async with chat.store.read() as unit:
            log, _ = await unit.activity.list(chat.workspace.id, limit=100)
        words = " ".join(f"{line.about} {line.before} {line.after}" for line in log)
        for name in ("Stranger", "Newcomer", "Ayse", "Ayşe", "Çelik", "Demir"):
            assert (name in words) is names_stand, name
        await chat.open("ct.forgetx", id=id)


async def test_whoever_was_forgotten_is_found_nowhere_and_added_by_no_operator(chat: Chat) -> None:
    await numbered(chat, 3)
    await people(chat, (AYSE, "Ayşe"), (JOHN, "John"))
    await chat.open("ct.forgetx", id=(await contact(chat, AYSE)).id)
    view = await chat.open("contacts")
    assert "4 people" in view.text
    await chat.open("ct.search")
    for text in ("Ayşe", AYSE, "forgotten"):
        view = await chat.type(text)
        assert "Nobody found" in view.text
    await chat.open("ct.add")
    await chat.type(f"{AYSE} Ayşe")
    assert chat.note is not None
    assert "asked to be forgotten" in chat.note
    await chat.card(AYSE, "Ayşe")
    assert chat.note is not None
    assert "START" in chat.note


async def test_an_operator_cannot_turn_a_stop_back_on(chat: Chat) -> None:
    id = await ayse_said_much(chat)
    for press in (Press(action="ct.agree", id=id), Press(action="ct.agree", id=id, x=1)):
        await chat.press(press)
        assert chat.note is not None
        assert "Only a message from them can undo it" in chat.note
    assert (await contact(chat, AYSE)).consent is Consent.REVOKED


async def test_files_that_may_name_them_are_deleted_unless_something_else_needs_them(
    chat: Chat, tmp_path: Path
) -> None:
    await people(chat, (AYSE, "Ayşe"))
    media = ObstoreMedia(tmp_path / "media")
    kept = [(await media.put(_bytes(text)))[0] for text in (b"upload", b"errors", b"in use")]
    async with chat.store.write() as unit:
        for keys, state in ((kept[:2], ImportState.DONE), ((kept[2], None), ImportState.CHOOSE_COLUMNS)):
            id = await unit.imports.create(
                workspace_id=chat.workspace.id, member_id=chat.member.id, chat_id=1, filename="a.csv",
                telegram_file="f", size=1, campaign_id=None, at=NOW,
            )  # fmt: skip
            job = await unit.imports.job(chat.workspace.id, id)
            held = replace(job, media_key=keys[0], error_key=keys[1], state=state)
            await unit.imports.update(held, expected=job.version, at=NOW)
        await unit.commit()
    view = await chat.open("ct.forget", id=(await contact(chat, AYSE)).id)
    assert "2 files kept from finished imports" in view.text
    await chat.tap("Forget for good")
    async with chat.store.read() as unit:
        (queued,) = await unit.chat.due_notices(now=NOW, limit=10)
    assert queued.notice.kind == "forget_files"
    send = kinds_of_notice(chat.store, media, chat.clock, TaskOwner())["forget_files"]
    payload = {**queued.notice.payload, "keys": [*queued.notice.payload["keys"], kept[2]]}
    for _ in range(2):
        assert await send(None, 1, payload) is None  # type: ignore[arg-type]
    left = [one.name for one in (tmp_path / "media").rglob("*") if one.is_file()]
    assert left == [kept[2]], "the one that an import is still at"


async def _bytes(text: bytes) -> AsyncIterator[bytes]:
    yield text


def test_viewers_look_at_the_proof_and_forget_nobody() -> None:
    assert RULES[Door.ACTION, "ct.proof"] is RULES[Door.SCREEN, "contact.proof"] is Right.READ
    for action in ("ct.prooffile", "ct.forget", "ct.forgetx"):
        assert RULES[Door.ACTION, action] is Right.WORK
