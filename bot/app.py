"""The running bot: every part started, and stopped in order."""

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from telegram import Bot, BotCommand, LinkPreviewOptions, Message, Update
from telegram.constants import ParseMode
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, CallbackQueryHandler, Defaults, MessageHandler, filters
from telegram.request import HTTPXRequest

from bot.chat.announcer import ChatAnnouncer
from bot.chat.desk import ROW, ChatDesk
from bot.chat.lanes import Lanes
from bot.chat.lenient import LenientBot
from bot.chat.limiter import ChatLimiter
from bot.chat.notices import Notices
from bot.chat.poller import Poller, TokenInUse, TokenRefused
from bot.chat.progress import Progress
from bot.chat.sending import kinds_of_notice
from bot.chat.uploads import TelegramFiles
from bot.importer import ImportWorker
from bot.screens.base import Desk
from bot.senders import Hints, NewsReaders, Senders
from bot.settings import Settings
from bot.tasks import TaskOwner
from bot.texts import plain
from domain.accounts.model import Account, Channel
from domain.accounts.ports import Linker
from domain.contacts.importing.ports import SheetReader
from domain.delivery.ports import MediaStore, MessageGateway, NewsSource
from domain.kernel.clock import Clock
from domain.kernel.ids import CampaignId
from domain.kernel.unit import Store
from domain.operators.chat import InboxUpdate
from domain.scheduler.news import ReadNews
from domain.scheduler.slices import AccountSlices
from domain.scheduler.timers import Timers
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)


class _People(filters.MessageFilter):
    """Written by a person. The bot's own pin comes back to it as a message from itself."""

    def filter(self, message: Message) -> bool:
        return message.from_user is not None and not message.from_user.is_bot


PEOPLE: Final = _People()

