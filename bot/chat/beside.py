"""Notices that take long to make: beside the others, which go out meanwhile."""

from collections.abc import Callable, Coroutine, Hashable
from datetime import timedelta
from typing import Any, Final

from bot.chat.notices import NotYet
from bot.tasks import TaskOwner

#: So soon is it looked whether one is done.
LOOK: Final = timedelta(seconds=1)

Work = Callable[[], Coroutine[Any, Any, int | None]]


class Beside:
    """Each in a task of its own. A notice that is not done is put off, and asked about again: it stays in its
    table until then, so one that a kill cuts off is made again."""

    def __init__(self, tasks: TaskOwner) -> None:
        self._tasks = tasks
        self._under_way: set[Hashable] = set()
        self._done: dict[Hashable, tuple[int | None, Exception | None]] = {}

    def has(self, what: Hashable) -> bool:
        """Whether it is being made, or is made and not handed over yet: then it stays here, however many
        people there are by now."""
        return what in self._under_way or what in self._done

    async def done(self, what: Hashable, work: Work) -> int | None:
        """What `work` gave or raised, once it has; until then raises NotYet. `what` it is, among all."""
        if what not in self._done:
            if what not in self._under_way:
                self._under_way.add(what)
                self._tasks.start("a large notice", self._run(what, work))
            raise NotYet(LOOK)
        message_id, error = self._done.pop(what)
        if error is not None:
            raise error
        return message_id

    async def _run(self, what: Hashable, work: Work) -> None:
        try:
            self._done[what] = await work(), None
        except Exception as error:
            self._done[what] = None, error
        finally:
            self._under_way.discard(what)
