"""From a form to a submission, and every reason for which a form is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import load_pack
from mrk_intake.domain.open311.form import Form, read_form
from mrk_intake.domain.open311.parameters import Parameters, Refused
from mrk_intake.http.open311 import texts
from mrk_schemas.reports import Kind

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
PACK = load_pack(Path(__file__).parents[4] / "deploy" / "city" / "medan")
WHOLE = {
    "service_code": "street-lights",
    "lat": "3.5897",
    "long": "98.6738",
    "description": "Lampu jalan mati sejak minggu lalu.",
    "attribute[fault]": "dead",
}


def read(**changes: Any) -> Form:
    fields = {**WHOLE, **changes}
    pairs = [
        (name, each)
        for name, value in fields.items()
        if value is not None
        for each in (value if isinstance(value, list) else [value])
    ]
    return read_form(Parameters(pairs), PACK, NOW)


def wrong(changes: dict[str, Any]) -> set[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        read(**changes)
    for fault in caught.value.faults:
        assert fault.status == 400
        told = {texts.told(fault, language) for language in ("id", "en")}
        assert len(told) == 2
        assert not [each for each in told if "{" in each]
    return {(each.parameter, each.type) for each in caught.value.faults}


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"service_code": None}, {("service_code", "missing")}),
        ({"service_code": "nonsense"}, {("service_code", "service_unknown")}),
        ({"service_code": ["roads", "floods"]}, {("service_code", "repeated")}),
        ({"lat": None, "long": None}, {("", "place")}),
        ({"lat": None}, {("lat", "missing")}),
        ({"long": ""}, {("long", "missing")}),
        ({"lat": "91"}, {("lat", "degrees")}),
        ({"lat": "nan", "long": "1e3"}, {("lat", "degrees"), ("long", "degrees")}),
        ({"lat": None, "long": None, "address_id": "1"}, {("address_id", "address_unknown")}),
        ({"address_string": "x"}, {("address_string", "string_too_short")}),
        ({"address_string": "x" * 301}, {("address_string", "string_too_long")}),
        ({"description": "x" * 4001}, {("description", "string_too_long")}),
        ({"description": "a\x00" * 10}, {("description", "nul_character")}),
        ({"email": "nobody"}, {("email", "email")}),
        ({"phone": "112"}, {("phone", "phone")}),
        ({"first_name": "x" * 100, "last_name": "y" * 100}, {("first_name", "string_too_long")}),
        ({"media_url": "ftp://example.org/a.jpg"}, {("media_url", "url")}),
        ({"media_url": "javascript:alert(1)"}, {("media_url", "url")}),
        ({"media_url": "http://[::1"}, {("media_url", "url")}),
        ({"media_url": "https://example.org/" + "x" * 2000}, {("media_url", "url")}),
        ({"attribute[fault]": None}, {("attribute[fault]", "attribute_missing")}),
        ({"attribute[fault]": "gone"}, {("attribute[fault]", "attribute_choice")}),
        (
            {"attribute[fault]": ["dead", "flickering"]},
            {("attribute[fault]", "attribute_single")},
        ),
        ({"attribute[colour]": "red"}, {("attribute[colour]", "attribute_unknown")}),
        ({"attribute[lights-out][]": "many"}, {("attribute[lights-out]", "attribute_number")}),
        ({"attribute[": "x"}, {("attribute[…]", "attribute_name")}),
        (
            {
                "lat": "x", "long": "y", "email": "e", "phone": "p", "media_url": "m",
                "description": "x" * 4001, "attribute[fault]": "gone", "attribute[more]": "1",
            },
            {
                ("lat", "degrees"), ("long", "degrees"), ("email", "email"), ("phone", "phone"),
                ("media_url", "url"), ("description", "string_too_long"),
                ("attribute[fault]", "attribute_choice"),
                ("attribute[more]", "attribute_unknown"),
            },
        ),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named(changes: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    assert wrong(changes) == faults


def test_a_form_becomes_the_submission_of_api_v1() -> None:
    form = read(
        address_string="Jalan Ahmad Yani",
        first_name="Butet",
        last_name="Simanjuntak",
        email="butet@warga.example",
        phone="0812 3456 7890",
        device_id="a-device",
        account_id="an-account",
        media_url="https://example.org/lampu.jpg",
        jurisdiction_id="medan.go.id",
    )
    sent = form.submission
    assert form.media
    assert (sent.kind, sent.category, sent.text) == (
        Kind.COMPLAINT,
        "street-lights",
        WHOLE["description"],
    )
    assert sent.location is not None
    assert (sent.location.lat, sent.location.lon) == (3.5897, 98.6738)
    assert sent.address == "Jalan Ahmad Yani"
    assert sent.reporter is not None
    assert sent.reporter.name == "Butet Simanjuntak"
    assert (sent.reporter.email, sent.reporter.phone) == ("butet@warga.example", "+6281234567890")
    assert sent.attributes == {"fault": ("dead",)}
    assert not sent.anonymous
    assert not sent.confidential


def test_a_place_may_be_an_id() -> None:
    known = next(iter(PACK.subdistricts))
    sent = read(lat=None, long=None, address_id=known).submission
    assert sent.location is None
    found = PACK.locate_words(sent.address or "")
    assert found is not None
    assert found.subdistrict_code == known
    both = read(lat=None, long=None, address_id=known, address_string="Depan pasar").submission
    assert (both.address or "").startswith("Depan pasar, Kel. ")


@pytest.mark.parametrize(
    ("description", "text"),
    [
        (None, "Laporan Lampu jalan: (tanpa uraian)"),
        ("Mati.", "Laporan Lampu jalan: Mati."),
        ("Sudah lama mati.", "Sudah lama mati."),
    ],
)
def test_a_service_can_say_it_all(description: str | None, text: str) -> None:
    assert read(description=description).submission.text == text


def test_several_values_of_a_list() -> None:
    fields = {"service_code": "drainage", "attribute[fault]": None}
    for name in ("attribute[fault][]", "attribute[fault]", "attribute[fault][0]"):
        sent = read(**{**fields, name: ["shallow", "blocked"]}).submission
        assert sent.attributes == {"fault": ("shallow", "blocked")}
    none = read(**{**fields, "attribute[fault][]": ""}).submission
    assert none.attributes == {}


NAMES = st.sampled_from(
    [*WHOLE, "address_string", "address_id", "email", "phone", "first_name", "last_name",
     "media_url", "attribute[pole-number]", "attribute[lights-out][]", "attribute[", "other"]
)  # fmt: skip


@given(st.dictionaries(NAMES, st.text(max_size=60)))
def test_whatever_is_sent_is_taken_or_refused(changes: dict[str, str]) -> None:
    try:
        form = read(**changes)
    except Refused:
        return
    assert form.submission.kind is Kind.COMPLAINT
