"""What the settings say of the webhooks' door holds there."""

from pathlib import Path
from typing import Final

import httpx
from pydantic import SecretStr

from bot.composition import cloud_links
from bot.official import Official
from bot.ops.meters import Meters
from bot.senders import Hints
from bot.settings import Settings
from bot.tasks import TaskOwner
from storage.media import ObstoreMedia
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, open_store
from tests.unit.scheduler.world import Heard

CHALLENGE: Final = "1158201444"


async def asked(
    folder: Path, word: str, *, meters: Meters | None = None, path: str | None = None, **set_: object
) -> httpx.Response:
    """Meta asks over a real line whether the address is ours; `path`: somebody asks for another."""
    settings = Settings.model_validate(
        {"data_dir": folder, "webhook_port": 0, "whatsapp_app_secret": SecretStr("a" * 32), **set_}
    )
    async with (
        open_store(folder) as store,
        httpx.AsyncClient(trust_env=False) as client,
        TaskOwner() as tasks,
    ):
        official = Official(
            links=cloud_links(settings, client, ObstoreMedia(str(folder / "media"))), settings=settings,
            store=store, announcer=Heard(), watcher=Hints(), clock=FakeClock(NOW), key=b"k" * 32,
            verify_token="signed-by-the-desk", meters=meters or Meters(),
        )  # fmt: skip
        await official.start(tasks)
        await official.server.listening.wait()
        query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": CHALLENGE}
        address = f"http://127.0.0.1:{official.server.port}{path or settings.webhook_path}"
        return await client.get(address, params=query)


async def test_the_verify_token_of_the_settings_opens_the_door_and_no_other_does(tmp_path: Path) -> None:
    good = await asked(tmp_path, "our own word", whatsapp_verify_token="our own word")
    assert (good.status_code, good.text) == (200, CHALLENGE)
    for other in ("another word", "signed-by-the-desk", ""):
        answer = await asked(tmp_path, other, whatsapp_verify_token="our own word")
        assert (answer.status_code, CHALLENGE in answer.text) == (403, False)


async def test_without_one_in_the_settings_the_desks_own_opens_it(tmp_path: Path) -> None:
    assert (await asked(tmp_path, "signed-by-the-desk")).status_code == 200
    assert (await asked(tmp_path, "our own word")).status_code == 403


async def test_whoever_comes_through_this_door_sees_nothing_of_the_inside(tmp_path: Path) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        answer = await asked(tmp_path, "our own word", path=path, whatsapp_verify_token="our own word")
        assert answer.status_code == 404


async def test_its_answers_are_counted_by_their_status(tmp_path: Path) -> None:
    meters = Meters()
    for word in ("our own word", "another", "a third"):
        await asked(tmp_path, word, meters=meters, whatsapp_verify_token="our own word")
    counted = meters.registry.get_sample_value
    assert counted("masssender_webhook_answers_total", {"status": "200"}) == 1
    assert counted("masssender_webhook_answers_total", {"status": "403"}) == 2
