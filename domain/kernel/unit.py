"""The unit of work: all or nothing."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

U_co = TypeVar("U_co", covariant=True)


class Store(Protocol[U_co]):
    """Opens units of work. Leaving a `write` unit without `commit()` undoes it.

    Nothing is sent inside a unit; a unit never waits for a network.
    """

    def write(self) -> AbstractAsyncContextManager[U_co]: ...

    def read(self) -> AbstractAsyncContextManager[U_co]:
        """One consistent snapshot."""
        ...
