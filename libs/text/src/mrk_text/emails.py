"""E-mail addresses, plain and disguised ("nama [at] gmail dot com")."""

import re
from collections.abc import Iterator
from typing import Final

from mrk_text.spans import Kind, Span

_LOCAL: Final = r"[\w](?:[\w.%+'\-]{0,254}[\w])?"
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_TLD: Final = (
    r"(?:com|co|id|net|org|go|ac|sch|edu|gov|info|biz|me|my|sg|web|or|ymail|app|dev|online|mil)"
)
_PROVIDER: Final = r"(?:gmail|googlemail|yahoo|ymail|rocketmail|hotmail|outlook|live|icloud|proton)"
_IN_BRACKETS: Final = r"\s{0,2}[\[({<]\s?(?:at|et|a|@|keong)\s?[\])}>]\s{0,2}"
_AT_WORD: Final = r"\s{1,2}(?:at|et|add|keong|@)\s{1,2}"
_DOT: Final = (
    r"(?:\s?\.\s?|\s{0,2}[\[({<]\s?(?:dot|titik|\.)\s?[\])}>]\s{0,2}"
    r"|\s{1,2}(?:dot|titik|dt)\s{1,2})"
)

_PLAIN: Final = re.compile(rf"(?<![\w.%+\-]){_LOCAL}@{_LABEL}(?:\.{_LABEL})+")
# the same with a slip: spaces around the sign, a comma for the dot, the ending left out
_SLOPPY: Final = re.compile(
    rf"(?<![\w.%+\-]){_LOCAL}\s?@\s?(?:{_LABEL}(?:{_DOT}|,){_TLD}\b(?:{_DOT}{_TLD}\b)?"
    rf"|{_PROVIDER}\b(?:\s{_TLD}\b){{0,2}})",
    re.IGNORECASE,
)
_DISGUISED: Final = re.compile(
    rf"(?<![\w.%+\-]){_LOCAL}(?:{_IN_BRACKETS}|{_AT_WORD})"
    rf"(?:{_LABEL}{_DOT}{_TLD}\b(?:{_DOT}{_TLD}\b)?|{_PROVIDER}\b(?:{_DOT}{_TLD}\b)?)",
    re.IGNORECASE,
)
_SIGN: Final = re.compile(r"[\[({<\s](?:at|et|a|add|keong|@)[\])}>\s]", re.IGNORECASE)


def find_emails(text: str) -> Iterator[Span]:
    """The e-mail addresses of a folded text; a handle such as `@kota` is none."""
    if "@" in text:
        for pattern in (_PLAIN, _SLOPPY):
            for match in pattern.finditer(text):
                yield Span(match.start(), match.end(), Kind.EMAIL)
    if _SIGN.search(text):
        for match in _DISGUISED.finditer(text):
            yield Span(match.start(), match.end(), Kind.EMAIL)
