"""How a linking ends in the chat: who is told what. All inside one unit of work."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bot.chat.receivers import receiver
from bot.chat.standing import panel_in
from bot.chat.telling import Told, looks_at, note_for, tell
from bot.chat.view import Rows, button
from bot.screens.link_country import take_country, what_changed, what_is_said
from bot.screens.link_web import why
from bot.texts import Html, plain, say
from domain.accounts import link_service
from domain.accounts.linking import Linking, LinkingState
from domain.accounts.model import Account
from domain.accounts.web import WebSession
from domain.operators.activity import Topic
from domain.operators.model import Right
from domain.scheduler.events import AccountChanged, Announcer
from domain.scheduler.unit import Unit

SCREEN: Final = "linking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What ending a linking stands on."""

    unit: Unit
    announcer: Announcer
    default_zone: str
    at: datetime

    async def linked(self, linking: Linking, session: WebSession, cursor: int) -> None:
        """The phone is linked: it becomes the account, or is refused and unlinked again. `cursor`: of the
        newest news of that session. Nothing where the linking has ended meanwhile."""
        current = await self.unit.linkings.any(linking.id)
        if not current.is_open:
            return
        number = session.number or ""
        who = await receiver(self.unit, current.telegram_id, current.workspace_id)
        if not who.may(Right.WORK):
            await self.close(current, LinkingState.REFUSED, "not_allowed", other=number)
            return
        done = await link_service.finish(
            self.unit.linkings, self.unit.accounts, current, number=number, name=session.name,
            cursor=cursor, at=self.at,
        )  # fmt: skip
        if isinstance(done, link_service.Refused):
            await self.close(current, LinkingState.REFUSED, done.reason, other=number)
            return
        if done.before is None:
            await self._new(current, number)
        elif not done.before.is_connected:
            await self._again(current, done.before, done.account)
        await self._lead_away(current, number)

    async def _new(self, linking: Linking, number: str) -> None:
        space = await self.unit.operators.workspace(linking.workspace_id)
        changed = space
        if len(await self.unit.accounts.of_workspace(space.id)) == 1:
            changed = await take_country(
                self.unit, space, number, default_zone=self.default_zone, now=self.at
            )
        was, now = what_changed(space, changed)
        await self._note(linking, "account.linked", number, was, now)
        linked = say("notice.linked", space.language, number=number)
        await self._tell(
            linking, "linked", Html("\n\n".join(filter(None, (linked, what_is_said(space, changed)))))
        )

    async def _again(self, linking: Linking, before: Account, account: Account) -> None:
        """Campaigns wait for somebody's Resume."""
        was, now = {"state": before.state.value}, {"state": account.state.value}
        await self._note(linking, "account.again", account.number, was, now)
        await self.announcer.announce(self.unit, AccountChanged(account=account, paused=()))

    async def close(
        self, linking: Linking, state: LinkingState, reason: str | None = None, *, other: str | None = None
    ) -> None:
        """Nothing came of it. Whoever does not look at it is told. Raises Conflict."""
        ended = await link_service.close(
            self.unit.linkings, self.unit.accounts, linking, state, reason=reason, other=other, at=self.at
        )
        looking = await looks_at(self.unit, linking.chat_id, {SCREEN}, int(linking.id))
        if not looking and state is not LinkingState.CANCELLED:
            await self._tell(linking, "unlinked", await self._said(ended))

    async def _said(self, linking: Linking) -> Html:
        lang = (await self.unit.operators.workspace(linking.workspace_id)).language
        if linking.state is LinkingState.ENDED:
            return say(f"notice.linking.{linking.reason or 'ended'}", lang)
        account = None
        if linking.account_id is not None:
            account = await self.unit.accounts.known(linking.account_id)
        number = account.number if account is not None else linking.number or ""
        return say("notice.linking.failed", lang, why=why(linking, number, lang))

    async def _lead_away(self, linking: Linking, number: str) -> None:
        """Whoever waited in front of the QR is led to the numbers."""
        panel = await self.unit.chat.panel(linking.chat_id)
        if panel is None or panel.screen != SCREEN or panel.args.get("id") != int(linking.id):
            return
        lang = (await self.unit.operators.workspace(linking.workspace_id)).language
        note = {"note": f"✅ {say('link.linked', lang, number=number)}"}
        args = panel_in(linking.workspace_id, "link", note)
        await self.unit.chat.save_panel(
            replace(panel, screen="link", args=args, dirty=True, rev=panel.rev + 1)
        )

    async def _tell(self, linking: Linking, key: str, text: Html) -> None:
        """Whoever wanted it linked, if they are still there."""
        space = await self.unit.operators.workspace(linking.workspace_id)
        rows: Rows = ((button(plain("notice.link", space.language), "link"),),)
        told = Told(
            chat_id=linking.chat_id, space=space, may=Right.READ, key=f"{key}:{linking.id}", text=text,
            rows=rows,
        )  # fmt: skip
        await tell(self.unit, told, at=self.at)

    async def _note(
        self, linking: Linking, what: str, number: str, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        await note_for(
            self.unit, linking.telegram_id, linking.workspace_id, Topic.WHATSAPP, what, screen=SCREEN,
            about=number, before=before, after=after, at=self.at,
        )  # fmt: skip
