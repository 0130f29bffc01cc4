"""Rules of campaigns over the official channel: speeds, files at the top, whether one can go on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts.model import Channel
from domain.campaigns.official import (
    HEADERS,
    HeaderWanted,
    NoHeaderWanted,
    check_can_go_on,
    fits,
    header_of,
)
from domain.campaigns.pace import USUAL, pace_on
from domain.delivery.content import Media, MediaKind
from domain.delivery.media_limits import MediaTooLarge
from domain.delivery.template_values import FromColumn, ValuesMissing, guess
from domain.delivery.templates import HeaderKind, Slot, TemplateNotReady, TemplateStatus
from domain.pacing.rules import GENTLE, NORMAL, Pacing
from tests.fakes.cloud import CHOSEN, SALE
from tests.unit.campaigns.test_campaign import SPRING

AT_ONCE = Pacing(shortest=timedelta(0), longest=timedelta(0))
PICTURE = Media(kind=MediaKind.PHOTO, key="a" * 64, filename="a.jpg", mime="image/jpeg", size=1000)


@pytest.mark.parametrize("rate", [1, 7, 20, 80, 333, 999, 1000])
def test_so_many_a_second_stays_so_many(rate: int) -> None:
    pacing = Pacing.at(rate)
    assert round(pacing.rate) == rate
    assert pace_on(Channel.CLOUD, pacing) == pacing


@pytest.mark.parametrize("pacing", [GENTLE, NORMAL, AT_ONCE])
def test_pauses_become_the_usual_rate_over_the_official_channel(pacing: Pacing) -> None:
    assert pace_on(Channel.CLOUD, pacing) == USUAL


@pytest.mark.parametrize("channel", [Channel.WEB, Channel.SIMULATED])
@pytest.mark.parametrize("rate", [1, 20, 80, 1000])
def test_a_rate_of_the_official_channel_is_taken_along_to_no_other(channel: Channel, rate: int) -> None:
    assert pace_on(channel, Pacing.at(rate)) == NORMAL


def test_one_pause_of_many_seconds_is_no_rate() -> None:
    ten = Pacing(shortest=timedelta(seconds=10), longest=timedelta(seconds=10))
    assert pace_on(Channel.CLOUD, ten) == USUAL
    assert pace_on(Channel.WEB, ten) == ten


def test_pauses_stay_where_they_are_possible() -> None:
    assert pace_on(Channel.WEB, GENTLE) == GENTLE
    assert pace_on(Channel.SIMULATED, AT_ONCE) == AT_ONCE


def test_columns_are_guessed_by_what_a_blank_is_called() -> None:
    named = replace(SALE, named=True, body="{{first_name}}, {{order_no}} for {{gift}}")
    assert guess(named, ["name", "number", "Order No"]) == {
        Slot("body.first_name"): FromColumn(column="name"),
        Slot("body.order_no"): FromColumn(column="Order No"),
    }
    assert guess(SALE, ["name", "city"]) == {Slot("body.1"): FromColumn(column="name")}
    assert guess(SALE, ["city"]) == {}


def test_a_picture_sent_as_a_file_stands_at_the_top_and_other_files_do_not() -> None:
    pictured = replace(SALE, header=HeaderKind.IMAGE)
    sent = replace(PICTURE, kind=MediaKind.DOCUMENT, mime="image/png")
    assert header_of(pictured, sent).kind is MediaKind.PHOTO
    with pytest.raises(HeaderWanted):
        header_of(pictured, replace(sent, mime="application/pdf"))
    with pytest.raises(MediaTooLarge):
        header_of(pictured, replace(PICTURE, size=6_000_000))
    with pytest.raises(NoHeaderWanted):
        header_of(SALE, PICTURE)


def test_what_stands_at_the_top_is_what_the_template_says() -> None:
    assert fits(SALE, None) and not fits(SALE, PICTURE)
    for header, kind in HEADERS.items():
        assert fits(replace(SALE, header=header), replace(PICTURE, kind=kind))
        assert not fits(replace(SALE, header=header), None)


def test_a_paused_campaign_goes_on_only_with_what_fills_the_template_now() -> None:
    held = replace(SPRING, template=CHOSEN)
    check_can_go_on(held, SALE)
    with pytest.raises(TemplateNotReady):
        check_can_go_on(held, replace(SALE, status=TemplateStatus.PAUSED))
    with pytest.raises(ValuesMissing):
        check_can_go_on(held, replace(SALE, body=f"{SALE.body} {{{{3}}}}"))
    with pytest.raises(HeaderWanted):
        check_can_go_on(held, replace(SALE, header=HeaderKind.VIDEO))
    with pytest.raises(NoHeaderWanted):
        check_can_go_on(replace(held, media=PICTURE), SALE)
