"""Logging in with the development provider, and with every wrong answer that one could give."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from staff_kit import ISSUER, SITE, Staff, person_named, query_of, staff_settings, staffed
from web_visitors import OWN

from mrk_city import CityPack
from mrk_login.oidc import REFRESH_S

STRANGER = RSAKey.generate_key(2048, auto_kid=True)


@pytest.fixture
async def staff(intake: Any, pack: CityPack) -> AsyncIterator[Staff]:
    async with staffed(intake, pack) as started:
        yield started


async def _sessions(intake: Any) -> int:
    return int(await intake.count("staff_session"))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_somebody_logs_in_and_comes_back_to_where_they_were(
    staff: Staff, intake: Any, algorithm: str
) -> None:
    staff.issuer.algorithm = algorithm
    async with staff.browser() as browser:
        sent = await browser.open("/lapor")
        assert (sent.status_code, sent.headers["location"]) == (303, "/masuk?ke=%2Flapor")
        welcome = await browser.log_in("dev-counter", to="/lapor")
        assert welcome.status_code == 200
        assert '<meta http-equiv="refresh" content="0; url=/lapor">' in welcome.text
        cookies = welcome.headers.get_list("set-cookie")
        session = next(each for each in cookies if each.startswith("__Host-petugas="))
        for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
            assert part in session
        assert "Domain" not in session
        assert "Max-Age" not in session
        assert any('__Host-masuk=""' in each and "Max-Age=0" in each for each in cookies)
        home = await browser.open("/")
        assert (home.status_code, "Operator Loket" in home.text) == (200, True)
    row = await intake.pool.fetchrow("select * from staff_session")
    assert (row["roles"], row["channels"]) == (["operator"], ["counter"])
    # neither the cookie nor a name can be read from the database
    token = session.partition("=")[2].partition(";")[0].encode()
    assert all(token not in bytes(v) for v in (row["id"], row["sealed"]))
    assert b"Operator Loket" not in row["sealed"]


async def test_what_is_sent_to_the_provider_can_be_used_once_and_by_nobody_else(
    staff: Staff,
) -> None:
    async with staff.browser() as browser:
        begun = await browser.open("/masuk")
        asked = query_of(begun.headers["location"])
        assert begun.headers["location"].startswith(f"{ISSUER}/authorize?")
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == f"{SITE}/masuk/kembali"
        assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
        again = query_of((await browser.open("/masuk")).headers["location"])
        assert not {asked["state"], asked["nonce"], asked["code_challenge"]} & set(again.values())
        cookie = begun.headers["set-cookie"]
        for part in ("__Host-masuk=", "HttpOnly", "Secure", "SameSite=lax"):
            assert part in cookie


async def test_a_repeated_way_back_is_refused(staff: Staff, intake: Any) -> None:
    async with staff.browser() as browser, staff.browser() as other:
        back = await browser.way_back("dev-counter")
        assert (await browser.open(back)).status_code == 200
        held = dict(browser.client.cookies)
        assert (await browser.open(back)).status_code == 401
        other.client.cookies.update(held)
        assert (await other.open(back)).status_code == 401
    assert await _sessions(intake) == 1


async def test_a_code_that_was_redeemed_before_is_refused(staff: Staff, intake: Any) -> None:
    async with staff.browser() as browser:
        first = query_of(await browser.way_back("dev-counter"))
        await browser.open(f"/masuk/kembali?state={first['state']}&code={first['code']}")
        second = query_of(await browser.way_back("dev-counter"))
        stolen = await browser.open(f"/masuk/kembali?state={second['state']}&code={first['code']}")
    assert stolen.status_code == 401
    assert await _sessions(intake) == 1


async def test_another_browsers_login_is_refused(staff: Staff, intake: Any) -> None:
    async with staff.browser() as theirs, staff.browser() as mine:
        back = await theirs.way_back("dev-counter")
        await mine.way_back("dev-counter")
        # somebody else's login is not slipped into this browser
        assert (await mine.open(back)).status_code == 401
        # and its state is used up by that
        assert (await theirs.open(back)).status_code == 401
        for query in ("", "?code=x", "?state=x&code=x", "?state=&code=", "?error=access_denied"):
            assert (await mine.open(f"/masuk/kembali{query}")).status_code == 401, query
    assert await _sessions(intake) == 0


async def test_a_login_that_took_too_long_is_refused(staff: Staff, intake: Any) -> None:
    async with staff.browser() as browser:
        back = await browser.way_back("dev-counter")
        staff.wall.pass_(minutes=10)
        assert (await browser.open(back)).status_code == 401
    assert await _sessions(intake) == 0


def _changed(staff: Staff, **changes: Any) -> Callable[[str], str]:
    def forge(token: str) -> str:
        _, claims = _parts(token)
        told = {**claims, **changes}
        return staff.issuer.sign({k: v for k, v in told.items() if v is not None})

    return forge


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:

    head, body = (
        json.loads(base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)))
        for each in token.split(".")[:2]
    )
    return head, body


def _by(key: Any, alg: str, **header: Any) -> Callable[[str], str]:
    def forge(token: str) -> str:
        head, claims = _parts(token)
        return jwt.encode({**head, "alg": alg, **header}, claims, key, algorithms=[alg])

    return forge


def _unsigned(token: str) -> str:
    _, body, _ = token.split(".")
    return f"eyJhbGciOiJub25lIn0.{body}."


def _hmac_with_public_key(staff: Staff) -> Callable[[str], str]:

    def forge(token: str) -> str:
        head = json.dumps({"alg": "HS256", "kid": staff.issuer.key.kid}).encode()
        body = base64.urlsafe_b64encode(head).rstrip(b"=").decode() + "." + token.split(".")[1]
        secret = staff.issuer.key.as_pem(private=False)
        made = hmac.new(secret, body.encode(), hashlib.sha256).digest()
        return f"{body}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"

    return forge


FORGERIES: dict[str, Callable[[Staff], Callable[[str], str]]] = {
    "none": lambda _: _unsigned,
    "a public key as a shared secret": _hmac_with_public_key,
    "an unknown key": lambda _: _by(STRANGER, "RS256", kid=STRANGER.kid),
    "an unknown key under a known name": lambda s: _by(STRANGER, "RS256", kid=s.issuer.key.kid),
    "its own key by address": lambda s: _by(s.issuer.key, "RS256", jku="https://evil.example/jwks"),
    "its own key": lambda _: _by(STRANGER, "RS256", jwk=STRANGER.as_dict(private=False)),
    "its own certificate": lambda s: _by(s.issuer.key, "RS256", x5u="https://evil.example/c"),
    "expired": lambda s: _changed(s, exp=int(s.wall().timestamp()) - 61),
    "not yet": lambda s: _changed(s, nbf=int(s.wall().timestamp()) + 600),
    "another audience": lambda s: _changed(s, aud="another"),
    "another party": lambda s: _changed(s, azp="another"),
    "another issuer": lambda s: _changed(s, iss="https://evil.example"),
    "another nonce": lambda s: _changed(s, nonce="another"),
    "no nonce": lambda s: _changed(s, nonce=None),
    "an access token": lambda s: (
        lambda _: s.issuer.sign(s.issuer.claims(person_named("dev-counter"), None), typ="at+jwt")
    ),
    "an access token that says all else": lambda s: (
        lambda t: s.issuer.sign(_parts(t)[1], typ="at+jwt")
    ),
    "no token": lambda _: lambda _t: "x.y.z",
}


async def test_a_forged_token_logs_nobody_in(staff: Staff, intake: Any) -> None:
    async with staff.browser() as browser:
        for name, forgery in FORGERIES.items():
            staff.forge = forgery(staff)
            answer = await browser.log_in("dev-counter")
            assert (name, answer.status_code) == (name, 401)
            assert "could not be confirmed" in answer.text
            assert (await browser.open("/")).status_code == 303
        assert await _sessions(intake) == 0
        # the same way works with the token as it was
        staff.forge = None
        assert (await browser.log_in("dev-counter")).status_code == 200


async def test_a_token_is_no_session(staff: Staff) -> None:
    token = staff.issuer.sign(staff.issuer.claims(person_named("dev-operator"), "n"))
    async with staff.browser() as browser:
        headers = {**OWN, "Authorization": f"Bearer {token}"}
        assert (await browser.open("/lapor", **headers)).status_code == 303
        browser.client.cookies.set("__Host-petugas", token)
        assert (await browser.open("/lapor")).status_code == 303
        browser.client.cookies.set("__Host-petugas", "x" * 43)
        assert (await browser.post("/lapor")).status_code == 401


async def test_new_keys_are_found_and_not_looked_for_at_everybodys_wish(staff: Staff) -> None:
    async with staff.browser() as browser:
        assert (await browser.log_in("dev-counter")).status_code == 200
        staff.issuer.rotate()
        assert (await browser.log_in("dev-counter")).status_code == 200
        assert staff.asked.count("/jwks") == 2
        staff.forge = _by(STRANGER, "RS256", kid="made-up")
        for _ in range(3):
            assert (await browser.log_in("dev-counter")).status_code == 401
        assert staff.asked.count("/jwks") == 2
        staff.forge = None
        staff.issuer.rotate()
        staff.seconds += REFRESH_S
        assert (await browser.log_in("dev-counter")).status_code == 200
        assert staff.asked.count("/jwks") == 3


BAD_ANSWERS = [
    ("/.well-known/openid-configuration", httpx.Response(500)),
    ("/.well-known/openid-configuration", httpx.Response(200, json={"issuer": ISSUER})),
    ("/.well-known/openid-configuration", httpx.Response(302, headers={"location": "/x"})),
    ("/jwks", httpx.Response(200, json={"keys": []})),
    ("/jwks", httpx.Response(200, json=[1])),
    ("/jwks", httpx.Response(200, content=b"x" * 300_000)),
    ("/token", httpx.Response(500)),
    ("/token", httpx.Response(200, json={"access_token": "x"})),
    ("/token", httpx.Response(400, json={"error": "invalid_grant"})),
]


async def test_a_provider_that_gives_no_good_answer_logs_nobody_in(
    staff: Staff, intake: Any
) -> None:
    async with staff.browser() as browser:
        for path, answer in BAD_ANSWERS:
            back = await browser.way_back("dev-counter") if path == "/token" else "/masuk"
            staff.answers = {path: answer}
            told = await browser.open(back)
            assert told.status_code == (401 if answer.status_code == 400 else 503), path
            assert "Log in" in told.text
            staff.answers = {}
    assert await _sessions(intake) == 0


async def test_another_issuers_description_is_refused(staff: Staff) -> None:
    described = {
        "issuer": "https://evil.example",
        **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), f"{ISSUER}/x"),
    }
    plain = {**described, "issuer": ISSUER, "token_endpoint": "http://login.example/token"}
    async with staff.browser() as browser:
        for document in (described, plain):
            staff.answers["/.well-known/openid-configuration"] = httpx.Response(200, json=document)
            assert (await browser.open("/masuk")).status_code == 503


async def test_an_address_may_begin_so_many_logins_and_no_more(intake: Any, pack: CityPack) -> None:
    few = {"address_rate_per_second": 0.001, "address_rate_burst": 2}
    async with staffed(intake, pack, **few) as staff, staff.browser() as browser:
        statuses = [(await browser.open("/masuk")).status_code for _ in range(3)]
    assert statuses == [303, 303, 429]
    assert await intake.count("staff_login") == 2


async def test_who_has_no_task_here_is_told_so(staff: Staff, intake: Any) -> None:
    async with staff.browser() as browser:
        answer = await browser.log_in("dev-nobody")
        assert (answer.status_code, "have no task here" in answer.text) == (403, True)
        assert (await browser.open("/")).status_code == 303
    assert await _sessions(intake) == 0


async def test_a_session_ends_when_nothing_happens_and_after_a_working_day(staff: Staff) -> None:
    async with staff.logged_in("dev-counter") as browser:
        for _ in range(19):
            staff.wall.pass_(minutes=29)
            assert (await browser.open("/")).status_code == 200
        staff.wall.pass_(minutes=30)
        assert (await browser.open("/")).status_code == 303
    async with staff.logged_in("dev-counter") as browser:
        for _ in range(20):
            staff.wall.pass_(minutes=29)
            assert (await browser.open("/")).status_code == 200
        staff.wall.pass_(minutes=21)
        assert (await browser.open("/")).status_code == 303


async def test_a_logout_ends_the_session_here_and_at_the_provider(
    staff: Staff, intake: Any
) -> None:
    async with staff.logged_in("dev-counter") as browser:
        held = dict(browser.client.cookies)
        evil = {"Sec-Fetch-Site": "cross-site"}
        assert (await browser.client.post("/keluar", headers=evil)).status_code == 403
        out = await browser.post("/keluar")
        assert out.status_code == 303
        asked = query_of(out.headers["location"])
        assert out.headers["location"].startswith(f"{ISSUER}/logout?")
        assert asked["post_logout_redirect_uri"] == f"{SITE}/keluar/selesai"
        assert _parts(asked["id_token_hint"])[1]["sub"] == "dev-counter"
        back = await staff.login.get(out.headers["location"])
        assert back.headers["location"] == f"{SITE}/keluar/selesai"
        assert "You are logged out" in (await browser.open("/keluar/selesai")).text
        # the cookie is worth nothing any more, wherever it was kept
        browser.client.cookies.update(held)
        assert (await browser.open("/")).status_code == 303
        assert (await browser.post("/keluar")).headers["location"] == "/keluar/selesai"
    assert await _sessions(intake) == 0


async def test_a_logout_works_while_the_provider_is_away(staff: Staff, intake: Any) -> None:
    async with staff.logged_in("dev-counter") as browser:
        staff.seconds += 4000
        staff.answers["/.well-known/openid-configuration"] = httpx.Response(500)
        assert (await browser.post("/keluar")).headers["location"] == "/keluar/selesai"
    assert await _sessions(intake) == 0


async def test_nobody_is_led_elsewhere_after_a_login(staff: Staff) -> None:
    async with staff.browser() as browser:
        for to in (
            "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)",
            "/%0d%0aSet-Cookie:x", "%2F%2Fevil.example", "http:evil.example",
        ):  # fmt: skip
            welcome = await browser.log_in("dev-counter", to=to)
            assert welcome.status_code == 200
            assert re.findall(r'url=([^"]*)"', welcome.text) == ["/"], to
            assert "evil" not in welcome.text


async def test_another_key_ends_all_sessions(staff: Staff, intake: Any, pack: CityPack) -> None:
    async with staff.logged_in("dev-counter") as browser:
        held = dict(browser.client.cookies)
    key = intake.settings.vault_key
    async with staffed(intake, pack, session_key=key) as other, other.browser() as browser:
        browser.client.cookies.update(held)
        assert (await browser.open("/")).status_code == 303


async def test_production_takes_no_plain_addresses(intake: Any) -> None:
    for plain in ({"staff_url": "http://x.example"}, {"oidc_issuer": "http://x.example"}):
        with pytest.raises(ValueError, match="https:// in production"):
            staff_settings(intake, environment="production", clock_movable=False, **plain)
    with pytest.raises(ValueError, match="name some of"):
        staff_settings(intake, oidc_algorithms=("HS256",))


async def test_one_person_stays_the_same_person(staff: Staff, intake: Any) -> None:
    for _ in range(2):
        async with staff.logged_in("dev-counter"):
            pass
    rows = await intake.pool.fetch("select issuer, subject from staff_person")
    assert [tuple(row) for row in rows] == [(ISSUER, "dev-counter")]
