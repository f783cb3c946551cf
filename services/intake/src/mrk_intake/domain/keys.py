"""One secret setting, several keys: each use has its own, so that none can stand for another."""

import base64
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from mrk_intake.domain.digests import keyed

PHONE_BYTES: Final = 16
MOST_COUNTED: Final = 500
"""Reports of one phone and day are counted so far: a count reads as many index entries."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Keys derived from TRACKING_KEY.

    Attributes:
        numbers: tracking numbers.
        secrets: tracking secrets.
        requests: digests of idempotency keys with their scope.
        fingerprints: of bodies, to tell a repeated request from another one.
        contacts: digests of followers' addresses.
        phones: digests of a phone number and a day.
        challenges: signs challenges near a limit.
        uploads: credentials of files that come with a form.
    """

    numbers: bytes
    secrets: bytes
    requests: bytes
    fingerprints: bytes
    contacts: bytes
    phones: bytes
    challenges: bytes
    uploads: bytes

    @classmethod
    def derive(cls, master: bytes) -> Self:
        """From 32 random bytes; the same every time."""
        return cls(
            *(
                hmac.digest(master, f"mrk-intake {use} v1".encode(), "sha256")
                for use in (
                    "number",
                    "secret",
                    "request",
                    "fingerprint",
                    "contact",
                    "phone",
                    "challenge",
                    "upload",
                )
            )
        )

    def request(self, scope: str, key: str) -> bytes:
        """Names a request for ever without keeping the device's token or the key.

        Args:
            scope: the device's token; empty where there is none.
            key: the Idempotency-Key.
        """
        return keyed(self.requests, f"{len(scope)}:{scope}{key}".encode())

    def phone(self, number: str, day: date) -> bytes:
        """Names a phone number on one day alone: no two days can be told to be the same phone.

        Args:
            number: as `contacts.phone` writes it.
            day: the city's.
        """
        return keyed(self.phones, f"{day}{number}".encode())[:PHONE_BYTES]

    def fingerprint(self, canonical: bytes) -> bytes:
        """Tells equal bodies from others; useless without the key."""
        return keyed(self.fingerprints, canonical)

    def contact(self, complaint: UUID, address: bytes) -> bytes:
        """Tells one address from others among the followers of one report; useless elsewhere."""
        return hmac.digest(self.contacts, complaint.bytes + address, "sha256")

    def upload(self, key: str, sha256: bytes) -> str:
        """The credential of a file that came with a form: the same when the form comes again.

        Args:
            key: the form's Idempotency-Key.
            sha256: of the file's bytes.
        """
        drawn = hmac.digest(self.uploads, f"{len(key)}:{key}".encode() + sha256, "sha256")
        return base64.urlsafe_b64encode(drawn).rstrip(b"=").decode()
