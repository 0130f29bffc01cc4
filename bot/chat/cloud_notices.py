"""What is told of numbers of the official channel: what it is, where it leads, and its key."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.chat.view import Button, Rows, button
from bot.screens.campaign_words import one_line, reason
from bot.screens.official_words import template_news
from bot.texts import Html, plain, say
from domain.accounts.model import Account, Channel
from domain.delivery.cloud_accounts import CloudAccount
from domain.pacing.channel_limits import Quality
from domain.scheduler.events import AccountChanged, CloudNumberChanged, TemplateChanged, WebhookMissing

#: Why an account was stopped, where a new token is what helps.
TOKEN: frozenset[str] = frozenset({"token", "token_refused"})
PERMISSION: frozenset[str] = frozenset({"permission_missing", "lacks_permission"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    key: str
    text: Html
    rows: Rows


def told(event: CloudNumberChanged | WebhookMissing | TemplateChanged, lang: str) -> list[Told]:
    match event:
        case CloudNumberChanged():
            return list(number_changed(event, lang))
        case WebhookMissing():
            return [webhook_missing(event, lang)]
        case TemplateChanged():
            return [template_changed(event, lang)]


def number_changed(event: CloudNumberChanged, lang: str) -> Iterator[Told]:
    """One for its quality and one for its limit, where they changed."""
    account, before, after = event.account, event.before, event.after
    at = int(after.checked_at.timestamp())
    if after.quality is not before.quality and after.quality is not Quality.UNKNOWN:
        text = say(f"notice.cloud.quality.{after.quality}", lang, number=account.number)
        yield Told(
            key=f"quality:{account.id}:{after.quality}:{at}", text=text, rows=(_health(account, lang),)
        )
    if after.people != before.people and after.people is not None:
        text = say(
            "notice.cloud.limit", lang, number=account.number, now=limit_words(after, lang),
            before=limit_words(before, lang),
        )  # fmt: skip
        yield Told(key=f"limit:{account.id}:{at}", text=text, rows=(_health(account, lang),))


def limit_words(cloud: CloudAccount, lang: str) -> str:
    if cloud.people is None:
        return plain("cloud.limit.untold", lang)
    if cloud.people.people is None:
        return plain("cloud.limit.none", lang)
    return plain("cloud.limit.people", lang, people=cloud.people.people)


def webhook_missing(event: WebhookMissing, lang: str) -> Told:
    account = event.account
    rows: Rows = (
        (button(plain("cloud.webhook.button", lang), "cloud.webhook", id=account.id),),
        _health(account, lang),
    )
    key = f"webhook:{account.id}:{int(account.state_at.timestamp())}"
    return Told(key=key, text=say("notice.cloud.webhook", lang, number=account.number), rows=rows)


def stopped(event: AccountChanged, lang: str) -> tuple[Html, Rows] | None:
    """Of a number of the official channel that was stopped; None for any other."""
    account = event.account
    if account.channel is not Channel.CLOUD or account.is_connected:
        return None
    names = [one_line(campaign.name) for campaign in event.paused]
    paused = say("notice.account.paused", lang, names=names) if names else Html("")
    token = (button(plain("cloud.token.button", lang), "cloud.token", id=account.id),)
    health = _health(account, lang)
    why = account.state_reason or ""
    if why in TOKEN | PERMISSION:
        key = "notice.cloud.token" if why in TOKEN else "notice.cloud.permission"
        return say(key, lang, number=account.number, paused=paused), (token, health)
    words = reason(why, lang) or reason("restricted", lang)
    return say("notice.cloud.stopped", lang, number=account.number, why=words, paused=paused), (health,)


def template_changed(event: TemplateChanged, lang: str) -> Told:
    account, before = event.account, event.before
    names = [one_line(campaign.name) for campaign in event.paused]
    paused = say("notice.account.paused", lang, names=names) if names else Html("")
    text = say(
        "notice.cloud.template", lang, name=one_line(before.name), language=before.language,
        what=template_news(before, event.after, lang), paused=paused,
    )  # fmt: skip
    rows = (
        (button(plain("cloud.templates.button", lang), "cloud.templates", id=account.id),),
        *(
            (button(plain("notice.open.named", lang, name=one_line(one.name, 40)), "cp.open", id=one.id),)
            for one in event.paused[:5]
        ),
    )
    versions = ",".join(f"{one.id}.{one.version}" for one in event.paused)
    now = "gone" if event.after is None else f"{event.after.status}.{event.after.quality}"
    return Told(key=f"template:{account.id}:{before.id}:{now}:{versions}", text=text, rows=rows)


def _health(account: Account, lang: str) -> tuple[Button, ...]:
    return (button(plain("cloud.open.button", lang), "cloud", id=account.id),)
