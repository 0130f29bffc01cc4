"""What the Graph API says of a number, its templates and its token."""

from typing import Any

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.types.templates import TemplateDetails

from domain.delivery.cloud_account import (
    CloudDirectory,
    CloudPermissionMissing,
    CloudRefuses,
    CloudTokenRefused,
    CloudUnreachable,
    CloudWrongId,
    NumberInfo,
    Throughput,
)
from domain.delivery.templates import Button, ButtonKind, HeaderKind, TemplateCategory, TemplateStatus
from domain.kernel.errors import DomainError
from domain.pacing.channel_limits import PeopleLimit, Quality
from tests.unit.cloud.cast import NUMBER_ID, TOKEN, WABA
from tests.unit.cloud.facebook import Facebook, calling, error, line
from whatsapp.client import build_cloud_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.graph import CloudGraph

NUMBER: dict[str, Any] = {
    "id": NUMBER_ID,
    "display_phone_number": "+1 555-078-3881",
    "verified_name": "Ada's Bakery",
    "quality_rating": "GREEN",
    "throughput": {"level": "HIGH"},
    "status": "CONNECTED",
    "whatsapp_business_manager_messaging_limit": "TIER_10K",
    "is_on_biz_app": False,
    "health_status": {
        "can_send_message": "AVAILABLE",
        "entities": [
            {"entity_type": "PHONE_NUMBER", "id": NUMBER_ID, "can_send_message": "AVAILABLE"},
            {"entity_type": "WABA", "id": WABA, "can_send_message": "AVAILABLE"},
        ],
    },
}
SALE: dict[str, Any] = {
    "id": "594425479261596",
    "name": "sale",
    "language": "en_US",
    "status": "APPROVED",
    "category": "MARKETING",
    "parameter_format": "NAMED",
    "quality_score": {"score": "YELLOW", "date": 1700000000},
    "components": [
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://x.example/1"]}},
        {
            "type": "BODY",
            "text": "Hi {{first_name}}, {{code}} is yours",
            "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Ada"}]},
        },
        {"type": "FOOTER", "text": "Ada's Bakery"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Stop"},
                {
                    "type": "URL",
                    "text": "Shop",
                    "url": "https://ada.example/{{1}}",
                    "example": ["https://ada.example/summer"],
                },
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550783881"},
                {"type": "COPY_CODE", "text": "Copy offer code", "example": ["BREAD10"]},
            ],
        },
    ],
}


def page(*templates: object, after: str | None = None) -> tuple[int, object]:
    paging: dict[str, Any] = {"cursors": {"before": "MAZDZD", "after": after or "MjQZD"}}
    if after:
        paging["next"] = f"https://graph.example/v23.0/{WABA}/message_templates?after={after}"
    return 200, {"data": list(templates), "paging": paging}


def simple(n: int, **more: Any) -> dict[str, Any]:
    base = {"id": str(n), "name": f"t{n}", "language": "en", "status": "APPROVED", "category": "UTILITY"}
    return base | {"components": [{"type": "BODY", "text": "Hello {{1}}"}]} | more


async def test_a_number_is_read_with_its_limit_quality_and_speed() -> None:
    facebook = Facebook((200, NUMBER))
    async with calling(facebook) as client:
        directory: CloudDirectory = CloudGraph(client, line())
        info = await directory.number()
    assert info == NumberInfo(
        id=NUMBER_ID,
        number="+15550783881",
        name="Ada's Bakery",
        quality=Quality.GREEN,
        throughput=Throughput.HIGH,
        people=PeopleLimit(people=10_000),
        status="connected",
        waba_id=WABA,
        can_send="available",
    )
    assert info.ceiling == 1000
    assert facebook.paths == [NUMBER_ID]
    assert "messaging_limit_tier" not in str(facebook.asked[0].url)
    assert TOKEN not in str(facebook.asked[0].url)


@pytest.mark.parametrize(
    ("changes", "ceiling"),
    [
        ({"throughput": {"level": "STANDARD"}}, 80),
        ({"throughput": {"level": "NOT_APPLICABLE"}}, 80),
        ({"throughput": None}, 80),
        ({"is_on_biz_app": True}, 20),
    ],
)
async def test_the_ceiling_follows_what_the_number_may(changes: dict[str, Any], ceiling: float) -> None:
    async with calling(Facebook((200, NUMBER | changes))) as client:
        assert (await CloudGraph(client, line()).number()).ceiling == ceiling


