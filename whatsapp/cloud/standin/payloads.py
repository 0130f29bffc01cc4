"""Webhook payloads, as Meta's "Webhooks reference" gives them for v23 and later."""

from typing import Any, Final, NamedTuple

from whatsapp.cloud.standin.aftermath import Step, Taken
from whatsapp.cloud.standin.errors import status_error
from whatsapp.cloud.standin.estate import App, Line, Waba
from whatsapp.cloud.standin.templates import Template

Json = dict[str, Any]

_STATUS: Final = {
    Step.SENT: "sent",
    Step.DELIVERED: "delivered",
    Step.READ: "read",
    Step.FAILED: "failed",
}
#: Where the items of a field stand in `value`; fields not named here have one object as their value.
_LISTS: Final = {"messages", "statuses", "user_preferences"}


class Update(NamedTuple):
    """One thing to tell an app. `part` is the list in `value` the item belongs to, "" for the whole value."""

    app: App
    waba: Waba
    line: Line | None
    field: str
    part: str
    item: Json
    contact: Json | None = None
    again: bool = False
    """Told before: by script, everything may be told twice, nothing for ever."""


class Who(NamedTuple):
    """How a person shows in webhooks. `number` None: hidden behind a username; `user_id` None: nobody
    with this number is on WhatsApp."""

    number: str | None
    user_id: str | None
    name: str
    username: str | None

    def contact(self) -> Json:
        profile: Json = {"name": self.name}
        if self.username is not None:
            profile["username"] = self.username
        contact: Json = {"profile": profile}
        if self.user_id is not None:
            contact["user_id"] = self.user_id
        if self.number is not None:
            contact["wa_id"] = self.number
        return contact


def status_of(taken: Taken, step: Step, at: float, who: Who) -> Json:
    """One entry of `statuses`. Prices come with `sent` and once with `delivered` or `read`."""
    item: Json = {"id": taken.id, "status": _STATUS[step], "timestamp": str(int(at))}
    if who.number is not None:
        item["recipient_id"] = who.number
    if who.user_id is not None:
        item["recipient_user_id"] = who.user_id
    if taken.tracker is not None:
        item["biz_opaque_callback_data"] = taken.tracker
    if taken.failure is not None:
        item["errors"] = [status_error(*taken.failure)]
    elif step is Step.SENT or not taken.priced:
        taken.priced = step is not Step.SENT
        item["pricing"] = {
            "billable": taken.billable,
            "pricing_model": "PMP",
            "type": "regular" if taken.billable else "free_customer_service",
            "category": taken.category,
        }
    return item


def incoming(who: Who, message_id: str, at: float, kind: str, content: Json, context: Json | None) -> Json:
    """One entry of `messages`: what a person sent."""
    item: Json = {"id": message_id, "timestamp": str(int(at)), "type": kind, kind: content}
    if who.number is not None:
        item["from"] = who.number
    item["from_user_id"] = who.user_id
    if context is not None:
        item["context"] = context
    return item


def preference(who: Who, value: str, at: float) -> Json:
    """One entry of `user_preferences`; `value` is stop or resume."""
    item: Json = {
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(at),
        "user_id": who.user_id,
    }
    if who.number is not None:
        item["wa_id"] = who.number
    return item


def template_status(template: Template, reason: str) -> Json:
    """The value of `message_template_status_update`."""
    value: Json = {
        "event": template.status,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "message_template_category": template.category,
        "reason": reason,
    }
    if template.status == "PAUSED":
        value["other_info"] = {
            "title": "FIRST_PAUSE",
            "description": "Your WhatsApp message template has been paused for 3 hours due to low quality.",
        }
    return value


def template_quality(template: Template, before: str) -> Json:
    """The value of `message_template_quality_update`."""
    return {
        "previous_quality_score": before,
        "new_quality_score": template.quality,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def number_quality(line: Line, event: str, limit: str, before: str | None) -> Json:
    """The value of `phone_number_quality_update`; `limit` as in TIER_10K."""
    value: Json = {
        "display_phone_number": line.digits,
        "event": event,
        "current_limit": limit,
        "max_daily_conversations_per_business": limit,
    }
    if before is not None:
        value["old_limit"] = before
    return value


def post_of(updates: list[Update], now: float) -> Json:
    """One webhook post: an entry for each account, a change for each number and kind of news."""
    entries: dict[str, Json] = {}
    changes: dict[tuple[str, str, str], Json] = {}
    told: set[tuple[str, str, str, str | None]] = set()
    for update in updates:
        waba_id = update.waba.id
        entry = entries.get(waba_id)
        if entry is None:
            entry = entries[waba_id] = {"id": waba_id, "time": int(now), "changes": []}
        if update.part not in _LISTS:
            entry["changes"].append({"value": update.item, "field": update.field})
            continue
        line = update.line
        key = (waba_id, line.id if line else "", update.part)
        value = changes.get(key)
        if value is None:
            value = changes[key] = _value_for(line)
            entry["changes"].append({"value": value, "field": update.field})
        value.setdefault(update.part, []).append(update.item)
        # A person is introduced once; who an item is about is found by id, never by place.
        contact = update.contact
        if (
            contact is not None
            and (who := (*key, contact.get("user_id") or contact.get("wa_id"))) not in told
        ):
            told.add(who)
            value["contacts"].append(contact)
    return {"object": "whatsapp_business_account", "entry": list(entries.values())}


def _value_for(line: Line | None) -> Json:
    value: Json = {"messaging_product": "whatsapp"}
    if line is not None:
        value["metadata"] = {"display_phone_number": line.digits, "phone_number_id": line.id}
    value["contacts"] = []
    return value
