"""From a submission to a report: what is published, and what stays in the vault."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Self
from uuid import UUID

from mrk_city import CityPack, Heard
from mrk_city import Place as Found
from mrk_intake.domain import attributes, tracking
from mrk_intake.domain.ids import uuid4_of, uuid7
from mrk_intake.domain.private import Identity, Original
from mrk_intake.domain.submission import Submission
from mrk_schemas.ids import ComplaintId, ReporterRef, SubdistrictCode, TrackingNumber
from mrk_schemas.reports import Attribute, Kind, Place, Report
from mrk_text.masking import mask

ENTROPY_BYTES: Final = 10 + 16 + 16
"""Random bytes that a report's identifiers take, drawn in one call to the system."""

API: Final = "api"
WEB: Final = "web"
OPEN311: Final = "open311"

_LONGEST_TEXT: Final = 8000  # mrk_schemas.reports.Report.text: placeholders lengthen a text
_LONGEST_ADDRESS: Final = 500


class Note(StrEnum):
    """What the answer tells beside the numbers."""

    OUTSIDE_THE_CITY = "outside-the-city"
    UNREACHABLE = "unreachable"


class Ids(NamedTuple):
    """The identifiers of a new report, and of the event that tells of it."""

    complaint: UUID
    reporter: UUID
    event: UUID
    number: TrackingNumber

    @classmethod
    def draw(cls, now: datetime, entropy: bytes, number_key: bytes) -> Self:
        """New ones.

        Args:
            now: when the report was received, with a zone.
            entropy: `ENTROPY_BYTES` random bytes.
            number_key: `Keys.numbers`.
        """
        complaint = uuid7(now, entropy[:10])
        number = tracking.mint(number_key, complaint)
        return cls(complaint, uuid4_of(entropy[10:26]), uuid4_of(entropy[26:]), number)


class Received(NamedTuple):
    """A report as it is stored.

    Attributes:
        ids: its identifiers.
        report: what the event says; nothing else leaves this service.
        identity: for the vault; None where the reporter said nothing of themselves.
        original: for the vault.
        emergency: whether emergency words occur, told to the reporter alone where the report
            is whistle-blowing.
        notes: told in the answer.
        held: its words wait for a look before the public reads them.
    """

    ids: Ids
    report: Report
    identity: Identity | None
    original: Original
    emergency: bool
    notes: tuple[Note, ...]
    held: bool = False


class Taken(NamedTuple):
    """A valid submission, new identifiers for it, when it was received (UTC), and how it came.

    Attributes:
        photos: SHA-256 of its attachments, in hexadecimal.
    """

    submission: Submission
    ids: Ids
    now: datetime
    channel: str = API
    photos: tuple[str, ...] = ()


def receive(submission: Submission, pack: CityPack, ids: Ids, now: datetime) -> Received:
    """Take a report.

    Args:
        submission: valid.
        pack: places and emergency words of the city.
        ids: new ones.
        now: when it was received, UTC.
    """
    return receive_all([Taken(submission, ids, now)], pack)[0]


def receive_all(taken: Sequence[Taken], pack: CityPack) -> list[Received]:
    """Take reports: one step for all of them, then the next.

    The code of a step is then still in the processor's cache when the next report comes to it:
    measured at seven reports, a fifth less than when each goes through all steps alone.
    """
    places = [_found(each.submission, pack) for each in taken]
    heard = [pack.hear(each.submission.text) for each in taken]
    held = [_held(each.submission, one, pack) for each, one in zip(taken, heard, strict=True)]
    texts = [mask(each.submission.text).text[:_LONGEST_TEXT] for each in taken]
    identities = [_identity(each.submission) for each in taken]
    originals = [_original(each.submission) for each in taken]
    details = [_attributes(each.submission, pack) for each in taken]
    emergencies = [bool(each.emergencies) for each in heard]
    parts = zip(
        taken, places, emergencies, texts, identities, originals, details, held, strict=True
    )
    return [_received(*each) for each in parts]


