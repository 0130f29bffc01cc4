"""Who people are on the official channel, and how many of them were written to, in tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    CompoundSelect,
    Row,
    ScalarSelect,
    Select,
    bindparam,
    case,
    func,
    literal,
    select,
    text,
    true,
    union,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from domain.delivery.cloud_accounts import KnownPerson, Named
from domain.kernel.ids import AccountId
from storage.base import SqlStore, given
from storage.tables import accounts, cloud_accounts, cloud_counts, cloud_people

#: Keeps our advisory locks on PostgreSQL apart from anybody else's.
_PEOPLE_LOCK: Final = 0x7065_6F70
#: For the account or, as `_business` has it, all of its business account.
_GO_ALONE: Final = text(
    "SELECT pg_advisory_xact_lock(:what, hashtext(coalesce(nullif((SELECT waba_id FROM cloud_accounts"
    " WHERE account_id = :id), ''), 'account ' || :id)))"
    " WHERE current_setting('transaction_read_only') = 'off'"
)


class SqlReached(SqlStore):
    """Whom numbers reach, as any official number of the workspace was told: a `wa_id` names a phone to every
    business."""

    async def _told(self, id: AccountId, numbers: Sequence[str]) -> dict[str, str]:
        """What WhatsApp has said of these, where it is another name than the number itself."""
        return await self._reaching(id, self._among(cloud_people.c.number, numbers))

    async def _dialled_for(self, id: AccountId, people: Sequence[str]) -> dict[str, str]:
        """Numbers under another name, with whom they reach."""
        return await self._reaching(id, self._among(cloud_people.c.reaches, people))

    async def _reaching(self, id: AccountId, which: ColumnElement[bool]) -> dict[str, str]:
        c = cloud_people.c
        rows = await self._db.execute(
            select(c.number, c.reaches).where(c.account_id.in_(_workspace(id)), c.reaches.is_not(None), which)
        )
        return dict(rows.all())


class SqlCloudPeople(SqlReached):
    """The part of `domain.delivery.cloud_accounts.CloudStore` that is about people."""

    async def people(self, id: AccountId, numbers: Sequence[str]) -> Mapping[str, KnownPerson]:
        c = cloud_people.c
        rows = await self._db.execute(
            select(cloud_people).where(c.account_id.in_(_business(id)), self._among(c.number, numbers))
        )
        known: dict[str, KnownPerson] = {}
        counted: dict[str, datetime] = {}
        for row in rows:
            if row.account_id == id:
                known[row.number] = _person(row)
            if row.counted_at is not None:
                counted[row.number] = max(counted.get(row.number, row.counted_at), row.counted_at)
        for number, at in counted.items():
            one = known.get(number, KnownPerson(number=number))
            known[number] = KnownPerson(
                number=number, wa_id=one.wa_id, user_id=one.user_id, wrote_at=one.wrote_at, counted_at=at
            )
        return known

    async def name_people(self, id: AccountId, named: Sequence[Named]) -> None:
        c = cloud_people.c
        rows = await self._db.execute(
            select(c.account_id, c.number, c.wa_id, c.user_id, c.reaches).where(
                c.account_id.in_(_workspace(id)), self._among(c.number, [one.number for one in named])
            )
        )
        known: dict[str, _Names] = {}
        elsewhere: list[tuple[str, str]] = []
        for row in rows:
            if row.account_id == id:
                known[row.number] = _Names(row.wa_id, row.user_id, row.reaches)
            elif row.reaches is not None:
                elsewhere.append((row.number, row.reaches))
        changed: dict[str, _Names] = {}
        for one in named:
            before = changed.get(one.number, known.get(one.number, _NAMELESS))
            if (names := _called(one, before)) != before:
                changed[one.number] = names
        for n, column in enumerate((c.wa_id, c.user_id)):
            if taken := [names[n] for names in changed.values() if names[n] is not None]:
                theirs = (c.account_id == id, self._among(column, taken))
                await self._db.execute(update(cloud_people).where(*theirs).values({column: None}))
        whose = {name: number for number, names in changed.items() for name in names[:2]}
        written = [
            (
                number,
                names.wa_id if whose[names.wa_id] == number else None,
                names.user_id if whose[names.user_id] == number else None,
                names.reaches,
            )
            for number, names in sorted(changed.items())
        ]
        await self._learn_people(id, [c.number, c.wa_id, c.user_id, c.reaches], written)
        await self._correct(id, named, elsewhere)

    async def _correct(
        self, id: AccountId, named: Sequence[Named], elsewhere: Sequence[tuple[str, str]]
    ) -> None:
        """What other numbers of the workspace were told before is so no more."""
        said = {one.number: _called(one, _NAMELESS).reaches for one in named if one.wa_id is not None}
        wrong = sorted({n for n, reaches in elsewhere if n in said and said[n] != reaches})
        if wrong:
            c = cloud_people.c
            await self._db.execute(
                update(cloud_people)
                .where(c.account_id.in_(_workspace(id)), c.account_id != id, c.number == bindparam("whose"))
                .where(c.reaches.is_not(None))
                .values(wa_id=None, reaches=bindparam("told", type_=c.reaches.type)),
                [{"whose": number, "told": said[number]} for number in wrong],
            )

    async def numbers_of(
        self, id: AccountId, *, wa_ids: Sequence[str] = (), user_ids: Sequence[str] = ()
    ) -> Mapping[str, str]:
        asked = [*((name, _BY_WA_ID) for name in wa_ids), *((name, _BY_USER_ID) for name in user_ids)]
        found: dict[str, str] = {}
        for name, statement in asked:
            number = await self._db.scalar(statement, {"of_account": id, "the_name": name})
            if number is not None:
                found[name] = number
        return found

    async def same_person(self, id: AccountId, number: str) -> Sequence[str]:
        person = number.removeprefix("+")
        asked = {"of_account": id, "the_number": number, "the_person": person}
        reach: dict[str, str] = dict((await self._db.execute(_AROUND, asked)).all())
        if (told := reach.pop(number, None)) is not None and told != person:
            person, reach = told, await self._dialled_for(id, [told])
        return sorted({number, *reach, f"+{person}"})

    async def people_wrote(self, id: AccountId, wrote: Sequence[tuple[str, datetime]]) -> None:
        rows = [{"account_id": id, "number": number, "wrote_at": at} for number, at in sorted(wrote)]
        if rows:
            await self._db.execute(_people_wrote(self._on_sqlite), rows)

    async def count_people(self, id: AccountId, numbers: Sequence[str], *, at: datetime) -> None:
        if not numbers:
            return
        c = cloud_people.c
        rows = [(number,) for number in sorted(set(numbers))]
        await self._learn_people(id, [c.number], rows, counted_at=at)
        minute = {"account_id": id, "minute": at.replace(second=0, microsecond=0), "people": len(rows)}
        statement = self._insert(cloud_counts).values(minute)
        more = cloud_counts.c.people + statement.excluded.people
        await self._db.execute(
            statement.on_conflict_do_update(index_elements=["account_id", "minute"], set_={"people": more})
        )

    async def _learn_people(
        self, id: AccountId, columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]], **alike: Any
    ) -> None:
        """One row for each person, made when it is not there: (number, *values), and what is `alike` in all.
        As in `given`."""
        if not rows:
            return
        c, new = cloud_people.c, given(columns, self._on_sqlite).c
        values: dict[Column[Any], Any] = {c.account_id: literal(id, c.account_id.type)}
        values |= {one: new[one.name] for one in columns}
        values |= {c[name]: literal(value, c[name].type) for name, value in alike.items()}
        # Without a WHERE, SQLite would take ON CONFLICT for a part of the FROM.
        chosen = select(*values.values()).where(true())
        statement = self._insert(cloud_people).from_select(list(values), chosen)
        learned = [one.name for one in values if one not in {c.account_id, c.number}]
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["account_id", "number"],
                set_={name: statement.excluded[name] for name in learned},
            ),
            self._parameters(rows),
        )

    async def people_counted(self, id: AccountId, *, since: datetime) -> Sequence[tuple[datetime, int]]:
        """Like `SqlAccounts.usage`, for the whole business."""
        if not self._on_sqlite:
            await self._db.execute(_GO_ALONE, {"what": _PEOPLE_LOCK, "id": id})
        c = cloud_counts.c
        rows = await self._db.execute(
            select(c.minute, func.sum(c.people))
            .where(c.account_id.in_(_business(id)), c.minute >= since.replace(second=0, microsecond=0))
            .group_by(c.minute)
            .order_by(c.minute)
        )
        return [(minute, int(people)) for minute, people in rows]


@lru_cache(maxsize=2)
def _people_wrote(on_sqlite: bool) -> Any:
    known = cloud_people.c.wrote_at
    adding: Any = sqlite.insert(cloud_people) if on_sqlite else postgresql.insert(cloud_people)
    new = adding.excluded
    return adding.on_conflict_do_update(
        index_elements=["account_id", "number"],
        set_={"wrote_at": case((known > new.wrote_at, known), else_=new.wrote_at)},
    )


def _person(row: Row[Any]) -> KnownPerson:
    return KnownPerson(
        number=row.number, wa_id=row.wa_id, user_id=row.user_id, wrote_at=row.wrote_at,
        counted_at=row.counted_at,
    )  # fmt: skip


class _Names(NamedTuple):
    wa_id: str | None
    user_id: str | None
    reaches: str | None


_NAMELESS: Final = _Names(None, None, None)


def _called(one: Named, known: _Names) -> _Names:
    """What is written down of somebody's names: not a `wa_id` that is the number itself."""
    user_id = one.user_id or known.user_id
    if one.wa_id is not None and f"+{one.wa_id}" == one.number:
        return _Names(None, user_id, None)
    return _Names(one.wa_id or known.wa_id, user_id, one.wa_id or known.reaches)


