"""Whatever stands in a template and in a person's columns: filled once, whole, and as WhatsApp takes it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.channel import Uploaded
from domain.delivery.template_values import (
    Always,
    Filling,
    FromColumn,
    ValuesMissing,
    ValueTooLong,
    cleaned,
    fill,
    missing_values,
    preview,
    values_for,
)
from domain.delivery.templates import (
    Button,
    ButtonKind,
    HeaderKind,
    MessageTemplate,
    Slot,
    TemplateCategory,
    TemplateNotCarried,
    TemplateNotReady,
    TemplateStatus,
    parameters_of,
)
from domain.pacing.channel_limits import Quality
from tests.unit.cloud.cast import template

texts = st.text(max_size=60)
fields = st.dictionaries(st.sampled_from(["Name", "city", "Order no"]), texts, max_size=3)
fillings: st.SearchStrategy[Filling] = st.one_of(
    st.builds(Always, text=texts),
    st.builds(FromColumn, column=st.sampled_from(["name", "CITY ", "order no", "x"]), fallback=texts),
)

SALE = template(
    header=HeaderKind.TEXT,
    header_text="Hello {{1}}",
    body="{{1}}, your order {{2}} goes to {{3}}. Again: {{1}}",
    footer="Bakery",
    buttons=(
        Button(kind=ButtonKind.QUICK_REPLY, text="Stop"),
        Button(kind=ButtonKind.URL, text="Track", wants_value=True, url="https://ada.example/{{1}}"),
    ),
)
SLOTS = SALE.slots
mappings = st.dictionaries(st.sampled_from(SLOTS), fillings)


def test_the_places_of_a_template_are_found_in_reading_order() -> None:
    assert SLOTS == ("header.1", "body.1", "body.2", "body.3", "button.1")
    assert parameters_of("{{2}} {{ 10 }} {{1}} {{2}}") == ("1", "2", "10")
    assert parameters_of("{{name}} {{city}} {{name}}") == ("name", "city")
    assert parameters_of("{{}} {1} {{a b}} {{é}}") == ()


@given(mappings, fields)
def test_it_is_filled_exactly_when_nothing_is_missing(
    mapping: dict[Slot, Filling], person: dict[str, str]
) -> None:
    missing = missing_values(SALE, mapping, person)
    if missing:
        with pytest.raises(ValuesMissing) as refused:
            fill(SALE, mapping, person)
        assert refused.value.data["places"] == list(missing)
        return
    filled = fill(SALE, mapping, person)
    assert [name for name, _ in filled.body] == ["1", "2", "3"]
    assert [button.index for button in filled.buttons] == [1]
    everything = [*filled.header, *filled.body, *((str(b.index), b.value) for b in filled.buttons)]
    assert all(value for _, value in everything)


@given(mappings, fields)
def test_every_value_is_as_whatsapp_takes_it(mapping: dict[Slot, Filling], person: dict[str, str]) -> None:
    for value in values_for(SALE, mapping, person).values():
        assert not set(value) & set("\r\n\t")
        assert "  " not in value
        assert value == value.strip() == cleaned(value)


@given(texts, texts)
def test_a_column_that_is_empty_takes_its_fallback(value: str, fallback: str) -> None:
    place = Slot("body.1")
    mapping = {place: FromColumn(column=" NAME", fallback=fallback)}
    got = values_for(SALE, mapping, {"Name": value})[place]
    assert got == (cleaned(value) or cleaned(fallback))


def test_a_value_that_looks_like_a_blank_is_not_filled_again() -> None:
    mapping = {slot: Always(text="{{2}}") for slot in SLOTS}
    mapping[Slot("body.2")] = Always(text="17")
    said = preview(SALE, mapping, {})
    assert "{{2}}, your order 17 goes to {{2}}. Again: {{2}}" in said
    assert "[Track] https://ada.example/{{2}}" in said


def test_a_preview_shows_all_of_it_and_leaves_blanks_that_have_no_value() -> None:
    assert preview(SALE, {Slot("body.1"): Always(text="Ada")}, {}) == (
        "Hello {{1}}\n\nAda, your order {{2}} goes to {{3}}. Again: Ada\n\nBakery\n\n"
        "[Stop]\n[Track] https://ada.example/{{1}}"
    )


def test_a_value_too_long_for_its_place_is_refused_with_the_limit() -> None:
    mapping = {slot: Always(text="x" * 61) for slot in SLOTS}
    with pytest.raises(ValueTooLong) as refused:
        fill(SALE, mapping, {})
    assert refused.value.data == {"place": "header.1", "length": 61, "limit": 60}


def test_every_place_has_its_limit() -> None:
    alone = template(body="{{1}}")
    assert alone.limit_of(Slot("body.1")) == 1024
    coupon = template(buttons=(Button(kind=ButtonKind.COPY_CODE, text="Copy", wants_value=True),))
    assert coupon.limit_of(Slot("button.0")) == 15
    assert coupon.limit_of(Slot("body.1")) == 1024


@pytest.mark.parametrize("status", [one for one in TemplateStatus if one is not TemplateStatus.APPROVED])
def test_only_an_approved_template_is_ready(status: TemplateStatus) -> None:
    template().check_ready()
    with pytest.raises(TemplateNotReady):
        template(status=status).check_ready()


def test_a_red_template_and_one_with_foreign_parts_are_not_ready() -> None:
    with pytest.raises(TemplateNotReady) as red:
        template(quality=Quality.RED).check_ready()
    assert red.value.data["status"] == "red"
    with pytest.raises(TemplateNotCarried):
        template(foreign=("carousel",)).check_ready()


def test_a_header_of_a_file_wants_one() -> None:
    assert template(header=HeaderKind.IMAGE).wants_media
    assert not template(header=HeaderKind.TEXT).wants_media


def test_a_template_is_a_value() -> None:
    same = MessageTemplate(
        id="1", name="sale", language="en", status=TemplateStatus.APPROVED,
        category=TemplateCategory.MARKETING, body="Hi {{1}}",
    )  # fmt: skip
    assert template() == same


@given(st.integers(-100, 100))
def test_an_uploaded_file_is_used_for_29_days_and_not_before_it_was_uploaded(days: int) -> None:
    at = datetime(2030, 6, 1, tzinfo=UTC)
    now = at.fromordinal(at.toordinal() + days).replace(tzinfo=UTC)
    assert Uploaded(id="1", at=at).holds_at(now) is (0 <= days < 29)
