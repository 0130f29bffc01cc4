"""A workspace's own words for stop and start."""

from domain.contacts.stop_words import OWN, Heard, Vocabulary
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.stores import a_workspace


async def test_without_edits_the_defaults_hold(store: Database, bakery: Bakery) -> None:
    async with store.read() as unit:
        assert await unit.words.of(bakery.space) == Vocabulary()


async def test_what_was_edited_is_kept_for_that_workspace_alone(store: Database, bakery: Bakery) -> None:
    edited = (
        Vocabulary()
        .with_word(Heard.STOP, OWN, "no more bread")
        .with_word(Heard.START, "tr", "geri gel")
        .without_word(Heard.STOP, "en", "cancel")
    )
    async with store.write() as unit:
        florist = await a_workspace(unit, name="Florist")
        await unit.words.save(bakery.space, edited)
        await unit.commit()
    async with store.read() as unit:
        kept = await unit.words.of(bakery.space)
        assert await unit.words.of(florist) == Vocabulary()
    assert kept == edited
    assert kept.heard("No more BREAD!") is Heard.STOP
    assert kept.heard("geri gel") is Heard.START
    assert kept.heard("cancel") is None


async def test_a_list_that_is_as_it_was_leaves_no_trace(store: Database, bakery: Bakery) -> None:
    edited = Vocabulary().with_word(Heard.STOP, "en", "enough")
    async with store.write() as unit:
        await unit.words.save(bakery.space, edited)
        await unit.words.save(bakery.space, edited.as_it_was(Heard.STOP, "en"))
        await unit.commit()
    async with store.read() as unit:
        assert await unit.words.of(bakery.space) == Vocabulary()
