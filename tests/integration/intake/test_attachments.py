"""A report's photos: taken once, shown to those who may see them, gone when it is erased."""

import asyncio
import hashlib
import io
import itertools
import secrets
from typing import Any
from uuid import UUID, uuid4

import httpx
import pikepdf
import pytest
from PIL import Image

from mrk_intake.service import SERVICE
from mrk_intake.store import erase
from mrk_schemas.reports import Kind

HIDDEN = [
    {"confidential": True},
    {"kind": Kind.WHISTLEBLOWING},
    {"kind": Kind.WHISTLEBLOWING, "confidential": True},
]
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def photo(colour: int = 60) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), (colour, 80, 120)).save(out, "JPEG")
    return out.getvalue()


def document() -> bytes:
    out = io.BytesIO()
    made = pikepdf.new()
    made.add_blank_page()
    made.save(out)
    return out.getvalue()


async def token(intake: Any, data: bytes | None = None) -> str:
    url: str = await intake.uploaded(photo() if data is None else data)
    return url.rpartition("/")[2]


async def timeline(intake: Any, sent: dict[str, Any], *, proven: bool = False) -> Any:
    headers = {"X-Tracking-Secret": sent["tracking_secret"]} if proven else {}
    path = f"/api/v1/reports/{sent['tracking_number']}"
    return (await intake.public.get(path, headers=headers)).json()


