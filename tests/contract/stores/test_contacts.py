"""Promises of ContactStore and ImportStore."""

import random
from dataclasses import replace
from typing import Any

import pytest

from domain.contacts.model import Consent
from domain.contacts.ports import ImportedRow, ImportState, Saved
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import ContactId, ImportId, ListId
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.stores import (
    AGREED,
    NOW,
    SAID_STOP,
    a_list,
    a_member,
    a_workspace,
    contacts,
    number_of,
)  # fmt: skip


def row(number: str, name: str = "", **attributes: str) -> ImportedRow:
    return ImportedRow(number=number, name=name, attributes=attributes)


async def test_a_row_makes_a_contact_and_a_second_file_refreshes_it(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        first = await unit.contacts.create_list(bakery.space, "first", at=NOW)
        second = await unit.contacts.create_list(bakery.space, "second", at=NOW)
        save = unit.contacts.save_rows
        await save(bakery.space, first, [row("+901", "Ali", city="Van", age="4")], at=NOW)
        await save(bakery.space, second, [row("+901", "Ali Can", city="Bursa")], at=NOW)
        await save(bakery.space, second, [row("+901", "", shoe="43")], at=NOW)
        await unit.commit()
    async with other_process.read() as unit:
        ali = await unit.contacts.by_number(bakery.space, "+901")
        assert ali is not None and await unit.contacts.contact(bakery.space, ali.id) == ali
        assert (ali.name, ali.consent) == ("Ali Can", Consent.UNRECORDED)
        assert ali.attributes == {"city": "Bursa", "age": "4", "shoe": "43"}
        lists = await unit.contacts.lists(bakery.space)
        assert [(one.name, one.size) for one in lists] == [("second", 1), ("first", 1)]
        assert await unit.contacts.list_names(bakery.space) == {second: "second", first: "first"}
        [only] = await unit.contacts.lists(bakery.space, [first])
        assert only.name == "first" and await unit.contacts.lists(bakery.space, []) == []


async def test_the_same_number_twice_in_one_batch_is_one_person(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await unit.contacts.create_list(bakery.space, "x", at=NOW)
        rows = [row("+901", "Ali", city="Van"), row("+902"), row("+901", "", age="4")]
        await unit.contacts.save_rows(bakery.space, list_id, rows, at=NOW)
        ali = await unit.contacts.by_number(bakery.space, "+901")
        assert ali is not None and (ali.name, ali.attributes) == ("Ali", {"city": "Van", "age": "4"})
        assert (await unit.contacts.search(bakery.space, "ali"))[0] == [ali]
        assert (await unit.contacts.list_of(bakery.space, list_id)).size == 2


async def test_a_big_batch_arrives_whole(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await unit.contacts.create_list(bakery.space, "x", at=NOW)
        assert await unit.contacts.save_rows(bakery.space, list_id, contacts(2345), at=NOW) == Saved()
        assert await unit.contacts.save_rows(bakery.space, list_id, contacts(2345), at=NOW) == Saved()
        assert (await unit.contacts.list_of(bakery.space, list_id)).size == 2345
        seen = [one async for one in unit.contacts.stream(bakery.space, list_id=list_id)]
    assert [one.number for one in seen] == [number_of(n) for n in range(2345)]
    assert seen[7].attributes == {"city": "Ankara", "no": "7"}


async def test_everybody_in_a_file_is_on_its_list_whether_new_or_known(
    store: Database, bakery: Bakery
) -> None:
    draw = random.Random(5)
    async with store.write() as unit:
        spaces = [bakery.space, await a_workspace(unit)]
        lists = {
            (space, name): await unit.contacts.create_list(space, name, at=NOW)
            for space in spaces
            for name in ("a", "b")
        }
        await unit.commit()
    on: dict[ListId, set[str]] = {list_id: set() for list_id in lists.values()}
    for _ in range(25):
        (space, _name), list_id = draw.choice(list(lists.items()))
        numbers = [number_of(n) for n in draw.choices(range(60), k=draw.randint(1, 9))]
        on[list_id] |= set(numbers)
        async with store.write() as unit:
            await unit.contacts.save_rows(space, list_id, [row(number) for number in numbers], at=NOW)
            await unit.commit()
    async with store.read() as unit:
        for (space, _name), list_id in lists.items():
            people = await unit.contacts.samples(space, list_id=list_id, limit=100)
            assert {person.number for person in people} == on[list_id]


async def test_importing_never_turns_a_stop_back_on(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 3)
        ali = await unit.contacts.by_number(bakery.space, number_of(1))
        assert ali is not None
        await unit.contacts.record_consent(ali.id, SAID_STOP)
        assert await unit.contacts.save_rows(bakery.space, list_id, contacts(3), at=NOW) == Saved(
            stopped=(ali.number,)
        )
        assert await unit.contacts.save_rows(bakery.space, None, contacts(1), at=NOW) == Saved()
        assert await unit.contacts.record_list_consent(list_id, AGREED) == 2
        assert (await unit.contacts.contact(bakery.space, ali.id)).consent is Consent.REVOKED
        assert await unit.contacts.count(bakery.space) == {
            Consent.UNRECORDED: 0, Consent.GRANTED: 2, Consent.REVOKED: 1,
        }  # fmt: skip


async def test_search_looks_into_names_and_numbers(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        rows = [row("+90111", "ÖMER"), row("+90222", "Zoë"), row("+90333", "100% Sure"), row("+90444", "a_b")]
        await unit.contacts.save_rows(bakery.space, None, rows, at=NOW)

        async def found(text: str) -> list[str]:
            return [one.name for one in (await unit.contacts.search(bakery.space, text))[0]]

        for text in ("ömer", "OMER", "O\u0308mer"):
            assert await found(text) == ["ÖMER"]
        for text in ("ZOË", "zoe"):
            assert await found(text) == ["Zoë"]
        assert await found("\u0301") == [], "an accent alone is in nobody's name"
        assert await found("90 333") == ["100% Sure"]
        assert await found("0%") == ["100% Sure"]
        assert await found("_") == ["a_b"]
        assert await found("\\") == []
        assert await found("") == ["100% Sure", "a_b", "ÖMER", "Zoë"]
        page, total = await unit.contacts.search(bakery.space, "", offset=1, limit=2)
        assert ([one.name for one in page], total) == (["a_b", "ÖMER"], 4)
        assert (await unit.contacts.search(bakery.space, "", consent=Consent.GRANTED))[1] == 0


async def test_a_part_of_a_number_is_looked_for_in_names_too(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        rows = [row("+90111", "Zoe 222"), row("+90222", "Ali"), row("+90333", "Can 22 a"), row("+90444")]
        await unit.contacts.save_rows(bakery.space, None, rows, at=NOW)

        async def found(text: str, **how: Any) -> tuple[list[str], int]:
            some, total = await unit.contacts.search(bakery.space, text, **how)
            return [one.name for one in some], total

        assert await found("222") == (["Ali", "Zoe 222"], 2)
        assert await found("22") == (["Ali", "Can 22 a", "Zoe 222"], 3)
        assert await found("+90") == (["", "Ali", "Can 22 a", "Zoe 222"], 4)
        assert await found("+90", consent=Consent.REVOKED) == ([], 0)
        stopped = await unit.contacts.by_number(bakery.space, "+90333")
        assert stopped is not None
        await unit.contacts.record_consent(stopped.id, SAID_STOP)
        assert await found("22", consent=Consent.REVOKED) == (["Can 22 a"], 1)


async def test_a_search_counts_no_further_than_it_is_asked_to(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        rows = [row(f"+9011{n}", f"Ali {name}") for n, name in enumerate("edcba")]
        await unit.contacts.save_rows(bakery.space, None, rows, at=NOW)
        for text in ("ali", "9011"):
            first, total = await unit.contacts.search(bakery.space, text, limit=2, most=3)
            assert total == 4, "one more than asked: there are more"
            last, _ = await unit.contacts.search(bakery.space, text, offset=2, limit=2, most=3)
            beyond, _ = await unit.contacts.search(bakery.space, text, offset=8, limit=2, most=3)
            assert len(first) == 2 and len(last) == 1 and beyond == last
        by_name, _ = await unit.contacts.search(bakery.space, "ali", limit=3, most=3)
        assert [one.name for one in by_name] == sorted(one.name for one in by_name)


async def test_of_more_than_are_shown_it_is_always_the_same(store: Database, bakery: Bakery) -> None:
    """On every page: the first ones, by id on SQLite and by number on PostgreSQL, which here are the same."""
    async with store.write() as unit:
        rows = [row(f"+9022{n}", f"Can {9 - n}") for n in range(8)]
        await unit.contacts.save_rows(bakery.space, None, rows, at=NOW)
        found, total = await unit.contacts.search(bakery.space, "9022", most=3)
        assert ([one.name for one in found], total) == (["Can 6", "Can 7", "Can 8"], 4)


async def test_tags_of_a_list_and_of_one_person(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 3)
        tag = unit.contacts.tag_list
        assert await tag(bakery.space, list_id, "vip") == 3
        assert await tag(bakery.space, list_id, "vip") == 0
        ali = await unit.contacts.by_number(bakery.space, number_of(0))
        assert ali is not None
        await unit.contacts.tag_contact(bakery.space, ali.id, "vip", on=False)
        await unit.contacts.tag_contact(bakery.space, ali.id, "a,b", on=True)
        await unit.contacts.tag_contact(bakery.space, ali.id, "Zürich", on=True)
        assert (await unit.contacts.contact(bakery.space, ali.id)).tags == ("Zürich", "a,b")
        tags = await unit.contacts.tags(bakery.space)
        assert sorted(tags) == ["Zürich", "a,b", "vip"]
        sizes = await unit.contacts.tag_sizes(bakery.space, [*tags, "nobody's"])
        assert sizes == {"Zürich": 1, "a,b": 1, "vip": 2, "nobody's": 0}
        seen = [one.number async for one in unit.contacts.stream(bakery.space, tag="vip")]
        assert seen == [number_of(1), number_of(2)]


async def test_a_list_goes_and_its_people_stay(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 2)
        await unit.contacts.remove_list(bakery.space, list_id)
        with pytest.raises(NotFound):
            await unit.contacts.list_of(bakery.space, list_id)
        assert sum((await unit.contacts.count(bakery.space)).values()) == 2
        assert await unit.contacts.create_list(bakery.space, "new", at=NOW) > list_id


async def test_fields_and_samples_are_of_those_meant(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        one = await unit.contacts.create_list(bakery.space, "one", at=NOW)
        two = await unit.contacts.create_list(bakery.space, "two", at=NOW)
        first = ImportedRow(number="+901", name="A", attributes={"first.name": "A", "2": "x", 'a"b': "y"})
        await unit.contacts.save_rows(bakery.space, one, [first], at=NOW)
        await unit.contacts.save_rows(bakery.space, two, [row("+902", "B", city="Van"), row("+903")], at=NOW)
        last = await unit.contacts.by_number(bakery.space, "+903")
        assert last is not None
        await unit.contacts.record_consent(last.id, AGREED)
        names = unit.contacts.field_names
        assert await names(bakery.space, list_id=one) == ["2", 'a"b', "first.name"]
        assert await names(bakery.space, list_id=two) == ["city"]
        assert len(await names(bakery.space)) == 4
        assert await names(bakery.space, tag="nobody has it") == []
        samples = await unit.contacts.samples(bakery.space, list_id=two, limit=2)
        assert [sample.number for sample in samples] == ["+903", "+902"]


async def test_another_workspace_has_none_of_it(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        other = await a_workspace(unit, name="Other")
        member = await a_member(unit, other)
        list_id = await a_list(unit, bakery.space, 2)
        await unit.contacts.tag_list(bakery.space, list_id, "vip")
        ali = await unit.contacts.by_number(bakery.space, number_of(0))
        assert ali is not None
        job = await unit.imports.create(
            workspace_id=bakery.space, member_id=bakery.ayse, chat_id=5, filename="a.xlsx",
            telegram_file="f", size=9, campaign_id=None, at=NOW,
        )  # fmt: skip
        store_of = unit.contacts
        for attempt in (
            store_of.contact(other, ali.id),
            store_of.list_of(other, list_id),
            store_of.remove_list(other, list_id),
            store_of.tag_list(other, list_id, "x"),
            store_of.tag_contact(other, ali.id, "x", on=True),
            store_of.save_rows(other, list_id, contacts(1), at=NOW),
            unit.imports.job(other, job),
        ):
            with pytest.raises(NotFound):
                await attempt
        theirs = replace(await unit.imports.job(bakery.space, job), workspace_id=other, member_id=member)
        with pytest.raises(Conflict):
            await unit.imports.update(theirs, expected=1, at=NOW)
        assert await store_of.by_number(other, number_of(0)) is None
        assert await store_of.search(other, "") == ([], 0)
        assert await store_of.lists(other) == [] and await store_of.tags(other) == []
        assert await store_of.field_names(other, list_id=list_id) == []
        assert await store_of.samples(other, list_id=list_id) == []
        assert [one async for one in store_of.stream(other, list_id=list_id)] == []
        assert sum((await store_of.count(other)).values()) == 0
        assert await unit.imports.latest(other) is None


async def test_consent_events_are_kept_in_order(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    by_hand = replace(AGREED, by=bakery.ayse)
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 1, agreed=False)
        ali = await unit.contacts.by_number(bakery.space, number_of(0))
        assert ali is not None
        assert await unit.contacts.record_consent(ali.id, by_hand) is Consent.GRANTED
        assert await unit.contacts.record_consent(ali.id, SAID_STOP) is Consent.REVOKED
        assert await unit.contacts.record_list_consent(list_id, AGREED) == 0
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.contacts.consent_events(ali.id) == [by_hand, SAID_STOP, AGREED]
    async with store.write() as unit:
        with pytest.raises(NotFound):
            await unit.contacts.record_consent(ContactId(404), AGREED)


async def test_an_import_is_changed_by_whoever_saw_its_last_version(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        id = await unit.imports.create(
            workspace_id=bakery.space, member_id=bakery.ayse, chat_id=5, filename="müşteri.xlsx",
            telegram_file="f", size=2**33, campaign_id=3, at=NOW,
        )  # fmt: skip
        job = await unit.imports.job(bakery.space, id)
        assert (job.state, job.version, job.size) == (ImportState.RECEIVED, 1, 2**33)
        wanted = replace(
            job, state=ImportState.STORING, media_key="k", inspection={"sheets": [1]}, plan={"a": {"b": 2}},
            list_id=ListId(9), done_rows=5, total_rows=10, counts={"ready": 4}, error_key="e",
            refusal={"code": "x"},
        )  # fmt: skip
        saved = await unit.imports.update(wanted, expected=1, at=NOW)
        assert saved == replace(wanted, version=2)
        await unit.imports.count_done(id, 7, 10)
        await unit.commit()
    async with other_process.write() as unit:
        now = await unit.imports.job(bakery.space, id)
        assert now == replace(saved, done_rows=7)
        assert await unit.imports.unfinished() == [now]
        assert await unit.imports.latest(bakery.space) == now
        with pytest.raises(Conflict):
            await unit.imports.update(job, expected=1, at=NOW)
        done = await unit.imports.update(replace(now, state=ImportState.DONE), expected=2, at=NOW)
        assert done.version == 3 and await unit.imports.unfinished() == []
        with pytest.raises(NotFound):
            await unit.imports.job(bakery.space, ImportId(404))
