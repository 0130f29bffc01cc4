"""What can be seen on this machine: settings, folders, database, disk, copies."""

import asyncio
import os
import stat
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.doctor.look import Check, Finding, good, idle, wrong
from bot.doctor.parts import DoctorParts
from bot.keys import FILE, NoKey, load_key

#: Less free room than that is too little for a desk that goes on for days.
LEAST_ROOM: Final = 1024**3
#: A copy is made each night; a machine that was off over a weekend is no trouble yet.
OLDEST_COPY: Final = timedelta(days=3)
#: A large database is read through in its own time.
DATABASE_PATIENCE: Final = 300.0

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def checks_here(parts: DoctorParts, *, env_file: Path = Path(".env")) -> Sequence[Check]:
    return (
        Check(name="settings", look=lambda: asyncio.to_thread(_settings, parts, env_file)),
        Check(name="folder", look=lambda: asyncio.to_thread(_folder, parts)),
        Check(name="database", look=lambda: _database(parts), patience=DATABASE_PATIENCE),
        Check(name="disk", look=lambda: asyncio.to_thread(_disk, parts)),
        Check(name="copies", look=lambda: _copies(parts)),
    )


def _settings(parts: DoctorParts, env_file: Path) -> Sequence[Finding]:
    """What is set was read by now; is anything missing, or open to others?"""
    found = []
    if parts.settings.telegram_bot_token is None:
        found.append(wrong("settings", "no_token"))
    if env_file.is_file() and env_file.stat().st_mode & _OTHERS:
        found.append(wrong("settings", "open", file=env_file.absolute()))
    return found or [good("settings", "good")]


def _folder(parts: DoctorParts) -> Sequence[Finding]:
    folder = parts.settings.data_dir.absolute()
    if not folder.exists():
        return [idle("folder", "new", folder=folder)]
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return [wrong("folder", "not_writable", folder=folder)]
    key = folder / FILE
    if parts.settings.secret_key is None and key.exists():
        try:
            load_key(parts.settings)
        except NoKey as error:
            return [wrong("folder", "no_key", why=error)]
        if key.stat().st_mode & _OTHERS:
            return [wrong("folder", "open_key", file=key)]
    return [good("folder", "good", folder=folder)]


async def _database(parts: DoctorParts) -> Sequence[Finding]:
    try:
        found = await parts.examine()
    except parts.unreachable as error:
        return [wrong("database", "unreachable", why=error)]
    if not found.there:
        return [idle("database", "new")]
    if found.damage is not None:
        return [wrong("database", "damaged", why=found.damage)]
    if found.is_newer:
        return [wrong("database", "newer", found=found.revision, needed=found.needed)]
    if found.moved_to is not None:
        return [wrong("database", "moved", to=found.moved_to)]
    if found.revision is None:
        return [idle("database", "new")]
    if found.revision != found.needed:
        return [wrong("database", "older", found=found.revision, needed=found.needed)]
    if found.copied_at is not None:
        return [idle("database", "copy", at=f"{found.copied_at:%Y-%m-%d %H:%M}")]
    if found.wal is False:
        return [wrong("database", "no_wal")]
    return [good("database", "good", found=found.revision)]


def _disk(parts: DoctorParts) -> Sequence[Finding]:
    """Of the data, and of copies and media where those lie on another disk."""
    settings = parts.settings
    places = [settings.data_dir, settings.backups]
    if "://" not in settings.media:
        places.append(Path(settings.media))
    found, seen = [], set()
    for place in places:
        there = next(one for one in (place.absolute(), *place.absolute().parents) if one.exists())
        if (device := there.stat().st_dev) in seen:
            continue
        seen.add(device)
        room = parts.free(there)
        say = good if room >= LEAST_ROOM else wrong
        found.append(say("disk", "free" if say is good else "little", folder=there, room=_room(room)))
    return found


def _room(size: int) -> str:
    return f"{size / 1024**3:.1f} GB" if size >= 1024**3 else f"{size // 1024**2} MB"


async def _copies(parts: DoctorParts) -> Sequence[Finding]:
    if parts.copies is None:
        return [idle("copies", "elsewhere")]
    if parts.settings.backup_hour is None:
        return [idle("copies", "off")]
    try:
        newest = await parts.copies.newest()
    except OSError as error:
        return [wrong("copies", "unreadable", folder=parts.settings.backups.absolute(), why=error.strerror)]
    if newest is None:
        if not (await parts.examine()).there:
            return [idle("copies", "nothing")]
        return [wrong("copies", "none", folder=parts.settings.backups.absolute())]
    age = parts.clock.now() - newest
    told = f"{newest:%Y-%m-%d %H:%M} UTC"
    return [good("copies", "good", at=told) if age <= OLDEST_COPY else wrong("copies", "old", at=told)]
