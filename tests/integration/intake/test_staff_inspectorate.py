"""Inspektorat's pages: nothing is shown before its reading is on record."""

import io
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from staff_kit import Staff, StaffBrowser, staffed

from mrk_city import CityPack
from mrk_intake.service import SERVICE
from mrk_intake.store import erase

TEXT = "Pegawai loket meminta uang pelicin untuk mengurus izin usaha."
WHY = {"purpose": "examination", "detail": "700/12"}


@pytest.fixture
async def staff(intake: Any, pack: CityPack) -> AsyncIterator[Staff]:
    async with staffed(intake, pack) as started:
        yield started


@pytest.fixture
async def reader(staff: Staff) -> AsyncIterator[StaffBrowser]:
    async with staff.logged_in("dev-inspektorat") as browser:
        yield browser


async def _whistle(intake: Any, **changes: Any) -> dict[str, Any]:
    told = {"kind": "whistleblowing", "text": TEXT, "category": None, **changes}
    found: dict[str, Any] = await intake.accepted(**told)
    return found


async def _reads(intake: Any) -> list[tuple[str, str, str]]:
    rows = await intake.pool.fetch(
        "select p.subject, r.what, r.purpose from staff_read r"
        " join staff_person p on p.id = r.reader order by r.id"
    )
    return [(row["subject"], row["what"].partition(" ")[0], row["purpose"]) for row in rows]


def _at(report: dict[str, Any], part: str = "") -> str:
    return f"/inspektorat/{report['tracking_number']}{part}"


async def test_a_report_is_opened_by_saying_why(reader: StaffBrowser, intake: Any) -> None:
    report = await _whistle(intake)
    listed = await reader.open("/inspektorat")
    assert report["tracking_number"] in listed.text
    assert 'class="unread"' in listed.text
    gate = await reader.open(_at(report))
    for page in (listed, gate):
        assert page.status_code == 200
        assert "pelicin" not in page.text
        assert "Butet" not in page.text
    for wrong in ({"x": "1"}, {"purpose": "curiosity"}, {**WHY, "detail": "x" * 201}):
        refused = await reader.post(_at(report, "/isi"), **wrong)
        assert (refused.status_code, "pelicin" in refused.text) == (422, False)
    assert await _reads(intake) == []
    opened = await reader.post(_at(report, "/isi"), **WHY)
    assert opened.status_code == 200
    assert TEXT in opened.text
    assert "Jalan Ahmad Yani, Kesawan" in opened.text
    assert "Butet" not in opened.text
    assert opened.headers["cache-control"] == "no-store"
    assert await _reads(intake) == [("dev-inspektorat", "content", "examination: 700/12")]
    assert 'class="unread"' not in (await reader.open("/inspektorat")).text


async def test_when_the_reading_cannot_be_written_nothing_is_shown(
    reader: StaffBrowser, intake: Any
) -> None:
    report = await _whistle(intake)
    await intake.pool.execute("alter table staff_read add constraint none check (false) not valid")
    for part in ("/isi", "/kontak"):
        closed = await reader.post(_at(report, part), **WHY)
        assert closed.status_code == 500, part
        assert "pelicin" not in closed.text
        assert "Butet" not in closed.text


async def test_who_reported_is_a_reading_of_its_own(reader: StaffBrowser, intake: Any) -> None:
    named, hidden = await _whistle(intake), await _whistle(intake, anonymous=True)
    told = await reader.post(_at(named, "/kontak"), **WHY)
    assert "Butet Simanjuntak" in told.text
    assert "butet@warga.example" in told.text
    assert [what for _, what, _ in await _reads(intake)] == ["content", "contact"]
    refused = await reader.post(_at(hidden, "/kontak"), **WHY)
    assert refused.status_code == 404
    opened = await reader.post(_at(hidden, "/isi"), **WHY)
    assert "stays anonymous" in opened.text
    assert "Butet" not in opened.text


async def test_what_the_whistle_blower_adds_is_read_and_unread_again(
    reader: StaffBrowser, intake: Any
) -> None:
    report = await _whistle(intake)
    await reader.post(_at(report, "/isi"), **WHY)
    headers = {
        "X-Tracking-Secret": report["tracking_secret"],
        "Idempotency-Key": secrets.token_hex(16),
    }
    added = await intake.public.post(
        f"/api/v1/reports/{report['tracking_number']}/information",
        json={"text": "Ada rekaman percakapannya pada saya."},
        headers=headers,
    )
    assert added.status_code < 300, added.text
    await intake.pool.execute("update reporter_action set at = clock_timestamp() + '1 hour'")
    unread = await reader.open("/inspektorat?belum=1")
    assert report["tracking_number"] in unread.text
    assert "rekaman" not in unread.text
    opened = await reader.post(_at(report, "/isi"), **WHY)
    assert "Ada rekaman percakapannya" in opened.text


