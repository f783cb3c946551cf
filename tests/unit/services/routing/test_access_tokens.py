"""Access tokens: what proves an agency's system, and everything that does not."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey, RSAKey

from mrk_login.compact import TokenRefused
from mrk_routing.domain.access_tokens import LIVES, Caller, SigningKey
from mrk_schemas.ids import AgencyCode

NOW = datetime(2026, 3, 2, 3, 20, tzinfo=UTC)
URL = "https://api.medan.example"
KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(range(1, 33)))
CALLER = Caller("road-desk", AgencyCode("sdabmbk"))
CLAIMS = {
    "iss": URL, "aud": URL, "sub": "road-desk", "client_id": "road-desk",
    "scope": "agency:sdabmbk", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 600,
}  # fmt: skip


def why(token: str, at: datetime = NOW, issuer: str = URL) -> str:
    with pytest.raises(TokenRefused) as refused:
        KEY.verify(token, issuer, at)
    return refused.value.why


def signed(header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token by our own key, changed."""
    whole = {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.id, **(header or {})}
    told = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    # a header of our own choice: joserfc would refuse to write some of these
    return jwt.encode(whole, told, _key(), algorithms=["Ed25519"])


def _key() -> OKPKey:
    key: OKPKey = KEY._key  # only it signs what must be told apart
    return key


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims)}."


def test_a_token_proves_its_caller_until_it_ends() -> None:
    token = KEY.issue(CALLER, URL, "t-1", NOW)
    assert KEY.verify(token, URL, NOW) == CALLER
    assert KEY.verify(token, URL, NOW + LIVES) == CALLER  # within the leeway
    assert why(token, NOW + LIVES + timedelta(minutes=1)) == "expired"
    assert why(token, NOW - timedelta(minutes=1)) == "not-yet"


def test_alg_none_is_refused() -> None:
    header = {"alg": "none", "typ": "at+jwt", "kid": KEY.id}
    assert why(unsigned(header, CLAIMS)) == "algorithm"


@pytest.mark.parametrize("alg", ["HS256", "HS512"])
def test_the_public_key_is_no_shared_secret(alg: str) -> None:
    public = _key().as_pem(private=False)
    told = unsigned({"alg": alg, "typ": "at+jwt", "kid": KEY.id}, CLAIMS)
    signature = hmac.digest(public, told[:-1].encode(), "sha" + alg.removeprefix("HS"))
    forged = told + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    assert why(forged) == "algorithm"


def test_another_algorithm_of_key_pairs_is_refused() -> None:
    header = {"alg": "RS256", "typ": "at+jwt", "kid": KEY.id}
    token = jwt.encode(header, CLAIMS, RSAKey.generate_key(2048), algorithms=["RS256"])
    assert why(token) == "algorithm"


@pytest.mark.parametrize("name", ["jku", "jwk", "x5u", "x5c", "crit"])
def test_a_token_that_brings_its_own_key_is_refused(name: str) -> None:
    other = OTHER._key.as_dict(private=False)  # as an attacker's
    value = {"jwk": other, "x5c": ["MIIB"], "crit": ["exp"]}.get(name, "https://evil.example/keys")
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.id, name: value}
    assert why(unsigned(header, CLAIMS) + "AAAA") == "own-key"


def test_another_ones_key_is_refused_under_our_name_too() -> None:
    assert why(OTHER.issue(CALLER, URL, "t-1", NOW)) == "key"
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.id}
    forged = jwt.encode(header, CLAIMS, OTHER._key, algorithms=["Ed25519"])  # as above
    assert why(forged) == "signature"


def test_a_changed_token_is_refused() -> None:
    header, claims, signature = KEY.issue(CALLER, URL, "t-1", NOW).split(".")
    other = KEY.issue(Caller("road-desk", AgencyCode("dlh")), URL, "t-1", NOW).split(".")[1]
    assert why(f"{header}.{other}.{signature}") == "signature"
    assert claims != other


@pytest.mark.parametrize("kind", ["JWT", "jwt", "id+jwt"])
def test_an_id_token_is_no_access_token(kind: str) -> None:
    assert why(signed({"typ": kind})) == "type"
    assert why(unsigned({"alg": "Ed25519", "kid": KEY.id}, CLAIMS) + "AAAA") == "type"


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"aud": "https://other.example"}, "audience"),
        ({"aud": [URL, "https://other.example"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"iss": "https://other.example"}, "issuer"),
        ({"exp": None}, "no-time"),
        ({"iat": None}, "no-time"),
        ({"exp": "tomorrow"}, "no-time"),
        ({"scope": None}, "scope"),
        ({"scope": "openid"}, "scope"),
        ({"sub": "green-desk"}, "client"),
        ({"client_id": None}, "client"),
    ],
)
def test_wrong_claims_prove_nothing(claims: dict[str, Any], word: str) -> None:
    assert why(signed(None, **claims)) == word


def test_another_api_takes_no_token_of_ours() -> None:
    token = KEY.issue(CALLER, URL, "t-1", NOW)
    assert why(token, issuer="https://other.example") == "issuer"


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "a.b.c", "....", "é.é.é", "W10.e30.", "x" * 5000, "bnVsbA.e30.AA"]
)
def test_nonsense_is_refused(token: str) -> None:
    assert why(token) == "malformed"


def test_a_key_of_another_length_is_none() -> None:
    with pytest.raises(ValueError, match="32"):
        SigningKey(b"short")
