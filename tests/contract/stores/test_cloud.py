"""Promises of CloudStore: accounts, templates, webhooks, files at WhatsApp, who people are there."""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.delivery.channel import Uploaded
from domain.delivery.cloud_account import NumberInfo, Throughput
from domain.delivery.cloud_accounts import UNVOUCHED, KnownPerson, Named, TokenState
from domain.delivery.templates import TemplateStatus
from domain.kernel.ids import AccountId
from domain.pacing.channel_limits import PeopleLimit, Quality
from domain.pacing.rules import DAY
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.cloud import CHOSEN, PICTURED, REMOTE, SALE, WABA, a_cloud_account
from tests.fakes.stores import NOW, a_campaign, a_workspace

ADA, BRUNO, CARLA = "+447700900123", "+5511987654321", "+905301112233"


async def two_numbers(store: Database, bakery: Bakery) -> tuple[AccountId, AccountId]:
    """Of one business account."""
    async with store.write() as unit:
        one = await a_cloud_account(unit, bakery.space)
        other = await a_cloud_account(unit, bakery.space, number="+447700900003", remote="106540352242923")
        await unit.commit()
    return one, other


# ---- accounts


async def test_every_field_of_an_account_is_kept(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        id = await a_cloud_account(unit, bakery.space, waba_id="")
        known = await unit.cloud.account(id, lock=True)
        assert known is not None and known.templates_at is None
        changed = replace(
            known, waba_id=WABA, token=b"\x00new", app_secret=None, verified_name="Fırın",
            quality=Quality.RED, throughput=Throughput.STANDARD, ceiling=80.0,
            people=PeopleLimit(people=2_000), status="flagged", can_send="blocked",
            token_state=TokenState.REFUSED, token_state_at=NOW + DAY, checked_at=NOW + DAY, templates_at=NOW,
            heard_at=NOW,
        )  # fmt: skip
        await unit.cloud.save(changed)
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.cloud.account(id) == changed
        assert await unit.cloud.accounts() == [changed] == await unit.cloud.accounts(waba_id=WABA)
        assert await unit.cloud.accounts(waba_id="9") == []
        assert await unit.cloud.account(bakery.account) is None


async def test_no_limit_is_told_from_a_limit_that_is_not_known(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await a_cloud_account(unit, bakery.space)
        for people in (None, PeopleLimit(people=None), PeopleLimit(people=0), PeopleLimit(people=250)):
            known = await unit.cloud.account(id)
            assert known is not None
            await unit.cloud.save(replace(known, people=people))
            saved = await unit.cloud.account(id)
            assert saved is not None and saved.people == people


async def test_a_check_changes_what_whatsapp_says_and_a_silence_changes_no_limit(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        id = await a_cloud_account(unit, bakery.space, token_state=TokenState.REFUSED)
        known = await unit.cloud.account(id)
        assert known is not None
        later = NOW + DAY
        info = NumberInfo(
            id=known.phone_number_id, number="+447700900002", name="Fırın", quality=Quality.YELLOW,
            throughput=Throughput.STANDARD, people=None,
        )  # fmt: skip
        read = known.read(info, at=later)
    assert (read.verified_name, read.quality, read.ceiling, read.checked_at) == (
        "Fırın",
        Quality.YELLOW,
        80.0,
        later,
    )
    assert (read.people, read.waba_id) == (known.people, WABA)
    assert (read.token_state, read.token_state_at) == (TokenState.GOOD, later)
    assert read.read(info, at=later + DAY).token_state_at == later


async def test_it_is_kept_to_the_minute_when_whatsapp_last_called(store: Database, bakery: Bakery) -> None:
    one, other = await two_numbers(store, bakery)
    async with store.write() as unit:

        async def heard() -> datetime | None:
            account = await unit.cloud.account(one)
            return None if account is None else account.heard_at

        assert await heard() is None
        for seconds, then in ((5, 0), (59, 0), (61, 1), (30, 1)):
            await unit.cloud.heard([REMOTE, "999999"], at=NOW + timedelta(seconds=seconds))
            assert await heard() == NOW + timedelta(minutes=then)
        silent = await unit.cloud.account(other)
        assert silent is not None and silent.heard_at is None


async def test_a_removed_number_is_listed_no_more_and_keeps_no_secret(
    store: Database, bakery: Bakery
) -> None:
    one, other = await two_numbers(store, bakery)
    async with store.write() as unit:
        await unit.accounts.remove(one)
        assert [account.account_id for account in await unit.cloud.accounts()] == [other]
        assert await unit.cloud.account(one) is None
        await unit.cloud.count_people(one, [ADA], at=NOW)
        await unit.cloud.forget(one)
        again = await a_cloud_account(unit, bakery.space)
        assert again == one
        assert sum(n for _, n in await unit.cloud.people_counted(one, since=NOW)) == 1


# ---- templates


async def test_templates_are_replaced_as_a_whole_and_changed_one_by_one(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        id = await a_cloud_account(unit, bakery.space)
        await unit.cloud.save_templates("9", [SALE], at=NOW)
        await unit.cloud.save_templates(WABA, [SALE, PICTURED], at=NOW + DAY)
        gone = replace(SALE, id="3", name="gone")
        await unit.cloud.save_templates(WABA, [PICTURED, SALE], at=NOW + DAY)
        await unit.cloud.save_template(WABA, gone)
        paused = replace(SALE, status=TemplateStatus.PAUSED, quality=Quality.RED)
        await unit.cloud.save_template(WABA, paused)
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.cloud.templates(WABA) == [PICTURED, paused]
        assert await unit.cloud.template(WABA, "1") == paused
        assert await unit.cloud.template(WABA, "3") is None
        assert await unit.cloud.templates("9") == [SALE]
        account = await unit.cloud.account(id)
        assert account is not None and account.templates_at == NOW + DAY


async def test_a_campaign_keeps_its_template_and_what_fills_it(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        draft = await a_campaign(unit, bakery.space, bakery.ayse, text="")
        assert draft.template is None and draft.missing == "account"
        saved = await unit.campaigns.save(replace(draft, template=CHOSEN), expected=draft.version)
        await unit.commit()
    async with other_process.read() as unit:
        known = await unit.campaigns.any(draft.id)
        assert known == saved and known.template == CHOSEN


# ---- webhooks


async def test_a_webhook_is_kept_once_and_worked_once_in_order_of_arrival(
    store: Database, other_process: Database
) -> None:
    async with store.write() as unit:
        await unit.cloud.store_webhooks([(b"one", NOW), (b"two", NOW), (b"one", NOW)])
        await unit.cloud.store_webhooks([(b"two", NOW), (b"\x00three", NOW + DAY)])
        await unit.commit()
    async with other_process.write() as unit:
        first, second = await unit.cloud.webhooks(limit=2)
        assert (first.raw, second.raw, first.at) == (b"one", b"two", NOW)
        assert await unit.cloud.waits_since() == NOW
        await unit.cloud.webhooks_done([first.id, second.id])
        assert await unit.cloud.waits_since() == NOW + DAY
        await unit.commit()
    async with store.write() as unit:
        await unit.cloud.store_webhooks([(b"one", NOW + DAY)])
        [third] = await unit.cloud.webhooks(limit=10)
        assert third.raw == b"\x00three" and third.id > second.id


async def test_a_broken_webhook_stands_aside_and_is_counted(store: Database) -> None:
    async with store.write() as unit:
        await unit.cloud.store_webhooks([(b"broken", NOW), (b"fine", NOW)])
        broken, fine = await unit.cloud.webhooks(limit=10)
        await unit.cloud.set_webhook_aside(broken.id, why="not_json")
        assert await unit.cloud.webhooks(limit=10) == [fine]
        assert await unit.cloud.webhooks_aside() == 1
        await unit.cloud.webhooks_done([fine.id])
        assert await unit.cloud.waits_since() is None


async def test_what_stood_aside_for_one_reason_is_worked_again_in_its_old_place(store: Database) -> None:
    async with store.write() as unit:
        await unit.cloud.store_webhooks([(b"stranger", NOW), (b"broken", NOW), (b"fine", NOW + DAY)])
        stranger, broken, fine = await unit.cloud.webhooks(limit=10)
        await unit.cloud.set_webhook_aside(stranger.id, why=UNVOUCHED)
        await unit.cloud.set_webhook_aside(broken.id, why="not_json")
        await unit.cloud.reopen_webhooks(why=UNVOUCHED)
        assert await unit.cloud.webhooks(limit=10) == [stranger, fine]
        assert (await unit.cloud.waits_since(), await unit.cloud.webhooks_aside()) == (NOW, 1)


async def test_what_is_worked_is_forgotten_in_time_and_what_waits_never(store: Database) -> None:
    async with store.write() as unit:
        old = NOW - timedelta(days=8)
        await unit.cloud.store_webhooks([(b"done", old), (b"aside", old), (b"waits", old), (b"new", NOW)])
        done, aside, waits, new = await unit.cloud.webhooks(limit=10)
        await unit.cloud.webhooks_done([done.id, new.id])
        await unit.cloud.set_webhook_aside(aside.id, why="x")
        assert await unit.cloud.prune_webhooks(before=NOW - timedelta(days=7)) == 2
        assert await unit.cloud.webhooks(limit=10) == [waits]
        await unit.cloud.store_webhooks([(b"done", NOW), (b"new", NOW)])
        assert [one.raw for one in await unit.cloud.webhooks(limit=10)] == [b"waits", b"done"]


# ---- files at WhatsApp


async def test_a_file_at_whatsapp_is_known_until_it_is_forgotten(store: Database) -> None:
    async with store.write() as unit:
        assert await unit.cloud.upload("1", "bread") is None
        await unit.cloud.save_upload("1", "bread", Uploaded(id="m1", at=NOW))
        await unit.cloud.save_upload("1", "bread", Uploaded(id="m2", at=NOW + DAY))
        assert await unit.cloud.upload("1", "bread") == Uploaded(id="m2", at=NOW + DAY)
        assert await unit.cloud.upload("2", "bread") is None
        await unit.cloud.forget_upload("1", "bread")
        assert await unit.cloud.upload("1", "bread") is None


# ---- people


async def test_people_are_found_by_what_whatsapp_calls_them(store: Database, bakery: Bakery) -> None:
    one, other = await two_numbers(store, bakery)
    async with store.write() as unit:
        names = [
            Named(number=ADA, wa_id=ADA[1:], user_id="GB.1"),
            Named(number=BRUNO, wa_id="551187654321"),
            Named(number=CARLA, wa_id=CARLA[1:]),
        ]
        await unit.cloud.name_people(one, names)
        await unit.cloud.name_people(one, names)
        await unit.cloud.name_people(one, [Named(number=BRUNO, user_id="BR.1")])
        wanted = {"wa_ids": ["551187654321", ADA[1:], "1"], "user_ids": ["GB.1", "BR.1"]}
        assert await unit.cloud.numbers_of(one, **wanted) == {
            "551187654321": BRUNO, "GB.1": ADA, "BR.1": BRUNO
        }  # fmt: skip
        assert await unit.cloud.numbers_of(other, **wanted) == {}
        assert await unit.cloud.people(one, [ADA, BRUNO, CARLA]) == {
            ADA: KnownPerson(number=ADA, user_id="GB.1"),
            BRUNO: KnownPerson(number=BRUNO, wa_id="551187654321", user_id="BR.1"),
        }


async def test_a_name_that_went_to_somebody_else_is_no_longer_theirs(store: Database, bakery: Bakery) -> None:
    one, _ = await two_numbers(store, bakery)
    async with store.write() as unit:
        name = unit.cloud.name_people
        await name(one, [Named(number=ADA, wa_id="1"), Named(number=BRUNO, wa_id="2", user_id="u")])
        await name(one, [Named(number=CARLA, wa_id="1", user_id="u")])
        assert await unit.cloud.numbers_of(one, wa_ids=["1", "2"], user_ids=["u"]) == {
            "1": CARLA, "2": BRUNO, "u": CARLA
        }  # fmt: skip
        await name(one, [Named(number=CARLA, wa_id="2"), Named(number=BRUNO, wa_id="1")])
        assert await unit.cloud.numbers_of(one, wa_ids=["1", "2"]) == {"1": BRUNO, "2": CARLA}
        await name(one, [Named(number=CARLA, wa_id=CARLA[1:])])
        assert await unit.cloud.numbers_of(one, wa_ids=["1", "2"]) == {"1": BRUNO}


async def test_the_last_time_somebody_wrote_stays_in_any_order(store: Database, bakery: Bakery) -> None:
    one, other = await two_numbers(store, bakery)
    async with store.write() as unit:
        await unit.cloud.people_wrote(one, [(ADA, NOW), (BRUNO, NOW), (ADA, NOW - DAY)])
        await unit.cloud.people_wrote(one, [(ADA, NOW - DAY), (BRUNO, NOW + DAY)])
        people = await unit.cloud.people(one, [ADA, BRUNO])
        assert (people[ADA].wrote_at, people[BRUNO].wrote_at) == (NOW, NOW + DAY)
        assert await unit.cloud.people(other, [ADA]) == {}


async def test_people_are_counted_by_minute_and_for_the_whole_business(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    one, other = await two_numbers(store, bakery)
    later = NOW + timedelta(minutes=3, seconds=7)
    async with store.write() as unit:
        florist = await a_workspace(unit, name="Florist")
        theirs = await a_cloud_account(unit, florist, number="+447700900009", remote="1234567", waba_id="7")
        unknown = await a_cloud_account(unit, florist, number="+447700900010", remote="1234568", waba_id="")
        await unit.cloud.count_people(one, [ADA, BRUNO], at=NOW - DAY)
        await unit.cloud.count_people(one, [ADA], at=NOW)
        await unit.cloud.count_people(other, [BRUNO], at=NOW)
        await unit.cloud.count_people(other, [CARLA, ADA], at=later)
        await unit.cloud.count_people(theirs, [ADA], at=NOW)
        await unit.cloud.count_people(unknown, [ADA], at=NOW)
        await unit.commit()
    async with other_process.write() as unit:
        for account in (one, other):
            assert await unit.cloud.people_counted(account, since=NOW + timedelta(seconds=30)) == [
                (NOW, 2),
                (NOW + timedelta(minutes=3), 2),
            ]
            people = await unit.cloud.people(account, [ADA, BRUNO, CARLA])
            assert {number: person.counted_at for number, person in people.items()} == {
                ADA: later, BRUNO: NOW, CARLA: later
            }  # fmt: skip
        assert await unit.cloud.people_counted(theirs, since=NOW) == [(NOW, 1)]
        assert await unit.cloud.people_counted(unknown, since=NOW) == [(NOW, 1)]


async def test_a_wiped_workspace_leaves_nothing_of_the_channel_but_what_others_share(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        florist = await a_workspace(unit, name="Florist")
        ours = await a_cloud_account(unit, bakery.space, waba_id="1")
        await a_cloud_account(unit, bakery.space, number="+447700900003", remote="333333")
        theirs = await a_cloud_account(unit, florist, number="+447700900009", remote="444444")
        for waba in ("1", WABA):
            await unit.cloud.save_templates(waba, [SALE], at=NOW)
        for remote in ("333333", "444444"):
            await unit.cloud.save_upload(remote, "bread", Uploaded(id="m", at=NOW))
        for account in (ours, theirs):
            await unit.cloud.count_people(account, [ADA], at=NOW)
        await unit.operators.wipe(bakery.space)
        assert [account.account_id for account in await unit.cloud.accounts()] == [theirs]
        assert await unit.cloud.templates("1") == [] and await unit.cloud.templates(WABA) == [SALE]
        assert await unit.cloud.upload("333333", "bread") is None
        assert await unit.cloud.upload("444444", "bread") is not None
        assert await unit.cloud.people(ours, [ADA]) == {} != await unit.cloud.people(theirs, [ADA])
        assert await unit.cloud.people_counted(ours, since=NOW) == []
