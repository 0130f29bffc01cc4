"""The rates WhatsApp holds a number to, on a clock that is handed in."""

import pytest

from whatsapp.cloud.standin.numbers import bsuid_of, digits_of, region_of, wa_id_of
from whatsapp.cloud.standin.rates import DAY, PAIR_BURST, Throughput, UniqueRecipients, pair_after

NOW = 1_800_000_000.0


@pytest.mark.parametrize("rate", [1, 80, 1000])
def test_a_number_sends_a_seconds_worth_at_once_and_then_its_rate(rate: int) -> None:
    bucket = Throughput(rate)
    assert sum(bucket.take(NOW) for _ in range(rate + 5)) == rate
    later = sum(bucket.take(NOW + step / rate * 0.5) for step in range(1, 20 * rate + 1))
    assert later == 10 * rate


def test_a_refused_message_costs_no_token() -> None:
    bucket = Throughput(2)
    assert [bucket.take(NOW) for _ in range(10)] == [True, True] + [False] * 8
    assert bucket.take(NOW + 0.5)


def test_without_a_rate_everything_goes() -> None:
    bucket = Throughput(None)
    assert all(bucket.take(NOW) for _ in range(5000))


def test_a_clock_set_back_gives_nobody_tokens() -> None:
    bucket = Throughput(1)
    assert bucket.take(NOW)
    assert not bucket.take(NOW - 100)


def test_a_pair_may_borrow_45_messages_and_pays_one_every_6_seconds() -> None:
    due, went = 0.0, 0
    for _ in range(60):
        paid = pair_after(due, NOW)
        if paid is not None:
            due, went = paid, went + 1
    assert went == PAIR_BURST == 45
    assert pair_after(due, NOW + 5.9) is None
    assert pair_after(due, NOW + 6.0) is not None


def test_a_pair_at_one_message_in_6_seconds_never_runs_dry() -> None:
    due = 0.0
    for step in range(500):
        paid = pair_after(due, NOW + 6.0 * step)
        assert paid is not None
        due = paid


def test_the_limit_counts_people_and_not_messages() -> None:
    limit = UniqueRecipients(2)
    assert [limit.take(who, NOW) for who in ("ada", "ada", "bruno", "chika", "ada")] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert limit.count(NOW) == 2


def test_the_24_hours_move() -> None:
    limit = UniqueRecipients(2)
    assert limit.take("ada", NOW)
    assert limit.take("bruno", NOW + 3600)
    assert limit.take("ada", NOW + 7200)  # counts from now on, not from her first message
    assert not limit.take("chika", NOW + DAY)
    assert limit.take("chika", NOW + DAY + 3600)
    assert not limit.take("bruno", NOW + DAY + 3600)
    assert limit.take("bruno", NOW + DAY + 7200)


@pytest.mark.parametrize(
    ("dialled", "wa_id"),
    [
        ("+44 7700 900001", "447700900001"),
        ("5511987654321", "5511987654321"),  # São Paulo kept the ninth digit
        ("+55 (31) 98765-4321", "553187654321"),  # Belo Horizonte did not
        ("553187654321", "553187654321"),
        ("+52 55 1234 5678", "5215512345678"),
        ("5215512345678", "5215512345678"),
        ("+54 11 1234 5678", "5491112345678"),
        ("+54 11 15 1234 5678", "5491112345678"),
        ("+54 9 11 1234 5678", "5491112345678"),
        ("+54 351 15 123 4567", "5493511234567"),
    ],
)
def test_the_id_of_a_number_is_not_always_what_was_dialled(dialled: str, wa_id: str) -> None:
    digits = digits_of(dialled)
    assert digits is not None
    assert wa_id_of(digits) == wa_id


@pytest.mark.parametrize(
    "no_number", ["", "Ada", "+", "0447700900001", "12345", "1" * 16, "44\n7700900001", 447, None]
)
def test_what_is_no_number_has_no_digits(no_number: object) -> None:
    assert digits_of(no_number) is None


def test_a_person_has_another_id_with_every_business_and_the_same_with_one() -> None:
    first = bsuid_of("portfolio-1", "447700900001")
    assert first == bsuid_of("portfolio-1", "447700900001")
    assert first.startswith("GB.")
    assert first != bsuid_of("portfolio-2", "447700900001")
    assert (region_of("12025550123"), region_of("5511987654321"), region_of("0")) == ("US", "BR", "ZZ")
