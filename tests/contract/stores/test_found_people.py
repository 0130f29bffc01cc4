"""Whoever has a text in their name or number is found, however far the index of SQLite's is behind."""

from collections.abc import Iterable
from random import Random

import pytest

from domain.contacts.folding import folded
from domain.contacts.ports import ImportedRow
from domain.kernel.ids import WorkspaceId
from domain.scheduler.forgetting import forget_person
from storage import contact_search
from storage.database import Database
from storage.unit import Unit
from storage.wiping import wipe_statements
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_workspace, contacts, number_of

#: Names of few letters, so that many have the same parts; what quotes and patterns are made of among them.
LETTERS = 'aab bÇç1%_"\\\n\U0001f600'
TEXTS = (
    "a", "b", "ab", "aa", "aba", "abab", "ca", "ç", "1", "11", "1 1", "a1", '"', 'a"', '""a', "%", "_", "\\",
    "\U0001f600", "a\U0001f600b", "+", "+90", "905", "55", "0 0", "000", "9055000000", "q", "qqq",
    "forgotten", "\0", "a\0b", "ab" * 60,
)  # fmt: skip


def _name(chance: Random) -> str:
    return " ".join("".join(chance.choices(LETTERS, k=chance.randrange(9))).split())


def _expected(people: Iterable[tuple[str, str]], wanted: str) -> set[str]:
    digits = "".join(wanted.split())
    numeric = set(digits) <= set("+0123456789")
    called = folded(wanted)
    return {
        number for number, name in people
        if (called and called in folded(name)) or (numeric and digits and digits in number)
    }  # fmt: skip


async def _check(unit: Unit, space: WorkspaceId, people: dict[str, str]) -> None:
    for wanted in TEXTS:
        found, total = await unit.contacts.search(space, wanted, limit=1_000)
        numbers = [one.number for one in found]
        assert set(numbers) == _expected(people.items(), wanted), wanted
        assert total == len(numbers) == len(set(numbers)), wanted
        in_order = sorted(found, key=lambda one: (folded(one.name).encode(), one.number))
        if unit.contacts._on_sqlite:
            assert [one.id for one in found] == [one.id for one in in_order], wanted


@pytest.fixture(params=["looked through", "by the index"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "by the index":
        monkeypatch.setattr(contact_search, "_SMALL", 0)


@pytest.fixture
def by_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_search, "_SMALL", 0)


async def test_people_who_come_change_and_go_are_found_as_they_are(
    store: Database, bakery: Bakery, either_way: None
) -> None:
    chance = Random(7)
    other = await _another(store)
    people: dict[str, str] = {}
    for _ in range(12):
        rows = [
            ImportedRow(number=f"+9055{n:08}", name=_name(chance), attributes={})
            for n in chance.sample(range(120), 40)
        ]
        async with store.write() as unit:
            # Whoever was forgotten is not stored again.
            saved = await unit.contacts.save_rows(bakery.space, None, rows, at=NOW)
            await unit.contacts.save_rows(other, None, rows[:5], at=NOW)
            for row in rows:
                if row.number not in saved.forgotten:
                    people[row.number] = row.name or people.get(row.number, "")
            gone = chance.choice(sorted(people))
            one = await unit.contacts.by_number(bakery.space, gone)
            assert one is not None
            await forget_person(unit, bakery.space, one.id, by=bakery.ayse, called="x", at=NOW)
            del people[gone]
            await _index(unit, chance.choice((0, 1, 7, 30)))
            await unit.commit()
            await _check(unit, bakery.space, people)


@pytest.mark.parametrize("indexed", [0, 1, 3, 5])
async def test_an_id_that_is_given_again_is_another_persons(
    store: Database, bakery: Bakery, by_the_index: None, indexed: int
) -> None:
    """However many of those who are wiped were in the index, whose ids are given again."""
    other = await _another(store)
    async with store.write() as unit:
        await unit.contacts.save_rows(other, None, [_person(n, "Abab") for n in range(5)], at=NOW)
        await _index(unit, indexed)
        for statement in wipe_statements(other):
            await unit.contacts._db.execute(statement)
        for n in range(4):
            await unit.contacts.save_rows(bakery.space, None, [_person(n, "Caca")], at=NOW)
        for _ in range(2):
            assert (await unit.contacts.search(bakery.space, "abab"))[1] == 0
            found, _total = await unit.contacts.search(bakery.space, "caca")
            assert [one.number for one in found] == [_person(n, "").number for n in range(4)]
            await _index(unit, 2)
        await unit.contacts.save_rows(bakery.space, None, [_person(0, "Dada")], at=NOW)
        gone = await unit.contacts.by_number(bakery.space, _person(1, "").number)
        assert gone is not None
        await forget_person(unit, bakery.space, gone.id, by=bakery.ayse, called="x", at=NOW)
        assert (await unit.contacts.search(bakery.space, "caca"))[1] == 2
        [one], _total = await unit.contacts.search(bakery.space, "da")
        assert one.name == "Dada"


async def test_where_there_is_nobody_the_index_stays_as_it_is(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        await _index(unit, 5)
        assert not await unit.contacts.unindexed()


async def test_many_who_are_not_in_the_index_are_told_and_taken_in(
    store: Database, bakery: Bakery, by_the_index: None
) -> None:
    async with store.write() as unit:
        await unit.contacts.save_rows(bakery.space, None, contacts(999), at=NOW)
        assert not await unit.contacts.unindexed()
        await unit.contacts.save_rows(bakery.space, None, contacts(1, first=999), at=NOW)
        behind = unit.contacts._on_sqlite
        assert await unit.contacts.unindexed() is behind
        if behind:
            await unit.contacts.index_some(most=600)
        assert not await unit.contacts.unindexed()
        for n in (0, 599, 600, 999):
            [one], total = await unit.contacts.search(bakery.space, f"person {n}", most=20, limit=1)
            assert one.name == f"Person {n}" and one.number == number_of(n) and total >= 1


async def _another(store: Database) -> WorkspaceId:
    async with store.write() as unit:
        other = await a_workspace(unit, name="Another")
        await unit.commit()
    return other


async def _index(unit: Unit, most: int) -> None:
    if unit.contacts._on_sqlite:
        await unit.contacts.index_some(most=most)


def _person(n: int, name: str) -> ImportedRow:
    return ImportedRow(f"+9055{n}", name, {})
