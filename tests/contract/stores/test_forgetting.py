"""Somebody who is forgotten: nothing of them is left in any table, and nothing brings them back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.contacts.forgetting import PersonGone, is_forgotten, mark_of
from domain.contacts.model import Consent, ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow, Saved
from domain.conversations.tellings import Telling, Told
from domain.delivery.cloud_accounts import Named
from domain.delivery.model import Progress
from domain.delivery.ports import Attachment, ReceiptNews, ReplyNews
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectPurpose, DirectState, Ticked
from domain.kernel.errors import NotFound
from domain.kernel.ids import AttemptKey, CampaignId, ContactId, ConversationId, WorkspaceId
from domain.operators.activity import Activity, Topic
from domain.operators.chat import Notice
from domain.scheduler.forgetting import forget_person
from domain.scheduler.unit import Unit
from storage.database import Database
from storage.tables import metadata, notices
from tests.contract.conftest import Bakery
from tests.contract.stores.rosa import ROSA, ROSA_521, a_campaign_to, take
from tests.fakes.cloud import a_cloud_account
from tests.fakes.stores import AGREED, CAME_BACK, NOW, a_workspace, number_of

LEYLA = "+905321112233"
GROUP, OLD_GROUP = -1001, -1002
MINUTE = timedelta(minutes=1)


async def id_of(unit: Unit, space: WorkspaceId, number: str) -> ContactId:
    person = await unit.contacts.by_number(space, number)
    assert person is not None
    return person.id


async def forget(store: Database, bakery: Bakery, number: str = LEYLA) -> None:
    async with store.write() as unit:
        id = await id_of(unit, bakery.space, number)
        await forget_person(unit, bakery.space, id, by=bakery.ayse, called="somebody", at=NOW + MINUTE)
        await unit.commit()


async def leyla_comes_in(unit: Unit, bakery: Bakery) -> None:
    row = ImportedRow(number=LEYLA, name="Leyla Öz & Co", attributes={"street": "Lindenweg"})
    people = await unit.contacts.create_list(bakery.space, "March", at=NOW)
    await unit.contacts.save_rows(bakery.space, people, [row], at=NOW)


def a_line(bakery: Bakery, what: str, about: str, **more: Any) -> Activity:
    return Activity(
        workspace_id=bakery.space, at=NOW, telegram_id=1, who="Ayşe", topic=Topic.CONTACTS, what=what,
        screen="contact", about=about, **more,
    )  # fmt: skip


async def leyla_has_had_other_names(unit: Unit, bakery: Bakery) -> None:
    """By which the log and the notices know her: as a contact, and as who had written before she was one."""
    id = await id_of(unit, bakery.space, LEYLA)
    [talk], _ = await unit.conversations.page(bakery.space, None, offset=0, limit=5)
    tagged = {"tag": "vip"}
    for line in (
        a_line(bakery, "contact.renamed", "Yıldız & Sons", contact_id=id, after=tagged),
        a_line(bakery, "talk.muted", "Moonlight", conversation_id=talk.id),
        a_line(bakery, "talk.muted", "Deniz", conversation_id=ConversationId(talk.id + 1)),
        a_line(bakery, "contact.tagged", "Deniz", contact_id=ContactId(id + 1), after={"tag": "new"}),
    ):
        await unit.activity.add(line)
    told = {"text": "Yıldız &amp; Sons was not sent to"}
    await unit.chat.queue_notice(Notice(chat_id=OLD_GROUP, key="once", kind="text", payload=told), at=NOW)


async def leyla_is_known(store: Database, bakery: Bakery) -> CampaignId:
    """She was sent one campaign and waits in another; wrote, was answered; is tagged, listed, told of."""
    async with store.write() as unit:
        await leyla_comes_in(unit, bakery)
        done = await a_campaign_to(unit, bakery, bakery.account, LEYLA)
        claims, _ = await take(unit, done, bakery.account)
        receipt = ReceiptNews(key=claims[0].key, progress=Progress.READ, at=NOW)
        await unit.delivery.receipts(bakery.account, [receipt])
        waiting = await a_campaign_to(unit, bakery, bakery.account, LEYLA, number_of(1))
        await leyla_comes_in(unit, bakery)
        id = await id_of(unit, bakery.space, LEYLA)
        said = ConsentEvent(
            granted=True, source=ConsentSource.OTHER, evidence="Leyla Öz & Co told me", at=NOW
        )
        await unit.contacts.record_consent(id, said)
        await unit.contacts.tag_contact(bakery.space, id, "vip", on=True)
        news = ReplyNews(
            event=f"false_{LEYLA}_1", sender=LEYLA, text="My street is Lindenweg", at=NOW, media="image",
            attachment=Attachment(ref="Lindenweg.jpg"), name="Leyla of the lanes",
        )  # fmt: skip
        reply = await unit.delivery.reply(bakery.account, news)
        assert reply is not None
        talk = await unit.conversations.wrote(bakery.account, reply, at=NOW)
        for conversation in (talk.id, None):
            await unit.delivery.queue_direct(
                workspace_id=bakery.space, account_id=bakery.account, member_id=bakery.ayse, chat_id=1,
                purpose=DirectPurpose.ANSWER, number=LEYLA, text="Dear Leyla", media=None, desk="d",
                campaign_id=None, at=NOW, conversation_id=conversation,
            )  # fmt: skip
        await unit.activity.add(a_line(bakery, "contact.tagged", "Leyla Öz & Co"))
        told = {"text": "Leyla Öz &amp; Co: My street is Lindenweg", "person": LEYLA}
        notice = Notice(chat_id=1001, key="told", kind="text", payload=told)
        await unit.chat.queue_notice(notice, at=NOW)
        await unit.topics.begin(bakery.space, GROUP, at=NOW)
        for chat, thread, kind in ((GROUP, 7, "in_topic"), (OLD_GROUP, 8, "text")):
            await unit.topics.opened(chat, thread, talk.id)
            note = Notice(
                chat_id=chat, key=f"said {chat}", kind=kind, payload={"text": "Not sent to Leyla Öz &amp; Co"}
            )
            await unit.chat.queue_notice(note, at=NOW)
        await leyla_has_had_other_names(unit, bakery)
        await unit.chat._db.execute(
            notices.update().where(notices.c.chat_id == OLD_GROUP).values(state="sent")
        )
        await unit.checks.save(bakery.space, {LEYLA: True}, at=NOW)
        await unit.commit()
    return waiting


async def everything(store: Database) -> str:
    async with store.read() as unit:
        rows: Sequence[object] = [
            tuple(row)
            for table in metadata.sorted_tables
            for row in await unit.contacts._db.execute(select(table))
        ]
    return "\n".join(map(str, rows))


async def test_nothing_of_a_person_is_left_in_any_table(store: Database, bakery: Bakery) -> None:
    await leyla_is_known(store, bakery)
    personal = (LEYLA, LEYLA[1:], "Leyla", "Lindenweg", "vip", "Yıldız", "Moonlight")
    known = await everything(store)
    assert all(one in known for one in personal)
    await forget(store, bakery)
    left = await everything(store)
    assert [one for one in personal if one in left] == []
    async with store.read() as unit:
        log, _ = await unit.activity.list(bakery.space)
    others = [line for line in log if line.about == "Deniz"]
    assert [line.after for line in others] == [{"tag": "new"}, {}], "what is about others stays"
    assert all(line.contact_id or line.conversation_id for line in others)
    hers = [line for line in log if line.about == "somebody"]
    assert len(hers) == 3
    assert not any(line.contact_id or line.conversation_id or line.after for line in hers)


async def test_what_is_noted_about_a_namesake_stays(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        row = ImportedRow(number=number_of(7), name="Leyla Öz & Co", attributes={})
        await unit.contacts.save_rows(bakery.space, None, [row], at=NOW)
        await leyla_comes_in(unit, bakery)
        for number in (LEYLA, number_of(7)):
            whose = await id_of(unit, bakery.space, number)
            await unit.activity.add(a_line(bakery, "contact.tagged", "Leyla Öz & Co", contact_id=whose))
        await unit.commit()
    await forget(store, bakery)
    async with store.read() as unit:
        log, _ = await unit.activity.list(bakery.space)
        other = await id_of(unit, bakery.space, number_of(7))
    assert [(line.about, line.contact_id) for line in log] == [("Leyla Öz & Co", other), ("somebody", None)]


async def test_who_is_forgotten_while_their_words_are_told_holds_up_nobody(
    store: Database, bakery: Bakery
) -> None:
    """The message stands in the chat, and stands for nobody; the chat is told what comes next."""
    await leyla_is_known(store, bakery)
    async with store.read() as unit:
        [talk], _ = await unit.conversations.page(bakery.space, None, offset=0, limit=5)
    assert talk.newest is not None
    telling = Telling(chat_id=5, workspace_id=bakery.space, newest=talk.newest, told=talk.newest)
    await forget(store, bakery)
    async with store.write() as unit:
        one = Told(60, talk.id, talk.newest)
        await unit.tellings.told(telling, [one], up_to=talk.newest, due_at=NOW + MINUTE)
        await unit.commit()
    async with store.read() as unit:
        stands = await unit.tellings.stands_for(5, 60)
    assert stands is not None
    assert (stands.conversation_id, stands.forgotten_at) == (None, NOW + MINUTE)


async def test_what_stands_in_chats_is_known_as_about_somebody_forgotten(
    store: Database, bakery: Bakery
) -> None:
    await leyla_is_known(store, bakery)
    async with store.write() as unit:
        [talk], _ = await unit.conversations.page(bakery.space, None, offset=0, limit=5)
        [answer] = await unit.delivery.directs_of(talk.id, limit=5)
        assert talk.newest is not None
        telling = Telling(chat_id=5, workspace_id=bakery.space, newest=talk.newest, told=talk.newest)
        one, many = Told(60, talk.id, talk.newest), Told(61, None, talk.newest)
        await unit.tellings.told(telling, [one, many], up_to=None, due_at=NOW)
        await unit.delivery.tick_shown(answer.id, answer.state, tick_id=62)
        assert await unit.delivery.ticked(1, 62) == Ticked(talk.id)
        await unit.commit()
    await forget(store, bakery)
    async with store.write() as unit:
        stands = [await unit.tellings.stands_for(5, id) for id in (60, 61)]
        assert [one and one.forgotten_at for one in stands] == [NOW + MINUTE, None]
        assert await unit.delivery.ticked(1, 62) == Ticked(None, NOW + MINUTE)
        with pytest.raises(PersonGone):
            await unit.contacts.contact(bakery.space, talk.contact_id or ContactId(0))
        news = ReplyNews(event="n", sender=number_of(1), text="hello", at=NOW)
        later = await unit.delivery.reply(bakery.account, news)
        assert later is not None and later.id > talk.newest, "it is newer than all that was told"


async def test_what_was_due_to_them_ends_and_its_points_come_back(store: Database, bakery: Bakery) -> None:
    waiting = await leyla_is_known(store, bakery)
    async with store.read() as unit:
        held = (await unit.wallet.wallet(bakery.space)).held
    await forget(store, bakery)
    async with store.read() as unit:
        rows = await unit.delivery.recipients(waiting)
        hers = next(row for row in rows if is_forgotten(row.number))
        assert (hers.state, hers.reason, hers.name) == (RecipientState.SKIPPED, "forgotten", "")
        assert (await unit.wallet.wallet(bakery.space)).held == held - 1
        for n in (1, 2):
            direct = await unit.delivery.direct_by_key(AttemptKey(f"d-d{n}"))
            assert direct is not None
            assert (direct.state, direct.reason) == (DirectState.FAILED, "forgotten")


async def test_they_are_counted_found_and_streamed_nowhere(store: Database, bakery: Bakery) -> None:
    await leyla_is_known(store, bakery)
    async with store.read() as unit:
        id = await id_of(unit, bakery.space, LEYLA)
        before = await unit.contacts.count(bakery.space)
    await forget(store, bakery)
    async with store.read() as unit:
        after = await unit.contacts.count(bakery.space)
        assert sum(after.values()) == sum(before.values()) - 1
        for text, consent in (("", None), ("forgotten", None), ("", Consent.REVOKED)):
            found, total = await unit.contacts.search(bakery.space, text, consent=consent)
            assert len(found) == total
            assert not any(is_forgotten(one.number) for one in found)
        assert not any([is_forgotten(one.number) async for one in unit.contacts.stream(bakery.space)])
        assert await unit.contacts.by_number(bakery.space, f"forgotten:{id}") is None
        with pytest.raises(NotFound):
            await unit.contacts.contact(bakery.space, id)


async def test_a_claim_that_is_on_its_way_ends_by_its_key_and_is_never_tried_again(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        campaign = await a_campaign_to(unit, bakery, bakery.account, LEYLA)
        claims, _ = await take(unit, campaign, bakery.account)
        await unit.commit()
    await forget(store, bakery)
    async with store.write() as unit:
        await unit.delivery.abandon(owner_not="another")
        await unit.delivery.send_unknown_again(campaign, at=NOW)
        assert (await take(unit, campaign, bakery.account, now=NOW + MINUTE)) == ([], 1)
        read = ReceiptNews(key=claims[0].key, progress=Progress.READ, at=NOW, wa_id=LEYLA[1:])
        assert await unit.delivery.receipts(bakery.account, [read]) == [campaign]
        await unit.wallet.settle([campaign], at=NOW)
        (row,) = await unit.delivery.recipients(campaign)
        assert row.state is RecipientState.READ
        await unit.commit()
    assert LEYLA[1:] not in await everything(store)


async def test_no_file_brings_them_back_and_their_own_start_does(store: Database, bakery: Bakery) -> None:
    await leyla_is_known(store, bakery)
    await forget(store, bakery)
    rows = [ImportedRow(number=one, name="Leyla", attributes={}) for one in (LEYLA, number_of(7))]
    async with store.write() as unit:
        assert await unit.contacts.save_rows(bakery.space, None, rows, at=NOW) == Saved(forgotten=(LEYLA,))
        assert await unit.contacts.by_number(bakery.space, LEYLA) is None
        assert not await unit.contacts.remember(bakery.space, LEYLA, wrote_at=NOW), "written before"
        assert await unit.contacts.remember(bakery.space, LEYLA, wrote_at=NOW + 2 * MINUTE)
        assert await unit.contacts.save_rows(bakery.space, None, rows, at=NOW) == Saved()
        await unit.commit()


async def test_another_workspace_keeps_its_own_acquaintance(store: Database, bakery: Bakery) -> None:
    await leyla_is_known(store, bakery)
    async with store.write() as unit:
        rival = await a_workspace(unit, name="Rival")
        row = ImportedRow(number=LEYLA, name="Leyla", attributes={})
        await unit.contacts.save_rows(rival, None, [row], at=NOW)
        await unit.commit()
    await forget(store, bakery)
    async with store.read() as unit:
        person = await unit.contacts.by_number(rival, LEYLA)
        assert person is not None
        assert person.name == "Leyla"
        assert await unit.contacts.forgotten(rival, [LEYLA]) == {}
        with pytest.raises(NotFound):
            await unit.contacts.remains(bakery.space, person.id)


async def test_messages_from_before_are_not_taken_again_and_later_ones_are(
    store: Database, bakery: Bakery
) -> None:
    await leyla_is_known(store, bakery)
    await forget(store, bakery)
    async with store.write() as unit:
        old = ReplyNews(event=f"false_{LEYLA}_1", sender=LEYLA, text="My street", at=NOW)
        assert await unit.delivery.reply(bakery.account, old) is None
        new = ReplyNews(event="2", sender=LEYLA, text="Are you open?", at=NOW + 2 * MINUTE)
        reply = await unit.delivery.reply(bakery.account, new)
        assert reply is not None
        assert (reply.contact_id, reply.name) == (None, "")


async def test_a_person_is_forgotten_at_every_number_that_reaches_them(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        cloud = await a_cloud_account(unit, bakery.space)
        await a_campaign_to(unit, bakery, bakery.account, ROSA, ROSA_521)
        await unit.cloud.name_people(cloud, [Named(number=ROSA_521, wa_id=ROSA[1:], user_id="US.1")])
        id = await id_of(unit, bakery.space, ROSA_521)
        assert (await unit.contacts.remains(bakery.space, id)).numbers == [ROSA_521, ROSA]
        await unit.commit()
    await forget(store, bakery, ROSA_521)
    left = await everything(store)
    assert not any(one in left for one in (ROSA[1:], ROSA_521[1:], "US.1"))


async def test_a_number_that_turns_out_to_be_theirs_later_is_not_written_to_either(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        cloud = await a_cloud_account(unit, bakery.space)
        campaign = await a_campaign_to(unit, bakery, bakery.account, ROSA)
        await a_campaign_to(unit, bakery, bakery.account, ROSA_521)
        await unit.commit()
    await forget(store, bakery, ROSA_521)
    async with store.write() as unit:
        await unit.cloud.name_people(cloud, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        assert (await take(unit, campaign, bakery.account))[0] == []
        rows = await unit.delivery.recipients(campaign)
        assert [(row.state, row.reason) for row in rows] == [(RecipientState.SKIPPED, "stopped")]


async def test_unless_they_wrote_start_there_since(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        cloud = await a_cloud_account(unit, bakery.space)
        campaign = await a_campaign_to(unit, bakery, bakery.account, ROSA)
        await a_campaign_to(unit, bakery, bakery.account, ROSA_521)
        await unit.commit()
    await forget(store, bakery, ROSA_521)
    async with store.write() as unit:
        await unit.cloud.name_people(cloud, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        later = ConsentEvent(granted=True, source=CAME_BACK.source, evidence="start", at=NOW + 5 * MINUTE)
        await unit.contacts.record_consent(await id_of(unit, bakery.space, ROSA), later)
        assert len((await take(unit, campaign, bakery.account))[0]) == 1


async def test_where_nobody_was_forgotten_nothing_is_looked_up(store: Database, bakery: Bakery) -> None:
    async with store.read() as unit:
        assert await unit.contacts.forgotten(bakery.space, [LEYLA]) == {}


def test_a_mark_says_nothing_without_its_key() -> None:
    assert mark_of("a" * 64, LEYLA) != mark_of("b" * 64, LEYLA)
    assert LEYLA[1:] not in mark_of("a" * 64, LEYLA)
    assert AGREED.granted
