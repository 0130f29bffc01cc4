"""Contacts, lists and tags, in tables."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    TableValuedAlias,
    delete,
    func,
    insert,
    literal,
    select,
)  # fmt: skip

from domain.contacts.forgetting import PersonGone
from domain.contacts.model import Consent, ConsentEvent, Contact, Proof
from domain.contacts.ports import MOST_FOUND, ContactList, ImportedRow, Saved
from domain.kernel.errors import NotFound
from domain.kernel.ids import ContactId, ListId, WorkspaceId
from storage.consent import SqlConsent
from storage.contact_rows import save_rows
from storage.contact_search import behind, found, take_in
from storage.forgetting import SqlForgetting
from storage.paging import last_page
from storage.people import PAGE, belongs, joined, looked_at, standing, tags_of_contact, to_contact
from storage.tables import contact_fields, contact_lists, contact_tags, contacts, list_members

#: Rows of other workspaces that are sooner counted than our own.
_FEW_OTHERS: Final = 20_000
#: Of a list, so many are looked at first for the attributes that its people have.
_FIRST: Final = 1_000


def _first_of(workspace_id: WorkspaceId, list_id: ListId | None, tag: str | None) -> Select[tuple[int]]:
    """The ids of those on a list (or else with a tag), whoever they are."""
    m, t = list_members.c, contact_tags.c
    if list_id is not None:
        return select(m.contact_id).where(m.list_id == list_id).order_by(m.contact_id)
    tagged = (t.workspace_id == workspace_id, t.tag == tag)
    return select(t.contact_id).where(*tagged).order_by(t.contact_id)


class SqlContacts(SqlForgetting):
    """Implements `domain.contacts.ports.ContactStore`."""

    def _select(self) -> Select[Any]:
        c = contacts.c
        tags = tags_of_contact(self._on_sqlite).label("tags")
        return select(c.id, c.workspace_id, c.number, c.name, c.consent, c.attributes, tags)

    async def contact(self, workspace_id: WorkspaceId, id: ContactId) -> Contact:
        c = contacts.c
        asked = self._select().add_columns(c.forgotten_at)
        row = (await self._db.execute(asked.where(c.id == id, c.workspace_id == workspace_id))).one_or_none()
        if row is None:
            raise NotFound(what="contact")
        if row.forgotten_at is not None:
            raise PersonGone(at=row.forgotten_at)
        return to_contact(row)

    async def by_number(
        self, workspace_id: WorkspaceId, number: str, *, held: bool = False
    ) -> Contact | None:
        c = contacts.c
        asked = self._select().where(
            c.workspace_id == workspace_id, c.number == number, c.forgotten_at.is_(None)
        )
        # Not against what refers to them: two replies that are stored at once would wait for each other.
        asked = asked.with_for_update(of=contacts, key_share=True) if held else asked
        row = (await self._db.execute(asked)).one_or_none()
        return None if row is None else to_contact(row)

    async def save_rows(
        self, workspace_id: WorkspaceId, list_id: ListId | None, rows: Sequence[ImportedRow], *, at: datetime
    ) -> Saved:
        """Add or refresh contacts by number and put them on the list; see the port. Raises NotFound for a
        list of another workspace."""
        if list_id is not None:
            await self.list_name(workspace_id, list_id)
        gone = await self.forgotten(workspace_id, [row.number for row in rows], held=True)
        wanted = [row for row in rows if row.number not in gone] if gone else rows
        stopped = await save_rows(self._db, workspace_id, list_id, wanted, at=at)
        return Saved(stopped=tuple(sorted(stopped)), forgotten=tuple(sorted(gone)))

    async def count(self, workspace_id: WorkspaceId) -> Mapping[Consent, int]:
        c = contacts.c
        counts = dict.fromkeys(Consent, 0)
        if self._on_sqlite:
            # Those who agreed are nearly all of them: they are what the others leave.
            for one in (Consent.UNRECORDED, Consent.REVOKED):
                counts[one] = await self._rows(c.workspace_id == workspace_id, c.consent == one)
            counts[Consent.GRANTED] = await self._rows_of(workspace_id) - sum(counts.values())
        else:
            grouped = select(c.consent, func.count()).where(c.workspace_id == workspace_id)
            counts |= dict((await self._db.execute(grouped.group_by(c.consent))).all())
        # Counted apart: asking every contact would take the longer the more there are.
        counts[Consent.REVOKED] -= await self._rows(
            c.workspace_id == workspace_id, c.forgotten_at.is_not(None)
        )
        return counts

    async def _rows_of(self, workspace_id: WorkspaceId) -> int:
        """SQLite counts a whole table by its pages, in a hundredth of the time that a part of it takes: what
        is left without the people of others, where those are few."""
        ours = contacts.c.workspace_id
        others = 0
        for beside in (ours < workspace_id, ours > workspace_id):
            some = select(literal(1)).where(beside).limit(_FEW_OTHERS).subquery()
            others += await self._db.scalar(select(func.count()).select_from(some)) or 0
        if others >= _FEW_OTHERS:
            return await self._rows(ours == workspace_id)
        return await self._rows() - others

    async def _rows(self, *which: ColumnElement[bool]) -> int:
        return await self._db.scalar(select(func.count()).select_from(contacts).where(*which)) or 0

    async def search(
        self,
        workspace_id: WorkspaceId,
        text: str,
        *,
        consent: Consent | None = None,
        offset: int = 0,
        limit: int = 8,
        most: int = MOST_FOUND,
    ) -> tuple[Sequence[Contact], int]:
        if wanted := text.strip():
            found = await self._found(workspace_id, wanted, consent, most=most)
            total, page = len(found), found[:most]
            page = page[last_page(offset, len(page), limit) :][:limit]
        else:
            total, page = await self._everybody(workspace_id, consent, offset=offset, limit=limit)
        if not page:
            return [], total
        here = contacts.c.id
        rows = {row.id: row for row in await self._db.execute(self._select().where(self._among(here, page)))}
        return [to_contact(rows[id]) for id in page], total

    async def _everybody(
        self, workspace_id: WorkspaceId, consent: Consent | None, *, offset: int, limit: int
    ) -> tuple[int, Sequence[int]]:
        """How many stand like that, and the ids of a page of them."""
        c, who = contacts.c, standing(workspace_id, consent)
        if consent is Consent.REVOKED:
            total = await self._db.scalar(select(func.count()).select_from(contacts).where(who)) or 0
        else:
            counts = await self.count(workspace_id)
            total = sum(counts.values()) if consent is None else counts[consent]
        ids = select(c.id).where(who).order_by(c.name_folded, c.number)
        start = last_page(offset, total, limit)
        return total, list(await self._db.scalars(ids.offset(start).limit(limit)))

    async def _found(
        self, workspace_id: WorkspaceId, wanted: str, consent: Consent | None, *, most: int
    ) -> Sequence[int]:
        """Up to one more than `most`, by name."""
        c = contacts.c
        ids = await found(self._db, workspace_id, wanted, consent, most=most + 1)
        asked = select(c.id).where(self._among(c.id, ids), c.forgotten_at.is_(None))
        return list(await self._db.scalars(asked.order_by(c.name_folded, c.number).limit(most + 1)))

    async def unindexed(self) -> bool:
        return await behind(self._db)

    async def index_some(self, *, most: int) -> None:
        """Up to `most` of them."""
        await take_in(self._db, most)

    async def _names_of(self, everybody: FromClause, who: ColumnElement[bool]) -> set[str]:
        keys: TableValuedAlias
        if self._on_sqlite:
            keys = func.json_each(contacts.c.attributes).table_valued("key", joins_implicitly=True)
        else:
            every = func.jsonb_object_keys(contacts.c.attributes)
            keys = every.table_valued("key", joins_implicitly=True).render_derived()
        distinct = select(keys.c.key).distinct().select_from(everybody, keys).where(who)
        return set(await self._db.scalars(distinct))

    def _select_lists(self, workspace_id: WorkspaceId) -> Select[Any]:
        c = contact_lists.c
        size = (
            select(func.count())
            .where(list_members.c.list_id == c.id)
            .correlate(contact_lists)
            .scalar_subquery()
        )
        return select(c.id, c.name, size.label("size")).where(c.workspace_id == workspace_id)

    async def list_names(self, workspace_id: WorkspaceId) -> Mapping[ListId, str]:
        c = contact_lists.c
        asked = select(c.id, c.name).where(c.workspace_id == workspace_id).order_by(c.id.desc())
        return {ListId(id): name for id, name in await self._db.execute(asked)}

    async def lists(
        self, workspace_id: WorkspaceId, among: Collection[ListId] | None = None
    ) -> Sequence[ContactList]:
        c, asked = contact_lists.c, self._select_lists(workspace_id)
        if among is not None:
            asked = asked.where(self._among(c.id, [int(id) for id in among]))
        rows = await self._db.execute(asked.order_by(c.id.desc()))
        return [ContactList(id=ListId(row.id), name=row.name, size=row.size) for row in rows]

    async def list_of(self, workspace_id: WorkspaceId, id: ListId) -> ContactList:
        found = await self._db.execute(self._select_lists(workspace_id).where(contact_lists.c.id == id))
        row = found.one_or_none()
        if row is None:
            raise NotFound(what="list")
        return ContactList(id=ListId(row.id), name=row.name, size=row.size)

    async def list_name(self, workspace_id: WorkspaceId, id: ListId) -> str:
        c = contact_lists.c
        name = await self._db.scalar(select(c.name).where(c.id == id, c.workspace_id == workspace_id))
        if name is None:
            raise NotFound(what="list")
        return str(name)

    async def create_list(self, workspace_id: WorkspaceId, name: str, *, at: datetime) -> ListId:
        row = {"workspace_id": workspace_id, "name": name, "created_at": at}
        result = await self._db.execute(insert(contact_lists).values(row).returning(contact_lists.c.id))
        return ListId(result.scalar_one())

    async def remove_list(self, workspace_id: WorkspaceId, id: ListId) -> None:
        await self.list_of(workspace_id, id)
        await self._db.execute(delete(list_members).where(list_members.c.list_id == id))
        await self._db.execute(delete(contact_lists).where(contact_lists.c.id == id))

    async def tags(self, workspace_id: WorkspaceId) -> Sequence[str]:
        """From one to the next through the index, however many people have each."""
        ours, tag = contact_tags.c.workspace_id == workspace_id, contact_tags.c.tag
        each = select(func.min(tag).label("tag")).where(ours).cte("each", recursive=True)
        following = select(func.min(tag)).where(ours, tag > each.c.tag).scalar_subquery()
        each = each.union_all(select(following).where(each.c.tag.is_not(None)))
        asked = select(each.c.tag).where(each.c.tag.is_not(None)).order_by(each.c.tag)
        return list(await self._db.scalars(asked))

    async def tag_sizes(self, workspace_id: WorkspaceId, tags: Collection[str]) -> Mapping[str, int]:
        """Each by itself: half the time of GROUP BY, which compares the tags of all people."""
        c = contact_tags.c
        sizes = {}
        for tag in tags:
            people = select(func.count()).where(c.workspace_id == workspace_id, c.tag == tag)
            sizes[tag] = await self._db.scalar(people) or 0
        return sizes

    async def tag_list(self, workspace_id: WorkspaceId, list_id: ListId, tag: str) -> int:
        """Returns how many people of the list did not have the tag before."""
        await self.list_of(workspace_id, list_id)
        m = list_members.c
        people = select(m.contact_id, literal(tag), literal(workspace_id)).where(m.list_id == list_id)
        result = await self._db.execute(
            self._insert(contact_tags)
            .from_select(["contact_id", "tag", "workspace_id"], people)
            .on_conflict_do_nothing(),
            execution_options={"preserve_rowcount": True},
        )
        return int(result.rowcount)

    async def tag_contact(self, workspace_id: WorkspaceId, id: ContactId, tag: str, *, on: bool) -> None:
        await self.contact(workspace_id, id)
        c = contact_tags.c
        if on:
            row = {"contact_id": id, "tag": tag, "workspace_id": workspace_id}
            await self._db.execute(self._insert(contact_tags).values(row).on_conflict_do_nothing())
        else:
            await self._db.execute(delete(contact_tags).where(c.contact_id == id, c.tag == tag))

    async def field_names(
        self, workspace_id: WorkspaceId, *, list_id: ListId | None = None, tag: str | None = None
    ) -> Sequence[str]:
        """A list is looked at as far as its people have not got all that the workspace's people have."""
        f, c = contact_fields.c, contacts.c
        every = set(await self._db.scalars(select(f.name).where(f.workspace_id == workspace_id)))
        if not every or (list_id is None and tag is None):
            return sorted(every)
        everybody, who = joined(workspace_id, list_id=list_id, tag=tag)
        first = _first_of(workspace_id, list_id, tag).limit(_FIRST)
        ours = looked_at(c.workspace_id) == workspace_id
        found = await self._names_of(contacts, ours & c.id.in_(first.scalar_subquery()))
        return sorted(found if found == every else await self._names_of(everybody, who))

    async def samples(
        self,
        workspace_id: WorkspaceId,
        *,
        list_id: ListId | None = None,
        tag: str | None = None,
        limit: int = 3,
    ) -> Sequence[Contact]:
        c = contacts.c
        everybody, who = joined(workspace_id, list_id=list_id, tag=tag)
        # As the index of the list has them: nobody is sorted.
        order = contact_tags.c.contact_id if tag else list_members.c.contact_id if list_id else c.id
        found: list[Row[Any]] = []
        for which in (c.consent == Consent.GRANTED, c.consent != Consent.GRANTED):
            if len(found) < limit:
                some = self._select().select_from(everybody).where(who, which)
                found += await self._db.execute(some.order_by(order).limit(limit - len(found)))
        return [to_contact(row) for row in found]

    async def stream(
        self, workspace_id: WorkspaceId, *, list_id: ListId | None = None, tag: str | None = None
    ) -> AsyncIterator[Contact]:
        whose = belongs(workspace_id, list_id=list_id, tag=tag)
        statement = self._select().where(whose).order_by(contacts.c.number)
        async with self._db.stream(statement, execution_options={"yield_per": PAGE}) as rows:
            async for page in rows.partitions():
                for row in page:
                    yield to_contact(row)

    async def record_consent(self, contact_id: ContactId, event: ConsentEvent) -> Consent:
        return await SqlConsent(self._db).record(contact_id, event)

    async def record_list_consent(self, list_id: ListId, event: ConsentEvent) -> int:
        return await SqlConsent(self._db).record_list(list_id, event)

    async def consent_events(self, contact_id: ContactId) -> Sequence[ConsentEvent]:
        return await SqlConsent(self._db).events(contact_id)

    async def proof(
        self,
        workspace_id: WorkspaceId,
        contact_id: ContactId,
        *,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[Sequence[Proof], int]:
        return await SqlConsent(self._db).proof(
            workspace_id, contact_id, newest_first=newest_first, offset=offset, limit=limit
        )
