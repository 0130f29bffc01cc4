"""The other edges: numbers, templates page by page, media, tokens; and rates over HTTP."""

import pytest

from tests.contract.cloud_standin.stage import ADA, BRUNO, CHIKA, error_of, spring, stage
from whatsapp.cloud.standin.rates import PAIR_BURST

PNG, JPEG = ("a.png", b"\x89PNG\r\n\x1a\n", "image/png"), ("a.jpg", b"\xff\xd8\xff", "image/jpeg")
FORM = {"messaging_product": "whatsapp"}


async def test_a_number_says_what_is_asked_and_always_its_id() -> None:
    async with stage() as scene:
        number = scene.account["phone_number_id"]
        said = (await scene.graph("GET", f"{number}?fields=quality_rating,throughput,unheard_of")).json()
        assert said == {"id": number, "quality_rating": "GREEN", "throughput": {"level": "HIGH"}}
        change = {"throughput": 80, "messaging_limit": 2000, "quality": "YELLOW", "verified_name": "Flora"}
        await scene.control("POST", f"numbers/{number}", change)
        fields = "quality_rating,throughput,whatsapp_business_manager_messaging_limit,verified_name"
        said = (await scene.graph("GET", f"{number}?fields={fields}")).json()
        assert said == {
            "id": number,
            "quality_rating": "YELLOW",
            "throughput": {"level": "STANDARD"},
            "whatsapp_business_manager_messaging_limit": "TIER_2K",
            "verified_name": "Flora",
        }
        usual = (await scene.graph("GET", number)).json()
        assert usual["code_verification_status"] == "VERIFIED"
        assert usual["display_phone_number"] == scene.account["display_phone_number"]


@pytest.mark.parametrize("version", ["/v23.0", "/v99.1", ""])
async def test_any_version_of_the_api_will_do(version: str) -> None:
    async with stage() as scene:
        path = f"{version}/{scene.account['phone_number_id']}"
        params = {"access_token": scene.account["token"]}
        assert (await scene.client.get(path, params=params)).status_code == 200


async def test_templates_come_page_by_page_and_filtered() -> None:
    async with stage() as scene:
        for nth in range(28):
            wish = {"name": f"offer_{nth:02d}", "language": "de" if nth % 2 else "en"}
            await scene.control("POST", "templates", wish)
        path, names = f"{scene.account['waba_id']}/message_templates?limit=12", []
        while path:
            page = (await scene.graph("GET", path)).json()
            names += [one["name"] for one in page["data"]]
            following = page["paging"].get("next", "")
            path = following.partition("/v23.0/")[2]
        assert names == ["welcome", "spring", *(f"offer_{nth:02d}" for nth in range(28))]
        base = f"{scene.account['waba_id']}/message_templates"
        german = (await scene.graph("GET", f"{base}?language=de&fields=name,status&limit=100")).json()["data"]
        assert len(german) == 14
        assert set(german[0]) == {"id", "name", "status"}
        assert (await scene.graph("GET", f"{base}?status=REJECTED")).json() == {"data": []}
        assert len((await scene.graph("GET", f"{base}?name=offer_0&limit=100")).json()["data"]) == 10
        assert error_of(await scene.graph("GET", f"{base}?limit=many")) == (400, 100, None)


async def test_a_file_is_uploaded_once_sent_by_id_read_back_and_deleted() -> None:
    async with stage() as scene:
        number = scene.account["phone_number_id"]
        said = await scene.graph("POST", f"{number}/media", files={"file": JPEG}, data=FORM)
        media = said.json()["id"]
        for to in (ADA, BRUNO):
            fills = spring({"id": media}, "you", "20 %")
            assert (await scene.template(to, "spring", components=fills)).status_code == 200
        about = (await scene.graph("GET", media)).json()
        assert (about["mime_type"], about["file_size"]) == ("image/jpeg", 3)
        assert (await scene.client.get(about["url"])).status_code == 401
        token = {"authorization": f"Bearer {scene.account['token']}"}
        assert (await scene.client.get(about["url"], headers=token)).content == JPEG[1]
        totals = await scene.received()
        assert totals["files"] == {about["sha256"]: 2}
        assert totals["content"] == {"template:spring:en": 2}
        assert (await scene.graph("DELETE", media)).json() == {"success": True}
        assert error_of(await scene.graph("GET", media)) == (400, 100, 33)
        assert error_of(await scene.send(type="image", image={"id": media})) == (400, 100, None)


