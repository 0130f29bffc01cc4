"""Questions that are answered in one go."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.kernel.errors import Interrupted
from domain.scheduler.together import MOST, Together


class Clerk:
    """Doubles what it is asked, when it is let."""

    def __init__(self) -> None:
        self.goes: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def answer(self, questions: Sequence[int]) -> Sequence[int]:
        self.goes.append(list(questions))
        await self.open.wait()
        if -1 in questions:
            raise ValueError("below nought")
        return [2 * question for question in questions]


async def until_asked(clerk: Clerk, goes: int) -> None:
    async with asyncio.timeout(5):
        while len(clerk.goes) < goes:
            await asyncio.sleep(0)


async def test_who_asks_alone_is_answered_at_once() -> None:
    clerk = Clerk()
    together = Together(clerk.answer, rest=60)
    async with asyncio.timeout(5):
        assert [await together.ask(n) for n in range(3)] == [0, 2, 4]
    assert clerk.goes == [[0], [1], [2]]


async def test_who_asks_while_another_is_answered_goes_with_the_next() -> None:
    clerk = Clerk()
    clerk.open.clear()
    together = Together(clerk.answer, rest=0)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(together.ask(1))
        await until_asked(clerk, 1)
        others = [group.create_task(together.ask(n)) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        clerk.open.set()
    assert clerk.goes == [[1], [2, 3, 4]]
    assert [task.result() for task in (first, *others)] == [2, 4, 6, 8]


async def test_after_several_the_next_go_waits() -> None:
    clerk = Clerk()
    together = Together(clerk.answer, rest=60)
    await asyncio.gather(together.ask(1), together.ask(2))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await together.ask(3)
    assert clerk.goes == [[1, 2]]


async def test_more_than_fit_go_in_turn() -> None:
    clerk = Clerk()
    together = Together(clerk.answer, rest=0)
    answers = await asyncio.gather(*(together.ask(n) for n in range(2 * MOST + 1)))
    assert answers == [2 * n for n in range(2 * MOST + 1)]
    assert [len(go) for go in clerk.goes] == [MOST, MOST, 1]


async def test_what_goes_wrong_all_who_asked_are_told_and_the_next_are_answered() -> None:
    clerk = Clerk()
    together = Together(clerk.answer, rest=0)
    told = await asyncio.gather(together.ask(1), together.ask(-1), return_exceptions=True)
    assert [type(one) for one in told] == [ValueError, ValueError]
    assert await together.ask(4) == 8


async def test_who_is_gone_is_not_waited_for() -> None:
    clerk = Clerk()
    clerk.open.clear()
    together = Together(clerk.answer, rest=0)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(together.ask(1))
        await until_asked(clerk, 1)
        gone, stays = group.create_task(together.ask(2)), group.create_task(together.ask(3))
        await asyncio.sleep(0)
        gone.cancel()
        clerk.open.set()
    assert (first.result(), stays.result()) == (2, 6)
    assert clerk.goes == [[1], [3]]


async def test_where_the_one_who_asks_for_all_is_cancelled_the_others_hear_of_it() -> None:
    clerk = Clerk()
    clerk.open.clear()
    together = Together(clerk.answer, rest=0)
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(together.ask(n)) for n in (1, 2)]
        with_one = group.create_task(interrupted(together, 3))
        await until_asked(clerk, 1)
        await asyncio.sleep(0)
        assert clerk.goes == [[1, 2, 3]]
        asking[1].cancel()
        asking[0].cancel()
    assert await with_one
    clerk.open.set()
    assert await together.ask(4) == 8


async def interrupted(together: Together[int, int], question: int) -> bool:
    with pytest.raises(Interrupted):
        await together.ask(question)
    return True
