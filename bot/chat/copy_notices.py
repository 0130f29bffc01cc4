"""What people are told of copies: that the desk was put back to one, or that none could be made."""

from datetime import datetime

from bot.chat.receivers import tell_members
from bot.chat.view import Rows, button
from bot.screens import campaign_words as words
from bot.texts import Html, plain, say
from domain.campaigns.model import Campaign
from domain.operators.model import Workspace
from domain.scheduler.events import DeskCameBack
from domain.scheduler.unit import Unit


async def desk_came_back(unit: Unit, event: DeskCameBack, *, at: datetime) -> None:
    """To everybody of the workspace: whoever reads here has to know what is missing."""
    space = await unit.operators.workspace(event.workspace_id)
    lang = space.language
    made = words.moment(event.made_at, words.zone_of(space), at, lang)
    lines = [say("notice.restored", lang, at=made), say("notice.restored.lost", lang)]
    if event.paused:
        lines.append(say("notice.restored.paused", lang, names=_names(event.paused)))
    if event.people:
        lines.append(say("notice.restored.people", lang, people=words.people(event.people)))
    if event.drafts:
        lines.append(say("notice.restored.drafts", lang, names=_names(event.drafts)))
    lines.append(say("notice.restored.stops", lang))
    rows: Rows = ((button(plain("notice.restored.campaigns", lang), "campaigns"),),)
    stamp = f"{int(event.made_at.timestamp())}:{int(at.timestamp())}"
    await tell_members(unit, space, _key(space, stamp), Html("\n\n".join(lines)), rows, at=at)


def _key(space: Workspace, stamp: str) -> str:
    return f"restored:{space.id}:{stamp}"


def _names(campaigns: tuple[Campaign, ...]) -> list[str]:
    return [campaign.name for campaign in campaigns]