async def test_files_whatsapp_does_not_take_are_refused() -> None:
    async with stage() as scene:
        edge = f"{scene.account['phone_number_id']}/media"
        big = ("a.png", b"x" * (5 * 1024 * 1024 + 1), "image/png")
        gif = ("a.gif", b"GIF89a", "image/gif")
        for files, data, code in (
            ({"file": big}, FORM, 131053),
            ({"file": gif}, FORM, 100),
            ({"file": ("a.png", b"", "image/png")}, FORM, 100),
            ({"file": PNG}, {}, 100),
            ({"other": PNG}, FORM, 100),
        ):
            assert error_of(await scene.graph("POST", edge, files=files, data=data))[1] == code
        broken = {"content-type": "multipart/form-data; boundary=x"}
        assert error_of(await scene.graph("POST", edge, content=b"no form", headers=broken))[1] == 100
        assert error_of(await scene.graph("POST", edge, json={}))[1] == 100


async def test_a_picture_sent_as_a_video_fails_later_or_at_once_and_after_30_days_it_is_gone() -> None:
    async with stage() as scene:
        edge = f"{scene.account['phone_number_id']}/media"
        media = (await scene.graph("POST", edge, files={"file": PNG}, data=FORM)).json()["id"]
        await scene.control("POST", f"people/{ADA}", {"window": "open"})
        assert (await scene.send(type="video", video={"id": media})).status_code == 200
        assert (await scene.received())["failed"] == {"131053": 1}
        await scene.control("POST", "behaviour", {"late_errors": []})
        assert error_of(await scene.send(type="video", video={"id": media})) == (400, 131053, None)
        await scene.control("POST", "clock", {"advance": 30 * 86_400})
        assert error_of(await scene.graph("GET", media)) == (400, 100, 33)


async def test_a_token_can_be_asked_about() -> None:
    async with stage() as scene:
        mine = scene.account["token"]
        data = (await scene.graph("GET", f"debug_token?input_token={mine}")).json()["data"]
        assert data["is_valid"]
        assert set(data["scopes"]) == {"whatsapp_business_messaging", "whatsapp_business_management"}
        assert not (await scene.graph("GET", "debug_token?input_token=x")).json()["data"]["is_valid"]
        other = (await scene.control("POST", "tokens", {"expires_in": 0}))["token"]
        assert not (await scene.graph("GET", f"debug_token?input_token={other}")).json()["data"]["is_valid"]


async def test_the_account_names_itself_and_its_numbers() -> None:
    async with stage() as scene:
        waba = scene.account["waba_id"]
        assert (await scene.graph("GET", f"{waba}?fields=name")).json() == {
            "id": waba,
            "name": "Ada's Flowers",
        }
        await scene.control("POST", "accounts", {"waba_id": waba, "app_id": scene.account["app_id"]})
        numbers = (await scene.graph("GET", f"{waba}/phone_numbers?fields=display_phone_number")).json()
        assert len({one["display_phone_number"] for one in numbers["data"]}) == 2


async def test_the_throughput_is_held_to_and_given_back_with_time() -> None:
    async with stage() as scene:
        number = f"numbers/{scene.account['phone_number_id']}"
        await scene.control("POST", number, {"throughput": 5})
        people = [f"+4477009001{nth:02d}" for nth in range(8)]
        answers = [await scene.template(to) for to in people]
        assert [one.status_code for one in answers] == [200] * 5 + [400] * 3
        assert error_of(answers[-1]) == (400, 130429, None)
        await scene.control("POST", "clock", {"advance": 0.4})
        assert [(await scene.template(to)).status_code for to in people[5:]] == [200, 200, 400]


async def test_one_person_gets_at_most_45_messages_in_a_row() -> None:
    async with stage() as scene:
        answers = [await scene.template() for _ in range(PAIR_BURST + 1)]
        assert [one.status_code for one in answers] == [200] * PAIR_BURST + [400]
        assert error_of(answers[-1]) == (400, 131056, None)
        assert (await scene.template(BRUNO)).status_code == 200
        await scene.control("POST", "clock", {"advance": 6})
        assert (await scene.template()).status_code == 200
        assert error_of(await scene.template()) == (400, 131056, None)


async def test_the_messaging_limit_is_shared_by_the_numbers_of_a_portfolio() -> None:
    async with stage() as scene:
        first = scene.account
        number = f"numbers/{first['phone_number_id']}"
        await scene.control("POST", number, {"messaging_limit": 2})
        wish = {"waba_id": first["waba_id"], "app_id": first["app_id"], "token": first["token"]}
        second = await scene.control("POST", "accounts", wish)
        assert (await scene.template(ADA)).status_code == 200
        scene.account = {**first, "phone_number_id": second["phone_number_id"]}
        assert (await scene.template(BRUNO)).status_code == 200
        assert (await scene.template(ADA)).status_code == 200
        assert error_of(await scene.template(CHIKA)) == (400, 131048, None)
        await scene.control("POST", f"people/{CHIKA}", {"window": "open"})
        assert (await scene.template(CHIKA)).status_code == 200  # inside a window nobody is counted
        await scene.control("POST", "clock", {"advance": 86_400})
        assert (await scene.template(CHIKA)).status_code == 200
