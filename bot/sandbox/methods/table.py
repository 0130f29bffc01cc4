"""The table of Bot API methods; each module beside this one adds its own."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.parsing import Arguments
from bot.sandbox.state import Sandbox

Method = Callable[[Sandbox, Arguments], Awaitable[Any]]

METHODS: dict[str, Method] = {}
"""By name in lower case: Telegram does not mind the case either."""


def method(name: str) -> Callable[[Method], Method]:
    """Enter a function as the Bot API method `name`."""

    def enter(function: Method) -> Method:
        METHODS[name.lower()] = function
        return function

    return enter
