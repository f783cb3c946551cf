"""What is published of a report, and what stays behind."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import CityPack, load_pack
from mrk_intake.domain.report import Ids, Note, Received, receive
from mrk_intake.domain.submission import Surroundings, parse
from mrk_intake.http import receipt
from mrk_schemas.ids import TrackingNumber

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
IDS = Ids(
    UUID(int=1, version=4), UUID(int=2, version=4), UUID(int=3, version=4),
    TrackingNumber("7K3-Q9W-XTC"),
)  # fmt: skip
PACK = load_pack(Path(__file__).parents[4] / "deploy" / "city" / "medan")


@pytest.fixture
def pack() -> CityPack:
    return PACK


def received(pack: CityPack, **changes: Any) -> Received:
    body = {"kind": "complaint", "text": "Jalan berlubang besar.", **changes}
    body.setdefault("address", "Kesawan, Medan Barat")
    body = {name: value for name, value in body.items() if value is not None}
    submission = parse(json.dumps(body).encode(), Surroundings(NOW, pack.categories))
    return receive(submission, pack, IDS, NOW)


def test_the_point_decides_before_the_words(pack: CityPack) -> None:
    kesawan = received(pack).report.place
    amplas = received(pack, location={"lat": 3.5480, "lon": 98.7050}).report.place
    assert kesawan is not None
    assert amplas is not None
    assert (kesawan.district, kesawan.method) == ("12.71.05", "words")
    assert (amplas.district, amplas.method) == ("12.71.09", "centroid")
    assert kesawan.approximate
    assert amplas.approximate


def test_a_point_outside_names_no_kelurahan_and_is_told(pack: CityPack) -> None:
    found = received(pack, location={"lat": 3.3, "lon": 99.1})
    assert found.report.place is not None
    assert found.report.place.district is None
    assert Note.OUTSIDE_THE_CITY in found.notes


def test_a_confidential_place_is_its_kelurahan_alone(pack: CityPack) -> None:
    place = received(pack, confidential=True, location={"lat": 3.5897, "lon": 98.6738}).report.place
    assert place is not None
    assert place.model_dump(exclude_none=True).keys() == {
        "subdistrict", "district", "method", "approximate",
    }  # fmt: skip
    nowhere = received(pack, confidential=True, address="di sana").report.place
    assert nowhere is None


def test_the_vault_keeps_what_the_event_must_not_carry(pack: CityPack) -> None:
    point = {"lat": 3.5897, "lon": 98.6738}
    when = "2026-03-01T00:00:00Z"
    plain = received(pack, location=point, category="roads", occurred_at=when).original
    hidden = received(pack, location=point, confidential=True).original
    whistle = received(
        pack, kind="whistleblowing", location=point, category="roads", occurred_at=when
    ).original
    assert (plain.lat, plain.category, plain.occurred_at) == (None, None, None)
    assert (hidden.lat, hidden.lon, hidden.category) == (3.5897, 98.6738, None)
    assert (whistle.lat, whistle.category) == (3.5897, "roads")
    assert whistle.occurred_at is not None
    assert plain.address == "Kesawan, Medan Barat"


def test_an_emergency_of_a_whistle_blower_is_told_to_them_alone(pack: CityPack) -> None:
    text = "Ada kebakaran yang sengaja dibuat."
    open_, hidden = received(pack, text=text), received(pack, text=text, kind="whistleblowing")
    assert (open_.emergency, open_.report.emergency) == (True, True)
    assert (hidden.emergency, hidden.report.emergency) == (True, False)


@pytest.mark.parametrize(
    ("reporter", "reference", "identity"),
    [
        (None, False, False),
        ({}, False, False),
        ({"locale": "en"}, False, False),
        ({"name": "Butet"}, False, True),
        ({"phone": "081234567890"}, True, True),
        ({"email": "b@warga.example"}, True, True),
    ],
)
def test_a_reference_is_published_where_somebody_can_be_reached(
    pack: CityPack,
    reporter: Any,
    reference: bool,  # noqa: FBT001  # a table's column
    identity: bool,  # noqa: FBT001  # a table's column
) -> None:
    found = received(pack, reporter=reporter)
    assert (found.report.reporter is not None) is reference
    assert (found.identity is not None) is identity
    assert (Note.UNREACHABLE in found.notes) is not reference


@given(st.text(min_size=10, max_size=400))
def test_any_text_that_is_accepted_can_be_published(text: str) -> None:
    if len(text.strip()) < 10 or "\x00" in text:
        return
    found = received(PACK, text=text)
    found.report.to_json()


def test_the_longest_text_of_numbers_can_be_published(pack: CityPack) -> None:
    text = ("081234567 " * 400).strip()
    address = ("a@b.co " * 42).strip()
    report = received(pack, text=text, address=address).report
    assert report.text is not None
    assert "0812" not in report.text


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_answer_is_json_with_the_secret_put_in(pack: CityPack, language: Any) -> None:
    found = received(pack, text="Ada kebakaran besar di pasar.")
    stored = receipt.without_secret(found, "https://lapor.example", "112", language)
    assert "tracking_secret" not in json.loads(stored)
    sent = receipt.Receipt.model_validate_json(receipt.with_secret(stored, "geheim"))
    assert sent.tracking_secret == "geheim"
    assert sent.status_url == "https://lapor.example/api/v1/reports/7K3-Q9W-XTC"
    assert sent.emergency is not None
    assert sent.emergency.call == "112"
    assert [note.code for note in sent.notes] == ["unreachable"]
