"""A report over HTTP into a real database: what is answered, and what is stored."""

import json
from typing import Any

import pytest

from mrk_intake.domain import tracking
from mrk_intake.store import private
from mrk_web.server import MAX_HEADER_BYTES

PLANTED = {
    "name": "Zebaoth Siregar",
    "phone": "0812 3456 7890",
    "email": "zebaoth@warga.example",
}
WORDS = "Hubungi saya di 0813-9876-5432 atau pos@rumah.example, NIK 1271012505900003. Jalan rusak."


async def test_a_report_is_durable_when_it_is_answered(intake: Any) -> None:
    answer = await intake.send()
    assert answer.status_code == 201, answer.text
    body = answer.json()
    number = body["tracking_number"]
    assert tracking.read(number) == number
    assert body["status_url"] == f"https://lapor.example/api/v1/reports/{number}"
    assert body["received_at"] == "2026-03-02T03:04:05.000Z"
    assert body["notes"] == []
    assert "emergency" not in body
    complaint = await intake.id_of(number)
    assert body["tracking_secret"] == tracking.secret(intake.keys.secrets, complaint)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for table in ("report", "vault", "idempotency", "stream", "report_event", "outbox"):
        assert await intake.count(table) == 1, table
    report = (await intake.event(complaint))["report"]
    assert report["tracking_number"] == number
    assert report["place"]["subdistrict"].startswith("12.71.")
    assert report["place"]["method"] == "centroid"
    assert report["received_at"] == "2026-03-02T03:04:05Z"


async def test_personal_data_is_readable_in_the_vault_alone(intake: Any) -> None:
    sent = await intake.accepted(
        reporter=PLANTED, text=WORDS, address="Jalan Mawar 1, telp 081398765432, Medan Barat"
    )
    report = (await intake.event(sent["id"]))["report"]
    assert report["text"] == "Hubungi saya di [nomor telepon] atau [surel], NIK [NIK]. Jalan rusak."
    assert report["place"]["address"] == "Jalan Mawar 1, telp [nomor telepon], Medan Barat"
    secret = (*PLANTED.values(), "+6281234567890", "81398765432", "9876", "pos@", "1271012505")
    stored = await _everything(intake)
    assert "Jalan rusak" in stored  # the search finds what is there
    assert [each for each in secret if each in stored] == []

    kept = await private.by_complaint(intake.pool, sent["id"])
    vault = intake.settings.vault()
    assert kept is not None
    assert kept.sealed is not None
    identity = vault.identity(kept.reporter, kept.sealed)
    assert identity is not None
    assert identity.model_dump(mode="json") == {
        "name": "Zebaoth Siregar",
        "phone": "+6281234567890",
        "email": "zebaoth@warga.example",
        "locale": "id",
    }
    assert vault.original(kept.reporter, kept.sealed).text == WORDS


async def _everything(intake: Any) -> str:
    """Every value of every table, bytes as text where they are text."""
    tables = await intake.pool.fetch(
        "select tablename from pg_tables where schemaname = current_schema()"
    )
    found: list[str] = []
    for (table,) in tables:
        for row in await intake.pool.fetch(f"select * from {table}"):  # noqa: S608  # from the catalogue
            found += [
                value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                for value in row.values()
            ]
    return "\n".join(found)


async def test_an_emergency_is_told_where_to_call(intake: Any) -> None:
    words = "Ada kebakaran besar di rumah tetangga, api sudah sampai atap."
    body = (await intake.send(text=words)).json()
    assert body["emergency"]["call"] == "112"
    assert "telepon 112" in body["emergency"]["text"]
    english = (await intake.send(text=words, headers={"Accept-Language": "en"})).json()
    assert "call 112" in english["emergency"]["text"]
    event = await intake.event(await intake.id_of(body["tracking_number"]))
    assert event["report"]["emergency"] is True


