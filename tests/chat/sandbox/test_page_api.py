"""What the chat page relies on: state by change number, people, groups, and a door shut to other sites."""

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.sandbox.client import SandboxChat, SandboxClient
from tests.chat.sandbox.conftest import AYSE, DENIZ
from tests.chat.sandbox.raw import RawBot, Refused
from tests.fakes.sandbox import RunningSandbox, running_sandbox

STATE = f"/_sandbox/chats/{AYSE}/state"


async def test_the_demo_people_live_there_and_more_can_come(client: SandboxClient) -> None:
    users = await client.call("GET", "/_sandbox/users")
    assert [(user["id"], user["first_name"]) for user in users] == [
        (1001, "Ayşe"),
        (1002, "Deniz"),
        (1003, "Stranger"),
    ]
    assert (await client.add_user("Emre", username="emre"))["id"] == 1004
    assert (await client.add_user("Zoe", id=77))["id"] == 77
    for bad in ({"first_name": ""}, {"first_name": "x", "id": 77}, {"first_name": "x", "id": "a"}, {}):
        with pytest.raises(AssertionError, match="400"):
            await client.call("POST", "/_sandbox/users", json=bad)


async def test_the_state_tells_only_what_changed(
    client: SandboxClient, ayse: SandboxChat, bot: RawBot
) -> None:
    one = await bot.call("sendMessage", chat_id=AYSE, text="one")
    two = await bot.call("sendMessage", chat_id=AYSE, text="two")
    whole = await client.call("GET", STATE)
    assert [message["text"] for message in whole["messages"]] == ["/start", "one", "two"]

    await bot.call("editMessageText", chat_id=AYSE, message_id=one["message_id"], text="1")
    await bot.call("deleteMessage", chat_id=AYSE, message_id=two["message_id"])
    news = await client.call("GET", STATE, params={"after": str(whole["seq"])})
    assert [(m["message_id"], m["text"], m["edited"]) for m in news["messages"]] == [
        (one["message_id"], "1", True)
    ]
    assert news["deleted"] == [two["message_id"]]
    nothing = await client.call("GET", STATE, params={"after": str(news["seq"])})
    assert (nothing["messages"], nothing["deleted"], nothing["seq"]) == ([], [], news["seq"])


async def test_a_page_that_waits_is_woken_by_the_change(
    client: SandboxClient, ayse: SandboxChat, bot: RawBot
) -> None:
    whole = await client.call("GET", STATE)
    params = {"after": str(whole["seq"]), "wait": "30"}
    loop = asyncio.get_running_loop()
    began = loop.time()
    news, _ = await asyncio.gather(
        client.call("GET", STATE, params=params), bot.call("sendMessage", chat_id=AYSE, text="news")
    )
    assert [message["text"] for message in news["messages"]] == ["news"]
    assert loop.time() - began < 10


async def test_a_page_of_an_earlier_run_gets_everything_again(
    client: SandboxClient, ayse: SandboxChat
) -> None:
    state = await client.call("GET", STATE, params={"after": "999999", "wait": "30"})
    assert [message["text"] for message in state["messages"]] == ["/start"]


async def test_typing_shows_and_a_message_ends_it(ayse: SandboxChat, bot: RawBot) -> None:
    await bot.call("sendChatAction", chat_id=AYSE, action="typing")
    await ayse.refresh()
    assert ayse.state["action"] == "typing"
    await bot.call("sendMessage", chat_id=AYSE, text="done")
    await ayse.refresh()
    assert ayse.state["action"] is None


async def test_pins_show_with_telegram_s_service_message(ayse: SandboxChat, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=AYSE, text="progress")
    await bot.call("pinChatMessage", chat_id=AYSE, message_id=sent["message_id"])
    assert (await ayse.wait_for("pinned")).view["service"] == "pinned “progress”"
    assert ayse.pinned == [sent["message_id"]]
    assert "Bot (pinned): progress" in ayse.screen()
    service = (await bot.updates())[-1]["message"]
    assert service["pinned_message"]["message_id"] == sent["message_id"]
    await bot.call("deleteMessage", chat_id=AYSE, message_id=sent["message_id"])
    await ayse.refresh()
    assert ayse.pinned == []


async def test_reply_keyboards_and_contacts(ayse: SandboxChat, bot: RawBot) -> None:
    keyboard = {"keyboard": [[{"text": "My number", "request_contact": True}]], "one_time_keyboard": True}
    await bot.call("sendMessage", chat_id=AYSE, text="number?", reply_markup=keyboard)
    await ayse.refresh()
    assert ayse.state["reply_keyboard"]["keyboard"] == keyboard["keyboard"]
    await ayse.contact("+905551112233", "Ayşe", user_id=AYSE)
    await ayse.refresh()
    assert ayse.state["reply_keyboard"] is None
    assert (await bot.updates())[-1]["message"]["contact"] == {
        "phone_number": "+905551112233",
        "first_name": "Ayşe",
        "user_id": AYSE,
    }


