"""Every documented error code has a row, a reason with a sentence, and an effect that makes sense."""

import pytest
from pywa import errors

from bot.texts import has, plain
from domain.delivery.channel import Effect
from domain.delivery.ports import Fault, Rejected, Unknown
from whatsapp.cloud.errors import (
    ROWS,
    TABLE,
    GraphError,
    Row,
    Why,
    read_error,
    reason_of,
    rule,
    rule_without_code,
)
from whatsapp.cloud.gateway import REASONS

#: What Meta's page of error codes and pywa's list of them name, as far as sending can meet them.
DOCUMENTED = {
    0, 1, 2, 3, 4, 10, 33, 100, 190, *range(200, 300), 368, 80007, 130429, 130472, 130497, 131000, 131005,
    131008, 131009, 131016, 131021, 131026, 131030, 131031, 131037, 131042, 131044, 131045, 131047, 131048,
    131049, 131050, 131051, 131052, 131053, 131056, 131057, 131062, 131063, 131064, 132000, 132001, 132005,
    132007, 132008, 132012, 132015, 132016, 132068, 132069, 133000, 133004, 133005, 133006, 133008, 133009,
    133010, 133015, 133016, 134011, 135000, 137000,
}  # fmt: skip

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code} {row.title}")


def outcome(code: int, status: int = 400) -> object:
    return rule(GraphError(code=code), status).outcome


def test_every_documented_code_has_a_row() -> None:
    assert sorted(DOCUMENTED - set(TABLE)) == []


def test_no_code_has_two_rows() -> None:
    assert len({row.code for row in ROWS}) == len(ROWS)


def test_pywa_knows_no_code_of_sending_that_we_do_not() -> None:
    kinds: tuple[type[errors.WhatsAppError], ...] = (
        errors.AuthorizationError,
        errors.ThrottlingError,
        errors.IntegrityError,
        errors.SendMessageError,
    )
    theirs: set[int] = {
        code for kind in kinds for child in kind.__subclasses__() for code in child.__error_codes__ or ()
    }
    assert len(theirs) > 130
    assert sorted(theirs - set(TABLE)) == []


@every_row
def test_every_row_has_the_sources_words_and_a_sentence_of_ours(row: Row) -> None:
    assert row.title.strip() == row.title != ""
    assert plain(f"reason.{row.reason}")


@every_row
def test_a_held_back_account_stops_at_once_and_loses_nobody(row: Row) -> None:
    assert (row.effect is Effect.PAUSE_ACCOUNT) == (row.fault is Fault.RESTRICTION)
    if row.effect in {Effect.PAUSE_ACCOUNT, Effect.SLOW_DOWN, Effect.PAIR_BACKOFF, Effect.TEMPLATE_FAULT}:
        assert row.can_retry


@every_row
def test_a_passing_haste_pauses_nothing(row: Row) -> None:
    if row.effect in {Effect.SLOW_DOWN, Effect.PAIR_BACKOFF, Effect.REVOKE_CONSENT}:
        assert row.fault is Fault.PERSON


def test_every_reason_of_the_channel_has_a_sentence() -> None:
    assert [reason for reason in sorted(REASONS) if not has(f"reason.{reason}")] == []


@pytest.mark.parametrize(
    ("code", "effect"),
    [
        (131050, Effect.REVOKE_CONSENT), (131048, Effect.PAUSE_ACCOUNT), (190, Effect.PAUSE_ACCOUNT),
        (131031, Effect.PAUSE_ACCOUNT), (368, Effect.PAUSE_ACCOUNT), (130429, Effect.SLOW_DOWN),
        (80007, Effect.SLOW_DOWN), (4, Effect.SLOW_DOWN), (131057, Effect.SLOW_DOWN),
        (131056, Effect.PAIR_BACKOFF), (132000, Effect.TEMPLATE_FAULT), (132001, Effect.TEMPLATE_FAULT),
        (132015, Effect.TEMPLATE_FAULT), (132016, Effect.TEMPLATE_FAULT), (131026, Effect.NONE),
        (131047, Effect.NONE), (131049, Effect.NONE), (200, Effect.PAUSE_ACCOUNT),
    ],
)  # fmt: skip
def test_codes_that_ask_for_more_than_an_outcome(code: int, effect: Effect) -> None:
    assert rule(GraphError(code=code), 400).effect is effect


def test_who_stopped_marketing_is_never_tried_again() -> None:
    assert outcome(131050) == Rejected("stopped_marketing", False, Fault.PERSON)
    assert outcome(131049) == Rejected("marketing_cap", False, Fault.PERSON)


def test_undeliverable_is_not_called_blocked() -> None:
    assert outcome(131026) == Rejected("undeliverable", False, Fault.PERSON)


@pytest.mark.parametrize("code", [2, 133004])
def test_passing_trouble_that_says_the_message_failed_is_tried_again(code: int) -> None:
    for status in (400, 500, 503):
        assert outcome(code, status) == Rejected("temporary", True, Fault.ACCOUNT)


@pytest.mark.parametrize("code", [1, 131000, 131016])
def test_a_trouble_that_does_not_know_itself_leaves_the_message_unknown(code: int) -> None:
    assert outcome(code, 400) == Rejected("temporary", True, Fault.ACCOUNT)
    assert outcome(code, 500) == outcome(code, 503) == Unknown("server_unclear")


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_code_nobody_documented_leaves_the_message_unknown(status: int) -> None:
    assert outcome(999_999, status) == Unknown("unknown_code")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (500, Unknown("server_error")),
        (502, Unknown("server_error")),
        (408, Unknown("server_error")),
        (404, Rejected("channel_refused", False, Fault.ACCOUNT)),
        (302, Rejected("channel_refused", False, Fault.ACCOUNT)),
        (429, Rejected("too_fast", True, Fault.PERSON)),
        (200, Unknown("bad_answer")),
        (204, Unknown("bad_answer")),
    ],
)
def test_an_answer_without_a_code_is_judged_by_its_status(status: int, expected: object) -> None:
    assert rule_without_code(status).outcome == expected


def test_an_error_is_read_as_meta_publishes_it() -> None:
    body = {
        "error": {
            "message": "(#130429) Rate limit hit",
            "type": "OAuthException",
            "code": 130429,
            "error_data": {
                "messaging_product": "whatsapp",
                "details": "Message failed to send because there were too many messages sent.",
            },
            "error_subcode": 2494055,
            "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
        }
    }
    error = read_error(body)
    assert error is not None
    assert (error.code, error.subcode, error.trace) == (130429, 2494055, "Az8or2yhqkZfEZ-_4Qn_Bam")
    assert error.details.startswith("Message failed")


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"error": None}, {"error": {}}, {"error": {"code": "4"}}, {"error": {"code": True}}],
)
def test_what_is_no_error_is_none(body: object) -> None:
    assert read_error(body) is None


def test_a_status_is_explained_by_the_first_code_we_know() -> None:
    unknown, known = GraphError(code=9), GraphError(code=131050)
    assert reason_of([unknown, known]) == Why("stopped_marketing", Effect.REVOKE_CONSENT, 131050)
    assert reason_of([unknown]) == Why("unknown_code", code=9)
    assert reason_of([]) is None
