"""What contacts need kept."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol, Self

from domain.contacts.folding import folded
from domain.contacts.forgetting import Forgetting
from domain.contacts.model import Consent, ConsentEvent, Contact, Proof
from domain.contacts.stop_words import Vocabulary
from domain.kernel.ids import ContactId, ImportId, ListId, MemberId, WorkspaceId

#: A search counts no further, and shows no more: who finds more than that types more of the name.
MOST_FOUND: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    id: ListId
    name: str
    size: int


class _ImportedRow(NamedTuple):
    number: str
    name: str
    folded: str
    attributes: Mapping[str, str]


class ImportedRow(_ImportedRow):
    """One ready row of a file, as it is stored; `folded` is the name as it is looked for, folded here because
    a transaction would be held open for it. A tuple, as there are a hundred thousand of them; to be made
    anew, not copied with another name."""

    __slots__ = ()

    def __new__(cls, number: str, name: str, attributes: Mapping[str, str]) -> Self:
        return super().__new__(cls, number, name, folded(name), attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Of the rows that were to be saved: the numbers of people who have said stop, and which were left out
    because they asked to be forgotten."""

    stopped: Sequence[str] = ()
    forgotten: Sequence[str] = ()


class WordStore(Protocol):
    """The words that stop messages, and those that bring somebody back."""

    async def of(self, workspace_id: WorkspaceId) -> Vocabulary:
        """The defaults, but for the lists that this workspace edited."""
        ...

    async def save(self, workspace_id: WorkspaceId, vocabulary: Vocabulary) -> None: ...


