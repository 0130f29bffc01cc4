"""Receiving updates, and the webhook the sandbox does not have."""

from typing import Any

from bot.sandbox.errors import bad_request
from bot.sandbox.methods.table import method
from bot.sandbox.models import Json
from bot.sandbox.parsing import Arguments
from bot.sandbox.state import Sandbox


@method("getUpdates")
async def get_updates(sandbox: Sandbox, args: Arguments) -> list[Json]:
    return await sandbox.updates.poll(
        offset=args.integer("offset", 0),
        limit=args.integer("limit", 100),
        timeout=args.integer("timeout", 0),
        allowed=_kinds(args.json("allowed_updates")),
    )


def _kinds(wish: Any) -> list[str] | None:
    if wish is None:
        return None
    if not isinstance(wish, list) or not all(isinstance(kind, str) for kind in wish):
        raise bad_request("can't parse allowed updates JSON object")
    return wish


@method("setWebhook")
async def set_webhook(sandbox: Sandbox, args: Arguments) -> bool:
    if args.text("url"):
        raise bad_request("bad webhook: the sandbox delivers updates by getUpdates only")
    return _drop_if_asked(sandbox, args)


@method("deleteWebhook")
async def delete_webhook(sandbox: Sandbox, args: Arguments) -> bool:
    return _drop_if_asked(sandbox, args)


def _drop_if_asked(sandbox: Sandbox, args: Arguments) -> bool:
    if args.flag("drop_pending_updates"):
        sandbox.updates.drop_all()
    return True


@method("getWebhookInfo")
async def get_webhook_info(sandbox: Sandbox, args: Arguments) -> Json:
    about: Json = {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": len(sandbox.updates),
    }
    if sandbox.updates.allowed is not None:
        about["allowed_updates"] = sandbox.updates.allowed
    return about


@method("logOut")
async def log_out(sandbox: Sandbox, args: Arguments) -> bool:
    return True


@method("close")
async def close(sandbox: Sandbox, args: Arguments) -> bool:
    return True
