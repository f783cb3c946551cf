"""Cases as rows: one statement a batch to read, one to insert, one to update."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from mrk_routing.domain.case_file import Before, CaseFile
from mrk_routing.domain.decision import Decision
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.escalation import next_at
from mrk_schemas.cases import Case, ClockName
from mrk_schemas.ids import AgencyCode
from mrk_schemas.reports import Attribute, Place

_COLUMNS = (
    "complaint_id",
    "body",
    "words",
    "place",
    "details",
    "decision",
    "handed_to",
    "others_version",
    "others_by",
    "received_at",
    "verified_at",
    "first_response_at",
    "resolved_at",
    "clocks",
    "before_merge",
    "repeats",
    "due_at",
)

NEVER: Final = datetime.max  # noqa: DTZ901  # how the driver writes and reads PostgreSQL's infinity
"""In ``due_at``: nothing is due, as the case stands. NULL is a case whose clocks nobody set yet."""


@dataclass(frozen=True, slots=True)
class _Clocks:
    """Column ``clocks``: what was told of each clock, and by how much it was moved."""

    told: Mapping[ClockName, str]
    paused: Mapping[ClockName, timedelta]


_BEFORE: Final = TypeAdapter(Before)
_CLOCKS: Final = TypeAdapter(_Clocks)
_DETAILS: Final = TypeAdapter(tuple[Attribute, ...])
_LOAD = """
select body, words, place, details, decision, handed_to, others_version, others_by,
    verified_at, first_response_at, resolved_at, clocks, before_merge, repeats
from case_file where complaint_id = any($1::text[])
"""
_UPDATE = """
update case_file c
set body = n.body, words = n.words, place = n.place, others_version = n.others_version,
    others_by = n.others_by, verified_at = n.verified_at,
    first_response_at = n.first_response_at, resolved_at = n.resolved_at,
    details = n.details, clocks = n.clocks, due_at = n.due_at,
    handed_to = string_to_array(n.handed_to, ','), decision = n.decision,
    before_merge = n.before_merge, repeats = n.repeats
from unnest($1::text[], $2::jsonb[], $3::text[], $4::jsonb[], $5::bigint[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::jsonb[], $11::jsonb[],
    $12::timestamptz[], $13::text[], $14::jsonb[], $15::jsonb[], $16::int[])
    as n (complaint_id, body, words, place, others_version, others_by, verified_at,
        first_response_at, resolved_at, details, clocks, due_at, handed_to, decision,
        before_merge, repeats)
where c.complaint_id = n.complaint_id
"""

_UPDATE_CLOCKS = """
update case_file c set body = n.body, clocks = n.clocks, due_at = n.due_at
from unnest($1::text[], $2::jsonb[], $3::jsonb[], $4::timestamptz[])
    as n (complaint_id, body, clocks, due_at)
where c.complaint_id = n.complaint_id
"""


async def load(conn: Any, ids: Collection[str]) -> dict[str, CaseFile]:
    """The cases of these complaints; those without one are absent. Their streams are locked."""
    if not ids:
        return {}
    files = (_file(row) for row in await conn.fetch(_LOAD, list(ids)))
    return {file.id: file for file in files}


async def insert(conn: Any, files: Sequence[CaseFile], dues: DueDates) -> None:
    """Store new cases, each with the time at which role `clock` acts on it next.

    One that exists is an error: the caller holds its stream's lock.
    """
    if files:
        await conn.copy_records_to_table(
            "case_file", records=[_record(file, dues) for file in files], columns=_COLUMNS
        )


async def update(conn: Any, files: Sequence[CaseFile], dues: DueDates) -> None:
    """Store what changed in cases that exist, and when role `clock` acts on each next."""
    if not files:
        return
    await conn.execute(
        _UPDATE,
        [file.id for file in files],
        [_body(file) for file in files],
        [file.words for file in files],
        [_place(file) for file in files],
        [file.others_version for file in files],
        [file.others_by for file in files],
        [file.verified_at for file in files],
        [file.first_response_at for file in files],
        [file.resolved_at for file in files],
        [_details(file) for file in files],
        [_clocks(file) for file in files],
        [_due_at(file, dues) for file in files],
        [",".join(file.handed_to) for file in files],
        [_decision(file) for file in files],
        [_before(file) for file in files],
        [file.repeats for file in files],
    )


async def update_clocks(conn: Any, files: Sequence[CaseFile], dues: DueDates) -> None:
    """Store what the passing of time changed: the case, what was told, and what is due next."""
    if files:
        await conn.execute(
            _UPDATE_CLOCKS,
            [file.id for file in files],
            [_body(file) for file in files],
            [_clocks(file) for file in files],
            [_due_at(file, dues) for file in files],
        )


def _body(file: CaseFile) -> str:
    return file.case.to_json().decode()


def _place(file: CaseFile) -> str | None:
    return file.place.to_json().decode() if file.place is not None else None


def _details(file: CaseFile) -> str | None:
    return _DETAILS.dump_json(file.details).decode() if file.details else None


def _decision(file: CaseFile) -> str | None:
    return file.decision.to_json().decode() if file.decision is not None else None


def _clocks(file: CaseFile) -> str | None:
    if not file.told and not file.paused:
        return None
    return _CLOCKS.dump_json(_Clocks(file.told, file.paused)).decode()


def _before(file: CaseFile) -> str | None:
    if file.before is None:
        return None
    return _BEFORE.dump_json(file.before, exclude_none=True).decode()


def _due_at(file: CaseFile, dues: DueDates) -> datetime:
    return next_at(file, dues) or NEVER


def _record(file: CaseFile, dues: DueDates) -> tuple[object, ...]:
    return (
        file.id,
        _body(file),
        file.words,
        _place(file),
        _details(file),
        _decision(file),
        list(file.handed_to),
        file.others_version,
        file.others_by,
        file.case.received_at,
        file.verified_at,
        file.first_response_at,
        file.resolved_at,
        _clocks(file),
        _before(file),
        file.repeats,
        _due_at(file, dues),
    )


def _file(row: Any) -> CaseFile:
    place, details, decision = row["place"], row["details"], row["decision"]
    before = row["before_merge"]
    kept = _CLOCKS.validate_json(row["clocks"]) if row["clocks"] is not None else _Clocks({}, {})
    return CaseFile(
        case=Case.model_validate_json(row["body"]),
        words=row["words"],
        place=Place.model_validate_json(place) if place is not None else None,
        details=_DETAILS.validate_json(details) if details is not None else (),
        decision=Decision.model_validate_json(decision) if decision is not None else None,
        handed_to=tuple(AgencyCode(code) for code in row["handed_to"]),
        others_version=row["others_version"],
        others_by=row["others_by"],
        verified_at=row["verified_at"],
        first_response_at=row["first_response_at"],
        resolved_at=row["resolved_at"],
        told=kept.told,
        paused=kept.paused,
        before=_BEFORE.validate_json(before) if before is not None else None,
        repeats=row["repeats"],
    )
