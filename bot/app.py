"""The running bot: every part started, and stopped in order."""

import asyncio
from collections.abc import Coroutine
from functools import cached_property
from typing import Any, Final

import structlog
from telegram import Bot, BotCommand, Update
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import CallbackQueryHandler, ChatMemberHandler, MessageHandler, filters

from bot.application import build_application
from bot.backups import nightly_of, take_over_copy
from bot.channels import Ways
from bot.chat.announcer import ChatAnnouncer
from bot.chat.checkout import Checkout
from bot.chat.desk import ChatDesk
from bot.chat.group_changes import GroupChanges
from bot.chat.groups import PEOPLE
from bot.chat.lanes import Lanes
from bot.chat.leftovers import Leftovers
from bot.chat.linking import Linkings
from bot.chat.live_states import LiveStates
from bot.chat.money_again import MoneyAgain, money_in
from bot.chat.notices import Notices
from bot.chat.payments import money_in_trouble
from bot.chat.poller import Poller, TokenInUse, TokenRefused
from bot.chat.preset_notice import PresetNotice
from bot.chat.progress import Progress
from bot.chat.refunds import Refunds
from bot.chat.sending import kinds_of_notice
from bot.chat.talks import Talks
from bot.chat.uploads import TelegramFiles
from bot.chat.work import ROW
from bot.checker import NumberChecker
from bot.clockwork import clockwork_of
from bot.driving import driving_of
from bot.files.tidying import tidying
from bot.group_importer import GroupImporter
from bot.herald import Herald
from bot.importer import ImportWorker
from bot.machine import Machine, file_of
from bot.memory import keep_what_is_loaded
from bot.official import Official
from bot.ops.inside import Inside
from bot.ops.inside_of import inside_of_chat
from bot.parts import Parts
from bot.screens.base import Desk
from bot.senders import Hints
from bot.tasks import TaskOwner
from bot.telegram_groups import look_at_group
from bot.texts import plain
from bot.vault import Vault
from domain.kernel.errors import Interrupted, StoreAway
from domain.kernel.ids import CampaignId
from domain.kernel.work import Work
from domain.operators.chat import InboxUpdate
from domain.scheduler.doubts import ClearDoubts
from domain.scheduler.news import ReadNews
from domain.scheduler.opening import give_missing_trials
from domain.scheduler.plans import Plans
from domain.scheduler.timers import Timers

log = structlog.get_logger(__name__)


MENU: Final = ("start", "campaigns", "contacts", "link", "balance", "help")
DRAIN_SECONDS: Final = 20.0
#: Tries at an update for which the store was away, before its chat is told so.
TOLD_AFTER: Final = 3


