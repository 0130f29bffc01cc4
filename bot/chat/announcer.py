"""Turns what happened into notices, in the same transaction: told exactly if it happened."""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from bot.chat.view import Rows, button, rows_as_json
from bot.screens.campaign_words import reason
from bot.texts import Html, plain, refusal, say
from domain.campaigns.model import Campaign
from domain.delivery.store import Direct, DirectState
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError
from domain.kernel.ids import WorkspaceId
from domain.operators.chat import Notice, ProgressMessage
from domain.operators.model import Workspace
from domain.scheduler.events import (
    AccountChanged,
    CampaignCompleted,
    CampaignPaused,
    CampaignStarted,
    DirectAnswered,
    Event,
    ReplyReceived,
    ScheduledStartFailed,
)
from domain.scheduler.unit import Unit

LONGEST_REPLY = 3000


class ChatAnnouncer:
    """`poke` wakes the notice sender; it looks by itself too, so a lost poke loses nothing."""

    def __init__(self, clock: Clock, poke: Callable[[], None]) -> None:
        self.clock, self.poke = clock, poke

    async def announce(self, unit: Unit, event: Event) -> None:
        match event:
            case CampaignPaused(campaign=campaign, reason=why):
                space = await unit.operators.workspace(campaign.workspace_id)
                text = say(
                    "notice.campaign.paused", space.language, name=campaign.name,
                    reason=plain(f"pause.{why}", space.language),
                )  # fmt: skip
                key = f"paused:{campaign.id}:{campaign.version}"
                await self._everybody(unit, space, key, text, _open(campaign, space.language))
            case CampaignCompleted(campaign=campaign):
                await self._report(unit, campaign)
            case CampaignStarted(campaign=campaign):
                await self._started(unit, campaign)
            case ScheduledStartFailed(campaign=campaign, code=code, data=data):
                await self._not_started(unit, campaign, code, data)
            case ReplyReceived():
                await self._reply(unit, event)
            case AccountChanged():
                await self._account(unit, event)
            case DirectAnswered(direct=direct):
                await self._direct(unit, direct)
            case _:
                assert_never(event)
        self.poke()

    async def _everybody(self, unit: Unit, space: Workspace, key: str, text: Html, rows: Rows = ()) -> None:
        """One notice in the chat of each member of the workspace."""
        payload = {"text": str(text), "rows": rows_as_json(rows)}
        for chat_id in await self._chats(unit, space.id):
            notice = Notice(chat_id=chat_id, key=f"{key}:{chat_id}", kind="text", payload=payload)
            await unit.chat.queue_notice(notice, at=self.clock.now())

    async def _chats(self, unit: Unit, workspace_id: WorkspaceId) -> list[int]:
        members = await unit.operators.members(workspace_id)
        return [member.telegram_id for member in members if member.has_accepted_terms]

    async def _report(self, unit: Unit, campaign: Campaign) -> None:
        for chat_id in await self._chats(unit, campaign.workspace_id):
            notice = Notice(
                chat_id=chat_id, key=f"completed:{campaign.id}:{chat_id}", kind="report",
                payload={"campaign_id": campaign.id},
            )  # fmt: skip
            await unit.chat.queue_notice(notice, at=self.clock.now())

    async def _started(self, unit: Unit, campaign: Campaign) -> None:
        space = await unit.operators.workspace(campaign.workspace_id)
        text = say("notice.campaign.started", space.language, name=campaign.name)
        key = f"started:{campaign.id}:{campaign.version}"
        for chat_id in await self._chats(unit, campaign.workspace_id):
            live = ProgressMessage(
                campaign_id=campaign.id, chat_id=chat_id, message_id=None, shown="", edited_at=None, edits=0
            )
            await unit.chat.save_progress_message(live)
        await self._everybody(unit, space, key, text, _open(campaign, space.language))

    async def _not_started(self, unit: Unit, campaign: Campaign, code: str, data: dict[str, object]) -> None:
        space = await unit.operators.workspace(campaign.workspace_id)
        error = DomainError(**data)
        error.code = code
        why = refusal(error, space.language)
        text = say("notice.campaign.not_started", space.language, name=campaign.name, why=why)
        key = f"not-started:{campaign.id}:{campaign.version}"
        await self._everybody(unit, space, key, text, _open(campaign, space.language))

    async def _reply(self, unit: Unit, event: ReplyReceived) -> None:
        reply = event.reply
        space = await unit.operators.workspace(reply.workspace_id)
        lang = space.language
        name = reply.name or reply.number
        if event.stopped:
            text = say("notice.stop", lang, name=name, number=reply.number)
        else:
            campaign = Html("")
            if reply.campaign_id is not None:
                about = await unit.campaigns.any(reply.campaign_id)
                campaign = say("notice.reply.campaign", lang, name=about.name)
            text = say(
                "notice.reply", lang, name=name, number=reply.number, campaign=campaign,
                text=reply.text[:LONGEST_REPLY],
            )  # fmt: skip
        await self._everybody(unit, space, f"reply:{event.account.id}:{event.event}", text)

    async def _account(self, unit: Unit, event: AccountChanged) -> None:
        account = event.account
        space = await unit.operators.workspace(account.workspace_id)
        lang = space.language
        names = [campaign.name for campaign in event.paused]
        paused = say("notice.account.paused", lang, names=names) if names else Html("")
        text = say(f"notice.account.{account.state}", lang, number=account.number, paused=paused)
        rows = ((button(plain("notice.link", lang), "link"),),)
        stamp = _stamp(account.state_at)
        await self._everybody(unit, space, f"account:{account.id}:{account.state}:{stamp}", text, rows)

    async def _direct(self, unit: Unit, direct: Direct) -> None:
        space = await unit.operators.workspace(direct.workspace_id)
        lang = space.language
        if direct.state is DirectState.FAILED:
            why = reason(direct.reason, lang)
            text = say("notice.test.failed", lang, number=direct.number, reason=why)
        elif direct.state is DirectState.UNKNOWN:
            text = say("notice.test.unknown", lang, number=direct.number)
        else:
            text = say("notice.test.sent", lang, number=direct.number)
        notice = Notice(
            chat_id=direct.chat_id, key=f"direct:{direct.id}", kind="text",
            payload={"text": str(text), "rows": []},
        )  # fmt: skip
        await unit.chat.queue_notice(notice, at=self.clock.now())


def _open(campaign: Campaign, lang: str) -> Rows:
    return ((button(plain("notice.open", lang), "cp.open", id=campaign.id),),)


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp())
