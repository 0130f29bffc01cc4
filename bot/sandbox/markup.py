"""reply_markup: inline keyboards, reply keyboards and their limits."""

import re
from typing import Any

from bot.sandbox import strictness
from bot.sandbox.errors import bad_request

Json = dict[str, Any]

_ACTIONS = ("callback_data", "url", "copy_text", "pay", "web_app", "login_url")
_SWITCHES = ("switch_inline_query", "switch_inline_query_current_chat", "switch_inline_query_chosen_chat")
_STYLES = ("danger", "success", "primary")
_WEB = re.compile(r"^(https?://[^\s/]+\S*|tg://\S+|[^\s/:]+\.[^\s/]+\S*)$", re.IGNORECASE)


def inline_keyboard(markup: object) -> Json | None:
    """The inline keyboard of `markup`, checked; None when it is another kind or has no buttons."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" must be of type Array of Arrays')
    checked = [[_button(button) for button in row] for row in rows if row]
    if any(len(row) > strictness.BUTTONS_A_ROW for row in checked):
        raise bad_request("reply markup is too long")
    if sum(len(row) for row in checked) > strictness.BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def reply_keyboard(markup: object) -> Json | None:
    """A reply keyboard, its removal or a forced reply, checked; None when `markup` is none of them."""
    if not isinstance(markup, dict) or "inline_keyboard" in markup:
        return None
    if "keyboard" in markup:
        rows = markup["keyboard"]
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise bad_request('field "keyboard" must be of type Array of Arrays')
        buttons = [[{"text": b} if isinstance(b, str) else b for b in row] for row in rows]
        if any(not isinstance(b, dict) or not b.get("text") for row in buttons for b in row):
            raise bad_request("keyboard button text must be non-empty")
        return {**markup, "keyboard": buttons}
    if markup.get("remove_keyboard") or markup.get("force_reply"):
        return dict(markup)
    return None


def buttons(markup: Json | None) -> list[Json]:
    """Every button of an inline keyboard, in reading order."""
    return [button for row in (markup or {}).get("inline_keyboard", ()) for button in row]


def _button(button: object) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: Expected an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be a non-empty String')
    actions = [name for name in (*_ACTIONS, *_SWITCHES) if name in button]
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad_request("can't parse inline keyboard button: Exactly one action must be specified")
    if button.get("style", "primary") not in _STYLES:
        raise bad_request("can't parse inline keyboard button: Invalid button style specified")
    _check_action(actions[0], button[actions[0]])
    return dict(button)


def _check_action(action: str, value: object) -> None:
    if action == "callback_data":
        size = len(value.encode()) if isinstance(value, str) else 0
        if not 1 <= size <= strictness.CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif action == "url" and not (isinstance(value, str) and _WEB.match(value)):
        raise bad_request(f"inline keyboard button URL '{value}' is invalid: Wrong HTTP URL")
    elif action == "copy_text":
        copied = value.get("text") if isinstance(value, dict) else None
        if not isinstance(copied, str) or not 1 <= len(copied) <= 256:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
