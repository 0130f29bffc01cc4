"""The settings' own number that is refused: told once, in the chat, to whoever can put it right."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.chat.preset_notice import PresetNotice
from bot.cloud_preset import Preset
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW
from tests.unit.bot.official_office import Office, office

WRONG = "EAA" + "w" * 40
AYSE, ADMIN = 1001, 77


def telling() -> PresetNotice:
    return PresetNotice([ADMIN], FakeClock(NOW))


async def told(here: Office) -> dict[int, list[str]]:
    async with here.on.store.read() as unit:
        due = await unit.chat.due_notices(now=here.on.clock.now(), limit=50)
    chats: dict[int, list[str]] = {}
    for one in due:
        chats.setdefault(one.notice.chat_id, []).append(str(one.notice.payload["text"]))
    return chats


async def test_a_wrong_token_of_the_settings_stops_nothing_and_is_logged_once(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        again = await here.restarted(preset=Preset(phone_number_id=here.id, token=WRONG), tell=telling())
        with capture_logs() as logs:
            for _ in range(2):
                await again.desk.look()
        assert [one["code"] for one in logs] == ["cloud.token_refused"]
        assert WRONG not in str(logs)
        assert (await here.state(account.id))[0].is_connected
        assert again.secrets.token(here.id) == here.token


async def test_it_is_told_once_to_owner_and_admins_however_often_the_bot_starts(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        for _ in range(2):
            again = await here.restarted(preset=Preset(phone_number_id=here.id, token=WRONG), tell=telling())
            for _ in range(2):
                await again.desk.look()
        chats = await told(here)
        assert {chat: len(texts) for chat, texts in chats.items()} == {AYSE: 1, ADMIN: 1}
        (text,) = chats[ADMIN]
        for words in (
            here.id,
            "does not accept its access token",
            "WHATSAPP_API_TOKEN",
            "not among the numbers",
        ):
            assert words in text
        assert WRONG not in text


async def test_another_token_that_is_refused_is_told_anew_and_a_good_one_is_not(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.add()
        for token in (WRONG, WRONG + "2"):
            again = await here.restarted(preset=Preset(phone_number_id=here.id, token=token), tell=telling())
            await again.desk.look()
        assert len((await told(here))[AYSE]) == 2
        assert all("keeps the access token that it had" in text for text in (await told(here))[AYSE])
        fresh = (await here.scene.control("POST", f"tokens/{here.token}/rotate", {}))["token"]
        again = await here.restarted(preset=Preset(phone_number_id=here.id, token=fresh), tell=telling())
        await again.desk.look()
        assert len((await told(here))[AYSE]) == 2
        assert again.secrets.token(here.id) == fresh


async def test_that_whatsapp_is_away_is_no_refusal(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.scene.control("POST", "faults", {"kind": "error", "on": "graph", "status": 503})
        again = await here.restarted(preset=Preset(phone_number_id=here.id, token=here.token), tell=telling())
        await again.desk.look()
        assert await told(here) == {}


@pytest.mark.parametrize(
    ("id", "code", "said"),
    [("99999999999", None, "WHATSAPP_PHONE_NUMBER_ID"), (None, 368, "with its error 368")],
)
async def test_each_refusal_has_its_sentence(
    tmp_path: Path, id: str | None, code: int | None, said: str
) -> None:
    async with office(tmp_path) as here:
        if code is not None:
            await here.scene.control("POST", "faults", {"kind": "code", "on": "graph", "code": code})
        preset = Preset(phone_number_id=id or here.id, token=here.token)
        again = await here.restarted(preset=preset, tell=telling())
        await again.desk.look()
        (text,) = (await told(here))[ADMIN]
        assert said in text
