"""A database that cannot be opened, in a sentence."""

import sqlite3
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
    except (OSError, sqlite3.Error) as error:
        raise Unreachable(str(error)) from error
    except DBAPIError as error:
        raise Unreachable(str(error.orig).partition("\n")[0]) from error
