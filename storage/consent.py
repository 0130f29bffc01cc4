"""The consent ledger, and each contact's standing kept beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, literal, select, update

from domain.contacts.model import Consent, ConsentEvent, Proof, after
from domain.kernel.errors import NotFound
from domain.kernel.ids import ContactId, ListId, MemberId, WorkspaceId
from storage.base import SqlStore
from storage.tables import accounts, consent_events, contacts, list_members, members, replies


def _standing_after(event: ConsentEvent) -> ColumnElement[Any]:
    """The domain's rule as SQL, made from the rule itself, so that there is only one."""
    c = contacts.c.consent
    return case(*((c == state, literal(after(state, event), c.type)) for state in Consent))


class SqlConsent(SqlStore):
    """Appends events and refreshes `contacts.consent` in the same transaction."""

    async def record(self, contact_id: ContactId, event: ConsentEvent) -> Consent:
        """Returns where the person stands now. Raises NotFound."""
        c = contacts.c
        # The update comes first: its row lock puts events of one person in the order of their ids.
        standing = await self._db.scalar(
            update(contacts)
            .where(c.id == contact_id)
            .values(consent=_standing_after(event), changed_at=event.at)
            .returning(c.consent)
        )
        if standing is None:
            raise NotFound(what="contact")
        await self._db.execute(insert(consent_events).values(contact_id=contact_id, **_columns(event)))
        return Consent(standing)

    async def record_list(self, list_id: ListId, event: ConsentEvent) -> int:
        """The same for everybody on the list; returns how many now stand as granted."""
        c, m = contacts.c, list_members.c
        on_list = select(m.contact_id).where(m.list_id == list_id)
        await self._db.execute(
            update(contacts)
            .where(c.id.in_(on_list))
            .values(consent=_standing_after(event), changed_at=event.at)
        )
        values = _columns(event)
        fixed = [literal(value, consent_events.c[name].type) for name, value in values.items()]
        await self._db.execute(
            insert(consent_events).from_select(
                ["contact_id", *values], select(m.contact_id, *fixed).where(m.list_id == list_id)
            )
        )
        granted = await self._db.scalar(
            select(func.count()).select_from(contacts).where(c.id.in_(on_list), c.consent == Consent.GRANTED)
        )
        return granted or 0

    async def events(self, contact_id: ContactId) -> Sequence[ConsentEvent]:
        """Oldest first."""
        c = consent_events.c
        rows = await self._db.execute(select(consent_events).where(c.contact_id == contact_id).order_by(c.id))
        return [_event(row) for row in rows]

    async def proof(
        self,
        workspace_id: WorkspaceId,
        contact_id: ContactId,
        *,
        newest_first: bool,
        offset: int,
        limit: int | None,
    ) -> tuple[Sequence[Proof], int]:
        """A message is found by its name, which is part of the evidence."""
        c, m, p = consent_events.c, members.c, contacts.c
        theirs = (c.contact_id == contact_id, p.workspace_id == workspace_id)
        joined = consent_events.join(contacts, p.id == c.contact_id)
        total = await self._db.scalar(select(func.count()).select_from(joined).where(*theirs))
        rows = await self._db.execute(
            select(*c, m.name)
            .select_from(joined.outerjoin(members, m.id == c.by_member))
            .where(*theirs)
            .order_by(c.id.desc() if newest_first else c.id)
            .offset(offset)
            .limit(limit)
        )
        found = [(_event(row), row.name or "") for row in rows]
        said = await self._said(workspace_id, [_message(event) for event, _ in found])
        return [
            Proof(event=event, by=by, words=said.get(_message(event), "")) for event, by in found
        ], total or 0

    async def _said(self, workspace_id: WorkspaceId, events: Sequence[str]) -> Mapping[str, str]:
        r, a = replies.c, accounts.c
        ours = select(a.id).where(a.workspace_id == workspace_id)
        rows = await self._db.execute(
            select(r.event, r.text).where(r.account_id.in_(ours), self._among(r.event, sorted(set(events))))
        )
        return dict(rows.all())


def _event(row: Any) -> ConsentEvent:
    return ConsentEvent(
        granted=row.granted, source=row.source, evidence=row.evidence, at=row.at,
        by=None if row.by_member is None else MemberId(row.by_member),
    )  # fmt: skip


def _message(event: ConsentEvent) -> str:
    """The name of the message that it was; a rule's evidence ends with that."""
    return event.evidence.rpartition(": message ")[2]


def _columns(event: ConsentEvent) -> dict[str, Any]:
    return {
        "granted": event.granted, "source": event.source, "evidence": event.evidence, "at": event.at,
        "by_member": event.by,
    }  # fmt: skip
