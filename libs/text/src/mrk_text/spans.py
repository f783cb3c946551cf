"""What is found in a text, and the text in a form in which it is looked for."""

import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

SEPARATORS: Final = " \t.()_*-"
"""What people put between digits, for use inside a character class; `-` stands last."""

_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u2060\ufe0f\u20e3\ufeff"
_LINE_ENDS: Final = "\x85\u2028\u2029"
_SAME: Final = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\uff20\ufe6b", "@"),
    **dict.fromkeys("\uff0e\uff61\u3002\u2024", "."),
    "\uff0b": "+",
}


class Kind(StrEnum):
    """A kind of personal data; its placeholder is what readers see instead."""

    PHONE = "phone"
    EMAIL = "email"
    NIK = "nik"

    @property
    def placeholder(self) -> str:
        """The stable text that stands for it; holds no digit and no `@`."""
        match self:
            case Kind.PHONE:
                return "[nomor telepon]"
            case Kind.EMAIL:
                return "[surel]"
            case Kind.NIK:
                return "[NIK]"


class Span(NamedTuple):
    """Where something stands in a text: `text[start:end]`."""

    start: int
    end: int
    kind: Kind


def fold(text: str) -> str:
    """The text with every digit as ASCII, every dash as `-`, blanks and invisibles as a space.

    Its length is the same, so places in it are places in the original.
    """
    if text.isascii():
        return text
    return "".join([char if char < "\x80" else _folded(char) for char in text])


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    if char in _INVISIBLE or (char.isspace() and char not in _LINE_ENDS):
        return " "
    return _SAME.get(char, char)
