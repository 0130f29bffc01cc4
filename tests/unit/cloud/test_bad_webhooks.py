"""Webhooks that are forged, cut off, nested, too large or half broken: refused, or set aside by the piece."""

import json
import random
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.cloud_news import Batch, InboundMessage, StatusNews
from tests.unit.cloud import bodies
from tests.unit.cloud.bodies import Json, body, inbound, status, statuses, value
from whatsapp.cloud.webhooks import (
    DEEPEST,
    LONGEST_BODY,
    Refused,
    answer_challenge,
    check_signature,
    parse,
    read,
    sign,
)

SECRET = "the app's secret"


def raw(body: Json) -> bytes:
    return json.dumps(body).encode()


def test_fields_nobody_knows_are_passed_over() -> None:
    strange = body("messages", value(statuses=[status(rings=7)], moons={"a": [1]}))
    strange["entry"][0]["weather"] = "fair"
    strange["entry"][0]["changes"].append({"field": "calls", "value": {"x": 1}})
    batch = read(raw(strange))
    assert (len(batch.news), batch.aside) == (1, ())


BROKEN: list[Any] = [
    None, 7, "x", [], {}, {"status": "sent"}, status("evaporated"), status(timestamp="soon"),
    status(timestamp=10**30), status(timestamp=True), status(timestamp="-5"), status(id=None),
    status(id="x" * 1000), status(id="a\0b"), status(timestamp="1" * 13), status(timestamp="²"),
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(BROKEN), st.just(status())), max_size=12))
def test_a_piece_that_cannot_be_read_does_not_lose_its_neighbours(pieces: list[Any]) -> None:
    batch = read(raw(statuses(*pieces)))
    good = [n for n, piece in enumerate(pieces) if piece == status()]
    assert len(batch.news) == len(good)
    bad = [n for n in range(len(pieces)) if n not in good]
    assert [one.where for one in batch.aside] == [f"entry[0].changes[0].statuses[{n}]" for n in bad]


