"""What the callback hears: signed, verified, repeated until it answers 200."""

from collections import Counter

from tests.contract.cloud_standin.stage import ADA, BRUNO, VERIFY, named, sink, stage, stage_with_sink


async def test_a_callback_is_verified_before_it_hears_anything() -> None:
    async with stage() as scene, sink() as hook:
        for url, token, says in (
            (hook.url, "wrong", None),
            (hook.url, VERIFY, "not the challenge"),
            ("http://127.0.0.1:9/nobody", VERIFY, None),
            ("gopher://x", VERIFY, None),
        ):
            hook.says = says
            wish = {"app_id": scene.account["app_id"], "url": url, "verify_token": token}
            refused = await scene.client.post("/_standin/webhooks", json=wish)
            assert (refused.status_code, refused.json()["verified"]) == (400, False)
        await scene.template()
        assert hook.posts == []
        assert (await scene.control("GET", "webhooks"))["planned"] == 0


async def test_a_message_is_sent_delivered_and_read_each_in_its_time() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control(
            "POST", "behaviour", {"delivered_after": 5, "read_share": 1, "read_after": [60, 60]}
        )
        message = (await scene.template(biz_opaque_callback_data="attempt-1")).json()["messages"][0]
        assert message["message_status"] == "accepted"
        for seconds, so_far in ((0, 1), (5, 2), (59, 2), (1, 3)):
            await scene.control("POST", "clock", {"advance": seconds})
            await scene.told(until="told")
            assert len(hook.values("statuses")) == so_far
        assert hook.courses() == {message["id"]: ["sent", "delivered", "read"]}
        first, second, third = hook.values("statuses")
        assert {one["recipient_id"] for one in (first, second, third)} == {ADA[1:]}
        assert {one["biz_opaque_callback_data"] for one in (first, second, third)} == {"attempt-1"}
        assert int(third["timestamp"]) - int(first["timestamp"]) == 65
        assert first["pricing"] == {
            "billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility",
        }  # fmt: skip
        assert "pricing" in second
        assert "pricing" not in third
        assert hook.signed()


async def test_a_callback_that_fails_hears_it_again_until_it_answers_200() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control("POST", "webhooks/manner", {"retry_after": 0.01, "retry_most": 0.02})
        hook.statuses = [500, 404, 204, 301]
        await scene.template()
        counts = await scene.told()
        assert (counts["posts"], counts["failed_posts"], counts["told"]) == (5, 4, 2)
        assert len({body for _, body in hook.posts}) == 1  # the very same bytes each time
        assert hook.signed()


async def test_a_callback_that_never_answers_is_given_up_after_its_time() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control("POST", "webhooks/manner", {"retry_after": 0.01, "give_up_after": 0})
        hook.statuses = [500] * 50
        await scene.template()
        counts = await scene.told()
        assert (counts["given_up"], counts["told"], counts["waiting"]) == (2, 0, 0)


async def test_nothing_is_lost_of_what_is_shuffled_and_repeated() -> None:
    async with stage_with_sink() as (scene, hook):
        manner = {"batch": 7, "shuffle": True, "repeat_share": 0.3, "repeat_posts_share": 0.2}
        await scene.control("POST", "webhooks/manner", manner)
        await scene.control("POST", "behaviour", {"read_share": 1})
        ids = [(await scene.template(f"+4477009{nth:05d}")).json()["messages"][0]["id"] for nth in range(100)]
        await scene.told()
        courses = hook.courses()
        assert set(courses) == set(ids)
        assert all(set(course) == {"sent", "delivered", "read"} for course in courses.values())
        assert any(course[0] != "sent" for course in courses.values())
        assert any(max(Counter(course).values()) > 1 for course in courses.values())


async def test_delivered_may_be_left_out_when_it_is_read_at_once() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control("POST", "behaviour", {"read_share": 1, "skip_delivered_share": 1})
        await scene.template()
        await scene.told()
        assert list(hook.courses().values()) == [["sent", "read"]]
        assert "pricing" in hook.values("statuses")[1]


async def test_somebody_who_blocked_us_never_gets_it_and_we_are_not_told() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control("POST", f"people/{ADA}", {"blocked": True})
        await scene.template()
        await scene.told()
        assert list(hook.courses().values()) == [["sent"]]
        totals = await scene.received()
        assert (totals["accepted"], totals["received"]) == (1, 0)


async def test_people_answer_with_words_buttons_and_pictures() -> None:
    async with stage_with_sink() as (scene, hook):
        sent = (await scene.template()).json()["messages"][0]["id"]
        reply = f"people/{ADA}/reply"
        for wish in (
            {"text": "Who are you?"},
            {"button": {"text": "Stop"}, "context": "last"},
            {"choice": {"id": "yes", "title": "Yes"}, "context": sent},
            {"media": {"kind": "image", "mime": "image/png", "base64": "iVBORw0KGgo=", "caption": "Look"}},
        ):
            await scene.control("POST", reply, wish)
        await scene.told()
        text, button, choice, picture = hook.values("messages")
        assert (text["from"], text["text"]["body"]) == (ADA[1:], "Who are you?")
        assert "context" not in text
        assert button["button"] == {"text": "Stop", "payload": "Stop"}
        assert button["context"]["id"] == choice["context"]["id"] == sent
        assert choice["interactive"]["button_reply"]["id"] == "yes"
        url = (await scene.graph("GET", picture["image"]["id"])).json()["url"]
        file = await scene.client.get(url, headers={"authorization": f"Bearer {scene.account['token']}"})
        assert file.content == b"\x89PNG\r\n\x1a\n"


