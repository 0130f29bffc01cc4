"""The stand-in tells the truth about what it took, whatever went wrong around it."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.cloud_standin.stage import ADA, BRUNO, named, stage
from whatsapp.cloud.standin import review, scene
from whatsapp.cloud.standin.messages import Messages
from whatsapp.cloud.standin.wire import head_of
from whatsapp.cloud.standin.world import World


async def test_what_was_counted_is_what_was_taken_under_every_fault_at_once() -> None:
    async with stage(silence_seconds=0.05) as scene:
        for wish in (
            {"kind": "error", "share": 0.1, "status": 503},
            {"kind": "code", "share": 0.1, "code": 130429},
            {"kind": "silence_before", "share": 0.05},
            {"kind": "silence_after", "share": 0.05},
            {"kind": "drop_before", "share": 0.05},
            {"kind": "drop_after", "share": 0.05},
            {"kind": "garbled", "share": 0.05},
            {"kind": "latency", "share": 0.1, "seconds": [0.001, 0.002]},
        ):
            await scene.control("POST", "faults", wish)
        said: Counter[str] = Counter()

        async def send(nth: int) -> None:
            try:
                answer = await scene.template(
                    f"+44770090{nth:04d}", components=named("x", "1"), biz_opaque_callback_data=f"k{nth}"
                )
            except httpx.TransportError:
                said["silent"] += 1
                return
            if answer.status_code == 200:
                said["taken" if answer.headers["content-type"].startswith("application/json") else "?"] += 1
            else:
                said["refused"] += 1

        await asyncio.gather(*(send(nth) for nth in range(400)))
        faults = {one["kind"]: one["spoiled"] for one in (await scene.control("GET", "faults"))["faults"]}
        assert all(faults.values()), faults
        totals = await scene.received()
        not_taken = faults["error"] + faults["code"] + faults["silence_before"] + faults["drop_before"]
        assert totals["accepted"] == totals["received"] == totals["people"] == 400 - not_taken
        assert totals["trackers"] == totals["accepted"]
        assert (totals["twice"], totals["trackers_repeated"]) == (0, 0)
        assert (
            said["taken"] + faults["silence_after"] + faults["drop_after"] + faults["garbled"]
            == (totals["accepted"])
        )
        assert said["refused"] == faults["error"] + faults["code"]


async def test_the_same_seed_meets_the_same_faults() -> None:
    courses: list[list[int]] = []
    for _ in range(2):
        async with stage() as scene:
            await scene.control("POST", "faults", {"kind": "error", "share": 0.5})
            courses.append([(await scene.template(f"+4477009{nth:05d}")).status_code for nth in range(40)])
    assert courses[0] == courses[1]
    assert set(courses[0]) == {200, 500}


async def test_a_fault_may_be_for_one_person_and_some_times_only() -> None:
    async with stage() as scene:
        await scene.control("POST", "faults", {"kind": "error", "to": ADA, "times": 2, "skip": 1})
        assert [(await scene.template(ADA)).status_code for _ in range(4)] == [200, 500, 500, 200]
        assert (await scene.template(BRUNO)).status_code == 200
        added = await scene.control("POST", "faults", {"kind": "error"})
        assert (await scene.template(BRUNO)).status_code == 500
        await scene.control("DELETE", f"faults/{added['id']}")
        assert (await scene.template(BRUNO)).status_code == 200


async def test_a_person_counted_twice_is_found() -> None:
    async with stage() as scene:
        await scene.template(ADA, biz_opaque_callback_data="k1")
        await scene.template(BRUNO, biz_opaque_callback_data="k2")
        await scene.template(ADA, biz_opaque_callback_data="k1")
        totals = await scene.received()
        assert (totals["people"], totals["twice"], totals["trackers_repeated"]) == (2, 1, 1)
        people = (await scene.control("GET", "received/people?least=2"))["people"]
        assert people == [{"wa_id": ADA[1:], "received": 2, "accepted": 2}]
        await scene.control("DELETE", "received")
        totals = await scene.received()
        assert (totals["accepted"], totals["people"], totals["twice"]) == (0, 0, 0)


async def test_the_latest_messages_are_kept_whole_and_in_order() -> None:
    async with stage() as scene:
        for to in (ADA, BRUNO):
            await scene.template(to, biz_opaque_callback_data=f"to {to}")
        rows = (await scene.control("GET", "received/messages?after=1"))["messages"]
        assert [(row["wa_id"], row["content"], row["tracker"]) for row in rows] == [
            (BRUNO[1:], "template:welcome:en", f"to {BRUNO}")
        ]
        assert '"first_name"' in rows[0]["raw"]


async def test_people_are_listed_page_by_page() -> None:
    async with stage() as scene:
        for nth in range(5):
            await scene.template(f"+4477009{nth:05d}")
        seen: list[str] = []
        while rows := (
            await scene.control("GET", f"received/people?limit=2&after={seen[-1] if seen else ''}")
        )["people"]:
            seen += [row["wa_id"] for row in rows]
        assert seen == [f"4477009{nth:05d}" for nth in range(5)]


async def test_late_failures_are_drawn_by_their_share_and_counted() -> None:
    async with stage() as scene:
        await scene.control("POST", "behaviour", {"failed_share": 0.5})
        for nth in range(60):
            await scene.template(f"+4477009{nth:05d}")
        totals = await scene.received()
        assert totals["accepted"] == 60 == totals["received"] + totals["failed"]["131026"]
        assert 10 < totals["received"] < 50


async def test_a_reset_leaves_nothing() -> None:
    async with stage() as scene:
        await scene.template()
        await scene.control("POST", "faults", {"kind": "error"})
        await scene.control("POST", "reset")
        totals = await scene.received()
        assert (totals["accepted"], totals["requests"]) == (0, 0)
        assert (await scene.control("GET", "faults"))["faults"] == []
        assert (await scene.template()).status_code == 401


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("faults", {"kind": "explosion"}),
        ("faults", {"kind": "error", "sahre": 1}),
        ("faults", {"kind": "latency", "seconds": [2, 1]}),
        ("behaviour", {"read_share": 2}),
        ("behaviour", {"raed_share": 1}),
        ("accounts", {"throughput": 0}),
        ("accounts", {"throughputs": 10}),
        ("accounts", {"display_phone_number": "Ada"}),
        ("templates", {"name": "x", "status": "FINE"}),
        ("templates", {"name": "x", "components": [{"type": "CAROUSEL"}]}),
        ("numbers/1", {"quality": "RED"}),
        ("tokens/nobody/rotate", {}),
        ("clock", {"advance": -1}),
        ("people/nobody", {}),
        ("people/447700900001", {"blokced": True}),
        ("account_updates", {}),
    ],
)
async def test_a_wish_that_makes_no_sense_is_told_so(path: str, wish: dict[str, Any]) -> None:
    async with stage() as scene:
        refused = await scene.client.post(f"/_standin/{path}", json=wish)
        assert refused.status_code == 400
        assert refused.json()["error"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
def test_nonsense_anywhere_in_a_message_is_answered(data: st.DataObject) -> None:
    """Whatever stands in a field, there is an answer; nothing but sense is taken."""
    world = World()
    account = scene.add_account(world, {})
    review.add_template(
        world,
        {"name": "t", "components": [{"type": "BODY", "text": "{{1}}"}], "parameter_format": "POSITIONAL"},
    )
    parameter = {"type": "text", "text": "Ada"}
    part = {"type": "body", "parameters": [parameter]}
    template = {"name": "t", "language": {"code": "en"}, "components": [part]}
    message = {"messaging_product": "whatsapp", "to": ADA, "type": "template", "template": template}
    target: Any = data.draw(st.sampled_from([message, template, part, parameter]))
    target[data.draw(st.sampled_from([*target, "recipient", "status", "parameter_name"]))] = data.draw(JSON)
    head = head_of(
        f"POST /v23.0/{account['phone_number_id']}/messages HTTP/1.1\r\n"
        f"Authorization: Bearer {account['token']}\r\n\r\n".encode()
    )
    answer = Messages(world).post(head, orjson.dumps(message))
    assert isinstance(answer, bytes)
    assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 ", b"HTTP/1.1 404 "))
