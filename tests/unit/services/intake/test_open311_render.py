"""One content, three forms: what is written is what is read."""

import csv
import io
import json
from typing import Any

import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from mrk_intake.domain.open311.requests import CSV_COLUMNS
from mrk_intake.http.open311 import render

# what XML 1.0 can hold; others are replaced (see below)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
VALUES = st.one_of(st.none(), TEXTS, st.booleans(), st.integers(), st.floats(-180, 180))
REQUESTS = st.lists(
    st.fixed_dictionaries(
        dict.fromkeys(CSV_COLUMNS[:5], VALUES)
        | {"notes": st.lists(st.fixed_dictionaries({"summary": TEXTS, "type": TEXTS}))}
    )
)


def as_xml_tells(value: Any) -> Any:
    """The content of a document, as a reader of XML finds it: everything is text."""
    match value:
        case None | "":
            return None
        case bool():
            return str(value).lower()
        case dict():
            return {key: as_xml_tells(each) for key, each in value.items()}
        case list():
            return [as_xml_tells(each) for each in value] or None
        case _:
            return str(value)


def as_xml_told(document: bytes) -> Any:
    read = xmltodict.parse(
        document, force_list=("request", "note", "error", "service"), strip_whitespace=False
    )
    requests = (read["service_requests"] or {}).get("request")
    for request in requests or ():
        request["notes"] = (request["notes"] or {}).get("note")
    return requests


@given(REQUESTS)
def test_xml_and_json_hold_the_same(requests: list[dict[str, Any]]) -> None:
    assert json.loads(render.to_json(render.REQUESTS, requests)) == requests
    told = as_xml_told(render.to_xml(render.REQUESTS, requests))
    assert told == as_xml_tells(requests)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_gives_xml_that_can_be_read(text: str) -> None:
    document = render.to_xml(render.REQUESTS, [{"description": f"|{text}|", "lat": 1.5}])
    (request,) = as_xml_told_plain(document)
    assert request["lat"] == "1.5"
    assert len(request["description"]) <= len(text) + 2
    if text.isprintable():
        assert request["description"] == f"|{text}|"


def as_xml_told_plain(document: bytes) -> Any:
    read = xmltodict.parse(document, force_list=("request",), strip_whitespace=False)
    return read["service_requests"]["request"]


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(CSV_COLUMNS, st.none() | TEXTS))))
def test_a_table_holds_what_was_put_in(rows: list[dict[str, Any]]) -> None:
    table = render.to_csv(CSV_COLUMNS, rows).decode()
    read = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [tuple(row) for row in read] == [CSV_COLUMNS] * len(rows)
    for row, back in zip(rows, read, strict=True):
        for name, value in row.items():
            assert back[name].removeprefix("'") == (value or "").removeprefix("'")


def test_a_spreadsheet_runs_nothing() -> None:
    rows = [{"description": "=HYPERLINK(1)", "address": "@x", "lat": -3.5}]
    (row,) = csv.DictReader(io.StringIO(render.to_csv(CSV_COLUMNS, rows).decode()))
    assert (row["description"], row["address"], row["lat"]) == ("'=HYPERLINK(1)", "'@x", "-3.5")
