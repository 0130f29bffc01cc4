"""Message templates as WhatsApp holds them: whether they may be sent, and what wants a value in them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, NewType

from domain.kernel.errors import DomainError
from domain.pacing.channel_limits import Quality

#: `{{1}}` or `{{first_name}}`.
PARAMETER: Final = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,64})\s*\}\}")

#: Longest value in the header and in the body (Meta's reference of the parameter object). It allows 32,768 in
#: a body that stands alone; nobody types that, and a body that comes out too long is refused (132005).
LONGEST_HEADER_VALUE: Final = 60
LONGEST_BODY_VALUE: Final = 1024
#: Ours, for what goes into a button's address or is copied by it.
LONGEST_BUTTON_VALUE: Final = 2000
LONGEST_COUPON: Final = 15

#: One place of a template that wants a value: `header.1`, `body.first_name`, `button.0`.
Slot = NewType("Slot", str)


class TemplateStatus(StrEnum):
    """WhatsApp's word for where a template stands; only `APPROVED` is sent."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    IN_APPEAL = "in_appeal"
    DELETED = "deleted"
    PENDING_DELETION = "pending_deletion"
    LIMIT_EXCEEDED = "limit_exceeded"
    ARCHIVED = "archived"
    LOCKED = "locked"
    UNKNOWN = "unknown"


class TemplateCategory(StrEnum):
    MARKETING = "marketing"
    UTILITY = "utility"
    AUTHENTICATION = "authentication"
    UNKNOWN = "unknown"


class HeaderKind(StrEnum):
    NONE = "none"
    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


class ButtonKind(StrEnum):
    QUICK_REPLY = "quick_reply"
    URL = "url"
    PHONE = "phone"
    COPY_CODE = "copy_code"


class TemplateNotReady(DomainError):
    """`name` and `status` of a template that cannot be sent now."""

    code = "cloud_template.not_ready"


class TemplateNotCarried(DomainError):
    """`name` of a template that holds `what` we do not send."""

    code = "cloud_template.not_carried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`wants_value`: an address with a blank at its end, or a code to be copied."""

    kind: ButtonKind
    text: str
    wants_value: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """As WhatsApp holds it. `foreign`: parts that we do not send (a flow, a catalogue, a carousel, ...).
    `why`: WhatsApp's word for why it was rejected ("invalid_format", ...); empty when it was not, or is not
    told."""

    id: str
    name: str
    language: str
    status: TemplateStatus
    category: TemplateCategory
    body: str
    quality: Quality = Quality.UNKNOWN
    header: HeaderKind = HeaderKind.NONE
    header_text: str = ""
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    named: bool = False
    foreign: tuple[str, ...] = ()
    why: str = ""

    @property
    def wants_media(self) -> bool:
        return self.header in {HeaderKind.IMAGE, HeaderKind.VIDEO, HeaderKind.DOCUMENT}

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every place that wants a value, in reading order."""
        return _slots_of(self.header_text, self.body, self.buttons)

    def limit_of(self, slot: Slot) -> int:
        """The longest value a place takes, in characters."""
        place, _, which = slot.partition(".")
        if place == "header":
            return LONGEST_HEADER_VALUE
        if place == "button":
            copied = self.buttons[int(which)].kind is ButtonKind.COPY_CODE
            return LONGEST_COUPON if copied else LONGEST_BUTTON_VALUE
        return LONGEST_BODY_VALUE

    def check_ready(self) -> None:
        """Raise why it cannot be sent, if so."""
        if self.foreign:
            raise TemplateNotCarried(name=self.name, what=", ".join(self.foreign))
        if self.status is not TemplateStatus.APPROVED or self.quality is Quality.RED:
            status = "red" if self.status is TemplateStatus.APPROVED else self.status.value
            raise TemplateNotReady(name=self.name, status=status)


@lru_cache(maxsize=256)
def _slots_of(header: str, body: str, buttons: tuple[Button, ...]) -> tuple[Slot, ...]:
    """Kept: a campaign asks of the same template for every message."""
    return (
        *(Slot(f"header.{name}") for name in parameters_of(header)),
        *(Slot(f"body.{name}") for name in parameters_of(body)),
        *(Slot(f"button.{n}") for n, button in enumerate(buttons) if button.wants_value),
    )


@lru_cache(maxsize=256)
def parameters_of(text: str) -> tuple[str, ...]:
    """Names of the blanks, each once: numbered ones by number, named ones as they appear. Kept, like
    `_slots_of`."""
    names = list(dict.fromkeys(match[1] for match in PARAMETER.finditer(text)))
    if all(name.isdigit() for name in names):
        names.sort(key=int)
    return tuple(names)
