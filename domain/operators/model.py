"""Who may operate: workspaces, their members, and the terms they accepted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.kernel.errors import DomainError
from domain.kernel.ids import InviteId, MemberId, WorkspaceId

#: Raised when the text of the terms changes; members are asked again.
TERMS_VERSION: Final = 1

CLAIM_LIFETIME_HOURS: Final = 24
INVITE_LIFETIME_HOURS: Final = 24


class Right(StrEnum):
    """What somebody must be allowed, to go through a door of the chat.

    anybody: no member is asked for. read: look. work: everything but money and team. own: those too.
    admin: the desk itself, above workspaces.
    """

    ANYBODY = "anybody"
    READ = "read"
    WORK = "work"
    OWN = "own"
    ADMIN = "admin"


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    VIEWER = "viewer"

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[self]


RIGHTS: Final = {
    Role.VIEWER: frozenset({Right.ANYBODY, Right.READ}),
    Role.MANAGER: frozenset({Right.ANYBODY, Right.READ, Right.WORK}),
    Role.OWNER: frozenset({Right.ANYBODY, Right.READ, Right.WORK, Right.OWN}),
}


class NotAllowed(DomainError):
    """The member's role is too low. The code ends with the right that is asked for; `role` is theirs."""

    def __init__(self, right: Right, role: Role) -> None:
        super().__init__(role=role.value)
        self.code = f"role.{right.value}"


class LastOwner(DomainError):
    """Somebody must stay who can pay and invite."""

    code = "team.last_owner"


class WorkspaceSuspended(DomainError):
    """An admin has stopped its sending; reading works. `why` as the admin wrote it."""

    code = "workspace.suspended"


class TermsChanged(DomainError):
    """There is a new version of the terms; it has to be accepted before the next send."""

    code = "terms.changed"


class InviteRefused(DomainError):
    """The code ends with why: forged, used, expired, revoked or member."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.code = f"invite.{why}"


class DeskIsPrivate(DomainError):
    """A stranger knocked."""

    code = "desk.private"


class TermsNotAccepted(DomainError):
    """The box must be ticked before going on."""

    code = "terms.not_accepted"


class ClaimRefused(DomainError):
    """The link was used, has ended, or never was. Which of them is not told."""

    code = "claim.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A tenant. `country` is ISO 3166 alpha-2, for numbers without a country code; `zone` is IANA.
    `country_chosen`: somebody named it, so that no number changes it."""

    id: WorkspaceId
    name: str
    country: str
    zone: str
    language: str
    suspended_at: datetime | None = None
    suspended_why: str | None = None
    country_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A Telegram user in a workspace."""

    id: MemberId
    workspace_id: WorkspaceId
    telegram_id: int
    name: str
    role: Role
    terms_version: int | None
    terms_at: datetime | None
    test_number: str | None

    @property
    def has_accepted_terms(self) -> bool:
        """Some version of them: enough to come in. Sending asks for the present one."""
        return self.terms_version is not None

    @property
    def terms_are_current(self) -> bool:
        return self.terms_version == TERMS_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A link that makes one person a member, once."""

    id: InviteId
    workspace_id: WorkspaceId
    role: Role
    created_by: MemberId
    created_at: datetime
    expires_at: datetime
    used_by: int | None
    used_at: datetime | None
    revoked_at: datetime | None

    def why_not(self, now: datetime) -> str | None:
        """What stands against using it: "used", "revoked" or "expired"."""
        if self.used_at is not None:
            return "used"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if now >= self.expires_at else None
