"""The unmodified bot against a Bot API that others wrote: `lo-bot-api-emulator` from PyPI.

It refuses fields that it does not know and lacks pins: the bot has to do without.
"""

import csv
import io
from pathlib import Path

from bot.settings import Settings
from bot.tour import picture
from storage.media import ObstoreMedia
from tests.chat.lo_emulator import TOKEN, Person, running_emulator
from tests.chat.stage import AYSE, MovableClock, at_work, build_app
from tests.chat.test_journey import GOT, TEXT, sheet
from tests.fakes.stores import open_store
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.world import SimulatedWorld

#: What the emulator says it has not got; everything else that the bot asks for must be granted.
MISSING = {"pinChatMessage", "unpinChatMessage"}


async def from_the_door_to_the_start(person: Person) -> None:
    await person.say("/start")
    await person.tap("☐ I will only message people who agreed")
    await person.tap("Continue")
    await person.tap("Link WhatsApp")
    await person.tap("Link a simulated number")
    await person.see("connected")
    await person.upload(sheet(), "customers.xlsx")
    await person.tap("That's right")
    await person.see("3 ready")
    await person.tap("They signed up")
    await person.see("can be messaged")
    await person.tap("New campaign")
    await person.see("2 of 7")
    await person.say(TEXT)
    await person.see("3 of 7")
    await person.photo(picture())
    await person.see("4 of 7")
    await person.tap("Continue")
    await person.tap("As fast as it goes")
    await person.tap("⚡ Now")
    await person.tap("✅ Start")


async def test_from_the_door_to_the_report(tmp_path: Path) -> None:
    clock = MovableClock()
    world = SimulatedWorld(folder=None, seed=7, clock=clock, behaviour=Behaviour.instant())
    async with running_emulator() as (emulator, url), open_store(tmp_path) as store:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            environment="development",
            admin_ids=frozenset({AYSE}),
            telegram_api_url=url,
            data_dir=tmp_path,
        )
        app = build_app(
            settings=settings, store=store, media=ObstoreMedia(str(tmp_path / "media")), world=world,
            clock=clock, token=TOKEN, paced=False,
        )  # fmt: skip
        async with at_work(app):
            person = Person(id=AYSE, emulator=emulator)
            await from_the_door_to_the_start(person)
            report = await person.see(lambda m: m.kind == "sendPhoto")
            assert "Sent 3" in report.words
            files = dict((await person.see(lambda m: m.kind == "sendMediaGroup")).files)
            await person.see(lambda m: "finished" in m.words and m.kind == "editMessageText")
        assert {one.number: one.text for one in world.received} == GOT
        [flat] = [data for name, data in files.items() if name.endswith(".csv")]
        rows = list(csv.reader(io.StringIO(flat.decode("utf-8-sig"))))
        assert {row[0].lstrip("'") for row in rows[1:]} == set(GOT)
        assert any(name.endswith(".xlsx") for name in files)
    world.close()
    refused = [call["method"] for call in emulator.requests if call["status"] not in (200, 501)]
    # The one call by which the bot learned that link previews cannot be turned off here.
    assert len(refused) == 1
    assert {call["method"] for call in emulator.requests if call["status"] == 501} <= MISSING
    assert emulator.answers
