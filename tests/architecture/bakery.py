"""A bakery with one of everything a button can name, in each state that offers buttons."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.screens.contacts_parts import A_PAGE, tag_number
from domain.accounts.linking import LinkingState, LinkingWait, LinkMode
from domain.accounts.model import AccountState, Channel
from domain.automation.model import WITH_WORDS, Rule, RuleId, When
from domain.campaigns.model import CampaignState, PauseReason
from domain.contacts.groups import Group, GroupCount, GroupImportState
from domain.contacts.importing.rows import ImportPlan
from domain.contacts.ports import ImportedRow, ImportState
from domain.contacts.stop_words import OWN, Heard, Vocabulary
from domain.conversations.tellings import Told
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import ReplyNews
from domain.delivery.recipients import RecipientState
from domain.delivery.template_values import Always, CampaignTemplate, FromColumn, ValueMap
from domain.delivery.templates import HeaderKind, Slot
from domain.hours.model import Holiday, Hours
from domain.hours.presets import PRESETS
from domain.kernel.ids import AccountId, ListId, MemberId, WorkspaceId
from domain.operators.model import TERMS_VERSION, Role
from domain.wallet.buying import CURRENCY, Charge, credit
from domain.wallet.model import Entry, EntryKind
from storage.tables import recipients
from storage.unit import Unit
from tests.fakes.cloud import PICTURED, SALE, a_cloud_account
from tests.fakes.stores import (
    NOW,
    a_campaign,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    an_account,
)

#: Stands in every name of the bakery, so that a look at it is seen.
MARK: Final = "zzyzx"
TAG: Final = f"{MARK} vip"
THEIR_CHAT: Final = 1001
#: In which each conversation has a topic of its own.
THEIR_GROUP: Final = -1001
#: A template of their official number, as WhatsApp calls it and as it travels in buttons.
THEIR_TEMPLATE_ID: Final = "594425479261596"
THEIR_TEMPLATE: Final = tag_number(THEIR_TEMPLATE_ID)
#: Another owner, who has not accepted the terms as they are now.
PARTNER: Final = 1009
HOURS: Final = Hours(
    week=PRESETS["office"], zones=("Europe/Istanbul",), holidays=(Holiday(month=12, day=25),)
)
PHOTO: Final = Media(kind=MediaKind.PHOTO, key="a" * 64, filename="cake.jpg", mime="image/jpeg", size=1000)


async def bakery(unit: Unit) -> WorkspaceId:
    """One of everything that a button can name, in each state that offers buttons."""
    space = await a_workspace(unit, name=MARK)
    owner = await a_member(unit, space, telegram_id=THEIR_CHAT)
    await unit.operators.accept_terms(owner, version=TERMS_VERSION, at=NOW)
    await unit.operators.set_test_number(owner, "+905321112200")
    account = await an_account(unit, space, remote="sim-theirs")
    lost = await an_account(unit, space, number="+447700900002", remote="sim-theirs-2")
    await unit.accounts.set_state(lost, AccountState.UNLINKED, reason="unlinked", at=NOW)
    await unit.hours.save(account, HOURS, expected=None, at=NOW)
    everybody = await a_list(unit, space, 4, name=f"{MARK} list")
    for n in range(A_PAGE):
        await unit.contacts.create_list(space, f"{MARK} empty {n}", at=NOW)
    people = [
        ImportedRow(number=f"+9055500000{n:02d}", name=f"{MARK} {n}", attributes={})
        for n in range(A_PAGE + 1)
    ]
    await unit.contacts.save_rows(space, everybody, people, at=NOW)
    await unit.contacts.tag_list(space, everybody, TAG)
    for state in CampaignState:
        if state is CampaignState.RUNNING:
            id = await a_running_campaign(unit, space, owner, account, everybody)
            made = await unit.campaigns.any(id)
        else:
            made = await a_campaign(unit, space, owner, account, everybody, state=state)
            if state not in {CampaignState.DRAFT, CampaignState.SCHEDULED} and made.audience is not None:
                await unit.campaigns.freeze([made.id], made.audience, cap=100, at=NOW)
        await unit.campaigns.save(
            replace(made, name=f"{MARK} {state}", text=f"{MARK} text", scheduled_at=NOW),
            expected=made.version,
        )
    draft = await a_campaign(unit, space, owner, account, everybody)
    pictured = replace(draft, name=f"{MARK} picture", text=MARK, media=PHOTO)
    await unit.campaigns.save(pictured, expected=draft.version)
    db = unit.chat._db
    for n, fate in enumerate((RecipientState.UNKNOWN, RecipientState.FAILED)):
        await db.execute(recipients.update().where(recipients.c.id % 4 == n).values(state=fate))
    await _imports(unit, space, owner, everybody)
    web = await _linkings(unit, space)
    await _checks(unit, space, owner, web, everybody)
    await _groups(unit, space, web, everybody)
    await _payments(unit, space, owner)
    await _few_points(unit, space)
    await _team(unit, space, owner)
    await _official(unit, space, owner, everybody)
    await _rules(unit, space, account)
    await unit.topics.begin(space, THEIR_GROUP, at=NOW)
    await unit.words.save(space, Vocabulary().with_word(Heard.STOP, OWN, MARK))
    await _talks(unit, account)
    await _somebody_forgotten(unit, space)
    return space


async def _talks(unit: Unit, account: AccountId) -> None:
    """One more than a page of conversations: one muted, one done, one of somebody who is no contact, the
    others open and unread."""
    for n in range(A_PAGE + 1):
        said = f"{MARK} says"
        sender = f"+905551110{n:03d}" if n == 2 else f"+9055500000{n:02d}"
        news = ReplyNews(event=f"talk {n}", sender=sender, text=said, at=NOW, name=f"{MARK} at WhatsApp")
        reply = await unit.delivery.reply(account, news)
        assert reply is not None
        talk = await unit.conversations.wrote(account, reply, at=NOW)
        await unit.tellings.wrote(reply.workspace_id, reply.id, at=NOW)
        if n == 0:
            await unit.conversations.mute(talk.workspace_id, talk.id, at=NOW)
        if n == 1:
            await unit.conversations.close(talk.workspace_id, talk.id, newest=talk.newest)
    await unit.tellings.keep()
    due = await unit.tellings.due(now=NOW, limit=100)
    telling = next(one for one in due if one.newest == talk.newest)
    for id, whose in ((60, talk.id), (61, None)):
        await unit.tellings.told(telling, [Told(id, whose, telling.newest)], up_to=None, due_at=NOW)
    await unit.topics.opened(THEIR_GROUP, 6, talk.id)


async def _somebody_forgotten(unit: Unit, space: WorkspaceId) -> None:
    await unit.contacts.save_rows(
        space, None, [ImportedRow(number="+905559999999", name=MARK, attributes={})], at=NOW
    )
    person = await unit.contacts.by_number(space, "+905559999999")
    assert person is not None
    await unit.contacts.forget(space, person.id, called="somebody", at=NOW)


async def _rules(unit: Unit, space: WorkspaceId, account: AccountId) -> None:
    """One of every kind, one with everything that can be taken away, and a page of whom it served."""
    for kind in When:
        words = MARK if kind in WITH_WORDS else ""
        one = Rule(id=RuleId(0), position=0, when=kind, words=words, text=MARK, tag=TAG)
        await unit.rules.add(space, one, at=NOW)
    full = Rule(
        id=RuleId(0), position=0, when=When.CONTAINS, words=MARK, text=MARK, media=PHOTO, tag=TAG,
        hand_over=True, valid_from=NOW.date(), is_on=False,
    )  # fmt: skip
    id = await unit.rules.add(space, full, at=NOW)
    for n in range(A_PAGE + 1):
        said = ReplyNews(event=f"rule {n}", sender=f"+9055500000{n:02d}", text=MARK, at=NOW)
        reply = await unit.delivery.reply(account, said)
        assert reply is not None
        talk = await unit.conversations.wrote(account, reply, at=NOW)
        await unit.rules.hit([id], talk.id, at=NOW)


async def _official(unit: Unit, space: WorkspaceId, owner: MemberId, everybody: ListId) -> None:
    """Three official numbers: one of no known business, one that was stopped, one with templates. The first
    draft leaves from the last, with one that wants a file and lacks a value; another as a text; one is paused
    because of its template."""
    await a_cloud_account(unit, space, number="+447700900061", remote="100000000000006", waba_id="")
    stopped = await a_cloud_account(
        unit, space, number="+447700900062", remote="100000000000007", waba_id="7"
    )
    await unit.accounts.set_state(stopped, AccountState.RESTRICTED, reason="token_refused", at=NOW)
    main = await a_cloud_account(unit, space, number="+447700900063", remote="100000000000008", waba_id="8")
    body = " ".join(f"{{{{{n}}}}}" for n in range(1, A_PAGE + 2))
    wide = replace(SALE, id=THEIR_TEMPLATE_ID, name=f"{MARK} wide", body=body, header=HeaderKind.IMAGE)
    more = [replace(SALE, id=f"9{n}", name=f"{MARK} {n}", language="tr") for n in range(A_PAGE)]
    await unit.cloud.save_templates("8", [wide, *more, replace(PICTURED, name=MARK)], at=NOW)
    values: ValueMap = {Slot("body.2"): FromColumn(column="name"), Slot("body.1"): Always(text=MARK)}
    chosen = CampaignTemplate(id=wide.id, name=wide.name, language="en", values=values)
    drafts, _ = await unit.campaigns.of_workspace(space, states=[CampaignState.DRAFT], limit=100)
    first = min(drafts, key=lambda one: one.id)
    await unit.campaigns.save(replace(first, account_id=main, template=chosen), expected=first.version)
    text = await a_campaign(unit, space, owner, main, everybody)
    await unit.campaigns.save(replace(text, name=f"{MARK} text", text=MARK), expected=text.version)
    paused, _ = await unit.campaigns.of_workspace(space, states=[CampaignState.PAUSED], limit=100)
    for one in paused:
        held = replace(one, account_id=main, template=chosen, pause_reason=PauseReason.TEMPLATE)
        await unit.campaigns.save(held, expected=one.version)


async def _team(unit: Unit, space: WorkspaceId, owner: MemberId) -> None:
    """A partner, an open invitation, and a second workspace of the owner's."""
    partner = await a_member(unit, space, telegram_id=PARTNER, name=f"{MARK} partner")
    await unit.operators.accept_terms(partner, version=TERMS_VERSION - 1, at=NOW)
    await unit.operators.create_invite(
        workspace_id=space, role=Role.MANAGER, created_by=owner, at=NOW, expires_at=NOW + timedelta(hours=24)
    )
    second = await a_workspace(unit, name=f"{MARK} at the pier")
    await unit.operators.accept_terms(
        await a_member(unit, second, telegram_id=THEIR_CHAT), version=TERMS_VERSION, at=NOW
    )


