"""Giving and taking points and plan days, with a reason: `500 for the spring fair`, `-200 typed twice`."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.screens import campaign_words as words
from bot.screens.admin_parts import (
    answer_key,
    ask,
    log_both,
    moment,
    reason_in,
    space_of,
    tell_owners,
)
from bot.screens.base import Go, Scene, action, text_answer
from bot.screens.contacts_parts import said, short
from bot.texts import count, say
from domain.kernel.errors import DomainError
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right, Workspace
from domain.wallet.model import MOST_DAYS, MOST_POINTS, Entry, EntryKind, NotEnoughPoints, Wallet

#: A sign, a whole number (thousands may be set apart), and the rest.
LINE: Final = re.compile(r"\s*([+\-−–]?)\s*(\d{1,3}(?:[.,'’]\d{3})+|\d+)(?:\s+(.*))?\s*", re.DOTALL)
#: Longer than any number that is meant.
MOST_DIGITS: Final = 15


class NotANumber(DomainError):
    """What was typed does not begin with a whole number."""

    code = "grant.number"


class NothingToGive(DomainError):
    """Zero changes nothing."""

    code = "grant.zero"


class TooMuch(DomainError):
    """`most` at once."""

    code = "grant.too_much"


class MoreThanAvailable(DomainError):
    """What is held cannot be taken. `points` were asked for; `available`, `held`."""

    code = "grant.available"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """`number` is below zero for what is taken."""

    number: int
    reason: str


def parse_grant(text: str, *, most: int) -> Grant:
    """Raises NotANumber, NothingToGive, TooMuch or ReasonWanted."""
    found = LINE.fullmatch(text)
    if found is None:
        raise NotANumber()
    sign, digits, rest = found.groups()
    plain_digits = re.sub(r"\D", "", digits)
    if len(plain_digits) > MOST_DIGITS or int(plain_digits) > most:
        raise TooMuch(most=most)
    number = int(plain_digits)
    if number == 0:
        raise NothingToGive()
    return Grant(number=-number if sign in {"-", "−", "–"} else number, reason=reason_in(rest or ""))


# -- points --------------------------------------------------------------------------------------------


@action("admin.points", needs=Right.ADMIN)
async def ask_points(scene: Scene) -> Go:
    space = await space_of(scene, scene.press.id)
    wallet = await scene.unit.wallet.wallet(space.id)
    return ask(scene, "points", space, available=wallet.available)


@text_answer("admin.points", needs=Right.ADMIN)
async def points(scene: Scene, prompt: Prompt, text: str) -> Go:
    grant = parse_grant(text, most=MOST_POINTS)
    space = await space_of(scene, prompt.args["id"])
    key = answer_key(scene, prompt.args)
    before = await scene.unit.wallet.wallet(space.id, lock=True)
    kind = EntryKind.GRANT if grant.number > 0 else EntryKind.TAKEN
    entry = Entry(
        workspace_id=space.id, key=key, kind=kind, points=grant.number, note=grant.reason, at=scene.now
    )
    try:
        fresh = await scene.unit.wallet.post(entry)
    except NotEnoughPoints:
        raise MoreThanAvailable(points=-grant.number, available=before.available, held=before.held) from None
    if fresh:
        after = await scene.unit.wallet.wallet(space.id)
        await _points_told(scene, space, grant, key=key, before=before, after=after)
    return await _done(scene, space)


async def _points_told(
    scene: Scene, space: Workspace, grant: Grant, *, key: str, before: Wallet, after: Wallet
) -> None:
    """Both logs, and the owners."""
    given = grant.number > 0
    await log_both(
        scene, space, Topic.MONEY, "points.given" if given else "points.taken",
        before={"points": before.balance}, after={"points": after.balance, "reason": grant.reason},
    )  # fmt: skip
    text = say(
        "notice.points.given" if given else "notice.points.taken", space.language,
        points=count(abs(grant.number), "point", "points"), why=grant.reason, available=after.available,
    )  # fmt: skip
    await tell_owners(scene, space, key, text)


# -- days ----------------------------------------------------------------------------------------------


@action("admin.days", needs=Right.ADMIN)
async def ask_days(scene: Scene) -> Go:
    space = await space_of(scene, scene.press.id)
    wallet = await scene.unit.wallet.wallet(space.id)
    return ask(scene, "days", space, plan=moment(scene, wallet.plan_until))


@text_answer("admin.days", needs=Right.ADMIN)
async def days(scene: Scene, prompt: Prompt, text: str) -> Go:
    grant = parse_grant(text, most=MOST_DAYS)
    space = await space_of(scene, prompt.args["id"])
    key = answer_key(scene, prompt.args)
    before = (await scene.unit.wallet.wallet(space.id, lock=True)).plan_until
    change = await scene.unit.wallet.change_plan(
        space.id, grant.number, key=key, at=scene.now, note=grant.reason
    )
    if change is not None:
        await _days_told(scene, space, grant, key=key, before=before, after=change.ends_at)
    return await _done(scene, space)


async def _days_told(
    scene: Scene, space: Workspace, grant: Grant, *, key: str, before: datetime | None, after: datetime
) -> None:
    given = grant.number > 0
    was, now = ({"ends": f"{end:%Y-%m-%d}" if end is not None else None} for end in (before, after))
    await log_both(
        scene, space, Topic.MONEY, "plan.given" if given else "plan.taken", before=was,
        after={**now, "days": grant.number, "reason": grant.reason},
    )  # fmt: skip
    text = say(
        "notice.plan.given" if given else "notice.plan.taken", space.language,
        days=count(abs(grant.number), "day", "days"), why=grant.reason, zone=space.zone,
        ends=words.moment(after, words.zone_of(space), scene.now, space.language),
    )  # fmt: skip
    await tell_owners(scene, space, key, text)


async def _done(scene: Scene, space: Workspace) -> Go:
    note = say("admin.granted", scene.language, name=short(space.name))
    return Go(screen="admin.ws", args=said({"id": int(space.id)}, note))
