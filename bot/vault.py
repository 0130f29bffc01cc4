"""Secrets that have to be kept and used again, sealed: whoever reads the database alone learns none of them.

The key is made from the desk's own (bot/keys.py). With another one nothing opens that was sealed before, and
there is no way around that: what cannot be opened is asked for again, in the chat.
"""

import base64
import hmac
import secrets
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from domain.kernel.errors import DomainError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORM: Final = "v1"
#: What AES-GCM wants; drawn anew for each seal.
_NONCE: Final = 12
_PURPOSE: Final = b"masssender: secrets at rest"


class SealedOtherwise(DomainError):
    """Not by this key, not for this purpose, or damaged since: it has to be given again."""

    code = "vault.sealed_otherwise"


class Vault:
    """AES-256-GCM. `context` says whose secret it is: sealed for one, it opens for no other.

    What seals is loaded with the first secret: 7 MB, which a desk that has none does without.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @cached_property
    def _derived(self) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(self._key)

    @cached_property
    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._derived)

    @cached_property
    def _mark(self) -> str:
        return hmac.new(self._derived, b"mark", sha256).hexdigest()[:8]

    def seal(self, secret: str, *, context: str) -> str:
        """Another text each time, of letters, digits, `-`, `_` and dots."""
        nonce = secrets.token_bytes(_NONCE)
        locked = nonce + self._cipher.encrypt(nonce, secret.encode(), context.encode())
        return f"{_FORM}.{self._mark}.{base64.urlsafe_b64encode(locked).decode()}"

    def open(self, sealed: str, *, context: str) -> str:
        """Raises SealedOtherwise."""
        from cryptography.exceptions import InvalidTag

        form, _, rest = sealed.partition(".")
        mark, _, letters = rest.partition(".")
        if form != _FORM or mark != self._mark:
            raise SealedOtherwise()
        try:
            locked = base64.urlsafe_b64decode(letters)
            plain = self._cipher.decrypt(locked[:_NONCE], locked[_NONCE:], context.encode())
        except (ValueError, InvalidTag):
            raise SealedOtherwise() from None
        return plain.decode()

    def __repr__(self) -> str:
        return "Vault()"
