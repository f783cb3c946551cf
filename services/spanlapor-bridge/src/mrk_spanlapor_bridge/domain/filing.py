"""A complaint as it is filed: words and our own codes, no identity. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mrk_schemas.cases import Case, Priority
from mrk_schemas.ids import (
    AgencyCode,
    CategoryCode,
    DistrictCode,
    SubdistrictCode,
    TrackingNumber,
)
from mrk_schemas.reports import Kind, Report

TITLE_CHARS: Final = 100
_REFERENCE: Final = "Referensi: "


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who a complaint is filed for. Lives as long as the call; never stored, never logged."""

    name: str
    email: str | None
    phone: str | None

    def __repr__(self) -> str:
        """Nothing of the person: a trace-back must not show it."""
        return "Reporter(…)"


@dataclass(frozen=True, slots=True)
class Filing:
    """What is filed.

    Attributes:
        reference: our tracking number, by which the filing is found again.
        agency: the owner; None while the case has none.
        occurred_at: when it happened, or was received, UTC.
    """

    reference: TrackingNumber
    title: str
    content: str
    kind: Kind
    category: CategoryCode | None
    agency: AgencyCode | None
    occurred_at: datetime
    anonymous: bool
    confidential: bool
    emergency: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """What a category asks for, and what its choices are called, by their keys."""

    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Names:
    """What stands for codes: of kelurahan and kecamatan (Kemendagri), of a category's details."""

    subdistricts: Mapping[SubdistrictCode, str]
    districts: Mapping[DistrictCode, str]
    details: Mapping[CategoryCode, Mapping[str, Detail]]


def compose(report: Report, case: Case, names: Names) -> Filing:
    """The filing of a report whose case is known.

    The content is the masked text, its details, the kelurahan and our reference: never an address,
    a point or a NIK.
    """
    category = case.category or report.category
    text = (report.text or "").strip()
    told = (text, _details(report, names), _where(case, names))
    parts = [*(part for part in told if part), f"{_REFERENCE}{report.tracking_number}"]
    return Filing(
        reference=report.tracking_number,
        title=_title(text, case.category_name),
        content="\n\n".join(parts),
        kind=report.kind,
        category=category,
        # what is not the city's is handed on once it is filed
        agency=case.owner if case.handed_on_at is None else None,
        occurred_at=report.occurred_at or report.received_at,
        anonymous=report.anonymous,
        confidential=report.confidential,
        emergency=report.emergency or case.priority is Priority.EMERGENCY,
    )


def reporter_or_account(
    name: str | None, email: str | None, phone: str | None, account: Reporter
) -> Reporter:
    """The reporter where the national system can take them, else the city's own account.

    It asks for a name and a way to be reached; half a reporter is not mixed with the account.
    """
    if name and (email or phone):
        return Reporter(name, email, phone)
    return account


def _title(text: str, category_name: str | None) -> str:
    first = " ".join(text.split())
    whole = f"{category_name}: {first}" if category_name else first
    if len(whole) <= TITLE_CHARS:
        return whole
    return whole[: TITLE_CHARS - 1].rsplit(" ", 1)[0] + "…"


def _details(report: Report, names: Names) -> str | None:
    """A line each, in the order of the report; several values of one are one line."""
    known = names.details.get(report.category, {}) if report.category else {}
    lines: dict[str, list[str]] = {}
    for each in report.attributes or ():
        detail = known.get(each.code, Detail(each.code, {}))
        lines.setdefault(detail.name, []).append(detail.values.get(each.value, each.value))
    return "\n".join(f"{name}: {', '.join(values)}" for name, values in lines.items()) or None


def _where(case: Case, names: Names) -> str | None:
    subdistrict = names.subdistricts.get(case.subdistrict) if case.subdistrict else None
    district = names.districts.get(case.district) if case.district else None
    named = [
        *([f"Kelurahan {subdistrict}"] if subdistrict else []),
        *([f"Kecamatan {district}"] if district else []),
    ]
    return f"Lokasi: {', '.join(named)}" if named else None
