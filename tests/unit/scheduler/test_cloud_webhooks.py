"""Webhooks of the official channel: worked once each, in any order, and only for whom they are signed."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from domain.accounts.model import Account, AccountState
from domain.contacts.model import Consent
from domain.delivery.channel import ChannelEvent, Effect
from domain.delivery.cloud_accounts import UNVOUCHED
from domain.delivery.recipients import RecipientState
from domain.scheduler.cloud_webhooks import TRIES
from domain.scheduler.unit import Unit
from tests.fakes.cloud import REMOTE
from tests.fakes.stores import NOW
from tests.unit.cloud import bodies
from tests.unit.cloud.bodies import body, inbound, preference, status, statuses
from tests.unit.scheduler.cloud_office import SECRET, SHEENA, THEIRS, office, receipt, template_news

R = RecipientState


# ---- receipts


async def test_statuses_become_receipts_by_the_key_that_was_sent_along(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        campaign = await here.campaign()
        first, second, third = await here.sent(campaign)
        failed = receipt("failed", third, errors=[{"code": 131026, "title": "Message undeliverable"}])
        await here.told(receipt("delivered", first), receipt("read", second), failed)
        assert await here.states(campaign) == [R.DELIVERED, R.READ, R.FAILED]
        assert await here.left() == (0, 0)
        assert (await here.cloud()).heard_at is not None


async def test_no_order_is_expected_and_what_is_told_again_changes_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        campaign = await here.campaign()
        keys = await here.sent(campaign)
        words = ("sent", "delivered", "read")
        told = [receipt(word, key, timestamp=bodies.AT) for key in keys for word in words] * 2
        # Whoever repeats a status tells it in another post: the bodies differ.
        posts = [{**one, "entry": one["entry"], "n": n} for n, one in enumerate(told)]
        Random(5).shuffle(posts)
        await here.told(*posts)
        assert await here.states(campaign) == [R.READ] * 3


async def test_killed_between_storing_and_working_nothing_is_lost_and_nothing_done_twice(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        await here.arrives(inbound("text", text={"body": "Hello"}))

        async def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        done = here.on.heard.announce
        here.on.heard.announce = killed  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            await here.work.some()
        assert await here.left() == (1, 0)
        here.on.heard.announce = done  # type: ignore[method-assign]
        while await here.work.some():
            pass
        assert len(here.replies) == 1
        assert await here.left() == (0, 0)


async def test_a_failure_asks_for_its_effect(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        keys = await here.sent(await here.campaign())
        stopped = {"code": 131050, "title": "User has stopped marketing messages"}
        await here.told(receipt("failed", keys[0], errors=[stopped]))
        (event,) = here.applied.events
        assert (event.effect, event.key, event.code) == (Effect.REVOKE_CONSENT, keys[0], 131050)
        assert (event.to, event.reason) == (SHEENA, "stopped_marketing")


async def test_trouble_of_the_number_itself_asks_for_its_effect(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(body("messages", bodies.value(errors=[{"code": 131048, "title": "Spam"}])))
        assert [event.effect for event in here.applied.events] == [Effect.PAUSE_ACCOUNT]


async def test_a_stop_of_the_number_that_was_seen_to_does_not_stop_it_again(tmp_path: Path) -> None:
    def spam(key: str, at: datetime) -> dict[str, Any]:
        errors = [{"code": 131048, "title": "Spam rate limit hit"}]
        return receipt("failed", key, errors=errors, timestamp=str(int(at.timestamp())))

    async with office(tmp_path) as here:
        first, second, _ = await here.sent(await here.campaign())
        await here.told(spam(first, NOW + timedelta(minutes=1)))
        assert [event.effect for event in here.applied.events] == [Effect.PAUSE_ACCOUNT]
        async with here.on.store.write() as unit:
            connected, at = AccountState.CONNECTED, NOW + timedelta(hours=1)
            await unit.accounts.set_state(here.number, connected, reason=None, at=at)
            await unit.commit()
        await here.told(spam(second, NOW + timedelta(minutes=2)))
        assert len(here.applied.events) == 1
        await here.told(spam(second, NOW + timedelta(hours=2)))
        assert len(here.applied.events) == 2


# ---- who may speak


async def test_another_workspaces_app_cannot_speak_of_our_number(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        campaign = await here.campaign(template=True)
        keys = await here.sent(campaign)
        forged = (receipt("read", keys[0]), inbound("text", text={"body": "STOP"}), preference("stop"))
        await here.told(*forged, template_news("DISABLED"), bodies.BANNED, secret=THEIRS)
        assert R.READ not in await here.states(campaign)
        assert await here.consent() is None
        assert here.on.heard.events == []
        assert here.applied.events == []
        assert await here.left() == (0, 3), "what it said of people is kept, should the secret be given here"
        assert (await here.cloud()).heard_at is None


async def test_a_stop_told_before_the_secret_is_given_counts_once_it_is(tmp_path: Path) -> None:
    """A second number of the same app: the first one's secret lets its news in."""
    async with office(tmp_path) as here:
        del here.keys.secrets[REMOTE]
        await here.told(inbound("text", text={"body": "STOP"}), bodies.BANNED, secret=THEIRS)
        assert (await here.consent(), await here.left()) == (None, (0, 1))
        here.keys.secrets[REMOTE] = THEIRS
        async with here.on.store.write() as unit:
            await unit.cloud.reopen_webhooks(why=UNVOUCHED)
            await unit.commit()
        while await here.work.some():
            pass
        assert (await here.consent(), await here.left()) == (Consent.REVOKED, (0, 0))
        assert here.applied.events == [], "how the business stood then is old news"


