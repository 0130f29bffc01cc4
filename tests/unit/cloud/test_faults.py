"""Refusals that are waited out: which they are, and that nobody is failed for them."""

from datetime import timedelta

import pytest

from bot.texts import has
from domain.delivery.channel import Effect
from domain.delivery.faults import ACCOUNT_STOPPED, PUT_BACK, TEMPLATE_STOPPED, WAITS
from domain.delivery.ports import Fault, Rejected
from domain.delivery.recipients import Claim, RecipientState, faults_after, learn
from domain.kernel.ids import AttemptKey, CampaignId, ContactId, RecipientId
from tests.fakes.stores import NOW
from whatsapp.cloud.errors import ROWS, Row

MENDED_BY_OTHERS = {
    Effect.PAUSE_ACCOUNT, Effect.TEMPLATE_FAULT, Effect.SLOW_DOWN, Effect.PAIR_BACKOFF, Effect.LIMIT_REACHED,
}  # fmt: skip


def claim(n: int) -> Claim:
    return Claim(
        key=AttemptKey("k"), recipient_id=RecipientId(1), campaign_id=CampaignId(1), contact_id=ContactId(1),
        number="+447700900001", name="Ada", n=n,
    )  # fmt: skip


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.effect in MENDED_BY_OTHERS], ids=lambda row: row.code
)
def test_what_says_nothing_of_the_person_is_waited_out(row: Row) -> None:
    refused = Rejected(row.reason, row.can_retry, row.fault)
    for n in (1, 4, 40):
        learned = learn(claim(n), refused, now=NOW)
        assert learned.state is RecipientState.WAITING
        assert learned.due_at == NOW + WAITS[row.reason]
    assert faults_after(2, refused) == 2


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.effect not in MENDED_BY_OTHERS], ids=lambda row: row.code
)
def test_what_is_true_of_one_person_or_one_moment_is_not(row: Row) -> None:
    assert row.reason not in WAITS


def test_what_stops_an_account_or_a_template_is_known_by_its_reason() -> None:
    assert {row.reason for row in ROWS if row.effect is Effect.PAUSE_ACCOUNT} == ACCOUNT_STOPPED
    assert {row.reason for row in ROWS if row.effect is Effect.TEMPLATE_FAULT} == TEMPLATE_STOPPED


def test_every_reason_for_waiting_has_a_sentence() -> None:
    assert [reason for reason in WAITS if not has(f"reason.{reason}")] == []


def test_who_was_put_back_is_due_at_once_and_a_failure_for_good_stays_one() -> None:
    assert learn(claim(9), PUT_BACK, now=NOW).due_at == NOW
    for_good = Rejected("too_fast", can_retry=False)
    assert learn(claim(1), for_good, now=NOW).state is RecipientState.FAILED
    usual = Rejected("temporary", can_retry=True, fault=Fault.PERSON)
    assert learn(claim(1), usual, now=NOW).due_at == NOW + timedelta(seconds=30)
    assert learn(claim(4), usual, now=NOW).state is RecipientState.FAILED
