"""Turns what happened into notices, in the same transaction: told exactly if it happened."""

from datetime import datetime, timedelta
from typing import assert_never

from bot.chat import cloud_notices, late_start
from bot.chat.announced import log_event
from bot.chat.copy_notices import desk_came_back
from bot.chat.plan_notices import plan_ending, sending_stopped
from bot.chat.receivers import receiver, tell_members
from bot.chat.view import Rows, button
from bot.screens.campaign_card import paused_because, trouble_of
from bot.screens.campaign_hours import held_by_hours, waits_lines
from bot.screens.campaign_words import reason
from bot.texts import Html, has, plain, refusal, say
from domain.accounts.linking import UNREAD_FOR
from domain.accounts.model import AccountState
from domain.campaigns.model import Campaign, PauseReason
from domain.delivery.store import Direct, DirectPurpose, DirectState
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError
from domain.kernel.ids import WorkspaceId
from domain.operators.chat import Notice, ProgressMessage
from domain.operators.model import Workspace
from domain.scheduler.events import (
    AccountChanged,
    AccountInTrouble,
    CampaignCompleted,
    CampaignPaused,
    CampaignStarted,
    CloudNumberChanged,
    DeskCameBack,
    DirectAnswered,
    Event,
    NewsOutOfReach,
    PlanEnding,
    ReplyReceived,
    ScheduledStartFailed,
    SendingStopped,
    StartedTooLate,
    TemplateChanged,
    WebhookMissing,
)
from domain.scheduler.unit import Unit


