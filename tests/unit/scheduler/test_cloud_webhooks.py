"""Webhooks of the official channel: worked once each, in any order, and only for whom they are signed."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.senders import Hints
from domain.accounts.model import Account, AccountState
from domain.campaigns.model import CampaignState, PauseReason
from domain.contacts.model import Consent
from domain.contacts.ports import ImportedRow
from domain.delivery.channel import ChannelEvent, Effect
from domain.delivery.cloud_accounts import UNVOUCHED, CloudAccount, Named
from domain.delivery.recipients import RecipientState
from domain.delivery.templates import MessageTemplate, TemplateStatus
from domain.kernel.ids import AccountId, CampaignId, ListId
from domain.pacing.channel_limits import PeopleLimit, Quality
from domain.scheduler.cloud_webhooks import TRIES, WorkWebhooks
from domain.scheduler.events import CloudNumberChanged, ReplyReceived, TemplateChanged
from domain.scheduler.unit import Unit
from tests.fakes.cloud import CHOSEN, REMOTE, SALE, WABA, a_cloud_account
from tests.fakes.stores import NOW, a_list, a_running_campaign
from tests.unit.cloud import bodies
from tests.unit.cloud.bodies import body, inbound, preference, status, statuses
from tests.unit.scheduler.world import World, world
from whatsapp.cloud.signed import SignedReader, with_signature
from whatsapp.cloud.webhooks import sign

R = RecipientState
SECRET, THEIRS = "0123456789abcdef" * 2, "fedcba9876543210" * 2
SHEENA = "+16505551234"


@dataclass
class Keys:
    secrets: dict[str, str] = field(default_factory=lambda: {REMOTE: SECRET, "999": THEIRS})

    def app_secrets(self) -> Sequence[str]:
        return list(self.secrets.values())

    def secrets_of(self, phone_number_id: str) -> Sequence[str]:
        return [self.secrets[phone_number_id]] if phone_number_id in self.secrets else []

    def verify_tokens(self) -> Sequence[str]:
        return ()


@dataclass
class Applied:
    """Effects that were asked for, and numbers that should be asked about."""

    events: list[ChannelEvent] = field(default_factory=list)
    stale: list[AccountId] = field(default_factory=list)

    async def apply(self, unit: Unit, account: Account, event: ChannelEvent) -> None:
        self.events.append(event)

    def soon(self, ids: Sequence[AccountId]) -> None:
        self.stale.extend(ids)


@dataclass(kw_only=True)
class Office:
    on: World
    number: AccountId
    people: ListId
    keys: Keys = field(default_factory=Keys)
    applied: Applied = field(default_factory=Applied)

    def __post_init__(self) -> None:
        self.work = WorkWebhooks(
            store=self.on.store, reader=SignedReader(self.keys), effects=self.applied,
            refreshing=self.applied, announcer=self.on.heard, watcher=Hints(), clock=self.on.clock,
        )  # fmt: skip

    async def arrives(self, *told: Mapping[str, Any], secret: str = SECRET) -> None:
        raw = [json.dumps(one).encode() for one in told]
        async with self.on.store.write() as unit:
            await unit.cloud.store_webhooks([(with_signature(one, sign(one, secret)), NOW) for one in raw])
            await unit.commit()

    async def told(self, *told: Mapping[str, Any], secret: str = SECRET) -> None:
        """It came, and was worked."""
        await self.arrives(*told, secret=secret)
        while await self.work.some():
            pass

    async def left(self) -> tuple[int, int]:
        """Bodies that wait, and that were set aside."""
        async with self.on.store.read() as unit:
            return len(await unit.cloud.webhooks(limit=1000)), await unit.cloud.webhooks_aside()

    async def sent(self, campaign: CampaignId) -> list[str]:
        """Everybody was written to; their keys."""
        async with self.on.store.write() as unit:
            claims, _ = await unit.delivery.claim(
                campaign, self.number, desk="d", owner="me", now=NOW, lease_until=NOW, limit=1000
            )
            await unit.commit()
        return [claim.key for claim in claims]

    async def states(self, campaign: CampaignId) -> list[RecipientState]:
        async with self.on.store.read() as unit:
            return [row.state for row in await unit.delivery.recipients(campaign, limit=1000)]

    async def consent(self, number: str = SHEENA) -> Consent | None:
        async with self.on.store.read() as unit:
            known = await unit.contacts.by_number(self.on.space, number)
        return None if known is None else known.consent

    async def cloud(self) -> CloudAccount:
        async with self.on.store.read() as unit:
            found = await unit.cloud.account(self.number)
        assert found is not None
        return found

    async def campaign(self, *, template: bool = False) -> CampaignId:
        async with self.on.store.write() as unit:
            id = await a_running_campaign(unit, self.on.space, self.on.ayse, self.number, self.people)
            if template:
                now = await unit.campaigns.any(id)
                await unit.campaigns.save(replace(now, template=CHOSEN), expected=now.version)
                await unit.cloud.save_templates(WABA, [SALE], at=NOW)
            await unit.commit()
        return id

    async def standing(self, id: CampaignId) -> tuple[CampaignState, PauseReason | None]:
        async with self.on.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        return campaign.state, campaign.pause_reason

    @property
    def replies(self) -> list[ReplyReceived]:
        return [one for one in self.on.heard.events if isinstance(one, ReplyReceived)]


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    async with world(folder) as on:
        async with on.store.write() as unit:
            number = await a_cloud_account(unit, on.space, number="+15550783881")
            people = await a_list(unit, on.space, 3)
            await unit.commit()
        yield Office(on=on, number=number, people=people)


def receipt(word: str, key: str, **parts: Any) -> dict[str, Any]:
    return statuses(status(word, biz_opaque_callback_data=key, **parts))


def template_news(event: str) -> dict[str, Any]:
    return body(
        "message_template_status_update",
        {"event": event, "message_template_id": SALE.id, "message_template_name": SALE.name,
         "message_template_language": SALE.language, "reason": "NONE"},
    )  # fmt: skip


# ---- receipts


async def test_statuses_become_receipts_by_the_key_that_was_sent_along(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        campaign = await here.campaign()
        first, second, third = await here.sent(campaign)
        failed = receipt("failed", third, errors=[{"code": 131026, "title": "Message undeliverable"}])
        await here.told(receipt("delivered", first), receipt("read", second), failed)
        assert await here.states(campaign) == [R.DELIVERED, R.READ, R.FAILED]
        assert await here.left() == (0, 0)
        assert (await here.cloud()).heard_at is not None


async def test_no_order_is_expected_and_what_is_told_again_changes_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        campaign = await here.campaign()
        keys = await here.sent(campaign)
        words = ("sent", "delivered", "read")
        told = [receipt(word, key, timestamp=bodies.AT) for key in keys for word in words] * 2
        # Whoever repeats a status tells it in another post: the bodies differ.
        posts = [{**one, "entry": one["entry"], "n": n} for n, one in enumerate(told)]
        Random(5).shuffle(posts)
        await here.told(*posts)
        assert await here.states(campaign) == [R.READ] * 3


async def test_killed_between_storing_and_working_nothing_is_lost_and_nothing_done_twice(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        await here.arrives(inbound("text", text={"body": "Hello"}))

        async def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        done = here.on.heard.announce
        here.on.heard.announce = killed  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            await here.work.some()
        assert await here.left() == (1, 0)
        here.on.heard.announce = done  # type: ignore[method-assign]
        while await here.work.some():
            pass
        assert len(here.replies) == 1
        assert await here.left() == (0, 0)


async def test_a_failure_asks_for_its_effect(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        keys = await here.sent(await here.campaign())
        stopped = {"code": 131050, "title": "User has stopped marketing messages"}
        await here.told(receipt("failed", keys[0], errors=[stopped]))
        (event,) = here.applied.events
        assert (event.effect, event.key, event.code) == (Effect.REVOKE_CONSENT, keys[0], 131050)
        assert (event.to, event.reason) == (SHEENA, "stopped_marketing")


async def test_trouble_of_the_number_itself_asks_for_its_effect(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(body("messages", bodies.value(errors=[{"code": 131048, "title": "Spam"}])))
        assert [event.effect for event in here.applied.events] == [Effect.PAUSE_ACCOUNT]


async def test_a_stop_of_the_number_that_was_seen_to_does_not_stop_it_again(tmp_path: Path) -> None:
    def spam(key: str, at: datetime) -> dict[str, Any]:
        errors = [{"code": 131048, "title": "Spam rate limit hit"}]
        return receipt("failed", key, errors=errors, timestamp=str(int(at.timestamp())))

    async with office(tmp_path) as here:
        first, second, _ = await here.sent(await here.campaign())
        await here.told(spam(first, NOW + timedelta(minutes=1)))
        assert [event.effect for event in here.applied.events] == [Effect.PAUSE_ACCOUNT]
        async with here.on.store.write() as unit:
            connected, at = AccountState.CONNECTED, NOW + timedelta(hours=1)
            await unit.accounts.set_state(here.number, connected, reason=None, at=at)
            await unit.commit()
        await here.told(spam(second, NOW + timedelta(minutes=2)))
        assert len(here.applied.events) == 1
        await here.told(spam(second, NOW + timedelta(hours=2)))
        assert len(here.applied.events) == 2


# ---- who may speak


async def test_another_workspaces_app_cannot_speak_of_our_number(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        campaign = await here.campaign(template=True)
        keys = await here.sent(campaign)
        forged = (receipt("read", keys[0]), inbound("text", text={"body": "STOP"}), preference("stop"))
        await here.told(*forged, template_news("DISABLED"), bodies.BANNED, secret=THEIRS)
        assert R.READ not in await here.states(campaign)
        assert await here.consent() is None
        assert here.on.heard.events == []
        assert here.applied.events == []
        assert await here.left() == (0, 3), "what it said of people is kept, should the secret be given here"
        assert (await here.cloud()).heard_at is None


async def test_a_stop_told_before_the_secret_is_given_counts_once_it_is(tmp_path: Path) -> None:
    """A second number of the same app: the first one's secret lets its news in."""
    async with office(tmp_path) as here:
        del here.keys.secrets[REMOTE]
        await here.told(inbound("text", text={"body": "STOP"}), bodies.BANNED, secret=THEIRS)
        assert (await here.consent(), await here.left()) == (None, (0, 1))
        here.keys.secrets[REMOTE] = THEIRS
        async with here.on.store.write() as unit:
            await unit.cloud.reopen_webhooks(why=UNVOUCHED)
            await unit.commit()
        while await here.work.some():
            pass
        assert (await here.consent(), await here.left()) == (Consent.REVOKED, (0, 0))
        assert here.applied.events == [], "how the business stood then is old news"


