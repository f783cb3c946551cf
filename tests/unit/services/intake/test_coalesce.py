"""Coalescing: batches grow by themselves, guilty items fall alone, nobody waits for ever."""

import asyncio
from collections.abc import Sequence

import pytest

from mrk_delivery.errors import Transient
from mrk_intake.store.coalesce import Coalescer, Full, GaveUp


class Writer:
    """Keeps batches; refuses the items that it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.bad: set[int] = set()
        self.away = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        await self.gate.wait()
        if self.away:
            self.away -= 1
            raise Transient
        if self.bad & set(items):
            raise ValueError("bad")
        return [item * 10 for item in items]


def made(given: Sequence[int | str]) -> list[int]:
    return [int(each) for each in given]


@pytest.fixture
async def writer() -> Writer:
    return Writer()


async def test_what_comes_during_a_write_is_written_together(writer: Writer) -> None:
    coalescer = Coalescer(made, writer.write, most=5)
    writer.gate.clear()
    async with coalescer.running():
        first = asyncio.create_task(coalescer.submit(0))
        while not writer.batches:
            await asyncio.sleep(0)
        rest = [asyncio.create_task(coalescer.submit(n)) for n in range(1, 8)]
        await asyncio.sleep(0)
        assert coalescer.waiting == 7
        writer.gate.set()
        assert await asyncio.gather(first, *rest) == [n * 10 for n in range(8)]
    assert writer.batches == [[0], [1, 2, 3, 4, 5], [6, 7]]


async def test_the_second_half_is_made_while_the_first_is_written(writer: Writer) -> None:
    halves: list[tuple[list[int], int]] = []

    def make(given: Sequence[int]) -> list[int]:
        halves.append((list(given), len(writer.batches)))
        return list(given)

    coalescer = Coalescer(make, writer.write)
    writer.gate.clear()
    async with coalescer.running():
        waiting = [asyncio.create_task(coalescer.submit(n)) for n in range(9)]
        while len(writer.batches) < 2:
            await asyncio.sleep(0)
        assert halves == [([0, 1, 2, 3, 4], 0), ([5, 6, 7, 8], 1)]
        writer.gate.set()
        assert await asyncio.gather(*waiting) == [n * 10 for n in range(9)]


async def test_a_guilty_item_fails_alone(writer: Writer) -> None:
    coalescer = Coalescer(made, writer.write)
    writer.bad = {3, 11}
    async with coalescer.running():
        found = await asyncio.gather(
            *(coalescer.submit(n) for n in range(16)), return_exceptions=True
        )
    assert [n for n, each in enumerate(found) if isinstance(each, ValueError)] == [3, 11]
    assert [each for each in found if isinstance(each, int)] == [
        n * 10 for n in range(16) if n not in {3, 11}
    ]


async def test_a_passing_failure_is_tried_again(writer: Writer) -> None:
    coalescer = Coalescer(made, writer.write)
    writer.away = 2
    async with coalescer.running():
        assert await asyncio.gather(*(coalescer.submit(n) for n in (1, 2))) == [
            10,
            20,
        ]
    assert writer.batches == [[1, 2]] * 3


async def test_a_failure_that_does_not_pass_is_given_up_at_the_deadline(writer: Writer) -> None:
    coalescer = Coalescer(made, writer.write, deadline_s=0.2)
    writer.away = 1000
    async with coalescer.running():
        with pytest.raises(GaveUp):
            await coalescer.submit(1)
        writer.away = 0
        assert await coalescer.submit(2) == 20


async def test_a_write_that_hangs_keeps_nobody_beyond_the_deadline(writer: Writer) -> None:
    coalescer = Coalescer(made, writer.write, deadline_s=0.2)
    writer.gate.clear()
    async with coalescer.running():
        found = await asyncio.gather(
            *(coalescer.submit(n) for n in range(3)), return_exceptions=True
        )
        assert [type(each) for each in found] == [GaveUp] * 3
        writer.gate.set()
        assert await coalescer.submit(5) == 50


async def test_more_than_the_limit_is_refused_at_once(writer: Writer) -> None:
    coalescer = Coalescer(made, writer.write, waiting=2)
    writer.gate.clear()
    async with coalescer.running():
        first = asyncio.create_task(coalescer.submit(0))
        while not writer.batches:
            await asyncio.sleep(0)
        rest = [asyncio.create_task(coalescer.submit(n)) for n in (1, 2)]
        await asyncio.sleep(0)
        with pytest.raises(Full):
            await coalescer.submit(3)
        writer.gate.set()
        assert await asyncio.gather(first, *rest) == [0, 10, 20]


async def test_leaving_writes_what_waits_and_takes_no_more(writer: Writer) -> None:
    coalescer = Coalescer(made, writer.write)
    async with coalescer.running():
        waiting = [asyncio.create_task(coalescer.submit(n)) for n in range(3)]
        await asyncio.sleep(0)
    assert [task.result() for task in waiting] == [0, 10, 20]
    with pytest.raises(Full):
        await coalescer.submit(9)


async def test_whoever_goes_away_does_not_disturb_the_others(writer: Writer) -> None:
    coalescer = Coalescer(made, writer.write)
    writer.gate.clear()
    async with coalescer.running():
        one, two = (asyncio.create_task(coalescer.submit(n)) for n in (1, 2))
        while not writer.batches:
            await asyncio.sleep(0)
        one.cancel()
        writer.gate.set()
        assert await two == 20


async def test_an_item_that_cannot_be_made_is_told_why_and_costs_nobody_else(
    writer: Writer,
) -> None:
    coalescer = Coalescer(made, writer.write)
    async with coalescer.running():
        found = await asyncio.gather(
            *(coalescer.submit(n) for n in ("1", "two", "3")), return_exceptions=True
        )
    assert found[0] == 10
    assert isinstance(found[1], ValueError)
    assert found[2] == 30
    assert writer.batches == [[1, 3]]
