"""Public reports as service requests, updates and rows of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

from mrk_city import CityPack
from mrk_city.ids import AgencyCode, SubdistrictCode
from mrk_intake.domain.held import without_notes
from mrk_intake.domain.open311.services import Document
from mrk_intake.domain.public import CLOSED, Change, PublicReport
from mrk_intake.domain.timeline import Placed, shown

HELD: Final[Mapping[str, str]] = {
    "id": "(Teks laporan ini menunggu pemeriksaan sebelum ditampilkan.)",
    "en": "(The words of this report await a look before they are shown.)",
}
"""What is told in place of words that the public does not read."""

CSV_COLUMNS: Final = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime",
    "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url",
    "closed_date", "status_description", "source", "service_subtype",
)  # fmt: skip
"""Those of a request, and what the bulk format adds."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of reports in one language.

    Attributes:
        pack: names of services, agencies and places.
        language: `id` or `en`.
        zone: the city's.
    """

    pack: CityPack
    language: str
    zone: tzinfo

    def date(self, at: datetime | None) -> str | None:
        """A W3C date with the city's offset, to the second."""
        return None if at is None else at.astimezone(self.zone).isoformat(timespec="seconds")

    def request(self, report: PublicReport) -> Document:
        """A report as a service request."""
        place = report.place
        kelurahan = None
        if place is not None and place.subdistrict is not None:
            kelurahan = self.pack.subdistricts.get(SubdistrictCode(place.subdistrict))
        category = None
        if report.category is not None:
            category = self.pack.categories.get(report.category)
        return {
            "service_request_id": report.number,
            "status": _status(report.state),
            "status_notes": self._notes(report),
            "service_name": category.names[self.language] if category is not None else None,
            "service_code": report.category,
            "description": HELD[self.language] if report.held else report.text,
            "agency_responsible": self._agency(report),
            "service_notice": None,
            "requested_datetime": self.date(report.received_at),
            "updated_datetime": self.date(report.updated_at),
            "expected_datetime": self.date(report.due_at),
            "address": place.address if place is not None else None,
            "address_id": place.subdistrict if place is not None else None,
            "zipcode": kelurahan.postal_code if kelurahan is not None else None,
            "lat": place.lat if place is not None else None,
            "long": place.lon if place is not None else None,
            "media_url": None,
        }

    def extended(self, report: PublicReport, steps: Sequence[Placed]) -> Document:
        """A report as a service request with `extended_attributes` and `notes`."""
        place = report.place
        if report.held:
            steps = without_notes(steps)
        details: dict[str, list[str]] = {}
        for each in report.attributes:
            details.setdefault(each.code, []).append(each.value)
        attributes: Document = {
            "kind": report.kind.value,
            "state": report.state,
            "source": report.report.channel,
            "district": place.district if place is not None else None,
            "approximate": place.approximate if place is not None else None,
            "attributes": [{"code": code, "values": values} for code, values in details.items()],
        }
        return {
            **self.request(report),
            "extended_attributes": attributes,
            "notes": [
                {
                    "datetime": self.date(datetime.fromisoformat(each["at"])),
                    "type": each["type"],
                    "summary": each["text"][self.language],
                    "description": each.get("note"),
                }
                for each in shown(report.received_at, [self._named(step) for step in steps])
            ],
        }

    def row(self, report: PublicReport) -> dict[str, object]:
        """A report as a row of the bulk table, by column."""
        return {
            **self.request(report),
            "closed_date": self.date(report.closed_at),
            "status_description": report.state,
            "source": report.report.channel,
            "service_subtype": None,
        }

    def update(self, change: Change) -> Document:
        """A step as an update of a service request."""
        placed = change.placed
        topic = placed.topic.split(".")[1]
        return {
            "update_id": f"{change.number}.{topic}.{placed.sequence}",
            "service_request_id": change.number,
            "status": _status(placed.step.state or ""),
            "updated_datetime": self.date(placed.step.at),
            "description": self._sentence(placed),
            "media_url": None,
        }

    def _notes(self, report: PublicReport) -> str | None:
        return None if report.latest is None else self._sentence(report.latest)

    def _sentence(self, placed: Placed) -> str:
        """A step in words, the agency's own behind ours."""
        told = shown(placed.step.at, [self._named(placed)])[-1]
        sentence = told["text"][self.language]
        return f"{sentence} {told['note']}" if told.get("note") else str(sentence)

    def _named(self, placed: Placed) -> Placed:
        """The step with its agency's names: steps after the first may have its code alone."""
        code = placed.step.detail.get("agency")
        agency = self.pack.agencies.get(AgencyCode(code)) if code is not None else None
        if agency is None or {"agency_names", "agency_name"} & placed.step.detail.keys():
            return placed
        detail = {**placed.step.detail, "agency_names": dict(agency.names)}
        return replace(placed, step=replace(placed.step, detail=detail))

    def _agency(self, report: PublicReport) -> str | None:
        code = report.agency
        agency = self.pack.agencies.get(AgencyCode(code)) if code is not None else None
        return report.agency_name if agency is None else agency.names[self.language]


def _status(state: str) -> str:
    return "closed" if state in CLOSED else "open"


def accepted(number: str, notices: Sequence[str]) -> list[Document]:
    """`POST /requests`: the number at once, so never a token.

    Residents have no accounts here, so no account is told.
    """
    return [
        {
            "service_request_id": number,
            "service_notice": " ".join(notices) or None,
            "account_id": None,
        }
    ]


def token_of(number: str) -> list[Document]:
    """`GET /tokens/{token}`: a number stands for itself, since it never waits for another one."""
    return [{"service_request_id": number, "token": number}]
