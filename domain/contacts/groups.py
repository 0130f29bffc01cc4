"""Groups of a linked WhatsApp number on their way into contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from domain.contacts.ports import ImportedRow
from domain.contacts.service import LONGEST_NAME, shortened, tidy
from domain.kernel.errors import DomainError
from domain.kernel.ids import AccountId, GroupImportId, ListId, WorkspaceId

#: More at once would take long, and WhatsApp would notice.
MOST_GROUPS: Final = 50
LONGEST_LIST_NAME: Final = 60


class GroupImportState(StrEnum):
    """reading (the list of groups) -> choosing -> counting -> confirming -> storing -> done; failed and
    cancelled end it from anywhere before."""

    READING = "reading"
    CHOOSING = "choosing"
    COUNTING = "counting"
    CONFIRMING = "confirming"
    STORING = "storing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class NoGroupChosen(DomainError):
    code = "groups.none_chosen"


class TooManyGroups(DomainError):
    """At most `limit` at once."""

    code = "groups.too_many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """As WhatsApp lists it. `size` once known; with `error` it cannot be read now."""

    id: str
    name: str
    size: int | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """What came of one chosen group. `hidden`: members whose number WhatsApp does not show (@lid); `already`
    were contacts before; `stopped` of them have said stop. `list_id` once its people are on a list."""

    id: str
    name: str
    members: int = 0
    known: int = 0
    hidden: int = 0
    already: int = 0
    stopped: int = 0
    list_id: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupImport:
    """`chosen` names groups by id, in the order of `groups`; `counts` has those that were looked at."""

    id: GroupImportId
    workspace_id: WorkspaceId
    account_id: AccountId
    chat_id: int
    telegram_id: int
    state: GroupImportState
    groups: Sequence[Group]
    read_at: datetime | None
    refreshing: bool
    chosen: Sequence[str]
    counts: Sequence[GroupCount]
    reason: str | None
    version: int

    @property
    def left(self) -> Sequence[Group]:
        """Chosen groups that were not looked at yet in this round."""
        done = {count.id for count in self.counts}
        return [group for group in self.groups if group.id in self.chosen and group.id not in done]


class GroupStore(Protocol):
    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        account_id: AccountId,
        chat_id: int,
        telegram_id: int,
        at: datetime,
    ) -> GroupImportId: ...

    async def group_import(self, workspace_id: WorkspaceId, id: GroupImportId) -> GroupImport:
        """Raises NotFound."""
        ...

    async def update(self, job: GroupImport, *, expected: int) -> GroupImport:
        """Write all fields if the stored version is still `expected`. Raises Conflict."""
        ...

    async def unfinished(self) -> Sequence[GroupImport]:
        """Those that a machine has to work on: reading, counting, storing; and lists still being read."""
        ...

    async def latest(self, workspace_id: WorkspaceId) -> GroupImport | None: ...

    async def list_of(self, workspace_id: WorkspaceId, group_id: str) -> ListId | None:
        """The list that its people were put on before, if it still is there."""
        ...

    async def keep_list(self, workspace_id: WorkspaceId, group_id: str, list_id: ListId) -> None: ...

    async def known(self, workspace_id: WorkspaceId, numbers: Sequence[str]) -> tuple[int, int]:
        """How many of these are contacts already, and how many of those have said stop."""
        ...


def toggled(job: GroupImport, n: int) -> Sequence[str]:
    """What is chosen once the n-th group is tapped; a broken one cannot be chosen. Raises TooManyGroups."""
    if not 0 <= n < len(job.groups) or job.groups[n].error is not None:
        return job.chosen
    id = job.groups[n].id
    if id in job.chosen:
        return [one for one in job.chosen if one != id]
    if len(job.chosen) >= MOST_GROUPS:
        raise TooManyGroups(limit=MOST_GROUPS)
    return [*job.chosen, id]


def rows_of(members: Mapping[str, str | None]) -> Sequence[ImportedRow]:
    """Members by number, as contacts are stored. The name is what they call themselves."""
    return [
        ImportedRow(number=number, name=shortened(tidy(name or ""), LONGEST_NAME), attributes={})
        for number, name in sorted(members.items())
    ]


def list_name(name: str, taken: set[str]) -> str:
    """The group's name, and a number behind it where there is such a list already."""
    base = shortened(tidy(name), LONGEST_LIST_NAME) or "Group"
    found, n = base, 1
    while found in taken:
        n += 1
        found = f"{base} {n}"
    return found


def as_json(items: Sequence[Group] | Sequence[GroupCount]) -> list[dict[str, Any]]:
    return [{name: getattr(item, name) for name in item.__slots__} for item in items]
