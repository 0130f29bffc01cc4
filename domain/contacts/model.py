"""People, and whether they agreed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.kernel.errors import DomainError
from domain.kernel.ids import ContactId, MemberId, WorkspaceId


class Consent(StrEnum):
    """Where a person stands. It is the fold of the consent events, never set by itself."""

    UNRECORDED = "unrecorded"
    GRANTED = "granted"
    REVOKED = "revoked"


class ConsentSource(StrEnum):
    """How it became known."""

    SIGNED_UP = "signed_up"
    CUSTOMERS = "customers"
    WROTE_FIRST = "wrote_first"
    OTHER = "other"
    OPERATOR = "operator"
    STOP_REPLY = "stop_reply"
    START_REPLY = "start_reply"
    #: A rule that an operator wrote opted them out.
    RULE = "rule"


#: Only the person's own message may turn a "stop" back on; a file or an operator may not.
MAY_END_A_STOP: Final = frozenset({ConsentSource.START_REPLY})


class ConsentIsTheirs(DomainError):
    """This person said stop; only their own message can undo it."""

    code = "consent.stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """Append-only. `evidence` is the operator's words, a file's name or the person's message id."""

    granted: bool
    source: ConsentSource
    evidence: str
    at: datetime
    by: MemberId | None = None


def standing(events: Sequence[ConsentEvent]) -> Consent:
    """Fold events, oldest first. A grant after a revoke counts only from a source that may end a stop."""
    state = Consent.UNRECORDED
    for event in events:
        state = after(state, event)
    return state


def after(state: Consent, event: ConsentEvent) -> Consent:
    """Where a person stands once `event` is known."""
    if not event.granted:
        return Consent.REVOKED
    if state is Consent.REVOKED and event.source not in MAY_END_A_STOP:
        return Consent.REVOKED
    return Consent.GRANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person in a workspace, by E.164 number. `attributes` are further columns of their files."""

    id: ContactId
    workspace_id: WorkspaceId
    number: str
    name: str
    consent: Consent
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


#: Begins the evidence of what somebody chose in WhatsApp's own settings, rather than wrote to us.
AT_WHATSAPP: Final = "at-whatsapp:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A consent event with what else is known of it: who recorded it, and the person's own message where it
    was one that is still kept."""

    event: ConsentEvent
    by: str = ""
    words: str = ""

    @property
    def is_at_whatsapp(self) -> bool:
        return self.event.evidence.startswith(AT_WHATSAPP)

    @property
    def evidence(self) -> str:
        """As a reader may be shown it: a message's id says nothing to anybody."""
        theirs = {ConsentSource.STOP_REPLY, ConsentSource.START_REPLY, ConsentSource.RULE}
        return "" if self.event.source in theirs else self.event.evidence
