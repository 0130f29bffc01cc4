"""Parts of one list, and what follows them up, write to a person once; other campaigns know nothing of it."""

from dataclasses import replace

import pytest

from domain.campaigns.model import Audience, AudienceKind
from domain.delivery.channel import AcceptedAs
from domain.delivery.cloud_accounts import Named
from domain.delivery.ports import Rejected, SendOutcome, Unknown
from domain.delivery.recipients import RecipientState
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.contract.stores.rosa import (
    BRUNO,
    ROSA,
    ROSA_521,
    a_campaign_to,
    answered,
    ends,
    frozen,
    started,
    take,
    the_list,
)
from tests.fakes.cloud import CHOSEN, a_cloud_account

R = RecipientState


async def test_parts_of_one_list_write_to_a_person_once(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        both = await the_list(unit, bakery, ROSA_521, ROSA)
        parts = [await started(unit, bakery, account, both) for _ in range(2)]
        await frozen(unit, *parts)
        [first], _ = await take(unit, parts[0].id, account)
        await answered(unit, account, first, AcceptedAs("w", wa_id=ROSA[1:]))
        assert await take(unit, parts[1].id, account) == ([], 1)


@pytest.mark.parametrize("said", [("Hello", "Hello again"), ("", "")])
async def test_two_campaigns_to_one_list_that_start_at_one_moment_are_not_parts_of_one(
    store: Database, bakery: Bakery, said: tuple[str, str]
) -> None:
    """Templates, which have no text, and texts."""
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        await unit.cloud.name_people(account, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        rosa = await the_list(unit, bakery, ROSA_521)
        for n, text in enumerate(said):
            template = None if text else replace(CHOSEN, id=str(n))
            one = await started(unit, bakery, account, rosa, text=text, template=template)
            await frozen(unit, one)
            [claim], _ = await take(unit, one.id, account)
            await answered(unit, account, claim, AcceptedAs(f"w{n}", wa_id=ROSA[1:]))


@pytest.mark.parametrize(
    ("outcome", "followed"),
    [
        (Rejected("missing_field", can_retry=False), AudienceKind.FAILED_OF),
        (Unknown("timeout"), AudienceKind.UNKNOWN_OF),
    ],
)
async def test_a_follow_up_leaves_out_who_got_it_at_another_number_and_nobody_else(
    store: Database, bakery: Bakery, outcome: SendOutcome, followed: AudienceKind
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521, ROSA, BRUNO)
        claims, _ = await take(unit, campaign, account)
        for claim in claims:
            got_it = AcceptedAs("w", wa_id=ROSA[1:])
            await answered(unit, account, claim, got_it if claim.number == ROSA else outcome)
        await unit.cloud.name_people(
            account, [Named(number=ROSA_521, wa_id=ROSA[1:]), Named(number=BRUNO, wa_id="551187654321")]
        )
        follow_up = await started(unit, bakery, account, Audience(kind=followed, ref=str(campaign)))
        await frozen(unit, follow_up)
        claims, skipped = await take(unit, follow_up.id, account)
        assert ([claim.number for claim in claims], skipped) == ([BRUNO], 1)
        assert (await ends(unit, follow_up.id))[ROSA_521] == (R.SKIPPED, "same_person")


async def test_two_follow_ups_of_parts_of_one_list_write_to_a_person_once(
    store: Database, bakery: Bakery
) -> None:
    """Each of her numbers failed in a part of its own, and each part is followed up by itself."""
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        await unit.cloud.name_people(account, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        both = await the_list(unit, bakery, ROSA_521, ROSA)
        parts = [await started(unit, bakery, account, both) for _ in range(2)]
        await frozen(unit, *parts)
        seen = []
        for part in parts:
            [claim], _ = await take(unit, part.id, account)
            await answered(unit, account, claim, Rejected("missing_field", can_retry=False))
        for part in parts:
            again = Audience(kind=AudienceKind.FAILED_OF, ref=str(part.id))
            follow_up = await started(unit, bakery, account, again)
            await frozen(unit, follow_up)
            seen.append(await take(unit, follow_up.id, account))
        assert [(len(claims), skipped) for claims, skipped in seen] == [(1, 0), (0, 1)]
