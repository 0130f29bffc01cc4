"""The unit of work: all or nothing."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

U_co = TypeVar("U_co", covariant=True)


class Store(Protocol[U_co]):
    """Opens units of work. Leaving a `write` unit without `commit()` undoes it.

    Nothing is sent inside a unit; a unit never waits for a network.
    """

    def write(
        self, *, bulk: bool = False, leads: bool = False, follows: bool = False
    ) -> AbstractAsyncContextManager[U_co]:
        """Work in `bulk` lets go first whatever somebody waits for: a tap, a webhook to be answered. Between
        a unit that `leads` and the one that `follows` it at once it gives way too, once, for a moment."""
        ...

    def read(self) -> AbstractAsyncContextManager[U_co]:
        """One consistent snapshot."""
        ...
