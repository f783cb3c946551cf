"""Masking: what looks like personal data is replaced by a stable placeholder."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mrk_text.disguised import SPELLED_HINT, find_lookalikes, find_spelled
from mrk_text.emails import find_emails
from mrk_text.nik import find_niks
from mrk_text.phones import find_phones
from mrk_text.spans import Kind, Span, fold

_NUMBER: Final = re.compile(r"\d(?:[^\d\n]{0,5}\d){5}")  # six digits: letters may stand for more
_SIGNS: Final = re.compile(r"[\s\[({<](?:at|et|add|a|keong)[\s\])}>]")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without the personal data that was found in it.

    Attributes:
        text: the masked text.
        counts: how many of each kind were replaced; kinds that were not found are absent.
    """

    text: str
    counts: Mapping[Kind, int]


def mask(text: str) -> Masked:
    """Replace phone numbers, e-mail addresses and NIKs by placeholders.

    Masking what is masked changes nothing: `mask(mask(x).text).text == mask(x).text`.

    Args:
        text: free text, of any length and language; Indonesian forms are known best.

    Returns:
        The masked text and the counts. Names and addresses stay.
    """
    counts: dict[Kind, int] = {}
    # a replacement may part digits that hid another number; each turn removes some, so it ends
    while spans := find(text):
        parts: list[str] = []
        position = 0
        for span in spans:
            parts += (text[position : span.start], span.kind.placeholder)
            position = span.end
            counts[span.kind] = counts.get(span.kind, 0) + 1
        parts.append(text[position:])
        text = "".join(parts)
    return Masked(text, counts)


def find(text: str) -> list[Span]:
    """What `mask` would replace first, in order, without overlaps."""
    # most texts hold nothing: what is tried first is cheap
    folded = fold(text)
    low = folded.lower()
    numbers = _NUMBER.search(folded) is not None
    spelled = SPELLED_HINT.search(low) is not None
    if not numbers and not spelled and "@" not in low and _SIGNS.search(low) is None:
        return []
    return _without_overlaps(folded, _found(folded, numbers=numbers, spelled=spelled))


def _found(text: str, *, numbers: bool, spelled: bool) -> Iterator[Span]:
    # an earlier finder wins where two overlap: an address may hold a number, a NIK a phone
    yield from find_emails(text)
    if numbers:
        yield from find_niks(text)
        yield from find_lookalikes(text)
        yield from find_phones(text)
    if spelled:
        yield from find_spelled(text)


def _without_overlaps(text: str, spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in (_trimmed(text, each) for each in spans):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    kept.sort()
    return kept


def _trimmed(text: str, span: Span) -> Span:
    """Without an opening bracket that is closed outside: the bracket is the sentence's."""
    if text[span.start] == "(" and ")" not in text[span.start : span.end]:
        return span._replace(start=span.start + 1)
    return span
