"""The desk's own secret: what it signs, nobody else can have made."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bot.settings import SHORTEST_KEY, Settings

FILE: Final = "secret.key"
#: Bytes of a signature that travel in a link: 128 bits, 22 letters.
SIGNATURE_BYTES: Final = 16


class NoKey(Exception):
    """There is nothing to sign links with; the text says why, and what to do."""


def load_key(settings: Settings) -> bytes:
    """`SECRET_KEY`, or what stands in the data folder; made at the first start, readable by its owner alone.

    Raises NoKey when the file is too short to keep anybody from guessing it, or cannot be read or made.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / FILE
    try:
        key = path.read_bytes() if path.exists() else _make(path)
    except OSError as error:
        raise NoKey(f"{path} cannot be read or made: {error.strerror}. DATA_DIR has to be a folder I may "
                    "write to; or set SECRET_KEY.") from error  # fmt: skip
    if len(key.strip()) < SHORTEST_KEY:
        raise NoKey(f"{path} is empty or cut short: it needs {SHORTEST_KEY} characters or more. Put back the "
                    "copy you kept, or remove the file: a new one is made at the next start, and invitation "
                    "links sent before then work no more.")  # fmt: skip
    return key


def _make(path: Path) -> bytes:
    """Whole or not at all: written beside, then put in place, unless somebody else was first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()


def signer(key: bytes) -> Callable[[str], str]:
    """Signs a text for a link: letters, digits, - and _. Compare with `hmac.compare_digest`."""

    def sign(text: str) -> str:
        digest = hmac.new(key, text.encode(), hashlib.sha256).digest()[:SIGNATURE_BYTES]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    return sign
