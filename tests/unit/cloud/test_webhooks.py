"""Webhooks as Meta publishes them are understood; anything else is refused or set aside, losing nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pywa.client import WhatsApp
from pywa.types.message_status import MessageStatus
from pywa.types.user_preferences import UserMarketingPreferences

from domain.delivery.channel import Effect
from domain.delivery.cloud_news import (
    AccountUpdate,
    ChannelTrouble,
    InboundMessage,
    NumberNews,
    Person,
    PersonChanged,
    PreferenceNews,
    StatusNews,
    TemplateNews,
    receipt_of,
    reply_of,
)
from domain.delivery.model import Progress
from domain.delivery.ports import ReceiptNews, ReplyNews
from domain.kernel.ids import AttemptKey
from domain.pacing.channel_limits import PeopleLimit, Quality
from tests.unit.cloud import bodies
from tests.unit.cloud.bodies import WAMID, Json, body, inbound, preference, status, statuses, value
from tests.unit.cloud.cast import NUMBER_ID, WABA
from whatsapp.cloud.webhooks import read

AT = datetime.fromtimestamp(1749416383, tz=UTC)
SHEENA = Person(wa_id="16505551234", user_id="US.13491208655302741918", name="Sheena Nelson")


def raw(body: Json) -> bytes:
    return json.dumps(body).encode()


def news_of(body: Json) -> Any:
    batch = read(raw(body))
    assert batch.aside == ()
    (only,) = batch.news
    return only


# ---- what is published


@pytest.mark.parametrize("name", bodies.EVERY)
def test_everything_that_meta_publishes_is_understood_whole(name: str) -> None:
    batch = read(raw(bodies.EVERY[name]))
    assert len(batch.news) == 1
    assert batch.aside == ()


def test_a_status_brings_the_key_back_and_names_the_person_twice() -> None:
    news = news_of(bodies.SENT)
    assert news == StatusNews(
        phone_number_id=NUMBER_ID,
        message_id=WAMID,
        key=AttemptKey("desk-7-1"),
        progress=Progress.SENT,
        at=AT,
        person=SHEENA,
    )
    assert receipt_of(news) == ReceiptNews(
        key=AttemptKey("desk-7-1"), progress=Progress.SENT, at=AT, wa_id=SHEENA.wa_id
    )


@pytest.mark.parametrize(
    ("word", "progress"),
    [
        ("sent", Progress.SENT),
        ("delivered", Progress.DELIVERED),
        ("read", Progress.READ),
        ("played", Progress.READ),
        ("failed", Progress.FAILED),
    ],
)
def test_every_status_is_a_progress(word: str, progress: Progress) -> None:
    assert news_of(statuses(status(word))).progress is progress


def test_a_failure_says_why_and_what_follows() -> None:
    news = news_of(bodies.FAILED)
    assert (news.reason, news.effect) == ("stopped_marketing", Effect.REVOKE_CONSENT)
    receipt = receipt_of(news)
    assert receipt is not None
    assert receipt.reason == "stopped_marketing"


def test_a_status_of_what_others_sent_is_no_receipt_of_ours() -> None:
    piece = status()
    del piece["biz_opaque_callback_data"]
    assert receipt_of(news_of(statuses(piece))) is None


def test_pywa_reads_the_same_from_a_status() -> None:
    client = WhatsApp(phone_id=NUMBER_ID, token="x")
    theirs = MessageStatus.from_update(client, bodies.FAILED)  # type: ignore[arg-type]
    ours = news_of(bodies.FAILED)
    assert (theirs.id, theirs.tracker, theirs.timestamp) == (ours.message_id, ours.key, ours.at)
    assert (theirs.from_user.wa_id, theirs.from_user.bsuid) == (ours.person.wa_id, ours.person.user_id)
    assert theirs.error is not None
    assert theirs.error.code == ours.code


def test_pywa_reads_the_same_from_a_preference() -> None:
    client = WhatsApp(phone_id=NUMBER_ID, token="x")
    for word, wants in (("stop", False), ("resume", True), ("signup", True)):
        theirs = UserMarketingPreferences.from_update(client, preference(word))  # type: ignore[arg-type]
        ours = news_of(preference(word))
        assert (theirs.value.value, bool(theirs)) == (ours.word, ours.wants) == (word, wants)
        assert theirs.from_user.wa_id == ours.person.wa_id


def test_a_text_is_a_reply_from_the_name_whatsapp_gives() -> None:
    news = news_of(bodies.TEXT)
    assert news == InboundMessage(
        phone_number_id=NUMBER_ID,
        message_id="wamid.IN=",
        person=SHEENA,
        kind="text",
        text="Does it come in another color?",
        at=AT,
    )
    assert reply_of(news, sender=None) == ReplyNews(
        event="wamid.IN=", sender="+16505551234", text="Does it come in another color?", at=AT,
        name="Sheena Nelson",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said", "media", "payload", "answers"),
    [
        (bodies.IMAGE, "Taj Mahal", "image", None, None),
        (bodies.VOICE, "", "voice", None, None),
        (bodies.BUTTON, "Stop promotions", None, "stop-payload", WAMID),
        (bodies.LIST, "Priority Mail Express", None, "priority_express", WAMID),
        (bodies.REACTION, "👍", None, None, WAMID),
        (bodies.UNSUPPORTED, "", "other", None, None),
        (inbound("sticker", sticker={"id": "5", "animated": False}), "", "sticker", None, None),
        (inbound("video", video={"id": "5"}), "", "video", None, None),
        (inbound("document", document={"id": "5", "caption": "bill", "filename": "b.pdf"}), "bill",
         "document", None, None),
        (inbound("location", location={"latitude": 37.4, "name": "HQ"}), "HQ", "location", None, None),
        (inbound("contacts", contacts=[{"name": {"first_name": "B"}}]), "", "contact", None, None),
        (inbound("order", order={"catalog_id": "1"}), "", "other", None, None),
        (inbound("hologram", hologram={"depth": 3}), "", "other", None, None),
        (inbound("interactive", interactive={"type": "nfm_reply", "nfm_reply": {"body": "Sent",
         "name": "flow", "response_json": "{}"}}), "Sent", None, "flow", None),
        (inbound("reaction", reaction={"message_id": WAMID}), "", None, None, WAMID),
    ],
)  # fmt: skip
def test_all_kinds_of_messages_are_heard(
    body: Json, said: str, media: str | None, payload: str | None, answers: str | None
) -> None:
    news = news_of(body)
    assert (news.text, news.media, news.payload, news.answers) == (said, media, payload, answers)
    assert news.person == SHEENA


def test_a_picture_can_be_fetched_by_its_id() -> None:
    assert news_of(bodies.IMAGE).media_id == "1003383421387256"


def test_somebody_who_hides_their_number_is_known_by_their_other_id() -> None:
    contact = {"profile": {"name": "Sheena", "username": "@sheena"}, "user_id": "US.13491208655302741918"}
    piece = {"from_user_id": "US.13491208655302741918", "id": "wamid.1", "timestamp": "1749416383",
             "type": "text", "text": {"body": "hi"}}  # fmt: skip
    news = news_of(body("messages", value(contacts=[contact], messages=[piece])))
    assert news.person == Person(user_id="US.13491208655302741918", name="Sheena", username="@sheena")
    assert reply_of(news, sender=None).sender == "US.13491208655302741918"
    sent = status("read", recipient_user_id="US.13491208655302741918")
    del sent["recipient_id"]
    assert news_of(statuses(sent, contacts=[])).person == Person(user_id="US.13491208655302741918")


def test_people_of_one_webhook_are_not_mixed_up() -> None:
    contacts = [
        {"profile": {"name": "B"}, "wa_id": "2222222"},
        {"profile": {"name": "A"}, "wa_id": "1111111"},
    ]
    pieces = [
        {"from": number, "id": f"w{number}", "timestamp": "1749416383", "type": "text", "text": {"body": "x"}}
        for number in ("1111111", "2222222", "3333333")
    ]
    batch = read(raw(body("messages", value(contacts=contacts, messages=pieces))))
    people = [one.person.name for one in batch.news if isinstance(one, InboundMessage)]
    assert people == ["A", "B", ""]


def test_a_new_number_is_news_about_the_person() -> None:
    assert news_of(bodies.CHANGED_NUMBER) == PersonChanged(
        phone_number_id=NUMBER_ID,
        before=Person(wa_id="16505551234"),
        after=Person(wa_id="12195555358"),
        at=AT,
    )


def test_a_stop_of_marketing_is_news_about_consent() -> None:
    assert news_of(preference()) == PreferenceNews(
        phone_number_id=NUMBER_ID,
        person=SHEENA,
        wants=False,
        word="stop",
        at=datetime.fromtimestamp(1731705721, tz=UTC),
    )


def test_limits_quality_templates_and_restrictions_are_news() -> None:
    assert news_of(bodies.QUALITY) == NumberNews(
        waba_id=WABA,
        number="15550783881",
        event="THROUGHPUT_UPGRADE",
        at=datetime.fromtimestamp(1739321024, tz=UTC),
        limit=PeopleLimit(people=10_000),
    )
    paused: TemplateNews = news_of(bodies.TEMPLATE_STATUS)
    assert (paused.template_id, paused.name, paused.language) == (
        "1689556908129832",
        "order_confirmation",
        "en-US",
    )
    assert (paused.status, paused.reason) == ("paused", "Paused for 3 hours because of its quality.")
    assert news_of(bodies.TEMPLATE_QUALITY).quality is Quality.YELLOW
    assert news_of(bodies.TEMPLATE_CATEGORY).category == "marketing"
    restricted: AccountUpdate = news_of(bodies.RESTRICTED)
    assert restricted.stops_sending
    assert "RESTRICTED_BIZ_INITIATED_MESSAGING" in restricted.details
    assert news_of(bodies.BANNED).stops_sending
    assert not news_of(bodies.VIOLATION).stops_sending


def test_flagged_is_red_and_an_older_field_still_says_the_limit() -> None:
    flagged = body("phone_number_quality_update", {"event": "FLAGGED", "current_limit": "TIER_2K"})
    news: NumberNews = news_of(flagged)
    assert (news.quality, news.limit, news.at) == (Quality.RED, PeopleLimit(people=2000), None)


def test_errors_about_the_number_itself_are_news() -> None:
    news = news_of(body("messages", value(errors=[{"code": 130429, "title": "Rate limit hit"}])))
    assert isinstance(news, ChannelTrouble)
    assert (news.code, news.reason, news.effect) == (130429, "too_fast", Effect.SLOW_DOWN)
