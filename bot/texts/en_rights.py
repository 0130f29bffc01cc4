"""English: what a member is told whose role is too low."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    "refused.role.work": "You are a {role} here: you can look at everything, but not change it or take it out. "
    "Ask an owner to make you a manager.",
    "refused.role.own": "That is for owners, and you are a {role} here. "
    "Ask an owner to do it, or to make you one.",
}
