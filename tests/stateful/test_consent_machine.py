"""Agreements, stops, imports, forgettings, campaigns and crashes, in any order: nobody is sent to who has not
agreed at the moment of the claim, and nobody who was forgotten is there.

What people said is kept by a model (`consent_world`) that knows nothing of our tables, and asked whenever a
gateway is given a message.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.accounts.model import Account
from domain.campaigns import service as campaigns
from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, CampaignStep
from domain.campaigns.start import Start
from domain.contacts import service as people
from domain.contacts.model import Consent, ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow
from domain.delivery.channel import ChannelEvent, Effect
from domain.delivery.cloud_accounts import Named
from domain.delivery.cloud_news import InboundMessage, Person, PreferenceNews
from domain.delivery.ports import NewsItem, ReplyNews
from domain.delivery.store import DirectPurpose
from domain.kernel.errors import DomainError
from domain.kernel.ids import ListId
from domain.scheduler.cloud_people import take_message, take_preference
from domain.scheduler.forgetting import forget_person
from domain.scheduler.timers import desk_of
from domain.scheduler.unit import Unit
from tests.fakes.cloud import CHOSEN, REMOTE
from tests.fakes.stores import AT_ONCE
from tests.stateful.consent_world import CAPS, HELLO, LEAVE_ME, NUMBERS, TWICE, Nobody, World
from tests.stateful.killed import died

T = TypeVar("T")

#: One of them more often than the others: what must not happen twice has to have its chance.
numbers = st.sampled_from((*NUMBERS, *(NUMBERS[:1] * 5)))
somebody = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=4, unique=True)
dies = st.sampled_from([False, False, False, True])
fates = st.sampled_from(["accepted", "accepted", "accepted", "silent", "busy", "dies"])
#: What is read is often older than it is.
late = st.sampled_from([0, 0, 0, 3, 400])
texts = st.sampled_from(["STOP", "STOP", "iptal", "START", "START", HELLO, LEAVE_ME])


class Message(NamedTuple):
    number: str
    text: str
    at: datetime
    event: str
    official: bool


class ConsentMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.world = World()
        self.lists: list[ListId] = []
        self.messages: list[Message] = []
        self.cursor = 0
        self.run(self.world.begin())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    # -- what operators do ------------------------------------------------------------------------------

    @rule(who=somebody, agreed=st.booleans(), dies=dies)
    def a_file_is_imported(self, who: list[str], agreed: bool, dies: bool) -> None:
        async def work(unit: Unit) -> None:
            space = self.world.space
            made.append(await unit.contacts.create_list(space, f"file {len(self.lists)}", at=self.now))
            rows = [ImportedRow(number=one, name="Can", attributes={}) for one in who]
            await unit.contacts.save_rows(space, made[0], rows, at=self.now)
            if agreed:
                event = ConsentEvent(
                    granted=True, source=ConsentSource.CUSTOMERS, evidence="a form", at=self.now
                )
                await unit.contacts.record_list_consent(made[0], event)

        made: list[ListId] = []
        if self.run(self.world.do(work, dies=dies)):
            self.lists.append(made[0])
            for one in who:
                said = self.world.people.said[one]
                said.agreed |= agreed and said.forgotten is None

    @rule(number=numbers, agrees=st.booleans(), dies=dies)
    def an_operator_records(self, number: str, agrees: bool, dies: bool) -> None:
        async def work(unit: Unit) -> None:
            known = await unit.contacts.by_number(self.world.space, number)
            if known is None or known.consent is Consent.REVOKED:
                return
            by, at = self.world.member, self.now
            if agrees:
                source = ConsentSource.OTHER
                await people.record_consent(unit.contacts, known, source, evidence="said so", by=by, at=at)
            else:
                await people.opt_out(unit.contacts, known, by=by, at=at)
            done.append(number)

        done: list[str] = []
        if self.run(self.world.do(work, dies=dies)) and done:
            if agrees:
                self.world.people.said[number].agreed = True
            else:
                self.world.stopped(number, self.now, told=False, everywhere=False)

    @rule(number=numbers, dies=dies)
    def somebody_is_forgotten(self, number: str, dies: bool) -> None:
        async def work(unit: Unit) -> None:
            known = await unit.contacts.by_number(self.world.space, number)
            if known is not None:
                await forget_person(
                    unit, self.world.space, known.id, by=self.world.member, called="", at=self.now
                )
                done.append(number)

        done: list[str] = []
        if self.run(self.world.do(work, dies=dies)) and done:
            self.world.forgot(number, self.now)

    @rule(number=numbers, purpose=st.sampled_from(["test", "answer"]), official=st.booleans())
    def an_operator_writes(self, number: str, purpose: str, official: bool) -> None:
        async def work(unit: Unit) -> None:
            await unit.delivery.queue_direct(
                workspace_id=self.world.space, member_id=self.world.member, chat_id=1, number=number,
                account_id=self.world.official if official else self.world.plain, text="Hi", media=None,
                purpose=DirectPurpose(purpose), desk="d", campaign_id=None, at=self.now,
            )  # fmt: skip

        self.run(self.world.do(work, dies=False))

    # -- campaigns --------------------------------------------------------------------------------------

    @rule(pick=st.randoms(use_true_random=False), official=st.booleans(), when=st.sampled_from([0, 0, 90]))
    def a_campaign_is_made(self, pick: Random, official: bool, when: int) -> None:
        if not self.lists:
            return
        audience = Audience(kind=AudienceKind.LIST, ref=str(pick.choice(self.lists)))

        async def work(unit: Unit) -> None:
            on = desk_of(unit)
            draft = await campaigns.create(
                on, self.world.space, self.world.member, name="March", at=self.now, audience=audience
            )
            account = self.world.official if official else self.world.plain
            changed = replace(draft, account_id=account, pacing=AT_ONCE, text="Hello {name}")
            if official:
                changed = replace(changed, text="", template=CHOSEN)
            saved = await unit.campaigns.save(changed, expected=draft.version)
            with suppress(DomainError):
                await self._begin(unit, saved, when)

        self.run(self.world.do(work, dies=False))

    async def _begin(self, unit: Unit, draft: Campaign, when: int) -> None:
        on = desk_of(unit)
        if when:
            at = self.now + timedelta(minutes=when)
            await campaigns.schedule(on, draft, at, price=0, expected=draft.version, at=self.now)
        else:
            await Start(caps=CAPS).run(on, draft, expected=draft.version, at=self.now, split=True)

    @rule(
        step=st.sampled_from(["start", "pause", "resume", "resume", "cancel", "again", "follow up"]),
        pick=st.randoms(use_true_random=False), dies=dies,
    )  # fmt: skip
    def an_operator_steers(self, step: str, pick: Random, dies: bool) -> None:
        async def work(unit: Unit) -> None:
            found, total = await unit.campaigns.of_workspace(self.world.space, states=[], limit=100)
            if total:
                with suppress(DomainError):
                    await self._steer(unit, pick.choice(sorted(found, key=lambda one: one.id)), step)

        self.run(self.world.do(work, dies=dies))

    async def _steer(self, unit: Unit, campaign: Campaign, step: str) -> None:
        on, version, at = desk_of(unit), campaign.version, self.now
        match step:
            case "start" if CampaignStep.START in campaign.open_steps():
                await self._begin(unit, campaign, 0)
            case "pause":
                await campaigns.pause(on, campaign, expected=version, at=at)
            case "resume":
                await campaigns.resume(on, campaign, expected=version, at=at)
            case "cancel":
                await campaigns.cancel(on, campaign, expected=version, at=at)
            case "again" if campaign.state is CampaignState.RUNNING:
                await unit.delivery.send_unknown_again(campaign.id, at=self.now)
            case "follow up" if campaign.is_over:
                draft = await campaigns.follow_up(
                    on, campaign, AudienceKind.UNKNOWN_OF, self.world.member, name="Again", at=self.now
                )
                await self._begin(unit, draft, 0)

    @rule(official=st.booleans(), fate=fates)
    def a_number_sends(self, official: bool, fate: str) -> None:
        self.world.gateway.fate = fate
        self.run(self._send(official))

    async def _send(self, official: bool) -> None:
        await self.world.timers.tick(self.now)
        account = self.world.official if official else self.world.plain
        for _ in range(3):
            if await died(self.world.slices.run(account)):
                await self.world.restart()

    # -- what people do ---------------------------------------------------------------------------------

    @rule(number=numbers, text=texts, late=late, official=st.booleans(), dies=dies)
    def somebody_writes(self, number: str, text: str, late: int, official: bool, dies: bool) -> None:
        event = f"m{len(self.messages)}"
        message = Message(number, text, self.now - timedelta(minutes=late), event, official)
        if self.run(self._told(message, dies)):
            self.messages.append(message)
            self.world.heard(number, text, message.at, official=official)

    @rule(pick=st.randoms(use_true_random=False))
    def a_message_is_told_again(self, pick: Random) -> None:
        if self.messages:
            message = pick.choice(self.messages)
            self.run(self._told(message, False))
            number, text, at, _, official = message
            self.world.heard(number, text, at, official=official, again=True)

    async def _told(self, message: Message, dies: bool) -> bool:
        account = await self.world.account(message.official)
        if not message.official:
            if not dies:
                self.cursor += 1
                news = ReplyNews(event=message.event, sender=message.number, text=message.text, at=message.at)
                await self.world.news.apply(account, [NewsItem(cursor=self.cursor, news=news)])
            return not dies
        inbound = InboundMessage(
            phone_number_id=REMOTE, message_id=message.event, kind="text", text=message.text, at=message.at,
            person=Person(wa_id=message.number[1:], user_id=f"US.{message.number}"),
        )  # fmt: skip
        return await self.world.do(lambda unit: self._hears(unit, account, inbound), dies=dies)

    async def _hears(self, unit: Unit, account: Account, inbound: InboundMessage) -> None:
        numbers = await take_message(unit, Nobody(), account, inbound, now=self.now)
        await unit.cloud.people_wrote(account.id, [(number, inbound.at) for number in numbers])

    @rule(number=numbers, wants=st.booleans(), late=late, dies=dies)
    def somebody_sets_it_at_whatsapp(self, number: str, wants: bool, late: int, dies: bool) -> None:
        account, at = self.run(self.world.account(True)), self.now - timedelta(minutes=late)
        news = PreferenceNews(
            phone_number_id=REMOTE, person=Person(wa_id=number[1:]), wants=wants, at=at,
            word="resume" if wants else "stop",
        )  # fmt: skip
        if self.run(self.world.do(lambda unit: take_preference(unit, account, news), dies=dies)):
            if wants:
                self.world.started(number, at, everywhere=True, wrote=False)
            else:
                self.world.stopped(number, at, told=False, everywhere=True)

    @rule(number=numbers, dies=dies)
    def an_error_says_that_they_stopped(self, number: str, dies: bool) -> None:
        account = self.run(self.world.account(True))
        event = ChannelEvent(
            effect=Effect.REVOKE_CONSENT, remote=REMOTE, code=131050, reason="stopped_marketing", to=number,
            key=None, at=self.now,
        )  # fmt: skip
        if self.run(self.world.do(lambda unit: self.world.effects.apply(unit, account, event), dies=dies)):
            self.world.stopped(number, self.now, told=False, everywhere=True)

    @rule(dies=dies)
    def two_numbers_are_found_to_be_one_persons(self, dies: bool) -> None:
        named = [Named(number=TWICE[1], wa_id=TWICE[0][1:])]
        work = self.world.do(lambda unit: unit.cloud.name_people(self.world.official, named), dies=dies)
        if self.run(work):
            self.world.people.are_one = True

    # -- time, and its end ------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 1, 5, 120, 1500]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.advance(minutes=minutes)

    @rule()
    def it_is_restarted(self) -> None:
        self.run(self.world.restart())

    # -- what must always be true -----------------------------------------------------------------------

    @invariant()
    def nobody_was_sent_to_who_had_not_agreed(self) -> None:
        assert self.world.gateway.wrong == []

    @invariant()
    def who_stopped_is_known_to_have_and_who_was_forgotten_is_not_there(self) -> None:
        self.run(self._compare())

    async def _compare(self) -> None:
        async with self.world.store.read() as unit:
            found, total = await unit.contacts.search(self.world.space, "", limit=99)
            assert len(found) == total == sum((await unit.contacts.count(self.world.space)).values())
        here = {one.number: one.consent for one in found}
        assert set(here) <= set(NUMBERS)
        for number, said in self.world.people.said.items():
            if said.forgotten is not None:
                assert number not in here
            elif said.has_stopped and number in here:
                assert here[number] is Consent.REVOKED, (number, said)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.run(self.world.stack.aclose())
            self.runner.close()


ConsentMachine.TestCase.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, derandomize=True
)
TestConsent = ConsentMachine.TestCase
