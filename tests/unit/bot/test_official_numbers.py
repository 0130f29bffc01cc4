"""Official numbers: checked before they are kept, sealed, looked after, stopped and brought back."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.cloud_desk import CloudNumberTaken, CloudSecretRefused, WebhookAddress
from bot.cloud_inbox import GroupedInbox
from bot.cloud_numbers import REFRESH_EVERY, OfficialNumbers, Preset
from bot.cloud_secrets import CloudSecrets
from bot.senders import Hints
from bot.texts import refusal
from bot.vault import SealedOtherwise, Vault
from domain.accounts.model import Account, AccountState
from domain.campaigns.model import CampaignState, PauseReason
from domain.delivery.cloud_account import (
    CloudDirectory,
    CloudPermissionMissing,
    CloudTokenRefused,
    CloudUnreachable,
    CloudWrongId,
)
from domain.delivery.cloud_accounts import UNVOUCHED, CloudAccount, TokenState
from domain.delivery.template_values import CampaignTemplate
from domain.kernel.ids import AccountId, CampaignId
from domain.scheduler.events import AccountChanged, CloudNumberChanged, TemplateChanged
from tests.contract.cloud_standin.stage import Stage, stage
from tests.fakes.stores import NOW, a_list, a_running_campaign, a_workspace
from tests.unit.cloud.bodies import TEXT
from tests.unit.cloud.cast import NUMBER_ID
from tests.unit.scheduler.world import World, world
from whatsapp.client import build_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.graph import CloudGraph
from whatsapp.cloud.http import WebhookDoor, webhook_app
from whatsapp.cloud.signed import SignedReader
from whatsapp.cloud.webhooks import sign

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
APP_SECRET = "0123456789abcdef" * 2
ADDRESS = WebhookAddress(url=None, path="/webhooks/whatsapp", verify_token="our-word", takes=False)


@dataclass(kw_only=True)
class Office:
    on: World
    scene: Stage
    client: httpx.AsyncClient
    key: bytes = KEY
    preset: Preset | None = None
    desk_secret: str = ""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = CloudSecrets(
            Vault(self.key), self.on.store, app_secret=self.desk_secret, verify_token="our-word"
        )
        self.desk = OfficialNumbers(
            store=self.on.store, secrets=self.secrets, directory_for=self.directory, announcer=self.on.heard,
            watcher=Hints(), clock=self.on.clock, webhook=ADDRESS, preset=self.preset,
        )  # fmt: skip

    def directory(self, id: str, token: Callable[[], str]) -> CloudDirectory:
        self.asked.append(id)
        line = CloudLine(base_url=f"{self.scene.standin.url}/v23.0", phone_number_id=id, token=token)
        return CloudGraph(self.client, line)

    @property
    def id(self) -> str:
        return str(self.scene.account["phone_number_id"])

    @property
    def token(self) -> str:
        return str(self.scene.account["token"])

    async def add(self, token: str | None = None) -> Account:
        checked = await self.desk.check(self.id, token or self.token)
        async with self.on.store.write() as unit:
            account = await self.desk.keep(unit, self.on.space, checked, at=self.on.clock.now())
            await unit.commit()
        return account

    async def state(self, id: AccountId) -> tuple[Account, CloudAccount]:
        async with self.on.store.read() as unit:
            cloud = await unit.cloud.account(id)
            assert cloud is not None
            return await unit.accounts.account(id), cloud

    async def campaign(self, account: Account, template: str | None = None) -> CampaignId:
        async with self.on.store.write() as unit:
            people = await a_list(unit, self.on.space, 1)
            id = await a_running_campaign(unit, self.on.space, self.on.ayse, account.id, people)
            if template is not None:
                now = await unit.campaigns.any(id)
                chosen = CampaignTemplate(id=template, name="welcome", language="en", values={})
                await unit.campaigns.save(replace(now, template=chosen), expected=now.version)
            await unit.commit()
        return id

    async def standing(self, id: CampaignId) -> tuple[CampaignState, PauseReason | None]:
        async with self.on.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        return campaign.state, campaign.pause_reason

    async def use_secret(self, id: AccountId, secret: str) -> None:
        async with self.on.store.write() as unit:
            await self.desk.use_app_secret(unit, id, secret)
            await unit.commit()

    async def brought(self, signer: str) -> int:
        """A webhook about the number comes to the door; how it is answered."""
        raw = json.dumps(TEXT).replace(NUMBER_ID, self.id).encode()
        door = webhook_app(
            WebhookDoor(self.secrets, GroupedInbox(self.on.store, lambda: None), self.on.clock)
        )
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="https://bot.example") as client:
            signed = {"X-Hub-Signature-256": sign(raw, signer)}
            answer = await client.post("/webhooks/whatsapp", content=raw, headers=signed)
        return answer.status_code

    def heard(self, kind: type) -> list[Any]:
        return [one for one in self.on.heard.events if isinstance(one, kind)]

    async def restarted(self, **changes: Any) -> "Office":
        """Another process over the same database."""
        again = replace(self, asked=[], **changes)
        await again.desk.start()
        return again


@asynccontextmanager
async def office(folder: Path, **more: Any) -> AsyncIterator[Office]:
    async with world(folder) as on, stage() as scene, build_client() as client:
        yield Office(on=on, scene=scene, client=client, **more)


# ---- adding


async def test_a_number_is_added_with_what_whatsapp_says_of_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        _, cloud = await here.state(account.id)
        assert (account.state, account.remote) == (AccountState.CONNECTED, here.id)
        assert account.number.startswith("+44")
        assert (cloud.verified_name, cloud.waba_id) == ("Ada's Flowers", here.scene.account["waba_id"])
        async with here.on.store.read() as unit:
            names = [one.name for one in await unit.cloud.templates(cloud.waba_id)]
        assert names == ["spring", "welcome"]
        assert here.secrets.token(here.id) == here.token


async def test_the_token_is_kept_sealed_and_is_never_shown_or_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with capture_logs() as logs:
        async with office(tmp_path, desk_secret=APP_SECRET) as here:
            account = await here.add()
            _, cloud = await here.state(account.id)
            checked = await here.desk.check(here.id, here.token)
            shown = f"{checked!r} {here.secrets!r} {here.desk!r} {here.desk.webhook!r} {cloud!r} {ADDRESS!r}"
            with pytest.raises(CloudTokenRefused):
                await here.desk.check(here.id, here.token + "x")
            token = here.token
        files = b"".join(path.read_bytes() for path in tmp_path.rglob("*.db*"))
    for secret in (token, APP_SECRET):
        assert secret.encode() not in files
        assert secret not in shown
        assert secret not in caplog.text
        assert secret not in str(logs)


@pytest.mark.parametrize(
    ("id", "token", "error"),
    [
        ("+90 501 234 56 78", None, CloudWrongId),
        ("99999999999", None, CloudWrongId),
        (None, "too short", CloudTokenRefused),
        (None, "EAA" + "x" * 40, CloudTokenRefused),
        (None, "with a blank in the middle of it", CloudTokenRefused),
    ],
)
async def test_a_wrong_id_or_token_is_said_and_nothing_is_kept(
    tmp_path: Path, id: str | None, token: str | None, error: type[Exception]
) -> None:
    async with office(tmp_path) as here:
        with pytest.raises(error):
            await here.desk.check(id or here.id, token or here.token)
        async with here.on.store.read() as unit:
            assert await unit.cloud.accounts() == []


async def test_a_token_that_may_not_send_is_refused_before_it_is_kept(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        wish = {"app_id": here.scene.account["app_id"], "scopes": ["whatsapp_business_management"]}
        token = (await here.scene.control("POST", "tokens", wish))["token"]
        with pytest.raises(CloudPermissionMissing):
            await here.desk.check(here.id, token)


async def test_while_whatsapp_does_not_answer_nothing_is_kept(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.scene.control("POST", "faults", {"kind": "error", "on": "graph", "status": 503})
        with pytest.raises(CloudUnreachable):
            await here.desk.check(here.id, here.token)


async def test_a_number_of_another_workspace_is_not_taken_over(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.add()
        checked = await here.desk.check(here.id, here.token)
        async with here.on.store.write() as unit:
            other = await a_workspace(unit, name="Other")
            with pytest.raises(CloudNumberTaken):
                await here.desk.keep(unit, other, checked, at=here.on.clock.now())


async def test_the_business_account_is_subscribed_so_that_webhooks_come(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        waba = here.scene.account["waba_id"]
        await here.scene.graph("DELETE", f"{waba}/subscribed_apps")
        await here.add()
        listed = (await here.scene.graph("GET", f"{waba}/subscribed_apps")).json()
        assert len(listed["data"]) == 1


async def test_a_number_that_hides_its_business_account_is_told_it_later(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.scene.control("POST", f"numbers/{here.id}", {"tells_waba": False})
        account = await here.add()
        assert (await here.state(account.id))[1].waba_id == ""
        with pytest.raises(CloudWrongId):
            await here.desk.use_business_account(account.id, "123456789")
        await here.desk.use_business_account(account.id, str(here.scene.account["waba_id"]))
        await here.desk.refresh(account.id)
        _, cloud = await here.state(account.id)
        assert cloud.waba_id == here.scene.account["waba_id"]
        async with here.on.store.read() as unit:
            assert len(await unit.cloud.templates(cloud.waba_id)) == 2


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


# ---- looked after


async def test_a_revoked_token_is_noticed_and_told_once_naming_what_paused(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        campaign = await here.campaign(account)
        await here.scene.control("DELETE", f"tokens/{here.token}")
        here.on.clock.advance(hours=2)
        for _ in range(3):
            await here.desk.look()
        now, cloud = await here.state(account.id)
        assert (now.is_connected, cloud.token_state) == (False, TokenState.REFUSED)
        assert await here.standing(campaign) == (CampaignState.PAUSED, PauseReason.TOKEN)
        (told,) = here.heard(AccountChanged)
        assert [one.id for one in told.paused] == [campaign]


async def test_a_good_token_brings_a_stopped_number_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        campaign = await here.campaign(account)
        fresh = (await here.scene.control("POST", f"tokens/{here.token}/rotate", {}))["token"]
        with pytest.raises(CloudTokenRefused):
            await here.desk.refresh(account.id)
        again = await here.add(fresh)
        assert (again.id, again.state) == (account.id, AccountState.CONNECTED)
        _, cloud = await here.state(account.id)
        assert cloud.token_state is TokenState.GOOD
        assert here.secrets.token(here.id) == fresh
        assert (await here.standing(campaign))[0] is CampaignState.PAUSED, "an operator goes on with it"


async def test_a_token_that_was_refused_by_mistake_is_good_again_by_itself(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        fault = {"kind": "code", "code": 190, "on": "graph", "times": 1}
        await here.scene.control("POST", "faults", fault)
        with pytest.raises(CloudTokenRefused):
            await here.desk.refresh(account.id)
        assert not (await here.state(account.id))[0].is_connected
        await here.desk.refresh(account.id)
        assert (await here.state(account.id))[0].is_connected
        assert [one.account.state for one in here.heard(AccountChanged)] == [
            AccountState.RESTRICTED,
            AccountState.CONNECTED,
        ]


async def test_looking_does_not_bring_back_what_whatsapp_restricted(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        async with here.on.store.write() as unit:
            await unit.accounts.set_state(
                account.id, AccountState.RESTRICTED, reason="spam_limited", at=here.on.clock.now()
            )
            await unit.commit()
        await here.desk.refresh(account.id)
        assert (await here.state(account.id))[0].state is AccountState.RESTRICTED


async def test_an_hour_later_whatsapp_is_asked_anew_and_what_changed_is_told(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        here.asked.clear()
        await here.desk.look()
        assert here.asked == []
        await here.scene.control("POST", f"numbers/{here.id}", {"quality": "YELLOW", "messaging_limit": 250})
        here.on.clock.advance(seconds=REFRESH_EVERY.total_seconds())
        await here.desk.look()
        assert here.asked == [here.id]
        (told,) = here.heard(CloudNumberChanged)
        assert (told.before.quality, told.after.quality) == ("green", "yellow")
        assert told.after.people.people == 250
        await here.desk.look()
        assert here.asked == [here.id]
        here.desk.soon([account.id])
        await here.desk.look()
        assert here.asked == [here.id] * 2


async def test_a_clock_that_was_set_back_does_not_keep_a_number_from_being_asked_about(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        await here.add()
        here.asked.clear()
        here.on.clock.advance(days=-30)
        await here.desk.look()
        assert here.asked == [here.id]


async def test_a_template_that_is_gone_or_edited_pauses_what_sends_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        async with here.on.store.read() as unit:
            kept = await unit.cloud.templates(here.scene.account["waba_id"])
        welcome = next(one for one in kept if one.name == "welcome")
        campaign = await here.campaign(account, welcome.id)
        edited = [{"type": "BODY", "text": "Welcome {{first_name}}, {{code}} until {{day}}."}]
        await here.scene.control("POST", f"templates/{welcome.id}", {"components": edited})
        await here.desk.refresh(account.id)
        assert await here.standing(campaign) == (CampaignState.PAUSED, PauseReason.TEMPLATE)
        (told,) = here.heard(TemplateChanged)
        assert told.after is not None
        assert [one.id for one in told.paused] == [campaign]


async def test_one_that_is_down_does_not_keep_others_from_being_looked_after(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        await here.scene.control("POST", "faults", {"kind": "error", "on": "graph", "status": 503})
        here.desk.soon([account.id])
        await here.desk.look()
        assert (await here.state(account.id))[0].is_connected


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


# ---- the settings' number


async def test_the_number_of_the_settings_is_added_to_the_first_workspace(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        preset = Preset(phone_number_id=here.id, token=here.token)
        again = await here.restarted(preset=preset)
        await again.desk.look()
        async with here.on.store.read() as unit:
            (cloud,) = await unit.cloud.accounts()
            account = await unit.accounts.account(cloud.account_id)
        assert (account.workspace_id, account.is_connected) == (here.on.space, True)
        assert here.token not in repr(preset)


async def test_a_changed_token_of_the_settings_is_taken_at_the_next_start(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        fresh = (await here.scene.control("POST", f"tokens/{here.token}/rotate", {}))["token"]
        again = await here.restarted(preset=Preset(phone_number_id=here.id, token=fresh))
        await again.desk.look()
        assert again.secrets.token(here.id) == fresh
        assert (await here.state(account.id))[0].is_connected


async def test_a_wrong_token_of_the_settings_stops_nothing_and_is_said_in_the_log(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        wrong = "EAA" + "w" * 40
        again = await here.restarted(preset=Preset(phone_number_id=here.id, token=wrong))
        with capture_logs() as logs:
            await again.desk.look()
        assert [one["code"] for one in logs] == ["cloud.token_refused"]
        assert wrong not in str(logs)
        assert (await here.state(account.id))[0].is_connected
        assert again.secrets.token(here.id) == here.token
