"""Every error code that WhatsApp's Cloud API documents, and what each means for a message.

The table is data: `code`, the source's own title (developers.facebook.com, WhatsApp error codes), our reason,
and what follows. A code that is not in it teaches nothing about the message: `Unknown`.

Rules the rows follow. A refusal that somebody can mend (a token, a payment, a template that is paused) lets
the person wait instead of failing them. What is true of one person only is PERSON and pauses nothing; and so
is "too fast", which the bucket answers by slowing down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.delivery.channel import Effect
from domain.delivery.ports import Fault, Rejected, SendOutcome, Unknown

E, F = Effect, Fault


@dataclass(frozen=True, slots=True)
class Row:
    """`sure`: the message certainly did not go out. Where it is not, a server error with this code leaves the
    outcome unknown."""

    code: int
    title: str
    reason: str
    can_retry: bool
    fault: Fault
    effect: Effect = Effect.NONE
    sure: bool = True


ROWS: Final[tuple[Row, ...]] = (
    # Who we are
    Row(0, "AuthException", "token_refused", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(3, "API Method", "permission_missing", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(10, "Permission Denied", "permission_missing", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(190, "Access token has expired", "token_refused", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(131005, "Access denied", "permission_missing", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    # Too fast
    Row(4, "API Too Many Calls", "too_fast", True, F.PERSON, E.SLOW_DOWN),
    Row(80007, "Rate limit issues", "too_fast", True, F.PERSON, E.SLOW_DOWN),
    Row(80008, "There have been too many calls to this WhatsApp Business account", "too_fast", True,
        F.PERSON, E.SLOW_DOWN),
    Row(130429, "Rate limit hit", "too_fast", True, F.PERSON, E.SLOW_DOWN),
    Row(131057, "Account in maintenance mode", "number_upgrading", True, F.PERSON, E.SLOW_DOWN),
    Row(131056, "(Business Account, Consumer Account) pair rate limit hit", "pair_too_fast", True,
        F.PERSON, E.PAIR_BACKOFF),
    Row(133016, "Account register deregister rate limit exceeded", "number_not_registered", True,
        F.RESTRICTION, E.PAUSE_ACCOUNT),
    # The account is held back
    Row(131048, "Spam rate limit hit", "spam_limited", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(368, "Temporarily blocked for policies violations", "policy_blocked", True, F.RESTRICTION,
        E.PAUSE_ACCOUNT),
    Row(131031, "Account has been locked", "account_locked", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(131042, "Business eligibility payment issue", "payment_trouble", True, F.RESTRICTION,
        E.PAUSE_ACCOUNT),
    Row(131044, "Business eligibility payment issue", "payment_trouble", True, F.RESTRICTION,
        E.PAUSE_ACCOUNT),
    Row(131045, "Incorrect certificate", "number_not_registered", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(133010, "Phone number Not Registered", "number_not_registered", True, F.RESTRICTION,
        E.PAUSE_ACCOUNT),
    Row(133006, "Phone number re-verification needed", "number_not_registered", True, F.RESTRICTION,
        E.PAUSE_ACCOUNT),
    Row(133000, "Incomplete Deregistration", "number_not_registered", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(133005, "Two step verification PIN Mismatch", "number_not_registered", True, F.RESTRICTION,
        E.PAUSE_ACCOUNT),
    Row(133008, "Too Many two step verification PIN Guesses", "number_not_registered", True, F.RESTRICTION,
        E.PAUSE_ACCOUNT),
    Row(133009, "Two step verification PIN Guessed Too Fast", "number_not_registered", True, F.RESTRICTION,
        E.PAUSE_ACCOUNT),
    Row(133015, "Please wait a few minutes before attempting to register this phone number",
        "number_not_registered", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(33, "Parameter value is not valid", "number_gone", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(131037, "WhatsApp provided number needs display name approval before message can be sent",
        "name_not_approved", True, F.RESTRICTION, E.PAUSE_ACCOUNT),
    Row(131064, "Messaging limit reached due to template classification violations", "limit_reached", True,
        F.ACCOUNT, E.LIMIT_REACHED),
    # The person
    Row(131026, "Message undeliverable", "undeliverable", False, F.PERSON),
    Row(131047, "Re-engagement message", "window_closed", False, F.PERSON),
    Row(131049, "Meta chose not to deliver", "marketing_cap", False, F.PERSON),
    Row(131050, "User has stopped marketing messages", "stopped_marketing", False, F.PERSON,
        E.REVOKE_CONSENT),
    Row(130472, "User's number is part of an experiment", "in_experiment", False, F.PERSON),
    Row(130497, "Business account is restricted from messaging users in this country", "country_refused",
        False, F.PERSON),
    Row(131021, "Recipient cannot be sender", "own_number", False, F.PERSON),
    Row(131030, "Recipient phone number not in allowed list", "not_in_test_list", False, F.PERSON),
    Row(131043, "Message expired", "expired", False, F.PERSON),
    Row(131062, "Business-scoped User ID (BSUID) recipients are not supported for this message",
        "bsuid_refused", False, F.PERSON),
    Row(137000, "Recipient identity key mismatch", "identity_changed", False, F.PERSON),
    # The file
    Row(131052, "Media download error", "media_refused", False, F.ACCOUNT),
    Row(131053, "Media upload error", "media_refused", False, F.ACCOUNT),
    # The template
    Row(132000, "Template Param Count Mismatch", "template_changed", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(132001, "Template does not exist", "template_missing", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(132005, "Template Hydrated Text Too Long", "too_long", False, F.PERSON),
    Row(132007, "Template Format Character Policy Violated", "template_against_policy", True, F.ACCOUNT,
        E.TEMPLATE_FAULT),
    Row(132008, "Template parameter value invalid", "template_value_refused", False, F.PERSON),
    Row(132012, "Template Parameter Format Mismatch", "template_changed", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(132015, "Template is Paused", "template_paused", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(132016, "Template is Disabled", "template_disabled", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(132018, "Template parameter validation failed", "template_value_refused", False, F.PERSON),
    Row(132068, "Flow is blocked", "template_changed", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(132069, "Flow is throttled", "template_paused", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(134101, "Template is still syncing", "template_syncing", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(134102, "Template unavailable for use", "template_missing", True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(131058, "Hello World templates can only be sent from the public test numbers", "template_missing",
        True, F.ACCOUNT, E.TEMPLATE_FAULT),
    Row(131063, "Marketing templates are disabled for Cloud API", "marketing_not_here", True, F.ACCOUNT,
        E.TEMPLATE_FAULT),
    # What we asked
    Row(100, "Invalid parameter", "request_refused", False, F.ACCOUNT),
    Row(131006, "Resource not found", "request_refused", False, F.ACCOUNT),
    Row(131008, "Required parameter is missing", "request_refused", False, F.ACCOUNT),
    Row(131009, "Parameter value is not valid", "request_refused", False, F.ACCOUNT),
    Row(131051, "Unsupported message type", "request_refused", False, F.ACCOUNT),
    Row(131055, "Method not allowed", "request_refused", False, F.ACCOUNT),
    Row(134011, "WhatsApp Payments terms of service has not been accepted", "request_refused", False,
        F.ACCOUNT),
    Row(135000, "Generic user error", "request_refused", False, F.ACCOUNT),
    # Passing trouble. What says itself that it may be a fault of theirs is not sure: after a server error
    # nobody can tell what became of the message.
    Row(1, "API Unknown", "temporary", True, F.ACCOUNT, sure=False),
    Row(2, "API Service", "temporary", True, F.ACCOUNT),
    Row(131000, "Something went wrong", "temporary", True, F.ACCOUNT, sure=False),
    Row(131016, "Service unavailable", "temporary", True, F.ACCOUNT, sure=False),
    Row(133004, "Server Temporarily Unavailable", "temporary", True, F.ACCOUNT),
)  # fmt: skip

_PERMISSION: Final = Row(200, "API Permission", "permission_missing", True, F.RESTRICTION, E.PAUSE_ACCOUNT)
TABLE: Final[Mapping[int, Row]] = {row.code: row for row in ROWS} | {
    code: Row(code, _PERMISSION.title, _PERMISSION.reason, True, F.RESTRICTION, E.PAUSE_ACCOUNT)
    for code in range(200, 300)
}

CHANNEL_REFUSED: Final = Rejected("channel_refused", False, Fault.ACCOUNT)
UNKNOWN_CODE: Final = Unknown("unknown_code")
UNCLEAR: Final = Unknown("server_unclear")
SERVER_ERROR: Final = Unknown("server_error")
BAD_ANSWER: Final = Unknown("bad_answer")
TOO_FAST: Final = Rejected("too_fast", True, Fault.PERSON)

#: Statuses of a proxy on the way that say the request may have gone on all the same.
_MAY_HAVE_GONE_ON: Final = frozenset({408, 425, 499})


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphError:
    """The `error` of a Graph answer, or one of a webhook's `errors`. `details` may quote what was sent: for
    the operator's eyes, never for the log."""

    code: int
    title: str = ""
    details: str = ""
    subcode: int | None = None
    trace: str = ""
    transient: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    outcome: SendOutcome
    effect: Effect = Effect.NONE
    code: int = 0


