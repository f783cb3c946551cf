"""What a reporter may ask of their own report: all that is kept, and that it be erased."""

import asyncio
import io
from typing import Any

import pytest
from PIL import Image

from mrk_intake.http.own_data import ErasureOut, OwnDataOut
from mrk_intake.store.old_rows import OldRows
from mrk_schemas.mirrors import Mirror, MirrorErased, MirrorStatus
from mrk_schemas.registry import MIRRORS

_VACUUMED = "select vacuum_count from pg_stat_user_tables where relname = 'vault'"


def _path(sent: dict[str, Any], what: str = "") -> str:
    return f"/api/v1/reports/{sent['tracking_number']}{what}"


def _proof(sent: dict[str, Any]) -> dict[str, str]:
    return {"X-Tracking-Secret": sent["tracking_secret"]}


@pytest.mark.parametrize("changes", [{}, {"confidential": True}, {"kind": "whistleblowing"}])
async def test_a_reporter_has_everything_that_is_kept(
    intake: Any, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    sent = await intake.accepted(text="Jalan berlubang, hubungi 0812 3456 7890 ya", **changes)
    answer = await intake.public.get(_path(sent, "/data"), headers=_proof(sent))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    told = answer.json()
    OwnDataOut.model_validate(told)
    assert told["original"]["text"] == "Jalan berlubang, hubungi 0812 3456 7890 ya"
    assert told["reporter"]["email"] == "butet@warga.example"
    assert "0812" not in str(told["published"])
    logged = capsys.readouterr().out
    assert "reporter.export" in logged
    assert "butet" not in logged


@pytest.mark.parametrize("what", ["/data", "/erasure"])
async def test_nobody_else_learns_that_there_is_such_a_report(intake: Any, what: str) -> None:
    sent, other = await intake.accepted(), await intake.accepted()
    for headers in ({}, _proof(other), {"X-Tracking-Secret": "x" * 22}):
        assert (await intake.public.get(_path(sent, what), headers=headers)).status_code == 404
        assert (await intake.public.delete(_path(sent), headers=headers)).status_code == 404
    unread = await intake.public.get("/api/v1/reports/7K3-Q9W-XXX" + what, headers=_proof(sent))
    assert unread.status_code == 404
    assert await intake.pool.fetchval("select count(*) from report where erased_at is null") == 2


async def test_a_reporter_erases_and_sees_who_had_it(intake: Any, told: Any) -> None:
    sent = await intake.accepted()
    before = await intake.public.get(_path(sent, "/erasure"), headers=_proof(sent))
    assert before.status_code == 404
    answer = await intake.public.delete(_path(sent), headers=_proof(sent))
    assert answer.status_code == 202
    assert set(answer.json()["waiting_for"]) == {"routing", "spanlapor-bridge", "notify"}
    again = await intake.public.delete(_path(sent), headers=_proof(sent))
    assert again.json() == answer.json()
    assert await intake.count("outbox") == 2

    mirror = Mirror(
        complaint_id=str(sent["id"]), status=MirrorStatus.FILED, changed_at=intake.clock.now()
    )
    body = MirrorErased(mirror=mirror, received_by=("SP4N-LAPOR! 9001",))
    await told.by(MIRRORS, (1, intake.clock.now(), body, str(sent["id"])))
    found = (await intake.public.get(_path(sent, "/erasure"), headers=_proof(sent))).json()
    ErasureOut.model_validate(found)
    (acknowledged,) = found["acknowledged"]
    assert acknowledged["had_been_received_by"] == ["SP4N-LAPOR! 9001"]
    assert (await intake.public.get(_path(sent, "/data"), headers=_proof(sent))).status_code == 410


async def test_a_report_s_files_are_in_its_data_and_go_with_it(intake: Any) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (30, 60, 90)).save(out, "JPEG")
    url = await intake.uploaded(out.getvalue())
    sent = await intake.accepted(attachments=[url.rpartition("/")[2]])
    told = (await intake.public.get(_path(sent, "/data"), headers=_proof(sent))).json()
    OwnDataOut.model_validate(told)
    (file,) = told["attachments"]
    assert (file["purpose"], file["media_type"]) == ("report", "image/jpeg")
    assert [file["sha256"]] == told["published"][0]["report"]["photos"]
    path = f"/api/v1/attachments/{file['name']}"
    assert len((await intake.public.get(path)).content) == file["size"]

    assert (await intake.public.delete(_path(sent), headers=_proof(sent))).status_code == 202
    assert (await intake.public.get(path, headers=_proof(sent))).status_code == 404
    assert await intake.count("attachment") == 0
    await intake.swept()
    assert intake.objects_kept() == {"owner": 1}
    assert file["sha256"] not in str(await intake.event(sent["id"]))


async def test_other_methods_are_told_what_there_is(intake: Any) -> None:
    sent = await intake.accepted()
    answer = await intake.public.put(_path(sent), json={})
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "DELETE"}


async def test_old_rows_are_removed_soon_and_together(intake: Any) -> None:
    old_rows = OldRows(intake.pool)
    async with old_rows.removed():
        for _ in range(3):
            old_rows.left_behind()
        async with asyncio.timeout(20):
            while await intake.pool.fetchval(_VACUUMED) == 0:
                await asyncio.sleep(0.02)
        old_rows.left_behind()
    assert await intake.pool.fetchval(_VACUUMED) == 2