MENU: Final = ("start", "campaigns", "contacts", "link", "help")
#: Worked updates are kept this long, longer than Telegram keeps them, so that a repeat is known.
KEEP_UPDATES: Final = timedelta(days=3)
DRAIN_SECONDS: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class Channels:
    """How WhatsApp is reached, whichever way an account goes."""

    gateway_for: Callable[[Account], MessageGateway]
    source_for: Callable[[Account], NewsSource]
    linker: Linker
    with_news: frozenset[Channel]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What composition hands over."""

    settings: Settings
    store: Store[Unit]
    media: MediaStore
    reader: SheetReader
    channels: Channels
    clock: Clock
    rng: Random
    owner: str
    desk_id: str
    #: True where a lock makes sure that this is the only process on the database.
    alone: bool


class App:
    """`async with App(parts) as app: await app.run(stop)`."""

    def __init__(self, parts: Parts, token: str) -> None:
        self.parts = parts
        settings, store, clock = parts.settings, parts.store, parts.clock
        self.tasks = TaskOwner()
        self.ptb = build_application(settings, token)
        self.bot: Bot = self.ptb.bot
        self.hints = Hints()
        self.files = TelegramFiles(self.bot, parts.media)
        self.chat = ChatDesk(self._desk(), self.bot, self.tasks)
        self.notices = Notices(self.bot, store, clock, kinds_of_notice(store, parts.media))
        announcer = ChatAnnouncer(clock, self.notices.poke)
        self.timers = Timers(
            store=store, announcer=announcer, watcher=self.hints, clock=clock, caps=settings.caps
        )
        slices = AccountSlices(
            store=store, gateway_for=parts.channels.gateway_for, announcer=announcer, watcher=self.hints,
            clock=clock, rng=parts.rng, caps=settings.caps, owner=parts.owner, desk=parts.desk_id,
        )  # fmt: skip
        self.senders = Senders(slices, store, clock, self.tasks)
        news = ReadNews(
            store=store, source_for=parts.channels.source_for, announcer=announcer, watcher=self.hints,
            clock=clock,
        )  # fmt: skip
        self.readers = NewsReaders(news, store, self.tasks, parts.channels.with_news)
        self.progress = Progress(store, self.bot, clock, self.tasks, caps=settings.caps)
        self.importer = ImportWorker(
            store=store, reader=parts.reader, media=parts.media, fetch=self.files.fetch,
            refresh=self._refresh_import, clock=clock,
        )  # fmt: skip
        self.lanes = Lanes(self.work)
        self.poller = Poller(self.bot, store, clock, self.lanes.put)
        self._listen()

    def _desk(self) -> Desk:
        parts, settings = self.parts, self.parts.settings
        return Desk(
            store=parts.store, clock=parts.clock, rng=parts.rng, caps=settings.caps, watcher=self.hints,
            linker=parts.channels.linker, files=self.files, admin_ids=settings.admin_ids,
            environment=settings.environment, desk_id=parts.desk_id,
            default_country=settings.default_country, default_zone=settings.default_zone,
        )  # fmt: skip

    def _listen(self) -> None:
        self.hints.on_account.append(self.senders.poke)
        self.hints.on_campaign.append(self.progress.changed)
        self.hints.on_campaign.append(self._campaign_changed)
        self.chat.after += [self.notices.poke, self.importer.poke]
        chat, add = self.chat, self.ptb.add_handler
        add(CallbackQueryHandler(chat.on_tap))
        # Service messages (somebody pinned, a title changed) and what bots write ask for nothing.
        message = filters.UpdateType.MESSAGE & ~filters.StatusUpdate.ALL & ~filters.VIA_BOT & PEOPLE
        add(MessageHandler(message & filters.COMMAND, chat.on_command))
        add(MessageHandler(message & filters.CONTACT, chat.on_contact))
        files = filters.PHOTO | filters.VIDEO | filters.AUDIO | filters.VOICE | filters.Document.ALL
        add(MessageHandler(message & files, chat.on_file))
        add(MessageHandler(message & filters.TEXT, chat.on_text))
        add(MessageHandler(message, chat.on_other))
        self.ptb.add_error_handler(self._failed)

    # -- one update -------------------------------------------------------------------------------

    async def work(self, row: InboxUpdate) -> None:
        """Hand one stored update to PTB's handlers. An update that does not parse is set aside."""
        token = ROW.set(row.seq)
        try:
            update = Update.de_json(dict(row.payload), self.bot)
            if not self.handles(update):
                await self.chat.only_done()
                return
            await self.ptb.process_update(update)
        except Exception as error:
            await self._trouble(row, error)
        finally:
            ROW.reset(token)

    def handles(self, update: Update) -> bool:
        return any(
            handler.check_update(update) not in (None, False)
            for group in self.ptb.handlers.values()
            for handler in group
        )

    async def _failed(self, update: object, context: Any) -> None:
        """process_update swallows what handlers raise and comes here instead."""
        payload = update.to_dict() if isinstance(update, Update) else {}
        chat = update.effective_chat.id if isinstance(update, Update) and update.effective_chat else 0
        row = InboxUpdate(seq=ROW.get(), update_id=0, lane_key=chat, payload=payload)
        await self._trouble(row, context.error)

    async def _trouble(self, row: InboxUpdate, error: BaseException) -> None:
        try:
            await self.chat.trouble(row, error)
        except Exception as worse:
            # The store itself fails (a full disk): the update stays waiting and is worked later.
            log.error("update left waiting", seq=row.seq, exc_info=worse)
            await self.poller.no_room.tell([row.lane_key])

    def _campaign_changed(self, id: CampaignId, at_once: bool) -> None:
        if at_once:
            self.tasks.start(f"panels-{id}", self.chat.panels.refresh_all("campaign", id))

    async def _refresh_import(self, chat_id: int, import_id: int) -> None:
        await self.chat.panels.refresh(chat_id, "import", import_id)

    # -- the whole --------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set. Raises TokenInUse or TokenRefused."""
        await self._greet()
        # What is loaded by now stays: collections during an import need not look at it (measured: pauses of
        # the loop of up to 287 ms become 32 ms).
        gc.collect()
        gc.freeze()
        clockwork = self._clockwork()
        async with self.tasks:
            try:
                await self.timers.end_leases(
                    self.parts.clock.now(), owner=self.parts.owner if self.parts.alone else None
                )
                self.lanes.start(self.tasks)
                self.tasks.start("notices", self.notices.run())
                self.tasks.start("progress", self.progress.run())
                self.tasks.start("importer", self.importer.run())
                self.tasks.start("senders", self.senders.run())
                self.tasks.start("news", self.readers.run())
                self.tasks.start("panels", self.chat.panels.show_left_over())
                clockwork.start()
                await self._until(stop)
            finally:
                clockwork.shutdown(wait=False)
                await self._drain()
        await self.ptb.shutdown()

    async def _greet(self) -> None:
        """Telegram may be away at the start: keep trying."""
        while True:
            try:
                await self.ptb.initialize()
                break
            except InvalidToken as error:
                raise TokenRefused from error
            except NetworkError as error:
                log.warning("Telegram does not answer; trying again", error=type(error).__name__)
                await asyncio.sleep(3)
        try:
            await self.bot.set_my_commands([BotCommand(name, plain(f"menu.{name}")) for name in MENU])
        except TelegramError as error:
            log.warning("the menu could not be set", error=type(error).__name__)

    async def _until(self, stop: asyncio.Event) -> None:
        """Poll until told to stop; what ends the poller ends the program."""
        poller = self.tasks.start("poller", self._polling())
        waiter = self.tasks.start("stop", stop.wait())
        await asyncio.wait({poller, waiter}, return_when=asyncio.FIRST_COMPLETED)
        poller.cancel()
        if not stop.is_set() and (refusal := await poller):
            raise refusal

    async def _polling(self) -> TokenInUse | TokenRefused | None:
        """These two are told in a sentence: as a failed task they would be logged with a traceback."""
        try:
            await self.poller.run()
        except (TokenInUse, TokenRefused) as refusal:
            return refusal
        return None

    async def _drain(self) -> None:
        """No more updates come; finish what is in the lanes and on its way, then stop."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.lanes.drained()
                await self.senders.drain(DRAIN_SECONDS / 2)
                await self.notices.flush()
        except TimeoutError:
            log.warning("stopped before everything was finished; it goes on at the next start")
        except Exception as error:
            log.error("stopping", exc_info=error)

    def _clockwork(self) -> AsyncIOScheduler:
        """Timers are APScheduler's; what they set off is decided by the domain."""
        clockwork = AsyncIOScheduler(timezone="UTC")
        clock = self.parts.clock

        async def start_due() -> None:
            await self.timers.tick(clock.now())

        async def end_leases() -> None:
            await self.timers.end_leases(clock.now())

        async def forget() -> None:
            async with self.parts.store.write() as unit:
                await unit.chat.forget_updates(before=clock.now() - KEEP_UPDATES)
                await unit.commit()

        async def work_left_over() -> None:
            if self.lanes.busy == 0:
                await self.poller.deliver_left_over()

        once = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        clockwork.add_job(start_due, "interval", seconds=2, **once)
        clockwork.add_job(end_leases, "interval", seconds=30, **once)
        clockwork.add_job(self.chat.panels.show_left_over, "interval", seconds=20, **once)
        clockwork.add_job(work_left_over, "interval", seconds=30, **once)
        clockwork.add_job(forget, "interval", hours=6, **once)
        return clockwork


def build_application(settings: Settings, token: str) -> Application[Any, Any, Any, Any, Any, Any]:
    """PTB's handlers without its updater and job queue: updates come from our inbox."""
    bot = LenientBot(
        token,
        base_url=settings.base_url,
        base_file_url=settings.base_file_url,
        rate_limiter=ChatLimiter(),
        defaults=_defaults(),
        request=_request(),
        get_updates_request=_request(),
    )
    return Application.builder().bot(bot).updater(None).build()


def _defaults() -> Defaults:
    return Defaults(parse_mode=ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True))


def _request() -> HTTPXRequest:
    """20 s for a send: a time-out can mean "delivered", so it must be rare (facts: 5 s was too short)."""
    return HTTPXRequest(
        connection_pool_size=64, connect_timeout=10, read_timeout=20, write_timeout=20, pool_timeout=20,
        media_write_timeout=120,
    )  # fmt: skip
