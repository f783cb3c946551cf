"""Codes and tokens of the development provider; its keys are drawn when it starts."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from mrk_simulators.login.people import Somebody

CODE_SECONDS = 60
TOKEN_SECONDS = 300
ALGORITHMS = ("RS256", "ES256")


@dataclass(frozen=True)
class Registered:
    """The one client.

    Args:
        redirects: where people may be sent back with a code, exactly.
        goodbyes: where they may be sent after a logout, exactly.
    """

    id: str
    secret: str
    redirects: tuple[str, ...]
    goodbyes: tuple[str, ...]


@dataclass(frozen=True)
class _Granted:
    person: Somebody
    redirect: str
    nonce: str | None
    challenge: str
    ends_at: float


class Issuer:
    """Grants codes, and redeems each once.

    Args:
        url: names the issuer in tokens.
        client: who may ask.
        algorithm: what tokens are signed with.
        now: seconds since the epoch.
    """

    def __init__(
        self,
        url: str,
        client: Registered,
        algorithm: str = "RS256",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self.client = client
        self.algorithm = algorithm
        self._now = now
        self._codes: dict[str, _Granted] = {}
        self._keys: list[RSAKey | ECKey] = []
        self.rotate()

    def rotate(self) -> None:
        """Draw a new key of each kind; the ones before verify no more."""
        rsa = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        curve = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        self._keys = [rsa, curve]

    def published(self) -> Mapping[str, Any]:
        """The public halves of the keys, as a JWK Set."""
        return dict(KeySet(list(self._keys)).as_dict(private=False))

    @property
    def key(self) -> RSAKey | ECKey:
        """The key that signs."""
        return next(each for each in self._keys if each.get("alg") == self.algorithm)

    def grant(self, person: Somebody, redirect: str, nonce: str | None, challenge: str) -> str:
        """A code for somebody who logged in."""
        now, code = self._now(), secrets.token_urlsafe(32)
        self._codes = {name: each for name, each in self._codes.items() if each.ends_at > now}
        self._codes[code] = _Granted(person, redirect, nonce, challenge, now + CODE_SECONDS)
        return code

    def redeem(self, code: str, redirect: str, verifier: str) -> tuple[Somebody, str, str] | None:
        """Person, ID token and access token for a code, once; None for any other."""
        granted = self._codes.pop(code, None)
        if granted is None or granted.ends_at <= self._now() or granted.redirect != redirect:
            return None
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not secrets.compare_digest(challenge, granted.challenge):
            return None
        id_token = self.sign(self.claims(granted.person, granted.nonce))
        access = {**self._basic(granted.person), "aud": self.url, "scope": "openid profile"}
        return granted.person, id_token, self.sign(access, typ="at+jwt")

    def claims(self, person: Somebody, nonce: str | None) -> dict[str, Any]:
        """What an ID token says of somebody."""
        told = {
            **self._basic(person),
            "aud": self.client.id,
            "azp": self.client.id,
            "name": person.name,
            "roles": list(person.roles),
        }
        return told if nonce is None else {**told, "nonce": nonce}

    def sign(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        """A signed token."""
        header = {"alg": self.algorithm, "kid": self.key.kid, "typ": typ}
        return jwt.encode(header, dict(claims), self.key, algorithms=[self.algorithm])

    def person_of(self, access_token: str) -> str | None:
        """The subject of an access token that is ours and still valid; an ID token is none."""
        try:
            token = jwt.decode(access_token, KeySet(list(self._keys)), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            return None
        ours = token.header.get("typ") == "at+jwt" and token.claims.get("aud") == self.url
        valid = ours and token.claims["exp"] > self._now()
        return str(token.claims["sub"]) if valid else None

    def _basic(self, person: Somebody) -> dict[str, Any]:
        now = int(self._now())
        return {"iss": self.url, "sub": person.subject, "iat": now, "exp": now + TOKEN_SECONDS}
