"""How a number of the official channel is doing at WhatsApp, and what is entered at Meta so that it tells."""

from datetime import datetime
from typing import Final

from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.cloud_parts import official, official_before, templates_of
from bot.screens.contacts_parts import back, short
from bot.texts import plain, say
from domain.accounts.model import Account
from domain.delivery.cloud_account import Throughput
from domain.delivery.cloud_accounts import CloudAccount, TokenState
from domain.delivery.templates import TemplateStatus
from domain.operators.model import Right
from domain.pacing.rules import DAY
from domain.scheduler.cloud_standing import is_silent

#: All that MassSender understands of what WhatsApp can tell.
FIELDS: Final = (
    "messages, user_preferences, account_update, phone_number_quality_update, business_capability_update, "
    "message_template_status_update, message_template_quality_update, message_template_components_update, "
    "template_category_update"
)


@action("cloud", needs=Right.READ)
async def go_cloud(scene: Scene) -> Go:
    account, _ = await official(scene)
    return Go(screen="cloud", args={"id": account.id})


@screen("cloud", needs=Right.READ)
async def cloud_screen(scene: Scene, args: Args) -> View:
    lang = scene.language
    account, cloud = await official(scene, int(args["id"]))
    text = say(
        "cloud", lang, name=short(cloud.verified_name), number=account.number,
        state=state_words(account, lang), quality=plain(f"cloud.quality.{cloud.quality}", lang),
        people=await _people(scene, cloud), speed=_speed(cloud, lang), token=_token(scene, cloud),
        webhook=await webhook_words(scene, account, cloud), templates=await _templates(scene, cloud),
        at=_moment(scene, cloud.checked_at),
    )  # fmt: skip

    def to(key: str, action: str) -> Button:
        return button(plain(key, lang), action, id=account.id)

    business: Rows = () if cloud.waba_id else ((to("cloud.waba.button", "cloud.waba"),),)
    rows: Rows = (
        (to("cloud.refresh", "cloud.refresh"), to("cloud.templates.button", "cloud.templates")),
        *business,
        (to("cloud.token.button", "cloud.token"), to("cloud.webhook.button", "cloud.webhook")),
        back(lang, "link"),
    )
    return View(text=text, rows=rows)


def state_words(account: Account, lang: str) -> str:
    """`connected`; of one that was stopped why."""
    state = plain(f"account.state.{account.state}", lang)
    why = words.reason(account.state_reason, lang)
    if account.is_connected or not why:
        return state
    return plain("cloud.state.because", lang, state=state, why=why)


async def _people(scene: Scene, cloud: CloudAccount) -> str:
    """Of all numbers of the same business: they share the limit."""
    usage = await scene.unit.cloud.people_counted(cloud.account_id, since=scene.now - DAY)
    used = sum(people for _, people in usage)
    if cloud.people is None:
        return plain("cloud.people.untold", scene.language, used=used)
    if cloud.people.people is None:
        return plain("cloud.people.free", scene.language, used=used)
    return plain("cloud.people.used", scene.language, used=used, limit=cloud.people.people)


def _speed(cloud: CloudAccount, lang: str) -> str:
    key = "cloud.speed.high" if cloud.throughput is Throughput.HIGH else "cloud.speed.standard"
    return plain(key, lang, rate=int(cloud.ceiling))


def _token(scene: Scene, cloud: CloudAccount) -> str:
    if cloud.token_state is TokenState.GOOD:
        return plain("cloud.token.good", scene.language)
    since = _moment(scene, cloud.token_state_at)
    return plain(f"cloud.token.{cloud.token_state}", scene.language, at=since)


async def webhook_words(scene: Scene, account: Account, cloud: CloudAccount) -> str:
    """Whether WhatsApp tells, or what is missing for that. Before anything was sent there is nothing."""
    lang, webhook = scene.language, scene.desk.cloud.webhook
    if webhook.url is None:
        return plain("cloud.webhook.no_url", lang)
    if not webhook.takes and cloud.app_secret is None:
        return plain("cloud.webhook.no_secret", lang)
    if cloud.heard_at is None:
        usage = await scene.unit.accounts.usage(account.id, since=scene.now - DAY)
        silent = is_silent(None, usage, since=account.state_at, now=scene.now)
        return plain("cloud.webhook.silent" if silent else "cloud.webhook.unheard", lang)
    return plain("cloud.webhook.heard", lang, at=_moment(scene, cloud.heard_at))


async def _templates(scene: Scene, cloud: CloudAccount) -> str:
    if not cloud.waba_id:
        return plain("cloud.templates.no_waba", scene.language)
    if cloud.templates_at is None:
        return plain("cloud.templates.unasked", scene.language)
    known = await templates_of(scene, cloud)
    approved = sum(one.status is TemplateStatus.APPROVED for one in known)
    return plain("cloud.templates.count", scene.language, approved=approved, all=len(known))


def _moment(scene: Scene, at: datetime) -> str:
    return words.moment(at, words.zone_of(scene.workspace), scene.now, scene.language)


async def refresh_before(scene: Scene) -> None:
    account, _ = await official_before(scene, scene.press.id)
    await scene.desk.cloud.refresh(account.id)


@action("cloud.refresh", needs=Right.WORK, before=refresh_before)
async def refresh(scene: Scene) -> Go:
    account, _ = await official(scene)
    return Go(screen="cloud", args={"id": account.id}, toast=plain("cloud.refreshed", scene.language))


# -- what is entered at Meta -------------------------------------------------------------------------------


@action("cloud.webhook", needs=Right.WORK)
async def go_webhook(scene: Scene) -> Go:
    account, _ = await official(scene)
    return Go(screen="cloud.webhook", args={"id": account.id})


@screen("cloud.webhook", needs=Right.WORK)
async def webhook_screen(scene: Scene, args: Args) -> View:
    lang, webhook = scene.language, scene.desk.cloud.webhook
    account, cloud = await official(scene, int(args["id"]))
    if webhook.url is None:
        text = say("cloud.webhook.nowhere", lang, number=account.number, path=webhook.path)
        return View(text=text, rows=(back(lang, "cloud", id=account.id),))
    state = await webhook_words(scene, account, cloud)
    text = say(
        "cloud.webhook", lang, number=account.number, state=state, url=webhook.url,
        verify=webhook.verify_token, fields=FIELDS,
    )  # fmt: skip
    key = "cloud.webhook.secret" if cloud.app_secret is None else "cloud.webhook.secret.again"
    rows = (
        (button(plain(key, lang), "cloud.secret", id=account.id),),
        (button(plain("campaign.refresh", lang), "cloud.webhook", id=account.id),),
        back(lang, "cloud", id=account.id),
    )
    return View(text=text, rows=rows)
