"""Access tokens of agencies' systems: short-lived, signed JWTs (RFC 9068; RFC 8725).

Our own key alone verifies them: whatever a token says of keys is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from mrk_login.compact import OWN_KEYS, TokenRefused, header_of
from mrk_schemas.ids import AgencyCode

ALGORITHM: Final = "Ed25519"
"""RFC 9864: whoever verifies cannot make one."""

LIVES: Final = timedelta(minutes=10)
LEEWAY_S: Final = 30
"""Seconds by which the clocks of several processes may differ."""

SCOPE: Final = "agency:"
MAX_BYTES: Final = 4 * 1024
_TYPE: Final = "at+jwt"  # RFC 9068, 2.1: so that no other kind of token passes for one
_NOT_OURS: Final = OWN_KEYS | {"crit"}


@dataclass(frozen=True, slots=True)
class Caller:
    """An agency's system: the client that it is, and the agency for which it acts."""

    client: str
    agency: AgencyCode


class SigningKey:
    """Signs and verifies access tokens.

    Args:
        seed: 32 random bytes: an Ed25519 private key (RFC 8032, 5.1.5).

    Raises:
        ValueError: another length.
    """

    def __init__(self, seed: bytes) -> None:
        private = Ed25519PrivateKey.from_private_bytes(seed)
        key = OKPKey.import_key(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self.id: str = key.thumbprint()
        self._key = key

    def issue(self, caller: Caller, issuer: str, token_id: str, now: datetime) -> str:
        """A token that lives for `LIVES` from ``now`` (UTC).

        Args:
            caller: whom it proves.
            issuer: this API's address; it is the audience too.
            token_id: unique.
            now: when it is issued.
        """
        header = {"alg": ALGORITHM, "typ": _TYPE, "kid": self.id}
        issued = int(now.timestamp())
        claims = {
            "iss": issuer,
            "aud": issuer,
            "sub": caller.client,
            "client_id": caller.client,
            "scope": SCOPE + caller.agency,
            "iat": issued,
            "exp": issued + int(LIVES.total_seconds()),
            "jti": token_id,
        }
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def verify(self, token: str, issuer: str, now: datetime) -> Caller:
        """Whom a token proves at ``now`` (UTC).

        Raises:
            TokenRefused: nobody.
        """
        header = header_of(token, MAX_BYTES)
        if header.get("alg") != ALGORITHM:
            raise TokenRefused("algorithm")
        if _NOT_OURS & header.keys():
            raise TokenRefused("own-key")
        if header.get("typ") != _TYPE:
            raise TokenRefused("type")
        if header.get("kid") != self.id:
            raise TokenRefused("key")
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            raise TokenRefused("signature") from None
        return _caller(claims, issuer, now.timestamp())


def _caller(claims: Mapping[str, Any], issuer: str, now: float) -> Caller:
    if claims.get("iss") != issuer:
        raise TokenRefused("issuer")
    if claims.get("aud") != issuer:
        raise TokenRefused("audience")
    ends, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(ends, int) or not isinstance(issued, int):
        raise TokenRefused("no-time")
    if ends <= now - LEEWAY_S:
        raise TokenRefused("expired")
    if issued > now + LEEWAY_S:
        raise TokenRefused("not-yet")
    scope, client = claims.get("scope"), claims.get("client_id")
    if not isinstance(scope, str) or not scope.startswith(SCOPE):
        raise TokenRefused("scope")
    if not isinstance(client, str) or client != claims.get("sub"):
        raise TokenRefused("client")
    return Caller(client, AgencyCode(scope.removeprefix(SCOPE)))
