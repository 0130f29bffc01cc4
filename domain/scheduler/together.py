"""Questions that come close upon each other are answered in one go: one transaction then serves many."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from domain.kernel.errors import Interrupted

Q = TypeVar("Q")
A = TypeVar("A")

#: In one go. More would make whoever else writes wait too long.
MOST: Final = 100


class _Asked(Generic[Q, A]):
    """`ready`: its asker has the answer, or is the one who is to ask for all (`leads`)."""

    def __init__(self, question: Q) -> None:
        loop = asyncio.get_running_loop()
        self.question = question
        self.answer: asyncio.Future[A] = loop.create_future()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.leads = False

    def wake(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)


class Together(Generic[Q, A]):
    """`answer` gives an answer to each question, in their order; what it raises, all who asked get (and
    Interrupted, should the one of them be cancelled who asks for all).

    Who asks alone is answered at once. Where several asked together, the next go begins no sooner than `rest`
    seconds after the one before, so that there are several again.
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], *, rest: float) -> None:
        self._answer, self._rest = answer, rest
        self._waiting: list[_Asked[Q, A]] = []
        self._is_led = False
        self._not_before = 0.0

    async def ask(self, question: Q) -> A:
        mine: _Asked[Q, A] = _Asked(question)
        self._waiting.append(mine)
        if not self._is_led:
            self._pass_on()
        try:
            await mine.ready
            while not mine.answer.done():
                await self._go()
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
            if mine.leads:
                self._pass_on()
        return mine.answer.result()

    def _pass_on(self) -> None:
        self._is_led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].wake()

    async def _go(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._not_before - loop.time()))
        asked, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._not_before = loop.time() + (self._rest if len(asked) > 1 else 0)
        try:
            answers = await self._answer([one.question for one in asked])
        except BaseException as error:
            told = error if isinstance(error, Exception) else Interrupted()
            for one in asked:
                one.answer.set_exception(told)
                one.answer.exception()  # of somebody who is gone it is nobody's to hear
                one.wake()
            if told is not error:
                raise
            return
        for one, answer in zip(asked, answers, strict=True):
            one.answer.set_result(answer)
            one.wake()
