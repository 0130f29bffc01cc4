"""Webhooks: what goes into one post, in what order, how often."""

import hmac
from collections import Counter
from typing import Any

import orjson
import pytest

from whatsapp.cloud.standin.estate import App, Callback, Portfolio, Waba
from whatsapp.cloud.standin.outbox import Manner, Outbox
from whatsapp.cloud.standin.payloads import Update
from whatsapp.cloud.standin.rates import UniqueRecipients

APP = App(id="7", secret="s3cret", callback=Callback("http://127.0.0.1:1/", "v"))


def waba(name: str) -> Waba:
    owner = Portfolio(id="p", recipients=UniqueRecipients(None))
    return Waba(id=name, name=name, portfolio=owner, subscribed={APP.id: None})


FLOWERS = waba("flowers")


def told(account: Waba, nth: int) -> Update:
    contact = {"user_id": f"GB.{nth % 3}", "wa_id": f"44770090000{nth % 3}"}
    return Update(APP, account, None, "messages", "statuses", {"id": nth}, contact)


async def filled(manner: Manner, updates: list[Update], seed: int = 7) -> Outbox:
    outbox = Outbox(seed, manner, lambda: 1_800_000_000.0)
    for one in updates:
        outbox.add(one)
    return outbox


def ids_of(outbox: Outbox) -> list[list[int]]:
    """Ids of the statuses, post by post, until the box is empty."""
    posts: list[list[int]] = []
    while (post := outbox.next_post()) is not None:
        body: dict[str, Any] = orjson.loads(post.body)
        posts.append(
            [
                item["id"]
                for entry in body["entry"]
                for change in entry["changes"]
                for item in change["value"]["statuses"]
            ]
        )
    return posts


async def test_updates_travel_in_order_and_in_batches() -> None:
    outbox = await filled(Manner(batch=4), [told(FLOWERS, nth) for nth in range(10)])
    assert ids_of(outbox) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_the_signature_is_the_hmac_of_the_very_bytes() -> None:
    outbox = await filled(Manner(), [told(FLOWERS, 1)])
    post = outbox.next_post()
    assert post is not None
    assert post.signature == "sha256=" + hmac.new(b"s3cret", post.body, "sha256").hexdigest()


async def test_a_shuffle_loses_nothing_and_is_the_same_for_the_same_seed() -> None:
    updates = [told(FLOWERS, nth) for nth in range(200)]
    shuffled = [ids_of(await filled(Manner(batch=30, shuffle=True), updates, seed)) for seed in (1, 1, 2)]
    flat = [[one for post in posts for one in post] for posts in shuffled]
    assert flat[0] == flat[1] != flat[2]
    assert sorted(flat[0]) == list(range(200)) != flat[0]


@pytest.mark.parametrize("share", [0.3, 1.0])
async def test_a_repeat_comes_in_a_later_post_and_once(share: float) -> None:
    updates = [told(FLOWERS, nth) for nth in range(100)]
    posts = ids_of(await filled(Manner(batch=25, repeat_share=share), updates))
    counts = Counter(one for post in posts for one in post)
    assert set(counts) == set(range(100))
    assert max(counts.values()) == 2
    assert (sum(counts.values()) == 200) is (share == 1.0)
    assert all(len(set(post)) == len(post) for post in posts)


async def test_an_account_is_an_entry_and_a_person_is_introduced_once_in_it() -> None:
    other = waba("chocolate")
    outbox = await filled(Manner(), [told(FLOWERS, 1), told(other, 2), told(FLOWERS, 4), told(FLOWERS, 3)])
    post = outbox.next_post()
    assert post is not None
    entries = orjson.loads(post.body)["entry"]
    assert [entry["id"] for entry in entries] == ["flowers", "chocolate"]
    (change,) = entries[0]["changes"]
    assert [item["id"] for item in change["value"]["statuses"]] == [1, 4, 3]
    assert [one["user_id"] for one in change["value"]["contacts"]] == ["GB.1", "GB.0"]


async def test_an_account_with_a_callback_of_its_own_gets_posts_of_its_own() -> None:
    own = waba("own")
    own.subscribed[APP.id] = Callback("http://127.0.0.1:2/", "v")
    outbox = await filled(Manner(), [told(FLOWERS, 1), told(own, 2), told(FLOWERS, 3)])
    first, second = outbox.next_post(), outbox.next_post()
    assert first is not None
    assert second is not None
    assert (first.callback.url, first.updates) == ("http://127.0.0.1:1/", 2)
    assert (second.callback.url, second.updates) == ("http://127.0.0.1:2/", 1)


async def test_who_unsubscribed_meanwhile_is_told_nothing() -> None:
    gone = waba("gone")
    outbox = await filled(Manner(batch=1), [told(gone, 1), told(FLOWERS, 2)])
    gone.subscribed.clear()
    assert ids_of(outbox) == [[2]]


async def test_a_callback_that_never_answers_cannot_fill_the_memory() -> None:
    outbox = await filled(Manner(most_waiting=5), [told(FLOWERS, nth) for nth in range(8)])
    assert (outbox.waiting, outbox.counts["dropped"]) == (5, 3)


@pytest.mark.parametrize("wish", [{"batch": 0}, {"linger": -1}, {"speed": 9}, {"batch": "many"}])
def test_a_manner_that_makes_no_sense_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"batch|linger|speed"):
        Manner().changed(wish)
