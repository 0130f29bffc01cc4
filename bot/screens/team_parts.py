"""What the team's screens share: roles in words, telling others, and taking leave of somebody."""

from bot.screens.base import Scene
from bot.screens.contacts_parts import short
from bot.texts import Html, plain, say
from domain.kernel.errors import NotFound
from domain.operators.chat import Notice, ProgressMessage
from domain.operators.model import Member, Role


def role_words(role: Role, lang: str) -> str:
    return plain(f"role.{role.value}", lang)


def can(role: Role, lang: str) -> str:
    return plain(f"role.{role.value}.can", lang)


async def tell(scene: Scene, telegram_id: int, key: str, text: Html) -> None:
    notice = Notice(chat_id=telegram_id, key=key, kind="text", payload={"text": str(text), "rows": []})
    await scene.unit.chat.queue_notice(notice, at=scene.now)


async def chats_at(scene: Scene, *screens: str) -> tuple[int, ...]:
    """Chats of this workspace's members that look at one of those screens."""
    team = {member.telegram_id for member in await scene.unit.operators.members(scene.workspace.id)}
    panels = [panel for name in screens for panel in await scene.unit.chat.panels_showing(name)]
    return tuple(panel.chat_id for panel in panels if panel.telegram_id in team)


async def live_messages_of(scene: Scene, telegram_id: int) -> list[ProgressMessage]:
    """Of campaigns of this workspace, in that person's own chat."""
    found = []
    for message in await scene.unit.chat.progress_messages():
        if message.chat_id != telegram_id:
            continue
        try:
            await scene.unit.campaigns.campaign(scene.workspace.id, message.campaign_id)
        except NotFound:
            continue
        found.append(message)
    return found


async def take_leave(scene: Scene, gone: Member, live: list[ProgressMessage], text: Html) -> None:
    """Tell them, and take this workspace's live messages out of their chat. `live` as it was before they
    went: afterwards they are nobody's."""
    for message in live:
        await scene.unit.chat.close_progress_message(message.campaign_id, message.chat_id)
    ids = [message.message_id for message in live if message.message_id is not None]
    payload = {"text": str(text), "live": ids, "language": scene.workspace.language}
    key = f"gone:{gone.id}:{scene.now.isoformat()}"
    notice = Notice(chat_id=gone.telegram_id, key=key, kind="farewell", payload=payload)
    await scene.unit.chat.queue_notice(notice, at=scene.now)


async def tell_owners(scene: Scene, key: str, text: Html) -> None:
    for member in await scene.unit.operators.members(scene.workspace.id):
        if member.role is Role.OWNER and member.telegram_id != scene.telegram_id:
            await tell(scene, member.telegram_id, key, text)


def gone_words(scene: Scene, gone: Member) -> Html:
    """For the owners who stay."""
    lang = scene.workspace.language
    return say("notice.team.gone", lang, name=short(gone.name), workspace=short(scene.workspace.name))
