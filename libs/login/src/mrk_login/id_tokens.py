"""Whether an ID token proves who logged in (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725).

The provider's published keys alone verify it: whatever a token says of keys is refused.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from mrk_login.compact import OWN_KEYS, TokenRefused, header_of
from mrk_login.signatures import ALGORITHMS

LEEWAY_S: Final = 60
"""Seconds by which the provider's clock may differ from ours."""

MAX_BYTES: Final = 16 * 1024
_LONGEST_SUBJECT: Final = 255  # OpenID Connect Core 1.0, 2: sub
# Keycloak and Cognito name a token's use in a claim of their own, beside or instead of `typ`
_USES: Final = {"typ": frozenset({"ID", "JWT"}), "token_use": frozenset({"id"})}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say.

    Attributes:
        issuer: exactly.
        client_id: who asked for it.
        audience: whom it is for; mostly the client.
        algorithms: of `ALGORITHMS`, those that this issuer signs with.
        nonce: drawn for this login.
        now: UTC.
    """

    issuer: str
    client_id: str
    audience: str
    algorithms: Collection[str]
    nonce: str
    now: datetime


def key_id(token: str) -> str | None:
    """Which of the provider's keys a token claims to be signed with; None where it names none.

    Raises:
        TokenRefused: it is no signed token.
    """
    kid = _header(token).get("kid")
    if kid is not None and not isinstance(kid, str):
        raise TokenRefused("malformed")
    return kid


def verify(token: str, keys: KeySet, expected: Expected) -> Mapping[str, Any]:
    """The claims of a token that proves who logged in.

    Args:
        token: in compact form.
        keys: the provider's.
        expected: what it must say.

    Raises:
        TokenRefused: it proves nothing.
    """
    header = _header(token)
    if header.get("alg") not in ALGORITHMS or header["alg"] not in expected.algorithms:
        raise TokenRefused("algorithm")
    if OWN_KEYS & header.keys() or "crit" in header:
        raise TokenRefused("own-key" if OWN_KEYS & header.keys() else "critical-header")
    if header.get("typ", "JWT") not in {"JWT", "jwt"}:
        raise TokenRefused("type")
    key = _key(keys, header)
    # other members that providers add to the header mean nothing to us (RFC 7515, 4)
    registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    try:
        claims = jwt.decode(token, key, algorithms=[header["alg"]], registry=registry).claims
    except (JoseError, ValueError):
        raise TokenRefused("signature") from None
    _check(claims, expected)
    return claims


def _header(token: str) -> dict[str, Any]:
    header = header_of(token, MAX_BYTES)
    if not isinstance(header.get("alg"), str):
        raise TokenRefused("malformed")
    return header


def _key(keys: KeySet, header: Mapping[str, Any]) -> RSAKey | ECKey | OKPKey:
    kid = header.get("kid")
    fitting = [
        key
        for key in keys
        if isinstance(key, (RSAKey, ECKey, OKPKey))
        and (kid is None or key.kid == kid)
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and _signs(key, header["alg"])
    ]
    if len(fitting) != 1:  # without a name, which of several it is would be a guess
        raise TokenRefused("key")
    return fitting[0]


def _signs(key: RSAKey | ECKey | OKPKey, algorithm: str) -> bool:
    kind = {"RS": RSAKey, "PS": RSAKey, "ES": ECKey, "Ed": OKPKey}[algorithm[:2]]
    return isinstance(key, kind)


def _check(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise TokenRefused("issuer")
    _check_audience(claims, expected)
    _check_times(claims, expected.now.timestamp())
    for claim, uses in _USES.items():
        if claim in claims and claims[claim] not in uses:
            raise TokenRefused("type")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise TokenRefused("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise TokenRefused("subject")
    if "\x00" in subject:
        raise TokenRefused("subject")


def _check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    audience = claims.get("aud")
    several = [audience] if isinstance(audience, str) else audience
    if not isinstance(several, list) or expected.audience not in several:
        raise TokenRefused("audience")
    party = claims.get("azp")
    if party != expected.client_id and (party is not None or len(several) > 1):
        raise TokenRefused("authorized-party")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    ends, issued, begins = (_time(claims, name) for name in ("exp", "iat", "nbf"))
    if ends is None or issued is None:
        raise TokenRefused("no-time")
    if ends <= now - LEEWAY_S:
        raise TokenRefused("expired")
    if max(issued, begins or 0) > now + LEEWAY_S:
        raise TokenRefused("not-yet")


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TokenRefused("no-time")
    return float(value)
