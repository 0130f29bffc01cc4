"""The end of an import: what came of it, and how its people agreed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.codec import Press
from bot.texts import say
from domain.contacts.model import Consent, ConsentSource
from domain.contacts.ports import ImportState
from storage.database import Database
from tests.chat.contact_chat import AYSE, NOW, Chat
from tests.chat.drawn import labels
from tests.chat.import_parts import (
    asking,
    now,
    standing,
)
from tests.fakes.stores import a_campaign, a_list, an_account, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


@pytest.fixture
async def chat(store: Database) -> Chat:
    return await Chat.begin(store)


async def test_the_counts_are_one_exact_line(chat: Chat) -> None:
    await asking(chat)
    view = await chat.look()
    assert "1,204 rows · 1,150 ready · 31 duplicates · 18 bad numbers · 5 opted out" in view.text
    assert "How did these people agree?" in view.text


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("They signed up", ConsentSource.SIGNED_UP), ("Customers", ConsentSource.CUSTOMERS),
        ("They wrote first", ConsentSource.WROTE_FIRST),
    ],
)  # fmt: skip
async def test_an_answer_is_recorded_once_with_the_file_as_evidence(
    chat: Chat, answer: str, source: ConsentSource
) -> None:
    job = await asking(chat)
    press = (await chat.button(answer)).press
    view = await chat.tap(answer)
    assert "<b>2</b> can be messaged" in view.text
    await chat.press(press)
    assert chat.note == say("refused.conflict")
    async with chat.store.read() as unit:
        ayse = await unit.contacts.by_number(chat.workspace.id, AYSE)
        assert ayse is not None
        (event,) = await unit.contacts.consent_events(ayse.id)
    assert (event.source, event.evidence, event.by) == (source, "customers.xlsx", chat.member.id)
    assert (await now(chat, job.id)).state is ImportState.DONE


async def test_typed_words_are_evidence_beside_the_file(chat: Chat) -> None:
    await asking(chat)
    await chat.tap("Other…")
    await chat.type("?!")
    assert chat.note is not None
    await chat.type("a card at the till")
    async with chat.store.read() as unit:
        ayse = await unit.contacts.by_number(chat.workspace.id, AYSE)
        assert ayse is not None
        (event,) = await unit.contacts.consent_events(ayse.id)
    assert event.evidence == "customers.xlsx · a card at the till"


async def test_not_recorded_records_nothing_and_offers_it_again(chat: Chat) -> None:
    await asking(chat)
    view = await chat.tap("Not recorded")
    assert set((await standing(chat)).values()) == {Consent.UNRECORDED}
    assert chat.toast is not None and "Whoever had agreed before can be messaged" in chat.toast
    assert "until you record" in view.text
    await chat.tap("Record consent")
    view = await chat.tap("They signed up")
    assert set((await standing(chat)).values()) == {Consent.GRANTED}


async def test_the_error_file_is_queued_as_a_document(chat: Chat) -> None:
    await asking(chat)
    await chat.tap("Error file")
    assert chat.toast is not None
    async with chat.store.read() as unit:
        (queued,) = await unit.chat.due_notices(now=NOW, limit=5)
    assert queued.notice.kind == "document"
    assert queued.notice.payload["media_key"] == "k" * 64
    assert queued.notice.payload["filename"] == "customers - errors.xlsx"
    assert "18 bad numbers, 31 duplicates" in queued.notice.payload["caption"]


async def test_a_list_deleted_since_is_said_so(chat: Chat) -> None:
    job = await asking(chat)
    await chat.tap("They signed up")
    assert job.list_id is not None
    async with chat.store.write() as unit:
        await unit.contacts.remove_list(chat.workspace.id, job.list_id)
        await unit.commit()
    view = await chat.look()
    assert "deleted since" in view.text


async def test_a_file_for_a_campaign_becomes_its_audience_once_consent_is_answered(chat: Chat) -> None:
    async with chat.store.write() as unit:
        account = await an_account(unit, chat.workspace.id)
        id = await unit.campaigns.create(
            workspace_id=chat.workspace.id,
            created_by=chat.member.id,
            name="Spring",
            account_id=account,
            at=NOW,
        )
        await unit.commit()
    job = await asking(chat, campaign_id=int(id))
    await chat.press((await chat.button("They signed up")).press)
    assert await chat.at() == "message"
    async with chat.store.read() as unit:
        campaign = await unit.campaigns.campaign(chat.workspace.id, id)
    assert campaign.audience is not None
    assert campaign.audience.ref == str(job.list_id)


async def test_a_file_that_came_while_a_draft_had_its_people_offers_the_way_back(chat: Chat) -> None:
    async with chat.store.write() as unit:
        account = await an_account(unit, chat.workspace.id)
        others = await a_list(unit, chat.workspace.id, 1, name="others")
        draft = await a_campaign(unit, chat.workspace.id, chat.member.id, account, others)
        await unit.commit()
    job = await asking(chat, campaign_id=-int(draft.id))
    await chat.press((await chat.button("They signed up")).press)
    assert await chat.at() == "import"
    await chat.tap(f"Go on with {draft.name} and use this list")
    assert await chat.at() == "review"
    async with chat.store.read() as unit:
        campaign = await unit.campaigns.campaign(chat.workspace.id, draft.id)
    assert campaign.audience is not None
    assert campaign.audience.ref == str(job.list_id)
    await chat.press(Press(action="im.open", id=job.id))
    assert not any("Go on with" in label for label in labels(await chat.look()))


async def test_a_file_for_a_campaign_that_is_gone_still_records_consent(chat: Chat) -> None:
    await asking(chat, campaign_id=999)
    view = await chat.tap("They signed up")
    assert "can be messaged" in view.text
    assert set((await standing(chat)).values()) == {Consent.GRANTED}