def test_no_nul_comes_through_that_a_database_would_refuse_with_all_its_neighbours() -> None:
    odd = deepcopy(inbound("text", text={"body": "ST\0OP"}))
    odd["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = "A\0da"
    (news,) = read(raw(odd)).news
    assert isinstance(news, InboundMessage)
    assert (news.text, news.person.name) == ("STOP", "Ada")
    (told,) = read(raw(statuses(status(biz_opaque_callback_data="desk\0-1-1")))).news
    assert isinstance(told, StatusNews) and told.key is None


def test_what_is_set_aside_is_not_repeated() -> None:
    secret = "what Ada wrote"
    broken = inbound(secret * 50, text={"body": secret})
    batch = read(raw(broken))
    assert len(batch.aside) == 1
    assert secret not in repr(batch.aside)


@pytest.mark.parametrize("name", bodies.EVERY)
@given(data=st.data())
def test_whatever_is_put_in_place_of_a_piece_nothing_is_raised(name: str, data: st.DataObject) -> None:
    """Every place of a body, replaced by something else."""
    whole = json.loads(json.dumps(bodies.EVERY[name]))
    place = data.draw(st.sampled_from(list(places(whole["entry"]))))
    node: Any = whole["entry"]
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = data.draw(
        st.sampled_from([None, 0, -1, 1e300, True, "", "x", [], {}, [[]], {"a": {}}, [None], "9" * 400])
    )
    assert isinstance(read(raw(whole)), Batch)


def places(node: Any, path: tuple[Any, ...] = ()) -> Any:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read(noise)
    assert refused.value.status == 400
    assert refused.value.sentence


@given(st.integers(0, len(json.dumps(bodies.IMAGE)) - 1))
def test_a_body_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(Refused) as refused:
        read(raw(bodies.IMAGE)[:length])
    assert refused.value.code == "not_json"


@pytest.mark.parametrize("depth", [DEEPEST + 5, 900, 1100, 500_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_a_deeply_nested_body_is_refused(depth: int, brackets: tuple[str, str]) -> None:
    opening, closing = brackets
    nested = opening * depth + "1" + closing * depth
    deep = f'{{"object": "whatsapp_business_account", "entry": [], "x": {nested}}}'.encode()
    with pytest.raises(Refused) as refused:
        parse(deep)
    assert refused.value.code in {"too_deep", "not_json"}


def test_brackets_that_somebody_wrote_nest_nothing() -> None:
    told = inbound("text", text={"body": "[" * 100 + '"' + "{" * 100 + "\\"})
    batch = read(json.dumps(told).encode())
    assert len(batch.news) == 1


def test_a_body_may_be_as_deep_as_the_limit_and_as_wide_as_it_likes() -> None:
    inside = "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    body = f'{{"object": "whatsapp_business_account", "entry": [], "x": {inside}, "y": [{"[]," * 200}[]]}}'
    assert parse(body.encode())["entry"] == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (b"[]", "not_an_object"),
        (b'"x"', "not_an_object"),
        (b"{}", "not_whatsapp"),
        (b'{"object": "page", "entry": []}', "not_whatsapp"),
        (b'{"object": "whatsapp_business_account"}', "not_whatsapp"),
        (b'{"object": "whatsapp_business_account", "entry": {}}', "not_whatsapp"),
        (b"\xff\xfe", "not_json"),
        (b"", "not_json"),
    ],
)
def test_what_is_no_webhook_of_whatsapp_is_refused(wrong: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(wrong)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_a_body_too_large_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Refused) as refused:
        parse(b" " * (LONGEST_BODY + 1))
    assert refused.value.status == 413


def test_a_body_that_comes_again_tells_the_same_and_order_does_not_matter() -> None:
    pieces = [status(word, id=f"w{n}") for n in range(20) for word in ("sent", "delivered", "read")]
    first = read(raw(statuses(*pieces)))
    assert read(raw(statuses(*pieces))) == first
    random.Random(7).shuffle(pieces)
    shuffled = read(raw(statuses(*pieces)))
    assert set(shuffled.news) == set(first.news)


# ---- signature and handshake


def test_a_body_that_our_secret_signed_is_whatsapp_s() -> None:
    signed = raw(bodies.TEXT)
    check_signature(signed, sign(signed, SECRET), [SECRET])
    check_signature(signed, sign(signed, SECRET).upper().replace("SHA256", "sha256"), ["other", SECRET])


def test_meta_s_own_example_of_a_signature_holds() -> None:
    """HMAC-SHA256 as RFC 4231 gives it (test case 2)."""
    assert sign(b"what do ya want for nothing?", "Jefe") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "unsigned"),
        ("", "unsigned"),
        ("sha256=", "unsigned"),
        ("sha1=" + "0" * 40, "unsigned"),
        ("sha256=" + "g" * 64, "unsigned"),
        ("sha256=" + "é" * 64, "unsigned"),
        ("sha256=" + "0" * 64, "forged"),
        (sign(raw(bodies.TEXT), "another secret"), "forged"),
    ],
)
def test_unsigned_and_forged_bodies_are_refused(header: str | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_signature(raw(bodies.TEXT), header, [SECRET])
    assert (refused.value.status, refused.value.code) == (401, code)


def test_one_byte_changed_breaks_the_signature() -> None:
    signed = raw(bodies.TEXT)
    with pytest.raises(Refused):
        check_signature(signed + b" ", sign(signed, SECRET), [SECRET])


def test_without_a_secret_of_ours_nobody_is_believed() -> None:
    signed = raw(bodies.TEXT)
    for secrets in ([], [""]):
        with pytest.raises(Refused):
            check_signature(signed, sign(signed, ""), secrets)


def query(**more: str) -> dict[str, str]:
    base = {"hub.mode": "subscribe", "hub.verify_token": "ours", "hub.challenge": "1158201444"}
    return base | {name.replace("_", ".", 1): text for name, text in more.items()}


def test_the_right_verify_token_gets_its_challenge_back() -> None:
    assert answer_challenge(query(), ["other", "ours"]) == "1158201444"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 400),
        (query(hub_mode="unsubscribe"), 400),
        (query(hub_verify_token="wrong"), 403),
        (query(hub_verify_token=""), 403),
        (query(hub_verify_token="ourş"), 403),
        (query(hub_challenge=""), 400),
        (query(hub_challenge="<script>alert(1)</script>"), 400),
        (query(hub_challenge="1" * 201), 400),
    ],
)
def test_a_wrong_handshake_is_refused(asked: dict[str, str], status: int) -> None:
    with pytest.raises(Refused) as refused:
        answer_challenge(asked, ["ours", ""])
    assert refused.value.status == status


def test_half_an_emoji_costs_neither_its_text_nor_its_neighbours() -> None:
    odd = inbound("text", text={"body": "yes \ud83d"})
    odd["entry"][0]["changes"][0]["value"]["statuses"] = [status(), status(id="\udc00")]
    batch = read(raw(odd))
    assert [one.text for one in batch.news if isinstance(one, InboundMessage)] == ["yes ?"]
    assert (len(batch.news), len(batch.aside)) == (2, 1)
    deep = raw(odd)[:-1] + b', "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    with pytest.raises(Refused):
        read(deep)
    with pytest.raises(Refused):
        read(raw(odd)[:-1])
