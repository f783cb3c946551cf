"""Proof of work near a limit: a puzzle for the machine, never for the person.

The protocol is ALTCHA's (https://altcha.org/docs/v2/): find the number for which the SHA-256 of
salt and number is the challenge. Nothing is kept of a challenge that was given; of a solved one its
digest until it expires, so that it admits one request.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

HEADER: Final = "X-Challenge-Solution"
ALGORITHM: Final = "SHA-256"
_LONGEST: Final = 2048
_SALT_BYTES: Final = 12
_HARDEST: Final = 8
"""How many times harder a challenge is where nothing is left than where the limit comes near."""


class Challenges:
    """Gives challenges and judges solutions.

    Args:
        key: 32 bytes; the same for all processes, so that any of them judges.
        numbers: how many numbers the easiest challenge has; half of them are tried on average.
        lifetime_s: seconds until a challenge expires.
        clock: seconds of Unix time, the same for all processes.
        max_used: solved challenges remembered; beyond it the oldest may admit a second request.
    """

    def __init__(
        self,
        key: bytes,
        *,
        numbers: int = 50_000,
        lifetime_s: int = 600,
        clock: Callable[[], float] = time.time,
        max_used: int = 100_000,
    ) -> None:
        self._key = key
        self._numbers = numbers
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._max_used = max_used
        self._used: OrderedDict[str, int] = OrderedDict()

    def make(self, purpose: str, pressure: float) -> dict[str, Any]:
        """A new challenge.

        Args:
            purpose: what it admits, such as an idempotency key; a solution is for it alone.
            pressure: from 0, where the limit comes near, to 1, where nothing is left.
        """
        most = round(self._numbers * (1 + (_HARDEST - 1) * min(1.0, max(0.0, pressure))))
        expires = int(self._clock()) + self._lifetime_s
        told = urlencode({"expires": expires, "for": self._bound(purpose)})
        salt = f"{secrets.token_hex(_SALT_BYTES)}?{told}&"
        challenge = _digest(salt, secrets.randbelow(most + 1))
        return {
            "algorithm": ALGORITHM,
            "challenge": challenge,
            "maxnumber": most,
            "salt": salt,
            "signature": self._sign(challenge),
        }

    def admits(self, solution: str | None, purpose: str) -> bool:
        """Whether a solution is right, in time, for this purpose, and the first of its challenge.

        Args:
            solution: the header's value: base64 of JSON with algorithm, challenge, number, salt
                and signature.
            purpose: as for `make`.
        """
        given = _read(solution)
        if given is None or given["algorithm"] != ALGORITHM:
            return False
        challenge, salt = given["challenge"], given["salt"]
        if not hmac.compare_digest(self._sign(challenge), given["signature"]):
            return False
        if _digest(salt, given["number"]) != challenge:
            return False
        told = parse_qs(salt.partition("?")[2])
        expires, now = int(told["expires"][0]), int(self._clock())  # signed: it is ours
        if expires <= now or told["for"] != [self._bound(purpose)]:
            return False
        return self._first(challenge, expires, now)

    def _first(self, challenge: str, expires: int, now: int) -> bool:
        if challenge in self._used:
            return False
        self._used[challenge] = expires
        while len(self._used) > self._max_used or next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)
        return True

    def _sign(self, challenge: str) -> str:
        return hmac.digest(self._key, challenge.encode("utf-8", "replace"), "sha256").hex()

    def _bound(self, purpose: str) -> str:
        return hmac.digest(self._key, f"for {purpose}".encode("utf-8", "replace"), "sha256")[
            :12
        ].hex()


def solve(challenge: Mapping[str, Any]) -> str:
    """The solution of a challenge: what a client does, as fast as this language does it."""
    for number in range(challenge["maxnumber"] + 1):
        if _digest(challenge["salt"], number) == challenge["challenge"]:
            told = {name: value for name, value in challenge.items() if name != "maxnumber"}
            return base64.b64encode(json.dumps({**told, "number": number}).encode()).decode()
    raise ValueError("no number solves it")


def _digest(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode("utf-8", "replace")).hexdigest()


def _read(solution: str | None) -> dict[str, Any] | None:
    if solution is None or len(solution) > _LONGEST:
        return None
    try:
        given = json.loads(base64.b64decode(solution, validate=True))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(given, dict) or type(given.get("number")) is not int:
        return None
    texts = ("algorithm", "challenge", "salt", "signature")
    whole = all(isinstance(given.get(name), str) and given[name].isascii() for name in texts)
    return given if whole else None
