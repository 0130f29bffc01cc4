"""What a bot tells about itself: commands, descriptions, menu button."""

from dataclasses import dataclass, field

from bot.sandbox.models import Chat, Json

Scope = tuple[str, int, int]
"""Type, chat id, user id (0 where the scope has none)."""

DEFAULT: Scope = ("default", 0, 0)


@dataclass(slots=True)
class BotProfile:
    """Texts by language code ("" for all), commands by scope and language."""

    name: dict[str, str] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    short_description: dict[str, str] = field(default_factory=dict)
    commands: dict[tuple[Scope, str], list[Json]] = field(default_factory=dict)
    menu_button: dict[int, Json] = field(default_factory=dict)
    """By chat id, 0 for all."""

    def commands_shown(self, chat: Chat, user_id: int, language: str) -> list[Json]:
        """The commands a person sees in a chat: the narrowest scope wins, then the language."""
        wide = "all_private_chats" if chat.kind == "private" else "all_group_chats"
        scopes: list[Scope] = [
            ("chat_member", chat.id, user_id),
            ("chat", chat.id, 0),
            (wide, 0, 0),
            DEFAULT,
        ]
        for scope in scopes:
            for code in (language, ""):
                if found := self.commands.get((scope, code)):
                    return found
        return []
