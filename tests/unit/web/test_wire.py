"""What travels to and from the worker, against the protocol that its own tests read too."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.accounts.web import SessionState, WebGroup, WebMember
from domain.delivery.content import Media, MediaKind, OutgoingMessage
from domain.delivery.model import Progress
from domain.delivery.ports import (
    Accepted,
    AccountNews,
    Attachment,
    Fault,
    ReceiptNews,
    Rejected,
    ReplyNews,
    SendOutcome,
    Unknown,
)
from domain.delivery.recipients import NEWS_WAITING
from domain.kernel.ids import AttemptKey
from tests.unit.web.schemas import GOLDEN, SCHEMAS, golden, holds
from whatsapp.web.wire import (
    checked_from_json,
    groups_from_json,
    members_from_json,
    message_to_json,
    news_from_json,
    node_from_json,
    outcome_from_json,
    recalled_from_json,
    session_from_json,
    start_to_json,
)

OUTCOMES = [example for example in GOLDEN if "outcome" in example]


@pytest.mark.parametrize("example", GOLDEN, ids=lambda example: str(example["name"]))
def test_every_example_is_what_the_schema_says(example: dict[str, Any]) -> None:
    assert holds(example["schema"], example["body"])


def as_written(outcome: SendOutcome) -> list[object]:
    match outcome:
        case Accepted(provider_id):
            return ["accepted", provider_id]
        case Rejected(reason, can_retry, fault):
            return ["rejected", reason, can_retry, fault.value]
        case Unknown(reason):
            return ["unknown", reason]


@pytest.mark.parametrize("example", OUTCOMES, ids=lambda example: str(example["name"]))
def test_a_messages_state_means_what_is_written_beside_it(example: dict[str, Any]) -> None:
    assert as_written(outcome_from_json(example["body"])) == example["outcome"]


def test_who_is_held_back_for_what_they_wrote_is_known_as_such() -> None:
    held_back = outcome_from_json(golden("a person who wrote what was not taken in yet"))
    assert held_back == Rejected(NEWS_WAITING, True, Fault.PERSON)


def test_every_state_a_message_can_be_in_is_understood() -> None:
    body = golden("taken by WhatsApp's server")
    states = SCHEMAS["definitions"]["message_state"]["properties"]["state"]["enum"]
    recalled = {state: recalled_from_json(body | {"state": state}) for state in states}
    assert {state for state, one in recalled.items() if one.progress} == {"server", "delivered", "read"}
    assert {state for state, one in recalled.items() if not one.settled} == {
        "queued",
        "attempting",
        "submitted",
    }
    assert {state for state, one in recalled.items() if isinstance(one.outcome, Rejected)} == {"failed"}


def test_a_key_that_was_closed_unused_is_known_as_never_sent() -> None:
    body = golden("the session was not ready, nothing went out")
    assert not recalled_from_json(body).never_sent
    assert recalled_from_json(body | {"reason": "never_sent"}).never_sent


@pytest.mark.parametrize("kind", MediaKind)
def test_what_we_send_is_what_the_schema_says(kind: MediaKind) -> None:
    media = Media(kind=kind, key="k", filename="ğ" * 300 + ".jpeg", mime="image/jpeg", size=9)
    key, to = AttemptKey("d1-1-1"), "+905321234567"
    with_file = message_to_json(OutgoingMessage(key=key, to=to, text="", media=media))
    assert holds("message", with_file)
    assert holds("message", message_to_json(OutgoingMessage(key=key, to=to, text="Merhaba Ayşe")))
    heard = OutgoingMessage(key=key, to=to, text="Hello Ayşe", heard=1_772_443_800_006)
    text = golden("a text to somebody of whom everything up to an event was taken in")
    assert message_to_json(heard) == text
    assert str(with_file["media"]["filename"]).endswith(".jpeg")  # type: ignore[index]


def test_a_photo_is_called_an_image_and_needs_a_name() -> None:
    media = Media(kind=MediaKind.PHOTO, key="k", filename="", mime="image/jpeg", size=9)
    body = message_to_json(OutgoingMessage(key=AttemptKey("k"), to="+905321234567", text="", media=media))
    assert body["media"] == {"kind": "image", "filename": "file", "mime": "image/jpeg"}


def test_a_start_says_what_it_wishes() -> None:
    since = datetime(2026, 3, 2, 9, 30, 0, 125_999, tzinfo=UTC)
    wishes = start_to_json("+905321234567", since)
    assert wishes == {"number": "+905321234567", "listen_since": "2026-03-02T09:30:00.125Z"}
    assert all(holds("start_request", body) for body in (wishes, start_to_json(None, None)))


def test_sessions_say_where_they_stand() -> None:
    waiting = session_from_json("main/d1", golden("a session waits for its QR to be scanned"))
    assert (waiting.remote, waiting.state, waiting.rev) == ("main/d1", SessionState.QR, 3)
    assert waiting.since == datetime(2026, 3, 2, 9, 30, 0, 125_000, tzinfo=UTC)
    linked = session_from_json("main/d1", golden("a linked session"))
    assert (linked.number, linked.name) == ("+905321234567", "Bakery at the Pier")
    gone = session_from_json("main/d1", golden("a session that the phone unlinked"))
    assert (gone.state, gone.reason) == (SessionState.LOGGED_OUT, "LOGOUT")
    states = SCHEMAS["definitions"]["session_state"]["enum"]
    assert set(states) == set(SessionState)


def test_groups_members_numbers_and_nodes_are_read() -> None:
    groups = groups_from_json(golden("groups, one of them broken"))
    assert groups.groups[1] == WebGroup(
        id="120363025246125487@g.us", name="Choir", size=None, error="query_failed"
    )
    assert members_from_json(golden("members of a group, one of them hidden")) == [
        WebMember(number="+905321234567", name="Ayşe"),
        WebMember(number=None, name=None),
    ]
    assert checked_from_json(golden("numbers checked")) == {"+905321234567": True, "+905321234568": None}
    assert holds("check_request", {"numbers": list(checked_from_json(golden("numbers checked")))})
    node = node_from_json("main", golden("the node"))
    assert (node.name, node.sessions, node.limit, node.ready, node.trouble) == ("main", 2, 10, 1, None)


def test_events_of_every_kind_become_news() -> None:
    events = golden("events of every kind")["items"]
    items = [news_from_json(event) for event in events]
    assert [item.cursor for item in items] == [event["cursor"] for event in events]
    connected, sent, delivered, failed, stop, picture, order, thanks = (item.news for item in items)
    assert isinstance(connected, AccountNews) and connected.state == "connected"
    assert isinstance(sent, ReceiptNews) and (sent.key, sent.progress) == ("d1-12-1", Progress.SENT)
    assert isinstance(delivered, ReceiptNews) and delivered.progress is Progress.DELIVERED
    assert isinstance(failed, ReceiptNews)
    assert (failed.progress, failed.reason) == (Progress.FAILED, "refused_by_whatsapp")
    assert isinstance(stop, ReplyNews) and (stop.sender, stop.text) == ("+905321234567", "STOP")
    assert isinstance(picture, ReplyNews) and (picture.text, picture.media) == ("", "image")
    # From a worker, or kept in a journal, from before files were told of.
    assert picture.attachment is None
    assert isinstance(order, ReplyNews) and order.attachment == Attachment(
        ref="false_905321234567@c.us_AA13", mime="application/pdf", filename="order.pdf", size=20480
    )
    assert isinstance(thanks, ReplyNews) and thanks.attachment is None


@pytest.mark.parametrize("odd", [{"kind": "tomorrow"}, {"kind": "receipt", "progress": "flown"}])
def test_an_event_that_cannot_be_read_does_not_hold_up_the_others(
    odd: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    item = news_from_json({"cursor": 7, "at": "2026-03-02T09:45:00.000Z", "key": "k", **odd})
    assert item.cursor == 7
    assert isinstance(item.news, AccountNews) and item.news.state == "unreadable"
    assert "7" in caplog.text


@pytest.mark.parametrize("body", [{}, {"state": "flown"}, [], None, "server"])
def test_what_is_no_messages_state_is_not_guessed_at(body: object) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        outcome_from_json(body)
