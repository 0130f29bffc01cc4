"""Bodies of webhooks: whether they are WhatsApp's, and whether they can be read at all."""

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import accumulate
from typing import Any, Final

import orjson

from domain.delivery.cloud_news import Batch
from whatsapp.cloud.readers import Reader

#: WhatsApp's own bodies reach 3 MB.
LONGEST_BODY: Final = 4 * 1024 * 1024
DEEPEST: Final = 64
LONGEST_CHALLENGE: Final = 200

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_.-]+")
_TEXTS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_OTHERS: Final = bytes(one for one in range(256) if one not in b"{[]}")
_STEP: Final = {one: 1 if one in b"{[" else -1 for one in b"{[]}"}
#: What a surrogate, half of a pair or alone, looks like.
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_SIGNATURE: Final = re.compile(r"sha256=([0-9a-fA-F]{64})")


class Refused(Exception):
    """This is not taken. `status` for the answer; `code` is stable, `sentence` is for whoever set it up."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(code)
        self.status, self.code, self.sentence = status, code, sentence


def too_large() -> Refused:
    return Refused(413, "too_large", f"The body is larger than {LONGEST_BODY} bytes.")


def sign(raw: bytes, secret: str) -> str:
    """The `X-Hub-Signature-256` of a body."""
    return "sha256=" + hmac.new(secret.encode(), raw, sha256).hexdigest()


def check_signature(raw: bytes, header: str | None, secrets: Iterable[str]) -> None:
    """Raise Refused unless one of our app secrets signed exactly these bytes. In constant time."""
    given = _SIGNATURE.fullmatch(header.strip()) if header else None
    if given is None:
        raise Refused(401, "unsigned", "The header X-Hub-Signature-256 is missing or is no sha256 signature.")
    wanted = given[1].lower().encode()
    matches = False
    for secret in secrets:
        if secret:
            ours = hmac.new(secret.encode(), raw, sha256).hexdigest().encode()
            matches |= hmac.compare_digest(ours, wanted)
    if not matches:
        raise Refused(401, "forged", "The signature is not that of this body and our app secret.")


def answer_challenge(query: Mapping[str, str], tokens: Iterable[str]) -> str:
    """The text that proves to WhatsApp that this address is ours. Raises Refused."""
    if query.get("hub.mode") != "subscribe":
        raise Refused(400, "not_a_verification", "hub.mode must be subscribe.")
    given = query.get("hub.verify_token", "").encode()
    # Every token is compared, so that time tells nothing about any of them.
    known = [hmac.compare_digest(given, token.encode()) for token in tokens if token]
    if not given or not any(known):
        raise Refused(403, "wrong_verify_token", "hub.verify_token is not the one set up here.")
    challenge = query.get("hub.challenge", "")
    if len(challenge) > LONGEST_CHALLENGE or not _CHALLENGE.fullmatch(challenge):
        raise Refused(400, "bad_challenge", "hub.challenge is missing or is no plain text.")
    return challenge


def parse(raw: bytes) -> dict[str, Any]:
    """The JSON of a body. Raises Refused for what is too long, cut off, nested too deeply or not ours."""
    if len(raw) > LONGEST_BODY:
        raise too_large()
    try:
        body = _loaded(raw)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "not_json", "The body is no JSON, is cut off, or is nested too deeply.") from error
    if not isinstance(body, dict):
        raise Refused(400, "not_an_object", "The body must be a JSON object.")
    if _deeper_than(DEEPEST, raw):
        raise Refused(400, "too_deep", f"The body is nested more than {DEEPEST} levels deep.")
    if body.get("object") != "whatsapp_business_account" or not isinstance(body.get("entry"), list):
        raise Refused(400, "not_whatsapp", "This is no webhook of a WhatsApp Business Account.")
    return body


def _loaded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except ValueError:
        # Half an emoji in one text (a name that was cut) must not cost the others theirs: orjson reads
        # nothing of such a body, and Python all.
        if _HALF.search(raw) is None or _deeper_than(DEEPEST, raw):
            raise
        return json.loads(raw.decode())


def read(raw: bytes) -> Batch:
    """Everything a body tells. Raises Refused for the body as a whole; a piece that cannot be understood is
    set aside and its neighbours are kept. The same body read twice gives the same news."""
    reader = Reader()
    reader.body(parse(raw))
    return Batch(news=tuple(reader.news), aside=tuple(reader.aside))


def _deeper_than(limit: int, raw: bytes) -> bool:
    """Of what was read as JSON already. Brackets in texts nest nothing: should they make it look too deep,
    the texts are taken out. That closing ones may make it look less deep does no harm: it was read, whose
    own limit is 1024, and nothing here follows it down."""
    if raw.count(b"{") + raw.count(b"[") <= limit or _depth(raw) <= limit:
        return False
    return _depth(_TEXTS.sub(b"", raw)) > limit


def _depth(raw: bytes) -> int:
    return max(accumulate(map(_STEP.__getitem__, raw.translate(None, _OTHERS))), default=0)
