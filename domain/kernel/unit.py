"""The unit of work: all or nothing."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

U_co = TypeVar("U_co", covariant=True)


class Store(Protocol[U_co]):
    """Opens units of work. Leaving a `write` unit without `commit()` undoes it.

    Nothing is sent inside a unit; a unit never waits for a network.
    """

    def write(self, *, bulk: bool = False) -> AbstractAsyncContextManager[U_co]:
        """Work in `bulk` lets go first whatever somebody waits for: a tap, a webhook to be answered."""
        ...

    def read(self) -> AbstractAsyncContextManager[U_co]:
        """One consistent snapshot."""
        ...