class ContactStore(Forgetting, Protocol):
    """People. Whoever was forgotten is none of them any more."""

    async def contact(self, workspace_id: WorkspaceId, id: ContactId) -> Contact:
        """Raises NotFound; of whoever was forgotten PersonGone."""
        ...

    async def by_number(
        self, workspace_id: WorkspaceId, number: str, *, held: bool = False
    ) -> Contact | None:
        """`held`: whatever else is recorded of their consent waits until this unit ends, so that an event is
        weighed against all that there are."""
        ...

    async def save_rows(
        self, workspace_id: WorkspaceId, list_id: ListId | None, rows: Sequence[ImportedRow], *, at: datetime
    ) -> Saved:
        """Add or refresh contacts by number and put them on the list (a repeat changes nothing).

        A new name or attribute replaces the old; attributes not in the row stay. Consent is untouched.
        Whoever was forgotten is left out.
        """
        ...

    async def count(self, workspace_id: WorkspaceId) -> Mapping[Consent, int]: ...

    async def search(
        self,
        workspace_id: WorkspaceId,
        text: str,
        *,
        consent: Consent | None = None,
        offset: int = 0,
        limit: int = 8,
        most: int = MOST_FOUND,
    ) -> tuple[Sequence[Contact], int]:
        """Contacts whose name or number contains `text`, by name, and how many there are in all; of those
        found by a `text` no further than `most`, and one more says that there are more: which of them are
        shown then is the store's, and always the same. From beyond the end the last page."""
        ...

    async def unindexed(self) -> bool:
        """Many people are not in the index by which `search` finds them at once; it looks at each of them."""
        ...

    async def index_some(self, *, most: int) -> None:
        """Put up to `most` of them there."""
        ...

    async def list_names(self, workspace_id: WorkspaceId) -> Mapping[ListId, str]:
        """Newest first."""
        ...

    async def lists(
        self, workspace_id: WorkspaceId, among: Collection[ListId] | None = None
    ) -> Sequence[ContactList]:
        """Newest first, with their sizes: everybody on them is counted, so ask for those `among` a few where
        a few are shown."""
        ...

    async def list_of(self, workspace_id: WorkspaceId, id: ListId) -> ContactList:
        """Raises NotFound."""
        ...

    async def list_name(self, workspace_id: WorkspaceId, id: ListId) -> str:
        """Without counting its people. Raises NotFound."""
        ...

    async def create_list(self, workspace_id: WorkspaceId, name: str, *, at: datetime) -> ListId: ...

    async def remove_list(self, workspace_id: WorkspaceId, id: ListId) -> None:
        """The list goes; its people stay."""
        ...

    async def tags(self, workspace_id: WorkspaceId) -> Sequence[str]: ...

    async def tag_sizes(self, workspace_id: WorkspaceId, tags: Collection[str]) -> Mapping[str, int]:
        """How many people have each; 0 for one that nobody has."""
        ...

    async def tag_list(self, workspace_id: WorkspaceId, list_id: ListId, tag: str) -> int: ...

    async def tag_contact(self, workspace_id: WorkspaceId, id: ContactId, tag: str, *, on: bool) -> None: ...

    async def field_names(
        self, workspace_id: WorkspaceId, *, list_id: ListId | None = None, tag: str | None = None
    ) -> Sequence[str]:
        """Attribute names that people of the list (or tag) have; of the whole workspace, those that anybody
        ever had, also when nobody has them any more."""
        ...

    async def samples(
        self,
        workspace_id: WorkspaceId,
        *,
        list_id: ListId | None = None,
        tag: str | None = None,
        limit: int = 3,
    ) -> Sequence[Contact]:
        """Some who would be sent to, for previews: consent granted first."""
        ...

    def stream(
        self, workspace_id: WorkspaceId, *, list_id: ListId | None = None, tag: str | None = None
    ) -> AsyncIterator[Contact]:
        """All of them by number, in one snapshot, without holding them all in memory."""
        ...

    async def record_consent(self, contact_id: ContactId, event: ConsentEvent) -> Consent:
        """Append the event and refresh the standing (`domain.contacts.model.after`), together."""
        ...

    async def record_list_consent(self, list_id: ListId, event: ConsentEvent) -> int:
        """The same for everybody on the list; returns how many now stand as granted."""
        ...

    async def consent_events(self, contact_id: ContactId) -> Sequence[ConsentEvent]: ...

    async def proof(
        self,
        workspace_id: WorkspaceId,
        contact_id: ContactId,
        *,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[Sequence[Proof], int]:
        """The same with what is known of each, and how many there are in all."""
        ...


class ImportState(StrEnum):
    """received -> reading -> (choose_sheet) -> choose_columns -> storing -> ask_consent -> done;
    failed and cancelled end it from anywhere before done."""

    RECEIVED = "received"
    READING = "reading"
    CHOOSE_SHEET = "choose_sheet"
    CHOOSE_COLUMNS = "choose_columns"
    STORING = "storing"
    ASK_CONSENT = "ask_consent"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """One file on its way in. JSON parts: `inspection` and `plan` as made by domain.contacts.importing.

    `campaign_id`: the draft that asked for its people; negative, the draft that has some and is only offered
    these.
    """

    id: ImportId
    workspace_id: WorkspaceId
    member_id: MemberId
    chat_id: int
    state: ImportState
    version: int
    filename: str
    telegram_file: str
    size: int
    media_key: str | None = None
    inspection: Mapping[str, Any] | None = None
    plan: Mapping[str, Any] | None = None
    list_id: ListId | None = None
    done_rows: int = 0
    total_rows: int = 0
    counts: Mapping[str, int] | None = None
    error_key: str | None = None
    refusal: Mapping[str, Any] | None = None
    campaign_id: int | None = None


class ImportStore(Protocol):
    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        member_id: MemberId,
        chat_id: int,
        filename: str,
        telegram_file: str,
        size: int,
        campaign_id: int | None,
        at: datetime,
    ) -> ImportId: ...

    async def job(self, workspace_id: WorkspaceId, id: ImportId) -> ImportJob:
        """Raises NotFound."""
        ...

    async def update(self, job: ImportJob, *, expected: int, at: datetime) -> ImportJob:
        """Write all fields if the stored version is still `expected`; returns it with version + 1.

        Raises Conflict.
        """
        ...

    async def count_done(self, id: ImportId, done: int, total: int) -> None:
        """Progress only: no version change."""
        ...

    async def unfinished(self) -> Sequence[ImportJob]:
        """Those that a machine has to work on: received, reading, storing."""
        ...

    async def latest(self, workspace_id: WorkspaceId) -> ImportJob | None: ...
