"""One person with several numbers on the official channel: what they say counts for all of them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.senders import Hints
from domain.contacts.model import Consent
from domain.contacts.ports import ImportedRow
from domain.delivery.channel import AcceptedAs, ChannelEvent, Effect
from domain.delivery.cloud_accounts import Named
from domain.kernel.ids import CampaignId
from domain.scheduler.cloud_effects import CloudEffects
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.forgetting import forget_person
from tests.fakes.cloud import REMOTE, a_cloud_account
from tests.fakes.stores import AGREED, NOW, a_list, a_running_campaign, number_of
from tests.unit.cloud import bodies
from tests.unit.cloud.bodies import inbound, preference
from tests.unit.scheduler.cloud_office import SHEENA, Office, office, receipt
from tests.unit.scheduler.cloud_world import CloudWorld, cloud_world

#: Rosa in Mexico, as WhatsApp calls her and as others write her down.
ROSA, ROSA_521, ROSA_044 = "+525512345678", "+5215512345678", "+520445512345678"
#: What messages in these tests are told with.
HER_ID = str(bodies.SHEENA["user_id"])
MINUTE = timedelta(minutes=1)


async def rosa_is_known(here: Office, *contacts: str, dialled: tuple[str, ...] = (ROSA_521,)) -> None:
    """On the list, agreed, under these numbers; and written to at those that were dialled."""
    async with here.on.store.write() as unit:
        people = await unit.contacts.create_list(here.on.space, "Rosa", at=NOW)
        rows = [ImportedRow(number=one, name="Rosa", attributes={}) for one in contacts]
        await unit.contacts.save_rows(here.on.space, people, rows, at=NOW)
        await unit.contacts.record_list_consent(people, AGREED)
        named = [Named(number=one, wa_id=ROSA[1:]) for one in dialled]
        await unit.cloud.name_people(here.number, named)
        await unit.commit()


def rosa_says(text: str, *, at: datetime) -> dict[str, Any]:
    stamp = str(int(at.timestamp()))
    return inbound("text", text={"body": text}, id=f"wamid.{stamp}=", timestamp=stamp, **{"from": ROSA[1:]})


def rosa_sets(word: str, *, at: datetime) -> dict[str, Any]:
    return preference(word, wa_id=ROSA[1:], timestamp=int(at.timestamp()))


@pytest.mark.parametrize("by", ["word", "setting"])
async def test_a_stop_holds_at_every_number_and_a_start_only_where_they_are_sure_to_be(
    tmp_path: Path, by: str
) -> None:
    say = rosa_says if by == "word" else rosa_sets
    stop, start = ("STOP", "START") if by == "word" else ("stop", "resume")
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA, ROSA_521, ROSA_044, dialled=(ROSA_044, ROSA_521))
        await here.told(say(stop, at=NOW))
        for number in (ROSA, ROSA_521, ROSA_044):
            assert await here.consent(number) is Consent.REVOKED
        await here.told(say(start, at=NOW + MINUTE))
        assert await here.consent(ROSA) is Consent.GRANTED, "she writes from it"
        assert await here.consent(ROSA_521) is Consent.GRANTED, "she was written to there last"
        assert await here.consent(ROSA_044) is Consent.REVOKED


async def test_a_stop_holds_where_another_number_of_the_workspace_knows_the_person(tmp_path: Path) -> None:
    """She was written to from one of its numbers, and says stop to another."""
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA, ROSA_521, dialled=())
        async with here.on.store.write() as unit:
            other = await a_cloud_account(unit, here.on.space, number="+15550783882", remote="999")
            await unit.cloud.name_people(other, [Named(number=ROSA_521, wa_id=ROSA[1:])])
            await unit.commit()
        await here.told(rosa_says("STOP", at=NOW))
        assert await here.consent(ROSA) is await here.consent(ROSA_521) is Consent.REVOKED


async def test_a_stop_holds_when_a_file_brings_the_person_under_their_other_number(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA_521)
        await here.told(rosa_says("STOP", at=NOW))
        await rosa_is_known(here, ROSA)
        assert await here.consent(ROSA) is Consent.REVOKED


@pytest.mark.parametrize("by", ["word", "setting"])
async def test_a_stop_holds_at_a_number_that_is_first_seen_with_it(tmp_path: Path, by: str) -> None:
    """She was known at the number dialled by her id alone."""
    say, stop = (rosa_says, "STOP") if by == "word" else (rosa_sets, "stop")
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA, ROSA_521, dialled=())
        async with here.on.store.write() as unit:
            await unit.cloud.name_people(here.number, [Named(number=ROSA_521, user_id=HER_ID)])
            await unit.commit()
        await here.told(say(stop, at=NOW))
        assert await here.consent(ROSA) is await here.consent(ROSA_521) is Consent.REVOKED


async def test_somebody_with_one_number_only_becomes_no_second_contact(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(inbound("text", text={"body": "STOP"}))
        async with here.on.store.read() as unit:
            found, total = await unit.contacts.search(here.on.space, "", consent=Consent.REVOKED)
        assert ([one.number for one in found], total) == ([SHEENA], 1)


async def test_other_words_than_stop_change_nothing_at_any_number(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA, ROSA_521)
        await here.told(rosa_says("When do you open?", at=NOW))
        assert await here.consent(ROSA) is await here.consent(ROSA_521) is Consent.GRANTED


async def campaign_to(here: Office, number: str) -> CampaignId:
    """Written to her there."""
    async with here.on.store.write() as unit:
        people = await unit.contacts.create_list(here.on.space, number, at=NOW)
        rows = [ImportedRow(number=number, name="Rosa", attributes={})]
        await unit.contacts.save_rows(here.on.space, people, rows, at=NOW)
        await unit.contacts.record_list_consent(people, AGREED)
        campaign = await a_running_campaign(unit, here.on.space, here.on.ayse, here.number, people)
        await unit.commit()
    assert len(await here.sent(campaign)) == 1
    return campaign


@pytest.mark.parametrize("numbers", [(ROSA_521, ROSA), (ROSA, ROSA_521)])
async def test_a_reply_stands_with_the_number_that_was_written_to_last(
    tmp_path: Path, numbers: tuple[str, str]
) -> None:
    """Though she has one name only, which is kept with the number that was dialled."""
    async with office(tmp_path) as here:
        await rosa_is_known(here)
        campaigns = [await campaign_to(here, number) for number in numbers]
        await here.told(rosa_says("When do you open?", at=NOW))
        (told,) = here.replies
        assert (told.reply.number, told.reply.campaign_id) == (numbers[1], campaigns[1])


async def test_whoever_wrote_may_be_answered_freely_at_every_number_of_theirs(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await rosa_is_known(here, ROSA, ROSA_521)
        await here.told(rosa_says("When do you open?", at=NOW))
        async with here.on.store.read() as unit:
            known = await unit.cloud.people(here.number, [ROSA, ROSA_521])
        assert {number: one.wrote_at for number, one in known.items()} == {ROSA: NOW, ROSA_521: NOW}


async def test_a_start_holds_where_she_was_written_to_last(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await rosa_is_known(here, dialled=(ROSA_044, ROSA_521))
        for number in (ROSA_521, ROSA_044):
            await campaign_to(here, number)
        await here.told(rosa_says("STOP", at=NOW + MINUTE), rosa_says("START", at=NOW + 2 * MINUTE))
        assert await here.consent(ROSA_044) is Consent.GRANTED
        assert await here.consent(ROSA_521) is Consent.REVOKED


async def test_a_status_tells_its_effect_with_the_moment_it_is_of(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        keys = await here.sent(await here.campaign())
        errors, at = [{"code": 131050, "title": "User has stopped marketing messages"}], NOW - MINUTE
        await here.told(receipt("failed", keys[0], errors=errors, timestamp=str(int(at.timestamp()))))
        (event,) = here.applied.events
        assert (event.effect, event.at) == (Effect.REVOKE_CONSENT, at)


@pytest.mark.parametrize(("start", "stands"), [(2, Consent.GRANTED), (0, Consent.REVOKED)])
async def test_a_stop_told_by_a_status_that_is_worked_late_does_not_undo_a_start_since(
    tmp_path: Path, start: int, stands: Consent
) -> None:
    """Whether she had said stop to us before or not."""
    async with office(tmp_path) as here:
        on = here.on
        here.work.effects = CloudEffects(
            store=on.store, announcer=on.heard, watcher=Hints(), clock=on.clock, pace=CloudPace()
        )
        await rosa_is_known(here, ROSA, ROSA_521)
        on.clock.advance(seconds=600)
        await here.told(rosa_says("START", at=NOW + start * MINUTE))
        errors, stamp = [{"code": 131050, "title": "stopped"}], str(int((NOW + MINUTE).timestamp()))
        await here.told(receipt("failed", "k", errors=errors, timestamp=stamp, recipient_id=ROSA[1:]))
        assert await here.consent(ROSA_521) is await here.consent(ROSA) is stands


async def told_stopped(on: CloudWorld, **event: Any) -> None:
    await on.effects.happened(
        ChannelEvent(
            effect=Effect.REVOKE_CONSENT, remote=REMOTE, code=131050, reason="stopped_marketing", **event
        )
    )


@pytest.mark.parametrize("by", ["key", "name"])
async def test_an_error_that_says_stopped_holds_at_every_number_of_the_person(
    tmp_path: Path, by: str
) -> None:
    async with cloud_world(tmp_path) as on:
        first, second = number_of(0), number_of(1)
        await on.sending(2)
        on.phones.answers = [AcceptedAs("w", wa_id="9053"), AcceptedAs("w2", wa_id="9053")]
        await on.run()
        sent = next(one for one in on.phones.sent if one.to == first)
        await told_stopped(on, **({"key": sent.key} if by == "key" else {"to": "+9053"}))
        async with on.store.read() as unit:
            for number in (first, second, "+9053"):
                known = await unit.contacts.by_number(on.space, number)
                assert known is not None and known.consent is Consent.REVOKED
                (event,) = [one for one in await unit.contacts.consent_events(known.id) if not one.granted]
                assert event.at == on.clock.now(), "it was told just now"


async def test_an_error_that_says_stopped_of_who_was_forgotten_since_makes_nobody(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.sending(1)
        await on.run()
        async with on.store.write() as unit:
            person = await unit.contacts.by_number(on.space, number_of(0))
            assert person is not None
            await forget_person(unit, on.space, person.id, by=on.ayse, called="somebody", at=on.clock.now())
            await unit.commit()
        await told_stopped(on, key=on.phones.sent[0].key)
        async with on.store.read() as unit:
            found, _ = await unit.contacts.search(on.space, "")
        assert found == []


async def test_the_second_number_of_somebody_known_from_before_is_not_written_to(tmp_path: Path) -> None:
    """From the claim to the points: what was held for her other number comes back."""
    async with cloud_world(tmp_path) as on:
        async with on.store.write() as unit:
            await a_list(unit, on.space, 2)
            await unit.cloud.name_people(on.account, [Named(number=number_of(1), wa_id=number_of(0)[1:])])
            await unit.commit()
        id = await on.sending(3)
        await on.run()
        assert sorted(on.numbers) == [number_of(0), number_of(2)]
        tally = await on.tally(id)
        assert (tally.sent, tally.skipped) == (2, 1)
        assert (await on.campaign(id)).is_over
        async with on.store.read() as unit:
            assert (await unit.wallet.wallet(on.space)).held == 0


async def test_a_number_that_has_passed_to_somebody_else_is_its_former_owners_no_more(tmp_path: Path) -> None:
    """WhatsApp says so when it takes the next message for it."""
    async with cloud_world(tmp_path) as on:
        async with on.store.write() as unit:
            await unit.cloud.name_people(on.account, [Named(number=number_of(0), wa_id="9053")])
            await unit.commit()
        await on.sending(1)
        on.phones.answers = [AcceptedAs("w", wa_id=number_of(0)[1:])]
        await on.run()
        async with on.store.read() as unit:
            assert await unit.cloud.same_person(on.account, "+9053") == ["+9053"]
