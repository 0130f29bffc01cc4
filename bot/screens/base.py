"""What screens and actions are made of, and the tables they are found in.

A screen is `render(scene, args) -> View`: it reads and draws, nothing else. An action is what a button
does: it runs inside the transaction of its update, changes things through the domain, and says where to
go. An answer is the same for a text or a file that a prompt waited for. What needs the network first says
so with `before`, which runs before the transaction opens.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final, Protocol

from bot.chat.codec import Press
from bot.chat.view import View
from domain.accounts.ports import Linker
from domain.campaigns.service import Campaigns
from domain.delivery.content import Media, MediaKind
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.operators.chat import Prompt
from domain.operators.model import Member, Workspace
from domain.pacing.rules import Caps
from domain.scheduler.events import Watcher
from domain.scheduler.timers import desk_of
from domain.scheduler.unit import Unit

Args = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file in the chat, not yet fetched. `size` in bytes as Telegram states it."""

    telegram_file: str
    filename: str
    mime: str
    size: int
    kind: MediaKind


class Files(Protocol):
    """Fetches what operators uploaded."""

    async def fetch(self, upload: Upload) -> Media:
        """Download into the media store. Raises UploadRefused or ChannelDown."""
        ...


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What every screen may ask for, put together once."""

    store: Store[Unit]
    clock: Clock
    rng: Random
    caps: Caps
    watcher: Watcher
    linker: Linker
    files: Files
    admin_ids: frozenset[int]
    environment: str
    desk_id: str
    default_country: str = "US"
    default_zone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One update being worked: who, where, when, and the open unit of work."""

    desk: Desk
    unit: Unit
    chat_id: int
    telegram_id: int
    person: str
    now: datetime
    member: Member | None = None
    home: Workspace | None = None
    press: Press = field(default_factory=lambda: Press(action="-"))
    #: What `before` brought.
    brought: Any = None

    @property
    def me(self) -> Member:
        """The member; actions open to strangers do not ask."""
        if self.member is None:
            raise RuntimeError("this action is for members")
        return self.member

    @property
    def workspace(self) -> Workspace:
        if self.home is None:
            raise RuntimeError("this action is for members")
        return self.home

    @property
    def campaigns(self) -> Campaigns:
        """What the verbs of domain.campaigns.service stand on."""
        return desk_of(self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Where an action leads. `toast` answers the tap (plain text, at most 200 characters); `alert` shows it
    as a dialog. `prompt` opens a question (None closes the open one unless `keep_prompt`). `fresh`
    sends the panel anew at the bottom."""

    screen: str
    args: Args = field(default_factory=dict)
    toast: str | None = None
    alert: bool = False
    prompt: Prompt | None = None
    keep_prompt: bool = False
    fresh: bool = False


Render = Callable[[Scene, Args], Awaitable[View]]
Act = Callable[[Scene], Awaitable[Go]]
#: Runs before the transaction opens; the scene's `unit` is closed then, its member is known.
Before = Callable[[Scene], Awaitable[Any]]
AnswerText = Callable[[Scene, Prompt, str], Awaitable[Go]]
AnswerFile = Callable[[Scene, Prompt, Media], Awaitable[Go]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    act: Act
    before: Before | None = None
    #: May be pressed by somebody who is not a member yet.
    strangers: bool = False


SCREENS: Final[dict[str, Render]] = {}
ACTIONS: Final[dict[str, Action]] = {}
TEXT_ANSWERS: Final[dict[str, AnswerText]] = {}
FILE_ANSWERS: Final[dict[str, AnswerFile]] = {}
COMMANDS: Final[dict[str, Act]] = {}


def screen(name: str) -> Callable[[Render], Render]:
    def register(render: Render) -> Render:
        _add(SCREENS, name, render)
        return render

    return register


def action(name: str, *, before: Before | None = None, strangers: bool = False) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        _add(ACTIONS, name, Action(act=act, before=before, strangers=strangers))
        return act

    return register


def text_answer(kind: str) -> Callable[[AnswerText], AnswerText]:
    def register(answer: AnswerText) -> AnswerText:
        _add(TEXT_ANSWERS, kind, answer)
        return answer

    return register


def file_answer(kind: str) -> Callable[[AnswerFile], AnswerFile]:
    def register(answer: AnswerFile) -> AnswerFile:
        _add(FILE_ANSWERS, kind, answer)
        return answer

    return register


def command(name: str) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        _add(COMMANDS, name, act)
        return act

    return register


def _add(table: dict[str, Any], name: str, value: Any) -> None:
    if name in table:
        raise RuntimeError(f"{name} is taken already")
    table[name] = value
