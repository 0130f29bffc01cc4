"""Who and what there is: apps, tokens, business accounts with their numbers and templates, people."""

from dataclasses import dataclass, field
from typing import Any, Final

from whatsapp.cloud.standin.rates import Throughput, UniqueRecipients
from whatsapp.cloud.standin.templates import Template

MESSAGING: Final = "whatsapp_business_messaging"
MANAGEMENT: Final = "whatsapp_business_management"
SCOPES: Final = frozenset({MESSAGING, MANAGEMENT})
#: What an app's callback is told unless it chose.
FIELDS: Final = frozenset(
    {
        "messages",
        "user_preferences",
        "account_update",
        "phone_number_quality_update",
        "message_template_status_update",
        "message_template_quality_update",
    }
)
QUALITIES: Final = frozenset({"GREEN", "YELLOW", "RED", "UNKNOWN"})

Json = dict[str, Any]


@dataclass(slots=True)
class Callback:
    """Where webhooks go. Used only once the GET verification went well."""

    url: str
    verify_token: str


@dataclass(slots=True, kw_only=True)
class App:
    """A Meta app: its secret signs the webhooks."""

    id: str
    secret: str
    callback: Callback | None = None
    fields: frozenset[str] = FIELDS


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a token may do. `expires_at` is a Unix time; `wabas` None means every business account."""

    token: str
    app: App
    scopes: frozenset[str] = SCOPES
    wabas: frozenset[str] | None = None
    expires_at: float | None = None
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class Portfolio:
    """A business portfolio: the owner of the 24 h messaging limit and of user ids."""

    id: str
    recipients: UniqueRecipients


@dataclass(slots=True, kw_only=True)
class Waba:
    """A WhatsApp Business Account. `subscribed`: app id -> a callback of its own, or None for the app's."""

    id: str
    name: str
    portfolio: Portfolio
    templates: dict[tuple[str, str], Template] = field(default_factory=dict)
    subscribed: dict[str, Callback | None] = field(default_factory=dict)


class Pair:
    """One number and one person: what went between them. Many of these exist; nothing optional lives here."""

    __slots__ = ("accepted", "due", "last", "received", "window_until")

    def __init__(self) -> None:
        self.accepted = 0
        """Messages answered with 200 (or taken and never answered)."""
        self.received = 0
        """Of those, the ones that did not fail later."""
        self.due = 0.0
        """Pair rate, see `rates.pair_after`."""
        self.window_until = 0.0
        """End of the service window, a Unix time."""
        self.last = ""
        """Id of the last message to the person."""


@dataclass(slots=True, kw_only=True)
class Line:
    """A business phone number."""

    id: str
    waba: Waba
    digits: str
    verified_name: str
    throughput: Throughput
    quality: str = "GREEN"
    pair_rate: bool = True
    restricted: bool = False
    """Under a spam restriction: everything is refused with 131048."""
    tells_waba: bool = True
    """Whether its health names the business account it hangs on."""
    pairs: dict[str, Pair] = field(default_factory=dict)

    @property
    def display(self) -> str:
        return f"+{self.digits}"

    def fields(self) -> Json:
        """Every field of the phone number node that is known here."""
        rate = self.throughput.per_second
        limit = self.waba.portfolio.recipients.limit
        return {
            "id": self.id,
            "display_phone_number": self.display,
            "verified_name": self.verified_name,
            "quality_rating": self.quality,
            "quality_score": {"score": self.quality},
            "code_verification_status": "VERIFIED",
            "name_status": "APPROVED",
            "status": "CONNECTED",
            "platform_type": "CLOUD_API",
            "account_mode": "LIVE",
            "throughput": {"level": "HIGH" if rate is None or rate >= 1000 else "STANDARD"},
            "whatsapp_business_manager_messaging_limit": tier_of(limit),
            "is_official_business_account": False,
            "health_status": self._health(),
        }

    def _health(self) -> Json:
        word = "BLOCKED" if self.restricted else "AVAILABLE"
        entities = [{"entity_type": "PHONE_NUMBER", "id": self.id, "can_send_message": word}]
        if self.tells_waba:
            entities.append({"entity_type": "WABA", "id": self.waba.id, "can_send_message": "AVAILABLE"})
        return {"can_send_message": word, "entities": entities}


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody whose behaviour was scripted; everybody else is on WhatsApp and content."""

    wa_id: str
    name: str = ""
    username: str | None = None
    """With a username the person's number is absent from webhooks."""
    on_whatsapp: bool = True
    blocked: bool = False
    """Messages are accepted and never arrive."""
    stopped: bool = False
    """Stopped marketing: 131050."""
    capped: bool = False
    """Has had enough marketing for now: 131049."""


def tier_of(limit: int | None) -> str:
    """Meta's name for a messaging limit."""
    if limit is None:
        return "TIER_UNLIMITED"
    return f"TIER_{limit // 1000}K" if limit >= 1000 and limit % 1000 == 0 else f"TIER_{limit}"
