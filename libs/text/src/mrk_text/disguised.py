"""Numbers with letters for digits ("O8l2…") and spelled-out ones ("nol delapan satu dua …")."""

import re
from collections.abc import Iterator
from typing import Final

from mrk_text.nik import plausible
from mrk_text.spans import Kind, Span

_LOOK: Final = str.maketrans("OoIil|SsBZz", "00111155822")
_GROUP: Final = r"(?=[OoIil|SsBZz]{0,3}\d)[\dOoIil|SsBZz]{1,16}"
_LOOKALIKE: Final = re.compile(rf"(?<![^\W_])\+?{_GROUP}(?:[ .\-]{{1,2}}{_GROUP}){{0,5}}(?![^\W_])")
_NUMBER_WORDS: Final = {
    "nol": "0", "kosong": "0", "satu": "1", "dua": "2", "tiga": "3", "empat": "4",
    "lima": "5", "enam": "6", "tujuh": "7", "delapan": "8", "lapan": "8", "sembilan": "9",
}  # fmt: skip
_WORD: Final = "|".join(_NUMBER_WORDS)
_SAID: Final = rf"(?:{_WORD}|\d{{1,6}}(?!\d))"  # a run of digits has one reading: no backtracking
_SPELLED: Final = re.compile(
    rf"(?<![\w+])\+?{_SAID}(?:[\s,.\-]{{0,2}}{_SAID}){{3,15}}(?!\w)",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(rf"{_WORD}|\d+", re.IGNORECASE)
SPELLED_HINT: Final = re.compile(rf"(?:{_WORD})[\s,.\-]{{0,2}}(?:{_WORD})")
_MOBILE: Final = re.compile(r"(?:0|62)8[1-9]\d{7,10}")
_LANDLINE: Final = re.compile(r"(?:0|62)61\d{6,8}")
_MIN_DIGITS: Final = 6


def find_lookalikes(text: str) -> Iterator[Span]:
    """Mobile numbers and NIKs of a folded text in which letters stand for some digits."""
    for match in _LOOKALIKE.finditer(text):
        found = match.group()
        digits = sum(map(str.isdigit, found))
        read = "".join(filter(str.isdigit, found.translate(_LOOK)))
        if digits < _MIN_DIGITS or digits == len(read):
            continue
        if _MOBILE.fullmatch(read):
            yield Span(*match.span(), Kind.PHONE)
        elif len(read) == 16 and plausible(read):
            yield Span(*match.span(), Kind.NIK)


def find_spelled(text: str) -> Iterator[Span]:
    """Phone numbers of a folded text that are spelled out, wholly or in part.

    It is slow: only for a text in whose small letters `SPELLED_HINT` is found.
    """
    for match in _SPELLED.finditer(text):
        tokens = _TOKEN.findall(match.group())
        read = "".join(_NUMBER_WORDS.get(token.lower(), token) for token in tokens)
        words = sum(token.lower() in _NUMBER_WORDS for token in tokens)
        if words >= 3 and (_MOBILE.fullmatch(read) or _LANDLINE.fullmatch(read)):
            yield Span(*match.span(), Kind.PHONE)
