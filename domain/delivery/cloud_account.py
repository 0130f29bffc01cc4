"""A number of the official channel, as WhatsApp describes it, and what is wrong when it cannot be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from domain.delivery.templates import MessageTemplate
from domain.kernel.errors import DomainError
from domain.pacing.bucket import HIGH_CEILING, SHARED_CEILING, STANDARD_CEILING
from domain.pacing.channel_limits import PeopleLimit, Quality

_ID: Final = re.compile(r"[0-9]{5,25}")
_TOKEN: Final = re.compile(r"[!-~]{20,1000}")


class CloudTokenRefused(DomainError):
    """The token is no token, has run out, or was taken back."""

    code = "cloud.token_refused"


class CloudPermissionMissing(DomainError):
    """`permission`: what the token would have to allow besides."""

    code = "cloud.permission_missing"


class CloudWrongId(DomainError):
    """`id`, as given: no such number or account, or none that this token may see."""

    code = "cloud.wrong_id"


class CloudUnreachable(DomainError):
    """WhatsApp does not answer, or not in a way that can be read. Trying later is right."""

    code = "cloud.unreachable"


class CloudRefuses(DomainError):
    """WhatsApp refuses for a reason of its own: `number` is its error code."""

    code = "cloud.refuses"


class Throughput(StrEnum):
    STANDARD = "standard"
    HIGH = "high"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberInfo:
    """What WhatsApp says of a number. `number`: E.164 with its plus. `shared`: the Business app uses it too.
    `can_send`: WhatsApp's word for whether messages leave ("available", "limited", "blocked"). `people`: None
    when WhatsApp does not say. `waba_id`: the business account whose templates it uses, where it is told."""

    id: str
    number: str
    name: str
    quality: Quality
    throughput: Throughput
    people: PeopleLimit | None
    status: str = ""
    shared: bool = False
    waba_id: str | None = None
    can_send: str = ""

    @property
    def ceiling(self) -> float:
        """Messages a second the number may send."""
        if self.shared:
            return SHARED_CEILING
        return HIGH_CEILING if self.throughput is Throughput.HIGH else STANDARD_CEILING


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateList:
    """`unreadable`: how many there were besides whose description could not be understood."""

    templates: Sequence[MessageTemplate]
    unreadable: int = 0


class CloudDirectory(Protocol):
    """What WhatsApp tells of one number and its business account.

    Everything raises CloudTokenRefused, CloudPermissionMissing, CloudWrongId, CloudRefuses, CloudUnreachable.
    """

    async def number(self) -> NumberInfo: ...

    async def check_permissions(self) -> None:
        """Raises CloudPermissionMissing when the token says itself that it may not send or may not read
        templates. Silent when WhatsApp does not tell."""
        ...

    async def templates(self, waba_id: str) -> TemplateList: ...

    async def subscribe(self, waba_id: str) -> None:
        """Have the webhooks of this business account brought to the token's app, where it may ask for that. A
        refusal is only logged: somebody else may have seen to it."""
        ...


def check_id(text: str) -> str:
    """An id as WhatsApp gives them: digits. Raises CloudWrongId."""
    if not _ID.fullmatch(text.strip()):
        raise CloudWrongId(id=text.strip()[:40])
    return text.strip()


def check_token(text: str) -> str:
    """A token without line breaks or blanks. Raises CloudTokenRefused; never says what was given."""
    if not _TOKEN.fullmatch(text.strip()):
        raise CloudTokenRefused()
    return text.strip()
