"""Everything the stand-in refuses: at once with Meta's body and status, or later by webhook as Meta does."""

from typing import Any

import pytest

from tests.contract.cloud_standin.stage import (
    ADA,
    BRUNO,
    CHIKA,
    error_of,
    named,
    spring,
    stage,
    stage_with_sink,
)
from whatsapp.cloud.standin.errors import CATALOGUE

AT_ONCE: dict[str, Any] = {"late_errors": []}


async def test_a_token_nobody_gave_a_revoked_and_an_expired_one_are_190() -> None:
    async with stage() as scene:
        assert error_of(await scene.send(token="EAAnonsense")) == (401, 190, None)
        short = await scene.control("POST", "tokens", {"token": "EAAshort", "expires_in": 60})
        assert (await scene.template()).status_code == 200
        await scene.control("POST", "clock", {"advance": 61})
        assert error_of(await scene.send(token=short["token"])) == (401, 190, 463)
        fresh = await scene.control("POST", f"tokens/{scene.account['token']}/rotate")
        assert error_of(await scene.send()) == (401, 190, 460)
        scene.account["token"] = fresh["token"]
        assert (await scene.template()).status_code == 200
        await scene.control("DELETE", f"tokens/{fresh['token']}")
        assert error_of(await scene.template()) == (401, 190, 460)


async def test_a_request_without_a_token_is_190() -> None:
    async with stage() as scene:
        answer = await scene.client.post(f"/v23.0/{scene.account['phone_number_id']}/messages", json={})
        assert error_of(answer) == (401, 190, None)


async def test_a_token_without_the_permission_is_told_so() -> None:
    async with stage() as scene:
        for scope, code in (("whatsapp_business_management", 200), ("whatsapp_business_messaging", 10)):
            wish = {"token": f"EAA{code}", "scopes": [scope]}
            token = (await scene.control("POST", "tokens", wish))["token"]
            if code == 200:
                assert error_of(await scene.send(token=token)) == (403, 200, None)
            else:
                headers = {"authorization": f"Bearer {token}"}
                for path in ("message_templates", "subscribed_apps"):
                    answer = await scene.graph("GET", f"{scene.account['waba_id']}/{path}", headers=headers)
                    assert error_of(answer) == (403, 10, None)


async def test_a_wrong_number_id_and_one_of_somebody_else_are_the_same_to_graph() -> None:
    async with stage() as scene:
        token = (await scene.control("POST", "tokens", {"wabas": ["1"]}))["token"]
        assert error_of(await scene.send(token=token)) == (400, 100, 33)
        scene.account["phone_number_id"] = "12345"
        assert error_of(await scene.send()) == (400, 100, 33)
        assert error_of(await scene.graph("GET", "12345")) == (400, 100, 33)
        assert error_of(await scene.graph("PUT", "no/such/edge")) == (400, 100, 33)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "text"}, 100),
        ({"type": "text", "text": {"body": ""}}, 100),
        ({"type": "text", "text": {"body": "x" * 4097}}, 100),
        ({"type": "telepathy", "telepathy": {}}, 100),
        ({"type": ["text"]}, 100),
        ({"type": "image", "image": {}}, 100),
        ({"type": "image", "image": {"id": "999"}}, 100),
        ({"type": "image", "image": {"link": "ftp://ada.example/x"}}, 100),
        ({"type": "image", "image": {"id": "1", "caption": "x" * 1025}}, 100),
        ({"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "x" * 513}, 100),
        ({"type": "text", "text": {"body": "x"}, "messaging_product": "sms"}, 100),
        ({"type": "template", "template": {"name": "welcome"}}, 100),
    ],
)
async def test_a_message_that_makes_no_sense_is_refused_and_nobody_gets_it(
    message: dict[str, Any], code: int
) -> None:
    async with stage() as scene:
        assert error_of(await scene.send(**message)) == (400, code, None)
        assert (await scene.received())["accepted"] == 0


@pytest.mark.parametrize(("to", "code"), [(None, 100), ("", 131009), ("Ada", 131009), ("+0123", 131009)])
async def test_a_recipient_that_is_no_number_is_refused(to: str | None, code: int) -> None:
    async with stage() as scene:
        assert error_of(await scene.send(to)) == (400, code, None)


async def test_the_number_cannot_write_to_itself() -> None:
    async with stage() as scene:
        assert error_of(await scene.send(scene.account["display_phone_number"])) == (400, 131021, None)


@pytest.mark.parametrize(
    ("name", "components", "status", "code"),
    [
        ("farewell", [], 404, 132001),
        ("welcome", [], 400, 132000),
        ("welcome", named("Ada", "1234")[:0], 400, 132000),
        ("welcome", [{"type": "body", "parameters": [{"type": "text", "text": "Ada"}] * 2}], 400, 100),
        ("welcome", named("Ada", "a\nb"), 400, 132018),
        ("welcome", named("Ada", ""), 400, 131008),
        ("welcome", named("Ada", "x" * 1024), 400, 132005),
        ("spring", spring({"link": "https://ada.example/a.jpg"}, "Ada"), 400, 132000),
        ("spring", spring({"link": "https://ada.example/a.jpg"}, "Ada", "20 %")[1:], 400, 132012),
        ("spring", spring({"link": "https://ada.example/a.jpg"}, "Ada", "20 %")[:2], 400, 131008),
        ("spring", [{"type": "carousel"}], 400, 100),
    ],
)
async def test_a_template_and_what_fills_it_must_fit(
    name: str, components: list[Any], status: int, code: int
) -> None:
    async with stage() as scene:
        assert error_of(await scene.template(name=name, components=components)) == (status, code, None)
        assert (await scene.received())["refused"] == {str(code): 1}


