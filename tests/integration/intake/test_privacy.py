"""Who sees what of which report: generated over every kind and flag, every cell answered."""

import itertools
from typing import Any
from uuid import uuid4

import pytest

from mrk_schemas.reports import Kind

MATRIX = list(itertools.product(Kind, (False, True), (False, True)))
TEXT = "Petugas meminta uang pelicin di loket, tolong ditindak segera. HP 081234567890"
POINT = {"lat": 3.58971, "lon": 98.67381}
HIDDEN_WORDS = ("uang", "pelicin", "Kesawan", "Mangkubumi", "3.58971", "98.67381")


async def _sent(intake: Any, kind: Kind, anonymous: bool, confidential: bool) -> dict[str, Any]:  # noqa: FBT001  # the matrix' axes
    sent: dict[str, Any] = await intake.accepted(
        kind=kind,
        text=TEXT,
        category="civil-servants",
        location=POINT,
        address="Gang Mangkubumi 7, Kesawan, Medan Barat",
        occurred_at="2026-03-01T08:00:00+07:00",
        anonymous=anonymous,
        confidential=confidential,
    )
    return sent


@pytest.mark.parametrize(("kind", "anonymous", "confidential"), MATRIX)
async def test_an_event_carries_what_it_may(
    intake: Any,
    kind: Kind,
    anonymous: bool,  # noqa: FBT001  # the matrix' axis
    confidential: bool,  # noqa: FBT001  # the matrix' axis
) -> None:
    sent = await _sent(intake, kind, anonymous, confidential)
    event = await intake.event(sent["id"])
    report = event["report"]
    raw = str(event)
    assert (report["kind"], report["anonymous"], report["confidential"]) == (
        kind.value,
        anonymous,
        confidential,
    )
    assert report["reporter"]
    assert "butet" not in raw.lower()
    assert "0812" not in raw
    whistle = kind is Kind.WHISTLEBLOWING
    if whistle:
        for field in ("text", "place", "category", "occurred_at"):
            assert field not in report, field
        assert report["emergency"] is False
        assert [word for word in HIDDEN_WORDS if word in raw] == []
        return
    assert report["text"] == TEXT.replace("081234567890", "[nomor telepon]")
    assert report["category"] == "civil-servants"
    assert report["place"]["subdistrict"].startswith("12.71.")
    shown = {"lat", "lon", "address"} & set(report["place"])
    assert shown == (set() if confidential else {"lat", "lon", "address"})
    assert report["photos"] == []


@pytest.mark.parametrize(("kind", "anonymous", "confidential"), MATRIX)
async def test_the_timeline_is_seen_by_those_who_may(
    intake: Any,
    kind: Kind,
    anonymous: bool,  # noqa: FBT001  # the matrix' axis
    confidential: bool,  # noqa: FBT001  # the matrix' axis
) -> None:
    sent = await _sent(intake, kind, anonymous, confidential)
    path = f"/api/v1/reports/{sent['tracking_number']}"
    hidden = confidential or kind is Kind.WHISTLEBLOWING
    public = await intake.public.get(path)
    wrong = await intake.public.get(path, headers={"X-Tracking-Secret": "x" * 22})
    right = await intake.public.get(path, headers={"X-Tracking-Secret": sent["tracking_secret"]})
    assert (public.status_code, wrong.status_code) == ((404, 404) if hidden else (200, 200))
    assert right.status_code == 200
    assert right.headers["cache-control"].startswith("no-store" if hidden else "public")
    unknown = await intake.public.get("/api/v1/reports/000-000-000")
    if hidden:
        # nobody learns that there is one
        assert public.text == wrong.text == unknown.text
        assert public.headers["cache-control"] == "no-store"
    assert [word for word in ("butet", *HIDDEN_WORDS) if word in right.text] == []


@pytest.mark.parametrize(("kind", "anonymous", "confidential"), MATRIX)
async def test_contacts_and_places_are_told_to_those_who_may(
    intake: Any,
    kind: Kind,
    anonymous: bool,  # noqa: FBT001  # the matrix' axis
    confidential: bool,  # noqa: FBT001  # the matrix' axis
) -> None:
    sent = await _sent(intake, kind, anonymous, confidential)
    reporter = (await intake.event(sent["id"]))["report"]["reporter"]
    whistle = kind is Kind.WHISTLEBLOWING
    expected = {
        "notify": (200, 403),
        "spanlapor-bridge": (404 if anonymous or whistle else 200, 403),
        "routing": (403, 200 if confidential and not whistle else 404),
    }
    for caller, (contact, place) in expected.items():
        told = await intake.contact(caller, reporter)
        assert told.status_code == contact, (caller, told.text)
        assert told.headers["cache-control"] == "no-store"
        if contact == 200:
            assert told.json() == {
                "reporter": reporter,
                "name": "Butet Simanjuntak",
                "email": "butet@warga.example",
                "locale": "id",
            }
        else:
            assert "butet" not in told.text.lower()
        where = await intake.place(caller, sent["id"])
        assert where.status_code == place, (caller, where.text)
        if place == 200:
            assert where.json() == {
                "complaint_id": str(sent["id"]),
                **POINT,
                "address": "Gang Mangkubumi 7, Kesawan, Medan Barat",
            }


@pytest.mark.parametrize("confidential", [True, False])
async def test_confidential_details_are_told_to_routing_alone(
    intake: Any,
    confidential: bool,  # noqa: FBT001  # the test's axis
) -> None:
    given = {"damage": "hole", "hole-width-cm": "40"}
    sent = await intake.accepted(confidential=confidential, category="roads", attributes=given)
    event = (await intake.event(sent["id"]))["report"]["attributes"]
    assert {each["code"] for each in event} == ({"damage"} if confidential else set(given))
    expected = {"routing": 200 if confidential else 404, "notify": 403, "spanlapor-bridge": 403}
    for caller, status in expected.items():
        told = await intake.details(caller, sent["id"])
        assert told.status_code == status, (caller, told.text)
        assert told.headers["cache-control"] == "no-store"
    if confidential:
        found = (await intake.details("routing", sent["id"])).json()["details"]
        assert {each["code"]: each["value"] for each in found} == given
        bare = await intake.accepted(confidential=True)
        assert (await intake.details("routing", bare["id"])).status_code == 404
    assert (await intake.details("routing", uuid4())).status_code == 404
    assert (await intake.details("routing", "no-id")).status_code == 404


async def test_unknown_callers_purposes_and_references_are_refused(intake: Any) -> None:
    path = f"/internal/v1/contacts/{uuid4()}"
    nobody = await intake.internal.get(path, headers={"X-Purpose": "test.read"})
    assert nobody.status_code == 401
    bearer = {"Authorization": f"Bearer {'n' * 40}"}
    assert (await intake.internal.get(path, headers=bearer)).status_code == 400
    assert (await intake.contact("notify", str(uuid4()))).status_code == 404
    assert (await intake.contact("notify", "not-a-reference")).status_code == 404
    assert (await intake.place("routing", uuid4())).status_code == 404


async def test_each_reading_of_an_identity_is_logged_with_its_purpose(
    intake: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = await intake.accepted()
    reporter = (await intake.event(sent["id"]))["report"]["reporter"]
    capsys.readouterr()
    await intake.contact("notify", reporter)
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if "contact.read" in line)
    assert "notify" in line
    assert "test.read" in line
    assert str(sent["id"]) in line
    assert "butet" not in said.lower()
