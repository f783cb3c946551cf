"""Tracking numbers: their check character finds every slip; their secrets prove one report."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_intake.domain import tracking

KEY = b"k" * 32
NUMBERS = [tracking.mint(KEY, UUID(int=n)) for n in range(200)]
ids = st.uuids()


@given(ids)
def test_a_number_is_short_and_reads_back_as_itself(complaint: UUID) -> None:
    number = tracking.mint(KEY, complaint)
    assert len(number) == 11
    assert set(number) <= set(tracking.ALPHABET) | {"-"}
    assert tracking.read(number) == number


@given(ids)
def test_what_was_written_down_from_hearing_reads_back(complaint: UUID) -> None:
    number = tracking.mint(KEY, complaint)
    for written in (
        number.lower(),
        number.replace("-", ""),
        f" {number.replace('-', ' ')} ",
        number.replace("0", "O").replace("1", "I"),
        number.replace("0", "o").replace("1", "l"),
    ):
        assert tracking.read(written) == number


def test_every_single_wrong_character_is_found() -> None:
    for number in NUMBERS[:20]:
        text = number.replace("-", "")
        for place, right in enumerate(text):
            for wrong in set(tracking.ALPHABET) - {right}:
                assert tracking.read(text[:place] + wrong + text[place + 1 :]) is None


def test_every_swap_of_two_characters_is_found() -> None:
    for number in NUMBERS[:50]:
        text = list(number.replace("-", ""))
        for one in range(len(text)):
            for two in range(one + 1, len(text)):
                if text[one] == text[two]:
                    continue
                swapped = text.copy()
                swapped[one], swapped[two] = swapped[two], swapped[one]
                assert tracking.read("".join(swapped)) is None


@pytest.mark.parametrize(
    "text", ["", "7K3", "7K3-Q9W-XTCC", "7K3-Q9U-XTC", "x" * 10_000, "\uff17K3-Q9W-XTC"]
)
def test_what_is_no_number_reads_as_none(text: str) -> None:
    assert tracking.read(text) is None


def test_numbers_tell_neither_order_nor_count() -> None:
    assert sorted(NUMBERS) != NUMBERS
    assert len(set(NUMBERS)) == len(NUMBERS)
    firsts = Counter(number[0] for number in NUMBERS)
    assert len(firsts) > 20


def test_another_key_or_attempt_makes_another_number() -> None:
    complaint = uuid4()
    numbers = {
        tracking.mint(KEY, complaint),
        tracking.mint(KEY, complaint, 1),
        tracking.mint(b"o" * 32, complaint),
    }
    assert len(numbers) == 3


def test_a_secret_proves_its_report_alone() -> None:
    mine, other = uuid4(), uuid4()
    secret = tracking.secret(KEY, mine)
    assert len(secret) == 22
    assert tracking.proves(KEY, mine, secret)
    for wrong in (None, "", secret[:-1], secret + "A", secret.lower(), "ö" * 22, "\udcff"):
        assert not tracking.proves(KEY, mine, wrong)
    assert not tracking.proves(KEY, other, secret)
    assert not tracking.proves(b"o" * 32, mine, secret)