class App:
    """`async with App(parts) as app: await app.run(stop)`."""

    def __init__(self, parts: Parts, token: str) -> None:
        self.parts = parts
        settings, store, clock = parts.settings, parts.store, parts.clock
        self.tasks = TaskOwner()
        self.ptb = build_application(settings, token, parts.meters)
        self.bot: Bot = self.ptb.bot
        self.hints = Hints()
        self.files = TelegramFiles(self.bot, parts.media)
        self.official = self._official()
        self.live = LiveStates(store, parts.channels.web, self.tasks, lambda id: self.chat.panels.in_step(id))
        self.machine = self._machine()
        self.chat = ChatDesk(self._desk(), self.bot, self.tasks)
        self.notices = Notices(self.bot, store, clock, kinds_of_notice(store, parts.media, clock, self.tasks))
        announcer = ChatAnnouncer(clock)
        self._schedule(announcer)
        self.progress = Progress(store, self.bot, clock, self.tasks, caps=settings.caps)
        self.importer = ImportWorker(
            store=store, reader=parts.reader, media=parts.media, fetch=self.files.fetch,
            refresh=self._refresh_import, clock=clock,
        )  # fmt: skip
        self.checker = NumberChecker(
            store=store, web=parts.channels.web, clock=clock, rng=parts.rng, tasks=self.tasks,
            refresh=self.chat.panels.refresh_all,
        )  # fmt: skip
        self.group_importer = GroupImporter(
            store=store, web=parts.channels.web, clock=clock, tasks=self.tasks,
            refresh=self.chat.panels.refresh_all,
        )  # fmt: skip
        self.leftovers = Leftovers(store, parts.channels.web, self.news, clock, self.tasks)
        self.linkings = Linkings(
            bot=self.bot, store=store, clock=clock, web=parts.channels.web, tasks=self.tasks,
            panels=self.chat.panels, leftovers=self.leftovers, announcer=announcer, watcher=self.hints,
            default_zone=settings.default_zone,
        )  # fmt: skip
        self.checkout = Checkout(self.bot, store, clock, settings.tariff, self.tasks)
        self.refunds = Refunds(self.bot, store, clock, settings.admin_ids)
        self.lanes = Lanes(self.work, lambda: self.poller.left_in_lanes())
        self.money_again = MoneyAgain(self.lanes.put, self.tasks)
        self._at_work: dict[int, InboxUpdate] = {}
        #: Updates that wait for the store, with how often it was away.
        self._unstored: dict[int, int] = {}
        self.poller = Poller(self.bot, store, clock, Vault(parts.key), self.lanes.put, self.checkout.put)
        self._listen()

    def _machine(self) -> Machine:
        settings = self.parts.settings
        return Machine(
            web=self.parts.channels.web, data_dir=settings.data_dir, database_file=file_of(settings.database),
            last_poll=lambda: self.poller.last_good_poll, lanes=lambda: self.lanes.busy,
            senders=lambda: self.senders.at_work,
        )  # fmt: skip

    def _official(self) -> Official:
        parts = self.parts
        return Official(
            links=parts.cloud, settings=parts.settings, store=parts.store, watcher=self.hints,
            clock=parts.clock, key=parts.key, verify_token=parts.sign("webhooks of WhatsApp"),
            announcer=ChatAnnouncer(parts.clock), meters=parts.meters,
            tell=PresetNotice(parts.settings.admin_ids, parts.clock),
        )  # fmt: skip

    def _schedule(self, announcer: ChatAnnouncer) -> None:
        """What sends, listens and keeps time."""
        parts = self.parts
        settings, store, clock = parts.settings, parts.store, parts.clock
        self.talks = Talks(
            self.bot, store, clock, self.tasks, media=parts.media, attachments_for=self.ways.attachments_for
        )
        self.timers = Timers(
            store=store, announcer=announcer, watcher=self.hints, clock=clock, caps=settings.caps
        )
        self.plans = Plans(store=store, announcer=announcer, watcher=self.hints)
        self.news = ReadNews(
            store=store, source_for=parts.channels.source_for, announcer=announcer, watcher=self.hints,
            clock=clock,
        )  # fmt: skip
        self.driving = driving_of(
            parts, news=self.news, ways=self.ways, pace=self.official.pace, announcer=announcer,
            hints=self.hints, tasks=self.tasks,
        )  # fmt: skip
        self.readers, self.senders = self.driving.readers, self.driving.senders
        self.doubts = ClearDoubts(
            store=store, journal_for=parts.channels.journal_for, channels=parts.channels.with_journal,
            announcer=announcer, watcher=self.hints,
        )  # fmt: skip

    @cached_property
    def inside(self) -> Inside:
        """What is shown to whoever looks after the machine."""
        return inside_of_chat(
            self.parts, poller=self.poller, lanes=self.lanes, senders=self.senders, sessions=self.live.words
        )

    @property
    def ways(self) -> Ways:
        return Ways(self.parts.channels, self.official)

    def _desk(self) -> Desk:
        parts, settings = self.parts, self.parts.settings
        return Desk(
            store=parts.store, clock=parts.clock, rng=parts.rng, caps=settings.caps, watcher=self.hints,
            linker=parts.channels.linker, web=parts.channels.web, live=self.live.words,
            machine=self.machine, files=self.files, cloud=self.official.numbers,
            admin_ids=settings.admin_ids, environment=settings.environment, desk_id=parts.desk_id,
            default_country=settings.default_country, default_zone=settings.default_zone,
            tariff=settings.tariff, open_to_all=settings.registration == "open", sign=parts.sign,
            bot_name=lambda: self.bot.username, phones_page=settings.phones_page,
            simulators=parts.channels.simulators,
            announcer=ChatAnnouncer(parts.clock),
            look_at_group=lambda chat_id: look_at_group(self.bot, chat_id),
        )  # fmt: skip

    def _listen(self) -> None:
        self.hints.on_account.append(self.senders.poke)
        self.herald = Herald(self.hints, self.parts.tell)
        self.herald.accounts.append(self.senders.poke)
        self.herald.campaigns += [self.progress.changed, self._campaign_changed]
        self.parts.wakes.on_word(self.herald.hear)
        self.hints.on_campaign.append(self.progress.changed)
        self.hints.on_campaign.append(self._campaign_changed)
        pokes = {
            Work.NOTICES: self.notices.poke, Work.CONVERSATIONS: self.talks.poke,
            Work.IMPORTS: self.importer.poke, Work.GROUP_IMPORTS: self.group_importer.poke,
            Work.CHECKS: self.checker.poke, Work.LINKINGS: self.linkings.poke,
            Work.LEFTOVERS: self.leftovers.poke, Work.REFUNDS: self.refunds.poke,
        }  # fmt: skip
        for work in Work:
            self.parts.wakes.on(work, pokes[work])
        chat, add = self.chat, self.ptb.add_handler
        add(CallbackQueryHandler(chat.on_tap))
        groups = GroupChanges(bot=self.bot, store=self.parts.store, clock=self.parts.clock)
        add(ChatMemberHandler(groups.on_change, ChatMemberHandler.MY_CHAT_MEMBER))
        money = filters.SUCCESSFUL_PAYMENT | filters.StatusUpdate.REFUNDED_PAYMENT
        add(MessageHandler(filters.UpdateType.MESSAGE & money, chat.on_payment))
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

    async def work(self, row: InboxUpdate) -> bool:
        """Hand one stored update to PTB's handlers. An update that does not parse is set aside; one that
        moves money is tried again, whatever is wrong. False: the store was away; the same again later."""
        token = ROW.set(row.seq)
        before = self._unstored.get(row.seq, 0)
        self._at_work[row.seq] = row
        try:
            update = Update.de_json(dict(self.poller.sealed.open(row.payload)), self.bot)
            if self.handles(update):
                await self.ptb.process_update(update)
            else:
                await self.chat.only_done()
        except Exception as error:
            await self._trouble(row, error)
        finally:
            # Still there: no trouble came of it.
            if self._at_work.pop(row.seq, None) is not None:
                self.money_again.worked(row.seq)
            ROW.reset(token)
        if self._unstored.get(row.seq, 0) > before:
            return False
        self._unstored.pop(row.seq, None)
        return True

    def handles(self, update: Update) -> bool:
        return any(
            handler.check_update(update) not in (None, False)
            for group in self.ptb.handlers.values()
            for handler in group
        )

    async def _failed(self, update: object, context: Any) -> None:
        """process_update swallows what handlers raise and comes here instead."""
        await self._trouble(self._at_work[ROW.get()], context.error)

    async def _trouble(self, row: InboxUpdate, error: BaseException) -> None:
        self._at_work.pop(row.seq, None)
        money = money_in(row)
        if money is None and isinstance(error, StoreAway | Interrupted):
            return await self._wait_for_store(row, error)
        # Asked for before the store is: that may be what fails.
        tries = 0 if money is None else self.money_again.failed(row)
        try:
            if money is None:
                await self.chat.trouble(row, error)
            else:
                await money_in_trouble(self.chat.desk, row, money, error, tries)
        except Exception as worse:
            # The store itself fails (a full disk): the update stays waiting and is worked later.
            log.error("update left waiting", seq=row.seq, exc_info=worse)
            await self.poller.no_room.tell([row.lane_key])

    async def _wait_for_store(self, row: InboxUpdate, error: BaseException) -> None:
        """Nothing is wrong with the update. The chat is told when it takes longer."""
        tries = self._unstored[row.seq] = self._unstored.get(row.seq, 0) + 1
        log.warning("update waits for the store", seq=row.seq, tries=tries, error=str(error))
        if tries == TOLD_AFTER:
            await self.poller.no_room.tell([row.lane_key])

    def _campaign_changed(self, id: CampaignId, at_once: bool) -> None:
        if at_once:
            self.tasks.start(f"panels-{id}", self._show_changed(id))

    async def _show_changed(self, id: CampaignId) -> None:
        async with self.parts.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        self.chat.panels.in_step(campaign.workspace_id)

    async def _refresh_import(self, _: int, import_id: int) -> None:
        await self.chat.panels.refresh_all("import", import_id)

    # -- the whole --------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set. Raises TokenInUse or TokenRefused."""
        await self._unless_stopped("greeting", self._greet(), stop)
        if stop.is_set():
            await self.bot.shutdown()
            return
        keep_what_is_loaded()
        clockwork = clockwork_of(
            store=self.parts.store, clock=self.parts.clock, timers=self.timers, plans=self.plans,
            lanes=self.lanes, poller=self.poller, panels=self.chat.panels, doubts=self.doubts,
            webhooks=self.official.worker, nightly=nightly_of(self.parts, self.bot), tidy=tidying(self.parts),
        )  # fmt: skip
        async with self.tasks:
            try:
                await take_over_copy(self.parts)
                await self.timers.end_leases(
                    self.parts.clock.now(), owner=self.parts.owner if self.parts.turns is None else None
                )
                await give_missing_trials(
                    self.parts.store, self.parts.settings.tariff, at=self.parts.clock.now()
                )
                await self.official.start(self.tasks)
                self.lanes.start(self.tasks)
                self._start_parts()
                clockwork.start()
                # What ends the poller ends the program.
                await self._unless_stopped("poller", self._polling(), stop)
            finally:
                clockwork.shutdown(wait=False)
                await self._drain()
        await self.ptb.shutdown()

    def _start_parts(self) -> None:
        """All that goes on by itself."""
        start = self.tasks.start
        start("listening", self.parts.listen())
        if self.parts.turns is not None:
            start("herald", self.herald.run())
        start("notices", self.notices.run())
        self.talks.start()
        start("progress", self.progress.run())
        start("importer", self.importer.run())
        start("refunds", self.refunds.run())
        start("linkings", self.linkings.run())
        start("leftovers", self.leftovers.run())
        start("groups", self.group_importer.run())
        start("checker", self.checker.run())
        start("live", self.live.run())
        start("machine", self.machine.run())
        start("senders", self.senders.run())
        start("news", self.readers.run())
        start("panels", self.chat.panels.show_left_over())

    async def _greet(self) -> TokenRefused | None:
        """Telegram may be away at the start: keep trying."""
        while True:
            try:
                await self.ptb.initialize()
                break
            except InvalidToken:
                return TokenRefused()
            except NetworkError as error:
                log.warning("Telegram does not answer; trying again", error=type(error).__name__)
                await asyncio.sleep(3)
        try:
            await self.bot.set_my_commands([BotCommand(name, plain(f"menu.{name}")) for name in MENU])
        except TelegramError as error:
            log.warning("the menu could not be set", error=type(error).__name__)
        return None

    async def _unless_stopped(
        self, name: str, work: Coroutine[Any, Any, TokenInUse | TokenRefused | None], stop: asyncio.Event
    ) -> None:
        """Work to its end, or until told to stop. Raises the refusal it ends with."""
        working = self.tasks.start(name, work)
        waiting = self.tasks.start("stop", stop.wait())
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        waiting.cancel()
        if not stop.is_set() and (refusal := await working):
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
                await self.talks.flush()
        except TimeoutError:
            log.warning("stopped before everything was finished; it goes on at the next start")
        except Exception as error:
            log.error("stopping", exc_info=error)
