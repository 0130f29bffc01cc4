"""What travels between MassSender and its worker (worker_node/protocol/schemas.json), both ways.

Reading raises ValueError, KeyError or TypeError for what is not of that shape.
"""

import logging
import re
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final

from domain.accounts.web import SessionState, WebGroup, WebGroups, WebMember, WebSession, WorkerNode
from domain.delivery.content import Media, MediaKind, OutgoingMessage
from domain.delivery.model import Progress
from domain.delivery.ports import (
    Accepted,
    AccountNews,
    Attachment,
    Fault,
    News,
    NewsItem,
    Recalled,
    ReceiptNews,
    Rejected,
    ReplyNews,
    SendOutcome,
    Unknown,
)
from domain.kernel.ids import AttemptKey
from whatsapp.texts import storable, storable_id

log = logging.getLogger(__name__)

LONGEST_TEXT: Final = 65_536
_LONGEST_NAME: Final = 255
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_KINDS: Final = {kind: "image" if kind is MediaKind.PHOTO else kind.value for kind in MediaKind}
_PROGRESS: Final = {
    "sent": Progress.SENT, "server": Progress.SENT, "delivered": Progress.DELIVERED, "read": Progress.READ,
    "failed": Progress.FAILED,
}  # fmt: skip
#: The answer to a key that was never used and is closed now.
NEVER_SENT: Final = "never_sent"
#: WhatsApp's server has not said yet that it has it.
NO_ACK: Final = "no_ack"


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def message_to_json(message: OutgoingMessage) -> dict[str, object]:
    body: dict[str, object] = {"to": message.to, "text": message.text}
    if message.heard is not None:
        body["heard"] = message.heard
    return body if message.media is None else body | {"media": _media_to_json(message.media)}


def _media_to_json(media: Media) -> dict[str, object]:
    return {"kind": _KINDS[media.kind], "filename": filename_of(media), "mime": media.mime}


def filename_of(media: Media) -> str:
    """Its name, short enough and never empty; the ending, which phones go by, stays."""
    name = media.filename or "file"
    if len(name) <= _LONGEST_NAME:
        return name
    ending = PurePath(name).suffix[:20]
    return name[: _LONGEST_NAME - len(ending)] + ending


def outcome_from_json(body: Any) -> SendOutcome:
    """A `message_state` as the outcome of its send."""
    return recalled_from_json(body).outcome


def recalled_from_json(body: Any) -> Recalled:
    """A `message_state`: what became of a message so far."""
    state, reason = str(body["state"]), body["reason"]
    at, journal = datetime.fromisoformat(body["at"]), str(body["journal"])
    match state:
        case "server" | "delivered" | "read":
            outcome = Accepted(str(body["provider_id"] or ""))
            return Recalled(outcome=outcome, at=at, progress=_PROGRESS[state], journal=journal)
        case "failed":
            fault = Fault.ACCOUNT if body["fault"] is None else Fault(body["fault"])
            refusal = Rejected(str(reason or "temporary"), body["can_retry"] is True, fault)
            return Recalled(outcome=refusal, at=at, never_sent=reason == NEVER_SENT, journal=journal)
        case "unknown":
            return Recalled(outcome=Unknown(str(reason or "silence")), at=at, journal=journal)
        case "queued" | "attempting" | "submitted":
            return Recalled(outcome=Unknown(NO_ACK), at=at, settled=False, journal=journal)
        case _:
            raise ValueError(f"no state of a message: {state!r}")


def session_from_json(remote: str, body: Any) -> WebSession:
    return WebSession(
        remote=remote, rev=int(body["rev"]), state=SessionState(body["state"]),
        since=datetime.fromisoformat(body["since"]), reason=body["reason"], number=body["number"],
        name=_maybe(body["name"]), other_number=body["other_number"],
    )  # fmt: skip


def start_to_json(number: str | None, listen_since: datetime | None) -> dict[str, str]:
    """A `start_request`."""
    wishes = {} if number is None else {"number": number}
    if listen_since is not None:
        at = listen_since.astimezone(UTC).isoformat(timespec="milliseconds")
        wishes["listen_since"] = at.replace("+00:00", "Z")
    return wishes


def node_from_json(name: str, body: Any) -> WorkerNode:
    return WorkerNode(
        name=name, sessions=int(body["sessions"]), limit=int(body["limit"]), ready=int(body["ready"]),
        memory_bytes=int(body["memory_bytes"]),
    )  # fmt: skip


def groups_from_json(body: Any) -> WebGroups:
    groups = [
        WebGroup(id=str(one["id"]), name=storable(str(one["name"])), size=one["size"], error=one["error"])
        for one in body["groups"]
    ]
    at = None if body["at"] is None else datetime.fromisoformat(body["at"])
    return WebGroups(groups=groups, at=at, refreshing=body["refreshing"] is True)


def members_from_json(body: Any) -> list[WebMember]:
    return [WebMember(number=one["number"], name=_maybe(one["name"])) for one in body["members"]]


def checked_from_json(body: Any) -> dict[str, bool | None]:
    return {str(one["number"]): one["on_whatsapp"] for one in body["results"]}


def news_from_json(body: Any) -> NewsItem:
    """An item of `events`. One that cannot be read must not hold up what comes after it: it becomes news that
    changes nothing, and stands in the log by its cursor."""
    cursor = int(body["cursor"])
    try:
        return NewsItem(cursor, _news(body))
    except (ValueError, KeyError, TypeError) as error:
        log.warning("the worker's event %d cannot be read (%s)", cursor, type(error).__name__)
        return NewsItem(cursor, AccountNews(state="unreadable", at=datetime.fromisoformat(body["at"])))


def _maybe(name: str | None) -> str | None:
    return None if name is None else storable(name)


def _attachment(event: str, body: Any) -> Attachment | None:
    """None also where the worker is one from before it told of files."""
    if body is None:
        return None
    size = body["size"]
    return Attachment(
        ref=event, mime=storable(str(body["mime"])), filename=storable(str(body["filename"] or "")),
        size=None if size is None else int(size),
    )  # fmt: skip


def _news(body: Any) -> News:
    at = datetime.fromisoformat(body["at"])
    match body["kind"]:
        case "receipt":
            key, progress = AttemptKey(str(body["key"])), _PROGRESS[body["progress"]]
            return ReceiptNews(key=key, progress=progress, at=at, reason=body["reason"])
        case "reply":
            event = storable_id(str(body["event"]))
            return ReplyNews(
                event=event, sender=storable(str(body["from"])), text=storable(str(body["text"])), at=at,
                media=body["media"], attachment=_attachment(event, body.get("attachment")),
            )  # fmt: skip
        case "account":
            return AccountNews(state=str(body["state"]), at=at, reason=body["reason"])
        case other:
            raise ValueError(f"unknown news {other!r}")
