"""Every reason for which a field is refused, told in both languages with its mend."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from mrk_intake.domain.submission import (
    CLOCK_SKEW,
    Submission,
    Surroundings,
    canonical,
    parse,
)
from mrk_intake.http.messages import MESSAGES
from mrk_web.validation import STANDARD, from_validation

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
AROUND = Surroundings(NOW, {"roads"})
WHOLE = {
    "kind": "complaint",
    "text": "Jalan berlubang besar.",
    "address": "Jalan Ahmad Yani",
}


def submit(**changes: Any) -> Submission:
    body = {name: value for name, value in {**WHOLE, **changes}.items() if value is not ...}
    return parse(json.dumps(body).encode(), AROUND)


def wrong(**changes: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        submit(**changes)
    found = {}
    for each in from_validation(caught.value, "id", MESSAGES):
        english = from_validation(caught.value, "en", MESSAGES)
        assert any(other.field == each.field and other.mend != each.mend for other in english)
        found[each.field] = each.mend
    return found


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"kind": ...}, {"/kind"}),
        ({"kind": "gossip"}, {"/kind"}),
        ({"kind": None}, {"/kind"}),
        ({"text": ...}, {"/text"}),
        ({"text": "pendek"}, {"/text"}),
        ({"text": " " * 30 + "pendek"}, {"/text"}),
        ({"text": "x" * 4001}, {"/text"}),
        ({"text": 12}, {"/text"}),
        ({"text": "Jalan rusak \x00 sekali"}, {"/text"}),
        ({"category": "nonsense"}, {"/category"}),
        ({"category": "roads\x00"}, {"/category"}),
        ({"address": ...}, {"/address"}),
        ({"address": ..., "location": None}, {"/address"}),
        ({"address": "ab"}, {"/address"}),
        ({"address": "x" * 301}, {"/address"}),
        ({"address": ..., "location": {"lat": 91, "lon": 98}}, {"/location/lat"}),
        ({"location": {"lat": "3.5", "lon": 98}}, {"/location/lat"}),
        ({"location": {"lat": True, "lon": 98}}, {"/location/lat"}),
        ({"location": {"lat": 3.5}}, {"/location/lon"}),
        ({"location": {"lat": 3.5, "lon": 98, "alt": 3}}, {"/location/alt"}),
        ({"location": [3.5, 98]}, {"/location"}),
        ({"reporter": {"phone": "112"}}, {"/reporter/phone"}),
        ({"reporter": {"email": "nobody"}}, {"/reporter/email"}),
        ({"reporter": {"name": "  "}}, {"/reporter/name"}),
        ({"reporter": {"name": "a\x00"}}, {"/reporter/name"}),
        ({"reporter": {"locale": "fr"}}, {"/reporter/locale"}),
        ({"reporter": {"nik": "1271"}}, {"/reporter/nik"}),
        ({"reporter": "Butet"}, {"/reporter"}),
        ({"anonymous": "yes"}, {"/anonymous"}),
        ({"confidential": 1}, {"/confidential"}),
        ({"occurred_at": "2026-03-02"}, {"/occurred_at"}),
        ({"occurred_at": "2026-03-01T08:00:00"}, {"/occurred_at"}),
        ({"occurred_at": 1_700_000_000}, {"/occurred_at"}),
        ({"occurred_at": "0001-01-01T00:00:00+07:00"}, {"/occurred_at"}),
        ({"occurred_at": "9999-12-31T23:59:59-07:00"}, {"/occurred_at"}),
        ({"occurred_at": "2026-03-02T04:00:00Z"}, {"/occurred_at"}),
        ({"priority": 1, "Text": "x"}, {"/priority", "/Text"}),
        (
            {"kind": "x", "text": "y", "address": "", "anonymous": 3, "more": 1},
            {"/kind", "/text", "/address", "/anonymous", "/more"},
        ),
    ],
)
def test_every_wrong_field_is_named(changes: dict[str, Any], fields: set[str]) -> None:
    assert set(wrong(**changes)) == fields


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "aspiration", "address": ...},
        {"kind": "information", "address": ...},
        {"kind": "whistleblowing", "address": ...},
        {"address": ..., "location": {"lat": 3, "lon": 98.5}},
        {"category": "roads"},
        {"category": None, "reporter": None, "occurred_at": None},
        {"text": "x" * 4000},
        {"reporter": {}},
        {"reporter": {"name": "Butet", "phone": "081234567890", "locale": "en"}},
        {"occurred_at": (NOW + CLOCK_SKEW).isoformat()},
        {"occurred_at": "2026-03-01T08:00:00+07:00"},
    ],
)
def test_what_a_resident_may_send(changes: dict[str, Any]) -> None:
    submit(**changes)


def test_time_is_kept_in_utc_and_blanks_around_text_are_not_kept() -> None:
    sent = submit(occurred_at="2026-03-01T08:00:00+07:00", text="  Jalan berlubang besar. ")
    assert sent.occurred_at == datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert sent.occurred_at.utcoffset() == timedelta(0)
    assert sent.text == "Jalan berlubang besar."


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"kind":', b"\xff", b'"x"', b"{}" * 2])
def test_what_is_no_object_is_one_error(body: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(body, AROUND)
    assert len(from_validation(caught.value, "id", MESSAGES)) == 1


def test_bodies_that_mean_the_same_are_the_same() -> None:
    one = submit(reporter={"phone": "0812 3456 7890"})
    turned = dict(reversed(WHOLE.items()))
    body = {"reporter": {"phone": "+6281234567890", "name": None}, **turned}
    two = parse(json.dumps(body, indent=3).encode(), AROUND)
    assert canonical(one) == canonical(two)
    assert canonical(one) != canonical(submit(anonymous=True))


def test_our_own_texts_have_no_unfilled_names() -> None:
    for wrong_field in MESSAGES.values():
        for text in (*wrong_field.message, *wrong_field.mend):
            plain = text.replace("{{", "").replace("}}", "")
            assert "{" not in plain.replace("{expected}", "").replace("{max_length}", "")
    assert not set(MESSAGES) & set(STANDARD)


def test_attachments_are_few_and_named_once() -> None:
    assert wrong(attachments=["a" * 43, "a" * 43]).keys() == {"/attachments"}
    assert wrong(attachments=[f"a{n}" for n in range(6)]).keys() == {"/attachments"}
    assert wrong(attachments=["no token!"]).keys() == {"/attachments/0"}
    assert submit(attachments=["a", "b"]).attachments == ("a", "b")


def test_a_body_without_attachments_has_the_fingerprint_that_it_always_had() -> None:
    # requests that were accepted before there were attachments are repeated after it
    assert b"attachments" not in canonical(submit())
    assert canonical(submit(attachments=[])) == canonical(submit())
    assert canonical(submit(attachments=["a"])) != canonical(submit(attachments=["b"]))
