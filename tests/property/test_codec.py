"""Callback data: whatever is encoded comes back, and nothing else gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.codec import LONGEST, NotOurs, Press, base36, decode, encode
from bot.screens.base import ACTIONS

numbers = st.integers(0, 36**9)
names = st.sampled_from(sorted(ACTIONS))


@given(names, numbers, numbers, st.integers(0, 36**4))
def test_every_press_of_ours_comes_back_and_fits(name: str, id: int, rev: int, x: int) -> None:
    press = Press(action=name, id=id, rev=rev, x=x)
    data = encode(press)
    assert len(data.encode()) <= LONGEST
    assert decode(data) == press


@given(st.text(max_size=80))
def test_anything_else_is_refused_or_is_what_encode_would_say(data: str) -> None:
    try:
        press = decode(data)
    except NotOurs:
        return
    assert press.id >= 0
    assert press.rev >= 0


@pytest.mark.parametrize(
    "data",
    ["", "v1", "v0|home|0|0|0", "v1||0|0|0", "v1|home|-1|0|0", "v1|home|A|0|0", "v1|home|0|0", "v1|h|٣|0|0"],
)
def test_malformed_data_is_not_ours(data: str) -> None:
    with pytest.raises(NotOurs):
        decode(data)


def test_what_would_not_fit_is_refused_when_it_is_drawn() -> None:
    with pytest.raises(ValueError, match="too long"):
        encode(Press(action="a" * 60, id=1))


@given(st.integers(36**11, 2**80))
def test_a_number_too_large_for_any_table_is_not_ours(number: int) -> None:
    with pytest.raises(NotOurs):
        decode(f"v1|home|{base36(number)}|0|0")