async def test_news_of_a_number_that_is_not_here_are_passed_over(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.keys.secrets["1"] = SECRET
        other = json.loads(json.dumps(bodies.TEXT).replace(REMOTE, "1"))
        await here.told(other)
        assert (here.replies, await here.left()) == ([], (0, 0))


# ---- people


async def test_a_message_is_a_reply_and_opens_the_window_for_a_day(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.TEXT)
        (told,) = here.replies
        assert (told.reply.number, told.reply.text) == (SHEENA, "Does it come in another color?")
        async with here.on.store.read() as unit:
            known = (await unit.cloud.people(here.number, [SHEENA]))[SHEENA]
        assert known.wrote_at == datetime.fromtimestamp(int(bodies.AT), tz=UTC)


async def test_a_reply_under_another_wa_id_is_matched_with_whom_we_wrote_to(tmp_path: Path) -> None:
    """Brazil's ninth digit: the send was accepted as another number than was dialled."""
    async with office(tmp_path) as here:
        async with here.on.store.write() as unit:
            row = ImportedRow(number="+5511987654321", name="Bruno", attributes={})
            await unit.contacts.save_rows(here.on.space, None, [row], at=NOW)
            named = [a_name("+5511987654321", wa_id="551187654321")]
            await unit.cloud.name_people(here.number, named)
            await unit.commit()
        await here.told(inbound("text", text={"body": "STOP"}, **{"from": "551187654321"}))
        assert (here.replies[0].reply.name, here.replies[0].stopped) == ("Bruno", True)
        assert await here.consent("+5511987654321") is Consent.REVOKED


@pytest.mark.parametrize("by", ["word", "setting"])
async def test_who_is_on_a_list_under_two_numbers_says_stop_once_for_both(tmp_path: Path, by: str) -> None:
    dialled, called = "+5215512345678", "+525512345678"
    async with office(tmp_path) as here:
        async with here.on.store.write() as unit:
            rows = [ImportedRow(number=one, name="Rosa", attributes={}) for one in (dialled, called)]
            await unit.contacts.save_rows(here.on.space, None, rows, at=NOW)
            await unit.cloud.name_people(here.number, [a_name(dialled, wa_id=called[1:])])
            await unit.commit()
        word = inbound("text", text={"body": "STOP"}, **{"from": called[1:]})
        await here.told(word if by == "word" else preference("stop", wa_id=called[1:]))
        assert await here.consent(dialled) is Consent.REVOKED
        assert await here.consent(called) is Consent.REVOKED


def a_name(number: str, *, wa_id: str | None = None, user_id: str | None = None) -> Named:
    return Named(number=number, wa_id=wa_id, user_id=user_id)


def hidden(text: str, id: str = "wamid.H=") -> dict[str, Any]:
    """Somebody whose number is not told."""
    told = deepcopy(inbound("text", text={"body": text}, id=id))
    value = told["entry"][0]["changes"][0]["value"]
    del value["messages"][0]["from"], value["contacts"][0]["wa_id"]
    return told


async def test_whoever_hides_their_number_is_known_by_the_id_they_had_before(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.TEXT)
        await here.told(hidden("stop"))
        assert here.replies[-1].reply.number == SHEENA
        assert await here.consent() is Consent.REVOKED


async def test_a_hidden_stranger_becomes_a_notice_and_no_contact(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(hidden("stop"))
        assert here.replies[0].reply.number == "US.13491208655302741918"
        async with here.on.store.read() as unit:
            assert await unit.contacts.by_number(here.on.space, "US.13491208655302741918") is None


async def test_whoever_changes_their_number_stays_the_same_contact(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.TEXT, bodies.CHANGED_NUMBER)
        await here.told(inbound("text", text={"body": "STOP"}, id="wamid.N=", **{"from": "12195555358"}))
        assert here.replies[-1].reply.number == SHEENA
        assert await here.consent() is Consent.REVOKED


async def test_stopping_marketing_at_whatsapp_is_a_stop_and_resuming_takes_it_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(preference("stop", timestamp=1731705721))
        assert await here.consent() is Consent.REVOKED
        await here.told(preference("resume", timestamp=1731705900))
        assert await here.consent() is Consent.GRANTED


async def test_preferences_that_come_late_or_again_do_not_undo_what_was_said_since(tmp_path: Path) -> None:
    stop, resume = preference("stop", timestamp=1731705721), preference("resume", timestamp=1731705900)
    later_stop = preference("stop", timestamp=1731706000)
    async with office(tmp_path) as here:
        await here.told(stop, resume)
        await here.told({**stop, "again": 1})
        assert await here.consent() is Consent.GRANTED
        await here.told(later_stop)
        await here.told({**resume, "again": 1})
        assert await here.consent() is Consent.REVOKED
        async with here.on.store.read() as unit:
            known = await unit.contacts.by_number(here.on.space, SHEENA)
            assert known is not None
            events = await unit.contacts.consent_events(known.id)
        assert [event.granted for event in events] == [False, True, False]


async def test_a_start_that_was_written_before_the_stop_does_not_undo_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(inbound("text", text={"body": "STOP"}, id="wamid.2=", timestamp="1749416500"))
        await here.told(inbound("text", text={"body": "START"}, id="wamid.1=", timestamp="1749416400"))
        assert await here.consent() is Consent.REVOKED


# ---- numbers, templates, the business account


async def test_a_paused_template_pauses_the_campaigns_that_send_it_and_no_others(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        plain, with_template = await here.campaign(), await here.campaign(template=True)
        await here.told(template_news("PAUSED"))
        assert await here.standing(with_template) == (CampaignState.PAUSED, PauseReason.TEMPLATE)
        assert await here.standing(plain) == (CampaignState.RUNNING, None)
        (told,) = here.on.heard.events
        assert isinstance(told, TemplateChanged)
        assert told.after is not None
        assert (told.after.status, [one.id for one in told.paused]) == (
            TemplateStatus.PAUSED,
            [with_template],
        )


async def test_whatsapp_is_asked_how_a_template_stands_since_news_of_it_come_in_any_order(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        await here.campaign(template=True)
        await here.told(template_news("PAUSED"))
        assert here.applied.stale == [here.number]
        await here.told(template_news("APPROVED"))
        assert here.applied.stale == [here.number] * 2
        await here.told({**template_news("APPROVED"), "again": 1})
        assert here.applied.stale == [here.number] * 2, "nothing is new"


async def quality_is(here: Office, word: str) -> None:
    news = {
        "message_template_id": SALE.id, "message_template_name": SALE.name,
        "message_template_language": SALE.language, "new_quality_score": word,
    }  # fmt: skip
    await here.told(body("message_template_quality_update", news))


async def test_yellow_is_told_and_red_pauses(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        campaign = await here.campaign(template=True)
        await quality_is(here, "YELLOW")
        assert await here.standing(campaign) == (CampaignState.RUNNING, None)
        await quality_is(here, "RED")
        assert await here.standing(campaign) == (CampaignState.PAUSED, PauseReason.TEMPLATE)
        kept = await template_kept(here)
        assert kept is not None
        assert kept.quality is Quality.RED
        assert len(here.on.heard.events) == 2
        await here.told({**template_news("APPROVED"), "again": 1})
        assert len(here.on.heard.events) == 2, "nothing is new"


async def template_kept(here: Office) -> MessageTemplate | None:
    async with here.on.store.read() as unit:
        return await unit.cloud.template(WABA, SALE.id)


async def test_a_template_that_is_new_or_edited_is_to_be_fetched(tmp_path: Path) -> None:
    edited = body(
        "message_template_components_update",
        {"message_template_id": SALE.id, "message_template_name": SALE.name,
         "message_template_language": SALE.language, "message_template_element": "Hi {{1}}"},
    )  # fmt: skip
    async with office(tmp_path) as here:
        await here.told(template_news("APPROVED"))
        assert here.applied.stale == [here.number]
        await here.campaign(template=True)
        await here.told(edited)
        assert here.applied.stale == [here.number, here.number]


async def test_a_lower_limit_is_kept_and_told_and_whatsapp_asked_for_the_rest(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.QUALITY)
        assert (await here.cloud()).people == PeopleLimit(people=10_000)
        (told,) = here.on.heard.events
        assert isinstance(told, CloudNumberChanged)
        assert here.applied.stale == [here.number]


async def test_a_flagged_number_is_red(tmp_path: Path) -> None:
    flagged = {"display_phone_number": "15550783881", "event": "FLAGGED"}
    async with office(tmp_path) as here:
        await here.told(body("phone_number_quality_update", flagged))
        assert (await here.cloud()).quality is Quality.RED
        other = {**flagged, "display_phone_number": "15550000000"}
        await here.told(body("phone_number_quality_update", other))
        assert len(here.on.heard.events) == 1, "of another number of the same business"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (bodies.BANNED, "policy_blocked"),
        (bodies.RESTRICTED, "policy_blocked"),
        (body("account_update", {"event": "ACCOUNT_DELETED"}), "number_gone"),
        (body("account_update", {"event": "PARTNER_REMOVED"}), "permission_missing"),
    ],
)
async def test_a_business_account_that_may_send_no_more_stops_its_numbers(
    tmp_path: Path, told: dict[str, Any], reason: str
) -> None:
    async with office(tmp_path) as here:
        await here.told(told)
        assert [(event.effect, event.reason) for event in here.applied.events] == [
            (Effect.PAUSE_ACCOUNT, reason)
        ]


async def test_a_violation_that_stops_nothing_stops_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.told(bodies.VIOLATION)
        assert (here.applied.events, here.applied.stale) == ([], [here.number])


# ---- what cannot be worked


async def test_what_cannot_be_read_is_set_aside_and_counted_and_holds_nobody_up(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        async with here.on.store.write() as unit:
            await unit.cloud.store_webhooks([(b"sha256=00\n{half a bo", NOW)])
            await unit.commit()
        await here.told(bodies.TEXT)
        assert (len(here.replies), await here.left()) == (1, (0, 1))


async def test_one_that_fails_again_and_again_is_set_aside_and_the_others_are_worked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(tmp_path) as here:
        await here.arrives(bodies.BANNED, bodies.TEXT)

        async def broken(unit: Unit, account: Account, event: ChannelEvent) -> None:
            raise LookupError("a fault of ours")

        here.applied.apply = broken  # type: ignore[method-assign]
        for _ in range(TRIES - 1):
            with pytest.raises(LookupError):
                await here.work.some()
        assert await here.left() == (1, 0)
        await here.work.some()
        assert (len(here.replies), await here.left()) == (1, (0, 1))


async def test_while_nothing_can_be_written_nothing_is_set_aside(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.arrives(bodies.TEXT)
        real = here.on.store.write

        def full(**_how: bool) -> Any:
            raise OSError("the disk is full")

        here.on.store.write = full  # type: ignore[method-assign]
        for _ in range(TRIES + 2):
            with pytest.raises(OSError, match="full"):
                await here.work.some()
        here.on.store.write = real  # type: ignore[method-assign]
        assert await here.left() == (1, 0)
        await here.told()
        assert len(here.replies) == 1


async def test_no_text_of_anybody_reaches_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    odd = statuses(status("teleported"), status("sent"))
    async with office(tmp_path) as here:
        await here.told(odd, bodies.TEXT)
    assert "teleported" not in caplog.text
    assert "another color" not in caplog.text
    assert "statuses[0]" in caplog.text


async def test_a_person_may_be_told_of_by_an_earlier_time_than_now(tmp_path: Path) -> None:
    """WhatsApp repeats for seven days: what comes late has the time it happened at."""
    late = NOW - timedelta(days=6)
    async with office(tmp_path) as here:
        stamp = str(int(late.timestamp()))
        await here.told(inbound("text", text={"body": "STOP"}, timestamp=stamp))
        async with here.on.store.read() as unit:
            known = await unit.contacts.by_number(here.on.space, SHEENA)
            assert known is not None
            (event,) = await unit.contacts.consent_events(known.id)
        assert event.at == late
