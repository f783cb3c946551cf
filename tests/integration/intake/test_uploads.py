"""Uploads: begun, broken off, gone on with, examined, refused, expired; by the protocol's words."""

import asyncio
import base64
import io
import secrets
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from PIL import Image

from mrk_intake.domain.attachments import MAX_BYTES, MediaType
from mrk_intake.http.receiving import PIECE
from mrk_intake.store.uploads import MOST_PIECES
from mrk_intake.workers.attachments import DEATHS
from mrk_intake.workers.examination import Died

TUS = {"Tus-Resumable": "1.0.0"}
GO_ON = {**TUS, "Content-Type": "application/offset+octet-stream"}


def noise(side: int) -> bytes:
    """A photo that does not compress: some bytes a pixel."""
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), secrets.token_bytes(side * side * 3)).save(
        out, "JPEG", quality=95
    )
    return out.getvalue()


async def began(intake: Any, length: int, filetype: str | None = "image/jpeg") -> str:
    headers = {**TUS, "Upload-Length": str(length)}
    if filetype is not None:
        named = base64.b64encode(filetype.encode()).decode()
        headers["Upload-Metadata"] = f"filename aGFsbG8=,filetype {named}"
    answer = await intake.public.post("/api/v1/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert "upload-expires" in answer.headers
    return str(answer.headers["location"])


async def patch(intake: Any, url: str, offset: int, data: Any, **more: str) -> httpx.Response:
    headers = {**GO_ON, "Upload-Offset": str(offset), **more}
    answer: httpx.Response = await intake.public.patch(url, headers=headers, content=data)
    return answer


async def test_what_is_spoken_is_told(intake: Any) -> None:
    answer = await intake.public.options("/api/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,expiration,termination"
    assert answer.headers["tus-max-size"] == str(MAX_BYTES)


async def test_a_photo_comes_in_pieces_and_is_ready(intake: Any) -> None:
    photo = noise(500)
    assert len(photo) > PIECE
    url = await began(intake, len(photo))
    at = 0
    for size in (1000, PIECE, 77, len(photo)):
        answer = await patch(intake, url, at, photo[at : at + size])
        at = min(at + size, len(photo))
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(at))
        head = await intake.public.head(url, headers=TUS)
        assert head.headers["upload-offset"] == str(at)
        assert head.headers["upload-length"] == str(len(photo))
        assert head.headers["cache-control"] == "no-store"
    told = (await intake.public.get(url)).json()
    assert told["state"] == "examining"
    assert await intake.worked() == 1
    told = (await intake.public.get(url)).json()
    assert told["state"] == "ready"
    assert (told["media_type"], told["width"], told["height"]) == ("image/jpeg", 500, 500)
    assert len(told["sha256"]) == 64
    assert "offer" not in told
    # the pieces are no longer needed; nothing of the photo lies in the clear
    assert await intake.count("attachment_piece") == 0
    await intake.swept()
    assert intake.objects_kept() == {"kept": 1, "thumbnail": 1, "owner": 1}
    assert intake.raw_contains(photo[200:260]) is False


async def test_a_broken_line_keeps_what_had_come(intake: Any) -> None:
    photo = noise(600)
    url = await began(intake, len(photo))
    parts = [photo[:100], photo[100 : PIECE + 5000]]
    messages: list[dict[str, Any]] = [
        *({"type": "http.request", "body": part, "more_body": True} for part in parts),
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        del message

    headers = {**GO_ON, "Upload-Offset": "0", "Content-Length": str(len(photo))}
    scope = {
        "type": "http", "method": "PATCH", "path": httpx.URL(url).path, "query_string": b"",
        "raw_path": b"", "root_path": "", "scheme": "https", "client": ("192.0.2.1", 1),
        "server": ("lapor.example", 443), "http_version": "1.1",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip
    await intake.public._transport.app(scope, receive, send)
    held = (await intake.public.head(url, headers=TUS)).headers["upload-offset"]
    assert int(held) == PIECE + 5000
    answer = await patch(intake, url, int(held), photo[int(held) :])
    assert answer.status_code == 204
    await intake.worked()
    assert (await intake.public.get(url)).json()["state"] == "ready"


async def test_of_two_who_go_on_one_does_and_the_other_asks(intake: Any) -> None:
    photo = noise(600)
    url = await began(intake, len(photo))
    both = await asyncio.gather(*(patch(intake, url, 0, photo) for _ in range(2)))
    codes = sorted(each.status_code for each in both)
    assert codes in ([204, 409], [409, 409])
    held = int((await intake.public.head(url, headers=TUS)).headers["upload-offset"])
    if held < len(photo):
        assert (await patch(intake, url, held, photo[held:])).status_code == 204
    await intake.worked()
    assert (await intake.public.get(url)).json()["state"] == "ready"


async def test_the_place_is_offered_once_and_stored_sealed(intake: Any) -> None:
    exif = Image.Exif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (3.0, 35.0, 22.92), "E", (98.0, 40.0, 25.68)
    out = io.BytesIO()
    Image.new("RGB", (60, 40)).save(out, "JPEG", exif=exif)
    url = await intake.uploaded(out.getvalue())
    assert (await intake.public.get(url)).json()["offer"] == {"lat": 3.5897, "lon": 98.6738}
    stored = await intake.pool.fetchval("select offer from attachment")
    assert b"3.58" not in stored
    results = await intake.pool.fetch("select payload::text, result::text from work")
    assert "3.58" not in str(results)
    token = url.rpartition("/")[2]
    await intake.accepted(attachments=[token])
    assert await intake.pool.fetchval("select offer from attachment") is None


async def test_what_is_refused_says_why_in_both_languages(intake: Any) -> None:
    document = pikepdf.new()
    document.add_blank_page()
    locked = io.BytesIO()
    document.save(locked, encryption=pikepdf.Encryption(owner="o", user="u"))
    for data, filetype, code in (
        (locked.getvalue(), "application/pdf", "pdf-encrypted"),
        (b"<svg onload='alert(1)'/>", None, "svg"),
        (noise(20) + b"%PDF-1.4 hidden", None, "polyglot"),
        (noise(20), "image/png", "other-type"),
        (noise(40)[:-100], None, "truncated"),
    ):
        url = await intake.uploaded(data, filetype)
        indonesian = (await intake.public.get(url)).json()
        english = (await intake.public.get(url, headers={"Accept-Language": "en"})).json()
        assert indonesian["state"] == "refused"
        assert indonesian["refused"]["code"] == english["refused"]["code"] == code
        assert indonesian["refused"]["text"] != english["refused"]["text"]
        answer = await intake.send(attachments=[url.rpartition("/")[2]])
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "/attachments/0"
    await intake.swept()
    assert intake.objects_kept() == {"owner": 1}


async def test_wrong_requests_are_refused_by_the_protocol(intake: Any) -> None:
    post = intake.public.post
    path = "/api/v1/uploads"
    assert (await post(path, headers={"Upload-Length": "5"})).status_code == 400
    other = {"Upload-Length": "5", "Tus-Resumable": "0.2.2"}
    assert (await post(path, headers=other)).status_code == 412
    for version in ("1", "eins", "1.0.0.0"):
        answer = await post(path, headers={"Upload-Length": "5", "Tus-Resumable": version})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "Tus-Resumable"
    for length in ("", "0", "-1", "x", "9" * 40):
        answer = await post(path, headers={**TUS, "Upload-Length": length})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "Upload-Length"
    answer = await post(path, headers={**TUS, "Upload-Length": str(MAX_BYTES + 1)})
    assert answer.status_code == 413
    svg = base64.b64encode(b"image/svg+xml").decode()
    headers = {**TUS, "Upload-Length": "5", "Upload-Metadata": f"filetype {svg}"}
    answer = await post(path, headers=headers)
    assert answer.status_code == 415
    assert "SVG" in answer.json()["detail"]
    answer = await post(path, headers={**headers, "Upload-Metadata": "filetype ???"})
    assert answer.status_code == 400

    url = await began(intake, 10)
    assert (await patch(intake, url, 3, b"abc")).status_code == 409
    assert (await patch(intake, url, 0, b"x" * 11)).status_code == 413
    wrong = await intake.public.patch(url, headers={**TUS, "Upload-Offset": "0"}, content=b"abc")
    assert wrong.status_code == 415
    wrong = await intake.public.patch(url, headers=GO_ON, content=b"abc")
    assert wrong.status_code == 400
    assert (await intake.public.head(url)).status_code == 400
    other = await intake.public.put(url)
    allowed = {each.strip() for each in other.headers["allow"].split(",")}
    assert (other.status_code, allowed) == (405, {"OPTIONS", "HEAD", "PATCH", "DELETE", "GET"})
    unknown = url.rpartition("/")[0] + "/" + "x" * 43
    for method in ("HEAD", "GET", "PATCH", "DELETE"):
        answer = await intake.public.request(
            method, unknown, headers={**GO_ON, "Upload-Offset": "0"}
        )
        assert answer.status_code == 404, method
    assert (await intake.public.head(url, headers=TUS)).headers["upload-offset"] == "0"


async def test_its_sender_takes_it_back(intake: Any) -> None:
    url = await intake.uploaded(noise(30))
    assert (await intake.public.delete(url, headers=TUS)).status_code == 204
    assert (await intake.public.get(url)).status_code == 404
    await intake.swept()
    assert intake.objects_kept() == {"owner": 1}
    assert await intake.count("attachment") == 0


async def test_unfinished_and_unused_uploads_expire(intake: Any) -> None:
    half = await began(intake, 1000)
    await patch(intake, half, 0, b"\xff\xd8\xff")
    ready = await intake.uploaded(noise(30))
    used = await intake.uploaded(noise(30))
    await intake.accepted(attachments=[used.rpartition("/")[2]])
    await intake.pool.execute(
        "update attachment set expires_at = expires_at - $1::interval", timedelta(days=4)
    )
    for url in (half, ready):
        assert (await intake.public.get(url)).status_code == 404
        answer = await intake.send(attachments=[url.rpartition("/")[2]])
        assert answer.json()["errors"][0]["field"] == "/attachments/0"
    await intake.swept()
    assert await intake.count("attachment") == 1
    assert intake.objects_kept() == {"kept": 1, "thumbnail": 1, "owner": 1}


async def test_devices_addresses_and_the_room_have_their_quotas(
    start: Any, dsn: str, pack: Any
) -> None:
    quotas = {
        "upload_mib_per_second": 0.001, "upload_mib_burst": 20,
        "address_upload_mib_per_second": 0.001, "address_upload_mib_burst": 35,
        "upload_room_mib": 28,
    }  # fmt: skip
    async with start(dsn, pack, **quotas) as intake:

        async def begin(mib: int, device: str) -> httpx.Response:
            headers = {**TUS, "Upload-Length": str(mib * 1024 * 1024), "X-Device-Token": device}
            answer: httpx.Response = await intake.public.post("/api/v1/uploads", headers=headers)
            return answer

        one, other, third = "phone-number-one", "phone-number-two", "phone-number-three"
        assert [(await begin(10, one)).status_code for _ in range(3)] == [201, 201, 429]
        full = await begin(9, other)
        assert (full.status_code, full.headers["retry-after"]) == (503, "60")
        flood = await begin(10, third)
        assert flood.status_code == 429
        assert int(flood.headers["retry-after"]) > 60


async def test_a_token_stands_in_no_table(intake: Any) -> None:
    url = await intake.uploaded(noise(20))
    token = url.rpartition("/")[2]
    assert len(token) >= 43
    row = await intake.pool.fetchrow("select * from attachment")
    assert token not in str(dict(row))
    assert token.encode() not in bytes(row["token"])


@pytest.mark.parametrize(
    ("code", "state"), [(-signal.SIGSEGV, "refused"), (-signal.SIGALRM, "refused"), (1, "ready")]
)
async def test_a_file_that_kills_the_examiner_is_refused_and_our_own_fault_refuses_none(
    intake: Any, code: int, state: str
) -> None:
    photo = noise(30)
    url = await intake.begun(len(photo))
    await patch(intake, url, 0, photo)

    async def dies(folder: Path, hint: MediaType | None) -> Died:
        del folder, hint
        return Died(code)

    for _ in range(DEATHS):
        assert (await intake.public.get(url)).json()["state"] == "examining"
        await intake.pool.execute("update work set due_at = now() where state = 'ready'")
        assert await intake.worked(dies) == 1
    await intake.pool.execute("update work set due_at = now() where state = 'ready'")
    await intake.worked()
    assert (await intake.public.get(url)).json()["state"] == state


async def test_an_upload_in_crumbs_ends_with_a_clear_word(intake: Any) -> None:
    url = await intake.begun(1000)
    for at in range(MOST_PIECES):
        assert (await patch(intake, url, at, b"x")).status_code == 204
    answer = await patch(intake, url, MOST_PIECES, b"x")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/too-many-pieces")
    assert await intake.count("attachment_piece") == MOST_PIECES
