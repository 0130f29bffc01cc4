"""What we send is what Meta publishes: the same as pywa would send, and refused first where Meta would."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.types import templates as theirs

from domain.delivery.content import Media, MediaKind, OutgoingMessage
from domain.delivery.media_limits import (
    MEGABYTE,
    RULES,
    CaptionNotCarried,
    MediaEmpty,
    MediaKindRefused,
    MediaTooLarge,
    check_media,
)
from domain.delivery.template_values import FilledButton, FilledTemplate, TemplateMessage
from domain.delivery.templates import ButtonKind
from domain.kernel.ids import AttemptKey
from tests.unit.cloud.cast import ADA, NUMBER_ID, message, photo
from whatsapp.cloud.limits import refusal
from whatsapp.cloud.payloads import filename_of, message_to_json

PDF = Media(kind=MediaKind.DOCUMENT, key="d", filename="menu.pdf", mime="application/pdf", size=1000)
VOICE = Media(kind=MediaKind.VOICE, key="v", filename="v.ogg", mime="audio/ogg; codecs=opus", size=1000)
SONG = Media(kind=MediaKind.AUDIO, key="a", filename="a.mp3", mime="audio/mpeg", size=1000)
FILM = Media(kind=MediaKind.VIDEO, key="f", filename="f.mp4", mime="video/mp4", size=1000)


def from_template(template: FilledTemplate, media: Media | None = None, key: str = "k1") -> TemplateMessage:
    return TemplateMessage(key=AttemptKey(key), to=ADA, text="as read", media=media, template=template)


def pywa_sends(send: Callable[[WhatsApp], object]) -> dict[str, Any]:
    """The JSON that pywa would post."""
    posted: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posted.append(json.loads(request.content))
        accepted = {"contacts": [{"input": ADA, "wa_id": ADA[1:], "user_id": "GB.1"}]}
        return httpx.Response(200, json=accepted | {"messages": [{"id": "wamid.1"}]})

    with httpx.Client(transport=httpx.MockTransport(answer)) as session:
        send(WhatsApp(phone_id=NUMBER_ID, token="x", session=session))
    return posted[0]


def in_lower_case(body: dict[str, Any]) -> dict[str, Any]:
    """Components as Meta writes them: pywa shouts their types, and counts buttons in numbers."""
    for component in body.get("template", {}).get("components", ()):
        for key in ("type", "sub_type"):
            if key in component:
                component[key] = component[key].lower()
        if "index" in component:
            component["index"] = str(component["index"])
    return body


SALE = FilledTemplate(
    name="sale", language="en_US", header=(("1", "Ada"),), body=(("1", "bread"), ("2", "9:00")),
    buttons=(
        FilledButton(index=1, kind=ButtonKind.URL, value="x17"),
        FilledButton(index=2, kind=ButtonKind.COPY_CODE, value="BREAD10"),
    ),
)  # fmt: skip
NAMED = FilledTemplate(name="sale", language="en_US", named=True, body=(("first_name", "Ada"),))
ENGLISH = theirs.TemplateLanguage.ENGLISH_US
# Their types say otherwise than their documentation.
HEADER: Any = theirs.HeaderText
BODY: Any = theirs.BodyText

SAME: dict[str, tuple[OutgoingMessage, str | None, Callable[[WhatsApp], object]]] = {
    "a text": (message(), None, lambda wa: wa.send_message(ADA, "Hello", tracker="k1")),
    "a text with a link": (
        message(text="See https://ada.example"),
        None,
        lambda wa: wa.send_message(ADA, "See https://ada.example", preview_url=True, tracker="k1"),
    ),
    "to somebody whose number is hidden": (
        message(to="GB.1502576394655843"),
        None,
        lambda wa: wa.send_message("GB.1502576394655843", "Hello", tracker="k1"),
    ),
    "a picture": (
        message(media=photo()),
        "77",
        lambda wa: wa.send_image(ADA, "77", caption="Hello", tracker="k1"),
    ),
    "a video": (
        message(media=FILM),
        "77",
        lambda wa: wa.send_video(ADA, "77", caption="Hello", tracker="k1"),
    ),
    "a document": (
        message(media=PDF),
        "77",
        lambda wa: wa.send_document(ADA, "77", filename="menu.pdf", caption="Hello", tracker="k1"),
    ),
    "a sound": (message(text="", media=SONG), "77", lambda wa: wa.send_audio(ADA, "77", tracker="k1")),
    "a voice message": (
        message(text="", media=VOICE),
        "77",
        lambda wa: wa.send_voice(ADA, "77", tracker="k1"),
    ),
    "a template": (
        from_template(SALE),
        None,
        lambda wa: wa.send_template(
            ADA,
            name="sale",
            language=ENGLISH,
            params=[
                HEADER.params("Ada"),
                BODY.params("bread", "9:00"),
                theirs.URLButton.params(url_variable="x17", index=1),
                theirs.CopyCodeButton.params(coupon_code="BREAD10", index=2),
            ],
            tracker="k1",
        ),
    ),
    "a template with a picture and names": (
        from_template(NAMED, photo()),
        "77",
        lambda wa: wa.send_template(
            ADA,
            name="sale",
            language=ENGLISH,
            params=[theirs.HeaderImage.params(image="77"), theirs.BodyText.params(first_name="Ada")],
            tracker="k1",
        ),
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_pywa_would_send_the_same(case: str) -> None:
    ours, media_id, send = SAME[case]
    assert refusal(ours) is None
    assert message_to_json(ours, media_id) == in_lower_case(pywa_sends(send))


def test_a_template_is_as_meta_publishes_it() -> None:
    assert message_to_json(from_template(SALE))["template"] == {
        "name": "sale",
        "language": {"code": "en_US"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "Ada"}]},
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "bread"}, {"type": "text", "text": "9:00"}],
            },
            {
                "type": "button",
                "sub_type": "url",
                "index": "1",
                "parameters": [{"type": "text", "text": "x17"}],
            },
            {
                "type": "button",
                "sub_type": "copy_code",
                "index": "2",
                "parameters": [{"type": "coupon_code", "coupon_code": "BREAD10"}],
            },
        ],
    }


def test_a_template_without_blanks_has_no_components() -> None:
    body = message_to_json(from_template(FilledTemplate(name="hello_world", language="en_US")))
    assert body["template"] == {"name": "hello_world", "language": {"code": "en_US"}}


def test_a_header_of_a_document_keeps_its_name() -> None:
    (header,) = message_to_json(from_template(FilledTemplate(name="m", language="en"), PDF), "9")["template"][
        "components"
    ]
    assert header["parameters"] == [
        {"type": "document", "document": {"id": "9", "filename": "menu.pdf"}},
    ]


def test_a_long_file_name_keeps_its_ending_and_none_is_empty() -> None:
    assert filename_of(replace(PDF, filename="x" * 500 + ".pdf")) == "x" * 236 + ".pdf"
    assert filename_of(replace(PDF, filename=" \n")) == "_"
    assert filename_of(replace(PDF, filename="")) == "file"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (message(text="x" * 4097), "too_long"),
        (message(text=" \n "), "nothing_to_send"),
        (message(text="x" * 1025, media=photo()), "too_long"),
        (message(to="447700900001"), "not_on_whatsapp"),
        (message(to="../me"), "not_on_whatsapp"),
        (message(key="k" * 513), "request_refused"),
        (message(key=""), "request_refused"),
        (message(media=photo(size=5 * MEGABYTE + 1)), "media_too_large"),
        (message(media=photo(mime="image/webp")), "media_kind_refused"),
        (message(media=photo(size=0)), "media_refused"),
        (message(media=SONG), "caption_on_sound"),
        (from_template(replace(SALE, body=(("1", "two\nlines"),))), "template_value_refused"),
        (from_template(replace(SALE, body=(("1", "a     b"),))), "template_value_refused"),
        (from_template(replace(SALE, body=(("1", " "),))), "template_value_refused"),
        (from_template(replace(SALE, header=(("1", "x" * 61),))), "too_long"),
        (from_template(SALE, photo(mime="image/gif")), "media_kind_refused"),
    ],
)
def test_what_meta_would_refuse_is_refused_before_it_is_sent(bad: OutgoingMessage, reason: str) -> None:
    refused = refusal(bad)
    assert refused is not None
    assert (refused.reason, refused.can_retry) == (reason, False)


def test_the_limits_themselves_are_taken() -> None:
    for good in (
        message(text="x" * 4096),
        message(text="x" * 1024, media=photo(size=5 * MEGABYTE)),
        message(text="", media=photo()),
        message(key="k" * 512),
    ):
        assert refusal(good) is None


@pytest.mark.parametrize("kind", MediaKind)
def test_every_kind_of_file_has_its_limits(kind: MediaKind) -> None:
    rule = RULES[kind]
    for mime in rule.kinds:
        check_media(Media(kind=kind, key="k", filename="f", mime=mime, size=rule.largest))
    with pytest.raises(MediaTooLarge) as large:
        check_media(Media(kind=kind, key="k", filename="f", mime=min(rule.kinds), size=rule.largest + 1))
    assert large.value.data["size"] == rule.largest // MEGABYTE + 1
    with pytest.raises(MediaKindRefused) as other:
        check_media(Media(kind=kind, key="k", filename="f", mime="application/zip", size=1))
    assert other.value.data == {"mime": "application/zip", "accepted": rule.named}


def test_meta_s_sizes_are_ours() -> None:
    assert {kind.value: rule.largest // MEGABYTE for kind, rule in RULES.items()} == {
        "photo": 5, "video": 16, "audio": 16, "voice": 16, "document": 100,
    }  # fmt: skip


def test_an_empty_file_and_a_caption_on_a_sound_are_told_apart() -> None:
    with pytest.raises(MediaEmpty):
        check_media(photo(size=0))
    with pytest.raises(CaptionNotCarried):
        check_media(VOICE, caption="listen")
