"""Automation rules, and whom they served, in tables."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Select, delete, exists, func, insert, literal, select, union_all, update
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.automation.model import Rule, RuleId
from domain.automation.ports import Hit, KeptRule, Talk
from domain.conversations.model import Conversation
from domain.delivery.store import DirectPurpose, DirectState
from domain.kernel.errors import Conflict
from domain.kernel.ids import ContactId, ConversationId, ReplyId, WorkspaceId
from storage.base import SqlStore
from storage.media_json import media_from_json, media_to_json
from storage.tables import accounts, contacts, conversations, directs, replies, rule_hits, rules

#: Of what was written to and fro, so much is looked at: more than the rules ask for.
LOOKED_BACK: Final = 20
#: Single messages of one conversation among which those of the last hour that rules sent are looked for: a
#: person who answers by hand may have sent more than the rules did.
MOST_DIRECTS: Final = 50
AN_HOUR: Final = timedelta(hours=1)
FAILED: Final = DirectState.FAILED


class SqlRules(SqlStore):
    """Implements `domain.automation.ports.RuleStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        #: Many replies of one unit of work ask for the same; forgotten by whatever changes one.
        self._known: dict[WorkspaceId, Sequence[Rule]] = {}

    async def of(self, workspace_id: WorkspaceId) -> Sequence[Rule]:
        if workspace_id not in self._known:
            self._known[workspace_id] = [_rule(row) for row in await self._rows(workspace_id)]
        return self._known[workspace_id]

    async def kept(
        self, workspace_id: WorkspaceId, *, counted: Collection[RuleId] | None = None
    ) -> Sequence[KeptRule]:
        r, h = rules.c, rule_hits.c
        rows = await self._rows(workspace_id)
        # Counted a rule at a time, each off its index, rather than off one sorted pile of all hits.
        last = select(h.at).where(h.rule_id == r.id).order_by(h.id.desc()).limit(1).scalar_subquery()
        number = select(func.count()).select_from(rule_hits).where(h.rule_id == r.id).scalar_subquery()
        wanted = [row.id for row in rows if counted is None or row.id in counted]
        found = await self._db.execute(
            select(r.id, number.label("hits"), last.label("last")).where(r.id.in_(wanted))
        )
        known = {row.id: (row.hits, row.last) for row in found}
        kept = []
        for row in rows:
            hits, last_hit = known.get(row.id, (0, None))
            kept.append(KeptRule(rule=_rule(row), version=row.version, hits=hits, last_hit=last_hit))
        return kept

    async def _rows(self, workspace_id: WorkspaceId) -> Sequence[Row[Any]]:
        r = rules.c
        found = await self._db.execute(
            select(rules).where(r.workspace_id == workspace_id).order_by(r.position, r.id)
        )
        return found.all()

    async def add(self, workspace_id: WorkspaceId, rule: Rule, *, at: datetime) -> RuleId:
        self._known.clear()
        r = rules.c
        last = await self._db.scalar(select(func.max(r.position)).where(r.workspace_id == workspace_id))
        row = {
            **_columns(rule), "workspace_id": workspace_id, "position": (last or 0) + 1, "version": 1,
            "created_at": at, "changed_at": at,
        }  # fmt: skip
        return RuleId((await self._db.execute(insert(rules).values(row).returning(r.id))).scalar_one())

    async def change(self, workspace_id: WorkspaceId, rule: Rule, *, expected: int, at: datetime) -> None:
        await self._change(workspace_id, rule.id, _columns(rule), expected=expected, at=at)

    async def _change(
        self, workspace_id: WorkspaceId, id: RuleId, values: Mapping[str, Any], *, expected: int, at: datetime
    ) -> None:
        self._known.clear()
        r = rules.c
        changed = await self._db.execute(
            update(rules)
            .where(r.id == id, r.workspace_id == workspace_id, r.version == expected)
            .values(version=expected + 1, changed_at=at, **values)
        )
        if changed.rowcount != 1:
            raise Conflict(what="rule")

    async def move(
        self, workspace_id: WorkspaceId, id: RuleId, *, up: bool, expected: int, at: datetime
    ) -> bool:
        rows = await self._rows(workspace_id)
        place = next((n for n, row in enumerate(rows) if row.id == id), None)
        if place is None:
            raise Conflict(what="rule")
        other = place - 1 if up else place + 1
        if not 0 <= other < len(rows):
            return False
        mine, its = rows[place].position, rows[other].position
        await self._change(workspace_id, id, {"position": its}, expected=expected, at=at)
        # Its own version stays: whoever is about to change what it says need not know of its place.
        await self._db.execute(update(rules).where(rules.c.id == rows[other].id).values(position=mine))
        return True

    async def remove(self, workspace_id: WorkspaceId, id: RuleId, *, expected: int) -> None:
        self._known.clear()
        r = rules.c
        # Held first: nobody is served by it between its hits' going and its own.
        held = await self._db.scalar(
            select(r.id)
            .where(r.id == id, r.workspace_id == workspace_id, r.version == expected)
            .with_for_update()
        )
        if held is None:
            raise Conflict(what="rule")
        await self._db.execute(delete(rule_hits).where(rule_hits.c.rule_id == id))
        await self._db.execute(delete(rules).where(r.id == id))

    async def hit(self, ids: Sequence[RuleId], conversation_id: ConversationId, *, at: datetime) -> None:
        if not ids:
            return
        h = rule_hits.c
        fixed = (literal(conversation_id, h.conversation_id.type), literal(at, h.at.type))
        # Those that are there still: one may be removed at this moment.
        there = select(rules.c.id, *fixed).where(rules.c.id.in_(ids))
        await self._db.execute(
            insert(rule_hits).from_select(
                ["rule_id", "conversation_id", "at"], there.with_for_update(read=True, key_share=True)
            )
        )

    async def hits(
        self, workspace_id: WorkspaceId, id: RuleId, *, offset: int = 0, limit: int = 8
    ) -> tuple[Sequence[Hit], int]:
        h, c, p = rule_hits.c, conversations.c, contacts.c
        theirs = (h.rule_id == id, c.workspace_id == workspace_id)
        rows = await self._db.execute(
            select(h.at, c.id, c.contact_id, c.number, p.name)
            .join_from(rule_hits, conversations, c.id == h.conversation_id)
            .outerjoin(contacts, p.id == c.contact_id)
            .where(*theirs)
            .order_by(h.id.desc())
            .offset(offset)
            .limit(limit)
        )
        total = await self._db.scalar(
            select(func.count())
            .select_from(rule_hits)
            .where(h.rule_id == id, exists().where(rules.c.id == id, rules.c.workspace_id == workspace_id))
        )
        return [
            Hit(
                at=row.at, conversation_id=ConversationId(row.id), number=row.number, name=row.name or "",
                contact_id=None if row.contact_id is None else ContactId(row.contact_id),
            )
            for row in rows
        ], total or 0  # fmt: skip

    async def talk(self, conversation: Conversation, reply_id: ReplyId, *, now: datetime) -> Talk:
        r = replies.c
        since = now - AN_HOUR
        theirs = await self._of_the_person(conversation)
        earlier = await self._db.scalar(
            select(r.id).where(r.conversation_id.in_(theirs), r.id < reply_id).limit(1)
        )
        # The hour is asked of the last few alone: to look for more of it would read all that ever was.
        heard = await self._db.execute(
            select(r.text, r.at)
            .where(r.conversation_id == conversation.id, r.id < reply_id)
            .order_by(r.id.desc())
            .limit(LOOKED_BACK)
        )
        ours = (await self._db.execute(_last_directs(theirs))).all()
        answered = [
            row.queued_at
            for row in ours
            if row.purpose is DirectPurpose.AUTO and row.queued_at > since and row.state is not FAILED
        ]
        sent = [row.text for row in ours if row.conversation_id == conversation.id][:LOOKED_BACK]
        return Talk(
            is_first=earlier is None, served=await self._served(conversation, theirs, now=now),
            answered=answered, sent=sent[::-1], heard=[row.text for row in heard if row.at > since][::-1],
        )  # fmt: skip

    async def _of_the_person(self, conversation: Conversation) -> Sequence[int]:
        """Their conversations with all numbers of the workspace."""
        c, a = conversations.c, accounts.c
        ours = select(a.id).where(a.workspace_id == conversation.workspace_id)
        found = await self._db.scalars(
            select(c.id).where(c.account_id.in_(ours), c.number == conversation.number)
        )
        return list(found)

    async def _served(
        self, conversation: Conversation, theirs: Sequence[int], *, now: datetime
    ) -> Mapping[RuleId, datetime]:
        resting = [rule for rule in await self.of(conversation.workspace_id) if rule.cooldown]
        if not resting:
            return {}
        h = rule_hits.c
        longest = max(rule.cooldown for rule in resting)
        rows = await self._db.execute(
            select(h.rule_id, func.max(h.at))
            .where(
                h.conversation_id.in_(theirs),
                h.at > now - longest,
                h.rule_id.in_([rule.id for rule in resting]),
            )
            .group_by(h.rule_id)
        )
        return {RuleId(id): at for id, at in rows}


def _last_directs(talks: Sequence[int]) -> Select[Any]:
    """The last few single messages of each of these conversations, each looked for by itself: of all together
    the last could be found only by reading all."""
    d = directs.c
    each = [
        select(d.conversation_id, d.id, d.purpose, d.state, d.queued_at, d.text)
        .where(d.conversation_id == id)
        .order_by(d.id.desc())
        .limit(MOST_DIRECTS)
        .subquery()
        for id in talks
    ]
    last = union_all(*(select(one) for one in each)).subquery()
    return select(last).order_by(last.c.id.desc())


def _rule(row: Row[Any]) -> Rule:
    return Rule(
        id=RuleId(row.id), position=row.position, when=row.kind, words=row.words, text=row.text,
        media=media_from_json(row.media), tag=row.tag, opt_out=row.opt_out, hand_over=row.hand_over,
        stop_here=row.stop_here, cooldown=timedelta(seconds=row.cooldown), only_in_hours=row.only_in_hours,
        valid_from=row.valid_from, valid_until=row.valid_until, is_on=row.is_on,
    )  # fmt: skip


def _columns(rule: Rule) -> dict[str, Any]:
    """All but what names it and places it."""
    return {
        "kind": rule.when, "words": rule.words, "text": rule.text, "media": media_to_json(rule.media),
        "tag": rule.tag, "opt_out": rule.opt_out, "hand_over": rule.hand_over, "stop_here": rule.stop_here,
        "cooldown": int(rule.cooldown.total_seconds()), "only_in_hours": rule.only_in_hours,
        "valid_from": rule.valid_from, "valid_until": rule.valid_until, "is_on": rule.is_on,
    }  # fmt: skip
