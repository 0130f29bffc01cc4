"""Pieces of webhook bodies, read strictly: whatever is not of its shape is a ValueError."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from domain.delivery.cloud_news import InboundMessage, Person, PersonChanged
from whatsapp.cloud.errors import Why, error_from_json, reason_of
from whatsapp.texts import storable

Json = Mapping[str, Any]

#: What came, in the words that the chat has sentences for (`reply.*`).
_MEDIA: Final = {
    "image": "image", "video": "video", "document": "document", "sticker": "sticker",
    "location": "location", "contacts": "contact",
}  # fmt: skip
_CHANGED: Final = frozenset(
    {"user_changed_number", "customer_changed_number", "user_changed_user_id"}
)  # fmt: skip
#: What comes with a file.
_FILES: Final = frozenset({"image", "video", "document", "audio", "sticker"})
_LONGEST_MIME: Final = 127
_LONGEST_NAME: Final = 255
_LONGEST_ID: Final = 512
#: WhatsApp's own texts end at 4096; what is longer is kept to this.
_LONGEST_TEXT: Final = 65_536
_EARLIEST: Final = datetime(2009, 1, 1, tzinfo=UTC).timestamp()
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


def obj(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")
    return value


def items(value: object, name: str) -> Sequence[object]:
    """A list; nothing at all counts as an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
    return value


def ident(value: object, name: str) -> str:
    """An id: text, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    id = maybe_id(value)
    if id is None:
        raise ValueError(f"{name} is no id")
    return id


def maybe_id(value: object) -> str | None:
    good = isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and storable(value) == value
    return value if isinstance(value, str) and good else None


def words(value: object) -> str:
    """As a database keeps them."""
    return storable(value[:_LONGEST_TEXT]) if isinstance(value, str) else ""


def moment(value: object) -> datetime:
    """Seconds since 1970, as a number or in digits."""
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ValueError("timestamp is no time")
    if not _EARLIEST <= int(text) <= _LATEST:
        raise ValueError("timestamp is out of range")
    return datetime.fromtimestamp(int(text), tz=UTC)


def why(errors: object) -> Why | None:
    """What a list of errors comes to; None where there is none."""
    if not isinstance(errors, list):
        return None
    return reason_of([error for one in errors if (error := error_from_json(one)) is not None])


def contacts_of(value: Json) -> list[Person]:
    """Everybody named beside the messages; what cannot be read there is left out."""
    return [
        Person(
            wa_id=maybe_id(one.get("wa_id")),
            user_id=maybe_id(one.get("user_id")),
            parent_user_id=maybe_id(one.get("parent_user_id")),
            name=words(profile.get("name"))[:200],
            username=words(profile.get("username"))[:200],
        )
        for one in _objects(value.get("contacts"))
        for profile in (one["profile"] if isinstance(one.get("profile"), dict) else {},)
    ]


def _objects(value: object) -> Iterator[Json]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield one


def person(
    wa_id: object, user_id: object, contacts: Sequence[Person], *, parent: object = None
) -> Person | None:
    """Somebody by what a piece says of them, and by what stands about them beside it. None: nobody."""
    said = Person(wa_id=maybe_id(wa_id), user_id=maybe_id(user_id), parent_user_id=maybe_id(parent))
    for one in contacts:
        same = (said.wa_id is not None and said.wa_id == one.wa_id) or (
            said.user_id is not None and said.user_id == one.user_id
        )
        alone = len(contacts) == 1 and said.wa_id is None and said.user_id is None
        if same or alone:
            return replace(
                one,
                wa_id=said.wa_id or one.wa_id,
                user_id=said.user_id or one.user_id,
                parent_user_id=said.parent_user_id or one.parent_user_id,
            )
    return said if said.wa_id or said.user_id else None


def message(
    piece: Json, contacts: Sequence[Person], phone_number_id: str
) -> InboundMessage | PersonChanged | None:
    """What somebody sent. None: a system message that changes nothing for us."""
    who = person(
        piece.get("from"), piece.get("from_user_id"), contacts, parent=piece.get("from_parent_user_id")
    )
    if who is None:
        raise ValueError("a message from nobody")
    at, kind = moment(piece.get("timestamp")), ident(piece.get("type"), "type")
    if kind == "system":
        return _changed(obj(piece.get("system"), "system"), who, phone_number_id, at)
    inner = piece.get(kind)
    inside: Json = inner if isinstance(inner, dict) else {}
    text, payload = _said(kind, inside)
    context = piece.get("context")
    answered = inside.get("message_id") if kind == "reaction" else None
    if answered is None and isinstance(context, dict):
        answered = context.get("id")
    return InboundMessage(
        phone_number_id=phone_number_id,
        message_id=ident(piece.get("id"), "id"),
        person=who,
        kind=kind,
        text=text,
        at=at,
        media=_media(kind, inside),
        media_id=maybe_id(inside.get("id")) if kind in _FILES else None,
        mime=words(inside.get("mime_type"))[:_LONGEST_MIME] if kind in _FILES else "",
        filename=words(inside.get("filename"))[:_LONGEST_NAME] if kind in _FILES else "",
        payload=payload,
        answers=maybe_id(answered),
    )


def _said(kind: str, inside: Json) -> tuple[str, str | None]:
    """The words of a message, and what its button carries."""
    match kind:
        case "text":
            return words(inside.get("body")), None
        case "button":
            return words(inside.get("text")), maybe_id(inside.get("payload"))
        case "interactive":
            chosen = inside.get(str(inside.get("type")))
            if not isinstance(chosen, dict):
                return "", None
            payload = chosen.get("id") or chosen.get("name")
            return words(chosen.get("title") or chosen.get("body")), maybe_id(payload)
        case "reaction":
            return words(inside.get("emoji")), None
        case "location":
            return words(inside.get("name") or inside.get("address")), None
        case _:
            return words(inside.get("caption")), None


def _media(kind: str, inside: Json) -> str | None:
    if kind in {"text", "button", "interactive", "reaction"}:
        return None
    if kind == "audio":
        return "voice" if inside.get("voice") is True else "audio"
    return _MEDIA.get(kind, "other")


def _changed(system: Json, who: Person, phone_number_id: str, at: datetime) -> PersonChanged | None:
    if system.get("type") not in _CHANGED:
        return None
    wa_id = maybe_id(system.get("wa_id")) or maybe_id(system.get("new_wa_id"))
    user_id = maybe_id(system.get("user_id"))
    if wa_id is None and user_id is None:
        raise ValueError("somebody changed into nobody")
    # What stands beside a change may be who they are now; only the message itself says who they were.
    after = Person(
        wa_id=wa_id, user_id=user_id, parent_user_id=maybe_id(system.get("parent_user_id")), name=who.name
    )
    return PersonChanged(phone_number_id=phone_number_id, before=who, after=after, at=at)
