"""What stands between a draft and its start, as the review shows it and Start asks it."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.screens.base import Scene
from bot.screens.checks import tally_of
from bot.screens.official_review import Official, official_of
from bot.screens.plan_days import Outlook, outlook_of
from bot.screens.plan_words import stopped_sentence
from bot.screens.start_cost import Cost, cost_of
from bot.texts import Html, say
from domain.accounts.checks import CheckJob, CheckTally
from domain.accounts.model import Account, AccountState, Channel
from domain.campaigns import service
from domain.campaigns.model import FOLLOWED, Campaign, PauseReason
from domain.campaigns.ports import AudienceCount
from domain.pacing.rules import DAY
from domain.scheduler.licence import why_not

#: What a Start button asks for when there are more people than a campaign takes.
PLAIN, FIRST, SPLIT = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What stands between a draft and its start. `blocked` is the sentence that says what is missing."""

    campaign: Campaign
    count: AudienceCount
    account: Account | None
    accounts: int
    cap: int
    outlook: Outlook | None
    has_hours: bool
    blocked: Html | None
    cost: Cost = field(default_factory=Cost)
    stopped: PauseReason | None = None
    #: The plan's end, where it comes before the time the campaign is to start at.
    plan_ends: datetime | None = None
    #: Of a number of WhatsApp Web: what is known of the people's numbers, and whether they are being checked.
    checked: CheckTally | None = None
    checking: CheckJob | None = None
    official: Official = field(default_factory=Official)
    #: So many of its people were sent a message within the last day; counted to MOST_REACHED.
    just_reached: int = 0

    @property
    def over(self) -> bool:
        return self.count.included > self.cap

    @property
    def parts(self) -> int:
        return -(-self.count.included // self.cap)

    @property
    def reached(self) -> int:
        """How many can get it, as far as is known: a text over the official channel only those who wrote."""
        return self.official.within if self.official.free_text else self.count.included

    def people(self, way: int) -> int:
        """How many a start of that way is for: with PLAIN and FIRST those a campaign takes."""
        return self.count.included if way == SPLIT else min(self.count.included, self.cap)


async def review_of(scene: Scene, campaign: Campaign) -> Review:
    count, account = AudienceCount(included=0, excluded={}), None
    if campaign.audience is not None:
        count = await service.count_people(scene.campaigns, campaign, campaign.audience, at=scene.now)
    if campaign.account_id is not None:
        account = await scene.unit.accounts.known(campaign.account_id)
    cap = scene.desk.caps.a_campaign
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    stopped = await why_not(scene.unit, scene.workspace.id, scene.now)
    official = await official_of(scene, campaign, everybody=count.included)
    lang = scene.workspace.language
    reached = official.within if official.free_text else count.included
    outlook = await _outlook(scene, campaign, account, min(reached, cap))
    blocked = _blocked(campaign, count, account, lang, others=bool(accounts)) or official.blocked
    if blocked is None and outlook is not None:
        blocked = _never(campaign, outlook, lang)
    return Review(
        campaign=campaign, count=count, account=account, accounts=len(accounts), cap=cap,
        outlook=outlook,
        blocked=stopped_sentence(scene, stopped) if stopped is not None else blocked,
        cost=await cost_of(scene, campaign), stopped=stopped,
        plan_ends=await _plan_ends(scene, campaign),
        checked=await tally_of(scene, campaign, agreed=count.agreed),
        checking=await scene.unit.checks.latest(campaign.id), official=official,
        has_hours=account is not None and await scene.unit.hours.of(account.id) is not None,
        just_reached=await _just_reached(scene, campaign),
    )  # fmt: skip


async def _just_reached(scene: Scene, campaign: Campaign) -> int:
    if campaign.audience is None:
        return 0
    return await scene.unit.campaigns.count_reached(
        campaign.workspace_id, campaign.audience, since=scene.now - DAY
    )


async def _plan_ends(scene: Scene, campaign: Campaign) -> datetime | None:
    if (starts := campaign.scheduled_at) is None:
        return None
    until = (await scene.unit.wallet.wallet(scene.workspace.id)).plan_until
    return until if until is not None and until <= starts else None


async def _outlook(scene: Scene, campaign: Campaign, account: Account | None, people: int) -> Outlook | None:
    if account is None or people == 0:
        return None
    return await outlook_of(
        scene.unit, campaign, account, people, caps=scene.desk.caps,
        start=max(scene.now, campaign.scheduled_at or scene.now), zone=scene.workspace.zone,
    )  # fmt: skip


def _never(campaign: Campaign, outlook: Outlook, lang: str) -> Html | None:
    """Its hours never open, or not for anybody of its people."""
    if outlook.hours is None or outlook.plan.days:
        return None
    theirs = campaign.by_their_clock and outlook.hours.next_open(outlook.start) is not None
    return say("review.never.all" if theirs else "review.never.open", lang)


def _blocked(
    campaign: Campaign, count: AudienceCount, account: Account | None, lang: str, *, others: bool
) -> Html | None:
    if campaign.missing is not None:
        return say(f"review.missing.{campaign.missing}", lang)
    if account is None:
        return say("review.missing.number" if others else "review.missing.account", lang)
    if not account.is_connected:
        waits = account.state is AccountState.RESTRICTED and account.channel is not Channel.CLOUD
        return say("review.account.restricted" if waits else "review.account", lang, number=account.number)
    if count.included:
        return None
    follows = campaign.audience is not None and campaign.audience.kind in FOLLOWED
    return say("review.nobody.left" if follows and not count.excluded else "review.nobody", lang)
