"""Outcomes and news as JSON, both ways."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, assert_never

from domain.delivery.model import Progress
from domain.delivery.ports import (
    Accepted,
    AccountNews,
    Attachment,
    Fault,
    News,
    NewsItem,
    ReceiptNews,
    Rejected,
    ReplyNews,
    SendOutcome,
    Unknown,
)
from domain.kernel.ids import AttemptKey
from whatsapp.texts import storable, storable_id


def outcome_to_json(outcome: Accepted | Rejected) -> dict[str, object]:
    if isinstance(outcome, Accepted):
        return {"outcome": "accepted", "provider_id": outcome.provider_id}
    return {
        "outcome": "rejected",
        "reason": outcome.reason,
        "can_retry": outcome.can_retry,
        "fault": outcome.fault.value,
    }


def outcome_from_json(body: Any) -> SendOutcome:
    """What is not an answer of ours teaches nothing: Unknown."""
    try:
        if body["outcome"] == "accepted":
            return Accepted(str(body["provider_id"]))
        if body["outcome"] == "rejected":
            return Rejected(str(body["reason"]), body["can_retry"] is True, Fault(body["fault"]))
    except (KeyError, TypeError, ValueError):
        pass
    return Unknown("bad_answer")


def news_to_json(item: NewsItem) -> dict[str, object]:
    news = item.news
    body: dict[str, object] = {"cursor": item.cursor, "at": news.at.isoformat()}
    match news:
        case ReceiptNews():
            return body | {
                "kind": "receipt",
                "key": news.key,
                "progress": news.progress.value,
                "reason": news.reason,
            }
        case ReplyNews():
            file = None if news.attachment is None else asdict(news.attachment)
            return body | {
                "kind": "reply",
                "event": news.event,
                "sender": news.sender,
                "text": news.text,
                "media": news.media,
                "attachment": file,
            }
        case AccountNews():
            return body | {"kind": "account", "state": news.state}
        case _:
            assert_never(news)


def _attachment(file: Any) -> Attachment:
    return Attachment(
        ref=storable_id(file["ref"]),
        mime=storable(file["mime"]),
        filename=storable(file["filename"]),
        size=file["size"],
    )


def news_from_json(body: Any) -> NewsItem:
    """Raises ValueError, KeyError or TypeError for what is not an item."""
    at = datetime.fromisoformat(body["at"])
    news: News
    match body["kind"]:
        case "receipt":
            news = ReceiptNews(
                key=AttemptKey(str(body["key"])),
                progress=Progress(body["progress"]),
                at=at,
                reason=body["reason"],
            )
        case "reply":
            file = body.get("attachment")
            news = ReplyNews(
                event=storable_id(str(body["event"])),
                sender=storable(str(body["sender"])),
                text=storable(str(body["text"])),
                at=at,
                media=body.get("media"),
                attachment=None if file is None else _attachment(file),
            )
        case "account":
            news = AccountNews(state=str(body["state"]), at=at)
        case other:
            raise ValueError(f"unknown news {other!r}")
    return NewsItem(int(body["cursor"]), news)
