"""The first real run: ask for the token, keep it safe, make somebody the admin."""

import asyncio
import getpass
import io
import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Final

from telegram import Bot
from telegram.error import InvalidToken, NetworkError, TelegramError

from bot.clock import SystemClock
from bot.saying import say
from bot.screens.first_contact import CLAIM, claim_hash
from bot.settings import Settings
from domain.kernel.unit import Store
from domain.operators.model import CLAIM_LIFETIME_HOURS
from domain.scheduler.unit import Unit

TOKEN_SHAPE: Final = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{15,}")
LINE: Final = re.compile(r"^\s*TELEGRAM_BOT_TOKEN\s*=.*\n?", re.MULTILINE)


def token_is_refused() -> str:
    return (
        "Telegram does not know this token. Copy it once more from @BotFather "
        "(it looks like 123456789:AAE…) and put it into .env as TELEGRAM_BOT_TOKEN=…"
    )


async def ask_for_token(settings: Settings, env_file: Path) -> str:
    """Ask in the terminal until Telegram knows the token; keep it in `env_file`."""
    say("Welcome. MassSender needs a Telegram bot of yours:")
    say("  1. open Telegram, find @BotFather, send /newbot and follow it")
    say("  2. paste the token it gives you here (it is not shown while you paste)")
    while True:
        token = (await asyncio.to_thread(getpass.getpass, "Token: ")).strip()
        if not TOKEN_SHAPE.fullmatch(token):
            say("That does not look like a token. It looks like 123456789:AAExample-Token_1234.")
            continue
        name = await check_token(settings, token)
        if name is None:
            say(token_is_refused())
            continue
        keep_token(env_file, token)
        say(f"Hello, @{name}. The token is kept in {env_file} (readable by you alone).")
        return token


async def check_token(settings: Settings, token: str) -> str | None:
    """The bot's username, or None when Telegram does not know the token. Waits for the network."""
    while True:
        try:
            async with Bot(token, base_url=settings.base_url, base_file_url=settings.base_file_url) as bot:
                return bot.username
        except InvalidToken:
            return None
        except NetworkError:
            say("Telegram does not answer; is the network up? Trying again in 5 seconds.")
            await asyncio.sleep(5)


def keep_token(env_file: Path, token: str) -> None:
    """Write the token into `.env`, mode 600 from its first byte on, whole or not at all."""
    rest = LINE.sub("", env_file.read_text()) if env_file.exists() else ""
    rest = rest if not rest or rest.endswith("\n") else rest + "\n"
    fresh = env_file.with_name(f"{env_file.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{rest}TELEGRAM_BOT_TOKEN={token}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(env_file)


async def print_claim_link(settings: Settings, store: Store[Unit], token: str) -> None:
    """Without any admin, a one-time link makes its opener the admin; as text and as a QR."""
    if settings.admin_ids:
        return
    async with store.read() as unit:
        if await unit.operators.admins():
            return
    claim = secrets.token_urlsafe(24)
    clock = SystemClock()
    async with store.write() as unit:
        expires = clock.now() + timedelta(hours=CLAIM_LIFETIME_HOURS)
        await unit.operators.save_claim(claim_hash(claim), expires_at=expires)
        await unit.commit()
    try:
        async with Bot(token, base_url=settings.base_url, base_file_url=settings.base_file_url) as bot:
            link = f"https://t.me/{bot.username}?start={CLAIM}{claim}"
    except TelegramError:
        say(f"Open your bot in Telegram and send it: /start {CLAIM}{claim}")
        return
    say("Open this link in Telegram to become the admin. It works once, for 24 hours:")
    say(f"\n  {link}\n")
    say(terminal_qr(link))
    say(f"(or send the bot: /start {CLAIM}{claim})")


def terminal_qr(text: str) -> str:
    import qrcode  # once in a desk's life

    code = qrcode.QRCode(border=2, error_correction=qrcode.ERROR_CORRECT_L)
    code.add_data(text)
    out = io.StringIO()
    code.print_ascii(out=out, invert=True)
    return out.getvalue()
