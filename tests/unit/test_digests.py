"""Two tables are the same when their digests are, and not otherwise."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.operators.model import Role
from storage.digests import Digest, canonical

AT = datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC)


def digest(*rows: tuple[object, ...]) -> Digest:
    made = Digest()
    for row in rows:
        made.add(row)
    return made


def test_the_order_of_rows_does_not_count_and_how_often_does() -> None:
    assert digest((1, "a"), (2, "b")) == digest((2, "b"), (1, "a"))
    assert digest((1, "a")) != digest((1, "a"), (1, "a"))
    assert digest((1, "a"), (2, "b")) != digest((1, "b"), (2, "a"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (AT, AT.astimezone(timezone(timedelta(hours=3)))),
        ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}),
        (-0.0, 0.0),
        ([-0.0, 1e300, 1.0], [0, 10**300, 1]),
    ],
)
def test_equal_values_are_the_same(one: object, other: object) -> None:
    assert digest((one,)) == digest((other,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, None),
        (1, "1"),
        (1, 1.0),
        ("", None),
        ({}, None),
        (b"a", "61"),
        ("owner", Role.OWNER),
        (AT, AT + timedelta(microseconds=1)),
        (AT, AT.isoformat()),
        ([1, 2], [2, 1]),
        ([1], [True]),
        ([1], ["1"]),
        ([0.1], [0.10000000000000002]),
        ({"a": None}, {}),
        ({"moment": "x"}, {"map": [["moment", "x"]]}),
        ("é", "e\u0301"),
    ],
)
def test_different_values_are_not(one: object, other: object) -> None:
    assert digest((one,)) != digest((other,))


def test_what_cannot_be_compared_is_refused_rather_than_passed_over() -> None:
    with pytest.raises(TypeError):
        canonical(object())
