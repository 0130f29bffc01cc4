"""The desk and the chat: promises of OperatorStore and ChatStore."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.campaigns.model import CampaignState
from domain.kernel.errors import NotFound
from domain.kernel.ids import WorkspaceId
from domain.operators.chat import Notice, Panel, ProgressMessage, Prompt
from domain.operators.model import Role
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_campaign, a_member, a_workspace

BOT = 77


async def test_the_desk_keeps_its_name(store: Database, other_process: Database) -> None:
    async with store.read() as unit:
        name = await unit.operators.desk_id()
    async with other_process.write() as unit:
        assert await unit.operators.desk_id() == name


async def test_a_claim_is_used_once_and_in_time(store: Database) -> None:
    async with store.write() as unit:
        await unit.operators.save_claim("fresh", expires_at=NOW + timedelta(hours=1))
        await unit.operators.save_claim("old", expires_at=NOW)
        await unit.commit()
    async with store.write() as unit:
        use = unit.operators.use_claim
        assert not await use("old", telegram_id=5, now=NOW)
        assert not await use("never was", telegram_id=5, now=NOW)
        assert await use("fresh", telegram_id=5, now=NOW)
        assert not await use("fresh", telegram_id=6, now=NOW)


async def test_an_admin_is_added_once(store: Database, other_process: Database) -> None:
    async with store.write() as unit:
        await unit.operators.add_admin(5, at=NOW)
        await unit.operators.add_admin(5, at=NOW)
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.operators.admins() == {5}


async def test_workspaces_and_members_are_kept_as_told(store: Database, other_process: Database) -> None:
    async with store.write() as unit:
        space = await a_workspace(unit)
        ayse = await a_member(unit, space)
        await unit.operators.accept_terms(ayse, version=1, at=NOW)
        await unit.operators.set_test_number(ayse, "+447700900123")
        changed = replace(await unit.operators.workspace(space), country="DE", zone="Europe/Berlin")
        changed = replace(changed, country_chosen=True)
        await unit.operators.update_workspace(changed)
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.operators.workspaces() == [changed]
        [member] = await unit.operators.members(space)
        assert await unit.operators.members_of(1001) == [member]
    assert (member.role, member.terms_at, member.test_number) == (Role.OWNER, NOW, "+447700900123")
    assert member.has_accepted_terms


async def test_joining_again_keeps_the_terms_accepted(store: Database) -> None:
    async with store.write() as unit:
        space = await a_workspace(unit)
        ayse = await a_member(unit, space)
        await unit.operators.accept_terms(ayse, version=1, at=NOW)
        assert await a_member(unit, space, name="Ayşe Yılmaz") == ayse
        [member] = await unit.operators.members(space)
        assert member.name == "Ayşe Yılmaz" and member.has_accepted_terms


async def test_a_workspace_that_is_not_there_is_not_found(store: Database) -> None:
    async with store.write() as unit:
        with pytest.raises(NotFound):
            await unit.operators.workspace(WorkspaceId(404))


async def test_what_is_not_committed_never_was(store: Database, other_process: Database) -> None:
    async with store.write() as unit:
        await a_workspace(unit)
        assert len(await unit.operators.workspaces()) == 1
    with pytest.raises(ZeroDivisionError):
        async with store.write() as unit:
            await a_workspace(unit)
            raise ZeroDivisionError
    async with other_process.read() as unit:
        assert await unit.operators.workspaces() == []


async def test_a_reading_unit_cannot_change_anything(store: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        async with store.read() as unit:
            await a_workspace(unit)


async def test_a_reading_unit_sees_one_moment(store: Database) -> None:
    async with store.read() as reader:
        assert await reader.operators.workspaces() == []
        async with store.write() as unit:
            await a_workspace(unit)
            await unit.commit()
        assert await reader.operators.workspaces() == []
    async with store.read() as reader:
        assert len(await reader.operators.workspaces()) == 1


async def test_an_update_is_stored_once_a_bot(store: Database) -> None:
    async with store.write() as unit:
        first = await unit.chat.add_updates(BOT, [(1, 9, {"a": 1}), (2, 8, {"b": "ğ"})], at=NOW)
        await unit.commit()
    async with store.write() as unit:
        again = await unit.chat.add_updates(BOT, [(2, 8, {"b": 0}), (3, 9, {}), (3, 9, {})], at=NOW)
        other = await unit.chat.add_updates(BOT + 1, [(1, 9, {})], at=NOW)
        await unit.commit()
    assert [(update.update_id, update.lane_key) for update in first] == [(1, 9), (2, 8)]
    assert [update.update_id for update in again] == [3]
    assert len(other) == 1
    async with store.read() as unit:
        waiting = await unit.chat.waiting_updates(BOT)
    assert waiting == [*first, *again]
    assert waiting[1].payload == {"b": "ğ"}
    assert [update.seq for update in waiting] == sorted(update.seq for update in waiting)


async def test_an_update_is_done_once(store: Database, other_process: Database) -> None:
    async with store.write() as unit:
        one, two = await unit.chat.add_updates(BOT, [(1, 9, {}), (2, 9, {})], at=NOW)
        await unit.commit()
    async with store.write() as unit:
        assert await unit.chat.mark_done(one.seq, at=NOW)
        assert not await unit.chat.mark_done(one.seq, at=NOW)
        await unit.chat.set_aside(two.seq, error="no such kind", at=NOW)
        assert not await unit.chat.mark_done(two.seq, at=NOW)
        await unit.commit()
    async with other_process.write() as unit:
        assert await unit.chat.waiting_updates(BOT) == []
        assert not await unit.chat.mark_done(one.seq, at=NOW)


async def test_of_an_update_with_a_secret_only_that_it_came_is_kept(store: Database) -> None:
    async with store.write() as unit:
        [one] = await unit.chat.add_updates(BOT, [(1, 9, {"text": "the token"})], at=NOW)
        await unit.chat.forget_words(one.seq)
        [waiting] = await unit.chat.waiting_updates(BOT)
        assert (waiting.seq, waiting.payload) == (one.seq, {})
        assert await unit.chat.add_updates(BOT, [(1, 9, {"text": "the token"})], at=NOW) == []


async def test_only_old_and_worked_updates_are_forgotten_and_their_order_never_returns(
    store: Database,
) -> None:
    async with store.write() as unit:
        one, two = await unit.chat.add_updates(BOT, [(1, 9, {}), (2, 9, {})], at=NOW)
        await unit.chat.mark_done(two.seq, at=NOW)
        assert await unit.chat.forget_updates(before=NOW) == 0
        assert await unit.chat.forget_updates(before=NOW + timedelta(days=9)) == 1
        assert [update.seq for update in await unit.chat.waiting_updates(BOT)] == [one.seq]
        [three] = await unit.chat.add_updates(BOT, [(3, 9, {})], at=NOW)
        assert three.seq > two.seq


async def test_a_panel_is_dirty_until_it_is_saved_clean(store: Database) -> None:
    panel = Panel(chat_id=5, telegram_id=7, screen="home", args={"page": 1}, stale_message_id=3)
    async with store.write() as unit:
        assert await unit.chat.panel(5) is None
        await unit.chat.save_panel(panel)
        await unit.chat.save_panel(replace(panel, chat_id=6, screen="contacts", dirty=False))
        assert await unit.chat.panel(5) == panel
        assert await unit.chat.dirty_panels() == [panel]
        assert [one.chat_id for one in await unit.chat.panels_showing("contacts")] == [6]
        shown = replace(panel, message_id=11, stale_message_id=None, dirty=False)
        await unit.chat.save_panel(shown)
        assert await unit.chat.dirty_panels() == []
        assert await unit.chat.panel(5) == shown


async def test_the_panels_of_a_workspace_are_those_of_its_members_past_ones_too(store: Database) -> None:
    async with store.write() as unit:
        bakery, florist = await a_workspace(unit), await a_workspace(unit, name="Florist")
        for space, person in ((bakery, 1001), (bakery, 1002), (florist, 1002), (florist, 1003)):
            member = await a_member(unit, space, telegram_id=person)
        left = await a_member(unit, bakery, telegram_id=1004)
        await unit.operators.leave(left, at=NOW)
        for chat_id in (1001, 1002, 1003, 1004):
            await unit.chat.save_panel(Panel(chat_id=chat_id, telegram_id=chat_id, screen="home"))
        assert [one.chat_id for one in await unit.chat.panels_in(bakery)] == [1001, 1002, 1004]
        assert [one.chat_id for one in await unit.chat.panels_in(florist)] == [1002, 1003]
        assert member != left


async def test_a_chat_has_one_prompt(store: Database) -> None:
    async with store.write() as unit:
        await unit.chat.save_prompt(Prompt(chat_id=5, kind="name"))
        await unit.chat.save_prompt(Prompt(chat_id=5, kind="text", args={"campaign": 3}))
        assert await unit.chat.prompt(5) == Prompt(chat_id=5, kind="text", args={"campaign": 3})
        assert await unit.chat.prompt(6) is None
        await unit.chat.clear_prompt(5)
        assert await unit.chat.prompt(5) is None


async def test_a_notice_is_queued_once_by_its_key(store: Database, other_process: Database) -> None:
    notice = Notice(chat_id=5, key="reply:9", kind="reply", payload={"text": "hi"})
    async with store.write() as unit:
        assert await unit.chat.queue_notice(notice, at=NOW)
        assert not await unit.chat.queue_notice(replace(notice, payload={}), at=NOW)
        assert await unit.chat.queue_notice(replace(notice, chat_id=6), at=NOW)
        await unit.commit()
    async with other_process.write() as unit:
        due = await unit.chat.due_notices(now=NOW, limit=10)
        assert [(one.notice.chat_id, one.tries) for one in due] == [(5, 0), (6, 0)]
        assert due[0].notice == notice
        await unit.chat.notice_sent(due[0].id, message_id=44, at=NOW)
        assert await unit.chat.sent_notice(5, 44) == notice
        assert await unit.chat.sent_notice(6, 44) is None
        assert not await unit.chat.queue_notice(notice, at=NOW)
        assert [one.id for one in await unit.chat.due_notices(now=NOW, limit=10)] == [due[1].id]


async def test_a_notice_that_failed_comes_back_when_due_until_given_up(store: Database) -> None:
    later = NOW + timedelta(minutes=1)
    async with store.write() as unit:
        for n in range(3):
            notice = Notice(chat_id=5, key=str(n), kind="report", payload={})
            await unit.chat.queue_notice(notice, at=NOW)
        first, second = await unit.chat.due_notices(now=NOW, limit=2)
        await unit.chat.notice_failed(first.id, retry_at=later, error="429")
        await unit.chat.notice_failed(second.id, retry_at=None, error="blocked")
        assert [one.notice.key for one in await unit.chat.due_notices(now=NOW, limit=9)] == ["2"]
        due = await unit.chat.due_notices(now=later, limit=9)
        assert [(one.notice.key, one.tries) for one in due] == [("2", 0), ("0", 1)]


async def test_a_notice_that_is_put_off_comes_back_when_due_and_has_not_failed(store: Database) -> None:
    later = NOW + timedelta(minutes=1)
    async with store.write() as unit:
        await unit.chat.queue_notice(Notice(chat_id=5, key="a", kind="report", payload={}), at=NOW)
        [one] = await unit.chat.due_notices(now=NOW, limit=9)
        await unit.chat.notice_put_off(one.id, until=later)
        assert not await unit.chat.due_notices(now=NOW, limit=9)
        assert await unit.chat.due_notices(now=later, limit=9) == [one]
        await unit.chat.notice_sent(one.id, message_id=1, at=later)
        await unit.chat.notice_put_off(one.id, until=NOW)
        assert not await unit.chat.due_notices(now=later, limit=9)


async def test_progress_messages_live_until_the_end_was_shown(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        campaign = await a_campaign(unit, bakery.space, bakery.ayse)
        message = ProgressMessage(
            campaign_id=campaign.id, chat_id=5, message_id=None, shown="", edited_at=None, edits=0
        )
        await unit.chat.save_progress_message(message)
        edited = replace(message, message_id=8, shown="abc", edited_at=NOW, edits=1)
        await unit.chat.save_progress_message(edited)
        assert await unit.chat.progress_messages() == [edited]
        over = replace(campaign, state=CampaignState.CANCELLED)
        await unit.campaigns.save(over, expected=campaign.version)
        assert await unit.chat.progress_messages() == [edited]
        await unit.chat.close_progress_message(campaign.id, 5)
        assert await unit.chat.progress_messages() == []
        assert await unit.chat.progress_messages(campaign.id) == [edited]
