"""A webhook's body, entry by entry. What is not known is passed over; what cannot be read is set aside."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

from domain.delivery.cloud_news import (
    AccountUpdate,
    ChannelTrouble,
    CloudNews,
    NumberNews,
    Person,
    PreferenceNews,
    SetAside,
    StatusNews,
    TemplateNews,
)
from domain.delivery.model import Progress
from domain.kernel.ids import AttemptKey
from domain.pacing.channel_limits import PeopleLimit, Quality
from whatsapp.cloud.errors import Why
from whatsapp.cloud.pieces import (
    Json,
    contacts_of,
    ident,
    items,
    maybe_id,
    message,
    moment,
    obj,
    person,
    why,
    words,
)

_PROGRESS: Final = {
    "sent": Progress.SENT,
    "delivered": Progress.DELIVERED,
    "read": Progress.READ,
    "played": Progress.READ,
    "failed": Progress.FAILED,
}
_WANTS: Final = {"stop": False, "resume": True, "signup": True}
_NOTHING_WRONG: Final = Why("")
_UNREADABLE: Final = (ValueError, TypeError, KeyError, AttributeError)
#: Events of the business account after which nothing leaves.
_STOPS: Final = frozenset({"ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "PARTNER_REMOVED"})
_NO_MESSAGES: Final = frozenset(
    {"RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}
)


class Reader:
    """Gathers `news` and what was set `aside`."""

    def __init__(self) -> None:
        self.news: list[CloudNews] = []
        self.aside: list[SetAside] = []
        self._fields: dict[str, Callable[[str, Json, str, datetime | None], None]] = {
            "messages": self._messages,
            "user_preferences": self._preferences,
            "phone_number_quality_update": self._number,
            "business_capability_update": self._number,
            "message_template_status_update": self._template_status,
            "message_template_quality_update": self._template_quality,
            "message_template_components_update": self._template,
            "template_category_update": self._template_category,
            "account_update": self._account,
        }

    def body(self, body: Json) -> None:
        for n, entry in enumerate(items(body.get("entry"), "entry")):
            with self._piece(f"entry[{n}]"):
                self._entry(f"entry[{n}]", obj(entry, "entry"))

    def _entry(self, where: str, entry: Json) -> None:
        waba_id, time = ident(entry.get("id"), "id"), entry.get("time")
        at = None if time is None else moment(time)
        for n, one in enumerate(items(entry.get("changes"), "changes")):
            place = f"{where}.changes[{n}]"
            with self._piece(place):
                change = obj(one, "change")
                step = self._fields.get(str(change.get("field")))
                if step is not None:
                    step(place, obj(change.get("value"), "value"), waba_id, at)

    @contextmanager
    def _piece(self, where: str) -> Iterator[None]:
        """One that cannot be read is set aside by itself."""
        try:
            yield
        except _UNREADABLE as error:
            self._set_aside(where, error)

    def _set_aside(self, where: str, error: Exception) -> None:
        # Only what we say ourselves: an error of Python's might repeat what was in the piece.
        said = str(error) if type(error) is ValueError else type(error).__name__
        self.aside.append(SetAside(where=where, why=said[:200]))

    # ---- people

    def _messages(self, where: str, value: Json, waba_id: str, at: datetime | None) -> None:
        phone_number_id = _number_of(value)
        contacts = contacts_of(value)
        for n, one in enumerate(items(value.get("statuses"), "statuses")):
            try:
                self.news.append(_status(obj(one, "status"), contacts, phone_number_id))
            except _UNREADABLE as error:
                self._set_aside(f"{where}.statuses[{n}]", error)
        for n, one in enumerate(items(value.get("messages"), "messages")):
            with self._piece(f"{where}.messages[{n}]"):
                news = message(obj(one, "message"), contacts, phone_number_id)
                if news is not None:
                    self.news.append(news)
        if wrong := why(value.get("errors")):
            self.news.append(
                ChannelTrouble(
                    phone_number_id=phone_number_id,
                    reason=wrong.reason,
                    effect=wrong.effect,
                    code=wrong.code,
                )
            )

    def _preferences(self, where: str, value: Json, waba_id: str, at: datetime | None) -> None:
        phone_number_id = _number_of(value)
        contacts = contacts_of(value)
        for n, one in enumerate(items(value.get("user_preferences"), "user_preferences")):
            with self._piece(f"{where}.user_preferences[{n}]"):
                news = _preference(obj(one, "preference"), contacts, phone_number_id)
                if news is not None:
                    self.news.append(news)

    # ---- the number, its templates, its account

    def _number(self, where: str, value: Json, waba_id: str, at: datetime | None) -> None:
        event = words(value.get("event"))[:100]
        limit = PeopleLimit.of(value.get("max_daily_conversations_per_business"))
        if limit is None and event != "THROUGHPUT_UPGRADE":
            # Until February 2026 it stood here; with a throughput's upgrade this is no limit of people.
            limit = PeopleLimit.of(value.get("current_limit")) or PeopleLimit.of(
                value.get("max_daily_conversation_per_phone")
            )
        self.news.append(
            NumberNews(
                waba_id=waba_id,
                number=words(value.get("display_phone_number"))[:40],
                event=event,
                at=at,
                limit=limit,
                quality=Quality.RED if event == "FLAGGED" else None,
            )
        )

    def _template(self, where: str, value: Json, waba_id: str, at: datetime | None) -> None:
        self.news.append(_template_news(value, waba_id, at))

    def _template_status(self, where: str, value: Json, waba_id: str, at: datetime | None) -> None:
        status = ident(value.get("event"), "event").lower()[:40]
        reason, other = words(value.get("reason"))[:200], value.get("other_info")
        reason = "" if reason == "NONE" else reason
        if not reason and isinstance(other, dict):
            reason = words(other.get("description"))[:200]
        self.news.append(replace(_template_news(value, waba_id, at), status=status, reason=reason))

    def _template_quality(self, where: str, value: Json, waba_id: str, at: datetime | None) -> None:
        quality = Quality.of(value.get("new_quality_score"))
        self.news.append(replace(_template_news(value, waba_id, at), quality=quality))

    def _template_category(self, where: str, value: Json, waba_id: str, at: datetime | None) -> None:
        category = ident(value.get("new_category"), "new_category").lower()[:40]
        self.news.append(replace(_template_news(value, waba_id, at), category=category))

    def _account(self, where: str, value: Json, waba_id: str, at: datetime | None) -> None:
        event = ident(value.get("event"), "event")
        ban, broken = value.get("ban_info"), value.get("violation_info")
        details: list[str] = []
        if isinstance(ban, dict):
            details.append(words(ban.get("waba_ban_state")))
        if isinstance(broken, dict):
            details.append(words(broken.get("violation_type")))
        restrictions = value.get("restriction_info")
        details.extend(
            words(obj(one, "restriction").get("restriction_type"))
            for one in (restrictions if isinstance(restrictions, list) else ())
        )
        stops = event in _STOPS or "DISABLE" in details or not _NO_MESSAGES.isdisjoint(details)
        self.news.append(
            AccountUpdate(
                waba_id=waba_id,
                event=event,
                at=at,
                stops_sending=stops,
                details=tuple(one[:100] for one in details if one),
            )
        )


def _number_of(value: Json) -> str:
    return ident(obj(value.get("metadata"), "metadata").get("phone_number_id"), "phone_number_id")


def _status(piece: Json, contacts: Sequence[Person], phone_number_id: str) -> StatusNews:
    progress = _PROGRESS.get(str(piece.get("status")))
    if progress is None:
        raise ValueError("a status we do not know")
    who = person(
        piece.get("recipient_id"),
        piece.get("recipient_user_id"),
        contacts,
        parent=piece.get("parent_recipient_user_id"),
    )
    key = maybe_id(piece.get("biz_opaque_callback_data"))
    wrong = why(piece.get("errors")) or _NOTHING_WRONG
    return StatusNews(
        phone_number_id=phone_number_id,
        message_id=ident(piece.get("id"), "id"),
        key=None if key is None else AttemptKey(key),
        progress=progress,
        at=moment(piece.get("timestamp")),
        person=who,
        reason=wrong.reason or None,
        effect=wrong.effect,
        code=wrong.code,
    )


def _preference(piece: Json, contacts: Sequence[Person], phone_number_id: str) -> PreferenceNews | None:
    if piece.get("category", "marketing_messages") != "marketing_messages":
        return None
    who = person(piece.get("wa_id"), piece.get("user_id"), contacts, parent=piece.get("parent_user_id"))
    if who is None:
        raise ValueError("a preference of nobody")
    word = str(piece.get("value")).lower()
    if word not in _WANTS:
        raise ValueError("a preference we do not know")
    at = moment(piece.get("timestamp"))
    return PreferenceNews(phone_number_id=phone_number_id, person=who, wants=_WANTS[word], word=word, at=at)


def _template_news(value: Json, waba_id: str, at: datetime | None) -> TemplateNews:
    return TemplateNews(
        waba_id=waba_id,
        template_id=ident(value.get("message_template_id"), "message_template_id"),
        name=ident(value.get("message_template_name"), "message_template_name"),
        language=ident(value.get("message_template_language"), "message_template_language"),
        at=at,
    )
