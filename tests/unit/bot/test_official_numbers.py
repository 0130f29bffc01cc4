"""Official numbers: checked before they are kept, sealed, or taken from the settings."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.cloud_desk import CloudNumberTaken
from bot.cloud_preset import Preset
from domain.accounts.model import AccountState
from domain.delivery.cloud_account import (
    CloudPermissionMissing,
    CloudTokenRefused,
    CloudUnreachable,
    CloudWrongId,
)
from tests.fakes.stores import a_workspace
from tests.unit.bot.official_office import ADDRESS, APP_SECRET, office

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
