"""Dialect `splp` against the real process, as `lapor-api` describes it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Fields = Callable[..., dict[str, Any]]


async def test_a_complaint_with_its_file_is_kept_as_received(lapor: Any, complaint: Fields) -> None:
    files = [("attachments[]", ("foto.jpg", b"\xff\xd8abc", "image/jpeg"))] * 2
    docs = (await lapor.client.post("/complaints/complaint/file", files=files)).json()
    ids = [doc["id"] for doc in docs["results"]["docs"]]
    answer = await lapor.client.post(
        "/complaints/complaint", json=complaint(attachments=json.dumps(ids))
    )

    (record,) = await lapor.records()
    assert len(ids) == 2
    assert record["id"] == answer.json()["complaint_id"]
    assert record["reference"] == record["tags_raw"] == "MRK-7F3K-Q2"
    assert record["reporter"] == {
        "email": "warga@example.id",
        "name": "Warga Medan",
        "phone": "+6281234567890",
        "user_id": None,
        "is_anonymous": False,
    }
    assert record["flags"]["is_secret"] is True
    assert record["flags"]["is_priority"] is False
    assert (record["classification_id"], record["disposition_id"], record["category_id"]) == (
        1,
        7101,
        301,
    )
    assert record["submissions"] == 1
    stored = await lapor.client.get(f"/admin/files/{ids[0]}")
    assert stored.content == b"\xff\xd8abc"
    assert stored.headers["content-disposition"] == "attachment"


async def test_the_same_complaint_twice_makes_two(lapor: Any, complaint: Fields) -> None:
    for _ in range(2):
        await lapor.client.post("/complaints/complaint", json=complaint())
    records = await lapor.records()
    assert [record["submissions"] for record in records] == [2, 2]
    ids = [record["id"] for record in records]
    assert [twin["id"] for twin in records[0]["submission_records"]] == ids


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"category_id": 999}, "category_id"),
        ({"disposition_id": 1}, "disposition_id"),
        ({"classification_id": None}, "classification_id"),
        ({"attachments": [1]}, "attachments"),
        ({"attachments": "[77]"}, "attachments"),
        ({"is_new_user_slider": False}, "user_id"),
        ({"nameUser": ""}, "nameUser"),
    ],
)
async def test_an_invalid_field_is_named_and_nothing_is_stored(
    lapor: Any, complaint: Fields, changed: dict[str, Any], field: str
) -> None:
    answer = await lapor.client.post("/complaints/complaint", json=complaint(**changed))
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert await lapor.records() == []


async def test_followups_come_in_pages_in_local_time_without_zone(
    lapor: Any, complaint: Fields
) -> None:
    identifier = await _filed(lapor, complaint())
    for number in range(25):
        await _follow_up(lapor, identifier, f"Catatan {number}")
    first = (await lapor.client.get(f"/complaints/{identifier}/followups")).json()
    second = (await lapor.client.get(first["results"]["next_page_url"])).json()

    entries = first["results"]["data"] + second["results"]["data"]
    assert [entry["content"] for entry in entries] == [f"Catatan {n}" for n in range(25)]
    assert second["next_page_url"] is second["results"]["next_page_url"] is None
    assert re.fullmatch(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d", entries[0]["created_at"])
    assert entries[0]["institution_to_name"].startswith("Dinas Sumber Daya Air")
    assert "{{institution_from}}" in entries[0]["template_content"]


async def test_a_followup_is_recorded_with_its_files(lapor: Any, complaint: Fields) -> None:
    identifier = await _filed(lapor, complaint())
    await _follow_up(lapor, identifier, "Sudah ditinjau", files=[("attachment[]", b"x")])
    (record,) = await lapor.records()
    (followup,) = record["followups"]
    assert followup["content"] == "Sudah ditinjau"
    assert followup["template_code"] == "followup"
    assert followup["institution_to_id"] == 7101
    assert len(followup["attachments"]) == 1
    assert record["state"] == "in-process"


async def test_a_followup_of_an_unknown_complaint_is_not_found(lapor: Any) -> None:
    assert (await _follow_up(lapor, 1, "Halo")).status_code == 404


async def test_a_hand_over_is_a_request_for_another_institution(
    lapor: Any, complaint: Fields
) -> None:
    identifier = await _filed(lapor, complaint())
    answer = await lapor.client.post(
        f"/complaints/process/{identifier}/reject",
        json={"is_request": 1, "reason": 9001, "reason_description": "PLN", "not_authority": 1},
    )
    (record,) = await lapor.records()
    assert answer.status_code == 200
    assert record["status"]["name"] == "Bukan Wewenang"
    assert record["requested_institution_id"] == 9001
    assert [entry["content"] for entry in record["rejections"]] == ["PLN"]


async def test_an_administrators_actions_change_status_and_history(
    lapor: Any, complaint: Fields
) -> None:
    identifier = await _filed(lapor, complaint(is_disposisi_slider=False))
    seen = [await _status(lapor, identifier)]
    for action, fields in (
        ("verify", {}),
        ("forward", {"institution_id": 7103}),
        ("hold", {"content": "Lengkapi foto"}),
        ("not-authority", {"institution_id": 9001}),
        ("forward", {"institution_id": 7104}),
        ("follow-up", {"content": "Petugas menuju lokasi"}),
        ("close", {}),
    ):
        answer = await lapor.client.post(f"/admin/complaints/{identifier}/{action}", json=fields)
        assert answer.status_code == 200, answer.text
        seen.append(await _status(lapor, identifier))
    assert [name for name, _ in seen] == [
        "Menunggu",
        "Koordinasi",
        "Disposisi",
        "Tunda",
        "Bukan Wewenang",
        "Disposisi",
        "Proses",
        "Selesai",
    ]
    assert seen[2][1] == 7103
    assert seen[-1][1] == 7104
    shown = (await lapor.client.get(f"/complaints/{identifier}/complaint")).json()["results"]
    changes = [json.loads(entry["data"]) for entry in shown["data_logs"]]
    assert changes[-1]["status_new"] == {"code": "5", "name": "Selesai"}


async def test_the_page_works_by_form_and_escapes_what_residents_wrote(
    lapor: Any, complaint: Fields
) -> None:
    identifier = await _filed(lapor, complaint(title="<script>alert(1)</script>"))
    page = f"/admin/complaints/{identifier}"
    answer = await lapor.client.post(f"{page}/close", data={"content": "Beres"})
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    for path in ("/admin", page, "/admin?q=MRK-7F3K-Q2&state=done"):
        text = (await lapor.client.get(path)).text
        assert "&lt;script&gt;" in text
        assert "<script>" not in text
    assert (await lapor.client.post(f"{page}/explode")).status_code == 404


async def test_lookup_finds_by_reference_and_can_be_switched_off(
    lapor: Any, complaint: Fields
) -> None:
    identifier = await _filed(lapor, complaint(tags_raw="#medan, MRK-7F3K-Q2"))
    search = "/complaints/complaint/search?tags_raw="
    found = (await lapor.client.get(search + "MRK-7F3K-Q2")).json()
    assert [item["complaint_id"] for item in found["results"]["data"]] == [identifier]
    assert (await lapor.client.get(search + "MRK-0000-00")).json()["results"]["data"] == []
    await lapor.faults(lookup=False)
    assert (await lapor.client.get(search + "MRK-7F3K-Q2")).status_code == 404


async def test_a_residents_own_filing_is_listed_for_its_institution(
    lapor: Any, complaint: Fields
) -> None:
    fields = complaint(tags_raw="", content="Lampu mati", disposition_id=7104)
    filed = (await lapor.client.post("/admin/complaints", json=fields)).json()
    await _filed(lapor, complaint())
    listed = (await lapor.client.get("/complaints/complaint?disposition_id=7104")).json()
    assert [item["complaint_id"] for item in listed["results"]["data"]] == [filed["id"]]
    assert filed["reference"] is None


async def test_reference_data_agrees_with_the_city_pack(lapor: Any) -> None:
    external = await lapor.client.get("/masters/institutions/external?page_size=1000")
    ids = {item["id"] for item in external.json()["results"]["data"]}
    assert {7101, 7221, 9001} <= ids
    templates = (await lapor.client.get("/masters/templates")).json()["results"]["data"]
    assert {"followup", "disposition", "finish"} <= {item["code"] for item in templates}


async def test_wrong_or_missing_credentials_are_refused(
    start: Any, complaint: Fields, tmp_path: Path
) -> None:
    secret = tmp_path / "token.json"
    secret.write_text(json.dumps({"bearer": "rahasia", "token": "kunci"}))
    lapor = await start("lapor", "--store", tmp_path / "l.db", "--token-file", secret)

    async def status(**headers: str) -> int:
        answer = await lapor.client.post("/complaints/complaint", json=complaint(), headers=headers)
        return int(answer.status_code)

    assert await status() == 401
    assert await status(Authorization="Bearer rahasia") == 401
    assert await status(Authorization="Bearer salah", token="kunci") == 401
    assert await status(Authorization="Bearer rahasia", token="kunci") == 200
    assert await status(auth="Bearer rahasia", token="kunci") == 200
    assert len(await lapor.records()) == 2


async def _filed(lapor: Any, fields: dict[str, Any]) -> int:
    answer = await lapor.client.post("/complaints/complaint", json=fields)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["complaint_id"])


async def _follow_up(lapor: Any, identifier: int, content: str, **extra: Any) -> Any:
    fields = {
        "user_id": "7",
        "complaint_id": str(identifier),
        "institution_from_id": "7101",
        "institution_to_id": "7101",
        "template_code": "followup",
        "content": content,
    }
    return await lapor.client.post("/complaints/followup/add", data=fields, **extra)


async def _status(lapor: Any, identifier: int) -> tuple[str, int]:
    shown = (await lapor.client.get(f"/complaints/{identifier}/complaint")).json()
    data = shown["results"]["data"]
    return data["status_name"], data["disposition_id"]
