"""Any public report is a service request, the same in every form."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import load_pack
from mrk_intake.domain.open311.requests import CSV_COLUMNS, Teller
from mrk_intake.domain.public import CLOSED, OPEN, Change, PublicReport
from mrk_intake.domain.timeline import Placed, Step
from mrk_intake.http.open311 import render
from mrk_schemas.ids import AgencyCode, TrackingNumber
from mrk_schemas.registry import CASES
from mrk_schemas.reports import Kind, Report

PACK = load_pack(Path(__file__).parents[4] / "deploy" / "city" / "medan")
ZONE = ZoneInfo("Asia/Jakarta")
AT = datetime(2026, 3, 2, 3, 4, 5, 600_000, tzinfo=UTC)
NUMBER = TrackingNumber("7K3-Q9W-XTC")

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
STATES = {
    "triage": "triage", "assigned": "assigned", "accepted": "accepted", "returned": "returned",
    "in_progress": "progress", "resolved": "resolved",
}  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> PublicReport:
    subdistrict = draw(st.sampled_from([None, *list(PACK.subdistricts)[:3], "99.99.99.9999"]))
    place = {
        "lat": draw(st.none() | st.floats(3.4, 3.8)),
        "lon": 98.6,
        "address": draw(st.none() | WORDS),
        "subdistrict": subdistrict,
        "district": subdistrict and subdistrict[:8],
    }
    report = Report.model_validate(
        {
            "complaint_id": "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01",
            "tracking_number": NUMBER,
            "kind": draw(st.sampled_from([kind for kind in Kind if kind != "whistleblowing"])),
            "category": draw(st.sampled_from([None, *PACK.categories, "gone"])),
            "text": draw(WORDS),
            "place": draw(st.sampled_from([None, place])),
            "attributes": draw(
                st.none() | st.lists(st.builds(dict, code=st.just("fault"), value=WORDS))
            ),
            "anonymous": False,
            "confidential": False,
            "received_at": AT,
        }
    )
    state = draw(st.sampled_from(["received", *STATES]))
    agency = draw(st.sampled_from(["sdabmbk", "gone"]))
    assigned = Placed(
        CASES,
        1,
        Step("assigned", AT, "assigned", {"agency": agency, "due_at": "2026-03-22T03:04:05.000Z"}),
    )
    note = {"note": draw(WORDS)} if draw(st.booleans()) else {}
    latest = None
    if state != "received":
        step = Step(STATES[state], AT + timedelta(hours=1), state, {"agency": agency, **note})  # type: ignore[arg-type]  # a literal
        latest = Placed(CASES, 2, step)
    return PublicReport(
        id=UUID(int=1),
        number=NUMBER,
        report=report,
        state=state,
        received_at=AT,
        updated_at=AT + timedelta(hours=1),
        latest=latest,
        assigned=assigned if state not in {"received", "triage"} else None,
    )


def as_xml_tells(value: Any) -> Any:
    match value:
        case None | "" | []:
            return None
        case bool():
            return str(value).lower()
        case dict():
            return {key: as_xml_tells(each) for key, each in value.items()}
        case list():
            return [as_xml_tells(each) for each in value]
        case _:
            return str(value)


def as_xml_told(document: bytes) -> Any:
    members = ("request", "note", "attribute", "value")
    read = xmltodict.parse(document, force_list=members, strip_whitespace=False)
    (request,) = read["service_requests"]["request"]
    request["notes"] = request["notes"]["note"]
    extended = request["extended_attributes"]
    extended["attributes"] = (extended["attributes"] or {}).get("attribute")
    for each in extended["attributes"] or ():
        each["values"] = each["values"]["value"]
    return request


@given(reports(), st.sampled_from(["id", "en"]))
def test_a_report_is_the_same_request_in_every_form(report: PublicReport, language: str) -> None:
    teller = Teller(PACK, language, ZONE)
    steps = [each for each in (report.assigned, report.latest) if each is not None]
    request = teller.extended(report, steps)
    assert json.loads(render.to_json(render.REQUESTS, [request])) == [request]
    told = as_xml_told(render.to_xml(render.REQUESTS, [request]))
    assert told == as_xml_tells(request)
    table = render.to_csv(CSV_COLUMNS, [teller.row(report)]).decode()
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    for name, value in teller.request(report).items():
        text = "" if value is None else str(value)
        assert row[name] in {text, f"'{text}"}


@given(reports(), st.sampled_from(["id", "en"]))
def test_what_every_request_holds(report: PublicReport, language: str) -> None:
    request = Teller(PACK, language, ZONE).request(report)
    assert tuple(request) == CSV_COLUMNS[:17]
    assert request["service_request_id"] == NUMBER
    assert request["status"] == ("closed" if report.state in CLOSED else "open")
    assert request["status"] == "closed" or report.state in OPEN
    assert request["requested_datetime"] == "2026-03-02T10:04:05+07:00"
    for name in ("updated_datetime", "expected_datetime"):
        assert request[name] is None or request[name].endswith("+07:00")
    owned = report.state not in {"received", "triage", "returned"}
    assert (request["agency_responsible"] is not None) is owned


@given(reports(), st.sampled_from(["id", "en"]))
def test_an_update_tells_what_the_request_notes(report: PublicReport, language: str) -> None:
    teller = Teller(PACK, language, ZONE)
    if report.latest is None:
        assert teller.request(report)["status_notes"] is None
        return
    update = teller.update(Change(report.number, report.latest))
    assert update["description"] == teller.request(report)["status_notes"]
    assert update["status"] == teller.request(report)["status"]
    assert update["update_id"] == f"{NUMBER}.cases.2"


def test_a_request_that_waited_is_expected_later_and_no_question_is_told() -> None:
    due = {"agency": "sdabmbk", "due_at": "2026-03-22T03:04:05.000Z"}
    assigned = Placed(CASES, 1, Step("assigned", AT, "assigned", due))
    words = {"note": "Di sebelah mana?", "question": 1, "due_at": "2026-03-25T03:04:05.000Z"}
    asked = Placed(CASES, 2, Step("asked", AT, "waiting", {**due, **words}))
    report = Report.model_validate(
        {
            "complaint_id": "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01",
            "tracking_number": NUMBER, "kind": "complaint", "text": "Jalan berlubang",
            "anonymous": False, "confidential": False, "received_at": AT,
        }
    )  # fmt: skip
    id_ = UUID("01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01")
    public = PublicReport(id_, NUMBER, report, "waiting", AT, AT, asked, assigned)
    for language in ("id", "en"):
        teller = Teller(PACK, language, ZONE)
        told = teller.extended(public, [assigned, asked])
        assert told["expected_datetime"] == "2026-03-25T10:04:05+07:00"
        assert told["status"] == "open"
        name = PACK.agencies[public.agency or AgencyCode("none")].names[language]
        assert name in told["status_notes"]
        assert "sebelah" not in json.dumps([told, teller.update(Change(NUMBER, asked))])
