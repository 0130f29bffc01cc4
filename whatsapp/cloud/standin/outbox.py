"""Webhooks on their way: batched, signed, out of order and repeated if so scripted, tried again until 200."""

import asyncio
import hmac
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from random import Random
from typing import Any, Self
from urllib.parse import quote

import orjson

from whatsapp.cloud.standin.caller import Caller, CallFailed
from whatsapp.cloud.standin.estate import Callback
from whatsapp.cloud.standin.payloads import Update, post_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How webhooks are posted. Times are seconds, shares parts of one."""

    batch: int = 100
    """Updates in one post, at most."""
    linger: float = 0.02
    """How long the first update of a post waits for company."""
    shuffle: bool = False
    """Updates leave in another order than they happened."""
    repeat_share: float = 0.0
    """Updates told a second time, in a later post."""
    repeat_posts_share: float = 0.0
    """Answered posts sent again, byte for byte."""
    retry_after: float = 0.5
    """First pause after a post that was not answered 200; doubles..."""
    retry_most: float = 60.0
    """...up to this."""
    give_up_after: float = 7 * 86_400.0
    timeout: float = 10.0
    most_waiting: int = 1_000_000
    """Updates kept for a callback that does not answer; further ones are dropped and counted."""

    def changed(self, wish: dict[str, Any]) -> Self:
        """With the fields of a control request. Raises ValueError."""
        known = {one.name: one.type for one in fields(self)}
        if unknown := set(wish) - set(known):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        for name, value in wish.items():
            if not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name} is a number, 0 or more, or true or false")
        if wish.get("batch", 1) < 1:
            raise ValueError("batch is 1 or more")
        return replace(self, **wish)


@dataclass(slots=True)
class Post:
    """One signed post. `first` is when it was first tried."""

    callback: Callback
    body: bytes
    signature: str
    updates: int
    first: float
    tries: int = 0


def signature_of(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


class Outbox:
    """Takes updates, posts them. `work` is run by as many tasks as may have a post under way at a time."""

    def __init__(self, seed: int, manner: Manner, now: Callable[[], float]) -> None:
        self.manner = manner
        self._now = now
        self._rng = Random(seed)
        self._ready: deque[Update] = deque()
        self._again: deque[Post] = deque()
        self._waiting_again = 0
        self._under_way = 0
        self._linger: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        self._told = asyncio.Event()
        self.counts = dict.fromkeys(("posts", "told", "failed_posts", "given_up", "dropped"), 0)

    @property
    def waiting(self) -> int:
        """Updates and posts not yet answered 200."""
        return len(self._ready) + len(self._again) + self._waiting_again + self._under_way

    def add(self, update: Update) -> None:
        """To be told soon. Beyond `most_waiting` it is dropped, and counted as that."""
        if len(self._ready) >= self.manner.most_waiting:
            self.counts["dropped"] += 1
            return
        self._ready.append(update)
        if len(self._ready) == self.manner.batch:
            self._wake.set()
        elif self._linger is None:
            loop = asyncio.get_running_loop()
            self._linger = loop.call_later(self.manner.linger, self._lingered)

    async def something_told(self) -> None:
        """Until the next post was answered, or half a second passed (what is planned may tell nobody)."""
        self._told.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await self._told.wait()

    def _lingered(self) -> None:
        self._linger = None
        self._wake.set()

    async def work(self) -> None:
        """Posts what is there, for ever, over one connection."""
        caller = Caller(self.manner.timeout)
        try:
            while True:
                post = self._next()
                if post is None:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                self._under_way += 1
                try:
                    await self._deliver(caller, post)
                finally:
                    self._under_way -= 1
                    self._told.set()
        finally:
            await caller.close()

    def _next(self) -> Post | None:
        if self._again:
            return self._again.popleft()
        if self._ready and (self._linger is None or len(self._ready) >= self.manner.batch):
            return self.next_post()
        return None

    def next_post(self) -> Post | None:
        """The next post from what is ready: all of it for one callback."""
        chosen = self._choose()
        if not chosen:
            return None
        app = chosen[0].app
        callback = callback_of(chosen[0])
        mine: list[Update] = []
        others: list[Update] = []
        for one in chosen:
            (mine if one.app is app and callback_of(one) is callback else others).append(one)
        self._ready.extendleft(reversed(others))
        if callback is None:  # unsubscribed meanwhile
            return self.next_post()
        body = orjson.dumps(post_of(mine, self._now()))
        return Post(callback, body, signature_of(app.secret, body), len(mine), self._now())

    def _choose(self) -> list[Update]:
        manner, ready, rng = self.manner, self._ready, self._rng
        if not manner.shuffle:
            chosen = [ready.popleft() for _ in range(min(manner.batch, len(ready)))]
        else:
            # A window of some batches, so that a long queue is not shuffled whole for every post.
            window = [ready.popleft() for _ in range(min(4 * manner.batch, len(ready)))]
            rng.shuffle(window)
            chosen = window[: manner.batch]
            ready.extendleft(reversed(window[manner.batch :]))
        if manner.repeat_share:
            again = [one for one in chosen if not one.again and rng.random() < manner.repeat_share]
            ready.extend(one._replace(again=True) for one in again)
        return chosen

    async def _deliver(self, caller: Caller, post: Post) -> None:
        post.tries += 1
        headers = f"Content-Type: application/json\r\nX-Hub-Signature-256: {post.signature}\r\n".encode()
        try:
            status, _ = await caller.call("POST", post.callback.url, headers=headers, body=post.body)
        except CallFailed:
            status = 0
        self.counts["posts"] += 1
        if status == 200:
            self.counts["told"] += post.updates
            if self.manner.repeat_posts_share and self._rng.random() < self.manner.repeat_posts_share:
                self._again.append(post)
                self._wake.set()
            return
        self.counts["failed_posts"] += 1
        if self._now() - post.first >= self.manner.give_up_after:
            self.counts["given_up"] += post.updates
            return
        pause = min(self.manner.retry_most, self.manner.retry_after * 2 ** min(post.tries - 1, 20))
        self._waiting_again += 1
        asyncio.get_running_loop().call_later(pause, self._try_again, post)

    def _try_again(self, post: Post) -> None:
        self._waiting_again -= 1
        self._again.append(post)
        self._wake.set()

    def forget(self) -> None:
        """Drops everything not yet sent."""
        self._ready.clear()
        self._again.clear()
        self.counts = dict.fromkeys(self.counts, 0)


def callback_of(update: Update) -> Callback | None:
    """Where this update goes: the account's own callback if it has one, else the app's."""
    subscribed = update.waba.subscribed
    if update.app.id not in subscribed:
        return None
    return subscribed[update.app.id] or update.app.callback


async def verify(callback: Callback, challenge: str, timeout: float = 10.0) -> None:
    """Meta's GET: the callback must answer the challenge. Raises `CallFailed` with a sentence."""
    caller = Caller(timeout)
    token = quote(callback.verify_token, safe="")
    query = f"hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={token}"
    joint = "&" if "?" in callback.url else "?"
    try:
        status, body = await caller.call("GET", callback.url + joint + query)
    finally:
        await caller.close()
    if status != 200 or body.strip() != challenge.encode():
        raise CallFailed(f"the callback answered {status} and not the challenge")
