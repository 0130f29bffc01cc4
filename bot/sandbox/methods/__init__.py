"""The Bot API, one function a method."""

from bot.sandbox.methods import chats, edits, media, messages, payments, profile, topics, updates
from bot.sandbox.methods.table import METHODS, Method

__all__ = [
    "METHODS",
    "Method",
    "chats",
    "edits",
    "media",
    "messages",
    "payments",
    "profile",
    "topics",
    "updates",
]
