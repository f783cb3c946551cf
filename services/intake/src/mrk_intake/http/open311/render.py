"""Documents as JSON, XML and CSV.

A document is made of texts, numbers, truths, None, lists and mappings. In XML a list is an element
that holds one element for each of its members, named as GeoReport v2 names them.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

JSON_TYPE: Final = "application/json; charset=utf-8"
XML_TYPE: Final = "text/xml; charset=utf-8"
CSV_TYPE: Final = "text/csv; charset=utf-8"

_MEMBERS: Final = {
    "attributes": "attribute",
    "endpoints": "endpoint",
    "errors": "error",
    "formats": "format",
    "notes": "note",
    "service_request_updates": "request_update",
    "service_requests": "request",
    "services": "service",
    "values": "value",
}
# XML 1.0, 2.2: what may not stand in a document even when it is escaped
_NO_XML: Final = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # fmt: skip
_REPLACEMENT: Final = "\ufffd"
# OWASP, CSV injection: what a spreadsheet takes for the beginning of a formula
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Root:
    """A document's outermost element: in XML it has a name, in JSON it has none."""

    name: str


SERVICES: Final = Root("services")
DEFINITION: Final = Root("service_definition")
REQUESTS: Final = Root("service_requests")
UPDATES: Final = Root("service_request_updates")
DISCOVERY: Final = Root("discovery")
ERRORS: Final = Root("errors")


def to_json(root: Root, document: Any) -> bytes:
    """The document as UTF-8 JSON."""
    del root
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def to_xml(root: Root, document: Any) -> bytes:
    """The document as UTF-8 XML. A character that XML cannot hold becomes U+FFFD."""
    element = _element(root.name, document)
    xml: bytes = ET.tostring(element, encoding="utf-8", xml_declaration=True)
    return xml


def _element(name: str, value: Any) -> ET.Element:
    element = ET.Element(name)
    match value:
        case None:
            pass
        case bool():
            element.text = "true" if value else "false"
        case str():
            element.text = legal(value)
        case Mapping():
            element.extend(_element(str(key), each) for key, each in value.items())
        case Sequence():
            member = _MEMBERS[name]
            element.extend(_element(member, each) for each in value)
        case _:
            element.text = str(value)
    return element


def legal(text: str) -> str:
    """A text as XML can hold it: what it cannot becomes U+FFFD."""
    # a reader turns every line end into one \n (XML 1.0, 2.11): it is written so at once
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NO_XML.sub(_REPLACEMENT, lines)


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Rows as UTF-8 CSV (RFC 4180); an apostrophe stands before what a spreadsheet would run."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
