"""What delivery needs kept: recipients, attempts, receipts, replies, single messages."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.delivery.content import Media
from domain.delivery.ports import ReceiptNews, ReplyNews
from domain.delivery.recipients import Claim, Learned, RecipientState, Tally
from domain.kernel.ids import (
    AccountId,
    AttemptKey,
    CampaignId,
    ContactId,
    ConversationId,
    DirectId,
    MemberId,
    RecipientId,
    ReplyId,
    WorkspaceId,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRow:
    """One line of a report."""

    id: RecipientId
    number: str
    name: str
    state: RecipientState
    reason: str | None
    attempts: int
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    replied_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A try of which it is not known whether it reached anybody: of a recipient, or of a single message.

    `tried_at` is never later than the try. `journal`: which one it was to be put to, where that was known.
    `is_open`: nothing else has been decided about the person since.
    """

    key: AttemptKey
    tried_at: datetime
    journal: str | None = None
    n: int = 1
    recipient_id: RecipientId | None = None
    campaign_id: CampaignId | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """A reply that was new: who wrote, and the campaign it answers, if any. `conversation_id`: of one that
    was there before it. `called`: as they call themselves at WhatsApp, where that is told."""

    id: ReplyId
    workspace_id: WorkspaceId
    contact_id: ContactId | None
    number: str
    name: str
    text: str
    campaign_id: CampaignId | None
    media: str | None = None
    conversation_id: ConversationId | None = None
    called: str = ""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Whom a message in a chat is about that shows how far an answer got. `forgotten_at`: when they were."""

    conversation_id: ConversationId | None
    forgotten_at: datetime | None = None


class DirectPurpose(StrEnum):
    """TEST and ANSWER are an operator's; AUTO is a rule's answer; CONFIRM tells somebody that their stop was
    heard, and alone goes to who said stop."""

    TEST = "test"
    ANSWER = "answer"
    AUTO = "auto"
    CONFIRM = "confirm"


class DirectState(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """A single message outside campaigns. `member_id` and `chat_id`: who asked for it, and where; None for
    what MassSender wrote by itself. `tries`: how often it was refused for now, each under its own key."""

    id: DirectId
    workspace_id: WorkspaceId
    account_id: AccountId
    member_id: MemberId | None
    chat_id: int | None
    purpose: DirectPurpose
    key: AttemptKey
    number: str
    text: str
    media: Media | None
    state: DirectState
    reason: str | None
    campaign_id: CampaignId | None
    queued_at: datetime
    conversation_id: ConversationId | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """An answer whose state is not what its operator is shown. `asked_by`: the operator's own message in the
    direct's chat; `tick_id`: ours below it, once it stands."""

    direct: Direct
    asked_by: int | None
    thread_id: int | None
    tick_id: int | None
    shown: DirectState | None


#: When the hours of this number's person are open: now, or from when on; None: never.
Opens = Callable[[str], datetime | None]


