"""Contacts, lists and tags, in tables."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Select,
    TableValuedAlias,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)  # fmt: skip

from domain.contacts.forgetting import PersonGone
from domain.contacts.model import Consent, ConsentEvent, Contact, Proof
from domain.contacts.ports import ContactList, ImportedRow, Saved
from domain.kernel.errors import NotFound
from domain.kernel.ids import ContactId, ListId, WorkspaceId
from storage.consent import SqlConsent
from storage.contact_rows import save_rows
from storage.forgetting import SqlForgetting
from storage.people import PAGE, belongs, contains, named, tags_of_contact, to_contact
from storage.tables import contact_lists, contact_tags, contacts, list_members


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
            await self._require_list(workspace_id, list_id)
        gone = await self.forgotten(workspace_id, [row.number for row in rows], held=True)
        wanted = [row for row in rows if row.number not in gone] if gone else rows
        stopped = await save_rows(self._db, workspace_id, list_id, wanted, at=at)
        return Saved(stopped=tuple(sorted(stopped)), forgotten=tuple(sorted(gone)))

    async def _require_list(self, workspace_id: WorkspaceId, id: ListId) -> None:
        """Without counting who is on it, which takes the longer the further an import has come."""
        c = contact_lists.c
        there = await self._db.scalar(select(c.id).where(c.id == id, c.workspace_id == workspace_id))
        if there is None:
            raise NotFound(what="list")

    async def count(self, workspace_id: WorkspaceId) -> Mapping[Consent, int]:
        c = contacts.c
        rows = await self._db.execute(
            select(c.consent, func.count()).where(c.workspace_id == workspace_id).group_by(c.consent)
        )
        counts: dict[Consent, int] = {**dict.fromkeys(Consent, 0), **dict(rows.all())}
        counts[Consent.REVOKED] -= await self._gone(workspace_id)
        return counts

    async def _gone(self, workspace_id: WorkspaceId) -> int:
        """The rows that stand for nobody any more. Counted apart: asking every contact would take the longer
        the more there are."""
        c = contacts.c
        gone = (c.workspace_id == workspace_id, c.forgotten_at.is_not(None))
        return await self._db.scalar(select(func.count()).select_from(contacts).where(*gone)) or 0

    async def search(
        self,
        workspace_id: WorkspaceId,
        text: str,
        *,
        consent: Consent | None = None,
        offset: int = 0,
        limit: int = 8,
    ) -> tuple[Sequence[Contact], int]:
        c = contacts.c
        condition = c.workspace_id == workspace_id
        wanted = text.strip()
        if wanted:
            digits = "".join(wanted.split())
            condition &= or_(named(c.name_folded, wanted), contains(c.number, digits))
        if consent is not None:
            condition &= c.consent == consent
        here = c.forgotten_at.is_(None)
        counted = select(func.count()).select_from(contacts)
        if wanted:
            total = await self._db.scalar(counted.where(condition, here)) or 0
        else:
            total = await self._db.scalar(counted.where(condition)) or 0
            total -= await self._gone(workspace_id) if consent in {None, Consent.REVOKED} else 0
        rows = await self._db.execute(
            self._select()
            .where(condition, here)
            .order_by(c.name_folded, c.number)
            .offset(offset)
            .limit(limit)
        )
        return [to_contact(row) for row in rows], total

    def _select_lists(self, workspace_id: WorkspaceId) -> Select[Any]:
        c = contact_lists.c
        size = (
            select(func.count())
            .where(list_members.c.list_id == c.id)
            .correlate(contact_lists)
            .scalar_subquery()
        )
        return select(c.id, c.name, size.label("size")).where(c.workspace_id == workspace_id)

    async def lists(self, workspace_id: WorkspaceId) -> Sequence[ContactList]:
        rows = await self._db.execute(self._select_lists(workspace_id).order_by(contact_lists.c.id.desc()))
        return [ContactList(id=ListId(row.id), name=row.name, size=row.size) for row in rows]

    async def list_of(self, workspace_id: WorkspaceId, id: ListId) -> ContactList:
        found = await self._db.execute(self._select_lists(workspace_id).where(contact_lists.c.id == id))
        row = found.one_or_none()
        if row is None:
            raise NotFound(what="list")
        return ContactList(id=ListId(row.id), name=row.name, size=row.size)

    async def create_list(self, workspace_id: WorkspaceId, name: str, *, at: datetime) -> ListId:
        row = {"workspace_id": workspace_id, "name": name, "created_at": at}
        result = await self._db.execute(insert(contact_lists).values(row).returning(contact_lists.c.id))
        return ListId(result.scalar_one())

    async def remove_list(self, workspace_id: WorkspaceId, id: ListId) -> None:
        await self.list_of(workspace_id, id)
        await self._db.execute(delete(list_members).where(list_members.c.list_id == id))
        await self._db.execute(delete(contact_lists).where(contact_lists.c.id == id))

    async def tags(self, workspace_id: WorkspaceId) -> Sequence[tuple[str, int]]:
        c = contact_tags.c
        rows = await self._db.execute(
            select(c.tag, func.count()).where(c.workspace_id == workspace_id).group_by(c.tag).order_by(c.tag)
        )
        return [(tag, number) for tag, number in rows]

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
        keys: TableValuedAlias
        if self._on_sqlite:
            keys = func.json_each(contacts.c.attributes).table_valued("key", joins_implicitly=True)
        else:
            named = func.jsonb_object_keys(contacts.c.attributes)
            keys = named.table_valued("key", joins_implicitly=True).render_derived()
        whose = belongs(workspace_id, list_id=list_id, tag=tag)
        return sorted(
            await self._db.scalars(select(keys.c.key).distinct().select_from(contacts, keys).where(whose))
        )

    async def samples(
        self,
        workspace_id: WorkspaceId,
        *,
        list_id: ListId | None = None,
        tag: str | None = None,
        limit: int = 3,
    ) -> Sequence[Contact]:
        c = contacts.c
        rows = await self._db.execute(
            self._select()
            .where(belongs(workspace_id, list_id=list_id, tag=tag))
            .order_by(case((c.consent == Consent.GRANTED, 0), else_=1), c.number)
            .limit(limit)
        )
        return [to_contact(row) for row in rows]

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