async def _few_points(unit: Unit, space: WorkspaceId) -> None:
    """Enough for a start with the first three people of four, but not for all of them."""
    spare = (await unit.wallet.wallet(space)).available - 3
    taken = Entry(workspace_id=space, key="few", kind=EntryKind.TAKEN, points=-spare, at=NOW)
    await unit.wallet.post(taken)


async def _payments(unit: Unit, space: WorkspaceId, owner: MemberId) -> None:
    """One that bought points, and one that fits no order."""
    payload = f"{MARK}-payload"
    await unit.orders.create(
        workspace_id=space, member_id=owner, telegram_id=THEIR_CHAT, payload=payload, points=10, days=0,
        stars=5, at=NOW,
    )  # fmt: skip
    for name in (payload, "of no order"):
        paid = Charge(
            charge_id=f"charge {name}", payload=name, telegram_id=THEIR_CHAT, stars=5, currency=CURRENCY
        )
        assert await credit(unit, paid, at=NOW) is not None


async def _checks(unit: Unit, space: WorkspaceId, owner: MemberId, web: AccountId, everybody: ListId) -> None:
    """Drafts that leave over WhatsApp Web: one whose numbers are being checked, one whose are not."""
    await unit.checks.save(space, {"+905321110002": False}, at=NOW)
    await unit.checks.note_ask(web, 1, at=NOW)
    for busy in (True, False):
        made = await a_campaign(unit, space, owner, web, everybody)
        named = replace(made, name=f"{MARK} checked", text=MARK)
        await unit.campaigns.save(named, expected=made.version)
        if busy:
            await unit.checks.create(
                workspace_id=space, account_id=web, campaign_id=made.id, chat_id=THEIR_CHAT, total=4, at=NOW
            )