async def test_an_older_api_that_does_not_know_all_fields_is_asked_for_fewer() -> None:
    few = {name: NUMBER[name] for name in ("id", "display_phone_number", "verified_name", "quality_rating")}
    facebook = Facebook((400, error(100, "Tried accessing nonexisting field")), (200, few))
    async with calling(facebook) as client:
        info = await CloudGraph(client, line()).number()
    assert (info.people, info.throughput, info.waba_id) == (None, Throughput.UNKNOWN, None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, error(190)), CloudTokenRefused),
        ((400, error(0)), CloudTokenRefused),
        ((401, b"who are you"), CloudTokenRefused),
        ((403, error(10)), CloudPermissionMissing),
        ((403, error(200)), CloudPermissionMissing),
        ((403, error(131005)), CloudPermissionMissing),
        ((400, error(100, error_subcode=33)), CloudWrongId),
        ((400, error(33)), CloudWrongId),
        ((400, error(100)), CloudRefuses),
        ((400, error(368)), CloudRefuses),
        ((500, error(2)), CloudUnreachable),
        ((500, error(424_242)), CloudUnreachable),
        ((429, error(80008)), CloudUnreachable),
        ((502, b"<html>"), CloudUnreachable),
        ((200, b"<html>"), CloudUnreachable),
        ((200, []), CloudUnreachable),
        ((200, {"id": None}), CloudUnreachable),
        (httpx.ReadTimeout("late"), CloudUnreachable),
    ],
)  # fmt: skip
async def test_every_trouble_has_a_name(
    answer: tuple[int, object] | Exception, expected: type[DomainError]
) -> None:
    async with calling(Facebook(answer)) as client:
        with pytest.raises(expected) as trouble:
            await CloudGraph(client, line()).number()
    assert TOKEN not in repr(trouble.value)


async def test_a_token_or_an_id_of_the_wrong_shape_is_refused_without_asking() -> None:
    facebook = Facebook((200, NUMBER))
    async with calling(facebook) as client:
        for token in ("", "short", "with a blank in the middle of it", "line\nbreak" * 5, "x" * 1001):
            with pytest.raises(CloudTokenRefused):
                await CloudGraph(client, line(token=token)).number()
        for number_id in ("", "../me", "+15550783881", "1" * 40, "12345?fields=x"):
            wrong = CloudLine(base_url="https://g.example", phone_number_id=number_id, token=lambda: TOKEN)
            with pytest.raises(CloudWrongId):
                await CloudGraph(client, wrong).number()
        with pytest.raises(CloudWrongId):
            await CloudGraph(client, line()).templates("not an id")
    assert facebook.asked == []


async def test_nobody_listening_is_unreachable() -> None:
    async with build_cloud_client() as client:
        with pytest.raises(CloudUnreachable):
            await CloudGraph(client, line("http://127.0.0.1:1")).number()


async def test_templates_are_read_page_by_page() -> None:
    facebook = Facebook(page(SALE, simple(1), after="QVFI"), page(simple(2), after="QVFJ"), page())
    async with calling(facebook) as client:
        listed = await CloudGraph(client, line()).templates(WABA)
    assert [one.name for one in listed.templates] == ["sale", "t1", "t2"]
    assert [dict(request.url.params).get("after") for request in facebook.asked] == [None, "QVFI", "QVFJ"]
    assert listed.unreadable == 0


async def test_a_template_is_read_whole_and_as_pywa_reads_it() -> None:
    async with calling(Facebook(page(SALE))) as client:
        (sale,) = (await CloudGraph(client, line()).templates(WABA)).templates
    assert (sale.status, sale.category, sale.quality) == (
        TemplateStatus.APPROVED,
        TemplateCategory.MARKETING,
        Quality.YELLOW,
    )
    assert (sale.header, sale.named, sale.footer, sale.foreign) == (
        HeaderKind.IMAGE,
        True,
        "Ada's Bakery",
        (),
    )
    assert sale.slots == ("body.first_name", "body.code", "button.1", "button.3")
    assert sale.buttons[1] == Button(
        kind=ButtonKind.URL, text="Shop", wants_value=True, url="https://ada.example/{{1}}"
    )
    theirs = TemplateDetails.from_dict(SALE, WhatsApp(phone_id=NUMBER_ID, token="x"))
    assert (theirs.id, theirs.name, theirs.language.value) == (sale.id, sale.name, sale.language)
    assert theirs.status.value.lower() == sale.status.value


