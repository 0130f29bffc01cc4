"""The first real run: the token kept safely, the claim link used once."""

import stat
from pathlib import Path

import pytest

from bot.first_run import TOKEN_SHAPE, check_token, keep_token, print_claim_link, terminal_qr
from bot.sandbox.state import DEMO_TOKEN
from bot.settings import Settings
from tests.chat.stage import STRANGER, stage
from tests.fakes.sandbox import running_sandbox


def test_the_token_is_kept_readable_by_its_owner_alone(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("ADMIN_IDS=5\nTELEGRAM_BOT_TOKEN=1:old\nLOG_LEVEL=info")
    keep_token(env, "123456:new-token")
    assert env.read_text() == "ADMIN_IDS=5\nLOG_LEVEL=info\nTELEGRAM_BOT_TOKEN=123456:new-token\n"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [env]


def test_what_botfather_gives_looks_like_a_token_and_a_sentence_does_not() -> None:
    assert TOKEN_SHAPE.fullmatch("123456789:AAExample-Token_1234567")
    assert not TOKEN_SHAPE.fullmatch("my token please")


async def test_a_token_is_checked_with_telegram() -> None:
    async with running_sandbox() as sandbox:
        settings = Settings(_env_file=None, telegram_api_url=sandbox.url)  # type: ignore[call-arg]
        assert await check_token(settings, DEMO_TOKEN) == "MassSenderBot"
        assert await check_token(settings, "123456:not-this-one-at-all") is None


def test_a_link_becomes_a_qr_for_the_terminal() -> None:
    assert "█" in terminal_qr("https://example.org/?start=claim_x")


async def test_the_claim_link_makes_its_opener_the_admin_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with stage(tmp_path) as on:
        settings = on.settings.model_copy(update={"admin_ids": frozenset()})
        await print_claim_link(settings, on.store, on.sandbox.token)
        code = capsys.readouterr().err.split("/start ")[-1].split(")")[0].strip()
        assert code.startswith("claim_")
        async with on.running():
            chat = on.client.chat(STRANGER)
            await chat.say("/start claim_forged")
            await chat.wait_for("used already or has ended")
            await chat.say(f"/start {code}")
            await chat.wait_for("You are the admin of this desk now")
            other = on.client.chat(1002)
            await other.say(f"/start {code}")
            await other.wait_for("used already or has ended")
        capsys.readouterr()
        await print_claim_link(settings, on.store, on.sandbox.token)
        assert capsys.readouterr().err == ""