def _received(  # noqa: PLR0913, PLR0917  # what the steps found, in their order
    taken: Taken,
    found: Found | None,
    emergency: bool,  # noqa: FBT001  # as above
    masked: str,
    identity: Identity | None,
    original: Original,
    details: tuple[Attribute, ...] | None,
    held: bool,  # noqa: FBT001  # as above
) -> Received:
    submission, ids = taken.submission, taken.ids
    outside = found is not None and not found.inside
    reporter = submission.reporter
    reachable = reporter is not None and reporter.reachable
    notes = []
    if outside:
        notes.append(Note.OUTSIDE_THE_CITY)
    if not reachable:
        notes.append(Note.UNREACHABLE)
    whistle = submission.kind is Kind.WHISTLEBLOWING
    report = Report(
        complaint_id=ComplaintId(str(ids.complaint)),
        tracking_number=ids.number,
        kind=submission.kind,
        category=None if whistle else submission.category_code,
        text=None if whistle else masked,
        place=None if whistle else _published(submission, None if outside else found),
        attributes=details,
        anonymous=submission.anonymous,
        confidential=submission.confidential,
        reporter=ReporterRef(str(ids.reporter)) if reachable else None,
        locale=submission.locale,
        channel=taken.channel,
        photos=() if whistle or submission.confidential else taken.photos,
        emergency=emergency and not whistle,
        occurred_at=None if whistle else submission.occurred_at,
        received_at=taken.now,
    )
    return Received(ids, report, identity, original, emergency, tuple(notes), held)


def _held(submission: Submission, heard: Heard, pack: CityPack) -> bool:
    """Whether what the public would read of it waits for a look."""
    if submission.confidential or submission.kind is Kind.WHISTLEBLOWING:
        return False
    if heard.held or (submission.address is not None and pack.holds(submission.address)):
        return True
    given = submission.attributes or {}
    return any(pack.holds(each) for values in given.values() for each in values)


def _found(submission: Submission, pack: CityPack) -> Found | None:
    """Where it is: the point decides; words decide where there is none."""
    point = submission.location
    if point is not None:
        return pack.locate(point.lat, point.lon)
    if submission.address is None:
        return None
    found = pack.locate_words(submission.address)
    return found if found is not None and found.sure else None


def _published(submission: Submission, found: Found | None) -> Place | None:
    """The place as events tell it: of a confidential report, the kelurahan alone."""
    point, address = submission.location, submission.address
    if submission.confidential:
        point = address = None
    if point is None and address is None and found is None:
        return None
    code = found.subdistrict_code if found is not None else None
    return Place(
        lat=point.lat if point is not None else None,
        lon=point.lon if point is not None else None,
        address=mask(address).text[:_LONGEST_ADDRESS] if address is not None else None,
        subdistrict=SubdistrictCode(code) if code is not None else None,
        district=found.district_code if found is not None else None,
        method=found.method if found is not None else None,
        approximate=found is None or found.method != "polygon",
    )


def _attributes(submission: Submission, pack: CityPack) -> tuple[Attribute, ...] | None:
    given, code = submission.attributes, submission.category_code
    if not given or code is None or submission.kind is Kind.WHISTLEBLOWING:
        return None
    asked = pack.categories[code].attributes
    return attributes.published(asked, given, confidential=submission.confidential)


def _identity(submission: Submission) -> Identity | None:
    reporter = submission.reporter
    if reporter is None or (reporter.name is None and not reporter.reachable):
        return None
    return Identity(
        name=reporter.name, phone=reporter.phone, email=reporter.email, locale=reporter.locale
    )


def _original(submission: Submission) -> Original:
    # the point, category and time of an open report stand in its event: no second copy of them
    whistle = submission.kind is Kind.WHISTLEBLOWING
    hidden = submission.confidential or whistle
    point = submission.location if hidden else None
    return Original(
        text=submission.text,
        address=submission.address,
        lat=point.lat if point is not None else None,
        lon=point.lon if point is not None else None,
        category=submission.category_code if whistle else None,
        occurred_at=submission.occurred_at if whistle else None,
        attributes=submission.attributes or None,
    )