async def test_named_parameters_must_bear_the_names_of_the_template() -> None:
    async with stage() as scene:
        components = named("Ada", "1234")
        components[0]["parameters"][1]["parameter_name"] = "cdoe"
        answer = await scene.template(components=components)
        assert error_of(answer) == (400, 132000, None)
        assert "code" in answer.json()["error"]["error_data"]["details"]


@pytest.mark.parametrize(("state", "code"), [("PAUSED", 132015), ("DISABLED", 132016), ("PENDING", 132001)])
async def test_a_template_that_may_not_be_sent_says_why(state: str, code: int) -> None:
    async with stage() as scene:
        listed = (await scene.graph("GET", f"{scene.account['waba_id']}/message_templates")).json()["data"]
        welcome = next(one for one in listed if one["name"] == "welcome")
        await scene.control("POST", f"templates/{welcome['id']}", {"status": state})
        assert error_of(await scene.template())[1] == code


async def test_a_language_the_template_does_not_have_is_as_good_as_no_template() -> None:
    async with stage() as scene:
        assert error_of(await scene.template(language={"code": "de"})) == (404, 132001, None)


async def test_a_text_outside_the_window_is_accepted_and_fails_later() -> None:
    async with stage_with_sink() as (scene, sink):
        accepted = await scene.send(biz_opaque_callback_data="k1", type="text", text={"body": "Hi"})
        assert accepted.status_code == 200
        await scene.told()
        (status,) = sink.values("statuses")
        assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)
        assert (status["id"], status["biz_opaque_callback_data"]) == (
            accepted.json()["messages"][0]["id"],
            "k1",
        )
        totals = await scene.received()
        assert (totals["accepted"], totals["received"], totals["failed"]) == (1, 0, {"131047": 1})


async def test_what_is_told_later_can_be_told_at_once() -> None:
    async with stage() as scene:
        await scene.control("POST", "behaviour", AT_ONCE)
        assert error_of(await scene.send()) == (400, 131047, None)
        await scene.control("POST", f"people/{ADA}", {"window": "open"})
        assert (await scene.send()).status_code == 200
        await scene.control("POST", f"people/{ADA}", {"on_whatsapp": False})
        assert error_of(await scene.send()) == (400, 131026, None)
        await scene.control("POST", f"people/{BRUNO}/stop")
        await scene.control("POST", f"people/{CHIKA}", {"capped": True})
        link = spring({"link": "https://ada.example/a.jpg"}, "you", "20 %")
        assert error_of(await scene.template(BRUNO, "spring", components=link)) == (400, 131050, None)
        assert error_of(await scene.template(CHIKA, "spring", components=link)) == (400, 131049, None)
        assert (await scene.template(BRUNO)).status_code == 200  # a stop is about marketing alone
        assert error_of(await scene.template("+12025550123", "spring", components=link)) == (
            400,
            131049,
            None,
        )
        broken = spring({"link": "https://gone.invalid/a.jpg"}, "you", "20 %")
        assert error_of(await scene.template("+447700900009", "spring", components=broken)) == (
            400,
            131052,
            None,
        )


async def test_the_window_closes_24_hours_after_the_person_wrote() -> None:
    async with stage() as scene:
        await scene.control("POST", "behaviour", AT_ONCE)
        await scene.control("POST", f"people/{ADA}/reply", {"text": "Hello?"})
        await scene.control("POST", "clock", {"advance": 86_399})
        assert (await scene.send()).status_code == 200
        await scene.control("POST", "clock", {"advance": 1})
        assert error_of(await scene.send()) == (400, 131047, None)


async def test_a_number_under_a_restriction_sends_nothing() -> None:
    async with stage() as scene:
        number = f"numbers/{scene.account['phone_number_id']}"
        await scene.control("POST", number, {"restricted": True})
        assert error_of(await scene.template()) == (400, 131048, None)
        await scene.control("POST", number, {"restricted": False})
        assert (await scene.template()).status_code == 200


@pytest.mark.parametrize("code", sorted(CATALOGUE))
async def test_every_code_of_the_catalogue_can_be_scripted(code: int) -> None:
    async with stage() as scene:
        await scene.control("POST", "faults", {"kind": "code", "code": code, "times": 1})
        assert error_of(await scene.template()) == (CATALOGUE[code].status, code, None)
        assert (await scene.template()).status_code == 200
        assert (await scene.received())["accepted"] == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 5000, b"\xff\xfe", b'"x"'])
async def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    async with stage() as scene:
        answer = await scene.graph("POST", f"{scene.account['phone_number_id']}/messages", content=body)
        assert error_of(answer) == (400, 100, None)
