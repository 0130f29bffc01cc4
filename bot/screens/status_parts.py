"""What /status says of numbers and messages: those of one's own workspace by number, others counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.chat.live_states import AWAY
from bot.screens.base import Scene
from bot.screens.link import state_words
from bot.texts import Html, plain, say
from domain.accounts.model import Account, AccountState, Channel
from domain.accounts.web import SessionState
from domain.pacing.rules import DAY
from domain.reports.overview import Overview, Waiting

MOST_NUMBERS: Final = 20
GOOD, COMING, BAD = "✅", "▫️", "⚠️"
#: Of a session: it is well, or soon will be.
_COMING: Final = frozenset({SessionState.STARTING, SessionState.SYNCING, SessionState.STOPPED})
#: Of a number: somebody has to do something.
_LOST: Final = frozenset({AccountState.UNLINKED, AccountState.RESTRICTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`is_well`: nothing in it is marked."""

    text: Html
    is_well: bool


async def waiting_here(scene: Scene) -> Waiting | None:
    """None for an admin who is a member nowhere."""
    if scene.home is None:
        return None
    return await scene.unit.overview.of_workspace(scene.home.id, since=scene.now - DAY)


async def numbers(scene: Scene, desk: Overview, here: Waiting | None) -> Part:
    """Each of the workspace with how it stands and what it has sent; those of others by how they stand."""
    lang, own = scene.language, await _own(scene)
    lines, is_well = [], True
    if here is not None:
        for account in own[:MOST_NUMBERS]:
            mark = _mark(scene, account)
            is_well = is_well and mark != BAD
            state = state_words(scene, account)
            count = f"{here.sent.get(account.id, 0):,}"
            lines.append(
                say("status.number", lang, mark=mark, number=account.number, state=state, sent=count)
            )
        if len(own) > MOST_NUMBERS:
            lines.append(say("status.numbers.more", lang, count=len(own) - MOST_NUMBERS))
    elsewhere = _elsewhere(desk, own)
    if elsewhere:
        lost = any(state in _LOST for state in elsewhere)
        words = [f"{n} {plain(f'account.state.{state}', lang)}" for state, n in sorted(elsewhere.items())]
        mark = BAD if lost else GOOD
        lines.append(say("status.numbers.elsewhere", lang, mark=mark, states=", ".join(words)))
        is_well = is_well and not lost
    text = Html("\n".join(lines)) if lines else say("status.numbers.none", lang)
    return Part(text=text, is_well=is_well)


def messages(scene: Scene, desk: Overview, here: Waiting | None) -> Html:
    lang, lines = scene.language, []
    if here is not None:
        lines.append(say("status.messages", lang, waiting=f"{here.recipients:,}"))
    unknown = desk.unknown_recipients + desk.unknown_directs
    lines.append(say("status.unknown", lang, unknown=f"{unknown:,}"))
    return Html("\n".join(lines))


async def _own(scene: Scene) -> Sequence[Account]:
    """An admin need not be a member anywhere."""
    if scene.home is None:
        return ()
    return await scene.unit.accounts.of_workspace(scene.home.id)


def _elsewhere(desk: Overview, own: Sequence[Account]) -> Counter[AccountState]:
    all_of_them: Counter[AccountState] = Counter()
    for (_, state), count in desk.accounts.items():
        all_of_them[state] += count
    return all_of_them - Counter(account.state for account in own)


def _mark(scene: Scene, account: Account) -> str:
    """As it stands; of a number of WhatsApp Web that is connected, as its session does."""
    if account.state in _LOST:
        return BAD
    word = scene.desk.live.get(account.remote)
    if account.channel is not Channel.WEB or not account.is_connected or word is None:
        return GOOD if account.is_connected else COMING
    if word == SessionState.READY:
        return GOOD
    return COMING if word != AWAY and word in _COMING else BAD
