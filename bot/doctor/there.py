"""What has to be asked of others: Telegram, its clock, workers of WhatsApp Web, official numbers."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
from telegram import Bot
from telegram.error import InvalidToken, NetworkError

from bot.cloud_secrets import CloudSecrets
from bot.doctor.look import Check, Finding, advised, good, idle, wrong
from bot.doctor.parts import DoctorParts
from bot.keys import FILE, NoKey, load_key
from bot.texts import has, plain, refusal, unmarked
from bot.vault import Vault
from bot.worker_needs import find
from domain.accounts.model import Account, Channel
from domain.accounts.web import WorkerMissing
from domain.delivery.cloud_account import CloudTokenRefused, CloudUnreachable
from domain.kernel.errors import DomainError

#: Beyond that campaigns by the clock begin at the wrong moment, and Telegram's answers look old.
MOST_SKEW: Final = timedelta(seconds=30)
CLOUD_PATIENCE: Final = 60.0


def checks_there(parts: DoctorParts) -> Sequence[Check]:
    return (
        Check(name="telegram", look=lambda: _telegram(parts)),
        Check(name="clock", look=lambda: _clock(parts)),
        Check(name="worker", look=lambda: _worker(parts)),
        Check(name="cloud", look=lambda: _cloud(parts), patience=CLOUD_PATIENCE),
    )


async def _telegram(parts: DoctorParts) -> Sequence[Finding]:
    settings = parts.settings
    if settings.telegram_bot_token is None:
        return [idle("telegram", "no_token")]
    token = settings.telegram_bot_token.get_secret_value()
    try:
        async with Bot(token, base_url=settings.base_url, base_file_url=settings.base_file_url) as bot:
            return [good("telegram", "good", name=bot.username)]
    except InvalidToken:
        return [wrong("telegram", "refused")]
    except NetworkError:
        return [wrong("telegram", "away", url=_host(settings.telegram_api_url))]


async def _clock(parts: DoctorParts) -> Sequence[Finding]:
    """By the Date that Telegram's server puts on its answers, which is told to the second."""
    before = parts.clock.now()
    try:
        answer = await parts.client.get(parts.settings.telegram_api_url)
    except (httpx.HTTPError, OSError):
        return [wrong("clock", "unknown", url=_host(parts.settings.telegram_api_url))]
    after = parts.clock.now()
    try:
        told = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return [idle("clock", "untold", url=_host(parts.settings.telegram_api_url))]
    skew = before + (after - before) / 2 - told
    seconds = round(skew.total_seconds())
    if abs(skew) <= MOST_SKEW:
        return [good("clock", "good")]
    return [wrong("clock", "fast" if seconds > 0 else "slow", seconds=abs(seconds))]


async def _worker(parts: DoctorParts) -> Sequence[Finding]:
    """Those of the settings have to answer; our own has to find what it needs, once somebody needs it."""
    if parts.workers is not None:
        return [
            good("worker", "good", name=node.name, sessions=node.sessions, limit=node.limit)
            if node.trouble is None
            else _trouble("away", node.trouble, node.name)
            for node in await parts.workers.nodes()
        ]
    try:
        needs = await find(parts.settings)
    except WorkerMissing as missing:
        if await _accounts(parts, Channel.WEB):
            return [_trouble("lacks", missing.trouble.value, "")]
        return [idle("worker", "unneeded", why=_why(missing.trouble.value))]
    return [good("worker", "ready", node=needs.node, chromium=needs.chromium or "—")]


def _trouble(key: str, trouble: str, name: str) -> Finding:
    return advised("worker", key, _why(trouble), name=name)


def _why(trouble: str) -> str:
    sentence = f"refused.worker.{trouble}"
    return unmarked(plain(sentence)) if has(sentence) else trouble


async def _cloud(parts: DoctorParts) -> Sequence[Finding]:
    """Each number is asked about with its own token."""
    numbers = await _accounts(parts, Channel.CLOUD)
    if not numbers:
        return [idle("cloud", "none")]
    settings = parts.settings
    if settings.secret_key is None and not (settings.data_dir / FILE).exists():
        return [wrong("cloud", "no_key", file=settings.data_dir.absolute() / FILE)]
    try:
        vault = Vault(load_key(settings))
    except NoKey as error:
        return [wrong("cloud", "bad_key", why=error)]
    secrets = CloudSecrets(vault, parts.store, app_secret="", verify_token="")
    await secrets.load()
    return [await _official(parts, secrets, account) for account in numbers]


async def _official(parts: DoctorParts, secrets: CloudSecrets, account: Account) -> Finding:
    token = secrets.token(account.remote)
    if not token:
        return wrong("cloud", "sealed", number=account.number)
    try:
        info = await parts.directory(account.remote, lambda: token).number()
    except CloudTokenRefused:
        return wrong("cloud", "expired", number=account.number)
    except CloudUnreachable:
        return wrong("cloud", "away", number=account.number, url=_host(parts.settings.whatsapp_api_base_url))
    except DomainError as refused:
        why = unmarked(str(refusal(refused)))
        return advised("cloud", "refused", why, number=account.number)
    return good("cloud", "good", number=account.number, name=info.name)


async def _accounts(parts: DoctorParts, channel: Channel) -> Sequence[Account]:
    """None where there is no desk yet, or none that could be read: the database's own line says so."""
    try:
        findings = await parts.examine()
    except parts.unreachable:
        return []
    if not findings.there or findings.revision != findings.needed or findings.damage is not None:
        return []
    async with parts.store.read() as unit:
        return [one for one in await unit.accounts.all() if one.channel is channel]


def _host(url: str) -> str:
    """An address may hold a key."""
    return httpx.URL(url).host
