"""What the bot says of itself: commands, names, descriptions, menu button."""

import re
from typing import Any

from bot.sandbox.errors import bad_request
from bot.sandbox.methods.table import Method, method
from bot.sandbox.models import Json
from bot.sandbox.parsing import Arguments
from bot.sandbox.profile import Scope
from bot.sandbox.state import Sandbox
from bot.sandbox.utf16 import utf16_len

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_WIDE = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
_NARROW = {"chat", "chat_administrators", "chat_member"}
_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def _scope(args: Arguments) -> Scope:
    wish = args.json("scope") or {"type": "default"}
    kind = wish.get("type") if isinstance(wish, dict) else None
    if kind in _WIDE:
        return str(kind), 0, 0
    if kind not in _NARROW:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    try:
        return str(kind), int(wish["chat_id"]), int(wish.get("user_id") or 0)
    except (KeyError, ValueError, TypeError):
        raise bad_request("chat_id is empty") from None


def _language(args: Arguments) -> str:
    code = args.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("invalid language code specified")
    return code


@method("setMyCommands")
async def set_my_commands(sandbox: Sandbox, args: Arguments) -> bool:
    wish = args.json("commands")
    if not isinstance(wish, list):
        raise bad_request("can't parse commands JSON object")
    if len(wish) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    sandbox.profile.commands[_scope(args), _language(args)] = [_command(one) for one in wish]
    _everyone_sees(sandbox)
    return True


def _command(wish: Any) -> Json:
    if not isinstance(wish, dict):
        raise bad_request("can't parse BotCommand: Expected an Object")
    command = str(wish.get("command", "")).removeprefix("/")
    description = str(wish.get("description", "")).strip()
    if not _COMMAND.fullmatch(command):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= utf16_len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}


def _everyone_sees(sandbox: Sandbox) -> None:
    for chat in sandbox.chats.values():
        sandbox.touch(chat)


@method("getMyCommands")
async def get_my_commands(sandbox: Sandbox, args: Arguments) -> list[Json]:
    return sandbox.profile.commands.get((_scope(args), _language(args)), [])


@method("deleteMyCommands")
async def delete_my_commands(sandbox: Sandbox, args: Arguments) -> bool:
    sandbox.profile.commands.pop((_scope(args), _language(args)), None)
    _everyone_sees(sandbox)
    return True


def _setter(what: str) -> Method:
    async def set_it(sandbox: Sandbox, args: Arguments) -> bool:
        text = args.text(what)
        if utf16_len(text) > _LIMITS[what]:
            raise bad_request(f"bot {what.replace('_', ' ')} is too long")
        getattr(sandbox.profile, what)[_language(args)] = text
        return True

    return set_it


def _getter(what: str) -> Method:
    async def get_it(sandbox: Sandbox, args: Arguments) -> Json:
        texts: dict[str, str] = getattr(sandbox.profile, what)
        fallback = sandbox.bot.first_name if what == "name" else ""
        return {what: texts.get(_language(args)) or texts.get("") or fallback}

    return get_it


for _what in _LIMITS:
    method(f"setMy{_what.replace('_', '')}")(_setter(_what))
    method(f"getMy{_what.replace('_', '')}")(_getter(_what))


@method("setChatMenuButton")
async def set_chat_menu_button(sandbox: Sandbox, args: Arguments) -> bool:
    button = args.json("menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in ("default", "commands", "web_app"):
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    sandbox.profile.menu_button[args.integer("chat_id", 0)] = button
    return True


@method("getChatMenuButton")
async def get_chat_menu_button(sandbox: Sandbox, args: Arguments) -> Json:
    buttons = sandbox.profile.menu_button
    return buttons.get(args.integer("chat_id", 0)) or buttons.get(0) or {"type": "default"}
