"""Challenges near a limit: solved once, in time, for what they were given for."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_web.challenge import Challenges, solve

KEY = bytes(range(32))


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def made(clock: Clock | None = None, **changes: Any) -> Challenges:
    return Challenges(KEY, numbers=50, clock=clock or Clock(), **changes)


def changed(solution: str, **changes: Any) -> str:
    told = json.loads(base64.b64decode(solution)) | changes
    return base64.b64encode(json.dumps(told).encode()).decode()


def test_a_solution_admits_its_purpose_once_in_whichever_process_judges_first() -> None:
    challenges = made()
    solution = solve(challenges.make("a", 0.5))
    assert not challenges.admits(solution, "b")
    assert challenges.admits(solution, "a")
    assert not challenges.admits(solution, "a")
    assert made().admits(solution, "a")


def test_it_expires() -> None:
    clock = Clock()
    challenges = made(clock, lifetime_s=60)
    first, second = [solve(challenges.make("a", 0)) for _ in range(2)]
    clock.now += 59
    assert challenges.admits(first, "a")
    clock.now += 1
    assert not challenges.admits(second, "a")


def test_what_was_not_given_here_or_was_changed_is_no_solution() -> None:
    challenges = made()
    foreign = Challenges(bytes(32), numbers=50, clock=Clock())
    assert not challenges.admits(solve(foreign.make("a", 0)), "a")
    solution = solve(challenges.make("a", 0))
    told = json.loads(base64.b64decode(solution))
    for changes in (
        {"number": told["number"] + 1},
        {"number": True},
        {"number": str(told["number"])},
        {"salt": told["salt"].replace("expires=1", "expires=2")},
        {"challenge": told["challenge"][::-1]},
        {"signature": "é"},
        {"algorithm": "SHA-1"},
    ):
        assert not challenges.admits(changed(solution, **changes), "a"), changes
    assert challenges.admits(solution, "a")


@given(st.one_of(st.none(), st.text(), st.binary().map(lambda b: base64.b64encode(b).decode())))
def test_anything_else_is_no_solution(text: str | None) -> None:
    assert not made().admits(text, "a")


@pytest.mark.parametrize(("pressure", "numbers"), [(-1, 50), (0, 50), (1, 400), (9, 400)])
def test_it_is_harder_the_less_is_left(pressure: float, numbers: int) -> None:
    assert made().make("a", pressure)["maxnumber"] == numbers


def test_memory_is_bounded_and_what_expired_is_forgotten() -> None:
    clock = Clock()
    challenges = made(clock, max_used=2, lifetime_s=60)
    for _ in range(3):
        assert challenges.admits(solve(challenges.make("a", 0)), "a")
    assert len(challenges._used) == 2
    clock.now += 61
    assert challenges.admits(solve(challenges.make("a", 0)), "a")
    assert len(challenges._used) == 1
