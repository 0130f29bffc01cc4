"""What is sealed tells nothing, opens for its owner alone, and survives no other key."""

import pytest

from bot.vault import SealedOtherwise, Vault

KEY, OTHER = b"a" * 32, b"b" * 32
TOKEN = "EAAGm0PX4ZCpsBAKZCtoken"


def test_what_was_sealed_opens_again() -> None:
    sealed = Vault(KEY).seal(TOKEN, context="token:1065")
    assert Vault(KEY).open(sealed, context="token:1065") == TOKEN


def test_the_secret_does_not_stand_in_what_is_kept() -> None:
    vault = Vault(KEY)
    first, second = (vault.seal(TOKEN, context="token:1065") for _ in range(2))
    assert TOKEN not in first
    assert first != second
    assert "a" * 32 not in repr(vault)


def test_sealed_for_one_number_it_opens_for_no_other() -> None:
    sealed = Vault(KEY).seal(TOKEN, context="token:1065")
    with pytest.raises(SealedOtherwise):
        Vault(KEY).open(sealed, context="token:1066")


def test_another_key_opens_nothing_and_says_so() -> None:
    sealed = Vault(KEY).seal(TOKEN, context="token:1065")
    with pytest.raises(SealedOtherwise):
        Vault(OTHER).open(sealed, context="token:1065")


@pytest.mark.parametrize("damage", ["", "v1", "v1.", "v2.00000000.AAAA", "plain text", "v1.x.!!!"])
def test_what_was_never_sealed_is_refused_without_a_crash(damage: str) -> None:
    with pytest.raises(SealedOtherwise):
        Vault(KEY).open(damage, context="token:1065")


def test_a_changed_letter_is_found_out() -> None:
    vault = Vault(KEY)
    sealed = vault.seal(TOKEN, context="token:1065")
    at = len(sealed) // 2 + 10
    other = "A" if sealed[at] != "A" else "B"
    for broken in (sealed[:at] + other + sealed[at + 1 :], sealed[:-8], sealed + "AAAA"):
        with pytest.raises(SealedOtherwise):
            vault.open(broken, context="token:1065")


def test_a_secret_in_any_language_comes_back_as_it_was() -> None:
    vault = Vault(KEY)
    assert vault.open(vault.seal("şifre 🔑\n", context="x"), context="x") == "şifre 🔑\n"
