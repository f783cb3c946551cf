"""Which ID tokens prove who logged in: every way of being none is tried."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from mrk_login.compact import TokenRefused
from mrk_login.id_tokens import LEEWAY_S, Expected, key_id, verify

NOW: Final = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
ISSUER: Final = "https://login.medan.example/realms/kota"
OURS: Final = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
CURVE: Final = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
THEIRS: Final = RSAKey.generate_key(2048, auto_kid=True)
KEYS: Final = KeySet.import_key_set(KeySet([OURS, CURVE]).as_dict(private=False))
EXPECTED: Final = Expected(
    ISSUER, "rumah-kita", "rumah-kita", frozenset({"RS256", "ES256"}), "the-nonce", NOW
)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def claims(**changes: Any) -> dict[str, Any]:
    told = {
        "iss": ISSUER,
        "sub": "person-1",
        "aud": "rumah-kita",
        "iat": seconds(NOW),
        "exp": seconds(NOW + timedelta(minutes=5)),
        "nonce": "the-nonce",
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def signed(
    told: Mapping[str, Any] | None = None,
    key: Any = OURS,
    alg: str = "RS256",
    **header: Any,
) -> str:
    head = {"alg": alg, "kid": key.kid, **header}
    head = {name: value for name, value in head.items() if value is not None}
    typ = head.pop("typ", "JWT")
    return jwt.encode(head, dict(told or claims()), key, algorithms=[alg], default_type=typ)


def part(value: Any) -> str:
    plain = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def by_hand(header: Mapping[str, Any], told: Mapping[str, Any], secret: bytes | None) -> str:
    """A token that no library would make."""
    body = f"{part(header)}.{part(told)}"
    if secret is None:
        return f"{body}."
    return f"{body}.{part(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def why(token: str, expected: Expected = EXPECTED) -> str:
    with pytest.raises(TokenRefused) as refused:
        verify(token, KEYS, expected)
    return refused.value.why


@pytest.mark.parametrize(("key", "alg"), [(OURS, "RS256"), (CURVE, "ES256")])
def test_a_token_of_the_provider_proves_who_it_is(key: Any, alg: str) -> None:
    token = signed(claims(roles=["operator"]), key, alg)
    assert key_id(token) == key.kid
    assert verify(token, KEYS, EXPECTED)["roles"] == ["operator"]


@pytest.mark.parametrize(
    "more",
    [
        {"azp": "rumah-kita"},
        {"aud": ["rumah-kita"]},
        {"aud": ["rumah-kita", "another"], "azp": "rumah-kita"},
        {"nbf": seconds(NOW)},
        {"exp": seconds(NOW) - LEEWAY_S + 1},
        {"iat": seconds(NOW) + LEEWAY_S},
        {"typ": "ID"},
        {"token_use": "id"},
        {"sub": "x" * 255},
    ],
)
def test_what_providers_do_otherwise_is_taken_too(more: dict[str, Any]) -> None:
    assert verify(signed(claims(**more)), KEYS, EXPECTED)["iss"] == ISSUER


def test_a_token_that_names_no_key_is_taken_where_only_one_can_have_signed_it() -> None:
    assert verify(signed(kid=None), KEYS, EXPECTED)["sub"] == "person-1"
    two = KeySet([OURS, RSAKey.generate_key(2048, auto_kid=True)])
    with pytest.raises(TokenRefused, match="key"):
        verify(signed(kid=None), two, EXPECTED)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
def test_an_unsigned_token_is_refused(alg: str) -> None:
    header = {"alg": alg, "typ": "JWT", "kid": OURS.kid}
    assert why(by_hand(header, claims(), None)) == "algorithm"


@pytest.mark.parametrize("form", ["pem", "der", "jwk", "n"])
def test_a_public_key_is_no_shared_secret(form: str) -> None:
    public = OURS.as_dict(private=False)
    secret = {
        "pem": OURS.as_pem(private=False),
        "der": OURS.as_der(private=False),
        "jwk": json.dumps(public).encode(),
        "n": public["n"].encode(),  # type: ignore[union-attr]  # of RSA it is a text
    }[form]
    token = by_hand({"alg": "HS256", "typ": "JWT", "kid": OURS.kid}, claims(), secret)
    assert why(token) == "algorithm"
    # not even where somebody has put HS256 among what is allowed
    loose = Expected(ISSUER, "rumah-kita", "rumah-kita", {"HS256", "RS256"}, "the-nonce", NOW)
    assert why(token, loose) == "algorithm"


def test_a_shared_secret_that_a_provider_publishes_verifies_nothing() -> None:
    secret = OctKey.generate_key(256, {"alg": "HS256"}, auto_kid=True)
    keys = KeySet([OURS, secret])
    with pytest.raises(TokenRefused, match="algorithm"):
        verify(signed(key=secret, alg="HS256"), keys, EXPECTED)


def test_a_key_signs_with_its_own_kind_of_signature_alone() -> None:
    assert why(by_hand({"alg": "ES256", "kid": OURS.kid}, claims(), b"x" * 32)) == "key"
    only = Expected(ISSUER, "rumah-kita", "rumah-kita", {"ES256"}, "the-nonce", NOW)
    assert why(signed(), only) == "algorithm"
    assert why(signed(alg="PS256", key=THEIRS, kid=OURS.kid)) == "algorithm"


@pytest.mark.parametrize(
    "own",
    [
        {"jku": "https://evil.example/jwks"},
        {"jwk": THEIRS.as_dict(private=False)},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
    ],
)
@pytest.mark.parametrize("key", [OURS, THEIRS])
def test_a_token_does_not_bring_its_own_key(own: dict[str, Any], key: Any) -> None:
    # both signed by the stranger's key and, for what the library would let through, by ours
    header = {"alg": "RS256", "typ": "JWT", "kid": OURS.kid, **own}
    body = f"{part(header)}.{part(claims())}"
    token = f"{body}.{signed(key=key).rpartition('.')[2]}"
    assert why(token) == "own-key"


def test_headers_that_must_be_understood_are_not() -> None:
    header = {"alg": "RS256", "kid": OURS.kid, "crit": ["b64"], "b64": False}
    assert why(by_hand(header, claims(), b"x")) == "critical-header"


def test_another_key_under_our_name_and_one_of_another_name_are_refused() -> None:
    assert why(signed(key=THEIRS, kid=OURS.kid)) == "signature"
    assert why(signed(key=THEIRS)) == "key"
    for kid in (7, ["a"]):
        header = part({"alg": "RS256", "kid": kid})
        with pytest.raises(TokenRefused, match="malformed"):
            key_id(f"{header}.{part(claims())}.x")


def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = signed().split(".")
    assert why(f"{head}.{part(claims(sub='person-2'))}.{signature}") == "signature"
    assert why(f"{head}.{part(claims())[:-2]}.{signature}") == "signature"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"exp": seconds(NOW) - LEEWAY_S}, "expired"),
        ({"exp": None}, "no-time"),
        ({"exp": "tomorrow"}, "no-time"),
        ({"exp": True}, "no-time"),
        ({"iat": None}, "no-time"),
        ({"iat": seconds(NOW) + LEEWAY_S + 1}, "not-yet"),
        ({"nbf": seconds(NOW) + LEEWAY_S + 1}, "not-yet"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["another"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": {"rumah-kita": 1}}, "audience"),
        ({"aud": "rumah-kita,another"}, "audience"),
        ({"aud": ["rumah-kita", "another"]}, "authorized-party"),
        ({"aud": ["rumah-kita", "another"], "azp": "another"}, "authorized-party"),
        ({"azp": "another"}, "authorized-party"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": ["the-nonce"]}, "nonce"),
        ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": "a\x00b"}, "subject"),
        ({"typ": "Bearer"}, "type"),
        ({"token_use": "access"}, "type"),
    ],
)
def test_a_token_that_says_the_wrong_thing_is_refused(changes: dict[str, Any], told: str) -> None:
    assert why(signed(claims(**changes))) == told


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "logout+jwt", "JOSE", ""])
def test_another_kind_of_token_is_no_id_token(typ: str) -> None:
    assert why(signed(typ=typ)) == "type"


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c.d", "...", "Ä.b.c", f"{part([1])}.b.c", f"{part({'alg': 1})}.b.c",
     f"{part({})}.b.c", "x" * 17_000, f"{part(b'[' * 5000)}.b.c",
     f"{part({'alg': 'RS256'})}.{part([1])}."],
)  # fmt: skip
def test_what_is_no_token_is_refused(token: str) -> None:
    assert why(token) in {"malformed", "signature"}


def test_an_audience_of_its_own_is_asked_for() -> None:
    own = Expected(ISSUER, "rumah-kita", "kota-medan", {"RS256"}, "the-nonce", NOW)
    assert why(signed(), own) == "audience"
    told = claims(aud=["kota-medan"], azp="rumah-kita")
    assert verify(signed(told), KEYS, own)["sub"] == "person-1"
