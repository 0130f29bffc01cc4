"""What screens and actions are made of, and the tables they are found in.

A screen is `render(scene, args) -> View`: it reads and draws, nothing else. An action is what a button
does: it runs inside the transaction of its update, changes things through the domain, and says where to
go. An answer is the same for a text or a file that a prompt waited for. What needs the network first says
so with `before`, which runs before the transaction opens.

Every door says what right it `needs`; the chat asks before anything is loaded (`RULES`), and draws no button
that would be refused.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Any, Final, ParamSpec, Protocol

from bot.chat.codec import Press
from bot.chat.view import View
from bot.cloud_desk import CloudNumbers
from bot.machine import Machine
from bot.no_cloud import NoCloud
from bot.no_web import NoWeb
from bot.telegram_groups import GroupLook, nobody_looks
from domain.accounts.model import Channel
from domain.accounts.ports import Linker
from domain.accounts.web import WebSessions
from domain.campaigns.service import Campaigns
from domain.delivery.content import Media, MediaKind
from domain.delivery.simulators import Simulator
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import ContactId, ConversationId, WorkspaceId
from domain.kernel.unit import Store
from domain.operators.activity import Activity, Topic
from domain.operators.chat import Prompt
from domain.operators.model import Member, NotAllowed, Right, Role, Workspace
from domain.pacing.rules import Caps
from domain.scheduler.events import Announcer, Event, Watcher
from domain.scheduler.timers import desk_of
from domain.scheduler.unit import Unit
from domain.wallet.model import Tariff

Args = Mapping[str, Any]

#: Telegram hands bots no more than this (facts: 20 MB a file in).
LARGEST_IN: Final = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file in the chat, not yet fetched. `size` in bytes as Telegram states it. `caption`: the words under
    it."""

    telegram_file: str
    filename: str
    mime: str
    size: int
    kind: MediaKind
    caption: str = ""

    @property
    def stated(self) -> Media:
        """As Telegram states it, to be checked before it is fetched."""
        return Media(kind=self.kind, key="", filename=self.filename, mime=self.mime, size=max(self.size, 1))


class Files(Protocol):
    """Fetches what operators uploaded."""

    async def fetch(self, upload: Upload) -> Media:
        """Download into the media store. Raises UploadRefused or ChannelDown."""
        ...


