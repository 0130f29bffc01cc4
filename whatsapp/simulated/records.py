"""What happens in the simulated world, as records: applied to memory and kept on disk in the same shape."""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaNote:
    """A file as it came to a phone. `sha256` names its bytes; `size` in bytes."""

    kind: str
    filename: str
    mime: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A simulated number was linked. `link_key` is the asker's own name for the request."""

    account: str
    number: str
    link_key: str | None
    cursor: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTurned:
    """An account became connected, unlinked or restricted."""

    account: str
    state: str
    cursor: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """A message for a phone was taken. `reaches` is False when that person has blocked the sender."""

    key: str
    account: str
    number: str
    text: str
    media: MediaNote | None
    provider_id: str
    reaches: bool
    cursor: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A message was refused, for good under this key."""

    key: str
    reason: str
    can_retry: bool
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """A message was delivered or read (`progress` as in `domain.delivery.model.Progress`)."""

    key: str
    progress: int
    cursor: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """A person wrote to an account; `answers` is the message they answered by themselves, if one."""

    event: str
    number: str
    account: str
    text: str
    answers: str | None
    cursor: int
    at: datetime
    media: MediaNote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """A phone's switches, as they are from now on."""

    number: str
    offline: bool
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """The asker already knows later cursors than ours (its memory outlived ours): go on above them."""

    account: str
    cursor: int


Record = Linked | AccountTurned | Took | Refused | Advanced | Wrote | Switched | Skipped

_TYPES: dict[str, type[Record]] = {
    kind.__name__: kind for kind in (Linked, AccountTurned, Took, Refused, Advanced, Wrote, Switched, Skipped)
}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, MediaNote):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"cannot be kept in the journal: {type(value).__name__}")


def encode(record: Record) -> bytes:
    """One JSON line."""
    body = {field.name: getattr(record, field.name) for field in fields(record)}
    line = json.dumps({"t": type(record).__name__, **body}, default=_plain, ensure_ascii=False)
    return line.encode() + b"\n"


def decode(line: bytes) -> Record:
    """The record of one line. Raises ValueError (also KeyError, TypeError) when it is not one."""
    body: dict[str, Any] = json.loads(line)
    kind = _TYPES[body.pop("t")]
    if "at" in body:
        body["at"] = datetime.fromisoformat(body["at"])
    if body.get("media") is not None:
        body["media"] = MediaNote(**body["media"])
    return kind(**body)
