"""Conversations, and what chats have been told of them, on both databases."""

import asyncio
from datetime import timedelta

import pytest

from domain.contacts.stop_words import Heard
from domain.conversations.model import Conversation, ConversationState
from domain.conversations.tellings import Told
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import Attachment, ReplyNews
from domain.delivery.store import DirectPurpose, DirectState, Ticked
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import AccountId, ConversationId, ReplyId, WorkspaceId
from domain.operators.model import TERMS_VERSION
from storage import contact_search
from storage.database import Database
from storage.unit import Unit
from tests.fakes.stores import NOW, a_list, a_member, a_workspace, an_account, number_of

CHAT = 1001
STATES = (None, ConversationState.OPEN, ConversationState.DONE)


async def a_shop(unit: Unit, people: int = 5) -> tuple[WorkspaceId, AccountId]:
    space = await a_workspace(unit)
    member = await a_member(unit, space, telegram_id=CHAT)
    await unit.operators.accept_terms(member, version=TERMS_VERSION, at=NOW)
    account = await an_account(unit, space)
    await a_list(unit, space, people)
    return space, account


async def writes(
    unit: Unit, account: AccountId, n: int, text: str = "hello", *, after: int = 0, event: str = ""
) -> Conversation | None:
    at = NOW + timedelta(seconds=after)
    attachment = Attachment(ref="r", mime="image/jpeg") if text == "picture" else None
    news = ReplyNews(
        event=event or f"{n} {text} {after}", sender=number_of(n), text=text, at=at,
        media="image" if attachment else None, attachment=attachment,
    )  # fmt: skip
    reply = await unit.delivery.reply(account, news)
    if reply is None:
        return None
    await unit.tellings.wrote(reply.workspace_id, reply.id, at=NOW)
    return await unit.conversations.wrote(account, reply, at=at)


async def test_a_message_is_taken_once_and_belongs_to_its_conversation(store: Database) -> None:
    async with store.write() as unit:
        space, account = await a_shop(unit)
        first = await writes(unit, account, 1, event="e")
        assert await writes(unit, account, 1, event="e") is None
        second = await writes(unit, account, 1, "again", after=1)
        stranger = await writes(unit, account, 99)
        await unit.commit()
    assert first is not None and second is not None and stranger is not None
    assert (first.id, first.name, first.unread) == (second.id, "Person 1", 1)
    assert (second.unread, second.last_text, stranger.name) == (2, "again", "")
    async with store.read() as unit:
        texts = [one.text for one in await unit.tellings.replies(first.id, limit=5)]
        assert texts == ["again", "hello"]
        assert second.contact_id is not None
        assert (await unit.conversations.of_contact(space, second.contact_id)) == second
        with pytest.raises(NotFound):
            await unit.conversations.conversation(WorkspaceId(space + 1), first.id)


async def test_one_that_is_done_and_then_answered_is_open_again(store: Database) -> None:
    async with store.write() as unit:
        space, account = await a_shop(unit)
        talk = await writes(unit, account, 1)
        assert talk is not None
        await unit.conversations.close(space, talk.id, newest=talk.newest)
        await unit.conversations.answered(space, talk.id)
        now = await unit.conversations.conversation(space, talk.id)
        assert (now.state, now.unread) == (ConversationState.OPEN, 0)


