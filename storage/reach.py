"""A database that cannot be opened, in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError


class Unreachable(Exception):
    """The database cannot be opened; the text is the system's own reason."""


@contextmanager
def reached() -> Iterator[None]:
    """Raises Unreachable for what the system and the drivers raise."""
    try:
        yield
    except OSError as error:
        raise Unreachable(str(error)) from error
    except DBAPIError as error:
        raise Unreachable(str(error.orig).partition("\n")[0]) from error
