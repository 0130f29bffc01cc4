"""That WhatsApp refuses the number of the settings: to those who can put the settings right, and to whoever
owns the workspace that the number is for."""

from collections.abc import Iterable

from bot.cloud_preset import PresetRefused
from bot.texts import has, refusal, say
from domain.kernel.clock import Clock
from domain.operators.chat import Notice
from domain.operators.model import Role
from domain.scheduler.unit import Unit


class PresetNotice:
    """Implements `bot.cloud_preset.TellRefused`."""

    def __init__(self, admin_ids: Iterable[int], clock: Clock) -> None:
        self._admin_ids, self._clock = frozenset(admin_ids), clock

    async def __call__(self, unit: Unit, refused: PresetRefused) -> None:
        space = await unit.operators.workspace(refused.space)
        lang, error, preset = space.language, refused.error, refused.preset
        own = f"preset.why.{error.code.removeprefix('cloud.')}"
        why = say(own, lang, **error.data) if has(own) else refusal(error, lang)
        now = say("preset.stays", lang) if refused.account else say("preset.absent", lang)
        text = say("notice.preset", lang, id=preset.phone_number_id, why=why, now=now)
        owners = {
            one.telegram_id
            for one in await unit.operators.members(space.id)
            if one.role is Role.OWNER and one.has_accepted_terms
        }
        at, payload = self._clock.now(), {"text": str(text), "rows": []}
        for chat_id in sorted(owners | self._admin_ids | await unit.operators.admins()):
            key = f"preset:{preset.mark}:{error.code}"
            notice = Notice(chat_id=chat_id, key=key, kind="text", payload=payload)
            await unit.chat.queue_notice(notice, at=at)