async def ask(intake: Any, caller: str, path: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {intake.tokens[caller]}", "X-Purpose": "test.read"}
    answer: httpx.Response = await intake.internal.request(
        more.pop("method", "GET"), f"/internal/v1/{path}",
        headers={**headers, **more.pop("headers", {})}, **more,
    )  # fmt: skip
    return answer


async def test_a_public_photo_is_shown_as_nothing_but_a_photo(intake: Any) -> None:
    sent = await intake.accepted(attachments=[await token(intake), await token(intake, document())])
    shown = await timeline(intake, sent)
    [one] = shown["attachments"]
    assert (one["media_type"], one["width"], one["height"]) == ("image/jpeg", 400, 300)
    assert one["url"].startswith("https://lapor.example/api/v1/attachments/")
    answer = await intake.public.get(one["url"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["content-disposition"].startswith('inline; filename="lampiran-')
    assert answer.headers["cache-control"] == "public, max-age=86400, immutable"
    assert int(answer.headers["content-length"]) == len(answer.content) == one["size"]
    assert Image.open(io.BytesIO(answer.content)).size == (400, 300)
    again = await intake.public.get(one["url"], headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    small = await intake.public.get(one["thumbnail_url"])
    assert max(Image.open(io.BytesIO(small.content)).size) == 320
    event = await intake.event(sent["id"])
    hashes = event["report"]["photos"]
    assert hashes[0] == hashlib.sha256(answer.content).hexdigest()
    assert len(hashes) == 2


async def test_a_document_is_its_reporters_and_is_saved_not_shown(intake: Any) -> None:
    sent = await intake.accepted(attachments=[await token(intake, document())])
    assert "attachments" not in await timeline(intake, sent)
    path = f"/api/v1/reports/{sent['tracking_number']}"
    secret = {"X-Tracking-Secret": sent["tracking_secret"]}
    answer = await intake.public.get(path, headers=secret)
    assert answer.headers["cache-control"] == "no-store"
    [one] = answer.json()["attachments"]
    assert one["media_type"] == "application/pdf"
    assert (await intake.public.get(one["url"])).status_code == 404
    answer = await intake.public.get(one["url"], headers=secret)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["cache-control"] == "private, no-store"
    assert pikepdf.open(io.BytesIO(answer.content)).is_encrypted is False
    assert (await intake.public.get(one["url"] + "/thumbnail", headers=secret)).status_code == 404


@pytest.mark.parametrize("flags", HIDDEN)
async def test_a_hidden_reports_photo_is_never_public(intake: Any, flags: dict[str, Any]) -> None:
    sent = await intake.accepted(attachments=[await token(intake)], **flags)
    event = await intake.event(sent["id"])
    assert event["report"]["photos"] == []
    [one] = (await timeline(intake, sent, proven=True))["attachments"]
    unknown = await intake.public.get(one["url"] + "x")
    for url in (one["url"], one["thumbnail_url"]):
        for headers in ({}, {"X-Tracking-Secret": "x" * 22}):
            answer = await intake.public.get(url, headers=headers)
            assert answer.status_code == 404
            assert answer.text == unknown.text
        secret = {"X-Tracking-Secret": sent["tracking_secret"]}
        answer = await intake.public.get(url, headers=secret)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"


async def test_an_upload_belongs_to_one_report_for_ever(intake: Any) -> None:
    mine = await token(intake)
    await intake.accepted(attachments=[mine])
    fresh = await token(intake)
    answer = await intake.send(attachments=[fresh, mine, "x" * 43])
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == ["/attachments/1", "/attachments/2"]
    assert await intake.count("report") == 1
    assert (await intake.send(attachments=[fresh])).status_code == 201


async def test_of_many_who_want_one_upload_one_gets_it_and_neighbours_are_stored(
    intake: Any,
) -> None:
    mine = await token(intake)
    many = [intake.send(attachments=[mine]) for _ in range(6)]
    many += [intake.send() for _ in range(6)]
    answers = await asyncio.gather(*many)
    codes = [each.status_code for each in answers]
    assert sorted(codes[:6]) == [201, 422, 422, 422, 422, 422]
    assert codes[6:] == [201] * 6
    for each in answers[:6]:
        if each.status_code == 422:
            assert each.json()["errors"][0]["field"] == "/attachments/0"
    assert await intake.count("report_attachment") == 1
    assert await intake.count("report") == 7


async def test_a_report_sent_again_gets_its_answer_not_an_error(intake: Any) -> None:
    mine = await token(intake)
    first = await intake.send(KEY, attachments=[mine])
    assert first.status_code == 201
    again = await intake.send(KEY, attachments=[mine])
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = await intake.send(KEY, attachments=[await token(intake)])
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")


async def test_a_report_names_at_most_five_each_once_and_ready(intake: Any) -> None:
    unready = await intake.begun(1000)
    mine = await token(intake)
    for given, field in (
        ([mine, mine], "/attachments"),
        ([secrets.token_urlsafe(32) for _ in range(6)], "/attachments"),
        (["not a token!"], "/attachments/0"),
        ([mine, unready.rpartition("/")[2]], "/attachments/1"),
        ("one", "/attachments"),
    ):
        answer = await intake.send(attachments=given)
        assert answer.status_code == 422, given
        assert [e["field"] for e in answer.json()["errors"]] == [field]
    five = [await token(intake) for _ in range(5)]
    sent = await intake.accepted(attachments=five)
    assert len((await timeline(intake, sent))["attachments"]) == 5


@pytest.mark.parametrize(("kind", "confidential"), list(itertools.product(Kind, (False, True))))
async def test_other_services_see_what_they_may(
    intake: Any,
    kind: Kind,
    confidential: bool,  # noqa: FBT001  # the matrix' axis
) -> None:
    sent = await intake.accepted(
        kind=kind, confidential=confidential, attachments=[await token(intake)]
    )
    file = await intake.pool.fetchval("select id from attachment")
    whistle = kind is Kind.WHISTLEBLOWING
    expected = {
        "notify": 403,
        "routing": 404 if whistle else 200,
        "spanlapor-bridge": 404 if whistle or confidential else 200,
    }
    for caller, code in expected.items():
        listed = await ask(intake, caller, f"reports/{sent['id']}/attachments")
        read = await ask(intake, caller, f"attachments/{file}")
        assert (listed.status_code, read.status_code) == (code, code), caller
        if code == 200:
            [one] = listed.json()["attachments"]
            assert (one["id"], one["purpose"]) == (str(file), "report")
            assert hashlib.sha256(read.content).hexdigest() == one["sha256"]
            assert read.headers["cache-control"] == "no-store"
            assert read.headers["x-content-type-options"] == "nosniff"


async def test_each_reading_is_logged_with_its_purpose(
    intake: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = await intake.accepted(attachments=[await token(intake)])
    file = await intake.pool.fetchval("select id from attachment")
    capsys.readouterr()
    await ask(intake, "routing", f"reports/{sent['id']}/attachments")
    await ask(intake, "routing", f"attachments/{file}")
    said = capsys.readouterr().out
    for event in ("attachments.listed", "attachment.read"):
        line = next(line for line in said.splitlines() if event in line)
        assert "routing" in line
        assert "test.read" in line
        assert str(sent["id"]) in line


async def prove(intake: Any, complaint: object, data: bytes, **more: Any) -> httpx.Response:
    return await ask(
        intake, more.pop("caller", "routing"), f"reports/{complaint}/proofs", method="POST",
        content=data, headers={"Content-Type": "image/jpeg", **more},
    )  # fmt: skip


async def test_a_proof_is_taken_once_and_its_hash_told(intake: Any) -> None:
    sent = await intake.accepted()
    answer = await prove(intake, sent["id"], photo(10))
    assert answer.status_code == 202
    proof = answer.json()["id"]
    assert answer.json()["state"] == "examining"
    again = await prove(intake, sent["id"], photo(10))
    assert again.json()["id"] == proof
    await intake.worked()
    told = (await ask(intake, "routing", f"proofs/{proof}")).json()
    assert told["state"] == "ready"
    third = await prove(intake, sent["id"], photo(10))
    assert (third.status_code, third.json()["sha256"]) == (200, told["sha256"])
    [one] = (await timeline(intake, sent))["proofs"]
    seen = await intake.public.get(one["url"])
    assert hashlib.sha256(seen.content).hexdigest() == told["sha256"]
    await intake.swept()
    assert await intake.count("attachment") == 1
    assert intake.objects_kept() == {"kept": 1, "thumbnail": 1, "owner": 1}


async def test_a_proof_is_refused_to_whom_and_what_it_must_be(intake: Any) -> None:
    sent = await intake.accepted()
    assert (await prove(intake, sent["id"], photo(), caller="notify")).status_code == 403
    assert (await prove(intake, uuid4(), photo())).status_code == 404
    hidden = await intake.accepted(kind=Kind.WHISTLEBLOWING)
    assert (await prove(intake, hidden["id"], photo())).status_code == 404
    svg = await prove(intake, sent["id"], b"<svg/>", **{"Content-Type": "image/svg+xml"})
    assert svg.status_code == 415
    bad = await prove(intake, sent["id"], b"GIF89a" + bytes(40))
    await intake.worked()
    told = (await ask(intake, "routing", f"proofs/{bad.json()['id']}")).json()
    assert (told["state"], told["refused"]) == ("refused", "unknown-type")
    assert told["refused_id"] != told["refused_en"]
    await erase.erase(intake.pool, SERVICE, sent["id"], intake.clock.now())
    assert (await prove(intake, sent["id"], photo())).status_code == 410


async def test_an_erased_reports_photos_cannot_be_read_and_are_gone(intake: Any) -> None:
    kept = await intake.accepted(attachments=[await token(intake, photo(200))])
    sent = await intake.accepted(attachments=[await token(intake), await token(intake, document())])
    await prove(intake, sent["id"], photo(10))
    await intake.worked()
    shown = await timeline(intake, sent, proven=True)
    urls = [each["url"] for each in (*shown["attachments"], *shown["proofs"])]
    assert len(urls) == 3
    wrapped: list[bytes] = [
        row["wrapped_key"]
        for row in await intake.pool.fetch(
            "select wrapped_key from attachment join report_attachment on attachment = id"
            " where complaint = $1", sent["id"],
        )
    ]  # fmt: skip

    assert await erase.erase(intake.pool, SERVICE, sent["id"], intake.clock.now())

    # at once, before the sweep: no row, so no key
    secret = {"X-Tracking-Secret": sent["tracking_secret"]}
    for url in urls:
        assert (await intake.public.get(url, headers=secret)).status_code == 404
    listed = await ask(intake, "routing", f"reports/{sent['id']}/attachments")
    assert listed.status_code == 410
    for type_ in ("received", "erased"):
        assert (await intake.event(sent["id"], type_))["report"]["photos"] == []
    left = str([dict(row) for row in await intake.pool.fetch("select * from attachment")])
    assert not any(str(key) in left for key in wrapped)
    # and then the bytes
    await intake.swept()
    assert intake.objects_kept() == {"kept": 1, "thumbnail": 1, "owner": 1}
    assert await intake.count("attachment_waste") == 0
    [one] = (await timeline(intake, kept))["attachments"]
    assert (await intake.public.get(one["url"])).status_code == 200


async def test_an_examination_that_an_erasure_overtakes_keeps_nothing(intake: Any) -> None:
    sent = await intake.accepted()
    await prove(intake, sent["id"], photo())
    await erase.erase(intake.pool, SERVICE, sent["id"], intake.clock.now())
    await intake.worked()
    await intake.swept()
    assert intake.objects_kept() == {"owner": 1}
    assert await intake.count("attachment") == 0


async def test_a_report_without_attachments_asks_nothing_of_them(intake: Any) -> None:
    sent = await intake.accepted()
    assert isinstance(sent["id"], UUID)
    shown = await timeline(intake, sent)
    assert "attachments" not in shown
    assert "proofs" not in shown
