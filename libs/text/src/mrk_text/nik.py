"""NIK: 16 digits, region of first registration, birth date (day + 40 for women), serial.

The same form is used by the family card's number (KK), which is masked with it.
"""

import re
from collections.abc import Iterator
from typing import Final

from mrk_text.spans import SEPARATORS, Kind, Span

# provinces of Kemendagri's codes, with those that registered people before they were split
_PROVINCES: Final = frozenset(
    {*range(11, 20), 21, *range(31, 37), *range(51, 54), *range(61, 66), *range(71, 77), 81, 82}
    | set(range(91, 98))
)
_SIXTEEN: Final = re.compile(rf"(?<!\d)\d(?:[{SEPARATORS}]{{0,2}}\d){{15}}(?!\d)")
# a number that its writer calls NIK is masked even when digits were forgotten or added
_NAMED: Final = re.compile(
    r"\b(?:n\.?i\.?k|e?-?ktp|no\.?\s?kk|kk|kartu\s(?:keluarga|tanda\spenduduk))\b\.?"
    rf"[^\d\n\[\]]{{0,20}}(\d(?:[{SEPARATORS}]{{0,2}}\d){{12,16}})(?!\d)",
    re.IGNORECASE,
)
_DATE: Final = re.compile(r"(?<!\d)\d{1,2}[-.]\d{1,2}[-.](?:19|20)\d\d(?!\d)")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+")


def find_niks(text: str) -> Iterator[Span]:
    """The NIKs of a folded text: any 16 digits in one run, plausible ones when separated."""
    position = 0
    while match := _SIXTEEN.search(text, position):
        found = match.group()
        if found.isdigit() or _plausible_separated(found):
            yield Span(match.start(), match.end(), Kind.NIK)
            position = match.end()
        else:
            position = match.start() + 1
            while text[position].isdigit():
                position += 1
    for match in _NAMED.finditer(text):
        yield Span(match.start(1), match.end(1), Kind.NIK)


def plausible(digits: str) -> bool:
    """Whether 16 digits could be a NIK: a province, a regency, a district, a day, a month."""
    province, regency, district = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    day, month = int(digits[6:8]) % 40, int(digits[8:10])
    return (
        province in _PROVINCES
        and 1 <= regency <= 79
        and 1 <= district <= 99
        and 1 <= day <= 31
        and int(digits[6:8]) <= 71
        and 1 <= month <= 12
    )


def _plausible_separated(found: str) -> bool:
    if _DATE.search(found) or _THOUSANDS.fullmatch(found):
        return False
    return plausible("".join(filter(str.isdigit, found)))
