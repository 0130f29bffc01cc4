"""What the doctor hears from others, and what from none."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from rich.console import Console

from bot.doctor.look import Check, Finding, State, look_at
from bot.doctor.parts import DoctorParts
from bot.doctor.run import examined, show, unreadable
from bot.doctor.there import checks_there
from bot.keys import FILE
from bot.settings import Settings
from domain.accounts.model import AccountState, Channel
from domain.accounts.web import WorkerNode
from tests.fakes.stores import NOW, open_store
from tests.fakes.web_sessions import FakeWebSessions
from tests.unit.cloud.facebook import error
from tests.unit.doctor.patient import TOKEN, WORKER_TOKEN, Patient, of, patient, refused, tools

BAD_TOKEN = "123456:nobody-knows-this-token"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Patient]:
    async with patient(tmp_path) as made:
        yield made


async def heard(parts: DoctorParts, title: str) -> Finding:
    return of(await look_at(checks_there(parts)), title)


async def test_telegram_knows_the_bot_or_not_or_is_away(desk: Patient) -> None:
    found = await heard(desk.parts, "Telegram")
    assert found.state is State.GOOD and "@" in found.found
    found = await heard(desk.but(telegram_bot_token=SecretStr(BAD_TOKEN)), "Telegram")
    assert found.state is State.WRONG and "@BotFather" in found.do and BAD_TOKEN not in str(found)
    found = await heard(desk.but(telegram_api_url="http://127.0.0.1:1"), "Telegram")
    assert found.state is State.WRONG and "network" in found.do
    assert (await heard(desk.but(telegram_bot_token=None), "Telegram")).state is State.IDLE


@pytest.mark.parametrize(
    ("ahead", "state", "says"),
    [
        (0, State.GOOD, "right"),
        (20, State.GOOD, "right"),
        (-20, State.GOOD, "right"),
        (300, State.WRONG, "s slow"),
        (-300, State.WRONG, "s fast"),
        (None, State.IDLE, "does not tell"),
    ],
)
async def test_the_clock_is_held_against_telegrams(
    desk: Patient, ahead: int | None, state: State, says: str
) -> None:
    desk.world.ahead = None if ahead is None else timedelta(seconds=ahead)
    found = await heard(desk.parts, "Clock")
    assert found.state is state and says in found.found


async def test_a_clock_that_nobody_can_be_asked_about_is_not_taken_for_right(desk: Patient) -> None:
    async def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no way", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(away)) as client:
        found = await heard(replace(desk.parts, client=client), "Clock")
    assert found.state is State.WRONG


async def a_web_number(desk: Patient) -> None:
    async with open_store(desk.settings.data_dir) as store, store.write() as unit:
        [space] = await unit.operators.workspaces()
        await unit.accounts.create(
            workspace_id=space.id, channel=Channel.WEB, number="+905320000001", name="Shop",
            remote="main/s1", state=AccountState.CONNECTED, at=NOW,
        )  # fmt: skip
        await unit.commit()


async def test_what_whatsapp_web_lacks_is_wrong_once_a_number_needs_it(
    desk: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = tmp_path / "worker"
    (worker / "src").mkdir(parents=True)
    (worker / "src" / "main.js").touch()
    (worker / "node_modules").mkdir()
    (worker / "node_modules" / ".package-lock.json").touch()
    parts = desk.but(worker_dir=worker)
    monkeypatch.setenv("PATH", tools(tmp_path / "good"))
    assert (await heard(parts, "WhatsApp Web")).state is State.GOOD
    monkeypatch.setenv("PATH", tools(tmp_path / "old", node="v18.1.0"))
    assert (await heard(parts, "WhatsApp Web")).state is State.IDLE
    await a_web_number(desk)
    found = await heard(parts, "WhatsApp Web")
    assert found.state is State.WRONG and "Node.js 20" in found.do
    monkeypatch.setenv("PATH", tools(tmp_path / "bare", chromium=False))
    assert "Chromium" in (await heard(parts, "WhatsApp Web")).do


async def test_workers_of_the_settings_have_to_answer(desk: Patient) -> None:
    web = FakeWebSessions()
    parts = replace(desk.parts, workers=web)
    assert (await heard(parts, "WhatsApp Web")).state is State.GOOD
    web.other_nodes = [
        WorkerNode(name="b", sessions=0, limit=0, ready=0, memory_bytes=0, trouble="worker_unauthorized")
    ]
    found = [one for one in await look_at(checks_there(parts)) if one.title == "WhatsApp Web"]
    assert [one.state for one in found] == [State.GOOD, State.WRONG]
    assert "worker b" in found[1].found and "token" in found[1].do


async def test_whatsapp_takes_the_token_of_a_number_or_not(desk: Patient) -> None:
    found = await heard(desk.parts, "Official numbers")
    assert found.state is State.GOOD and "+447700900002" in found.found
    desk.world.graph = refused()
    found = await heard(desk.parts, "Official numbers")
    assert found.state is State.WRONG and "any more" in found.found
    desk.world.graph = (400, error(200, "no permission"))
    assert (await heard(desk.parts, "Official numbers")).state is State.WRONG
    desk.world.graph = httpx.ConnectError("no way")
    found = await heard(desk.parts, "Official numbers")
    assert found.state is State.WRONG and "does not answer" in found.found


async def test_a_token_that_another_key_sealed_is_said_and_so_is_a_key_that_is_gone(desk: Patient) -> None:
    found = await heard(
        desk.but(secret_key=SecretStr("another key, of thirty-two letters")), "Official numbers"
    )
    assert found.state is State.WRONG and "another key" in found.found
    (desk.settings.data_dir / FILE).unlink()
    found = await heard(desk.parts, "Official numbers")
    assert found.state is State.WRONG and str(desk.settings.data_dir / FILE) in found.found
    assert not (desk.settings.data_dir / FILE).exists()


async def test_whoever_does_not_answer_in_time_holds_up_nobody_else() -> None:
    async def never() -> list[Finding]:
        await asyncio.Event().wait()
        raise AssertionError

    async def at_once() -> list[Finding]:
        return [Finding(title="Disk", state=State.GOOD, found="here")]

    async def breaks() -> list[Finding]:
        raise RuntimeError("token 123456:secret")

    checks = [
        Check(name="telegram", look=never, patience=0.05), Check(name="disk", look=at_once),
        Check(name="cloud", look=breaks),
    ]  # fmt: skip
    found = await look_at(checks)
    assert [(one.title, one.state) for one in found] == [
        ("Telegram", State.WRONG), ("Disk", State.GOOD), ("Official numbers", State.WRONG)
    ]  # fmt: skip
    assert "no answer within 0.05 s" in found[0].found and "secret" not in str(found)


async def test_the_table_shows_everything_and_no_secret(tmp_path: Path) -> None:
    async with patient(
        tmp_path, whatsapp_worker_url="http://127.0.0.1:1", whatsapp_worker_token=WORKER_TOKEN
    ) as desk:
        desk.world.graph = refused()
        found = await examined(desk.parts)
        told = StringIO()
        assert show(found, Console(file=told, width=200)) == 1
        text = told.getvalue()
        secrets = (desk.telegram.token, WORKER_TOKEN, TOKEN, (desk.settings.data_dir / FILE).read_text())
    for title in ("Settings", "Data folder", "Database", "Disk", "Backups", "Telegram", "Clock"):
        assert title in text
    assert "✓" in text and "✗" in text and "things to look after" in text
    assert not [secret for secret in secrets if secret in text]


def test_it_ends_well_only_when_nothing_is_wrong() -> None:
    fine = Finding(title="Disk", state=State.GOOD, found="here")
    idle = Finding(title="Clock", state=State.IDLE, found="untold")
    ill = Finding(title="Telegram", state=State.WRONG, found="away", do="look")
    assert show([fine, idle], Console(file=StringIO())) == 0
    assert show([fine, ill], Console(file=StringIO())) == 1


def test_settings_that_cannot_be_read_are_named_without_what_stands_in_them() -> None:
    with pytest.raises(ValidationError) as wrong:
        Settings(_env_file=None, default_zone="Nowhere/At-All", secret_key=SecretStr("short-secret"))  # type: ignore[call-arg]
    found = unreadable(wrong.value)
    assert {one.state for one in found} == {State.WRONG}
    text = str(found)
    assert "SECRET_KEY" in text and "DEFAULT_ZONE" in text and "short-secret" not in text
