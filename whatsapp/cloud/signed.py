"""Bodies of webhooks with their signatures: kept together, so that when they are worked it is still known who
vouches for what they say. An app's secret signs for its own numbers alone, whoever else is served here."""

from collections.abc import Sequence
from typing import Protocol

from domain.delivery.cloud_news import Opened
from whatsapp.cloud.webhooks import Refused, check_signature, read


class WebhookKeys(Protocol):
    """What tells WhatsApp's calls from others; asked each time, since accounts come and go."""

    def app_secrets(self) -> Sequence[str]:
        """Every app's, as they are now: whatever comes has to be signed with one of them."""
        ...

    def secrets_of(self, phone_number_id: str) -> Sequence[str]:
        """Those with which WhatsApp may speak of this number, or might when what is kept was taken in."""
        ...

    def verify_tokens(self) -> Sequence[str]: ...


def with_signature(raw: bytes, signature: str) -> bytes:
    """Spelt in one way: who repeats a body with its signature in other letters makes no new one of it."""
    return signature.strip().lower().encode("ascii", "replace") + b"\n" + raw


class SignedReader:
    """Implements `domain.delivery.cloud_news.WebhookReader`."""

    def __init__(self, keys: WebhookKeys) -> None:
        self._keys = keys

    def read(self, raw: bytes) -> Opened:
        """Raises ValueError for a body that cannot be read at all."""
        signature, _, body = raw.partition(b"\n")
        try:
            batch = read(body)
        except Refused as refused:
            raise ValueError(refused.code) from refused
        given, signed = signature.decode(), dict[str, bool]()

        def vouched(phone_number_id: str) -> bool:
            return any(is_signer(one) for one in self._keys.secrets_of(phone_number_id))

        def is_signer(secret: str) -> bool:
            if secret not in signed:
                signed[secret] = _is_by(body, given, secret)
            return signed[secret]

        return Opened(batch=batch, vouched=vouched)


def _is_by(body: bytes, signature: str, secret: str) -> bool:
    try:
        check_signature(body, signature, [secret])
    except Refused:
        return False
    return True
