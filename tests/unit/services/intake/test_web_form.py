import hashlib
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from mrk_intake.domain.submission import Submission, Surroundings, parse
from mrk_intake.http.web.form import FIELDS, read_form, submission_of, wrong_fields
from mrk_intake.http.web.pages import STATIC, policy
from mrk_pages.assets import Assets, accepts_gzip
from mrk_pages.visit import SameOrigin, language_for, own_path
from mrk_web.problems import ProblemError

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
TYPED = {
    "kind": "complaint",
    "text": "Jalan berlubang besar di depan pasar.\nSudah seminggu.",
    "address": "Jl. Karya Jaya, Gedung Johor",
}


def request(**headers: str) -> Request:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return Request({"type": "http", "headers": raw, "path": "/", "method": "GET"})


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


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"sec_fetch_site": "same-origin", "origin": "null"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "cross-site", "origin": "https://lapor.example"}, False),
        ({"sec_fetch_site": "same-site"}, False),
        ({"origin": "https://lapor.example"}, True),
        ({"origin": "https://LAPOR.example"}, True),
        ({"origin": "http://lapor.example"}, False),
        ({"origin": "https://lapor.example.evil.example"}, False),
        ({"origin": "null"}, False),
        ({}, True),
    ],
)
def test_forms_come_from_our_own_pages_alone(headers: dict[str, str], *, taken: bool) -> None:
    origin = SameOrigin("https://lapor.example")
    refused = nullcontext() if taken else pytest.raises(ProblemError, match="403")
    with refused:
        origin.require(request(**headers))


def test_cookies_are_for_https_alone_where_the_pages_are() -> None:
    assert SameOrigin("https://lapor.example").https
    assert not SameOrigin("http://127.0.0.1:8082").https


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("/lacak", "/lacak"),
        ("/laporan/7K3-Q9W-XTC", "/laporan/7K3-Q9W-XTC"),
        ("/lacak?x=1#y", "/lacak?x=1"),
        ("/laporan?kata=a%0D%0Ab", "/laporan?kata=a%0D%0Ab"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("", "/"),
    ],
)
def test_the_language_switch_leads_to_our_own_pages_alone(written: str, path: str) -> None:
    assert own_path(written) == path


def test_a_choice_of_language_goes_before_what_the_browser_asks_for() -> None:
    assert language_for(request(accept_language="en-GB,en;q=0.9")) == "en"
    assert language_for(request(accept_language="en", cookie="bahasa=id")) == "id"
    assert language_for(request(cookie="bahasa=fr")) == "id"


@pytest.mark.parametrize(
    ("header", "taken"),
    [("gzip, br", True), ("br", False), ("gzip;q=0", False), ("*", True), ("GZIP; q=1", True)],
)
def test_gzip_is_sent_to_whoever_takes_it(header: str, *, taken: bool) -> None:
    assert accepts_gzip(request(accept_encoding=header)) is taken


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


def test_an_address_of_a_file_changes_with_any_file(tmp_path: Any) -> None:
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.js").write_text("2")
    before = Assets(tmp_path).url("a.js")
    (tmp_path / "b.js").write_text("3")
    assert Assets(tmp_path).url("a.js") != before
    with pytest.raises(KeyError):
        Assets(tmp_path).url("c.js")


def test_pages_load_images_of_the_tiles_and_nothing_else_from_elsewhere() -> None:
    assert "img-src 'self' data: blob:;" in policy(None)
    with_tiles = policy("https://tiles.example/a/{z}/{x}/{y}.png")
    assert "img-src 'self' data: blob: https://tiles.example;" in with_tiles
    for each in (policy(None), with_tiles):
        assert "unsafe" not in each
        assert "script-src 'self';" in each