async def _groups(unit: Unit, space: WorkspaceId, web: AccountId, everybody: ListId) -> None:
    """Two numbers that have groups; imports of groups in every state: one group broken, one chosen."""
    for n in range(2):
        await unit.accounts.create(
            workspace_id=space, channel=Channel.WEB, number=f"+90532111100{n}", name=MARK,
            remote=f"web-groups-{n}", state=AccountState.CONNECTED, at=NOW,
        )  # fmt: skip
    groups = [
        Group(id=f"{n}@g.us", name=f"{MARK} {n}", size=n, error=None if n else "query_failed")
        for n in range(A_PAGE + 2)
    ]
    counts = [GroupCount(id="1@g.us", name=f"{MARK} 1", members=2, known=1, hidden=1, list_id=int(everybody))]
    for state in GroupImportState:
        id = await unit.groups.create(
            workspace_id=space, account_id=web, chat_id=THEIR_CHAT, telegram_id=THEIR_CHAT, at=NOW
        )
        made = await unit.groups.group_import(space, id)
        full = replace(made, state=state, groups=groups, read_at=NOW, chosen=["1@g.us"], counts=counts)
        await unit.groups.update(full, expected=made.version)
    await unit.groups.keep_list(space, "1@g.us", everybody)


async def _linkings(unit: Unit, space: WorkspaceId) -> AccountId:
    """A number of WhatsApp Web that was unlinked, and linkings in every state; the open one is theirs."""
    web = await unit.accounts.create(
        workspace_id=space, channel=Channel.WEB, number="+905321110000", name=MARK, remote="web-theirs",
        state=AccountState.CONNECTED, at=NOW,
    )  # fmt: skip
    await unit.accounts.set_state(web, AccountState.UNLINKED, reason="unlinked", at=NOW)
    for state in LinkingState:
        id = await unit.linkings.create(
            workspace_id=space, account_id=None, mode=LinkMode.CODE, number="+905321110001",
            chat_id=THEIR_CHAT, telegram_id=THEIR_CHAT, at=NOW,
        )  # fmt: skip
        made = await unit.linkings.any(id)
        silent = state in {LinkingState.OPEN, LinkingState.ENDED}
        reason = LinkingWait.SILENT if silent else "code_refused"
        named = replace(made, remote=f"web-theirs-{id}", state=state, reason=reason)
        await unit.linkings.update(named, expected=made.version)
    return web


