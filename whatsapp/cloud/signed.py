"""Bodies of webhooks with their signatures, and with the numbers for which these vouched when they came: kept
together, so that a secret that is replaced before they are worked, or while the program is down, changes
nothing. An app's secret signs for its own numbers alone, whoever else is served here."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from domain.delivery.cloud_news import Opened
from whatsapp.cloud.webhooks import Refused, check_signature, read


class WebhookKeys(Protocol):
    """What tells WhatsApp's calls from others; asked each time, since accounts come and go."""

    def app_secrets(self) -> Sequence[str]:
        """Every app's, as they are now: whatever comes has to be signed with one of them."""
        ...

    def secrets_of(self, phone_number_id: str) -> Sequence[str]:
        """Those with which WhatsApp may speak of this number now."""
        ...

    def verify_tokens(self) -> Sequence[str]: ...


_NUMBER_ID: Final = re.compile(r"[0-9]{1,30}")


def with_signature(raw: bytes, signature: str, vouched: Iterable[str] = ()) -> bytes:
    """Spelt in one way: who repeats a body with its signature in other letters makes no new one of it.
    `vouched`: ids of numbers."""
    line = " ".join((signature.strip().lower(), *sorted(set(vouched))))
    return line.encode("ascii", "replace") + b"\n" + raw


def vouched_for(raw: bytes, signature: str, body: Mapping[str, Any], keys: WebhookKeys) -> list[str]:
    """The numbers among those the body speaks of whose own secret signed it. Of any other it may turn out
    later, once its secret is given."""
    signer = _Signer(raw, signature)
    return [one for one in set(_numbers_in(body)) if signer.is_any(keys.secrets_of(one))]


def _numbers_in(body: Mapping[str, Any]) -> Iterator[str]:
    for entry in _dicts(body.get("entry")):
        for change in _dicts(entry.get("changes")):
            for value in _dicts([change.get("value")]):
                for metadata in _dicts([value.get("metadata")]):
                    id = metadata.get("phone_number_id")
                    if isinstance(id, str) and _NUMBER_ID.fullmatch(id):
                        yield id


def _dicts(many: object) -> list[dict[str, Any]]:
    return [one for one in many if isinstance(one, dict)] if isinstance(many, list) else []


class SignedReader:
    """Implements `domain.delivery.cloud_news.WebhookReader`."""

    def __init__(self, keys: WebhookKeys) -> None:
        self._keys = keys

    def read(self, raw: bytes) -> Opened:
        """Raises ValueError for a body that cannot be read at all."""
        line, _, body = raw.partition(b"\n")
        signature, *noted = line.decode().split(" ")
        try:
            batch = read(body)
        except Refused as refused:
            raise ValueError(refused.code) from refused
        signer = _Signer(body, signature)

        def vouched(phone_number_id: str) -> bool:
            return phone_number_id in noted or signer.is_any(self._keys.secrets_of(phone_number_id))

        return Opened(batch=batch, vouched=vouched)


class _Signer:
    """Who signed a body; each secret is tried once."""

    def __init__(self, raw: bytes, signature: str) -> None:
        self._raw, self._signature = raw, signature
        self._known: dict[str, bool] = {}

    def is_any(self, secrets: Sequence[str]) -> bool:
        return any(self._is(one) for one in secrets)

    def _is(self, secret: str) -> bool:
        if secret not in self._known:
            try:
                check_signature(self._raw, self._signature, [secret])
                self._known[secret] = True
            except Refused:
                self._known[secret] = False
        return self._known[secret]