async def test_unread_ones_stand_first_then_who_wrote_last(store: Database) -> None:
    async with store.write() as unit:
        space, account = await a_shop(unit)
        talks = [await writes(unit, account, n, after=n) for n in range(5)]
        ids = [one.id for one in talks if one is not None]
        await unit.conversations.seen(space, ids[4])
        await unit.conversations.answered(space, ids[1])
        done = await unit.conversations.conversation(space, ids[0])
        await unit.conversations.close(space, ids[0], newest=done.newest)
        await unit.commit()
    async with store.read() as unit:
        of = unit.conversations
        pages = {state: await of.page(space, state, offset=0, limit=10) for state in STATES}
        shown = {state: ([one.id for one in some], total) for state, (some, total) in pages.items()}
        assert shown[ConversationState.OPEN] == ([ids[3], ids[2], ids[4], ids[1]], 4)
        assert shown[ConversationState.DONE] == ([ids[0]], 1)
        assert shown[None] == ([ids[4], ids[3], ids[2], ids[1], ids[0]], 5)
        turned = [await of.page(space, ConversationState.OPEN, offset=n, limit=1) for n in range(5)]
        turned_to = [one.id for some, _ in turned for one in some]
        assert turned_to == [ids[3], ids[2], ids[4], ids[1], ids[1]], "beyond: the last page"
        assert await of.unread(space) == 2
        assert [one.id for one in await of.search(space, "person 3", offset=0, limit=5)] == [ids[3]]
        assert [one.id for one in await of.search(space, number_of(2)[-4:], offset=0, limit=5)] == [ids[2]]
        assert not await of.search(space, "%", offset=0, limit=5)


@pytest.mark.parametrize("common", [0, 20_000])
async def test_a_search_finds_whoever_is_in_the_index_of_names_and_whoever_is_not(
    store: Database, common: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_search, "_COMMON", common)
    async with store.write() as unit:
        space, account = await a_shop(unit, people=8)
        if unit.contacts._on_sqlite:
            await unit.contacts.index_some(most=4)
        ids = []
        for n in (1, 6, 99):
            talk = await writes(unit, account, n, after=n)
            assert talk is not None
            ids.append(talk.id)

        async def found(text: str) -> list[ConversationId]:
            return [one.id for one in await unit.conversations.search(space, text, offset=0, limit=5)]

        for text, expected in (
            ("person", [ids[1], ids[0]]), ("Person 1", [ids[0]]), ("n 6", [ids[1]]), ("on", [ids[1], ids[0]]),
            ("q", []), ("qqq", []), (number_of(99)[-3:], [ids[2]]), ("\0", []), ("person 2", []),
        ):  # fmt: skip
            assert await found(text) == expected, text


async def test_it_is_not_done_where_they_have_written_meanwhile_and_opens_again(store: Database) -> None:
    async with store.write() as unit:
        space, account = await a_shop(unit)
        seen = await writes(unit, account, 1)
        assert seen is not None
        newer = await writes(unit, account, 1, "wait", after=1)
        assert newer is not None
        with pytest.raises(Conflict):
            await unit.conversations.close(space, seen.id, newest=seen.newest)
        await unit.conversations.close(space, seen.id, newest=newer.newest)
        again = await writes(unit, account, 1, "still here", after=2)
        await unit.commit()
    assert again is not None and again.state is ConversationState.OPEN and again.unread == 1


async def test_a_chat_is_told_what_is_new_to_it_and_not_muted(store: Database) -> None:
    async with store.write() as unit:
        space, account = await a_shop(unit)
        for n, text in ((1, "one"), (2, "two"), (1, "three"), (3, "muted")):
            talk = await writes(unit, account, n, text)
        assert talk is not None
        await unit.conversations.mute(space, talk.id, at=NOW)
        await unit.commit()
    async with store.write() as unit:
        [telling] = await unit.tellings.due(now=NOW, limit=5)
        untold = await unit.tellings.untold(telling, people=5, last=1)
        assert [(one.replies, [r.text for r in one.last]) for one in untold] == [(2, ["three"]), (1, ["two"])]
        gathered = await unit.tellings.gathered(telling, names=5)
        assert (gathered.people, gathered.replies, gathered.stopped) == (2, 3, 0)
        # One of them is told, the other is not yet.
        first = untold[0]
        told = Told(50, first.conversation_id, first.last[-1].id)
        await unit.tellings.told(telling, [told], up_to=None, due_at=NOW + timedelta(seconds=4))
        await unit.commit()
    async with store.write() as unit:
        assert not await unit.tellings.due(now=NOW, limit=5)
        [telling] = await unit.tellings.due(now=NOW + timedelta(seconds=4), limit=5)
        [left] = await unit.tellings.untold(telling, people=5, last=5)
        assert [one.text for one in left.last] == ["two"]
        assert (await unit.tellings.gathered(telling, names=5)).replies == 1
        await unit.tellings.told(telling, [Told(51, None, telling.newest)], up_to=telling.newest, due_at=NOW)
        assert await unit.tellings.stands_for(CHAT, 50) == told
        assert await unit.tellings.stands_for(CHAT, 51) == Told(51, None, telling.newest)
        assert await unit.tellings.stands_for(CHAT, 52) is None
        assert not await unit.tellings.due(now=NOW + timedelta(days=1), limit=5)


