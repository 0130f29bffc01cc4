"""Who may operate: workspaces, their members, and the terms they accepted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.kernel.errors import DomainError
from domain.kernel.ids import MemberId, WorkspaceId

#: Raised when the text of the terms changes; members are asked again.
TERMS_VERSION: Final = 1

CLAIM_LIFETIME_HOURS: Final = 24


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    VIEWER = "viewer"


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
    """A tenant. `country` is ISO 3166 alpha-2, for numbers without a country code; `zone` is IANA."""

    id: WorkspaceId
    name: str
    country: str
    zone: str
    language: str


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
        return self.terms_version == TERMS_VERSION
