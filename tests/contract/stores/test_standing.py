"""How those whom an audience means stand, counted in either way, is what each of them alone says."""

from datetime import timedelta
from random import Random

import pytest

from domain.campaigns.model import Audience, AudienceKind
from domain.contacts.model import Consent
from domain.contacts.ports import ImportedRow
from domain.kernel.ids import WorkspaceId
from domain.scheduler.forgetting import forget_person
from storage import standing
from storage.base import asked_before
from storage.database import SQLITE_DRIVER, Database
from storage.standing import Standing, count_standing
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import AGREED, NOW, SAID_STOP, a_workspace, contacts, number_of

PEOPLE = 300
TAG = "vip"


@pytest.fixture(params=["few looked at one by one", "by those who have not agreed"])
def any_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "few looked at one by one":
        monkeypatch.setattr(standing, "_MANY", 0)


@pytest.mark.parametrize("agreed", [0.98, 0.8, 0.1])
async def test_it_is_what_each_of_them_alone_says(
    store: Database, bakery: Bakery, any_size: None, agreed: float
) -> None:
    chance = Random(3)
    async with store.write() as unit:
        other = await a_workspace(unit, name="Florist")
        theirs = await unit.contacts.create_list(other, "theirs", at=NOW)
        for start in range(0, PEOPLE, 50):
            # Ids of both workspaces between each other's.
            await unit.contacts.save_rows(bakery.space, None, contacts(50, first=start), at=NOW)
            await unit.contacts.save_rows(other, theirs, contacts(20, first=start), at=NOW)
        list_id = await unit.contacts.create_list(bakery.space, "some", at=NOW)
        some = [ImportedRow(number_of(n), "", {}) for n in range(PEOPLE) if chance.random() < 0.7]
        await unit.contacts.save_rows(bakery.space, list_id, some, at=NOW)
        await unit.contacts.tag_list(bakery.space, list_id, TAG)
        for n in range(PEOPLE):
            await _say(unit, bakery, n, chance.random(), agreed)
        # Ids that follow each other, as far as those of the other workspace let them.
        everybody = await unit.contacts.create_list(bakery.space, "everybody", at=NOW)
        await unit.contacts.save_rows(bakery.space, everybody, contacts(PEOPLE), at=NOW)
        audiences = {
            Audience(kind=AudienceKind.LIST, ref=str(list_id)): list_id,
            Audience(kind=AudienceKind.TAG, ref=TAG): list_id,
            Audience(kind=AudienceKind.LIST, ref=str(everybody)): everybody,
        }
        for audience, who in audiences.items():
            each = [one.consent async for one in unit.contacts.stream(bakery.space, list_id=who)]
            expected = Standing(len(each), each.count(Consent.GRANTED), each.count(Consent.REVOKED))
            assert await _counted(unit, bakery.space, audience) == expected
        nobodys = [Audience(kind=AudienceKind.LIST, ref=ref) for ref in (str(theirs), "999")]
        for audience in (*nobodys, Audience(kind=AudienceKind.TAG, ref="nobody's")):
            assert await _counted(unit, bakery.space, audience) == Standing(0, 0, 0)


async def test_in_a_snapshot_in_which_they_were_counted_the_same_is_found_of_the_few(
    store: Database, bakery: Bakery, any_size: None
) -> None:
    """There it is known of many by their id that they are on the list (`each_meant_here`)."""
    chance = Random(5)
    async with store.write() as unit:
        lists = [await unit.contacts.create_list(bakery.space, name, at=NOW) for name in ("a", "b", "c")]
        await unit.contacts.save_rows(bakery.space, None, contacts(PEOPLE), at=NOW)
        for list_id, start, end in zip(lists, (0, 100, 40), (100, PEOPLE, 260), strict=True):
            # But for one here and there.
            on_it = [one for n, one in enumerate(contacts(end - start, first=start)) if n % 9 != 4]
            await unit.contacts.save_rows(bakery.space, list_id, on_it, at=NOW)
        await unit.contacts.tag_list(bakery.space, lists[2], TAG)
        numbers = [number_of(n) for n in range(PEOPLE) if chance.random() < 0.5]
        for n in range(PEOPLE):
            await _say(unit, bakery, n, chance.random(), 0.8)
        on = {number: chance.random() < 0.7 for number in numbers}
        await unit.checks.save(bakery.space, on, at=NOW)
        await unit.cloud.people_wrote(bakery.account, [(number, NOW) for number in numbers])
        await unit.commit()
    since = NOW - timedelta(days=1)

    async def of_the_few(unit: Unit, audience: Audience) -> tuple[object, ...]:
        wrote = await unit.campaigns.count_who_wrote(bakery.space, audience, bakery.account, since=since)
        tally = await unit.campaigns.check_tally(bakery.space, audience, at=NOW)
        count = await unit.campaigns.count_audience(bakery.space, audience, cap=None, off_since=since)
        return wrote, tally, count

    audiences = [Audience(kind=AudienceKind.LIST, ref=str(one)) for one in lists]
    audiences.append(Audience(kind=AudienceKind.TAG, ref=TAG))
    async with store.write() as unit:
        expected = [await of_the_few(unit, audience) for audience in audiences]
    async with store.read() as unit:
        for audience in audiences:
            await _counted(unit, bakery.space, audience)
        assert [await of_the_few(unit, audience) for audience in audiences] == expected
        if store.url.drivername == SQLITE_DRIVER:
            known = asked_before(unit.contacts._db) or {}
            assert all(known[standing._WHOLE, bakery.space, audience] for audience in audiences)


async def _say(unit: Unit, bakery: Bakery, n: int, chance: float, agreed: float) -> None:
    one = await unit.contacts.by_number(bakery.space, number_of(n))
    assert one is not None
    if chance < agreed:
        await unit.contacts.record_consent(one.id, AGREED)
    elif chance < agreed + (1 - agreed) / 2:
        await unit.contacts.record_consent(one.id, SAID_STOP)
    if n % 40 == 7:
        await forget_person(unit, bakery.space, one.id, by=bakery.ayse, called="x", at=NOW)


async def _counted(unit: Unit, space: WorkspaceId, audience: Audience) -> Standing:
    return await count_standing(unit.contacts._db, space, audience)