async def test_what_a_message_brought_and_did_is_kept_with_it(store: Database) -> None:
    file = Media(kind=MediaKind.PHOTO, key="a" * 64, filename="a.jpg", mime="image/jpeg", size=3)
    async with store.write() as unit:
        _, account = await a_shop(unit)
        talk = await writes(unit, account, 1, "picture")
        assert talk is not None and talk.newest is not None
        assert (await unit.tellings.reply(talk.newest)).awaits_file
        await unit.tellings.keep_file(talk.newest, None)
        gone = await unit.tellings.reply(talk.newest)
        await unit.tellings.keep_file(talk.newest, file)
        await unit.tellings.heard(talk.newest, Heard.STOP)
        kept = await unit.tellings.reply(talk.newest)
    assert (gone.is_gone, gone.awaits_file, gone.kept) == (True, False, None)
    assert (kept.is_gone, kept.awaits_file, kept.kept, kept.heard) == (False, False, file, Heard.STOP)


async def test_two_who_read_replies_at_once_leave_none_untold(store: Database) -> None:
    """On PostgreSQL both write at once: what has a smaller number is there when a larger one is told."""
    async with store.write() as unit:
        _, account = await a_shop(unit, people=40)
        await unit.commit()
    told: list[ReplyId] = []

    async def read(first: int) -> None:
        for n in range(first, first + 20):
            async with store.write() as unit:
                await writes(unit, account, n)
                await asyncio.sleep(0)
                await unit.commit()

    async def tell() -> None:
        while len(told) < 40:
            async with store.write() as unit:
                for telling in await unit.tellings.due(now=NOW, limit=5):
                    untold = await unit.tellings.untold(telling, people=100, last=20)
                    told.extend(one.id for some in untold for one in some.last)
                    await unit.tellings.told(telling, [], up_to=telling.newest, due_at=NOW)
                await unit.commit()
            await asyncio.sleep(0)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for work in (read(0), read(20), tell()):
            group.create_task(work)
    assert len(set(told)) == len(told) == 40


async def test_an_answer_is_shown_until_what_stands_is_so(store: Database) -> None:
    async with store.write() as unit:
        space, account = await a_shop(unit)
        talk = await writes(unit, account, 1)
        assert talk is not None
        id = await unit.delivery.queue_direct(
            workspace_id=space, account_id=account, member_id=None, chat_id=CHAT,
            purpose=DirectPurpose.ANSWER, number=talk.number, text="yes", media=None, desk="desk",
            campaign_id=None, at=NOW, conversation_id=talk.id, asked_by=7,
        )  # fmt: skip
        [tick] = await unit.delivery.ticks(limit=5)
        assert (tick.direct.id, tick.asked_by, tick.tick_id, tick.shown) == (id, 7, None, None)
        await unit.delivery.tick_shown(id, DirectState.QUEUED, tick_id=60)
        assert not await unit.delivery.ticks(limit=5)
        await unit.delivery.claim_direct(account, owner="o", lease_until=NOW)
        await unit.delivery.record_direct(id, DirectState.SENT, reason=None)
        [tick] = await unit.delivery.ticks(limit=5)
        assert (tick.direct.state, tick.tick_id, tick.shown) == (DirectState.SENT, 60, DirectState.QUEUED)
        assert await unit.delivery.ticked(CHAT, 60) == Ticked(talk.id)
        assert await unit.delivery.ticked(CHAT, 61) is None
        assert [one.id for one in await unit.delivery.directs_of(ConversationId(talk.id), limit=5)] == [id]
