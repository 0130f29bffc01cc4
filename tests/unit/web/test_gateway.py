"""What a send over WhatsApp Web makes of what the worker says, and of its silence."""

import re
from pathlib import Path

import pytest

from bot.texts import has
from domain.accounts.web import WorkerTrouble
from domain.delivery.ports import Accepted, Fault, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import LEASE
from tests.contract.lines import message, photo
from tests.unit.web.doorman import Answer, Doorman, breaks, missing, nobody, refuses, says, takes
from tests.unit.web.schemas import PROTOCOL, golden
from whatsapp.web import gateway, worker
from whatsapp.web.gateway import LONGEST_SEND
from whatsapp.web.wire import NEVER_SENT, NO_ACK

REASONS_JS = PROTOCOL.parent / "src" / "reasons.js"
#: What a session's own trouble can be called where no message is under way: only shown with the session.
WITHOUT_MESSAGES = {
    "start_timeout", "start_failed", "no_qr", "sync_timeout", "catch_up_failed", "not_scanned",
    "too_many_sessions",
}  # fmt: skip

ID = str(golden("taken by WhatsApp's server")["provider_id"])
DOWN = Rejected("channel_down", True, Fault.ACCOUNT)
REFUSED = Rejected("channel_refused", False, Fault.ACCOUNT)


def not_ready(state: str) -> Answer:
    return refuses("not_ready", 409, state=state)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (takes("server"), Accepted(ID)),
        (takes("read"), Accepted(ID)),
        (takes("submitted"), Unknown("no_ack")),
        (takes("queued"), Unknown("no_ack")),
        (takes("unknown", reason="page_crashed"), Unknown("page_crashed")),
        (
            takes("failed", reason="not_on_whatsapp", fault="person"),
            Rejected("not_on_whatsapp", False, Fault.PERSON),
        ),
        (not_ready("logged_out"), Rejected("unlinked", False, Fault.RESTRICTION)),
        (not_ready("restricted"), Rejected("restricted", False, Fault.RESTRICTION)),
        (not_ready("qr"), DOWN),
        (refuses("no_session", 404), Rejected("unlinked", False, Fault.RESTRICTION)),
        (refuses("too_large", 413), Rejected("media_refused", False, Fault.PERSON)),
        (refuses("busy", 429), DOWN),
        (refuses("unauthorized", 401), REFUSED),
        (refuses("bad_request", 400), REFUSED),
        (refuses("key_reused", 409), REFUSED),
        (says(404, "<html>a proxy</html>"), REFUSED),
        (missing(WorkerTrouble.NODE_MISSING), DOWN),
        (missing(WorkerTrouble.WORKER_UNKNOWN), DOWN),
    ],
)
async def test_a_clear_answer_is_taken_at_its_word_at_once(answer: Answer, outcome: SendOutcome) -> None:
    door = Doorman(sends=[answer])
    assert await door.gateway(patience=60).send(message()) == outcome
    assert len(door.keys) <= 1


@pytest.mark.parametrize("state", ["starting", "syncing", "offline", "stopped", "failed"])
async def test_a_session_that_comes_back_soon_is_waited_for(state: str) -> None:
    door = Doorman(sends=[not_ready(state), takes()], states=[state, "syncing", "ready"])
    assert await door.gateway(patience=30).send(message("k7")) == Accepted(ID)
    assert door.keys == ["k7", "k7"]
    assert door.started == (1 if state == "stopped" else 0)


async def test_a_session_that_does_not_come_back_is_the_accounts_fault_and_may_be_tried_again() -> None:
    door = Doorman(sends=[not_ready("offline")], states=["offline"])
    assert await door.gateway(patience=0.3).send(message()) == DOWN


async def test_one_that_turns_out_to_be_unlinked_while_waited_for_is_unlinked() -> None:
    door = Doorman(sends=[not_ready("starting"), not_ready("logged_out")], states=["logged_out"])
    assert await door.gateway(patience=30).send(message()) == Rejected("unlinked", False, Fault.RESTRICTION)


async def test_a_worker_that_is_being_restarted_is_waited_for() -> None:
    door = Doorman(sends=[nobody, missing(WorkerTrouble.WORKER_DOWN), takes()])
    assert await door.gateway(patience=30).send(message("k1")) == Accepted(ID)
    assert door.keys == ["k1"] * 3