def reached(number: str, told: str | None) -> str:
    """Whom a message to this number reaches, as WhatsApp calls them: the same for all numbers of one person.
    `told`: what it has said of this number; nothing is where it is their name itself, or not known yet."""
    return told or number.removeprefix("+")


def _workspace(id: AccountId | BindParameter[int]) -> Select[tuple[int]]:
    """All accounts of the workspace, those that were removed too."""
    a, mine = accounts.c, accounts.alias("mine").c
    workspace = select(mine.workspace_id).where(mine.id == id).scalar_subquery()
    return select(a.id).where(a.workspace_id == workspace)


def _waba_of(id: AccountId) -> ScalarSelect[str]:
    c = cloud_accounts.alias("mine").c
    return select(c.waba_id).where(c.account_id == id).scalar_subquery()


def _business(id: AccountId) -> CompoundSelect[Any]:
    """The account itself and all others of its business account, those that were removed too."""
    c = cloud_accounts.c
    others = select(c.account_id).where(c.waba_id == _waba_of(id), c.waba_id != "")
    return union(others, select(literal(id, c.account_id.type)))


def _of_account() -> BindParameter[int]:
    return bindparam("of_account", type_=cloud_people.c.account_id.type)


def _number_by(column: Column[str]) -> Any:
    c = cloud_people.c
    name = bindparam("the_name", type_=column.type)
    return select(c.number).where(c.account_id == _of_account(), column == name)


def _around() -> CompoundSelect[Any]:
    """What is known of whom a number reaches, and which numbers reach the one that it names."""
    c = cloud_people.c
    known = select(c.number, c.reaches).where(
        c.account_id.in_(_workspace(_of_account())), c.reaches.is_not(None)
    )
    return union_all(
        known.where(c.number == bindparam("the_number", type_=c.number.type)),
        known.where(c.reaches == bindparam("the_person", type_=c.reaches.type)),
    )


# Asked for every message that comes in. Made once: to put a statement together takes longer than to run it.
_AROUND: Final = _around()
_BY_WA_ID, _BY_USER_ID = _number_by(cloud_people.c.wa_id), _number_by(cloud_people.c.user_id)
