"""Phone numbers as people in Indonesia write them.

Mobile: 08…, 62 8…, +62 8…, also without the 0. Landline: (061) …, +62 61 …, or any number
that the writer calls one ("telp 4512345"). What only looks like it stays: times, dates, money,
coordinates, RT/RW, customer numbers.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

from mrk_text.spans import SEPARATORS, Kind, Span

_S: Final = f"[{SEPARATORS}]"
_COUNTRY: Final = rf"\(?(?:\+{_S}?|00)?62\)?{_S}{{0,3}}"

_MOBILE: Final = re.compile(
    rf"(?<!\d)(?:{_COUNTRY}(?:\(?0\)?{_S}{{0,2}})?|\(?0{_S}{{0,2}})"
    rf"8{_S}{{0,3}}[1-9](?:{_S}{{0,3}}\d){{6,11}}(?!\d)"
)
_LANDLINE: Final = re.compile(
    rf"(?<!\d)(?<!\d[.,])(?:\(?0[2-79]\d{{1,2}}\)?|(?:\(?\+{_S}?|\(|00|\b)62\)?{_S}{{1,3}}"
    rf"(?:\(0\){_S}?|\(?0?)[2-79]\d{{1,2}}\)?|\(?\+62[2-79]\d{{1,2}})"
    rf"{_S}{{0,3}}\d(?:{_S}{{0,2}}\d){{4,7}}(?!\d)"
)
# mobile without its 0, in the groups that phones are read in
_GROUPED: Final = re.compile(
    r"(?<![\d.,])8[1-9]\d(?P<gap>[-. ])\d{4}(?P=gap)\d{3,5}(?![\d])|"
    r"(?<![\d.,])8[1-9]\d(?P<gap2>[- ])\d{3}(?P=gap2)\d{3,4}(?!\d)"
)
# what nobody else puts between digits, twice the same: a comma, a stroke, a picture
_ODD: Final = re.compile(
    r"(?<![\d,./])(?:0|\+?62)8[1-9]\d(?P<gap>[^\w\s]{1,2})\d{3,4}(?P=gap)\d{3,5}(?![\d/])"
)
_BARE: Final = re.compile(r"(?<![\d.,])8[1-9]\d{7,10}(?![\d])")
_FOREIGN: Final = re.compile(rf"(?<!\d)(?:\+|\(\+)[1-9](?:{_S}{{0,2}}\d){{6,14}}(?!\d)")
_CALLED: Final = re.compile(
    r"(?<![a-z])(?:tel(?:e?pon|p|pn|f|fon|fone)?|tlpn?|hp|h\.p|handphone|hape|ponsel|w\.?a|"
    r"whats?app?|wasap|sms|fax|faks|kontak|cp|call|hub(?:ungi)?|phone|mobile)"
    r"(?:\s?(?:/|&|dan)\s?(?:wa|hp|telp|sms))?"
    r"[\s.:=\-]{0,4}(?:(?:saya|ku|kami|nya|ini|ke|di|no|nomor|nomer|adalah|aktif|pak|bu|rumah|"
    r"kantor)(?![a-z])[\s.:=\-]{0,4}){0,4}"
    rf"(\(?\+?\d(?:{_S}{{0,2}}\d){{6,14}})(?!\d)",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"\(?(?:[0-3]?\d[-. ](?:0?\d|1[0-2])[-. ](?:19|20)\d\d(?!\d)"
    r"|(?:19|20)\d\d[-. ](?:0?\d|1[0-2])[-. ][0-3]?\d(?!\d))"
)  # no date without separators: 08111990 begins many a mobile number, and alone it is too short
_TIMES: Final = re.compile(r"[0-2]?\d\.[0-5]\d(?!\d)[ \-]{0,3}(?:[0-2]?\d\.[0-5]\d(?!\d)|$)")
_MONEY_BEFORE: Final = re.compile(r"(?:\brp|\bidr|\busd|\$)[\s.:]{0,3}\Z", re.IGNORECASE)
_MONEY_AFTER: Final = re.compile(
    r"(?:,\d\d\b|,-|\s?(?:rupiah|ribu|juta|miliar|milyar)\b)", re.IGNORECASE
)
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+")
_OTHER_NUMBER: Final = re.compile(
    r"(?:pelanggan|meter(?:an)?|rekening|rek|pln|pdam|tirtanadi|resi|tiket|kode|registrasi|"
    r"kontrak|polis|invoice|berkas|npwp|nop|pbb|id)\W{0,3}(?:(?:no|nomor|id|saya|kami|nya|air|"
    r"listrik)\W{1,3}){0,3}\Z",
    re.IGNORECASE,
)
_PUBLIC: Final = re.compile(r"1[45]00\d{3}|0?800\d{6,7}")
_GROUP: Final = re.compile(r"\d+")
_BEFORE: Final = 40  # characters that a caption takes


def find_phones(text: str) -> Iterator[Span]:
    """The phone numbers of a folded text."""
    yield from _search(_MOBILE, text)
    yield from _search(_LANDLINE, text)
    for match in _CALLED.finditer(text):
        found = match.group(1)
        if not _is_other(text, match.start(1), match.end(1)) and not _PUBLIC.fullmatch(
            _digits(found)
        ):
            yield Span(match.start(1), match.end(1), Kind.PHONE)
    for pattern in (_GROUPED, _BARE):
        for match in pattern.finditer(text):
            if not _is_other(text, *match.span()) and not _captioned(text, match.start()):
                yield Span(*match.span(), Kind.PHONE)
    for match in _ODD.finditer(text):
        yield Span(*match.span(), Kind.PHONE)
    for match in _FOREIGN.finditer(text):
        if _possible_abroad(match.group()):
            yield Span(*match.span(), Kind.PHONE)


def _search(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    position = 0
    while match := pattern.search(text, position):
        start, end = match.span()
        if _is_other(text, start, end) or len(_digits(match.group())) < 9:
            position = start + 1  # a number may begin within what was rejected
            continue
        end = start + _end_of_first(match.group())
        yield Span(start, end, Kind.PHONE)
        position = end


def _is_other(text: str, start: int, end: int) -> bool:
    """Whether what stands there is a date, a time, an amount of money."""
    found = text[start:end]
    if _DATE.match(found) or _TIMES.match(found):
        return True
    if _MONEY_BEFORE.search(text, max(0, start - 8), start):
        return True
    thousands = _THOUSANDS.fullmatch(found) is not None and not found.startswith("0")
    if thousands:
        return True
    return _MONEY_AFTER.match(text, end) is not None and not found.startswith("0")


def _captioned(text: str, start: int) -> bool:
    return _OTHER_NUMBER.search(text, max(0, start - _BEFORE), start) is not None


def _end_of_first(found: str) -> int:
    """Where the first number ends: two numbers, or a number and a count, may stand in a row."""
    groups = list(_GROUP.finditer(found))
    head = 1 if groups[0].group() in {"0", "62", "0062"} and len(groups) > 1 else 0
    if len(groups[head].group()) >= 10 - head:
        return groups[head].end()
    total = len(groups[0].group())
    blanks = True  # whether the number's own groups are parted by blanks
    for before, group in itertools.pairwise(groups):
        gap = found[before.end() : group.start()]
        other = total >= 10 and not blanks and gap.isspace()  # "0813.7000.1234 20 ribu"
        if other or (total >= 9 and group.group().startswith(("08", "628", "061"))):
            return before.end()
        blanks = blanks and (" " in gap or "\t" in gap)
        total += len(group.group())
    return len(found)


def _digits(found: str) -> str:
    return "".join(filter(str.isdigit, found))


def _possible_abroad(found: str) -> bool:
    # 70 ms of metadata that only texts with a foreign number pay
    import phonenumbers  # noqa: PLC0415  # as above

    try:
        number = phonenumbers.parse("+" + _digits(found))
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(number))