async def test_a_long_text_leaves_in_parts(ayse: SandboxChat, bot: RawBot) -> None:
    await ayse.say("x" * 5000)
    parts = [update["message"]["text"] for update in (await bot.updates())[-2:]]
    assert [len(part) for part in parts] == [4096, 904]


async def test_an_answer_names_the_message_it_answers(ayse: SandboxChat, bot: RawBot) -> None:
    await bot.call("sendMessage", chat_id=AYSE, text="a reply came")
    notice = await ayse.wait_for("a reply came")
    await ayse.say("thank you", reply_to=notice)
    message = (await bot.updates())[-1]["message"]
    assert message["reply_to_message"]["message_id"] == notice.message_id


async def test_an_old_button_can_still_be_tapped_an_invented_one_cannot(
    ayse: SandboxChat, bot: RawBot
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Old", "callback_data": "old"}]]}
    sent = await bot.call("sendMessage", chat_id=AYSE, text="x", reply_markup=keyboard)
    await bot.call("editMessageReplyMarkup", chat_id=AYSE, message_id=sent["message_id"])
    await ayse.tap_data(sent["message_id"], "old")
    assert (await bot.updates())[-1]["callback_query"]["data"] == "old"
    with pytest.raises(AssertionError, match="404 this message never had such a button"):
        await ayse.tap_data(sent["message_id"], "new")
    with pytest.raises(AssertionError, match="404 there is no such message"):
        await ayse.tap_data(1, "old")


async def test_a_blocked_bot_hears_of_it_and_start_lets_it_in_again(ayse: SandboxChat, bot: RawBot) -> None:
    await ayse.block()
    with pytest.raises(AssertionError, match="409 the bot is blocked here"):
        await ayse.say("hello")
    with pytest.raises(Refused, match="403"):
        await bot.call("sendMessage", chat_id=AYSE, text="x")
    await ayse.say("/start")
    statuses = [
        update["my_chat_member"]["new_chat_member"]["status"]
        for update in await bot.updates()
        if "my_chat_member" in update
    ]
    assert statuses == ["kicked", "member"]


async def test_in_a_group_several_people_speak(client: SandboxClient, bot: RawBot) -> None:
    group = await client.add_group("Team", [AYSE, DENIZ], bot="administrator")
    await client.chat(group["id"], speaker=DENIZ).say("hi")
    message = (await bot.updates())[-1]["message"]
    assert (message["chat"]["type"], message["from"]["id"]) == ("supergroup", DENIZ)
    await client.chat(group["id"], speaker=DENIZ).contact("+905551112233", "Ayşe", user_id=AYSE)
    message = (await bot.updates())[-1]["message"]
    assert (message["from"]["id"], message["contact"]["user_id"]) == (DENIZ, AYSE)
    with pytest.raises(AssertionError, match="404 user 1003 is not in this chat"):
        await client.chat(group["id"], speaker=1003).say("let me in")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("text", {"text": " "}, 400),
        ("text", {}, 400),
        ("text", {"text": "x", "reply_to": "y"}, 400),
        ("tap", {"message_id": "1", "callback_data": "x"}, 400),
        ("pay", {"message_id": 1}, 404),
        ("edit", {"message_id": 1, "text": "x"}, 404),
        ("block", {"blocked": "yes"}, 400),
        ("contact", {"phone_number": 5, "first_name": "x"}, 400),
        ("file", {}, 400),
        ("album", {}, 400),
    ],
)
async def test_a_senseless_wish_gets_a_sentence(
    running: RunningSandbox, bot: RawBot, path: str, body: dict[str, object], status: int
) -> None:
    answer = await bot.http.post(f"{running.url}/_sandbox/chats/{AYSE}/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_nobody_s_chat_and_nobody_s_file(running: RunningSandbox, bot: RawBot) -> None:
    assert (await bot.http.get(f"{running.url}/_sandbox/chats/5/state")).status_code == 404
    assert (await bot.http.get(f"{running.url}/_sandbox/file/none/x")).status_code == 404
    assert (await bot.http.post(f"{running.url}/_sandbox/users", content=b"[")).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "{url}"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "[::1"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
    ],
)
async def test_other_sites_are_kept_out(
    running: RunningSandbox, headers: dict[str, str], status: int
) -> None:
    told = {name: value.format(url=running.url) for name, value in headers.items()}
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as http:
        assert (await http.get("/_sandbox/users", headers=told)).status_code == status
        assert (await http.get(f"/bot{running.token}/getMe", headers=told)).status_code == status


async def test_the_phones_can_live_beside_it() -> None:
    async def phones(request: object) -> PlainTextResponse:
        return PlainTextResponse("ring")

    async with (
        running_sandbox(routes=[Route("/phones", phones)]) as running,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        assert (await http.get(f"{running.url}/phones")).text == "ring"


async def test_the_health_of_the_sandbox(client: SandboxClient, ayse: SandboxChat) -> None:
    assert await client.updates_waiting() == 1
