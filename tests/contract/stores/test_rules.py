"""Automation rules, their order, and whom they served."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from domain.automation.model import Rule, RuleId, When
from domain.conversations.model import Conversation
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import ReplyNews
from domain.delivery.store import DirectPurpose, Replied
from domain.kernel.errors import Conflict
from domain.kernel.ids import AccountId, WorkspaceId
from storage.database import Database
from storage.rules import LOOKED_BACK, MOST_DIRECTS
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_workspace, an_account, contacts, number_of

AUTO, ANSWER = DirectPurpose.AUTO, DirectPurpose.ANSWER
PRICE = Rule(id=RuleId(0), position=0, when=When.CONTAINS, words="price", text="From 3 €, {name}")
MENU = Media(kind=MediaKind.DOCUMENT, key="a" * 64, filename="menu.pdf", mime="application/pdf", size=9)
FULL = Rule(
    id=RuleId(0), position=0, when=When.REGEX, words="order (\\d+)", text="{1}?", media=MENU, tag="orders",
    hand_over=True, stop_here=False, cooldown=timedelta(hours=2), only_in_hours=True,
    valid_from=date(2026, 12, 1), valid_until=date(2026, 12, 24), is_on=False,
)  # fmt: skip


async def words(unit: Unit, space: WorkspaceId) -> list[str]:
    return [rule.words for rule in await unit.rules.of(space)]


async def three(unit: Unit, space: WorkspaceId) -> list[RuleId]:
    return [await unit.rules.add(space, replace(PRICE, words=word), at=NOW) for word in "abc"]


async def wrote(
    unit: Unit, account: AccountId, text: str, *, at: datetime = NOW, sender: str = number_of(0)
) -> tuple[Replied, Conversation]:
    event = f"{account}:{text}:{at}"
    reply = await unit.delivery.reply(account, ReplyNews(event=event, sender=sender, text=text, at=at))
    assert reply is not None
    return reply, await unit.conversations.wrote(account, reply, at=at)


async def test_a_rule_is_kept_whole_and_for_its_workspace_alone(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        florist = await a_workspace(unit, name="Florist")
        id = await unit.rules.add(bakery.space, FULL, at=NOW)
        await unit.commit()
    async with store.read() as unit:
        [rule] = await unit.rules.of(bakery.space)
        [kept] = await unit.rules.kept(bakery.space)
        assert await unit.rules.kept(florist) == []
    assert rule == replace(FULL, id=id, position=1)
    assert (kept.rule, kept.version, kept.hits, kept.last_hit) == (rule, 1, 0, None)


async def test_a_change_expects_what_it_replaces(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        florist = await a_workspace(unit, name="Florist")
        id = await unit.rules.add(bakery.space, PRICE, at=NOW)
        changed = replace(PRICE, id=id, words="cost")
        for space, expected in ((florist, 1), (bakery.space, 2)):
            with pytest.raises(Conflict):
                await unit.rules.change(space, changed, expected=expected, at=NOW)
            with pytest.raises(Conflict):
                await unit.rules.remove(space, id, expected=expected)
        await unit.rules.change(bakery.space, changed, expected=1, at=NOW)
        [kept] = await unit.rules.kept(bakery.space)
        assert (kept.rule.words, kept.version) == ("cost", 2)


async def test_rules_change_places_one_step_at_a_time(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        a, b, c = await three(unit, bakery.space)
        assert await unit.rules.move(bakery.space, c, up=True, expected=1, at=NOW)
        assert await words(unit, bakery.space) == ["a", "c", "b"]
        assert not await unit.rules.move(bakery.space, a, up=True, expected=1, at=NOW)
        assert not await unit.rules.move(bakery.space, b, up=False, expected=1, at=NOW)
        assert await unit.rules.move(bakery.space, a, up=False, expected=1, at=NOW)
        assert await words(unit, bakery.space) == ["c", "a", "b"]
        with pytest.raises(Conflict):
            await unit.rules.move(bakery.space, c, up=False, expected=1, at=NOW)


async def test_a_rule_that_was_removed_takes_its_hits_along_and_the_last_comes_last(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        a, b, c = await three(unit, bakery.space)
        _, talk = await wrote(unit, bakery.account, "hello")
        await unit.rules.hit([a, b], talk.id, at=NOW)
        await unit.rules.remove(bakery.space, b, expected=1)
        await unit.rules.hit([b, c], talk.id, at=NOW)
        await unit.rules.add(bakery.space, replace(PRICE, words="d"), at=NOW)
        assert await words(unit, bakery.space) == ["a", "c", "d"]
        assert await unit.rules.hits(bakery.space, b) == ([], 0)
        assert [one.hits for one in await unit.rules.kept(bakery.space)] == [1, 1, 0]


async def test_hits_are_counted_and_listed_newest_first_a_page_at_a_time(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        await unit.contacts.save_rows(bakery.space, None, contacts(1), at=NOW)
        florist = await a_workspace(unit, name="Florist")
        a, b, _ = await three(unit, bakery.space)
        for n in range(3):
            at = NOW + timedelta(minutes=n)
            _, talk = await wrote(unit, bakery.account, "hello", at=at, sender=number_of(n))
            await unit.rules.hit([a], talk.id, at=at)
        await unit.commit()
    async with store.read() as unit:
        page, total = await unit.rules.hits(bakery.space, a, limit=2)
        rest, _ = await unit.rules.hits(bakery.space, a, offset=2, limit=2)
        assert total == 3
        assert [(one.number, one.name) for one in [*page, *rest]] == [
            (number_of(2), ""), (number_of(1), ""), (number_of(0), "Person 0"),
        ]  # fmt: skip
        assert rest[0].contact_id is not None
        assert [one.at for one in page] == [NOW + timedelta(minutes=2), NOW + timedelta(minutes=1)]
        assert await unit.rules.hits(florist, a) == ([], 0)
        kept = {one.rule.id: one for one in await unit.rules.kept(bakery.space)}
        assert (kept[a].hits, kept[a].last_hit) == (3, NOW + timedelta(minutes=2))
        assert (kept[b].hits, kept[b].last_hit) == (0, None)


async def test_what_was_written_to_and_fro_is_told_of_the_person_and_the_last_hour(
    store: Database, bakery: Bakery
) -> None:
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    async with store.write() as unit:
        other = await an_account(unit, bakery.space, number="+447700900009", remote="sim-9")
        a, b, c, d = [
            await unit.rules.add(bakery.space, replace(PRICE, cooldown=rests), at=NOW)
            for rests in (minute, 3 * hour, timedelta(days=30), timedelta())
        ]
        first, talk = await wrote(unit, bakery.account, "long ago", at=NOW - hour)
        alone = await unit.rules.talk(talk, first.id, now=NOW)
        assert (alone.is_first, alone.served, alone.heard) == (True, {}, [])
        _, elsewhere = await wrote(unit, other, "elsewhere", at=NOW - 9 * minute)
        await wrote(unit, bakery.account, "one", at=NOW - 8 * minute)
        _, strange = await wrote(unit, bakery.account, "I am another", sender=number_of(7))
        for where, text, at in (
            (talk, "old answer", NOW - hour), (talk, "answer", NOW - minute), (elsewhere, "there", NOW),
            (strange, "to another", NOW),
        ):  # fmt: skip
            await unit.delivery.queue_direct(
                workspace_id=bakery.space, account_id=where.account_id, member_id=None, chat_id=None,
                purpose=DirectPurpose.AUTO, number=where.number, text=text, media=None, desk="d",
                campaign_id=None, at=at, conversation_id=where.id,
            )  # fmt: skip
        await unit.rules.hit([a], talk.id, at=NOW - 3 * hour)
        await unit.rules.hit([a, b, d], elsewhere.id, at=NOW - 2 * hour)
        await unit.rules.hit([c], strange.id, at=NOW)
        await unit.rules.hit([c], talk.id, at=NOW - timedelta(days=30))
        last, _ = await wrote(unit, bakery.account, "two")
        now = await unit.rules.talk(talk, last.id, now=NOW)
    assert not now.is_first
    assert now.served == {a: NOW - 2 * hour, b: NOW - 2 * hour}
    assert sorted(now.answered) == [NOW - minute, NOW]
    assert now.sent == ["old answer", "answer"]
    assert now.heard == ["one"]


async def test_however_much_was_written_so_much_of_it_is_read(store: Database, bakery: Bakery) -> None:
    """In each of their conversations."""
    minute = timedelta(minutes=1)
    async with store.write() as unit:
        other = await an_account(unit, bakery.space, number="+447700900009", remote="sim-9")
        _, talk = await wrote(unit, bakery.account, "hello")
        _, elsewhere = await wrote(unit, other, "hello")
        asked = [(talk, AUTO)] * 2 + [(talk, ANSWER)] * (MOST_DIRECTS - 1) + [(elsewhere, AUTO)]
        for n, (where, purpose) in enumerate(asked):
            await unit.delivery.queue_direct(
                workspace_id=bakery.space, account_id=where.account_id, member_id=None, chat_id=None,
                purpose=purpose, number=where.number, text=str(n), media=None, desk="d", campaign_id=None,
                at=NOW - minute + timedelta(seconds=n), conversation_id=where.id,
            )  # fmt: skip
        for n in range(LOOKED_BACK + 2):
            last, _ = await wrote(unit, bakery.account, str(n))
        now = await unit.rules.talk(talk, last.id, now=NOW)
    assert [(at - NOW + minute).seconds for at in sorted(now.answered)] == [1, len(asked) - 1]
    assert now.heard == [str(n) for n in range(1, LOOKED_BACK + 1)]
    assert now.served == {}
