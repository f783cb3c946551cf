import itertools
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_text.labelled import Example, Score, examples, held, parse, score
from mrk_text.masking import find, mask
from mrk_text.spans import Kind, fold

PIECES = st.sampled_from(
    [
        *(
            "0812",
            "3456",
            "7890",
            "62",
            "+62",
            "0",
            "8",
            "1",
            "061",
            "4512345",
            "12.71.05",
            "120190",
        ),
        *("1271051201900001", " ", "-", ".", "(", ")", "/", ",", "\n", "@", "gmail", "com", " at "),
        *("[at]", " dot ", "nama", "NIK ", "telp ", "WA ", "Rp ", "[NIK]", "[surel]", " satu "),
        *("[nomor telepon]", "O8I2", "nol ", "delapan ", "08.00", "12-03-2024", "\u200b", "٠٨"),
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=200)


@pytest.mark.parametrize("example", examples(), ids=lambda e: e.text[:40])
def test_a_labelled_example_is_masked_as_labelled(example: Example) -> None:
    assert mask(example.text).text == example.masked


def test_the_labelled_examples_are_many_and_of_both_sorts() -> None:
    assert len(examples()) + len(held()) >= 300
    for given_ in (examples(), held()):
        assert len(given_) >= 120
        assert sum(not each.spans for each in given_) >= 40
        assert {span.kind for each in given_ for span in each.spans} == set(Kind)
    assert not {each.text for each in examples()} & {each.text for each in held()}


@pytest.mark.parametrize("given_", [held(), [*examples(), *held()]], ids=["held", "all"])
def test_precision_and_recall_stay_good(given_: list[Example]) -> None:
    for kind, each in score(given_).items():
        assert each.precision >= 0.95, kind
        assert each.recall >= 0.95, kind


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{{phone|0812/6001/1223}}", "strokes"),
        ("{{phone|0812👉6001👉1223}}", "pictures"),
        ("{{email|siti.nur'aini@example.com}}", "an apostrophe"),
        ("kirim ke {{email|rina keong gmail dot com}} saja", "a snail"),
        ("{{email|rina@yahoo co id}}", "no dots"),
        ("08/12/2026 dan 0812/2026/12", "no number of a phone"),
    ],
)
def test_odd_ways_of_writing_are_seen_through(line: str, why: str) -> None:
    example = parse(line)
    assert mask(example.text).text == example.masked, why


def test_a_miss_and_a_false_find_lower_the_score() -> None:
    counted = score([parse("{{phone|12}}"), parse("WA 081234567890")])[Kind.PHONE]
    assert counted == Score(right=0, wrong=1, missed=1)
    assert counted.precision == counted.recall == 0


def test_kinds_are_counted() -> None:
    masked = mask("081234567890, 085212345678, a@b.com, 1271051201900001")
    assert masked.counts == {Kind.PHONE: 2, Kind.EMAIL: 1, Kind.NIK: 1}


def test_a_text_without_anything_stays_the_same_object() -> None:
    text = "Kapan jalan kami diaspal?"
    assert mask(text).text is text
    assert mask(text).counts == {}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+62120190a@b.com", "[nomor telepon][surel]"),
        ("0@gmail081234567890", "[surel][nomor telepon]"),
        ("0812345678900+6262061", "[nomor telepon][nomor telepon]"),
    ],
)
def test_what_a_first_replacement_lays_bare_is_masked_too(text: str, masked: str) -> None:
    assert mask(text).text == masked


@given(TEXTS)
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    twice = mask(once.text)
    assert twice.text == once.text
    assert twice.counts == {}


@given(st.integers(10**7, 10**10 - 1), st.lists(st.sampled_from(["", " ", "-", "."]), min_size=3))
def test_every_mobile_number_disappears_in_any_grouping(rest: int, gaps: list[str]) -> None:
    digits = f"081{rest}"
    written = "".join(
        digit + (gaps[i % len(gaps)] if i in {3, 7} else "") for i, digit in enumerate(digits)
    )
    masked = mask(f"Hubungi saya di {written}, terima kasih")
    assert masked.text == "Hubungi saya di [nomor telepon], terima kasih"


@given(st.integers(10**15, 10**16 - 1))
def test_any_sixteen_digits_in_a_row_disappear(number: int) -> None:
    assert mask(f"NIK {number} saya").text == "NIK [NIK] saya"


@given(st.from_regex(r"[a-z][a-z0-9._]{0,20}[a-z0-9]@[a-z]{2,12}\.(com|id|co\.id)", fullmatch=True))
def test_every_plain_address_disappears(address: str) -> None:
    assert address not in mask(f"Surel: {address} ya").text


@given(st.dates(), st.times(), st.integers(1, 999), st.integers(1, 30), st.integers(1, 30))
def test_dates_times_money_and_house_numbers_stay(
    day: object, hour: object, number: int, rt: int, rw: int
) -> None:
    text = (
        f"Jl. Karya No. {number}, RT {rt:03}/RW {rw:03}, 20112, tanggal {day} pukul "
        f"{str(hour)[:5].replace(':', '.')}, Rp{number}.000.000 di 3.{number + 500000}, 98.6722"
    )
    assert mask(text).text == text


@given(st.text(max_size=100))
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(TEXTS)
def test_what_is_found_is_in_order_and_apart(text: str) -> None:
    spans = find(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


@given(TEXTS)
def test_placeholders_hold_nothing_that_could_be_masked(text: str) -> None:
    assert not any(re.search(r"[\d@]", kind.placeholder) for kind in Kind)
    assert mask(text).text.count("@") <= text.count("@") + text.count("\uff20")


@pytest.mark.parametrize(
    "piece",
    ["0", "08 ", "1 ", "satu dua ", "a.", "a at ", "((((0", "8-1.", "satu 1 ", "O0 l1 ", "+1 ",
     "hp no ", "12345678", "nik ", "a@", "1-", "0.", "delapan", "[at] "],
)  # fmt: skip
def test_no_text_of_the_longest_length_takes_long(piece: str) -> None:
    text = (piece * 4000)[:4000]
    began = time.process_time()
    mask(text)
    assert time.process_time() - began < 0.5
