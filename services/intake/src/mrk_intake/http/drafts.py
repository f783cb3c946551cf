"""From what was asked to what is stored: the drafts of a batch, made together."""

import os
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from mrk_city import CityPack
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.report import API, ENTROPY_BYTES, Ids, Taken, receive_all
from mrk_intake.domain.submission import Submission, canonical
from mrk_intake.http import receipt
from mrk_intake.store.accept import Attached, Draft, event_of
from mrk_intake.store.vault import SEALING_BYTES, Vault
from mrk_web.language import Language

_RANDOM_BYTES: Final = ENTROPY_BYTES + SEALING_BYTES


class Asked(NamedTuple):
    """A request to take a report, with nothing wrong in it.

    Attributes:
        device: the device's token; empty where there is none.
        key: the Idempotency-Key.
        at: when it came, UTC.
        traceparent: of the request's span.
        attachments: the uploads that it names, ready to be taken.
        channel: by which interface it came.
        phone: names its phone number for a day (`Keys.phone`); None where it has none.
    """

    submission: Submission
    language: Language
    device: str
    key: str
    at: datetime
    traceparent: str | None
    attachments: tuple[Attached, ...] = ()
    channel: str = API
    phone: bytes | None = None


class Drafts:
    """Makes drafts.

    Args:
        pack: the city.
        keys: for numbers, requests and fingerprints.
        vault: seals what is personal.
        public_url: base address of the public API, without a slash at its end.
    """

    def __init__(self, pack: CityPack, keys: Keys, vault: Vault, public_url: str) -> None:
        self._pack = pack
        self._keys = keys
        self._vault = vault
        number = pack.city.emergency_number
        languages: tuple[Language, ...] = ("id", "en")
        self._render = {
            language: partial(
                receipt.without_secret,
                public_url=public_url,
                emergency_number=number,
                language=language,
            )
            for language in languages
        }

    def make(self, asked: Sequence[Asked]) -> list[Draft]:
        """A draft for each, in order; one step for all, then the next (see `receive_all`)."""
        keys, vault = self._keys, self._vault
        randoms = _drawn(len(asked))
        requests = [keys.request(each.device, each.key) for each in asked]
        fingerprints = [keys.fingerprint(canonical(each.submission)) for each in asked]
        taken = [
            Taken(
                each.submission,
                Ids.draw(each.at, random[:ENTROPY_BYTES], keys.numbers),
                each.at,
                each.channel,
                photos=tuple(a.sha256 for a in each.attachments) if each.attachments else (),
            )
            for each, random in zip(asked, randoms, strict=True)
        ]
        received = receive_all(taken, self._pack)
        sealed = [
            vault.seal(each.ids.reporter, each.identity, each.original, random[ENTROPY_BYTES:])
            for each, random in zip(received, randoms, strict=True)
        ]
        events = [
            event_of(each, one.traceparent) for each, one in zip(received, asked, strict=True)
        ]
        renders = [self._render[each.language] for each in asked]
        attached = [each.attachments for each in asked]
        phones = [each.phone for each in asked]
        parts = zip(
            requests, fingerprints, received, sealed, events, renders, attached, phones, strict=True
        )
        return [Draft(*each) for each in parts]


def _drawn(reports: int) -> list[bytes]:
    """Random bytes for each report, by one call to the system for all."""
    drawn = os.urandom(reports * _RANDOM_BYTES)
    return [drawn[at : at + _RANDOM_BYTES] for at in range(0, len(drawn), _RANDOM_BYTES)]
