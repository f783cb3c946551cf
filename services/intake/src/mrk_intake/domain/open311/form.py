"""`POST /requests`: from a form's fields to the submission that API v1 would get as JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from mrk_city import Attribute, Category, CityPack
from mrk_city.ids import SubdistrictCode
from mrk_intake.domain.open311.parameters import Fault, Parameters
from mrk_intake.domain.open311.services import taken
from mrk_intake.domain.submission import TEXT_LENGTH, Submission, Surroundings
from mrk_schemas.ids import CategoryCode
from mrk_schemas.reports import Kind

_ATTRIBUTE: Final = re.compile(r"attribute\[([^\[\]]{1,60})\](?:\[\d*\])?")
_LONGEST_URL: Final = 2000
# where the submission says `place`, the form has parameters of its own for it
_PARAMETERS: Final = {
    ("text",): "description",
    ("category",): "service_code",
    ("location", "lat"): "lat",
    ("location", "lon"): "long",
    ("address",): "address_string",
    ("reporter", "name"): "first_name",
    ("reporter", "phone"): "phone",
    ("reporter", "email"): "email",
}


@dataclass(frozen=True, slots=True)
class Form:
    """A request for service with nothing wrong in it.

    Attributes:
        media: whether a picture's address came with it.
    """

    submission: Submission
    media: bool


def read_form(given: Parameters, pack: CityPack, now: datetime) -> Form:
    """Judge a form.

    Args:
        given: its fields. Unknown ones are ignored, as extensions of the standard are.
        pack: the city.
        now: UTC.

    Raises:
        Refused: with everything that is wrong.
    """
    category = _service(given, pack.categories)
    media = _media(given)
    fields: dict[str, Any] = {"kind": Kind.COMPLAINT, **_place(given, pack)}
    names = [name for name in map(given.one, ("first_name", "last_name")) if name]
    reporter = {
        "name": " ".join(names) or None,
        "phone": given.one("phone"),
        "email": given.one("email"),
    }
    if any(reporter.values()):
        fields["reporter"] = reporter
    fields["text"] = _text(given.one("description"), category)
    details = _details(given)
    if category is not None:
        fields |= {"category": category.code, "attributes": details}
    submission = _submission(given, fields, pack.categories, now)
    given.settle()
    if submission is None:
        raise AssertionError("a submission that is refused has a fault")
    return Form(submission, media)


def _service(given: Parameters, categories: Mapping[CategoryCode, Category]) -> Category | None:
    code = given.one("service_code")
    if code is None:
        if "service_code" not in given.values:
            given.wrong("service_code", "missing")
        return None
    category = categories.get(CategoryCode(code))
    if category is None or not taken(category):
        given.wrong("service_code", "service_unknown")
        return None
    return category


def _text(description: str | None, category: Category | None) -> str:
    """The report's words: a description may be absent or short, where the service says it all."""
    if description is not None and len(description) >= TEXT_LENGTH[0]:
        return description
    name = category.names["id"] if category is not None else "-"
    return f"Laporan {name}: {description or '(tanpa uraian)'}"


def _place(given: Parameters, pack: CityPack) -> dict[str, Any]:
    found: dict[str, Any] = {}
    lat, lon = given.degrees("lat", 90), given.degrees("long", 180)
    for name, other in (("lat", "long"), ("long", "lat")):
        if name not in given.values and other in given.values:
            given.wrong(name, "missing")
    if lat is not None and lon is not None:
        found["location"] = {"lat": lat, "lon": lon}
    words = [part for part in (given.one("address_string"), _known(given, pack)) if part]
    if words:
        found["address"] = ", ".join(words)
    if not {"lat", "long", "address_string", "address_id"} & given.values.keys():
        given.wrong("", "place")
    return found


def _known(given: Parameters, pack: CityPack) -> str | None:
    """The address that an id stands for: a kelurahan by its Kemendagri code."""
    id_ = given.one("address_id")
    if id_ is None:
        return None
    kelurahan = pack.subdistricts.get(SubdistrictCode(id_))
    if kelurahan is None:
        given.wrong("address_id", "address_unknown")
        return None
    return f"Kel. {kelurahan.name}, Kec. {pack.districts[kelurahan.district].name}"


def _media(given: Parameters) -> bool:
    """Whether a well-formed address of a picture was sent. It is never fetched."""
    url = given.one("media_url")
    if url is None:
        return False
    try:
        parts = urlsplit(url)
        well_formed = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        well_formed = False
    if not well_formed or len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        given.wrong("media_url", "url")
    return True


def _details(given: Parameters) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, values in given.values.items():
        if not name.startswith("attribute["):
            continue
        match = _ATTRIBUTE.fullmatch(name)
        if match is None:
            given.wrong("attribute[…]", "attribute_name")
        else:
            found[match[1]] = (*found.get(match[1], ()), *values)
    return found


def _submission(
    given: Parameters,
    fields: dict[str, Any],
    categories: Mapping[CategoryCode, Category],
    now: datetime,
) -> Submission | None:
    asked: dict[str, tuple[Attribute, ...]] = {
        code: each.attributes for code, each in categories.items()
    }
    try:
        return Submission.model_validate(fields, context=Surroundings(now, categories, asked))
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            if each["type"] == "place_missing":
                continue  # `_place` has said so in the form's own words
            parameter = _parameter(each["loc"])
            given.faults.append(Fault(parameter, each["type"], each.get("ctx", {})))
        return None


def _parameter(loc: tuple[int | str, ...]) -> str:
    if loc[0] == "attributes":
        return f"attribute[{str(loc[1])[:60]}]" if len(loc) > 1 else "attribute[…]"
    return _PARAMETERS.get(tuple(map(str, loc)), str(loc[0]))
