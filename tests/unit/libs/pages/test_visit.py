from contextlib import nullcontext

import pytest
from starlette.requests import Request

from mrk_pages.visit import SameOrigin, language_for, own_path
from mrk_web.problems import ProblemError


def request(**headers: str) -> Request:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return Request({"type": "http", "headers": raw, "path": "/", "method": "GET"})


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
