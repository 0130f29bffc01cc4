"""Webhooks as Meta's reference publishes them, rebuilt by hand."""

from typing import Any

from tests.unit.cloud.cast import NUMBER_ID, WABA

Json = dict[str, Any]

WAMID = "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBJDQjZCMzlEQUE4OTJBMTE4RTUA"
AT = "1749416383"
SHEENA = {"profile": {"name": "Sheena Nelson"}, "wa_id": "16505551234", "user_id": "US.13491208655302741918"}


def body(field: str, *values: Json, time: int | None = None) -> Json:
    entry: Json = {"id": WABA, "changes": [{"value": value, "field": field} for value in values]}
    if time is not None:
        entry["time"] = time
    return {"object": "whatsapp_business_account", "entry": [entry]}


def value(**parts: Any) -> Json:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER_ID},
        **parts,
    }


def status(word: str = "sent", **parts: Any) -> Json:
    base: Json = {
        "id": WAMID,
        "status": word,
        "timestamp": AT,
        "recipient_id": "16505551234",
        "recipient_user_id": "US.13491208655302741918",
        "biz_opaque_callback_data": "desk-7-1",
    }
    return base | parts


def statuses(*pieces: Any, contacts: list[Json] | None = None) -> Json:
    return body("messages", value(contacts=[SHEENA] if contacts is None else contacts, statuses=list(pieces)))


SENT = statuses(
    status(
        pricing={"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
    )
)
FAILED = statuses(
    status(
        "failed",
        errors=[
            {
                "code": 131050,
                "title": "Unable to deliver the message. The recipient has stopped marketing messages.",
                "message": "Unable to deliver the message.",
                "error_data": {
                    "details": "Unable to deliver the message. This recipient has chosen to stop."
                },
                "href": "https://developers.facebook.com/documentation/business-messaging/whatsapp/support",
            }
        ],
    )
)


def inbound(kind: str, **parts: Any) -> Json:
    """One message of a kind."""
    piece: Json = {
        "from": "16505551234",
        "from_user_id": "US.13491208655302741918",
        "id": "wamid.IN=",
        "timestamp": AT,
        "type": kind,
    }
    return body("messages", value(contacts=[SHEENA], messages=[piece | parts]))


TEXT = inbound("text", text={"body": "Does it come in another color?"})
IMAGE = inbound(
    "image",
    image={
        "caption": "Taj Mahal",
        "mime_type": "image/jpeg",
        "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=",
        "id": "1003383421387256",
        "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
    },
)
VOICE = inbound("audio", audio={"mime_type": "audio/ogg; codecs=opus", "id": "17", "voice": True})
BUTTON = inbound(
    "button",
    button={"payload": "stop-payload", "text": "Stop promotions"},
    context={"from": "15550783881", "id": WAMID},
)
LIST = inbound(
    "interactive",
    interactive={
        "type": "list_reply",
        "list_reply": {"id": "priority_express", "title": "Priority Mail Express", "description": "1-2 days"},
    },
    context={"from": "15550783881", "id": WAMID},
)
REACTION = inbound("reaction", reaction={"message_id": WAMID, "emoji": "👍"})
UNSUPPORTED = inbound(
    "unsupported",
    errors=[
        {
            "code": 131051,
            "title": "Message type unknown",
            "message": "Message type unknown",
            "error_data": {"details": "Message type is currently not supported."},
        }
    ],
)
CHANGED_NUMBER = body(
    "messages",
    value(
        messages=[
            {
                "from": "16505551234",
                "id": "wamid.SYS=",
                "timestamp": AT,
                "type": "system",
                "system": {
                    "body": "User Sheena Nelson changed from 16505551234 to 12195555358",
                    "wa_id": "12195555358",
                    "type": "user_changed_number",
                },
            }
        ]
    ),
)


def preference(word: str = "stop", **parts: Any) -> Json:
    piece: Json = {
        "wa_id": "16505551234",
        "user_id": "US.13491208655302741918",
        "detail": "User requested to stop marketing messages",
        "category": "marketing_messages",
        "value": word,
        "timestamp": 1731705721,
    }
    return body("user_preferences", value(contacts=[SHEENA], user_preferences=[piece | parts]))


QUALITY = body(
    "phone_number_quality_update",
    {
        "display_phone_number": "15550783881",
        "event": "THROUGHPUT_UPGRADE",
        "current_limit": "TIER_UNLIMITED",
        "max_daily_conversations_per_business": "TIER_10K",
    },
    time=1739321024,
)
_TEMPLATE: Json = {
    "message_template_id": 1689556908129832,
    "message_template_name": "order_confirmation",
    "message_template_language": "en-US",
}
TEMPLATE_STATUS = body(
    "message_template_status_update",
    {**_TEMPLATE, "event": "PAUSED", "reason": "NONE", "message_template_category": "MARKETING",
     "other_info": {"title": "FIRST_PAUSE", "description": "Paused for 3 hours because of its quality."}},
    time=1751247548,
)  # fmt: skip
TEMPLATE_QUALITY = body(
    "message_template_quality_update",
    {**_TEMPLATE, "previous_quality_score": "GREEN", "new_quality_score": "YELLOW"},
    time=1674864290,
)
TEMPLATE_CATEGORY = body(
    "template_category_update",
    {**_TEMPLATE, "previous_category": "UTILITY", "new_category": "MARKETING"},
    time=1746082800,
)
RESTRICTED = body(
    "account_update",
    {
        "event": "ACCOUNT_RESTRICTION",
        "restriction_info": [
            {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION", "expiration": 1641848490},
            {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1641848490},
        ],
    },
    time=1641847490,
)
BANNED = body(
    "account_update",
    {
        "event": "DISABLED_UPDATE",
        "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "January 2, 2026"},
    },
    time=1641847490,
)
VIOLATION = body(
    "account_update",
    {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}},
    time=1641847490,
)

EVERY: dict[str, Json] = {
    "sent": SENT, "failed": FAILED, "text": TEXT, "image": IMAGE, "voice": VOICE, "button": BUTTON,
    "list": LIST, "reaction": REACTION, "unsupported": UNSUPPORTED, "changed number": CHANGED_NUMBER,
    "stop": preference(), "resume": preference("resume"), "quality": QUALITY,
    "template status": TEMPLATE_STATUS, "template quality": TEMPLATE_QUALITY,
    "template category": TEMPLATE_CATEGORY, "restricted": RESTRICTED, "banned": BANNED,
    "violation": VIOLATION,
}  # fmt: skip
