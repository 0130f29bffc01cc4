"""What automation rules need kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.automation.model import Rule, RuleId
from domain.conversations.model import Conversation
from domain.kernel.ids import ContactId, ConversationId, ReplyId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRule:
    """A rule as it is kept. `hits`: how often it has served somebody, `last_hit` when it last did."""

    rule: Rule
    version: int
    hits: int = 0
    last_hit: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One time that a rule served somebody."""

    at: datetime
    conversation_id: ConversationId
    contact_id: ContactId | None
    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What the rules have to know of what was written to and fro. `served`: when each rule that rests last
    served them, where that may matter still. `answered`: when automatic answers went to them, as far as those
    stand among the last few messages. `sent` and `heard`: the last few, the oldest first."""

    is_first: bool
    served: Mapping[RuleId, datetime]
    answered: Sequence[datetime]
    sent: Sequence[str]
    heard: Sequence[str]


class RuleStore(Protocol):
    async def of(self, workspace_id: WorkspaceId) -> Sequence[Rule]:
        """In their order."""
        ...

    async def kept(
        self, workspace_id: WorkspaceId, *, counted: Collection[RuleId] | None = None
    ) -> Sequence[KeptRule]:
        """The same with what became of them; hits are looked at of those in `counted` alone, or of all."""
        ...

    async def add(self, workspace_id: WorkspaceId, rule: Rule, *, at: datetime) -> RuleId:
        """As the last; its `id` and `position` are given here."""
        ...

    async def change(self, workspace_id: WorkspaceId, rule: Rule, *, expected: int, at: datetime) -> None:
        """All but its place. Raises Conflict where it is not at version `expected`, or gone."""
        ...

    async def move(
        self, workspace_id: WorkspaceId, id: RuleId, *, up: bool, expected: int, at: datetime
    ) -> bool:
        """Change places with the one before it, or after it. False: there is none. Raises Conflict."""
        ...

    async def remove(self, workspace_id: WorkspaceId, id: RuleId, *, expected: int) -> None:
        """With its hits. Raises Conflict."""
        ...

    async def hit(self, ids: Sequence[RuleId], conversation_id: ConversationId, *, at: datetime) -> None:
        """They have served the person in that conversation."""
        ...

    async def hits(
        self, workspace_id: WorkspaceId, id: RuleId, *, offset: int = 0, limit: int = 8
    ) -> tuple[Sequence[Hit], int]:
        """Newest first, and how many there are in all."""
        ...

    async def talk(self, conversation: Conversation, reply_id: ReplyId, *, now: datetime) -> Talk:
        """Up to that reply, without it. Who is served and answered is the person, at whichever number of the
        workspace they write to; what was written stands in the one conversation. `answered` and `heard` go
        back an hour from `now`."""
        ...
