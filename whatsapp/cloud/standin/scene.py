"""Setting the scene: what the control API makes and changes, and the webhooks that follow from it."""

import secrets
from typing import Any

from whatsapp.cloud.standin import payloads
from whatsapp.cloud.standin.estate import (
    FIELDS,
    QUALITIES,
    SCOPES,
    App,
    Callback,
    Grant,
    Line,
    Portfolio,
    Waba,
    tier_of,
)
from whatsapp.cloud.standin.graph import challenge_for
from whatsapp.cloud.standin.numbers import digits_of
from whatsapp.cloud.standin.outbox import verify
from whatsapp.cloud.standin.rates import Throughput, UniqueRecipients
from whatsapp.cloud.standin.wishes import BadWish, known_only, limit, one_of, rate
from whatsapp.cloud.standin.world import World

Json = dict[str, Any]

_ACCOUNT = frozenset(
    {
        "app_id",
        "app_secret",
        "callback_url",
        "display_phone_number",
        "messaging_limit",
        "name",
        "pair_rate",
        "phone_number_id",
        "portfolio_id",
        "quality",
        "subscribe",
        "throughput",
        "token",
        "verified_name",
        "verify_token",
        "waba_id",
    }
)


def line_of(world: World, line_id: str) -> Line:
    line = world.lines.get(line_id)
    if line is None:
        raise BadWish(f"no number has the id {line_id}")
    return line


# --- accounts, numbers, tokens -----------------------------------------------------------------------------


def add_account(world: World, wish: Json) -> Json:
    """A number with all it needs: app, business account, token; those named that exist are shared."""
    known_only(wish, *_ACCOUNT)
    line_id = str(wish.get("phone_number_id") or world.object_id(1))
    if line_id in world.lines:
        raise BadWish(f"there is a number with the id {line_id} already")
    digits = digits_of(wish.get("display_phone_number") or f"4420794{60_000 + len(world.lines):05d}")
    if digits is None:
        raise BadWish("display_phone_number is no number")
    app = _app(world, wish)
    waba = _waba(world, wish)
    line = Line(
        id=line_id,
        waba=waba,
        digits=digits,
        verified_name=str(wish.get("verified_name", "Ada's Flowers")),
        throughput=Throughput(rate(wish.get("throughput", 1000))),
        quality=one_of(wish.get("quality", "GREEN"), QUALITIES, "quality"),
        pair_rate=bool(wish.get("pair_rate", True)),
    )
    world.lines[line_id] = line
    if wish.get("subscribe", True):
        waba.subscribed.setdefault(app.id, None)
    token = wish.get("token")
    if token not in world.grants:
        token = add_token(world, {"app_id": app.id, **({"token": token} if token else {})})["token"]
    return {
        "app_id": app.id,
        "app_secret": app.secret,
        "verify_token": wish.get("verify_token") or f"verify-{app.id}",
        "waba_id": waba.id,
        "phone_number_id": line_id,
        "display_phone_number": line.display,
        "token": token,
    }


def _app(world: World, wish: Json) -> App:
    app_id = str(wish.get("app_id") or world.object_id(7))
    app = world.apps.get(app_id)
    if app is None:
        app = world.apps[app_id] = App(id=app_id, secret=str(wish.get("app_secret") or secrets.token_hex(16)))
    elif wish.get("app_secret"):
        app.secret = str(wish["app_secret"])
    return app


def _waba(world: World, wish: Json) -> Waba:
    waba_id = str(wish.get("waba_id") or world.object_id(2))
    waba = world.wabas.get(waba_id)
    if waba is None:
        owner = str(wish.get("portfolio_id") or f"portfolio-{waba_id}")
        portfolio = world.portfolios.setdefault(owner, Portfolio(id=owner, recipients=UniqueRecipients(None)))
        waba = Waba(id=waba_id, name=str(wish.get("name", "Ada's Flowers")), portfolio=portfolio)
        world.wabas[waba_id] = waba
    if "messaging_limit" in wish:
        waba.portfolio.recipients.limit = limit(wish["messaging_limit"])
    return waba


