"""What the Cloud API would refuse, said before anything leaves."""

import re
from typing import Final

from domain.delivery.content import OutgoingMessage
from domain.delivery.faults import NOT_ON_WHATSAPP, TOO_LONG
from domain.delivery.media_limits import (
    CaptionNotCarried,
    MediaEmpty,
    MediaKindRefused,
    MediaTooLarge,
    check_media,
)
from domain.delivery.ports import Fault, Rejected
from domain.delivery.template_values import FilledTemplate, TemplateMessage
from domain.delivery.templates import LONGEST_BODY_VALUE, LONGEST_BUTTON_VALUE, LONGEST_HEADER_VALUE

LONGEST_TEXT: Final = 4096
LONGEST_CAPTION: Final = 1024
LONGEST_FILENAME: Final = 240
#: `biz_opaque_callback_data`.
LONGEST_KEY: Final = 512

EMPTY: Final = Rejected("nothing_to_send", False, Fault.PERSON)
TEMPLATE_VALUE: Final = Rejected("template_value_refused", False, Fault.PERSON)
# The file is the same for everybody: three in a row pause the campaign.
MEDIA_REFUSED: Final = Rejected("media_refused", False, Fault.ACCOUNT)
MEDIA_TOO_LARGE: Final = Rejected("media_too_large", False, Fault.ACCOUNT)
MEDIA_KIND: Final = Rejected("media_kind_refused", False, Fault.ACCOUNT)
CAPTION_ON_SOUND: Final = Rejected("caption_on_sound", False, Fault.ACCOUNT)
KEY_TOO_LONG: Final = Rejected("request_refused", False, Fault.ACCOUNT)

REASONS: Final = frozenset(
    one.reason
    for one in (
        NOT_ON_WHATSAPP, TOO_LONG, EMPTY, TEMPLATE_VALUE, MEDIA_REFUSED, MEDIA_TOO_LARGE, MEDIA_KIND,
        CAPTION_ON_SOUND, KEY_TOO_LONG,
    )
)  # fmt: skip

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
#: A business-scoped user id: `US.1502576394655843`, `US.ENT.118157992128868`.
_USER_ID: Final = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
#: What a template's value may not hold: line breaks, tabs, more than four blanks in a row.
_UNRULY: Final = re.compile(r"[\r\n\t]| {5,}")


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def is_user_id(text: str) -> bool:
    return _USER_ID.fullmatch(text) is not None


def refusal(message: OutgoingMessage) -> Rejected | None:
    """Why it must not even be tried; None when nothing speaks against it."""
    if not is_number(message.to) and not is_user_id(message.to):
        return NOT_ON_WHATSAPP
    if not 0 < len(message.key) <= LONGEST_KEY:
        return KEY_TOO_LONG
    if isinstance(message, TemplateMessage):
        return _of_template(message.template) or _of_media(message, caption="")
    if message.media is not None:
        return (TOO_LONG if len(message.text) > LONGEST_CAPTION else None) or _of_media(
            message, caption=message.text
        )
    if not message.text.strip():
        return EMPTY
    return TOO_LONG if len(message.text) > LONGEST_TEXT else None


def _of_template(template: FilledTemplate) -> Rejected | None:
    values = [
        *((value, LONGEST_HEADER_VALUE) for _, value in template.header),
        *((value, LONGEST_BODY_VALUE) for _, value in template.body),
        *((button.value, LONGEST_BUTTON_VALUE) for button in template.buttons),
    ]
    for value, limit in values:
        if not value.strip() or _UNRULY.search(value):
            return TEMPLATE_VALUE
        if len(value) > limit:
            return TOO_LONG
    return None


def _of_media(message: OutgoingMessage, *, caption: str) -> Rejected | None:
    if message.media is None:
        return None
    try:
        check_media(message.media, caption=caption)
    except MediaTooLarge:
        return MEDIA_TOO_LARGE
    except MediaKindRefused:
        return MEDIA_KIND
    except CaptionNotCarried:
        return CAPTION_ON_SOUND
    except MediaEmpty:
        return MEDIA_REFUSED
    return None
