"""Files in both directions, photos in sizes, albums, and every kind of edit."""

import io
from typing import Any

import pytest
from PIL import Image

from bot.sandbox import people
from bot.sandbox.client import SandboxChat, SandboxClient
from bot.sandbox.parsing import Upload
from bot.sandbox.photos import photo_sizes
from bot.sandbox.state import Sandbox
from tests.chat.sandbox.conftest import AYSE
from tests.chat.sandbox.pictures import png
from tests.chat.sandbox.raw import RawBot, Refused
from tests.fakes.sandbox import RunningSandbox


def media(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "media": f"attach://{name}", **more}


async def test_a_photo_comes_in_sizes_with_its_real_sides(inside: RawBot) -> None:
    sent = await inside.call("sendPhoto", chat_id=AYSE, files={"photo": ("a.png", png((1600, 1200)))})
    assert [(size["width"], size["height"]) for size in sent["photo"]] == [
        (90, 68),
        (320, 240),
        (800, 600),
        (1280, 960),
    ]
    assert len({size["file_id"] for size in sent["photo"]}) == 4


async def test_a_small_photo_is_not_blown_up_and_transparency_turns_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 40), (0, 0, 0, 0)).save(out, "PNG")
    (only,) = photo_sizes(out.getvalue())
    assert (only.width, only.height) == (50, 40)
    with Image.open(io.BytesIO(only.data)) as picture:
        assert picture.format == "JPEG"
        assert picture.getpixel((20, 20)) == (255, 255, 255)


async def test_what_a_person_uploads_the_bot_can_download(
    running: RunningSandbox, ayse: SandboxChat, bot: RawBot
) -> None:
    await ayse.upload(b"name,phone\n", "../contacts ş.csv", caption="/import")
    message = (await bot.updates())[-1]["message"]
    assert message["caption_entities"][0]["type"] == "bot_command"
    document = message["document"]
    assert (document["file_name"], document["file_size"]) == ("contacts ş.csv", 11)
    found = await bot.call("getFile", file_id=document["file_id"])
    content = await bot.http.get(f"{running.file_url}{running.token}/{found['file_path']}")
    assert content.content == b"name,phone\n"


@pytest.mark.parametrize("kind", ["video", "audio", "voice", "document"])
async def test_what_the_bot_sends_a_person_can_download(ayse: SandboxChat, bot: RawBot, kind: str) -> None:
    sent = await bot.call(
        f"send{kind.title()}",
        chat_id=AYSE,
        files={kind: ("a.bin", b"data")},
        caption="<i>c</i>",
        parse_mode="HTML",
    )
    shown = await ayse.wait_for("c")
    assert await ayse.download(shown) == b"data"
    assert shown.view[kind]["size"] == 4
    assert shown.view["html"] == "<i>c</i>"

    again = await bot.call(f"send{kind.title()}", chat_id=AYSE, **{kind: sent[kind]["file_id"]})
    assert again[kind] == sent[kind]


async def test_a_photo_is_sent_again_by_any_of_its_sizes(inside: RawBot) -> None:
    sent = await inside.call("sendPhoto", chat_id=AYSE, files={"photo": ("a.png", png())})
    again = await inside.call("sendPhoto", chat_id=AYSE, photo=sent["photo"][0]["file_id"])
    assert again["photo"] == sent["photo"]
    with pytest.raises(Refused, match="can't use file of type Photo as Document"):
        await inside.call("sendDocument", chat_id=AYSE, document=sent["photo"][0]["file_id"])


async def test_an_album_is_several_messages_of_one_group(inside: RawBot) -> None:
    files = {"a": ("a.png", png()), "b": ("b.mp4", b"film")}
    sent = await inside.call(
        "sendMediaGroup",
        chat_id=AYSE,
        files=files,
        media=[media("photo", "a", caption="both"), media("video", "b")],
    )
    assert len({message["media_group_id"] for message in sent}) == 1
    assert [message.get("caption") for message in sent] == ["both", None]
    with pytest.raises(Refused, match="message content type can't be used in an album"):
        await inside.call(
            "editMessageMedia",
            chat_id=AYSE,
            message_id=sent[0]["message_id"],
            media=media("document", "c"),
            files={"c": ("c.txt", b"x")},
        )


async def test_a_person_sends_an_album(ayse: SandboxChat, bot: RawBot) -> None:
    sent = await ayse.album([(png(), "a.png"), (png((20, 20)), "b.png")], caption="two")
    updates = (await bot.updates())[-2:]
    groups = {update["message"]["media_group_id"] for update in updates}
    assert groups == {sent[0].view["media_group_id"]}
    assert [len(update["message"]["photo"]) for update in updates] == [3, 1]


async def test_mixed_files_of_a_person_become_documents(sandbox: Sandbox) -> None:
    uploads = [
        Upload(name="a.png", mime="image/png", data=png()),
        Upload(name="a.pdf", mime="application/pdf", data=b"x"),
    ]
    sent = await people.send_album(sandbox, sandbox.chats[AYSE], sandbox.users[AYSE], uploads)
    assert all("document" in message.content for message in sent)


async def test_a_text_message_turns_into_a_photo_and_keeps_its_id(ayse: SandboxChat, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=AYSE, text="soon")
    edited = await bot.call(
        "editMessageMedia",
        chat_id=AYSE,
        message_id=sent["message_id"],
        media=media("photo", "p", caption="<b>now</b>", parse_mode="HTML"),
        files={"p": ("qr.png", png())},
    )
    assert (edited["message_id"], edited["caption"]) == (sent["message_id"], "now")
    assert "text" not in edited
    assert edited["edit_date"] >= edited["date"]
    shown = await ayse.wait_for("now")
    assert shown.photo is not None
    assert shown.view["edited"] is True
    assert (await ayse.download(shown))[:3] == b"\xff\xd8\xff"


async def test_captions_and_keyboards_change_alone(inside: RawBot) -> None:
    keyboard = {"inline_keyboard": [[{"text": "b", "callback_data": "d"}]]}
    files = {"document": ("a.txt", b"x")}
    sent = await inside.call("sendDocument", chat_id=AYSE, files=files, caption="one", reply_markup=keyboard)
    at = {"chat_id": AYSE, "message_id": sent["message_id"]}
    two = await inside.call("editMessageCaption", **at, caption="two", reply_markup=keyboard)
    assert (two["caption"], two["reply_markup"], two["document"]) == ("two", keyboard, sent["document"])
    bare = await inside.call("editMessageReplyMarkup", **at)
    assert "reply_markup" not in bare
    none = await inside.call("editMessageCaption", **at)
    assert "caption" not in none


async def test_an_uploaded_page_is_never_run(client: SandboxClient, ayse: SandboxChat, bot: RawBot) -> None:
    sent = await ayse.upload(b"<script>alert(1)</script>", "evil.html")
    assert sent.file_url is not None
    answer = await bot.http.get(client.base_url + sent.file_url)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_oldest_files_make_room() -> None:
    from bot.sandbox.files import FileStore

    store = FileStore(room=10)
    first = store.add("document", b"12345678", name="a", mime="x/y")
    second = store.add("document", b"12345678", name="b", mime="x/y")
    assert store.by_id(first.file_id) is None
    assert store.by_path(second.path) is second
