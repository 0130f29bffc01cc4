"""Refusals the domain can give. Wording for people lives in bot/texts."""


class DomainError(Exception):
    """A rule said no.

    `code` is stable: the bot looks its sentence up by it; `data` fills the sentence's blanks. It stays out of
    the exception's own text, which may end up in a log: what somebody typed does not belong there.
    """

    code: str = "domain.error"

    def __init__(self, **data: object) -> None:
        super().__init__(self.code)
        self.data = data


class Conflict(DomainError):
    """A write expected a state that no longer stands: someone was first."""

    code = "conflict"


class Interrupted(Exception):
    """The store undid all of it, because two stood in each other's way. No rule said no: begun anew, it may
    well succeed. Not a refusal, therefore, which would be the end of it."""


class NotFound(DomainError):
    """No such thing in this workspace (whether it exists elsewhere is not told)."""

    code = "not_found"


class StoreAway(Exception):
    """The store has no room, or is not to be reached. Begun anew when it is back, the same may well succeed:
    what asked for it is not at fault. Whether the last commit took place is not known."""