async def test_nobody_listening_for_long_is_the_channels_fault_and_may_be_tried_again() -> None:
    door = Doorman(sends=[nobody])
    assert await door.gateway(patience=0.3).send(message()) == DOWN


@pytest.mark.parametrize(
    "dies",
    [breaks, says(500, ""), says(200, '{"key": "k'), refuses("internal", 500), refuses("stopping", 503)],
)
async def test_after_half_an_answer_the_same_key_is_put_again_and_tells_the_truth(dies: Answer) -> None:
    door = Doorman(sends=[dies, takes("delivered")])
    assert await door.gateway(patience=30).send(message("k1")) == Accepted(ID)
    assert door.keys == ["k1", "k1"]


@pytest.mark.parametrize("dies", [breaks, says(502, "proxy"), says(200, "[]")])
async def test_what_stays_unclear_is_unknown(dies: Answer) -> None:
    door = Doorman(sends=[dies])
    assert isinstance(await door.gateway(patience=0.5).send(message()), Unknown)


@pytest.mark.parametrize(
    "later", [nobody, not_ready("logged_out"), refuses("no_session", 404), refuses("busy", 429)]
)
async def test_once_it_may_have_been_taken_a_refusal_at_the_door_proves_nothing(later: Answer) -> None:
    door = Doorman(sends=[breaks, later])
    assert isinstance(await door.gateway(patience=0.5).send(message()), Unknown)


async def test_a_worker_that_lost_its_journal_is_not_given_the_message_again() -> None:
    """It would not know that it has sent it."""
    door = Doorman(sends=[breaks, takes()], journals=["one", "another"])
    gateway = door.gateway(patience=30)
    assert isinstance(await gateway.send(message("k1")), Unknown)
    assert door.keys == ["k1"]
    assert await gateway.send(message("k2")) == Accepted(ID)


async def test_a_file_that_takes_long_to_upload_is_waited_for_without_sending_it_again() -> None:
    door = Doorman(sends=[takes("attempting"), takes("submitted"), takes("server")])
    media = photo(door.media.keep(b"picture"), 7)
    assert await door.gateway().send(message("k1", media=media)) == Accepted(ID)
    assert door.keys == ["k1"]
    assert b"picture" in door.bodies[0]
    assert door.bodies[0].index(b'name="message"') < door.bodies[0].index(b'name="file"')


async def test_a_send_ends_before_its_claim_does_whatever_it_waits_for() -> None:
    assert LEASE.total_seconds() > LONGEST_SEND
    door = Doorman(sends=[takes("attempting")])
    media = photo(door.media.keep(b"picture"), 7)
    assert await door.gateway(longest=0.0).send(message(media=media)) == Unknown("no_ack")
    door = Doorman(sends=[not_ready("offline")], states=["offline"])
    assert isinstance(await door.gateway(patience=3600, longest=0.3).send(message()), Unknown)


async def test_what_can_never_go_out_is_not_even_asked_for() -> None:
    door = Doorman()
    gateway = door.gateway()
    person = Fault.PERSON
    assert await gateway.send(message(to="+1")) == Rejected("not_on_whatsapp", False, person)
    assert await gateway.send(message(text="x" * 65_537)) == Rejected("too_long", False, person)
    for media in (photo("0" * 64, 10), photo(door.media.keep(b""), 0), photo("0" * 64, 65 * 1024 * 1024)):
        assert await gateway.send(message(media=media)) == Rejected("media_refused", False, person)
    assert door.keys == []


def test_every_reason_of_the_worker_has_words() -> None:
    text = REASONS_JS.read_text("utf-8")
    reasons = set(re.findall(r"^  ([a-z_]+): '", text, re.MULTILINE)) - WITHOUT_MESSAGES
    assert {"not_on_whatsapp", "page_crashed", "worker_restarted"} <= reasons
    assert [reason for reason in sorted(reasons) if not has(f"reason.{reason}")] == []


def test_every_reason_of_the_gateway_has_words() -> None:
    source = Path(gateway.__file__).read_text("utf-8") + Path(worker.__file__).read_text("utf-8")
    reasons = {*re.findall(r'(?:Rejected|Unknown|Doubtful)\("(\w+)"', source), NO_ACK, NEVER_SENT}
    assert {"unlinked", "channel_down", "silence", "connection_lost"} <= reasons
    assert [reason for reason in sorted(reasons) if not has(f"reason.{reason}")] == []
