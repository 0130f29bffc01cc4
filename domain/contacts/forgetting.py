"""Forgetting a person: all that is personal goes, and a keyed hash of the number stays, so that no file
brings them back. See docs/decisions/0032."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import CampaignId, ContactId, WorkspaceId

#: Why somebody who waited for a message did not get it.
FORGOTTEN: Final = "forgotten"
_NOBODY: Final = f"{FORGOTTEN}:"


class PersonForgotten(DomainError):
    """`number` asked to be forgotten: only a START of their own brings them back."""

    code = "contact.forgotten"


class PersonGone(NotFound):
    """Somebody who was forgotten, `at` that moment: nothing of them is kept."""

    code = "contact.gone"


def nobody(id: ContactId) -> str:
    """What stands where a number stood: it names nobody, and is one row's."""
    return f"{_NOBODY}{id}"


def is_forgotten(number: str) -> bool:
    """Whether it stands for somebody who was forgotten; also where it was taken for what WhatsApp calls
    somebody, and made a number of."""
    return number.removeprefix("+").startswith(_NOBODY)


def mark_of(key: str, number: str) -> str:
    """What is kept of a number (E.164): it says nothing without the workspace's own random `key`."""
    return hmac.digest(key.encode(), number.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What would go with a person: their `numbers` (several on the official channel), how many `messages`
    from them and single ones to them, in how many `lists`, with how many `tags` and `columns` filled, and
    `files` of finished imports that may hold them. What stays: that so many campaign messages were `sent` to
    somebody."""

    numbers: Sequence[str]
    messages: int
    lists: int
    tags: int
    columns: int
    files: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """`campaigns`: those in which they waited, whose points come back. `files`: keys of what was kept in the
    media store and nobody refers to any more. `topics`: those of their conversations in Telegram, which stand
    there still: the chat and the thread of each."""

    campaigns: Sequence[CampaignId]
    files: Sequence[str]
    topics: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """When somebody was forgotten, and when they have written STOP since."""

    at: datetime
    stopped_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """Only a START that was written later brings them back."""
        return self.at if self.stopped_at is None else max(self.at, self.stopped_at)


class Forgetting(Protocol):
    """The part of `domain.contacts.ports.ContactStore` about who was forgotten."""

    async def forgotten(
        self, workspace_id: WorkspaceId, numbers: Sequence[str], *, held: bool = False
    ) -> Mapping[str, Gone]:
        """Which of these were forgotten. `held`: nobody else of them is before this unit ends."""
        ...

    async def remains(self, workspace_id: WorkspaceId, id: ContactId) -> Remains:
        """Raises NotFound."""
        ...

    async def forget(self, workspace_id: WorkspaceId, id: ContactId, *, called: str, at: datetime) -> Erased:
        """Erase the person, at all numbers that are known to reach them. Who waits for a message does so no
        more ("forgotten"); what is on its way ends by its key. `called`: what the activity log calls them
        from now on. Raises NotFound."""
        ...

    async def stay_forgotten(self, workspace_id: WorkspaceId, number: str, *, stopped_at: datetime) -> None:
        """They wrote STOP, of which nothing else is kept. Nothing of who was not forgotten."""
        ...

    async def remember(self, workspace_id: WorkspaceId, number: str, *, wrote_at: datetime) -> bool:
        """They wrote START themselves, after they were forgotten: the number may be a contact's again. False
        where it was not forgotten, or they did so or wrote STOP later than that."""
        ...

    async def files_in_use(self, keys: Sequence[str]) -> frozenset[str]:
        """Which of these files of the media store anything still refers to, in any workspace."""
        ...
