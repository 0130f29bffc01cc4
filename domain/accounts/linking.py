"""A number being linked over WhatsApp Web: from the wish to the linked account, or to its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from domain.accounts.model import Account, AccountState, Channel
from domain.kernel.errors import DomainError
from domain.kernel.ids import AccountId, LinkingId, WorkspaceId

#: So long a QR or a code is offered.
OFFERED_FOR: Final = timedelta(minutes=3)
#: Once the phone has scanned, it may take so much longer until its messages are there.
SYNCING_FOR: Final = timedelta(minutes=7)
#: Without a QR or a code for so long, it is said that WhatsApp does not answer.
SILENT_AFTER: Final = timedelta(seconds=20)
#: So long the worker's packages may take to be installed, before the time of the QR begins.
INSTALLING_FOR: Final = timedelta(minutes=10)


#: Why a linking is refused whose phone was not that of the account it is about.
OTHER_NUMBER: Final = "other_number"


class LinkMode(StrEnum):
    """A QR for another phone's camera, or a code to be typed on the phone itself."""

    QR = "qr"
    CODE = "code"


class LinkingState(StrEnum):
    """open -> linked | ended (nobody scanned) | cancelled | refused (another number, or not ours to link) |
    failed (the worker or WhatsApp could not)."""

    OPEN = "open"
    LINKED = "linked"
    ENDED = "ended"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    FAILED = "failed"


class LinkingPhase(StrEnum):
    """How far an open one has got: the browser starts, QR or code is in the chat, the phone has scanned."""

    STARTING = "starting"
    SHOWN = "shown"
    SYNCING = "syncing"


class LinkingWait(StrEnum):
    """The `reason` of an open linking that shows nothing yet, where it is known what it waits for."""

    INSTALLING = "installing"
    SILENT = "silent"


class Leftover(StrEnum):
    """What is still to be done to a session at its worker. LOGOUT: its account stays and can be linked
    again; DELETE: nothing of it is wanted any more."""

    LOGOUT = "logout"
    DELETE = "delete"


#: So long a number that has another session by now sends nothing while what people wrote to it in the former
#: one cannot be read. A worker that is back within half a day loses nobody's STOP; one that is gone for good
#: must not keep the number silent for ever.
UNREAD_FOR: Final = timedelta(hours=12)


class BeingLinked(DomainError):
    """Somebody else of the team is linking this `number` just now."""

    code = "link.being_linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """Wanted by `telegram_id` in `chat_id`; `account_id` when a known number is linked again.

    `number`: the one a code is made for. `shown` says what stands in the chat's message now, its mode first;
    `reason` why it was refused or failed, or what it waits for (`LinkingWait`); `other` the number that was
    scanned instead.
    """

    id: LinkingId
    workspace_id: WorkspaceId
    account_id: AccountId | None
    remote: str
    mode: LinkMode
    number: str | None
    chat_id: int
    telegram_id: int
    state: LinkingState
    phase: LinkingPhase
    reason: str | None
    other: str | None
    message_id: int | None
    shown: str
    started_at: datetime
    ends_at: datetime
    version: int

    @property
    def is_open(self) -> bool:
        return self.state is LinkingState.OPEN

    @property
    def deadline(self) -> datetime:
        """It ends then by itself."""
        if self.phase is LinkingPhase.SYNCING:
            return self.ends_at + SYNCING_FOR
        if self.reason == LinkingWait.INSTALLING:
            return self.ends_at + INSTALLING_FOR
        return self.ends_at

    @property
    def silent_at(self) -> datetime | None:
        """When it is to be said that WhatsApp does not answer; None where that is said, or nothing to say."""
        if self.phase is not LinkingPhase.STARTING or self.reason is not None:
            return None
        return self.ends_at - OFFERED_FOR + SILENT_AFTER


class LinkingStore(Protocol):
    """Linkings, and what is left to be done at workers."""

    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        account_id: AccountId | None,
        mode: LinkMode,
        number: str | None,
        chat_id: int,
        telegram_id: int,
        at: datetime,
    ) -> LinkingId:
        """Without a `remote` as yet: that is named after the linking's own number."""
        ...

    async def linking(self, workspace_id: WorkspaceId, id: LinkingId) -> Linking:
        """Raises NotFound."""
        ...

    async def any(self, id: LinkingId) -> Linking:
        """Without asking for the workspace: for the loop only. Raises NotFound."""
        ...

    async def update(self, linking: Linking, *, expected: int) -> Linking:
        """Write all fields but what stands in the chat, if the stored version is still `expected`; returns it
        as it is then.

        Raises Conflict, also where another open linking has that remote.
        """
        ...

    async def set_message(self, id: LinkingId, message_id: int | None, *, shown: str) -> None:
        """What stands in the chat: the loop's own, and nothing that anybody decides."""
        ...

    async def unfinished(self) -> Sequence[Linking]:
        """Open ones, and those whose message still stands in the chat."""
        ...

    async def open_in(self, chat_id: int) -> Sequence[Linking]: ...

    async def open_of(self, workspace_id: WorkspaceId) -> Sequence[Linking]: ...

    async def leave(
        self, remote: str, what: Leftover, *, at: datetime, news_of: AccountId | None = None
    ) -> None:
        """Note what is to be done to a session; DELETE outdoes LOGOUT. `news_of`: what people wrote there is
        to be read first, for that account."""
        ...

    async def wanted_again(self, remote: str) -> None:
        """Nothing is to be done to it any more."""
        ...

    async def leftovers(self, *, now: datetime) -> Sequence[tuple[str, Leftover]]:
        """Those whose time has come, oldest first."""
        ...

    async def leftover(self, remote: str) -> Leftover | None: ...

    async def news_left(self, remote: str) -> tuple[AccountId, datetime] | None:
        """Whose news are to be read there first, and since when that is left to be done."""
        ...

    async def news_taken_in(self, remote: str) -> None:
        """Nothing is left to be read there."""
        ...

    async def has_news_left(self, account_id: AccountId, *, since: datetime) -> bool:
        """Whether news of that account are to be read in a session left since then."""
        ...

    async def leftover_later(self, remote: str, *, due_at: datetime) -> None: ...


def found(linking: Linking, known: Sequence[Account], *, number: str) -> tuple[Account | None, str | None]:
    """Which account a linked `number` belongs to (None: a new one), or why it is refused.

    `known` are all accounts that are not removed, of every workspace. A number that is another account here
    is refused while that is connected; unlinked, this brings it back.
    """
    wanted = next((a for a in known if a.id == linking.account_id), None)
    if linking.account_id is not None:
        if wanted is None:
            return None, "account_gone"
        return (wanted, None) if wanted.number == number else (wanted, OTHER_NUMBER)
    same = [a for a in known if a.number == number and a.channel is not Channel.SIMULATED]
    if any(account.workspace_id != linking.workspace_id for account in same):
        return None, "elsewhere"
    if not same:
        return None, None
    back = same[0].channel is Channel.WEB and same[0].state is not AccountState.CONNECTED
    return (same[0], None) if back else (same[0], "linked_already")
