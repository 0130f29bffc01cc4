"""A test of a campaign with a template, to the operator's own phone."""

from pathlib import Path
from typing import Any

import pytest

from domain.delivery.store import DirectState
from domain.delivery.template_values import CampaignTemplate, FromColumn, TemplateMessage
from domain.delivery.templates import Slot, TemplateStatus
from domain.pacing.channel_limits import PAIR_BURST, PeopleLimit, Quality
from tests.fakes.cloud import SALE
from tests.unit.scheduler.cloud_world import cloud_world

BY_COLUMNS = CampaignTemplate(
    id=SALE.id, name=SALE.name, language=SALE.language,
    values={Slot("body.1"): FromColumn(column="name"), Slot("body.2"): FromColumn(column="city")},
)  # fmt: skip
TESTER = "+447700900099"


async def test_whoever_is_no_contact_reads_what_one_of_the_campaigns_people_would(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(1, template=BY_COLUMNS)
        await on.test_send(TESTER, campaign_id=id)
        await on.run()
        test = next(message for message in on.phones.sent if message.to == TESTER)
        assert isinstance(test, TemplateMessage)
        assert test.template.body == (("1", "Person 0"), ("2", "Ankara"))


async def test_a_test_takes_room_of_the_limit_of_people_and_is_refused_without(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(people=PeopleLimit(people=2))
        id = await on.sending(5, template=BY_COLUMNS)
        first = await on.test_send(TESTER, campaign_id=id)
        await on.run()
        assert (on.numbers[0], len(on.numbers)) == (TESTER, 2), "and one of the people"
        again = await on.test_send(TESTER, campaign_id=id)
        other = await on.test_send("+447700900098", campaign_id=id)
        await on.run()
        told = [await on.direct(one) for one in (first, again, other)]
        assert [(one.state, one.reason) for one in told] == [
            (DirectState.SENT, None), (DirectState.SENT, None), (DirectState.FAILED, "limit_reached"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": TemplateStatus.PAUSED}, "template_paused"),
        ({"status": TemplateStatus.PENDING}, "template_missing"),
        ({"quality": Quality.RED}, "template_red"),
        ({"foreign": ("carousel",)}, "template_changed"),
    ],
)
async def test_a_test_of_a_template_that_may_not_be_sent_is_refused_with_the_reason(
    tmp_path: Path, changes: Any, reason: str
) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(1, template=BY_COLUMNS)
        await on.template_is(**changes)
        direct = await on.test_send(TESTER, campaign_id=id)
        await on.run()
        told = await on.direct(direct)
        assert (told.state, told.reason, on.numbers) == (DirectState.FAILED, reason, [])


async def test_tests_to_one_person_count_towards_what_they_may_get_in_a_short_time(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(1, template=BY_COLUMNS)
        sends = [await on.test_send(TESTER, campaign_id=id) for _ in range(PAIR_BURST + 1)]
        for _ in sends:
            await on.run()
        told = [await on.direct(one) for one in sends]
        assert (told[0].state, told[-1].state) == (DirectState.SENT, DirectState.QUEUED)
        assert told[-1].tries > 0
