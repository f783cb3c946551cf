"""An offer as it is sealed beside its file, until a report takes the file."""

import json
from datetime import datetime

from mrk_intake.domain.attachments import Offer


def to_json(offer: Offer) -> bytes:
    """The offer as it is sealed."""
    taken = None if offer.taken_at is None else offer.taken_at.isoformat()
    return json.dumps({"lat": offer.lat, "lon": offer.lon, "taken_at": taken}).encode()


def from_json(stored: bytes) -> Offer:
    """The offer that `to_json` wrote."""
    told = json.loads(stored)
    taken = told["taken_at"]
    return Offer(told["lat"], told["lon"], None if taken is None else datetime.fromisoformat(taken))
