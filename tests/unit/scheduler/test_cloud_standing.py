"""Webhooks of the official channel about numbers, templates and the business account."""

from pathlib import Path
from typing import Any

import pytest

from domain.campaigns.model import CampaignState, PauseReason
from domain.delivery.channel import Effect
from domain.delivery.templates import MessageTemplate, TemplateStatus
from domain.pacing.channel_limits import PeopleLimit, Quality
from domain.scheduler.events import CloudNumberChanged, TemplateChanged
from tests.fakes.cloud import SALE, WABA
from tests.unit.cloud import bodies
from tests.unit.cloud.bodies import body
from tests.unit.scheduler.cloud_office import Office, office, template_news


async def test_a_paused_template_pauses_the_campaigns_that_send_it_and_no_others(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        plain, with_template = await here.campaign(), await here.campaign(template=True)
        await here.told(template_news("PAUSED"))
        assert await here.standing(with_template) == (CampaignState.PAUSED, PauseReason.TEMPLATE)
        assert await here.standing(plain) == (CampaignState.RUNNING, None)
        (told,) = here.on.heard.events
        assert isinstance(told, TemplateChanged)
        assert told.after is not None
        assert (told.after.status, [one.id for one in told.paused]) == (
            TemplateStatus.PAUSED,
            [with_template],
        )


async def test_whatsapp_is_asked_how_a_template_stands_since_news_of_it_come_in_any_order(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        await here.campaign(template=True)
        await here.told(template_news("PAUSED"))
        assert here.applied.stale == [here.number]
        await here.told(template_news("APPROVED"))
        assert here.applied.stale == [here.number] * 2
        await here.told({**template_news("APPROVED"), "again": 1})
        assert here.applied.stale == [here.number] * 2, "nothing is new"


async def quality_is(here: Office, word: str) -> None:
    news = {
        "message_template_id": SALE.id, "message_template_name": SALE.name,
        "message_template_language": SALE.language, "new_quality_score": word,
    }  # fmt: skip
    await here.told(body("message_template_quality_update", news))


async def test_yellow_is_told_and_red_pauses(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        campaign = await here.campaign(template=True)
        await quality_is(here, "YELLOW")
        assert await here.standing(campaign) == (CampaignState.RUNNING, None)
        await quality_is(here, "RED")
        assert await here.standing(campaign) == (CampaignState.PAUSED, PauseReason.TEMPLATE)
        kept = await template_kept(here)
        assert kept is not None
        assert kept.quality is Quality.RED
        assert len(here.on.heard.events) == 2
        await here.told({**template_news("APPROVED"), "again": 1})
        assert len(here.on.heard.events) == 2, "nothing is new"


async def template_kept(here: Office) -> MessageTemplate | None:
    async with here.on.store.read() as unit:
        return await unit.cloud.template(WABA, SALE.id)


async def test_a_template_that_is_new_or_edited_is_to_be_fetched(tmp_path: Path) -> None:
    edited = body(
        "message_template_components_update",
        {"message_template_id": SALE.id, "message_template_name": SALE.name,
         "message_template_language": SALE.language, "message_template_element": "Hi {{1}}"},
    )  # fmt: skip
    async with office(tmp_path) as here:
        await here.told(template_news("APPROVED"))
        assert here.applied.stale == [here.number]
        await here.campaign(template=True)
        await here.told(edited)
        assert here.applied.stale == [here.number, here.number]


async def test_a_lower_limit_is_kept_and_told_and_whatsapp_asked_for_the_rest(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.QUALITY)
        assert (await here.cloud()).people == PeopleLimit(people=10_000)
        (told,) = here.on.heard.events
        assert isinstance(told, CloudNumberChanged)
        assert here.applied.stale == [here.number]


async def test_a_flagged_number_is_red(tmp_path: Path) -> None:
    flagged = {"display_phone_number": "15550783881", "event": "FLAGGED"}
    async with office(tmp_path) as here:
        await here.told(body("phone_number_quality_update", flagged))
        assert (await here.cloud()).quality is Quality.RED
        other = {**flagged, "display_phone_number": "15550000000"}
        await here.told(body("phone_number_quality_update", other))
        assert len(here.on.heard.events) == 1, "of another number of the same business"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (bodies.BANNED, "policy_blocked"),
        (bodies.RESTRICTED, "policy_blocked"),
        (body("account_update", {"event": "ACCOUNT_DELETED"}), "number_gone"),
        (body("account_update", {"event": "PARTNER_REMOVED"}), "permission_missing"),
    ],
)
async def test_a_business_account_that_may_send_no_more_stops_its_numbers(
    tmp_path: Path, told: dict[str, Any], reason: str
) -> None:
    async with office(tmp_path) as here:
        await here.told(told)
        assert [(event.effect, event.reason) for event in here.applied.events] == [
            (Effect.PAUSE_ACCOUNT, reason)
        ]


async def test_a_violation_that_stops_nothing_stops_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.VIOLATION)
        assert (here.applied.events, here.applied.stale) == ([], [here.number])
