"""A public report as lists, feeds and the map tell it."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mrk_city import AgencyCode, CityPack, SubdistrictCode
from mrk_intake.domain.listing import Phase, phase_of
from mrk_intake.domain.public import PublicReport
from mrk_intake.domain.standing import standing
from mrk_intake.domain.timeline import Placed
from mrk_intake.http.open311.render import legal
from mrk_intake.http.web.gallery import Picture
from mrk_schemas.cases import ClockName
from mrk_schemas.reports import Kind
from mrk_web.language import Language

SUMMARY_LENGTH: Final = 180
"""Characters of a summary."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A report in a list.

    Attributes:
        href: its page.
        summary: how its masked text begins.
        held: its words wait for a look, so that there are none here.
        locale: the language of the summary.
        category: in the reader's language; None where there is none.
        place: kelurahan and kecamatan; None where neither is known.
        point: latitude and longitude as they were published, else the middle of its kelurahan.
        state: as its page tells it.
        agency: who has it, in the reader's language; None while a dispatcher does.
        since: since when (UTC).
        due_at: when it must be solved (UTC); None where nothing is due any more or yet.
        steps: how many there are after it was received.
        followers: residents who follow it beside its reporter.
        picture: its first public photo.
    """

    number: str
    href: str
    summary: str
    held: bool
    locale: str
    kind: Kind
    category: str | None
    place: str | None
    point: tuple[float, float] | None
    state: str
    phase: Phase
    agency: str | None
    received_at: datetime
    updated_at: datetime
    since: datetime
    due_at: datetime | None
    late: bool
    steps: int
    followers: int
    picture: Picture | None


def entry(  # noqa: PLR0913  # a report, and who reads of it
    report: PublicReport,
    steps: Sequence[Placed],
    pack: CityPack,
    language: Language,
    now: datetime,
    *,
    followers: int,
    picture: Picture | None,
) -> Entry:
    """A report in a list.

    Args:
        report: a public one.
        steps: all of its steps.
        pack: names of categories, agencies and places.
        language: the reader's.
        now: UTC.
        followers: of it.
        picture: of it.
    """
    stands = standing(report.received_at, steps)
    due = next((each for each in stands.dues if each.clock is ClockName.RESOLUTION), None)
    phase = phase_of(stands.state)
    waits = phase in {Phase.WAITING, Phase.WORKING}
    category = pack.categories.get(report.category) if report.category is not None else None
    return Entry(
        number=report.number,
        href=f"/laporan/{report.number}",
        summary=summary(report.text),
        held=report.held,
        locale=report.report.locale.value,
        kind=report.kind,
        category=None if category is None else category.names[language],
        place=_place(report, pack),
        point=_point(report, pack),
        state=stands.state,
        phase=phase,
        agency=_agency(report, pack, language) if waits else None,
        received_at=report.received_at,
        updated_at=report.updated_at,
        since=stands.since,
        due_at=due.at if due is not None and waits and not stands.paused else None,
        late=due is not None and stands.late(due, now),
        steps=len(steps),
        followers=followers,
        picture=picture,
    )


def summary(text: str) -> str:
    """How a text begins, in whole words where there are any; without what XML cannot hold."""
    plain = " ".join(legal(text).split())
    if len(plain) <= SUMMARY_LENGTH:
        return plain
    short = textwrap.shorten(plain, SUMMARY_LENGTH, placeholder=" …")
    return short if short.strip() != "…" else f"{plain[: SUMMARY_LENGTH - 2]} …"


def _place(report: PublicReport, pack: CityPack) -> str | None:
    place = report.place
    if place is None:
        return None
    names = []
    if place.subdistrict is not None and place.subdistrict in pack.subdistricts:
        names.append(pack.subdistricts[place.subdistrict].name)
    if place.district is not None and place.district in pack.districts:
        names.append(pack.districts[place.district].name)
    return ", ".join(names) or None


def _point(report: PublicReport, pack: CityPack) -> tuple[float, float] | None:
    place = report.place
    if place is None:
        return None
    if place.lat is not None and place.lon is not None:
        return place.lat, place.lon
    found = pack.subdistricts.get(SubdistrictCode(place.subdistrict or ""))
    return None if found is None else (found.lat, found.lon)


def _agency(report: PublicReport, pack: CityPack, language: Language) -> str | None:
    agency = pack.agencies.get(AgencyCode(report.agency)) if report.agency is not None else None
    return report.agency_name if agency is None else agency.names[language]
