"""What chats with operators are told of people's replies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.contacts.stop_words import Heard
from domain.delivery.content import Media
from domain.delivery.ports import Attachment
from domain.kernel.ids import AccountId, CampaignId, ConversationId, ReplyId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A chat that has been told a workspace's replies up to `told`, and of which `newest` is the last."""

    chat_id: int
    workspace_id: WorkspaceId
    newest: ReplyId
    told: ReplyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A reply. `kept`: the file that came with it, once it is here; `is_gone`: it cannot be had. `heard`:
    what it did to their consent."""

    id: ReplyId
    account_id: AccountId
    conversation_id: ConversationId | None
    campaign_id: CampaignId | None
    text: str
    at: datetime
    media: str | None = None
    attachment: Attachment | None = None
    kept: Media | None = None
    is_gone: bool = False
    heard: Heard | None = None

    @property
    def awaits_file(self) -> bool:
        return self.attachment is not None and self.kept is None and not self.is_gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """What a chat has not been told of one conversation: how many replies, and the last few of them, in
    order."""

    conversation_id: ConversationId
    replies: int
    last: Sequence[Written]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a chat has not been told, of many people at once. `newest`: who wrote last."""

    people: int
    replies: int
    stopped: int
    newest: Sequence[ConversationId]


@dataclass(frozen=True, slots=True)
class Told:
    """A message in a chat, told replies up to `reply_id`; of one conversation, or (None) of many people.
    `forgotten_at`: it was of one person, who was forgotten then."""

    message_id: int
    conversation_id: ConversationId | None
    reply_id: ReplyId
    forgotten_at: datetime | None = None


class TellingStore(Protocol):
    async def wrote(self, workspace_id: WorkspaceId, reply_id: ReplyId, *, at: datetime) -> None:
        """To be told in the group of the workspace, if it has one (domain.conversations.topics); else in the
        chat of each member who has accepted the terms."""
        ...

    async def heard(self, reply_id: ReplyId, what: Heard) -> None: ...

    async def due(self, *, now: datetime, limit: int) -> Sequence[Telling]:
        """Chats that have something to be told, and may be now."""
        ...

    async def untold(self, telling: Telling, *, people: int, last: int) -> Sequence[Untold]:
        """Of up to so many people, who waited longest first; of each up to `last` replies. Not of muted
        conversations."""
        ...

    async def gathered(self, telling: Telling, *, names: int) -> Gathered:
        """The same of everybody, with up to so many of them named."""
        ...

    async def told(
        self, telling: Telling, messages: Sequence[Told], *, up_to: ReplyId | None, due_at: datetime
    ) -> None:
        """These messages stand in the chat now, and it is told nothing before `due_at`. `up_to`: all until
        that reply is told."""
        ...

    async def stands_for(self, chat_id: int, message_id: int) -> Told | None:
        """What a message in that chat told; None for any other message."""
        ...

    async def keep_file(self, reply_id: ReplyId, file: Media | None) -> bool:
        """What came with it, as it is kept; None where it cannot be had. False: the reply is there no more,
        whoever wrote it was forgotten."""
        ...

    async def reply(self, id: ReplyId) -> Written:
        """Raises NotFound."""
        ...

    async def replies(self, conversation_id: ConversationId, *, limit: int) -> Sequence[Written]:
        """The last ones, the newest first."""
        ...
