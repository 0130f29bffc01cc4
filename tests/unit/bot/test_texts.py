"""The catalogue: every refusal and reason has its sentence, and values never become markup."""

import importlib
import pkgutil
from collections.abc import Iterator

import bot
import domain
import storage
from bot.texts import CATALOGUES, Html, count, plain, say
from domain.accounts.model import AccountState
from domain.accounts.web import WorkerTrouble
from domain.campaigns.model import PauseReason
from domain.kernel.errors import DomainError


def load_all() -> None:
    for package in (domain, bot, storage):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)


def refusals(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for child in kind.__subclasses__():
        yield child
        yield from refusals(child)


def test_every_refusal_of_the_domain_has_a_sentence() -> None:
    load_all()
    codes = {kind.code for kind in refusals()} - {"domain.error"}
    assert len(codes) > 15
    missing = sorted(code for code in codes if f"refused.{code}" not in CATALOGUES["en"])
    assert missing == []


def test_every_trouble_of_a_worker_has_a_sentence_that_says_what_to_do() -> None:
    assert [trouble for trouble in WorkerTrouble if f"refused.worker.{trouble}" not in CATALOGUES["en"]] == []


def test_every_pause_and_account_state_has_words() -> None:
    assert all(plain(f"pause.{reason}") for reason in PauseReason)
    assert all(plain(f"account.state.{state}") for state in AccountState)


def test_catalogues_of_all_languages_have_the_same_keys() -> None:
    keys = {language: set(texts) for language, texts in CATALOGUES.items()}
    assert all(mine == keys["en"] for mine in keys.values())


def test_a_value_is_escaped_and_markup_of_ours_is_not() -> None:
    assert "&lt;b&gt;x" in say("notice.campaign.started", name="<b>x")
    assert "<i>x</i>" in say("link", accounts=Html("<i>x</i>"))


def test_a_value_too_long_is_cut() -> None:
    assert len(say("notice.campaign.started", name="x" * 5000)) < 500


def test_numbers_are_counted_in_words() -> None:
    assert count(1, "person", "people") == "1 person"
    assert count(1204, "person", "people") == "1,204 people"