class Unheard:
    """An announcer that tells nobody, for a desk that is only looked at."""

    async def announce(self, unit: Unit, event: Event) -> None:
        return None


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
    tariff: Tariff = field(default_factory=Tariff)
    #: Anybody may come in and open a workspace of their own.
    open_to_all: bool = False
    #: Signs what travels in a link (bot/keys.py): only this desk can have made it.
    sign: Callable[[str], str] = str
    #: The bot's own name, for links that lead to it.
    bot_name: Callable[[], str] = str
    announcer: Announcer = field(default_factory=Unheard)
    #: The page of the simulated phones, where people can be made to answer.
    phones_page: str | None = None
    web: WebSessions = field(default_factory=NoWeb)
    #: How sessions of WhatsApp Web were doing when last heard of: a word each (bot/chat/live_states.py).
    live: Mapping[str, str] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
    #: Numbers of the official channel.
    cloud: CloudNumbers = field(default_factory=NoCloud)
    #: People who can be made to write (not in production).
    simulators: Mapping[Channel, Simulator] = field(default_factory=dict)
    #: What Telegram says of a group, by its number: whether conversations can have topics there.
    look_at_group: Callable[[int], Awaitable[GroupLook]] = nobody_looks


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
    #: The operator's own message that is being worked (None for a tap), the words under its file, its topic.
    message_id: int | None = None
    caption: str = ""
    thread_id: int | None = None
    #: Stands above workspaces, a member of one or not.
    is_admin: bool = False
    #: Where this is done from: the screen that stands in the chat, or the command.
    origin: str = ""
    #: What stands after a command.
    words: str = ""
    #: What `before` brought.
    brought: Any = None
    #: Where something changed, so that those who look at it are shown it anew (bot/chat/panels.py). One's own
    #: workspace is in it whenever the door asked for more than looking; others are added by who changes them.
    touched: set[WorkspaceId] = field(default_factory=set)

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
    def language(self) -> str:
        """For whoever it is."""
        return self.home.language if self.home else "en"

    @property
    def zone(self) -> str:
        """By whose clock they are told of days."""
        return self.home.zone if self.home else self.desk.default_zone

    def may(self, right: Right) -> bool:
        if right is Right.ADMIN:
            return self.is_admin
        return right is Right.ANYBODY or (self.member is not None and right in self.member.role.rights)

    def must(self, right: Right) -> None:
        """Raises NotAllowed; for an admin's door NotFound, which tells nothing."""
        if not self.may(right):
            if right is Right.ADMIN:
                raise NotFound()
            raise NotAllowed(right, self.member.role if self.member else Role.VIEWER)

    def worded(self, key: str) -> str:
        """The sentence's key, or that of its kin for somebody who can only look."""
        return key if self.may(Right.WORK) else f"viewer.{key}"

    async def log(
        self,
        topic: Topic,
        what: str,
        *,
        about: str = "",
        before: Args | None = None,
        after: Args | None = None,
        contact_id: ContactId | None = None,
        conversation_id: ConversationId | None = None,
        everywhere: bool = False,
    ) -> None:
        """Note in the workspace's activity log who did this; with `everywhere` in the desk's own log too."""
        line = Activity(
            workspace_id=self.home.id if self.home else None, at=self.now, telegram_id=self.telegram_id,
            who=self.member.name if self.member else self.person, topic=topic, what=what, screen=self.origin,
            about=about, before=before or {}, after=after or {}, contact_id=contact_id,
            conversation_id=conversation_id,
        )  # fmt: skip
        await self.unit.activity.add(line)
        if everywhere and line.workspace_id is not None:
            await self.unit.activity.add(replace(line, workspace_id=None))

    @property
    def campaigns(self) -> Campaigns:
        """What the verbs of domain.campaigns.service stand on."""
        return desk_of(self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Where an action leads. `toast` answers the tap (plain text, at most 200 characters); `alert` shows it
    as a dialog. `prompt` opens a question (None closes the open one unless `keep_prompt`). `fresh`
    sends the panel anew at the bottom. `also`: other chats, whose panels show something that changed.
    `quiet`: the panel and an open question stay as they are, wherever in the chat that is."""

    screen: str
    args: Args = field(default_factory=dict)
    toast: str | None = None
    alert: bool = False
    prompt: Prompt | None = None
    keep_prompt: bool = False
    fresh: bool = False
    also: tuple[int, ...] = ()
    quiet: bool = False


P = ParamSpec("P")
Render = Callable[[Scene, Args], Awaitable[View]]
Act = Callable[[Scene], Awaitable[Go]]
#: Runs before the transaction opens; the scene's `unit` is closed then, its member is known.
Before = Callable[[Scene], Awaitable[Any]]
AnswerText = Callable[[Scene, Prompt, str], Awaitable[Go]]
#: The same for a text: what the network says of it comes to the answer as `brought`.
BeforeText = Callable[[Scene, Prompt, str], Awaitable[Any]]
AnswerFile = Callable[[Scene, Prompt, Media], Awaitable[Go]]
#: Raises what is wrong with a file, before it is fetched.
CheckUpload = Callable[[Scene, Prompt, Upload], Awaitable[None]]
#: What follows the kind in `/start kind_rest`.
FollowLink = Callable[[Scene, str], Awaitable[Go]]


class Door(StrEnum):
    """The ways in."""

    SCREEN = "screen"
    ACTION = "action"
    TEXT = "text"
    FILE = "file"
    COMMAND = "command"
    #: A link that leads to the bot: `/start kind_rest`.
    LINK = "link"
    #: Sent without having been asked for: a file, a contact card.
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    act: Act
    needs: Right
    before: Before | None = None


SCREENS: Final[dict[str, Render]] = {}
ACTIONS: Final[dict[str, Action]] = {}
TEXT_ANSWERS: Final[dict[str, AnswerText]] = {}
BEFORE_TEXT: Final[dict[str, BeforeText]] = {}
#: Questions whose answers are secret: the message is taken out of the chat before anything else is done, and
#: what it said is not kept (bot/chat/secret_texts.py).
SECRETS: Final[set[str]] = set()
FILE_ANSWERS: Final[dict[str, AnswerFile]] = {}
CHECKS: Final[dict[str, CheckUpload]] = {}
COMMANDS: Final[dict[str, Act]] = {}
BEFORE_COMMAND: Final[dict[str, Before]] = {}
LINKS: Final[dict[str, FollowLink]] = {}
SENT: Final[dict[str, Callable[..., Awaitable[Go]]]] = {}
#: What right each door needs; whoever opens a door without a rule gets a TypeError at the start.
RULES: Final[dict[tuple[Door, str], Right]] = {}


def screen(name: str, *, needs: Right) -> Callable[[Render], Render]:
    def register(render: Render) -> Render:
        _add(SCREENS, Door.SCREEN, name, render, needs)
        return render

    return register


def action(name: str, *, needs: Right, before: Before | None = None) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        _add(ACTIONS, Door.ACTION, name, Action(act=act, needs=needs, before=before), needs)
        return act

    return register


def text_answer(
    kind: str, *, needs: Right, before: BeforeText | None = None, secret: bool = False
) -> Callable[[AnswerText], AnswerText]:
    def register(answer: AnswerText) -> AnswerText:
        _add(TEXT_ANSWERS, Door.TEXT, kind, answer, needs)
        if before is not None:
            BEFORE_TEXT[kind] = before
        if secret:
            SECRETS.add(kind)
        return answer

    return register


def file_answer(
    kind: str, *, needs: Right, check: CheckUpload | None = None
) -> Callable[[AnswerFile], AnswerFile]:
    def register(answer: AnswerFile) -> AnswerFile:
        _add(FILE_ANSWERS, Door.FILE, kind, answer, needs)
        if check is not None:
            CHECKS[kind] = check
        return answer

    return register


def command(name: str, *, needs: Right, before: Before | None = None) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        _add(COMMANDS, Door.COMMAND, name, act, needs)
        if before is not None:
            BEFORE_COMMAND[name] = before
        return act

    return register


def link(kind: str, *, needs: Right) -> Callable[[FollowLink], FollowLink]:
    """What a link to the bot does, `/start kind_rest`; `kind` is letters only."""

    def register(follow: FollowLink) -> FollowLink:
        _add(LINKS, Door.LINK, kind, follow, needs)
        return follow

    return register


def sent(kind: str, *, needs: Right) -> Callable[[Callable[P, Awaitable[Go]]], Callable[P, Awaitable[Go]]]:
    """What is done with something that comes unasked, at any time."""

    def register(receive: Callable[P, Awaitable[Go]]) -> Callable[P, Awaitable[Go]]:
        _add(SENT, Door.SENT, kind, receive, needs)
        return receive

    return register


def _add(table: dict[str, Any], door: Door, name: str, value: Any, needs: Right) -> None:
    if name in table:
        raise RuntimeError(f"{name} is taken already")
    table[name] = value
    RULES[door, name] = needs
