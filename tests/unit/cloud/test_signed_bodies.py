"""Whoever is served here may sign for their own numbers, and for nobody else's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.unit.cloud.bodies import TEXT
from tests.unit.cloud.cast import NUMBER_ID
from whatsapp.cloud.signed import SignedReader, vouched_for, with_signature
from whatsapp.cloud.webhooks import sign

RAW = json.dumps(TEXT).encode()


@dataclass
class Keys:
    by_number: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def app_secrets(self) -> Sequence[str]:
        return [secret for secrets in self.by_number.values() for secret in secrets]

    def secrets_of(self, phone_number_id: str) -> Sequence[str]:
        return self.by_number.get(phone_number_id, ())

    def verify_tokens(self) -> Sequence[str]:
        return ()


def opened(signer: str, keys: Keys) -> bool:
    """Whether what that secret signed may speak of the number it speaks of."""
    return SignedReader(keys).read(with_signature(RAW, sign(RAW, signer))).vouched(NUMBER_ID)


def test_the_secret_of_a_number_vouches_for_it() -> None:
    assert opened("ours", Keys({NUMBER_ID: ["ours"]}))


def test_another_workspaces_secret_does_not_speak_of_it() -> None:
    assert not opened("theirs", Keys({NUMBER_ID: ["ours"], "999": ["theirs"]}))


def test_a_number_of_one_workspace_says_nothing_of_one_that_is_not_here() -> None:
    assert not opened("theirs", Keys({"999": ["theirs"]}))


def test_a_secret_that_was_replaced_vouches_for_nothing_new() -> None:
    keys = Keys({NUMBER_ID: ["new"]})
    assert [opened(one, keys) for one in ("new", "old")] == [True, False]


def test_what_was_vouched_for_when_it_came_stays_so_when_the_secret_is_replaced() -> None:
    signature, held = sign(RAW, "old"), Keys({NUMBER_ID: ["old"], "999": ["theirs"]})
    kept = with_signature(RAW, signature, vouched_for(RAW, signature, TEXT, held))
    opened = SignedReader(Keys({NUMBER_ID: ["new"], "999": ["new"]})).read(kept)
    assert (opened.vouched(NUMBER_ID), opened.vouched("999")) == (True, False)


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"metadata": None}, {"metadata": {"phone_number_id": 5}},
     {"metadata": {"phone_number_id": "1 2"}}, {"metadata": {"phone_number_id": "1\n"}}],
)  # fmt: skip
def test_a_body_cannot_name_what_is_no_number(value: object) -> None:
    keys, body = (
        Keys({id: ["ours"] for id in ("1", "2", "1 2", "1\n")}),
        {"entry": [{"changes": [{"value": value}]}]},
    )
    raw = json.dumps(body).encode()
    assert vouched_for(raw, sign(raw, "ours"), body, keys) == []
    assert vouched_for(raw, sign(raw, "ours"), {"entry": [value]}, keys) == []


def test_a_signature_in_other_letters_makes_no_other_body_of_it() -> None:
    given = sign(RAW, "ours")
    shouted = "sha256=" + given.removeprefix("sha256=").upper()
    assert with_signature(RAW, f" {shouted} ") == with_signature(RAW, given)
    assert SignedReader(Keys({NUMBER_ID: ["ours"]})).read(with_signature(RAW, shouted)).vouched(NUMBER_ID)


def test_what_was_kept_without_a_signature_is_nobodys() -> None:
    reader = SignedReader(Keys({NUMBER_ID: ["ours"]}))
    assert not reader.read(with_signature(RAW, "")).vouched(NUMBER_ID)


@pytest.mark.parametrize("raw", [b"", b"no line", b"sha256=ab\n", b"sha256=ab\n{", b"sha256=ab\n[]"])
def test_what_cannot_be_read_says_so(raw: bytes) -> None:
    with pytest.raises(ValueError):
        SignedReader(Keys()).read(raw)
