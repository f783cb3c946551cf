"""Every wrong field at once, in the reader's language, without quoting what was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from mrk_web.language import Language, Text
from mrk_web.problems import MAX_ERRORS, VALIDATION, FieldError, ProblemError

_MAX_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a field, and the mend; `{name}` is filled from pydantic's context."""

    message: Text
    mend: Text


Messages = Mapping[str, Wrong]
"""By pydantic's error type, or by `pointer type` for one field: `/text string_too_short`."""

_TEXT: Final = Wrong(
    Text("Isian ini harus berupa teks.", "This must be text."),
    Text("Kirim teks di antara tanda kutip.", "Send a string in quotes."),
)
_NUMBER: Final = Wrong(
    Text("Isian ini harus berupa angka.", "This must be a number."),
    Text("Kirim angka, misalnya 3.595.", "Send a number, such as 3.595."),
)
_WHOLE: Final = Wrong(
    Text("Isian ini harus berupa bilangan bulat.", "This must be a whole number."),
    Text("Kirim bilangan bulat, misalnya 12.", "Send a whole number, such as 12."),
)
_BOOLEAN: Final = Wrong(
    Text("Isian ini harus true atau false.", "This must be true or false."),
    Text("Kirim true atau false.", "Send true or false."),
)
_OBJECT: Final = Wrong(
    Text("Isian ini harus berupa objek.", "This must be an object."),
    Text("Kirim objek JSON: {{…}}.", "Send a JSON object: {{…}}."),
)
_TIME: Final = Wrong(
    Text("Waktu tidak terbaca.", "This is not a time."),
    Text(
        "Kirim waktu ISO 8601 dengan zona, misalnya 2026-01-31T08:00:00+07:00.",
        "Send ISO 8601 with a zone, such as 2026-01-31T08:00:00+07:00.",
    ),
)
_CHOICE: Final = Wrong(
    Text("Pilihan ini tidak dikenal.", "This is not one of the choices."),
    Text("Pilih salah satu: {expected}.", "Choose one of: {expected}."),
)
_JSON: Final = Wrong(
    Text("Isi kiriman bukan JSON yang sah.", "The body is not valid JSON."),
    Text("Kirim satu objek JSON dalam UTF-8.", "Send one JSON object in UTF-8."),
)
_OTHER: Final = Wrong(
    Text("Isian ini tidak sah.", "This is not valid."),
    Text("Periksa isian ini menurut dokumentasi API.", "Check it against the API's description."),
)

STANDARD: Final[Messages] = {
    "missing": Wrong(
        Text("Isian ini wajib ada.", "This is required."),
        Text("Tambahkan isian ini.", "Add this field."),
    ),
    "extra_forbidden": Wrong(
        Text("Isian ini tidak dikenal.", "This field is unknown."),
        Text("Hapus isian ini atau perbaiki namanya.", "Remove it or correct its name."),
    ),
    "string_type": _TEXT,
    "string_too_short": Wrong(
        Text("Teks terlalu pendek.", "The text is too short."),
        Text("Tulis paling sedikit {min_length} huruf.", "Write at least {min_length} characters."),
    ),
    "string_too_long": Wrong(
        Text("Teks terlalu panjang.", "The text is too long."),
        Text("Tulis paling banyak {max_length} huruf.", "Write at most {max_length} characters."),
    ),
    "string_pattern_mismatch": Wrong(
        Text("Bentuk isian ini tidak sesuai.", "This does not have the right form."),
        Text(
            "Periksa bentuknya menurut dokumentasi API.", "Check its form in the API's description."
        ),
    ),
    "string_unicode": _JSON,
    "nul_character": Wrong(
        Text("Teks memuat karakter NUL.", "The text holds a NUL character."),
        Text("Hapus karakter \\u0000.", "Remove the character \\u0000."),
    ),
    "enum": _CHOICE,
    "literal_error": _CHOICE,
    "union_tag_invalid": Wrong(
        _CHOICE.message,
        Text("Pilih salah satu: {expected_tags}.", "Choose one of: {expected_tags}."),
    ),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "greater_than": Wrong(
        Text("Angka terlalu kecil.", "The number is too small."),
        Text("Kirim angka di atas {gt}.", "Send a number above {gt}."),
    ),
    "greater_than_equal": Wrong(
        Text("Angka terlalu kecil.", "The number is too small."),
        Text("Kirim angka mulai dari {ge}.", "Send {ge} or more."),
    ),
    "less_than": Wrong(
        Text("Angka terlalu besar.", "The number is too large."),
        Text("Kirim angka di bawah {lt}.", "Send a number below {lt}."),
    ),
    "less_than_equal": Wrong(
        Text("Angka terlalu besar.", "The number is too large."),
        Text("Kirim angka sampai {le}.", "Send {le} or less."),
    ),
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": _TIME,
    "too_long": Wrong(
        Text("Daftar terlalu panjang.", "The list is too long."),
        Text("Kirim paling banyak {max_length}.", "Send at most {max_length}."),
    ),
    "too_short": Wrong(
        Text("Daftar terlalu pendek.", "The list is too short."),
        Text("Kirim paling sedikit {min_length}.", "Send at least {min_length}."),
    ),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "json_invalid": _JSON,
    "json_type": _JSON,
}


def from_validation(
    error: ValidationError, language: Language, messages: Messages | None = None
) -> list[FieldError]:
    """All wrong fields of a validation, at most `MAX_ERRORS`.

    Args:
        error: pydantic's error.
        language: the reader's.
        messages: further or other texts; they go before `STANDARD`.

    Returns:
        One error a field and kind, in pydantic's order, without the values that were sent.
        Names of unknown fields are told, shortened to 64 characters.
    """
    known = {**STANDARD, **(messages or {})}
    found: dict[tuple[str, str], FieldError] = {}
    for each in error.errors(include_url=False, include_input=False):
        where = pointer(each["loc"])
        wrong = known.get(f"{where} {each['type']}") or known.get(each["type"]) or _OTHER
        context = _context(each)
        told = FieldError(
            where, _fill(wrong.message, language, context), _fill(wrong.mend, language, context)
        )
        found.setdefault((where, each["type"]), told)
        if len(found) >= MAX_ERRORS:
            break
    return list(found.values())


def validation_problem(
    error: ValidationError, language: Language, messages: Messages | None = None
) -> ProblemError:
    """A 422 that names every wrong field; raise it."""
    return ProblemError(VALIDATION, from_validation(error, language, messages))


def pointer(loc: tuple[int | str, ...]) -> str:
    """A place as a JSON pointer (RFC 6901); empty for the whole body."""
    return "".join(
        "/" + str(part)[:_MAX_NAME].replace("~", "~0").replace("/", "~1") for part in loc
    )


def reject_nul(value: str) -> str:
    """A pydantic validator: PostgreSQL's text cannot hold NUL, so it is the field's error.

    Raises:
        PydanticCustomError: of type `nul_character`.
    """
    if "\x00" in value:
        raise PydanticCustomError("nul_character", "the text holds a NUL character")
    return value


def _context(details: ErrorDetails) -> Mapping[str, Any]:
    return details.get("ctx", {})


def _fill(text: Text, language: Language, context: Mapping[str, Any]) -> str:
    # texts come from code, so an unfilled name is a slip there: the answer stays readable
    return text.to(language).format_map(_Blanks(context))


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
