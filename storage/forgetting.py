"""Erasing a person from every table, and knowing their number again by a keyed hash."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    union,
    update,
)

from domain.contacts.forgetting import FORGOTTEN, Erased, Gone, Remains, mark_of, nobody
from domain.contacts.model import Consent
from domain.contacts.service import FINISHED
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectState
from domain.kernel.errors import NotFound
from domain.kernel.ids import CampaignId, ContactId, WorkspaceId
from storage.base import SqlStore
from storage.people import contains, looked_at
from storage.tables import (
    accounts,
    activity,
    campaigns,
    cloud_people,
    consent_events,
    contact_lists,
    contact_tags,
    contacts,
    conversations,
    directs,
    forgotten,
    imports,
    inbox_groups,
    list_members,
    members,
    notices,
    number_checks,
    recipients,
    replies,
    rule_hits,
    rules,
    told_messages,
    topics,
    workspaces,
)

R = RecipientState
#: A shorter name stands in too many notices that are not about them.
_TELLING_NAME: Final = 3


class SqlForgetting(SqlStore):
    """Implements `domain.contacts.forgetting.Forgetting`."""

    async def forgotten(
        self, workspace_id: WorkspaceId, numbers: Sequence[str], *, held: bool = False
    ) -> Mapping[str, Gone]:
        """Where nobody was ever forgotten, which is seen by the key, nothing is hashed or looked up."""
        w, f = workspaces.c, forgotten.c
        asked = select(w.forget_key).where(w.id == workspace_id)
        key = await self._db.scalar(asked.with_for_update(read=True, key_share=True) if held else asked)
        if key is None or not numbers:
            return {}
        whose = {mark_of(key, number): number for number in numbers}
        rows = await self._db.execute(
            select(f.mark, f.at, f.stopped_at).where(
                f.workspace_id == workspace_id, self._among(f.mark, sorted(whose))
            )
        )
        return {whose[row.mark]: Gone(at=row.at, stopped_at=row.stopped_at) for row in rows}

    async def stay_forgotten(self, workspace_id: WorkspaceId, number: str, *, stopped_at: datetime) -> None:
        gone = (await self.forgotten(workspace_id, [number])).get(number)
        if gone is not None and stopped_at > gone.since:
            mark = await self._mark(workspace_id, number)
            await self._db.execute(update(forgotten).where(*mark).values(stopped_at=stopped_at))

    async def remember(self, workspace_id: WorkspaceId, number: str, *, wrote_at: datetime) -> bool:
        gone = (await self.forgotten(workspace_id, [number])).get(number)
        if gone is None or wrote_at <= gone.since:
            return False
        await self._db.execute(delete(forgotten).where(*await self._mark(workspace_id, number)))
        return True

    async def _mark(self, workspace_id: WorkspaceId, number: str) -> Sequence[ColumnElement[bool]]:
        f, w = forgotten.c, workspaces.c
        key = await self._db.scalar(select(w.forget_key).where(w.id == workspace_id))
        return (f.workspace_id == workspace_id, f.mark == mark_of(key or "", number))

    async def remains(self, workspace_id: WorkspaceId, id: ContactId) -> Remains:
        who = await self._person(workspace_id, id)
        t, m, r = contact_tags.c, list_members.c, recipients.c
        counts = [
            await self._count(replies, *(one for one in who.theirs(replies))),
            await self._count(directs, *(one for one in who.theirs(directs))),
        ]
        columns = [len([value for value in row.attributes.values() if value]) for row in who.rows]
        sent = r.state.in_([R.SENT, R.DELIVERED, R.READ])
        on_ours = m.list_id.in_(self._lists_of(workspace_id))
        return Remains(
            numbers=sorted(row.number for row in who.rows), messages=sum(counts), columns=sum(columns),
            lists=await self._count(list_members, on_ours, m.contact_id.in_(who.ids)),
            tags=await self._count(contact_tags, t.contact_id.in_(who.ids)),
            files=len(await self._kept_files(workspace_id)),
            sent=await self._count(recipients, r.contact_id.in_(who.ids), sent),
        )  # fmt: skip

    def _lists_of(self, workspace_id: WorkspaceId) -> Select[tuple[int]]:
        """Whose members are known by list: without it everybody on every list would be looked at."""
        return select(contact_lists.c.id).where(contact_lists.c.workspace_id == workspace_id)

    async def _count(self, table: Any, *conditions: ColumnElement[bool]) -> int:
        counted = select(func.count()).select_from(table).where(*conditions)
        return await self._db.scalar(counted) or 0

    async def forget(self, workspace_id: WorkspaceId, id: ContactId, *, called: str, at: datetime) -> Erased:
        key = await self._key(workspace_id)
        who = await self._person(workspace_id, id)
        marks = [{"workspace_id": workspace_id, "mark": mark_of(key, one), "at": at} for one in who.numbers]
        adding = self._insert(forgotten)
        await self._db.execute(
            adding.on_conflict_do_update(
                index_elements=["workspace_id", "mark"], set_={"at": adding.excluded.at}
            ),
            marks,
        )
        topics_of = await self._topics(who)
        chats = [*{chat for chat, _ in topics_of}, *await self._groups(workspace_id)]
        touched = await self._from_campaigns(who)
        files = [*await self._from_conversations(who, at), *await self._from_imports(workspace_id)]
        await self._from_elsewhere(who, called, chats)
        await self._contact_rows(who, at)
        return Erased(campaigns=touched, files=sorted(set(files)), topics=topics_of)

    async def _key(self, workspace_id: WorkspaceId) -> str:
        """Made at the first forgetting. Held until this unit ends: an import that is at it goes first."""
        w = workspaces.c
        row = await self._db.execute(select(w.forget_key).where(w.id == workspace_id).with_for_update())
        known = row.scalar_one_or_none()
        if known is not None:
            return str(known)
        made = secrets.token_hex(32)
        await self._db.execute(update(workspaces).where(w.id == workspace_id).values(forget_key=made))
        return made

    async def _person(self, workspace_id: WorkspaceId, id: ContactId) -> "_Person":
        """As contacts, by all numbers that are known to reach them."""
        c, k, a = contacts.c, cloud_people.c, accounts.c
        number = await self._db.scalar(
            select(c.number).where(c.id == id, c.workspace_id == workspace_id, c.forgotten_at.is_(None))
        )
        if number is None:
            raise NotFound(what="contact")
        ours = select(a.id).where(a.workspace_id == workspace_id)
        told = await self._db.scalar(
            select(k.reaches)
            .where(k.account_id.in_(ours), k.number == number, k.reaches.is_not(None))
            .limit(1)
        )
        person = told or number.removeprefix("+")
        others = await self._db.scalars(
            select(k.number).where(k.account_id.in_(ours), k.reaches == person, k.reaches.is_not(None))
        )
        numbers = sorted({number, f"+{person}", *others})
        rows = await self._db.execute(
            select(c.id, c.number, c.name, c.attributes)
            .where(c.workspace_id == workspace_id, self._among(c.number, numbers))
            .order_by(c.id)
        )
        found = rows.all()
        v = conversations.c
        talks = await self._db.scalars(
            union(
                select(v.id).where(v.account_id.in_(ours), self._among(v.number, numbers)),
                select(v.id).where(v.contact_id.in_([row.id for row in found])),
            )
        )
        r = recipients.c
        called = await self._db.scalars(
            select(r.name).distinct().where(r.contact_id.in_([row.id for row in found]))
        )
        their = list(talks)
        at_whatsapp = await self._db.scalars(select(v.called).where(v.id.in_(their)))
        named = [*called, *at_whatsapp, *(row.name for row in found)]
        return _Person(workspace_id, numbers, found, sorted({name for name in named if name}), their)

    async def _topics(self, who: "_Person") -> Sequence[tuple[int, int]]:
        t = topics.c
        rows = await self._db.execute(
            select(t.chat_id, t.thread_id).where(t.conversation_id.in_(who.talks)).order_by(t.chat_id)
        )
        return [(row.chat_id, row.thread_id) for row in rows]

    async def _groups(self, workspace_id: WorkspaceId) -> Sequence[int]:
        g = inbox_groups.c
        return list(await self._db.scalars(select(g.chat_id).where(g.workspace_id == workspace_id)))

    async def _from_campaigns(self, who: "_Person") -> Sequence[CampaignId]:
        """Whoever waits is passed over. Keys of tries stay: what is on its way is told by them."""
        r = recipients.c
        waits = r.contact_id.in_(who.ids) & (r.state == R.WAITING)
        touched = await self._db.scalars(select(r.campaign_id).where(waits))
        those = sorted({CampaignId(id) for id in touched})
        await self._db.execute(
            update(recipients).where(waits).values(state=R.SKIPPED, reason=FORGOTTEN, due_at=None)
        )
        named = literal(nobody(ContactId(0))[:-1]).concat(cast(r.contact_id, Text))
        await self._db.execute(
            update(recipients).where(r.contact_id.in_(who.ids)).values(number=named, name="")
        )
        return those

    async def _from_conversations(self, who: "_Person", at: datetime) -> Sequence[str]:
        """Everything that was written either way. Single messages stay as rows, by whose keys they end; and
        of what stands in a chat, that it was about somebody who was forgotten."""
        d, p = directs.c, replies.c
        kept = [row.kept for row in await self._db.execute(select(p.kept).where(*who.theirs(replies)))]
        open_ones = literal(DirectState.QUEUED, d.state.type)
        await self._db.execute(
            update(directs)
            .where(*who.theirs(directs))
            .values(
                number=nobody(who.ids[0]), text="", media=null(), conversation_id=None, asked_by=None,
                state=case((d.state == open_ones, literal(DirectState.FAILED, d.state.type)), else_=d.state),
                reason=case((d.state == open_ones, literal(FORGOTTEN)), else_=d.reason),
            )
        )  # fmt: skip
        t = told_messages.c
        await self._db.execute(
            update(told_messages)
            .where(t.conversation_id.in_(who.talks))
            .values(conversation_id=None, forgotten_at=at)
        )
        for table in (topics, rule_hits):
            await self._db.execute(delete(table).where(table.c.conversation_id.in_(who.talks)))
        await self._db.execute(delete(replies).where(*who.theirs(replies)))
        await self._db.execute(delete(conversations).where(conversations.c.id.in_(who.talks)))
        return [str(one["key"]) for one in kept if one and "key" in one]

    async def _kept_files(self, workspace_id: WorkspaceId) -> Sequence[str]:
        i = imports.c
        rows = await self._db.execute(
            select(i.media_key, i.error_key).where(i.workspace_id == workspace_id, i.state.in_(FINISHED))
        )
        return sorted({key for row in rows for key in row if key is not None})

    async def _from_imports(self, workspace_id: WorkspaceId) -> Sequence[str]:
        """Which file brought somebody is not kept, and a file cannot lose a row: finished ones all go."""
        i = imports.c
        keys = await self._kept_files(workspace_id)
        await self._db.execute(
            update(imports)
            .where(i.workspace_id == workspace_id, i.state.in_(FINISHED))
            .values(media_key=None, error_key=None, inspection=null())
        )
        return keys

    async def files_in_use(self, keys: Sequence[str]) -> frozenset[str]:
        i = imports.c
        columns: list[ColumnElement[Any]] = [i.media_key, i.error_key]
        for held in (campaigns.c.media, directs.c.media, rules.c.media, replies.c.kept):
            key = func.json_extract(held, "$.key") if self._on_sqlite else held.op("->>")("key")
            columns.append(key)
        found: set[str] = set()
        for column in columns:
            found |= set(await self._db.scalars(select(column).where(column.in_(keys)).distinct()))
        return frozenset(found)

    async def _from_elsewhere(self, who: "_Person", called: str, chats: Sequence[int]) -> None:
        k, n, a, g = cloud_people.c, number_checks.c, accounts.c, activity.c
        ours = select(a.id).where(a.workspace_id == who.workspace_id)
        await self._db.execute(
            delete(cloud_people).where(k.account_id.in_(ours), self._among(k.number, who.numbers))
        )
        await self._db.execute(
            delete(number_checks).where(
                n.workspace_id == who.workspace_id, self._among(n.number, who.numbers)
            )
        )
        here = g.workspace_id == who.workspace_id
        theirs = and_(here, or_(g.contact_id.in_(who.ids), g.conversation_id.in_(who.talks)))
        who.once = list(await self._db.scalars(select(g.about).distinct().where(theirs)))
        await self._db.execute(
            update(activity)
            .where(theirs)
            .values(about=called, before={}, after={}, contact_id=None, conversation_id=None)
        )
        # Lines of which is not known whom they are about.
        named = self._among(g.about, [*who.names, *who.numbers])
        unknown = (g.contact_id.is_(None), g.conversation_id.is_(None))
        await self._db.execute(update(activity).where(here, *unknown, named).values(about=called))
        await self._from_notices(who, chats)

    async def _from_notices(self, who: "_Person", groups: Sequence[int]) -> None:
        """What was told is told; it is not kept beside. What is about to be told is not, nor what is meant
        for their topic."""
        o, m = notices.c, members.c
        own = select(m.telegram_id).where(m.workspace_id == who.workspace_id)
        here = or_(o.chat_id.in_(own), o.chat_id.in_(groups))
        words = cast(o.payload, Text)
        numbers = or_(*(contains(words, one.removeprefix("+")) for one in who.numbers))
        named = or_(numbers, *(contains(words, one) for one in who.shown_names))
        await self._db.execute(
            update(notices)
            .where(here, o.state == "queued", or_(numbers, and_(o.kind == "in_topic", named)))
            .values(state="given_up", error=FORGOTTEN, payload={})
        )
        await self._db.execute(update(notices).where(here, o.state != "queued", named).values(payload={}))

    async def _contact_rows(self, who: "_Person", at: datetime) -> None:
        c, e = contacts.c, consent_events.c
        on_ours = list_members.c.list_id.in_(self._lists_of(who.workspace_id))
        await self._db.execute(delete(list_members).where(on_ours, list_members.c.contact_id.in_(who.ids)))
        await self._db.execute(delete(contact_tags).where(contact_tags.c.contact_id.in_(who.ids)))
        await self._db.execute(update(consent_events).where(e.contact_id.in_(who.ids)).values(evidence=""))
        await self._db.execute(
            update(contacts)
            .where(c.id == bindparam("whom"))
            .values(
                number=bindparam("nobody"), name="", name_folded="", attributes={}, consent=Consent.REVOKED,
                changed_at=at, forgotten_at=at,
            ),
            [{"whom": id, "nobody": nobody(id)} for id in who.ids],
        )  # fmt: skip


class _Person:
    """Whom it is about: all their numbers, the contacts with them, what they are or were called, and the
    conversations."""

    def __init__(
        self,
        workspace_id: WorkspaceId,
        numbers: Sequence[str],
        rows: Sequence[Any],
        names: Sequence[str],
        talks: Sequence[int],
    ) -> None:
        self.workspace_id, self.numbers, self.rows = workspace_id, numbers, rows
        self.names, self.talks = names, talks
        #: What lines of the activity log that are about them have called them.
        self.once: Sequence[str] = ()
        self.ids = [ContactId(row.id) for row in rows]

    @property
    def shown_names(self) -> Iterable[str]:
        """As they stand in the JSON of a notice."""
        for name in {*self.names, *self.once}:
            if len(name) >= _TELLING_NAME:
                yield json.dumps(escape(name, quote=False), ensure_ascii=False)[1:-1]

    def theirs(self, table: Any) -> Sequence[ColumnElement[bool]]:
        """Rows of their conversations, and those with their number from when there were none."""
        c = table.c
        old = c.conversation_id.is_(None) & c.number.in_(self.numbers)
        ours = looked_at(c.workspace_id) == self.workspace_id
        return (ours, or_(c.conversation_id.in_(self.talks), old))


__all__ = ["SqlForgetting"]
