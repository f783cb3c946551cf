"""From a complaint that began at SP4N-LAPOR! to a report of ours. Pure."""

from datetime import UTC
from typing import Final
from uuid import UUID

from mrk_city import CityPack
from mrk_intake.domain import tracking
from mrk_intake.domain.ids import uuid4_of
from mrk_intake.domain.report import Ids, Received, receive
from mrk_intake.domain.submission import LocationIn, Submission
from mrk_schemas.ids import TrackingNumber
from mrk_schemas.mirrors import ComplaintImported
from mrk_schemas.reports import Place

CHANNEL: Final = "sp4n-lapor"
ENTROPY_BYTES: Final = 16 + 16


def ids_of(body: ComplaintImported, entropy: bytes, number: TrackingNumber) -> Ids:
    """Identifiers of an import: its complaint id is the bridge's, from the national number.

    Args:
        entropy: `ENTROPY_BYTES` random bytes.
        number: a tracking number that is free (`number_of`).
    """
    return Ids(UUID(body.complaint_id), uuid4_of(entropy[:16]), uuid4_of(entropy[16:]), number)


def number_of(body: ComplaintImported, key: bytes, attempt: int = 0) -> TrackingNumber:
    """The tracking number of an import; `attempt` is raised while it is another report's."""
    return tracking.mint(key, UUID(body.complaint_id), attempt)


def receive_import(body: ComplaintImported, pack: CityPack, ids: Ids) -> Received:
    """Take an import by the rules that hold for every report: masked, placed, hidden alike.

    Who reported stays at SP4N-LAPOR!: there is nobody here to be told.
    """
    received = receive(_submission(body), pack, ids, body.received_at.astimezone(UTC))
    report = received.report
    told: dict[str, object] = {"channel": CHANNEL, "national_id": body.national_id}
    if report.place is None and report.text is not None:
        told["place"] = _area(body)
    # nobody chose these notes for the reporter, who does not read our answer
    return Received(
        received.ids, report.model_copy(update=told), None, received.original, received.emergency,
        (),
    )  # fmt: skip


def _submission(body: ComplaintImported) -> Submission:
    # not validated: what the national system took, with its own limits, is not refused here
    place = body.place
    point = None
    if place is not None and place.lat is not None and place.lon is not None:
        point = LocationIn.model_construct(lat=place.lat, lon=place.lon)
    return Submission.model_construct(
        kind=body.kind,
        text=body.text,
        location=point,
        address=place.address if place is not None else None,
        anonymous=body.anonymous,
        confidential=body.confidential,
    )


def _area(body: ComplaintImported) -> Place | None:
    """The area alone, where the import tells no more."""
    place = body.place
    if place is None or (place.subdistrict is None and place.district is None):
        return None
    return Place(subdistrict=place.subdistrict, district=place.district, method=place.method)