async def test_news_of_a_number_that_is_not_here_are_passed_over(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.keys.secrets["1"] = SECRET
        other = json.loads(json.dumps(bodies.TEXT).replace(REMOTE, "1"))
        await here.told(other)
        assert (here.replies, await here.left()) == ([], (0, 0))


# ---- what cannot be worked


async def test_what_cannot_be_read_is_set_aside_and_counted_and_holds_nobody_up(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        async with here.on.store.write() as unit:
            await unit.cloud.store_webhooks([(b"sha256=00\n{half a bo", NOW)])
            await unit.commit()
        await here.told(bodies.TEXT)
        assert (len(here.replies), await here.left()) == (1, (0, 1))


async def test_one_that_fails_again_and_again_is_set_aside_and_the_others_are_worked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(tmp_path) as here:
        await here.arrives(bodies.BANNED, bodies.TEXT)

        async def broken(unit: Unit, account: Account, event: ChannelEvent) -> None:
            raise LookupError("a fault of ours")

        here.applied.apply = broken  # type: ignore[method-assign]
        for _ in range(TRIES - 1):
            with pytest.raises(LookupError):
                await here.work.some()
        assert await here.left() == (1, 0)
        await here.work.some()
        assert (len(here.replies), await here.left()) == (1, (0, 1))


async def test_while_nothing_can_be_written_nothing_is_set_aside(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.arrives(bodies.TEXT)
        real = here.on.store.write

        def full(**_how: bool) -> Any:
            raise OSError("the disk is full")

        here.on.store.write = full  # type: ignore[method-assign]
        for _ in range(TRIES + 2):
            with pytest.raises(OSError, match="full"):
                await here.work.some()
        here.on.store.write = real  # type: ignore[method-assign]
        assert await here.left() == (1, 0)
        await here.told()
        assert len(here.replies) == 1


async def test_no_text_of_anybody_reaches_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    odd = statuses(status("teleported"), status("sent"))
    async with office(tmp_path) as here:
        await here.told(odd, bodies.TEXT)
    assert "teleported" not in caplog.text
    assert "another color" not in caplog.text
    assert "statuses[0]" in caplog.text
