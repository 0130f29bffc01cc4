"""The app secrets of official numbers, and what another SECRET_KEY leaves of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cloud_desk import CloudSecretRefused
from bot.cloud_secrets import CloudSecrets
from bot.texts import refusal
from bot.vault import SealedOtherwise, Vault
from domain.delivery.cloud_accounts import UNVOUCHED, TokenState
from domain.scheduler.events import AccountChanged
from domain.scheduler.unit import Unit
from tests.fakes.stores import NOW
from tests.unit.bot.official_office import APP_SECRET, OTHER_KEY, office
from whatsapp.cloud.signed import SignedReader

# ---- app secrets


async def test_an_app_secret_of_ones_own_holds_instead_of_the_desks(tmp_path: Path) -> None:
    async with office(tmp_path, desk_secret="d" * 32) as here:
        account = await here.add()
        assert here.secrets.secrets_of(here.id) == ["d" * 32]
        async with here.on.store.write() as unit:
            with pytest.raises(CloudSecretRefused):
                await here.desk.use_app_secret(unit, account.id, "no secret")
            await here.desk.use_app_secret(unit, account.id, f" {APP_SECRET}\n")
            await unit.commit()
        assert here.secrets.secrets_of(here.id) == [APP_SECRET]
        again = await here.restarted()
        assert again.secrets.secrets_of(here.id) == [APP_SECRET]
        assert sorted(again.secrets.app_secrets()) == sorted([APP_SECRET, "d" * 32])


@pytest.mark.parametrize("of_the_desk", [False, True])
async def test_what_was_taken_in_while_another_app_secret_held_is_still_heard_after_a_restart(
    tmp_path: Path, of_the_desk: bool
) -> None:
    async with office(tmp_path, desk_secret=APP_SECRET if of_the_desk else "") as here:
        account = await here.add()
        if not of_the_desk:
            await here.use_secret(account.id, APP_SECRET)
        assert await here.brought(APP_SECRET) == 200
        if not of_the_desk:
            await here.use_secret(account.id, "e" * 32)
        again = await here.restarted(desk_secret="e" * 32 if of_the_desk else "")
        async with here.on.store.read() as unit:
            (kept,) = await unit.cloud.webhooks(limit=2)
        assert SignedReader(again.secrets).read(kept.raw).vouched(here.id)
        assert await again.brought(APP_SECRET) == 401, "nothing more is taken in with the old one"
        assert again.secrets.secrets_of(here.id) == ["e" * 32]


async def test_a_process_that_only_sends_takes_the_token_as_it_is_kept_now(tmp_path: Path) -> None:
    """Found by tests/crash/rounds.py: it sent without one, and WhatsApp's refusal stopped the number."""
    async with office(tmp_path) as here:
        account = await here.add()
        sender = CloudSecrets(Vault(here.key), here.on.store, app_secret="", verify_token="")
        assert sender.token(here.id) == ""
        await sender.refresh(account.id)
        assert sender.token(here.id) == here.token
        async with here.on.store.write() as unit:
            kept = await unit.cloud.account(account.id)
            assert kept is not None
            token = here.secrets.seal_token(here.id, "EAAnother").encode()
            await unit.cloud.save(replace(kept, token=token))
            await unit.commit()
        await sender.refresh(account.id)
        assert sender.token(here.id) == "EAAnother"


async def test_what_was_not_committed_is_not_believed_in(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        checked = await here.desk.check(here.id, here.token)
        async with here.on.store.write() as unit:
            await here.desk.keep(unit, here.on.space, checked, at=NOW)
        assert here.secrets.token(here.id) == ""
        account = await here.add()
        assert here.secrets.token(here.id) == here.token
        async with here.on.store.write() as unit:
            await here.desk.use_app_secret(unit, account.id, APP_SECRET)
        assert (here.secrets.app_secrets(), here.secrets.any.is_set()) == ([], False)
        async with here.on.store.write() as unit:
            await here.desk.use_app_secret(unit, account.id, APP_SECRET)
            assert here.secrets.app_secrets() == [], "others may not see it before it is kept"
            await unit.commit()
        assert here.secrets.app_secrets() == [APP_SECRET]


async def test_a_token_that_is_given_while_all_are_read_stays(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.add()
        fresh = (await here.scene.control("POST", f"tokens/{here.token}/rotate", {}))["token"]
        given = asyncio.Event()

        class Meanwhile:
            """A store in which somebody gives a new token just after the first look."""

            @asynccontextmanager
            async def read(self) -> AsyncIterator[Unit]:
                async with here.on.store.read() as unit:
                    yield unit
                if not given.is_set():
                    given.set()
                    await here.add(fresh)

            def write(self, **asked: bool) -> AbstractAsyncContextManager[Unit]:
                return here.on.store.write(**asked)

        here.secrets._store = Meanwhile()
        assert await here.secrets.load() == []
        assert given.is_set()
        assert here.secrets.token(here.id) == fresh


async def test_with_a_secret_what_nobody_could_vouch_for_is_worked_again(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        async with here.on.store.write() as unit:
            await unit.cloud.store_webhooks([(b"one", NOW), (b"broken", NOW)])
            one, broken = await unit.cloud.webhooks(limit=2)
            await unit.cloud.set_webhook_aside(one.id, why=UNVOUCHED)
            await unit.cloud.set_webhook_aside(broken.id, why="not_json")
            await here.desk.use_app_secret(unit, account.id, APP_SECRET)
            assert await unit.cloud.webhooks(limit=2) == [one]
            await unit.commit()


async def test_without_any_app_secret_nothing_is_taken_in(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        assert (here.desk.webhook.takes, here.secrets.any.is_set()) == (False, False)
        async with here.on.store.write() as unit:
            await here.desk.use_app_secret(unit, account.id, APP_SECRET)
            await unit.commit()
        # Of another number nothing is taken yet, and its screen has to say so.
        assert (here.desk.webhook.takes, here.secrets.any.is_set()) == (False, True)


async def test_the_desks_own_app_secret_takes_in_what_comes_of_every_number(tmp_path: Path) -> None:
    async with office(tmp_path, desk_secret="d" * 32) as here:
        assert (here.desk.webhook.takes, here.secrets.any.is_set()) == (True, True)


# ---- another SECRET_KEY


async def test_with_another_secret_key_the_token_has_to_be_given_again(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        again = await here.restarted(key=OTHER_KEY)
        now, cloud = await again.state(account.id)
        assert (now.is_connected, cloud.token_state) == (False, TokenState.REFUSED)
        assert len(here.heard(AccountChanged)) == 1
        assert again.secrets.token(here.id) == ""
        with pytest.raises(SealedOtherwise):
            await again.desk.refresh(account.id)
        assert "another SECRET_KEY" in refusal(SealedOtherwise())
        assert (await again.add()).is_connected
