"""Refusals the domain can give. Wording for people lives in bot/texts."""


class DomainError(Exception):
    """A rule said no.

    `code` is stable: the bot looks its sentence up by it; `data` fills the sentence's blanks.
    """

    code: str = "domain.error"

    def __init__(self, **data: object) -> None:
        super().__init__(f"{self.code} {data}")
        self.data = data


class Conflict(DomainError):
    """A write expected a state that no longer stands: someone was first."""

    code = "conflict"


class NotFound(DomainError):
    """No such thing in this workspace (whether it exists elsewhere is not told)."""

    code = "not_found"
