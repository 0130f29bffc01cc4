"""What the Cloud API refuses, and how it says so.

Codes, titles and HTTP statuses are those of Meta's page "Cloud API error codes"; the bodies have the shape of
any Graph API error. Meta asks clients to go by `code` and `error_data.details`, never by titles.
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson

#: Told by a `failed` webhook after the message was accepted, as seen in the field: `Behaviour.late_errors`.
LATE_BY_DEFAULT: Final = frozenset({130472, 131026, 131047, 131049, 131050, 131052, 131053})


@dataclass(frozen=True, slots=True)
class Known:
    """One line of the catalogue: HTTP status, title, and the details said when nothing better is known."""

    status: int
    title: str
    details: str = ""


CATALOGUE: Final[dict[int, Known]] = {
    1: Known(500, "An unknown error occurred"),
    2: Known(503, "Service temporarily unavailable"),
    4: Known(400, "Application request limit reached"),
    10: Known(403, "Application does not have permission for this action"),
    100: Known(400, "Invalid parameter"),
    190: Known(401, "Authentication Error"),
    200: Known(
        403,
        "You do not have the necessary permissions required to send messages on behalf of this "
        "WhatsApp Business Account",
    ),
    368: Known(403, "Temporarily blocked for policies violations"),
    80007: Known(400, "Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
    130429: Known(400, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: Known(400, "User's number is part of an experiment", "Message was not sent: an experiment."),
    130497: Known(403, "Business account is restricted from messaging users in this country"),
    131000: Known(500, "Something went wrong", "Message failed to send due to an unknown error."),
    131005: Known(403, "Access denied", "Permission is either not granted or has been removed."),
    131008: Known(400, "Required parameter is missing", "The request is missing a required parameter."),
    131009: Known(400, "Parameter value is not valid", "One or more parameter values are invalid."),
    131016: Known(500, "Service unavailable", "A service is temporarily unavailable."),
    131021: Known(400, "Recipient cannot be sender", "Sender and recipient phone number is the same."),
    131026: Known(400, "Message undeliverable", "Message Undeliverable."),
    131031: Known(403, "Business Account locked", "Business account has been locked."),
    131042: Known(400, "Business eligibility payment issue", "There was an error related to your payment."),
    131047: Known(
        400,
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last replied to "
        "this number.",
    ),
    131048: Known(
        400,
        "Spam rate limit hit",
        "Message failed to send because there are restrictions on how many messages can be sent from this "
        "phone number.",
    ),
    131049: Known(
        400,
        "This message was not delivered to maintain healthy ecosystem engagement.",
        "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    ),
    131050: Known(
        400,
        "User has stopped marketing messages",
        "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on "
        "WhatsApp from your business.",
    ),
    131051: Known(400, "Unsupported message type", "Message type is currently not supported."),
    131052: Known(400, "Media download error", "Unable to download the media of the message."),
    131053: Known(400, "Media upload error", "Unable to upload the media used in the message."),
    131056: Known(
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
        "Message failed to send because there were too many messages sent from this phone number to the same "
        "phone number in a short period of time.",
    ),
    131057: Known(500, "Account in maintenance mode", "Business Account is in maintenance mode."),
    132000: Known(400, "Number of parameters does not match the expected number of params"),
    132001: Known(404, "Template name does not exist in the translation"),
    132005: Known(400, "Template hydrated text too long"),
    132007: Known(400, "Template format character policy violated"),
    132012: Known(400, "Template parameter format does not match"),
    132015: Known(400, "Template is paused", "Template is paused due to low quality."),
    132016: Known(400, "Template is disabled", "Template has been disabled due to low quality."),
    132018: Known(400, "There's an issue with the parameters in your template"),
}


class Refused(Exception):
    """Refused with this `code`. `subcode`: only where Graph still gives one (100/33, 190/46x)."""

    def __init__(
        self, code: int, details: str | None = None, *, subcode: int | None = None, message: str | None = None
    ) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details
        self.subcode = subcode
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        known = CATALOGUE.get(self.code)
        return known.status if known else 400


def no_such_object(verb: str, object_id: str) -> Refused:
    """What Graph says of a wrong id, and of one the token was not given: it does not tell them apart."""
    return Refused(
        100,
        subcode=33,
        message=f"Unsupported {verb.lower()} request. Object with ID '{object_id}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation. Please read the Graph API "
        "documentation at https://developers.facebook.com/docs/graph-api",
    )


def error_body(refused: Refused, trace: str) -> bytes:
    """The JSON answered. `trace` becomes `fbtrace_id`."""
    known = CATALOGUE.get(refused.code, Known(400, "Unknown error"))
    error: dict[str, Any] = {
        "message": refused.message or f"(#{refused.code}) {known.title}",
        "type": "GraphMethodException" if refused.subcode == 33 else "OAuthException",
        "code": refused.code,
    }
    details = refused.details or known.details
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    if refused.subcode is not None:
        error["error_subcode"] = refused.subcode
    error["fbtrace_id"] = trace
    return orjson.dumps({"error": error})


def status_error(code: int, details: str | None) -> dict[str, Any]:
    """The same refusal as it stands in a `failed` status."""
    known = CATALOGUE.get(code, Known(400, "Unknown error"))
    return {
        "code": code,
        "title": known.title,
        "message": known.title,
        "error_data": {"details": details or known.details or known.title},
        "href": "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes",
    }
