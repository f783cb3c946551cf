"""The form as it was typed, and as a submission; every wrong field with its mend."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from pydantic import ValidationError

from mrk_intake.domain.submission import ADDRESS_LENGTH, NAME_LENGTH, TEXT_LENGTH
from mrk_intake.http.web.catalogues import N_
from mrk_web.language import Language
from mrk_web.problems import BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE, ProblemError
from mrk_web.validation import pointer

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 40
KEY: Final = "kunci"
"""The field with the idempotency key."""
LOCALE: Final = "bahasa"
"""The field with the reporter's language: the page's, or the one that is asked for."""
SOLUTION: Final = "solusi"
"""The field with the solution of a challenge."""

_PLAIN: Final = ("kind", "text", "category", "address")
_REPORTER: Final = ("name", "phone", "email")
_TICKED: Final = ("anonymous", "confidential")
FIELDS: Final = (*_PLAIN, "lat", "lon", *_REPORTER, *_TICKED)
"""What a person fills in."""

_FIELDS: Final = {
    "/kind": "kind",
    "/text": "text",
    "/category": "category",
    "/address": "address",
    "/location": "address",
    "/location/lat": "address",
    "/location/lon": "address",
    "/reporter/name": "name",
    "/reporter/phone": "phone",
    "/reporter/email": "email",
    "/contact": "email",
    "/contact/name": "name",
    "/contact/phone": "phone",
    "/contact/email": "email",
}
_OTHER: Final = N_("Please look at this again.")
_WORDS: Final[Mapping[str, str]] = {
    "kind enum": N_("Choose what you are sending."),
    "text string_too_short": N_("Tell a little more: at least %(shortest)s characters."),
    "text string_too_long": N_("This is too long: at most %(longest)s characters."),
    "category category_unknown": N_("Choose a category from the list, or leave it open."),
    "address string_too_short": N_("Write a little more of the place."),
    "address string_too_long": N_("This is too long: at most %(longest)s characters."),
    "address place_missing": N_("Say where it is: a kelurahan, a street or a landmark is enough."),
    "name string_too_long": N_("This is too long: at most %(longest)s characters."),
    "phone phone": N_("This number cannot be called. Write it like 0812 3456 7890."),
    "email unreachable": N_("Leave an e-mail address or a phone number, so that we can tell you."),
    "email email": N_("This is no e-mail address. Write it like name@example.org."),
}
_LENGTHS: Final = {"text": TEXT_LENGTH, "address": ADDRESS_LENGTH, "name": NAME_LENGTH}


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a field: a string of the catalogues and what fills it in."""

    message: str
    values: Mapping[str, Any]


def plain(value: str) -> str:
    """What was typed: browsers end a textarea's lines with CR LF."""
    return value.replace("\r\n", "\n")


def read_form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form; of a field that came twice, the last.

    Raises:
        ProblemError: as `read_pairs`.
    """
    return dict(read_pairs(content_type, body))


def read_pairs(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, in their order.

    Raises:
        ProblemError: 415 for another kind of body, 400 for one that is no form.
    """
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise ProblemError(BAD_REQUEST) from None
    return [(name, plain(value)) for name, value in pairs]


def language_of_form(typed: Mapping[str, str], otherwise: Language) -> Language:
    """The language in which the form was filled in: it stays the report's, whenever it is sent."""
    match typed.get(LOCALE):
        case "id":
            return "id"
        case "en":
            return "en"
        case _:
            return otherwise


def submission_of(
    typed: Mapping[str, str], language: Language, uploads: Sequence[str] = ()
) -> bytes:
    """The body that the API takes; what was left empty is left out.

    Args:
        typed: the form's fields.
        language: of the page, so of messages to the reporter too, unless the form has a field
            for that: an operator's page need not be in the caller's language.
        uploads: the photos' and documents' credentials.
    """
    body: dict[str, Any] = {"kind": typed.get("kind", ""), "text": typed.get("text", "")}
    body |= {name: typed[name] for name in _PLAIN if typed.get(name, "").strip()}
    body |= {name: bool(typed.get(name)) for name in _TICKED}
    body["reporter"] = {"locale": language_of_form(typed, language)} | {
        name: typed[name] for name in _REPORTER if typed.get(name, "").strip()
    }
    if uploads:
        body["attachments"] = list(uploads)
    lat, lon = typed.get("lat", "").strip(), typed.get("lon", "").strip()
    if lat and lon:
        body["location"] = {"lat": _number(lat), "lon": _number(lon)}
    return json.dumps(body, ensure_ascii=True).encode()


def wrong_fields(error: ValidationError) -> dict[str, Wrong]:
    """Every wrong field of a form, each with the first thing that is wrong with it."""
    found: dict[str, Wrong] = {}
    for each in error.errors(include_url=False, include_input=False):
        field = _FIELDS.get(pointer(each["loc"]), "text")
        message = _WORDS.get(f"{field} {each['type']}", _OTHER)
        shortest, longest = _LENGTHS.get(field, (0, 0))
        found.setdefault(field, Wrong(message, {"shortest": shortest, "longest": longest}))
    return found


def wrong_contact(error: ValidationError) -> dict[str, Wrong]:
    """As `wrong_fields`, of the page on which a contact is corrected."""
    found: dict[str, Wrong] = {}
    for each in error.errors(include_url=False, include_input=False):
        field = str(each["loc"][0])
        message = _WORDS.get(f"{field} {each['type']}", _OTHER)
        longest = _LENGTHS.get(field, (0, 0))[1]
        found.setdefault(field, Wrong(message, {"longest": longest}))
    return found


def _number(written: str) -> float | str:
    try:
        return float(written)
    except ValueError:
        return written  # the submission says what is wrong with it
