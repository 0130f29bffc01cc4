"""What a workspace is called and where it is, as people type it."""

from datetime import UTC, datetime

import pytest

from domain.operators.profile import LONGEST_NAME, WorkspaceNameRefused, ZoneUnknown, workspace_name, zone_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Istanbul", "Europe/Istanbul"),
        (" europe/istanbul ", "Europe/Istanbul"),
        ("Istanbul", "Europe/Istanbul"),
        ("new york", "America/New_York"),
        ("Buenos Aires", "America/Buenos_Aires"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_known_by_its_name_or_its_city(typed: str, zone: str) -> None:
    assert zone_of(typed, now=NOW) == zone


@pytest.mark.parametrize("typed", ["", "Mars", "12:00", "Europe", "../../etc/passwd", "localtime", "West"])
def test_what_is_no_zone_is_refused_with_what_was_typed(typed: str) -> None:
    """`West` is in Australia and in Brazil."""
    with pytest.raises(ZoneUnknown) as refused:
        zone_of(typed, now=NOW)
    assert refused.value.data == {"text": typed}


def test_a_name_is_one_line() -> None:
    assert workspace_name("  Bakery \n at\tthe   Pier ") == "Bakery at the Pier"
    assert workspace_name("x" * LONGEST_NAME) == "x" * LONGEST_NAME


@pytest.mark.parametrize("typed", ["", " \n\t ", "\u200b", "x" * (LONGEST_NAME + 1)])
def test_nothing_and_too_much_are_no_names(typed: str) -> None:
    with pytest.raises(WorkspaceNameRefused):
        workspace_name(typed)