async def _imports(unit: Unit, space: WorkspaceId, owner: MemberId, list_id: ListId) -> None:
    """One in every state; to the one that is done a draft waits for people."""
    waiting = await a_campaign(unit, space, owner)
    await unit.campaigns.save(replace(waiting, name=f"{MARK} waiting"), expected=waiting.version)
    plan = ImportPlan(sheet="s", header_row=None, number_column=0, name_column=1, attributes={}, country="TR")
    sheet = {
        "name": "s", "rows": 1, "columns": 2, "plan": plan.to_json(), "headers": [],
        "sample": [["+905321112233", MARK]],
    }  # fmt: skip
    for state in ImportState:
        id = await unit.imports.create(
            workspace_id=space, member_id=owner, chat_id=THEIR_CHAT, filename=f"{MARK}.xlsx",
            telegram_file="file", size=1, at=NOW,
            campaign_id=int(waiting.id) if state is ImportState.DONE else None,
        )  # fmt: skip
        job = await unit.imports.job(space, id)
        full = replace(
            job, state=state, inspection={"kind": "xlsx", "sheets": [sheet, sheet]}, plan=plan.to_json(),
            list_id=list_id, error_key="b" * 64, counts={"rows": 1},
        )  # fmt: skip
        await unit.imports.update(full, expected=job.version, at=NOW)