async def test_outside_the_city_is_accepted_with_a_note(intake: Any) -> None:
    sent = await intake.accepted(location={"lat": -6.2, "lon": 106.8}, address=None)
    assert [note["code"] for note in sent["notes"]] == ["outside-the-city"]
    place = (await intake.event(sent["id"]))["report"]["place"]
    assert (place["lat"], place["lon"]) == (-6.2, 106.8)
    assert "subdistrict" not in place


async def test_a_report_without_a_contact_is_accepted_with_a_note(intake: Any) -> None:
    sent = await intake.accepted(reporter=None)
    assert [note["code"] for note in sent["notes"]] == ["unreachable"]
    assert "reporter" not in (await intake.event(sent["id"]))["report"]


@pytest.mark.parametrize(
    ("language", "title", "mends"),
    [
        ("id", "Ada isian yang perlu diperbaiki", "Tulis paling sedikit 10 huruf."),
        ("en", "Some fields need mending", "Write at least 10 characters."),
    ],
)
async def test_every_wrong_field_is_named_at_once(
    intake: Any, language: str, title: str, mends: str
) -> None:
    answer = await intake.send(
        headers={"Accept-Language": language},
        kind="gossip",
        text="pendek",
        category="nonsense",
        location={"lat": 91, "lon": "east"},
        address="a\x00bc",
        reporter={"name": "", "phone": "112", "email": "nobody", "locale": "fr", "nik": "1"},
        anonymous="yes",
        occurred_at="2027-01-01T00:00:00+07:00",
        priority="now",
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == language
    problem = answer.json()
    assert problem["title"] == title
    errors = {error["field"]: error for error in problem["errors"]}
    assert set(errors) == {
        "/kind", "/text", "/category", "/location/lat", "/location/lon", "/address",
        "/reporter/name", "/reporter/phone", "/reporter/email", "/reporter/locale",
        "/reporter/nik", "/anonymous", "/occurred_at", "/priority",
    }  # fmt: skip
    assert errors["/text"]["mend"] == mends
    assert all(error["message"] and error["mend"] for error in errors.values())
    assert "{" not in errors["/occurred_at"]["mend"]
    assert await intake.count("report") == 0


async def test_what_is_no_report_is_refused_with_a_problem(intake: Any) -> None:
    key = {"Idempotency-Key": "a7" * 8 + "0123456789abcdef"}
    post = intake.public.post
    path = "/api/v1/reports"
    torn = await post(
        path, content=b'{"kind": ', headers={**key, "Content-Type": "application/json"}
    )
    assert (torn.status_code, torn.json()["type"]) == (422, "/problems/validation")
    form = await post(path, data={"kind": "complaint"}, headers=key)
    assert (form.status_code, form.json()["type"]) == (415, "/problems/unsupported-media-type")
    large = await post(path, json=intake.report(text="x" * 70_000), headers=key)
    assert (large.status_code, large.json()["type"]) == (413, "/problems/too-large")
    wrong = await intake.public.get(path)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    lost = await intake.public.get("/api/v2/reports")
    assert (lost.status_code, lost.json()["type"]) == (404, "/problems/not-found")
    assert MAX_HEADER_BYTES <= 64 * 1024
    assert await intake.count("report") == 0


async def test_the_description_is_openapi_and_its_example_is_accepted(intake: Any) -> None:
    document = (await intake.public.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    post = document["paths"]["/api/v1/reports"]["post"]
    assert {"201", "400", "413", "415", "422", "429", "503"} <= set(post["responses"])
    schemas = document["components"]["schemas"]
    body = post["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    properties = schemas[body.rsplit("/", 1)[1]]["properties"]
    example = {name: each["examples"][0] for name, each in properties.items() if "examples" in each}
    answer = await intake.send(
        **{"location": None, "reporter": None, **example, "occurred_at": None}
    )
    assert answer.status_code == 201, answer.text
    assert json.dumps(document).count("$ref") > 5
