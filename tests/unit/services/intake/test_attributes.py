"""Details that a category asks for: every wrong one named, and what is published of the others."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mrk_city import load_pack
from mrk_intake.domain.attributes import judge, published
from mrk_intake.domain.report import Ids, Received, receive
from mrk_intake.domain.submission import Surroundings, canonical, parse
from mrk_intake.http.messages import MESSAGES
from mrk_schemas.ids import TrackingNumber
from mrk_schemas.reports import Attribute
from mrk_web.validation import from_validation

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
PACK = load_pack(Path(__file__).parents[4] / "deploy" / "city" / "medan")
AROUND = Surroundings(
    NOW, PACK.categories, {code: each.attributes for code, each in PACK.categories.items()}
)
IDS = Ids(
    UUID(int=1, version=4), UUID(int=2, version=4), UUID(int=3, version=4),
    TrackingNumber("7K3-Q9W-XTC"),
)  # fmt: skip


def body(**changes: Any) -> bytes:
    whole = {
        "kind": "complaint",
        "text": "Lampu jalan mati sejak minggu lalu.",
        "address": "Kesawan, Medan Barat",
        **changes,
    }
    return json.dumps(whole).encode()


def received(**changes: Any) -> Received:
    return receive(parse(body(**changes), AROUND), PACK, IDS, NOW)


def told(found: Received) -> list[tuple[str, str]]:
    return [(each.code, each.value) for each in found.report.attributes or ()]


@pytest.mark.parametrize(
    ("category", "attributes", "fields"),
    [
        ("street-lights", {}, {"/attributes/fault"}),
        ("street-lights", {"fault": "broken"}, {"/attributes/fault"}),
        ("street-lights", {"fault": ["dead", "flickering"]}, {"/attributes/fault"}),
        ("street-lights", {"fault": []}, {"/attributes/fault"}),
        ("street-lights", {"fault": 3}, {"/attributes/fault"}),
        ("street-lights", {"fault": "dead", "pole-number": "1\n2"}, {"/attributes/pole-number"}),
        ("street-lights", {"fault": "dead", "pole-number": "x" * 201}, {"/attributes/pole-number"}),
        ("street-lights", {"fault": "dead", "pole-number": " "}, {"/attributes/pole-number"}),
        ("street-lights", {"fault": "dead", "pole-number": "a\x00"}, {"/attributes/pole-number"}),
        (
            "street-lights",
            {"fault": "x", "lights-out": "many", "colour": "red", "size": "3"},
            {f"/attributes/{code}" for code in ("fault", "lights-out", "colour", "size")},
        ),
        ("floods", {"since": "2026-03-01T08:00:00"}, {"/attributes/since"}),
        ("floods", {"since": "yesterday"}, {"/attributes/since"}),
        ("drainage", {"fault": ["blocked", "gone"]}, {"/attributes/fault"}),
        ("pollution", {"when": "x" * 2001}, {"/attributes/when"}),
        ("others", {"fault": "dead"}, {"/attributes/fault"}),
        (None, {"fault": "dead"}, {"/attributes/fault"}),
        ("nonsense", {"fault": "dead"}, {"/category"}),
        ("roads", ["damage"], {"/attributes"}),
    ],
)
def test_every_wrong_attribute_is_named(category: Any, attributes: Any, fields: set[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(body(category=category, attributes=attributes), AROUND)
    for language in ("id", "en"):
        wrong = from_validation(caught.value, language, MESSAGES)  # type: ignore[arg-type]  # both languages
        assert {each.field for each in wrong} == fields
        assert not [each for each in wrong if "{expected" in each.mend or "{max" in each.mend]


def test_no_attributes_are_never_refused() -> None:
    """Who knows nothing of attributes sends reports as before, to any category."""
    for category in PACK.categories.values():
        kind = min(category.kinds)
        parse(body(kind=kind, category=category.code), AROUND)


def test_values_are_told_in_the_packs_order_and_free_ones_masked() -> None:
    found = received(
        category="street-lights",
        attributes={"lights-out": "2,5", "pole-number": "A-1 hub 081234567890", "fault": "dead"},
    )
    assert told(found) == [
        ("fault", "dead"),
        ("pole-number", "A-1 hub [nomor telepon]"),
        ("lights-out", "2.5"),
    ]
    assert found.original.attributes == {
        "lights-out": ("2,5",),
        "pole-number": ("A-1 hub 081234567890",),
        "fault": ("dead",),
    }
    several = received(category="drainage", attributes={"fault": ["shallow", "blocked"]})
    assert told(several) == [("fault", "blocked"), ("fault", "shallow")]
    since = received(category="floods", attributes={"since": "2026-03-01T08:00:00.25Z"})
    assert told(since) == [("since", "2026-03-01T08:00:00+00:00")]


def test_a_confidential_report_tells_choices_alone() -> None:
    found = received(
        category="street-lights",
        confidential=True,
        attributes={"fault": "dead", "pole-number": "A-1", "lights-out": "3"},
    )
    assert told(found) == [("fault", "dead")]
    assert found.original.attributes is not None
    assert found.original.attributes["pole-number"] == ("A-1",)


def test_whistle_blowing_tells_none() -> None:
    found = received(
        kind="whistleblowing", category="others", attributes={}, text="Ada pungutan liar di sini."
    )
    assert found.report.attributes is None


def test_a_report_without_attributes_is_as_it_was() -> None:
    """Fingerprints of accepted reports live as long as they do."""
    sent = parse(body(category="roads"), AROUND)
    assert canonical(sent) == (
        b'{"kind":"complaint","text":"Lampu jalan mati sejak minggu lalu.","category":"roads",'
        b'"location":null,"address":"Kesawan, Medan Barat","reporter":null,"anonymous":false,'
        b'"confidential":false,"occurred_at":null}'
    )
    assert b"attributes" not in received(category="roads").report.to_json()
    with_some = parse(body(category="roads", attributes={"damage": "hole"}), AROUND)
    assert canonical(sent) != canonical(with_some)


def test_erasing_blanks_values() -> None:
    report = received(
        category="street-lights", attributes={"fault": "dead", "pole-number": "Setia Budi 1"}
    ).report.blanked()
    assert report.attributes is not None
    assert {each.value for each in report.attributes} == {""}


VALUES = st.lists(st.text(max_size=30), max_size=3)


@given(st.dictionaries(st.sampled_from(["fault", "pole-number", "lights-out", "x"]), VALUES))
def test_what_is_not_refused_can_be_published(sent: dict[str, list[str]]) -> None:
    asked = PACK.categories["street-lights"].attributes  # type: ignore[index]  # a code is a text
    if judge(asked, sent):
        return
    for confidential in (False, True):
        for each in published(asked, sent, confidential=confidential) or ():
            assert Attribute.model_validate_json(each.to_json()) == each