class ChatAnnouncer:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    async def announce(self, unit: Unit, event: Event) -> None:
        match event:
            case CampaignPaused(campaign=campaign, reason=why):
                space = await unit.operators.workspace(campaign.workspace_id)
                failures = why is PauseReason.FAILURES
                told = "notice.campaign.paused.failures" if failures else "notice.campaign.paused"
                because = paused_because(why, await trouble_of(unit, campaign), space.language)
                text = say(told, space.language, name=campaign.name, reason=because)
                key = f"paused:{campaign.id}:{campaign.version}"
                await self._everybody(unit, space, key, text, _open(campaign, space.language))
            case CampaignCompleted(campaign=campaign):
                await self._report(unit, campaign)
            case CampaignStarted(campaign=campaign, late_by=late_by):
                await self._started(unit, campaign, late_by)
            case StartedTooLate():
                await self._too_late(unit, event)
            case ScheduledStartFailed(campaign=campaign, code=code, data=data):
                await self._not_started(unit, campaign, code, data)
            case ReplyReceived(reply=reply):
                # Told by bot/chat/reply_teller.py.
                await unit.tellings.wrote(reply.workspace_id, reply.id, at=self.clock.now())
            case AccountChanged():
                await self._account(unit, event)
            case AccountInTrouble():
                await self._trouble(unit, event)
            case NewsOutOfReach():
                await self._out_of_reach(unit, event)
            case DirectAnswered(direct=direct):
                await self._direct(unit, direct)
            case SendingStopped():
                await sending_stopped(unit, event, at=self.clock.now())
            case PlanEnding():
                await plan_ending(unit, event, at=self.clock.now())
            case CloudNumberChanged() | WebhookMissing() | TemplateChanged():
                await self._cloud(unit, event)
            case DeskCameBack():
                await desk_came_back(unit, event, at=self.clock.now())
            case _:
                assert_never(event)
        await log_event(unit, event, at=self.clock.now())

    async def _everybody(
        self, unit: Unit, space: Workspace, key: str, text: Html, rows: Rows = ()
    ) -> None:  # fmt: skip
        await tell_members(unit, space, key, text, rows, at=self.clock.now())

    async def _chats(self, unit: Unit, workspace_id: WorkspaceId) -> list[int]:
        members = await unit.operators.members(workspace_id)
        return [member.telegram_id for member in members if member.has_accepted_terms]

    async def _report(self, unit: Unit, campaign: Campaign) -> None:
        for chat_id in await self._chats(unit, campaign.workspace_id):
            notice = Notice(
                chat_id=chat_id, key=f"completed:{campaign.id}:{chat_id}", kind="report",
                payload={"campaign_id": campaign.id, "at_end": True},
            )  # fmt: skip
            await unit.chat.queue_notice(notice, at=self.clock.now())

    async def _started(self, unit: Unit, campaign: Campaign, late_by: timedelta) -> None:
        space = await unit.operators.workspace(campaign.workspace_id)
        lang, now = space.language, self.clock.now()
        held = await held_by_hours(unit, campaign, now=now)
        waits = waits_lines(held, has_begun=True, zone=space.zone, now=now, language=lang)
        text = Html("\n".join([late_start.started(campaign, late_by, lang), *waits]))
        key = f"started:{campaign.id}:{campaign.version}"
        for chat_id in await self._chats(unit, campaign.workspace_id):
            live = ProgressMessage(
                campaign_id=campaign.id, chat_id=chat_id, message_id=None, shown="", edited_at=None, edits=0
            )
            await unit.chat.save_progress_message(live)
        await self._everybody(unit, space, key, text, _open(campaign, lang))

    async def _not_started(self, unit: Unit, campaign: Campaign, code: str, data: dict[str, object]) -> None:
        space = await unit.operators.workspace(campaign.workspace_id)
        error = DomainError(**data)
        error.code = code
        why = refusal(error, space.language)
        text = say("notice.campaign.not_started", space.language, name=campaign.name, why=why)
        key = f"not-started:{campaign.id}:{campaign.version}"
        await self._everybody(unit, space, key, text, _open(campaign, space.language))

    async def _too_late(self, unit: Unit, event: StartedTooLate) -> None:
        space = await unit.operators.workspace(event.campaign.workspace_id)
        text, rows = late_start.too_late(event, space.language)
        key = f"too-late:{event.campaign.id}:{event.campaign.version}"
        await self._everybody(unit, space, key, text, rows)

    async def _account(self, unit: Unit, event: AccountChanged) -> None:
        account = event.account
        space = await unit.operators.workspace(account.workspace_id)
        lang = space.language
        names = [campaign.name for campaign in event.paused]
        paused = say("notice.account.paused", lang, names=names) if names else Html("")
        text = say(f"notice.account.{account.state}", lang, number=account.number, paused=paused)
        rows: Rows = ((button(plain("notice.link", lang), "link", id=account.id),),)
        if (official := cloud_notices.stopped(event, lang)) is not None:
            text, rows = official
        elif account.state is AccountState.UNLINKED:
            rows = ((button(plain("notice.link.again", lang), "link.again", id=account.id),), *rows)
        stamp = _stamp(account.state_at)
        await self._everybody(unit, space, f"account:{account.id}:{account.state}:{stamp}", text, rows)

    async def _trouble(self, unit: Unit, event: AccountInTrouble) -> None:
        account = event.account
        space = await unit.operators.workspace(account.workspace_id)
        lang, up = space.language, account.state_reason is None
        if up:
            text = say("notice.account.up", lang, number=account.number)
        else:
            key = f"down.{account.state_reason}"
            why = plain(key if has(key) else "down.failed", lang)
            text = say("notice.account.failed", lang, number=account.number, why=why)
        rows: Rows = ((button(plain("notice.link", lang), "link", id=account.id),),)
        key = f"account:{account.id}:{'up' if up else 'failed'}:{_stamp(event.at)}"
        await self._everybody(unit, space, key, text, rows)

    async def _out_of_reach(self, unit: Unit, event: NewsOutOfReach) -> None:
        """Once a session."""
        account = event.account
        space = await unit.operators.workspace(account.workspace_id)
        worker, hours = event.remote.partition("/")[0], int(UNREAD_FOR.total_seconds() // 3600)
        text = say(
            "notice.account.unread", space.language, number=account.number, worker=worker, hours=hours
        )  # fmt: skip
        await self._everybody(unit, space, f"unread:{account.id}:{event.remote}", text)

    async def _cloud(self, unit: Unit, event: CloudNumberChanged | WebhookMissing | TemplateChanged) -> None:
        space = await unit.operators.workspace(event.account.workspace_id)
        for told in cloud_notices.told(event, space.language):
            await self._everybody(unit, space, told.key, told.text, told.rows)

    async def _direct(self, unit: Unit, direct: Direct) -> None:
        """Of a test. What becomes of others is shown elsewhere, or to nobody."""
        if direct.purpose is not DirectPurpose.TEST or direct.chat_id is None:
            return
        space = await unit.operators.workspace(direct.workspace_id)
        lang = space.language
        if direct.state is DirectState.FAILED:
            why = reason(direct.reason, lang)
            text = say("notice.test.failed", lang, number=direct.number, reason=why)
        elif direct.state is DirectState.UNKNOWN:
            text = say("notice.test.unknown", lang, number=direct.number)
        else:
            text = say("notice.test.sent", lang, number=direct.number)
        who = await receiver(unit, direct.chat_id, space.id)
        notice = Notice(
            chat_id=direct.chat_id, key=f"direct:{direct.id}", kind="text",
            payload={"text": str(who.named(text, space)), "rows": []},
        )  # fmt: skip
        await unit.chat.queue_notice(notice, at=self.clock.now())


def _open(campaign: Campaign, lang: str) -> Rows:
    return ((button(plain("notice.open", lang), "cp.open", id=campaign.id),),)


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp())