async def test_readers_reply_by_themselves_if_so_scripted() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control("POST", "behaviour", {"read_share": 1, "reply_share": 1, "replies": ["Lovely!"]})
        sent = (await scene.template()).json()["messages"][0]["id"]
        await scene.told()
        (reply,) = hook.values("messages")
        assert (reply["text"]["body"], reply["context"]["id"]) == ("Lovely!", sent)
        assert (await scene.send()).status_code == 200  # and the window is open


async def test_a_person_who_stops_marketing_is_told_of_and_so_is_one_who_resumes() -> None:
    async with stage_with_sink() as (scene, hook):
        for value in ("stop", "resume"):
            await scene.control("POST", f"people/{ADA}/{value}")
        await scene.told()
        stop, resume = hook.values("user_preferences")
        assert (stop["value"], stop["wa_id"], stop["category"]) == ("stop", ADA[1:], "marketing_messages")
        assert resume["value"] == "resume"


async def test_a_person_behind_a_username_has_no_number_anywhere() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control("POST", f"people/{ADA}", {"username": "ada.l", "window": "open"})
        await scene.template()
        await scene.control("POST", f"people/{ADA}/reply", {"text": "Hi"})
        await scene.control("POST", f"people/{ADA}/stop")
        await scene.told()
        assert all(ADA[1:] not in body.decode() for _, body in hook.posts)
        user_id = hook.values("statuses")[0]["recipient_user_id"]
        assert hook.values("messages")[0]["from_user_id"] == user_id
        assert hook.values("contacts")[0]["profile"]["username"] == "ada.l"
        answer = await scene.send(None, recipient=user_id, type="text", text={"body": "Hello you"})
        assert answer.json()["contacts"] == [{"input": user_id, "user_id": user_id}]
        assert (await scene.control("GET", f"received/people/{ADA}"))["received"] == 2


async def test_receipts_bear_the_id_the_send_returned_and_not_the_number_dialled() -> None:
    async with stage_with_sink() as (scene, hook):
        contact = (await scene.template("+55 31 98765 4321")).json()["contacts"][0]
        assert contact == {"input": "+55 31 98765 4321", "wa_id": "553187654321"}
        await scene.told()
        assert hook.values("statuses")[0]["recipient_id"] == "553187654321"


async def test_changes_of_templates_numbers_and_accounts_are_told() -> None:
    async with stage_with_sink() as (scene, hook):
        listed = (await scene.graph("GET", f"{scene.account['waba_id']}/message_templates")).json()["data"]
        await scene.control("POST", f"templates/{listed[0]['id']}", {"status": "PAUSED", "quality": "RED"})
        number = f"numbers/{scene.account['phone_number_id']}"
        await scene.control("POST", number, {"quality": "RED"})
        await scene.control("POST", number, {"messaging_limit": 2000})
        await scene.control("POST", "account_updates", {"event": "ACCOUNT_RESTRICTION"})
        await scene.told()
        status, quality, flagged, limit, account = hook.values("")
        assert (status["event"], status["message_template_name"]) == ("PAUSED", "welcome")
        assert (quality["previous_quality_score"], quality["new_quality_score"]) == ("GREEN", "RED")
        assert flagged["event"] == "FLAGGED"
        assert (limit["event"], limit["current_limit"]) == ("DOWNGRADE", "TIER_2K")
        assert account["event"] == "ACCOUNT_RESTRICTION"


async def test_an_account_may_have_a_callback_of_its_own_or_none() -> None:
    async with stage_with_sink() as (scene, hook), sink() as own:
        path = f"{scene.account['waba_id']}/subscribed_apps"
        wrong = {"override_callback_uri": own.url, "verify_token": "wrong"}
        assert (await scene.graph("POST", path, json=wrong)).status_code == 400
        right = {"override_callback_uri": own.url, "verify_token": VERIFY}
        assert (await scene.graph("POST", path, json=right)).json() == {"success": True}
        await scene.template()
        await scene.told()
        assert (len(own.values("statuses")), hook.posts) == (2, [])
        assert (await scene.graph("GET", path)).json()["data"][0]["override_callback_uri"] == own.url
        assert (await scene.graph("DELETE", path)).json() == {"success": True}
        await scene.template(BRUNO)
        await scene.told()
        assert (len(own.values("statuses")), hook.posts) == (2, [])
        assert (await scene.graph("POST", path)).json() == {"success": True}
        await scene.template(BRUNO, components=named("Bruno", "1"))
        await scene.told()
        assert len(hook.values("statuses")) == 2


async def test_a_repeated_post_is_the_same_to_the_byte() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control("POST", "webhooks/manner", {"repeat_posts_share": 0.9})
        await scene.template()
        await scene.told()
        assert len(hook.posts) > 1
        assert len({body for _, body in hook.posts}) == 1