def change_number(world: World, line_id: str, wish: Json) -> Json:
    """Quality, throughput, limit, restriction; tells it by `phone_number_quality_update`."""
    known_only(
        wish, "quality", "throughput", "pair_rate", "messaging_limit", "restricted", "verified_name",
        "tells_waba",
    )  # fmt: skip
    line = line_of(world, line_id)
    recipients = line.waba.portfolio.recipients
    before = tier_of(recipients.limit)
    event = None
    if "quality" in wish:
        was, line.quality = line.quality, one_of(wish["quality"], QUALITIES, "quality")
        if was != line.quality:
            event = "FLAGGED" if line.quality == "RED" else "UNFLAGGED" if was == "RED" else None
    if "throughput" in wish:
        line.throughput = Throughput(rate(wish["throughput"]))
        event = "THROUGHPUT_UPGRADE"
    if "messaging_limit" in wish:
        old, recipients.limit = recipients.limit, limit(wish["messaging_limit"])
        event = "UPGRADE" if (recipients.limit or 10**12) >= (old or 10**12) else "DOWNGRADE"
    line.pair_rate = bool(wish.get("pair_rate", line.pair_rate))
    line.tells_waba = bool(wish.get("tells_waba", line.tells_waba))
    line.restricted = bool(wish.get("restricted", line.restricted))
    line.verified_name = str(wish.get("verified_name", line.verified_name))
    if event is not None:
        after = tier_of(recipients.limit)
        old_limit = before if before != after else None
        value = payloads.number_quality(line, event, after, old_limit)
        world.tell(line.waba, line, "phone_number_quality_update", "", value)
    return line.fields()


def add_token(world: World, wish: Json) -> Json:
    """A token of an app (the only one, if none is named); `expires_in` in seconds, `wabas` None: all."""
    known_only(wish, "token", "app_id", "scopes", "wabas", "expires_in")
    app_id = wish.get("app_id") or (next(iter(world.apps)) if len(world.apps) == 1 else None)
    if app_id not in world.apps:
        raise BadWish("say which app_id")
    scopes = frozenset(wish.get("scopes", SCOPES))
    expires_in, wabas = wish.get("expires_in"), wish.get("wabas")
    grant = Grant(
        token=str(wish.get("token") or f"EAA{secrets.token_urlsafe(48)}"),
        app=world.apps[app_id],
        scopes=scopes,
        wabas=None if wabas is None else frozenset(map(str, wabas)),
        expires_at=None if expires_in is None else world.clock.now() + float(expires_in),
    )
    world.grants[grant.token] = grant
    return {"token": grant.token}


def revoke_token(world: World, token: str) -> Json:
    if token not in world.grants:
        raise BadWish("no such token")
    world.grants[token].revoked = True
    return {"ok": True}


def rotate_token(world: World, token: str) -> Json:
    """A new token with the same rights; the old one is revoked."""
    revoke_token(world, token)
    old = world.grants[token]
    new = f"EAA{secrets.token_urlsafe(48)}"
    world.grants[new] = Grant(
        token=new, app=old.app, scopes=old.scopes, wabas=old.wabas, expires_at=old.expires_at
    )
    return {"token": new}


async def set_callback(world: World, wish: Json) -> None:
    """Verifies and sets an app's callback, as its dashboard does. Raises `BadWish`, `CallFailed`."""
    known_only(wish, "app_id", "url", "verify_token", "fields")
    app = world.apps.get(str(wish.get("app_id") or (next(iter(world.apps), ""))))
    if app is None:
        raise BadWish("say which app_id")
    if not wish.get("url"):
        app.callback = None
        return
    callback = Callback(str(wish["url"]), str(wish.get("verify_token", "")))
    await verify(callback, challenge_for(world.draw), world.outbox.manner.timeout)
    app.callback = callback
    app.fields = frozenset(wish.get("fields", FIELDS))


def account_update(world: World, wish: Json) -> Json:
    """Tells an `account_update`; every field but `waba_id` goes into its value."""
    waba = world.wabas.get(str(wish.get("waba_id") or next(iter(world.wabas), "")))
    if waba is None or not isinstance(wish.get("event"), str):
        raise BadWish("waba_id and event are needed")
    value = {name: what for name, what in wish.items() if name != "waba_id"}
    world.tell(waba, None, "account_update", "", value)
    return {"ok": True}


def forget_received(world: World) -> None:
    """Counts from nothing again; windows and rates stay as they are."""
    world.ledger.forget()
    for line in world.lines.values():
        for pair in line.pairs.values():
            pair.accepted = pair.received = 0