async def test_a_step_and_an_answer_are_seen_by_the_whistle_blower(
    reader: StaffBrowser, intake: Any
) -> None:
    report = await _whistle(intake)
    await reader.post(_at(report, "/keadaan"), **WHY, state="examining")
    again = await reader.post(_at(report, "/keadaan"), **WHY, state="examining")
    assert again.status_code == 409
    short = await reader.post(_at(report, "/keadaan"), **WHY, state="concluded", answer="ya")
    assert (short.status_code, 'id="answer-wrong"' in short.text) == (422, True)
    answer = "Petugas itu dipindahkan; uang Anda dikembalikan. Hubungi 0812 3456 7890."
    done = await reader.post(_at(report, "/keadaan"), **WHY, state="concluded", answer=answer)
    assert done.status_code == 200
    headers = {"X-Tracking-Secret": report["tracking_secret"]}
    address = f"/api/v1/reports/{report['tracking_number']}"
    shown = (await intake.public.get(address, headers=headers)).json()
    assert shown["state"] == "concluded"
    assert [each["type"] for each in shown["events"]] == ["received", "examining", "concluded"]
    assert shown["events"][-1]["note"].startswith("Petugas itu dipindahkan")
    assert "0812" not in shown["events"][-1]["note"]
    assert (await intake.public.get(address)).status_code == 404
    late = await intake.public.post(
        f"{address}/information", json={"text": "Terima kasih banyak."},
        headers={**headers, "Idempotency-Key": secrets.token_hex(16)},
    )  # fmt: skip
    assert late.status_code == 409
    # nothing of it went out
    assert await intake.count("report_event") == 1


async def test_notes_are_sealed_and_kept_once(reader: StaffBrowser, intake: Any) -> None:
    report = await _whistle(intake)
    note = {"kunci": str(uuid4()), "note": "Cek absensi loket 3 bulan Februari."}
    for _ in range(2):
        kept = await reader.post(_at(report, "/catatan"), **WHY, **note)
        assert kept.text.count("Cek absensi loket 3") == 1
    row = await intake.pool.fetchrow("select words from inspection_note")
    assert b"absensi" not in row["words"]
    for wrong in ({**note, "note": "x"}, {**note, "kunci": "x"}):
        assert (await reader.post(_at(report, "/catatan"), **WHY, **wrong)).status_code == 422
    assert (await reader.post(_at(report, "/catatan"), **note)).status_code == 422
    assert await intake.count("inspection_note") == 1
    await erase.erase(intake.pool, SERVICE, report["id"], intake.clock.now())
    assert await intake.pool.fetchval("select words from inspection_note") is None
    assert (await reader.post(_at(report, "/isi"), **WHY)).status_code == 410
    assert report["tracking_number"] not in (await reader.open("/inspektorat")).text


async def test_the_list_is_newest_first_and_filtered(
    reader: StaffBrowser, staff: Staff, intake: Any
) -> None:
    reports = [await _whistle(intake) for _ in range(3)]
    await intake.accepted(confidential=True)
    page = await reader.open("/inspektorat")
    found = re.findall(r'<a href="/inspektorat/([\w-]+)">', page.text)
    newest = await intake.pool.fetch(
        "select tracking_number from report where kind = 'whistleblowing' order by id desc"
    )
    assert found == [row["tracking_number"] for row in newest]
    await reader.post(_at(reports[0], "/keadaan"), **WHY, state="examining")
    for query, count in (
        ("keadaan=examining", 1), ("keadaan=received", 2), ("belum=1", 2), ("keadaan=x", 3),
        ("keadaan=examining&belum=1", 0), (f"sesudah={uuid4()}", 3), ("sesudah=x", 3),
    ):  # fmt: skip
        page = await reader.open(f"/inspektorat?{query}")
        assert len(re.findall(r'href="/inspektorat/[\w-]+"', page.text)) == count, query
    del staff


async def test_a_photo_is_opened_on_record(reader: StaffBrowser, intake: Any) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    url = await intake.uploaded(out.getvalue())
    report = await _whistle(intake, attachments=[url.rpartition("/")[2]])
    other = await _whistle(intake)
    opened = await reader.post(_at(report, "/isi"), **WHY)
    path = re.search(r'action="(/inspektorat/[^"]+/lampiran/[^"]+)"', opened.text)
    assert path is not None
    bare = await reader.post(path[1], x="1")
    assert (bare.status_code, bare.headers["content-type"][:9]) == (422, "text/html")
    elsewhere = path[1].replace(report["tracking_number"], other["tracking_number"])
    assert (await reader.post(elsewhere, **WHY)).status_code == 404
    photo = await reader.post(path[1], **WHY)
    assert photo.headers["content-type"] == "image/jpeg"
    assert photo.headers["x-content-type-options"] == "nosniff"
    assert photo.headers["cache-control"] == "private, no-store"
    assert Image.open(io.BytesIO(photo.content)).size == (40, 30)
    assert [what for _, what, _ in await _reads(intake)] == ["content", "attachment"]


async def test_there_is_whistle_blowing_here_and_nothing_else(
    reader: StaffBrowser, intake: Any
) -> None:
    others = [await intake.accepted(), await intake.accepted(confidential=True)]
    for report in (*others, {"tracking_number": "7K3-Q9W-XTC"}, {"tracking_number": "x"}):
        for part in ("/isi", "/kontak", "/catatan", "/keadaan"):
            assert (await reader.post(_at(report, part), **WHY)).status_code == 404
        assert (await reader.open(_at(report))).status_code == 404
    assert await _reads(intake) == []


async def test_what_an_operator_noted_is_shown(
    reader: StaffBrowser, staff: Staff, intake: Any
) -> None:
    async with staff.logged_in("dev-social-media") as operator:
        number, _ = await operator.taken(
            channel="social_media", kind="whistleblowing", reference="@butet di sosial.example"
        )
    opened: httpx.Response = await reader.post(f"/inspektorat/{number}/isi", **WHY)
    assert "@butet di sosial.example" in opened.text
    assert "Social media" in opened.text
    assert await intake.count("staff_read") == 1
