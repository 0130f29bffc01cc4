"""Every limit of Telegram, one step beyond it, and the words it refuses with."""

import json
from typing import Any

import pytest

from bot.sandbox import people
from bot.sandbox.state import Sandbox
from tests.chat.sandbox.conftest import AYSE, DENIZ, SetClock
from tests.chat.sandbox.pictures import png
from tests.chat.sandbox.raw import RawBot, Refused

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


def keyboard(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


def button(data: str = "d", **more: Any) -> dict[str, Any]:
    return {"text": "b", "callback_data": data, **more}


REFUSED_SENDS: list[tuple[str, dict[str, Any], str]] = [
    ("no chat", {"chat_id": "", "text": "x"}, "chat_id is empty"),
    ("unknown chat", {"chat_id": 4, "text": "x"}, "chat not found"),
    ("a name nobody has", {"chat_id": "@nobody", "text": "x"}, "chat not found"),
    ("a person who never wrote", {"chat_id": DENIZ, "text": "x"}, "chat not found"),
    ("no text", {}, "message text is empty"),
    ("only spaces", {"text": " \n "}, "message text is empty"),
    ("only tags", {"text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
    ("4097 letters", {"text": "x" * 4097}, "message is too long"),
    ("2049 emoji", {"text": "😀" * 2049}, "message is too long"),
    ("101 entities", {"text": "<b>x</b> " * 101, "parse_mode": "HTML"}, "ENTITIES_TOO_LONG"),
    ("65 bytes of data", {"reply_markup": keyboard([button("x" * 65)])}, "BUTTON_DATA_INVALID"),
    ("33 Cyrillic letters", {"reply_markup": keyboard([button("ж" * 33)])}, "BUTTON_DATA_INVALID"),
    ("empty data", {"reply_markup": keyboard([button("")])}, "BUTTON_DATA_INVALID"),
    ("nine in a row", {"reply_markup": keyboard([button()] * 9)}, "reply markup is too long"),
    ("101 buttons", {"reply_markup": keyboard(*[[button()]] * 101)}, "reply markup is too long"),
    (
        "a button without action",
        {"reply_markup": keyboard([{"text": "b"}])},
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        "a button with two actions",
        {"reply_markup": keyboard([button(url="https://example.org")])},
        "can't parse inline keyboard button: Exactly one action must be specified",
    ),
    (
        "an unknown style",
        {"reply_markup": keyboard([button(style="pink")])},
        "can't parse inline keyboard button: Invalid button style specified",
    ),
    (
        "a button without words",
        {"reply_markup": keyboard([{"text": " ", "callback_data": "d"}])},
        'can\'t parse inline keyboard button: Field "text" must be a non-empty String',
    ),
    (
        "a bad link",
        {"reply_markup": keyboard([{"text": "b", "url": "nowhere"}])},
        "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL",
    ),
    (
        "257 letters to copy",
        {"reply_markup": keyboard([{"text": "b", "copy_text": {"text": "x" * 257}}])},
        "BUTTON_COPY_TEXT_INVALID",
    ),
    ("markup that is not JSON", {"reply_markup": "{"}, "can't parse reply markup JSON object"),
    ("markup that is no object", {"reply_markup": [1]}, "object expected as reply markup"),
    ("a reply to nothing", {"reply_parameters": {"message_id": 1}}, "message to be replied not found"),
    (
        "broken HTML",
        {"text": "<b>x", "parse_mode": "HTML"},
        "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    (
        "a bad entity",
        {"entities": [{"type": "glow", "offset": 0, "length": 1}]},
        "can't parse entities: Unsupported type specified",
    ),
]


@pytest.mark.parametrize(
    ("args", "reason"), [case[1:] for case in REFUSED_SENDS], ids=[case[0] for case in REFUSED_SENDS]
)
async def test_telegram_would_not_send_this(
    inside: RawBot, sandbox: Sandbox, args: dict[str, Any], reason: str
) -> None:
    before = len(sandbox.chats[AYSE].messages)
    text = {} if reason == "message text is empty" else {"text": "x"}
    with pytest.raises(Refused) as refused:
        await inside.call("sendMessage", **{"chat_id": AYSE, **text, **args})
    assert refused.value.body == {"ok": False, "error_code": 400, "description": f"Bad Request: {reason}"}
    assert len(sandbox.chats[AYSE].messages) == before


@pytest.mark.parametrize(
    "args",
    [
        {"text": "x" * 4096},
        {"text": "😀" * 2048},
        {"text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"},
        {"text": "<b>x</b> " * 100, "parse_mode": "HTML"},
        {"reply_markup": keyboard([button("ж" * 32)] * 8)},
        {"reply_markup": keyboard(*[[button()]] * 100)},
        {"reply_markup": keyboard([button(style="danger"), {"text": "c", "copy_text": {"text": "+90"}}])},
        {"reply_parameters": {"message_id": 1, "allow_sending_without_reply": True}},
        {
            "disable_notification": True,
            "protect_content": True,
            "link_preview_options": {"is_disabled": True},
        },
    ],
)
async def test_the_last_step_within_a_limit_is_taken(inside: RawBot, args: dict[str, Any]) -> None:
    assert await inside.call("sendMessage", **{"chat_id": AYSE, "text": "x", **args})


async def test_a_blocked_bot_is_told_so(inside: RawBot, sandbox: Sandbox) -> None:
    people.block(sandbox, sandbox.chats[AYSE], sandbox.users[AYSE], blocked=True)
    with pytest.raises(Refused) as refused:
        await inside.call("sendMessage", chat_id=AYSE, text="x")
    assert (refused.value.status, refused.value.description) == (
        403,
        "Forbidden: bot was blocked by the user",
    )


REFUSED_CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("editMessageText", {"message_id": 1, "text": "x"}, "message to edit not found"),
    ("editMessageCaption", {"message_id": 1, "caption": "x"}, "message to edit not found"),
    ("editMessageReplyMarkup", {"message_id": 1}, "message to edit not found"),
    (
        "editMessageText",
        {"message_id": "one", "text": "x"},
        'can\'t parse "message_id": an Integer is expected',
    ),
    ("editMessageText", {"text": "x"}, 'parameter "message_id" is required'),
    ("deleteMessage", {"message_id": 1}, "message to delete not found"),
    ("deleteMessages", {"message_ids": list(range(101))}, "too many message identifiers specified"),
    ("pinChatMessage", {"message_id": 1}, "message to pin not found"),
    ("unpinChatMessage", {}, "message to unpin not found"),
    ("answerCallbackQuery", {"callback_query_id": "1"}, TOO_OLD.removeprefix("Bad Request: ")),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "MESSAGE_TOO_LONG"),
    ("sendChatAction", {"action": "dancing"}, "wrong parameter action in request"),
    ("getFile", {"file_id": "nothing"}, "wrong file_id or the file is temporarily unavailable"),
    ("sendPhoto", {}, "there is no photo in the request"),
    ("sendPhoto", {"photo": "nothing"}, "wrong file identifier/HTTP URL specified"),
    ("sendPhoto", {"photo": "https://example.org/a.png"}, "failed to get HTTP URL content"),
    ("sendMediaGroup", {"media": []}, "too few media to send as an album"),
    ("sendMediaGroup", {"media": [{"type": "photo"}] * 11}, "too many messages to send as an album"),
    (
        "sendMediaGroup",
        {"media": [{"type": "photo"}, {"type": "document"}]},
        "document can't be mixed with other media types",
    ),
    ("setMyCommands", {"commands": [{"command": "Bad!", "description": "x"}]}, "BOT_COMMAND_INVALID"),
    (
        "setMyCommands",
        {"commands": [{"command": "ok", "description": ""}]},
        "BOT_COMMAND_DESCRIPTION_INVALID",
    ),
    ("setMyShortDescription", {"short_description": "x" * 121}, "bot short description is too long"),
    (
        "setWebhook",
        {"url": "https://example.org"},
        "bad webhook: the sandbox delivers updates by getUpdates only",
    ),
    ("getChatMember", {"user_id": 5}, "PARTICIPANT_ID_INVALID"),
    ("refundStarPayment", {"user_id": AYSE, "telegram_payment_charge_id": "x"}, "CHARGE_NOT_FOUND"),
    (
        "answerPreCheckoutQuery",
        {"pre_checkout_query_id": "1", "ok": False},
        "error message must be non-empty",
    ),
    (
        "answerPreCheckoutQuery",
        {"pre_checkout_query_id": "1", "ok": True},
        TOO_OLD.removeprefix("Bad Request: "),
    ),
]


@pytest.mark.parametrize(("method", "args", "reason"), REFUSED_CALLS)
async def test_telegram_would_not_do_this(
    inside: RawBot, method: str, args: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        await inside.call(method, **{"chat_id": AYSE, **args})
    assert (refused.value.status, refused.value.description) == (400, f"Bad Request: {reason}")


async def test_an_edit_that_changes_nothing_is_refused_and_a_keyboard_counts(inside: RawBot) -> None:
    markup = keyboard([button()])
    sent = await inside.call("sendMessage", chat_id=AYSE, text="Home", reply_markup=markup)
    same = {"chat_id": AYSE, "message_id": sent["message_id"], "text": " Home ", "reply_markup": markup}
    with pytest.raises(Refused) as refused:
        await inside.call("editMessageText", **same)
    assert refused.value.description == NOT_MODIFIED
    with pytest.raises(Refused, match="not modified"):
        await inside.call("editMessageReplyMarkup", **{k: v for k, v in same.items() if k != "text"})

    without = await inside.call("editMessageText", chat_id=AYSE, message_id=sent["message_id"], text="Home")
    assert "reply_markup" not in without


async def test_a_longer_edit_than_a_message_may_be_is_refused(inside: RawBot) -> None:
    sent = await inside.call("sendMessage", chat_id=AYSE, text="Home")
    with pytest.raises(Refused, match="MESSAGE_TOO_LONG"):
        await inside.call("editMessageText", chat_id=AYSE, message_id=sent["message_id"], text="x" * 4097)


async def test_text_and_caption_are_not_each_other(inside: RawBot) -> None:
    text = await inside.call("sendMessage", chat_id=AYSE, text="Home")
    photo = await inside.call("sendPhoto", chat_id=AYSE, files={"photo": ("a.png", png())})
    with pytest.raises(Refused, match="there is no caption in the message to edit"):
        await inside.call("editMessageCaption", chat_id=AYSE, message_id=text["message_id"], caption="x")
    with pytest.raises(Refused, match="there is no text in the message to edit"):
        await inside.call("editMessageText", chat_id=AYSE, message_id=photo["message_id"], text="x")


async def test_a_person_s_message_cannot_be_edited(inside: RawBot) -> None:
    message_id = (await inside.updates())[0]["message"]["message_id"]
    with pytest.raises(Refused, match="message can't be edited"):
        await inside.call("editMessageText", chat_id=AYSE, message_id=message_id, text="x")


async def test_a_caption_takes_1024_units(inside: RawBot) -> None:
    files = {"document": ("a.txt", b"x")}
    assert await inside.call("sendDocument", files=files, chat_id=AYSE, caption="x" * 1024)
    with pytest.raises(Refused, match="message caption is too long"):
        await inside.call("sendDocument", files=files, chat_id=AYSE, caption="x" * 1025)


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        ("document", b"", "file must be non-empty"),
        ("photo", b"no picture at all", "IMAGE_PROCESS_FAILED"),
        ("photo", png((2100, 100)), "PHOTO_INVALID_DIMENSIONS"),
        ("photo", png((9000, 1100)), "PHOTO_INVALID_DIMENSIONS"),
        (
            "photo",
            b"x" * (10 * 1024 * 1024 + 1),
            "file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
    ],
    ids=["empty", "not a picture", "too long", "too large", "too heavy"],
)
async def test_such_a_file_is_refused(inside: RawBot, kind: str, data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        await inside.call(f"send{kind.title()}", files={kind: ("a.png", data)}, chat_id=AYSE)
    assert refused.value.description == f"Bad Request: {reason}"


async def test_an_upload_over_50_mb_is_413_and_a_download_over_20_mb_is_refused(inside: RawBot) -> None:
    large = {"document": ("a.bin", b"x" * (50 * 1024 * 1024 + 1))}
    with pytest.raises(Refused) as refused:
        await inside.call("sendDocument", files=large, chat_id=AYSE)
    assert (refused.value.status, refused.value.description) == (413, "Request Entity Too Large")

    huge = {"document": ("a.bin", b"x" * (60 * 1024 * 1024))}
    with pytest.raises(Refused, match="413 Request Entity Too Large"):
        await inside.call("sendDocument", files=huge, chat_id=AYSE)

    fits = {"document": ("a.bin", b"x" * (20 * 1024 * 1024 + 1))}
    sent = await inside.call("sendDocument", files=fits, chat_id=AYSE)
    with pytest.raises(Refused, match="Bad Request: file is too big"):
        await inside.call("getFile", file_id=sent["document"]["file_id"])


async def test_a_tap_is_answered_once(inside: RawBot, sandbox: Sandbox) -> None:
    query_id = await _tapped(inside, sandbox)
    assert await inside.call("answerCallbackQuery", callback_query_id=query_id)
    with pytest.raises(Refused) as refused:
        await inside.call("answerCallbackQuery", callback_query_id=query_id)
    assert refused.value.description == TOO_OLD


async def test_a_tap_is_answered_soon(inside: RawBot, sandbox: Sandbox, clock: SetClock) -> None:
    query_id = await _tapped(inside, sandbox)
    clock.now += sandbox.config.tap_seconds + 1
    with pytest.raises(Refused, match="query is too old"):
        await inside.call("answerCallbackQuery", callback_query_id=query_id)


async def _tapped(inside: RawBot, sandbox: Sandbox) -> str:
    sent = await inside.call("sendMessage", chat_id=AYSE, text="x", reply_markup=keyboard([button()]))
    return people.tap(sandbox, sandbox.chats[AYSE], sandbox.users[AYSE], sent["message_id"], "d")


async def test_after_48_hours_a_message_stays(inside: RawBot, clock: SetClock) -> None:
    sent = await inside.call("sendMessage", chat_id=AYSE, text="x")
    clock.now += 48 * 3600 + 1
    for method, args in (
        ("deleteMessage", {"message_id": sent["message_id"]}),
        ("deleteMessages", {"message_ids": [sent["message_id"]]}),
    ):
        with pytest.raises(Refused, match="message can't be deleted for everyone"):
            await inside.call(method, chat_id=AYSE, **args)


async def test_an_unknown_method_a_wrong_token_and_a_malformed_one(inside: RawBot, sandbox: Sandbox) -> None:
    not_found = {"ok": False, "error_code": 404, "description": "Not Found"}
    assert (await inside.post("sendTelepathy")).json() == not_found
    stranger = await inside.post("http://testserver/bot1:wrong/getMe")
    assert (stranger.status_code, stranger.json()["description"]) == (401, "Unauthorized")
    assert (await inside.post("http://testserver/botnonsense/getMe")).json() == not_found
    assert (await inside.post("http://testserver/file/bot1:wrong/a")).status_code == 401
    token = sandbox.config.token
    assert (await inside.post(f"http://testserver/file/bot{token}/none")).json() == not_found


async def test_arguments_come_as_query_form_json_or_multipart(sandbox: Sandbox, inside: RawBot) -> None:
    http = inside.http
    texts = [
        await http.get("sendMessage", params={"chat_id": AYSE, "text": "é"}),
        await http.post("SENDMESSAGE", data={"chat_id": AYSE, "text": "é"}),
        await http.post("sendMessage", json={"chat_id": AYSE, "text": "é"}),
        await http.post("sendMessage", data={"chat_id": AYSE, "text": "é"}, files={"x": b"x"}),
    ]
    assert [answer.json()["result"]["text"] for answer in texts] == ["é"] * 4


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"["),
        ("application/json", json.dumps([1]).encode()),
        ("application/x-www-form-urlencoded", b"text=\xff\xfe"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nno name\r\n--b--"),
    ],
)
async def test_a_request_that_cannot_be_read_is_a_bad_request(inside: RawBot, kind: str, body: bytes) -> None:
    answer = await inside.http.post("sendMessage", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("Bad Request: ")