def rule(error: GraphError, status: int) -> Ruling:
    """What an answer with an error code makes of a message."""
    row = TABLE.get(error.code)
    if row is None:
        return Ruling(UNKNOWN_CODE, code=error.code)
    if not row.sure and status >= 500:
        return Ruling(UNCLEAR, code=error.code)
    return Ruling(Rejected(row.reason, row.can_retry, row.fault), row.effect, error.code)


def rule_without_code(status: int) -> Ruling:
    """What an answer without a code that can be read makes of it: a proxy's page, say."""
    if status == 429:
        return Ruling(TOO_FAST, Effect.SLOW_DOWN)
    if status >= 500 or status in _MAY_HAVE_GONE_ON:
        return Ruling(SERVER_ERROR)
    if 300 <= status < 500:
        return Ruling(CHANNEL_REFUSED)
    return Ruling(BAD_ANSWER)


@dataclass(frozen=True, slots=True)
class Why:
    """What the errors of a webhook come to."""

    reason: str
    effect: Effect = Effect.NONE
    code: int = 0


def reason_of(errors: Sequence[GraphError]) -> Why | None:
    """By the first code that we know. None without any error."""
    for error in errors:
        if row := TABLE.get(error.code):
            return Why(row.reason, row.effect, error.code)
    return Why("unknown_code", code=errors[0].code) if errors else None


def read_error(body: object) -> GraphError | None:
    """The error of a Graph answer; None when there is none that can be read."""
    error = body.get("error") if isinstance(body, dict) else None
    return error_from_json(error)


def error_from_json(error: object) -> GraphError | None:
    if not isinstance(error, dict):
        return None
    code = error.get("code")
    if isinstance(code, bool) or not isinstance(code, int):
        return None
    data, subcode = error.get("error_data"), error.get("error_subcode")
    details = data.get("details") if isinstance(data, dict) else None
    return GraphError(
        code=code,
        title=_text(error.get("title") or error.get("message")),
        details=_text(details),
        subcode=subcode if isinstance(subcode, int) else None,
        trace=_text(error.get("fbtrace_id")),
        transient=error.get("is_transient") is True,
    )


def _text(value: object) -> str:
    return value[:500] if isinstance(value, str) else ""
