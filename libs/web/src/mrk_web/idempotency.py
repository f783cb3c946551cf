"""`Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header), with enough randomness."""

import re
from collections.abc import Sequence
from typing import Final, NewType

from mrk_web.language import Language, Text
from mrk_web.problems import FieldError, Problem, ProblemError

IdempotencyKey = NewType("IdempotencyKey", str)
HEADER: Final = "Idempotency-Key"
MIN_BITS: Final = 128
MAX_LENGTH: Final = 255
MIN_DISTINCT: Final = 6  # 32 random hex digits have fewer once in 5 thousand million keys

_KEY: Final = re.compile(r"[A-Za-z0-9_\-+/=.:~]+")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")

MISSING: Final = Problem(
    400, "idempotency-key-missing",
    Text("Tajuk Idempotency-Key wajib ada", "The header Idempotency-Key is required"),
    Text("Buat satu kunci acak untuk tiap laporan dan pakai lagi kunci itu saat mengulang.",
         "Make one random key for each new request, and use it again when repeating."),
)  # fmt: skip
MALFORMED: Final = Problem(
    400, "idempotency-key-malformed",
    Text("Idempotency-Key tidak sah", "The Idempotency-Key is malformed"),
    Text("Pakai UUID versi 4 atau paling sedikit 22 karakter base64url acak.",
         "Use a version 4 UUID, or 22 or more random base64url characters."),
)  # fmt: skip
_EXAMPLE: Final = 'Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"'


def parse_idempotency_key(values: Sequence[str], language: Language = "id") -> IdempotencyKey:
    """The key of a request.

    Args:
        values: every value of the header; Starlette: `headers.getlist(HEADER)`.
        language: the reader's, for the field's message.

    Returns:
        The key without quotes: a quoted and a bare one of the same text are the same key.

    Raises:
        ProblemError: 400; absent, repeated, not a quoted string or a bare key, longer than 255
            characters, or of fewer than 128 bits as estimated by length and alphabet.
    """
    if not values:
        raise _problem(MISSING, language)
    if len(values) > 1:
        raise _problem(MALFORMED, language)
    text = values[0].strip(" \t")
    # RFC 8941, 3.3.3: a string's escapes are of quotes and backslashes, which no key may hold
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if len(key) > MAX_LENGTH or not _KEY.fullmatch(key) or estimated_bits(key) < MIN_BITS:
        raise _problem(MALFORMED, language)
    return IdempotencyKey(key)


def estimated_bits(key: str) -> float:
    """The most randomness that a key of this length and alphabet can hold, in bits.

    A UUID counts as 128, as its users expect, though 6 of its bits are fixed. A key of few
    distinct characters counts as 0: it was typed, not drawn.
    """
    drawn = key.replace("-", "").rstrip("=")
    if len(set(drawn)) < MIN_DISTINCT:
        return 0.0
    if _HEX.fullmatch(drawn):  # a UUID among them; one in millions holds digits alone
        return len(drawn) * 4.0
    return len(key.rstrip("=")) * 6.0


def _problem(problem: Problem, language: Language) -> ProblemError:
    return ProblemError(
        problem,
        [
            FieldError(
                HEADER, problem.title.to(language), f"{problem.detail.to(language)} {_EXAMPLE}"
            )
        ],
    )
