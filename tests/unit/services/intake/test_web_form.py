import hashlib
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from mrk_intake.domain.submission import Submission, Surroundings, parse
from mrk_intake.http.web.form import FIELDS, read_form, submission_of, wrong_fields
from mrk_intake.http.web.pages import STATIC, policy
from mrk_pages.assets import Assets
from mrk_web.problems import ProblemError

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
TYPED = {
    "kind": "complaint",
    "text": "Jalan berlubang besar di depan pasar.\nSudah seminggu.",
    "address": "Jl. Karya Jaya, Gedung Johor",
}


def read(typed: dict[str, str]) -> Submission:
    return parse(submission_of(typed, "en"), Surroundings(NOW, {"roads"}))


def wrong(**changes: str) -> set[str]:
    with pytest.raises(ValidationError) as found:
        read({**TYPED, **changes})
    return set(wrong_fields(found.value))


def test_a_form_says_what_the_api_is_told() -> None:
    found = read({**TYPED, "phone": "0812 3456 7890", "anonymous": "1", "category": ""})
    assert (found.text, found.address) == (TYPED["text"], TYPED["address"])
    assert found.reporter is not None
    assert (found.reporter.phone, found.reporter.locale) == ("+6281234567890", "en")
    assert (found.anonymous, found.confidential, found.category) == (True, False, None)
    assert found.location is None


def test_a_point_is_taken_where_both_of_its_numbers_are_there() -> None:
    assert read({**TYPED, "lat": "3.5897"}).location is None
    point = read({**TYPED, "lat": "3.5897", "lon": "98.6738"}).location
    assert point is not None
    assert (point.lat, point.lon) == (3.5897, 98.6738)


def test_every_wrong_field_is_found_at_once() -> None:
    every = wrong(
        kind="",
        text="pendek",
        category="nowhere",
        address="x",
        phone="12",
        email="a@",
        name="x" * 200,
    )
    assert every == {"kind", "text", "category", "address", "phone", "email", "name"}
    assert wrong(address="") == {"address"}
    assert wrong(lat="here", lon="there") == {"address"}
    assert wrong(lat="95", lon="98") == {"address"}
    assert every <= set(FIELDS)


def test_a_form_is_read_as_browsers_send_it() -> None:
    body = b"text=satu%0D%0Adua&text=tiga+%26+empat&name=%E2%82%AC&kind="
    assert read_form(f"{FORM};charset=UTF-8", body) == {
        "text": "tiga & empat", "name": "€", "kind": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("", b"a=1", 415),
        (FORM, b"&".join(b"a=1" for _ in range(41)), 400),
        (FORM, "é=1".encode(), 400),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes, status: int) -> None:
    with pytest.raises(ProblemError) as refused:
        read_form(content_type, body)
    assert refused.value.problem.status == status


def test_the_first_load_is_small() -> None:
    files = Assets(STATIC)
    first = ["page.css", "mark.svg", "page.js"]
    first += ["ask.js", "copy.js", "hints.js", "link.js", "places.js", "steps.js"]
    assert sum(files.packed_size(name) for name in first) < 20_000


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("leaflet.js", "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a"),
        ("leaflet.css", "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6"),
    ],
)
def test_the_map_is_leaflet_1_9_4_as_its_npm_package_has_it(name: str, digest: str) -> None:
    assert hashlib.sha256((STATIC / "vendor/leaflet" / name).read_bytes()).hexdigest() == digest


def test_pages_load_images_of_the_tiles_and_nothing_else_from_elsewhere() -> None:
    assert "img-src 'self' data: blob:;" in policy(None)
    with_tiles = policy("https://tiles.example/a/{z}/{x}/{y}.png")
    assert "img-src 'self' data: blob: https://tiles.example;" in with_tiles
    for each in (policy(None), with_tiles):
        assert "unsafe" not in each
        assert "script-src 'self';" in each