class DeliveryStore(Protocol):
    """Recipients and attempts. Every write carries the state it expects."""

    async def claim(
        self,
        campaign_id: CampaignId,
        account_id: AccountId,
        *,
        desk: str,
        owner: str,
        now: datetime,
        lease_until: datetime,
        limit: int,
        journal: str | None = None,
        opens: Opens | None = None,
    ) -> tuple[Sequence[Claim], int]:
        """Take up to `limit` waiting recipients that are due, in order, and write an attempt for each.

        Consent is asked here again: whoever's standing is not `granted` becomes `skipped` with the
        reason "stopped" or "no_consent" instead. So does ("same_person") who is known in this workspace to be
        somebody that the campaign, another part of it, or what it follows up or is followed up by, has
        written to at another number or is about to; and ("stopped") whoever has said stop at another number,
        and not START at this one since. Returns the claims and how many were skipped. Attempt keys are
        f"{desk}-{recipient_id}-{n}". `journal` is kept with each, for `doubts`.

        With `opens` whoever is shut now goes on waiting, due when they open; who never opens is skipped as
        "never_open".
        """
        ...

    async def record(self, results: Sequence[Learned], *, now: datetime) -> None:
        """Write outcomes. A recipient about whom more is known already (a receipt overtook) keeps it:
        only a recipient still `claimed` by that attempt, or `unknown`, takes the new state."""
        ...

    async def abandon(
        self, *, owner_not: str | None = None, lease_before: datetime | None = None,
        account_id: AccountId | None = None,
    ) -> int:  # fmt: skip
        """Claims of dead processes become `unknown` (reason "interrupted"): those of any other owner,
        or those whose lease ended before a moment; of one account, or of all. Returns how many."""
        ...

    async def receipts(self, account_id: AccountId, news: Sequence[ReceiptNews]) -> Sequence[CampaignId]:
        """Apply news to attempts, their recipients and directs: progress = max(known, news); repeats and
        disorder change nothing; times are kept once. News of an older attempt counts if it says the
        person has got it (delivered, read, sent), which also ends a waiting retry. Keys that are unknown, or
        that another account sent under, are ignored. Of an attempt whose own answer was lost it also tells
        whom the number reaches. Returns the campaigns touched."""
        ...

    async def doubts(self, account_id: AccountId, *, since: datetime, limit: int) -> Sequence[Doubt]:
        """Attempts and single messages of this account that are `unknown`, tried since then; newest first."""
        ...

    async def tried(self, account_id: AccountId, key: AttemptKey) -> tuple[CampaignId, str] | None:
        """The campaign and the number that this account tried under a key; None for one of a single message,
        and for another account's."""
        ...

    async def last_sent(self, account_id: AccountId, numbers: Sequence[str]) -> str | None:
        """Which of these this account's campaigns have reached last, or else tried; None for none of them."""
        ...

    async def reply(self, account_id: AccountId, news: ReplyNews) -> Replied | None:
        """Store an inbound message once by (account, event); None when it was known, or was written before
        its sender was forgotten. Marks `replied_at` of the person's latest recipient of that account."""
        ...

    async def tally(self, campaign_id: CampaignId) -> Tally: ...

    async def next_due(self, campaign_id: CampaignId) -> datetime | None:
        """When the next waiting recipient is due; None when nobody waits."""
        ...

    async def put_forward(self, account_id: AccountId, *, now: datetime) -> int:
        """Whoever waits for their own clock in this account's unfinished campaigns is due now, to be asked
        about anew; who is tried again, at the most half a day later. Returns how many."""
        ...

    async def waiting_again(self, campaign_id: CampaignId) -> Mapping[str, int]:
        """Of those who wait for another try: how many met what, the most frequent first."""
        ...

    async def recipients(
        self,
        campaign_id: CampaignId,
        *,
        states: Sequence[RecipientState] = (),
        offset: int = 0,
        limit: int = 10,
    ) -> Sequence[RecipientRow]: ...

    def stream_recipients(self, campaign_id: CampaignId) -> AsyncIterator[RecipientRow]:
        """All of a campaign, in order, in one snapshot."""
        ...

    async def sent_over_time(self, campaign_id: CampaignId, *, parts: int) -> Sequence[tuple[datetime, int]]:
        """Sends counted in at most `parts` equal spans from first to last (start of span, count)."""
        ...

    async def cancel_waiting(self, campaign_id: CampaignId) -> int:
        """waiting -> cancelled."""
        ...

    async def count_unknown_as_sent(self, campaign_id: CampaignId, *, at: datetime) -> int:
        """unknown -> sent, reason "counted"."""
        ...

    async def send_unknown_again(self, campaign_id: CampaignId, *, at: datetime) -> int:
        """unknown -> waiting, due now, by an operator's explicit word."""
        ...

    async def queue_direct(
        self,
        *,
        workspace_id: WorkspaceId,
        account_id: AccountId,
        member_id: MemberId | None,
        chat_id: int | None,
        purpose: DirectPurpose,
        number: str,
        text: str,
        media: Media | None,
        desk: str,
        campaign_id: CampaignId | None,
        at: datetime,
        conversation_id: ConversationId | None = None,
        asked_by: int | None = None,
        thread_id: int | None = None,
    ) -> DirectId:
        """`asked_by` and `thread_id`: of an answer, the operator's own message and its topic in Telegram. An
        answer is due no sooner than an earlier one to the same person."""
        ...

    async def claim_direct(
        self,
        account_id: AccountId,
        *,
        owner: str,
        lease_until: datetime,
        journal: str | None = None,
        now: datetime | None = None,
        purposes: Collection[DirectPurpose] = tuple(DirectPurpose),
    ) -> Direct | None:
        """The first of these purposes, automatic answers last. With `now`: of those that are due."""
        ...

    async def put_back_direct(self, direct: Direct, *, due_at: datetime) -> bool:
        """A claimed one that was refused under this key is queued again, under another: one key gets the same
        answer for ever. Later ones of its purpose to the same person are due no sooner. False where it
        stands otherwise by now."""
        ...

    async def next_direct(self, account_id: AccountId, *, after: datetime) -> datetime | None:
        """When the first of those is due that are due after that; None when there is none."""
        ...

    async def record_direct(self, id: DirectId, state: DirectState, *, reason: str | None) -> None:
        """Only from `claimed` or to a further state."""
        ...

    async def drop_directs(
        self,
        workspace_id: WorkspaceId,
        numbers: Sequence[str],
        *,
        reason: str,
        purpose: DirectPurpose | None = None,
    ) -> None:
        """What still waits to be sent to these numbers, of one purpose or any, fails."""
        ...

    async def direct(self, id: DirectId) -> Direct: ...

    async def direct_by_key(self, key: AttemptKey) -> Direct | None: ...

    async def directs_of(self, conversation_id: ConversationId, *, limit: int) -> Sequence[Direct]:
        """The last single messages of a conversation, the newest first."""
        ...

    async def ticks(self, *, limit: int, without: Collection[int] = ()) -> Sequence[Tick]:
        """Answers that are not shown as they stand, in order, but for those of the chats `without`."""
        ...

    async def tick_shown(self, id: DirectId, state: DirectState, *, tick_id: int | None) -> None:
        """This state stands below the operator's message, in that message of ours."""
        ...

    async def ticked(self, chat_id: int, message_id: int) -> Ticked | None:
        """Whose answer's state that message shows."""
        ...

    async def accounts_with_directs(self, *, now: datetime | None = None) -> Sequence[AccountId]:
        """Accounts that could send one: a number that is unlinked keeps its queue until it is back. With
        `now`: where one is due."""
        ...