async def test_a_refused_template_says_why() -> None:
    refused = simple(1, status="REJECTED", rejected_reason="INVALID_FORMAT")
    async with calling(Facebook(page(refused, simple(2, rejected_reason="NONE"), simple(3)))) as client:
        listed = await CloudGraph(client, line()).templates(WABA)
    assert [one.why for one in listed.templates] == ["invalid_format", "", ""]


@pytest.mark.parametrize(
    ("more", "foreign"),
    [
        ({"components": [{"type": "CAROUSEL", "cards": []}]}, ("carousel",)),
        ({"components": [{"type": "HEADER", "format": "LOCATION"}]}, ("location header",)),
        (
            {"components": [{"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Go"}]}]},
            ("flow button",),
        ),
        ({"category": "AUTHENTICATION"}, ("one-time code",)),
    ],
)
async def test_what_we_do_not_send_is_named(more: dict[str, Any], foreign: tuple[str, ...]) -> None:
    async with calling(Facebook(page(simple(1, **more)))) as client:
        (one,) = (await CloudGraph(client, line()).templates(WABA)).templates
    assert one.foreign == foreign


async def test_words_nobody_knows_are_unknown_and_a_broken_template_loses_no_other() -> None:
    odd = simple(1, status="SINGING", category=7, quality_score=None)
    broken = [None, 3, simple(2, id=None), simple(3, components="x"), simple(4, components=[[]])]
    async with calling(Facebook(page(*broken, odd))) as client:
        listed = await CloudGraph(client, line()).templates(WABA)
    (one,) = listed.templates
    assert (one.status, one.category, one.quality) == (
        TemplateStatus.UNKNOWN,
        TemplateCategory.UNKNOWN,
        Quality.UNKNOWN,
    )
    assert listed.unreadable == 5


async def test_pages_that_go_round_in_a_circle_end() -> None:
    facebook = Facebook(page(simple(1), after="A"), page(simple(2), after="B"), page(simple(1), after="A"))
    async with calling(facebook) as client:
        listed = await CloudGraph(client, line()).templates(WABA)
    assert [one.name for one in listed.templates] == ["t1", "t2"]
    assert len(facebook.asked) == 3


async def test_a_token_that_lacks_a_permission_is_told_so() -> None:
    def granted(*names: str) -> tuple[int, object]:
        return 200, {"data": [{"permission": name, "status": "granted"} for name in names]}

    both = ("whatsapp_business_messaging", "whatsapp_business_management")
    for answer in (granted(*both), (400, error(100)), (502, b""), (200, {"data": None})):
        async with calling(Facebook(answer)) as client:
            await CloudGraph(client, line()).check_permissions()
    async with calling(Facebook(granted("whatsapp_business_management"))) as client:
        with pytest.raises(CloudPermissionMissing) as missing:
            await CloudGraph(client, line()).check_permissions()
    assert missing.value.data["permission"] == "whatsapp_business_messaging"
    async with calling(Facebook((401, error(190)))) as client:
        with pytest.raises(CloudTokenRefused):
            await CloudGraph(client, line()).check_permissions()


@pytest.mark.parametrize(
    "answer", [(200, {"success": True}), (403, error(10)), httpx.ConnectError("nobody there")]
)
async def test_webhooks_of_a_business_account_are_asked_for_and_a_refusal_is_no_trouble(
    answer: tuple[int, object] | Exception,
) -> None:
    facebook = Facebook(answer)
    async with calling(facebook) as client:
        await CloudGraph(client, line()).subscribe(WABA)
    assert facebook.paths == [f"{WABA}/subscribed_apps"]
    assert facebook.asked[0].method == "POST"
