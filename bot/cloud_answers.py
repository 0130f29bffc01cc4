"""What is meant by an answer while a number of the official channel is added or looked after: an id, a token,
an app's secret, out of the words around it. Nothing here repeats what was given."""

import re
from typing import Final

from domain.kernel.errors import DomainError

#: An access token of Meta's, whatever stands around it; broken into lines, too, as some programs copy it.
TOKEN: Final = re.compile(r"EAA(?:(?:[ \t]*[\r\n]\s*)?[A-Za-z0-9_-]){40,}")
#: The same where it begins by itself: within longer words, in links that people share, it is there by chance.
TOKEN_ALONE: Final = re.compile(rf"(?<![A-Za-z0-9_-]){TOKEN.pattern}")
#: An app's secret as Meta shows it. Much else looks like that: it is taken for one where it is asked for.
APP_SECRET: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{32}(?![0-9a-fA-F])")
#: What may be a secret of any kind, with a letter in it: while a number is added it is taken for one.
LONG_WORD: Final = re.compile(r"(?<![A-Za-z0-9_-])(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{20,}")

_UNBROKEN: Final = re.compile(r"(?<![A-Za-z0-9_-])EAA[A-Za-z0-9_-]{40,}")
_ID: Final = re.compile(r"[0-9]{5,25}")
#: Among other words; longer than what is left of a phone number after its country.
_ID_AMONG_WORDS: Final = re.compile(r"(?<![\w+-])[0-9]{13,25}(?![\w-])")
_PHONE: Final = re.compile(r".*\+\s*\(?[0-9].*|[^0-9]?(?:[0-9][ ().\-/]{0,2}){7,}", re.DOTALL)


class CloudNoId(DomainError):
    """There is no Phone number ID in the answer, or more than one."""

    code = "cloud.no_id"


class CloudIdIsPhone(DomainError):
    """The phone number itself was given."""

    code = "cloud.id_is_phone"


class CloudNoToken(DomainError):
    """There is no access token in the answer, or more than one."""

    code = "cloud.no_token"


class CloudTokenOfOthers(DomainError):
    """The token is good, and may not use `number`."""

    code = "cloud.token_of_others"


class CloudNoBusinessId(DomainError):
    """There is no WhatsApp Business Account ID in the answer, or more than one."""

    code = "cloud.no_waba"


def id_in(text: str) -> str | None:
    """The id of something at WhatsApp: digits."""
    alone = text.strip()
    return alone if _ID.fullmatch(alone) else _only(_ID_AMONG_WORDS, text)


def looks_like_a_phone(text: str) -> bool:
    return _PHONE.fullmatch(text.strip()) is not None


def token_in(text: str) -> str | None:
    """One that begins as Meta's do; else the only word that is long enough to be one."""
    return _only(_UNBROKEN if _UNBROKEN.search(text) else LONG_WORD, text)


def app_secret_in(text: str) -> str:
    """The text itself where none is seen in it."""
    return _only(APP_SECRET, text) or text.strip()


def _only(form: re.Pattern[str], text: str) -> str | None:
    found = set(form.findall(text))
    return found.pop() if len(found) == 1 else None
