"""The object store beside the database: what a crash leaves, what a sweep may take and may not."""

import base64
import io
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from mrk_intake.http.receiving import Receiving
from mrk_intake.settings import WorkerSettings
from mrk_intake.store import uploads
from mrk_intake.store.objects import MissingError, Objects, StoreAwayError, new_name
from mrk_intake.workers.sweep import OWNER, ForeignStoreError, Sweep
from mrk_telemetry.health import Health
from mrk_web.problems import TOO_SLOW, ProblemError


def sweep_of(intake: Any, objects: Objects | None = None) -> Sweep:
    return Sweep(intake.pool, objects or intake.objects, Health().progress("sweep", 60))


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (50, 40), (1, 2, 3)).save(out, "JPEG")
    return out.getvalue()


async def test_a_folder_keeps_lists_and_forgets(tmp_path: Path) -> None:
    objects = Objects((tmp_path / "made" / "here").as_uri())
    names = [new_name("kept") for _ in range(3)]
    assert len(set(names)) == 3
    data = secrets.token_bytes(700_000)
    for name in names:
        await objects.put(name, data)
    assert await objects.whole(names[0]) == data
    parts = [part async for part in objects.read(names[0])]
    assert len(parts) > 1
    listed = [name async for some in objects.listed() for name, _ in some]
    assert sorted(listed) == sorted(names)
    await objects.remove([*names, new_name("kept")])
    with pytest.raises(MissingError):
        await objects.whole(names[0])


def test_an_address_that_is_no_store_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with"):
        Objects("ftp://somewhere")


async def test_a_store_that_is_away_is_told_as_such() -> None:
    objects = Objects(
        "s3://bucket/prefix",
        {"endpoint": "http://127.0.0.1:9", "region": "x", "access_key_id": "a",
         "secret_access_key": "b"},
        retries=0,
    )  # fmt: skip
    with pytest.raises(StoreAwayError):
        await objects.put(new_name("kept"), b"x")
    with pytest.raises(StoreAwayError):
        await objects.whole(new_name("kept"))


async def test_what_a_crash_left_is_swept_and_what_has_a_row_stays(intake: Any) -> None:
    url = await intake.uploaded(photo())
    half = await intake.begun(5000)
    await intake.public.patch(
        half, content=photo()[:300],
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0",
                 "Content-Type": "application/offset+octet-stream"},
    )  # fmt: skip
    for kind in ("piece", "kept", "thumbnail"):
        await intake.objects.put(new_name(kind), b"of a process that died before its commit")
    sweep, now = sweep_of(intake), datetime.now(UTC)
    await sweep.once()
    assert await sweep.orphans(now - timedelta(hours=1)) == 0  # they may yet get their rows
    assert await sweep.orphans(now + timedelta(seconds=5)) == 3
    assert intake.objects_kept() == {"kept": 1, "thumbnail": 1, "piece": 1, "owner": 1}
    assert (await intake.public.get(url)).json()["state"] == "ready"


async def test_a_sweep_takes_nothing_from_another_installations_store(intake: Any) -> None:
    await intake.objects.put(OWNER, b"another installation")
    await intake.objects.put(new_name("kept"), b"its photo")
    with pytest.raises(ForeignStoreError, match="another installation"):
        await sweep_of(intake).orphans(datetime.now(UTC) + timedelta(days=1))
    assert intake.objects_kept() == {"kept": 1, "owner": 1}


async def test_no_row_is_without_its_object_when_the_store_fails(intake: Any) -> None:
    url = await intake.begun(500)
    upload = await uploads.by_token(intake.pool, url.rpartition("/")[2])
    assert upload is not None

    class Away(Objects):
        async def put(self, name: str, data: bytes) -> None:
            raise StoreAwayError(f"put of {len(data)} bytes as {name}")

    seal = intake.settings.sealing().open(upload.id, upload.key)
    away = Receiving(intake.pool, Away(intake.settings.attachments_url), seal, upload)

    async def body() -> Any:
        yield b"x" * 500

    with pytest.raises(ProblemError) as caught:
        await away.take(body())
    assert caught.value.problem.status == 503
    head = await intake.public.head(url, headers={"Tus-Resumable": "1.0.0"})
    assert head.headers["upload-offset"] == "0"
    assert await intake.count("attachment_piece") == 0


async def test_a_body_that_comes_too_slowly_keeps_what_had_come(intake: Any) -> None:
    url = await intake.begun(1000)
    upload = await uploads.by_token(intake.pool, url.rpartition("/")[2])
    assert upload is not None
    seal = intake.settings.sealing().open(upload.id, upload.key)

    async def body() -> Any:
        yield b"x" * 300
        raise ProblemError(TOO_SLOW)  # as the limit around the application does

    with pytest.raises(ProblemError):
        await Receiving(intake.pool, intake.objects, seal, upload).take(body())
    head = await intake.public.head(url, headers={"Tus-Resumable": "1.0.0"})
    assert head.headers["upload-offset"] == "300"


@pytest.mark.parametrize("wrong", ["", "file:///", "s3://", "ftp://x/y", "/srv/photos", "file://x"])
def test_an_address_that_is_no_store_stops_a_role_at_its_start(wrong: str) -> None:
    with pytest.raises(ValidationError, match="s3://bucket/prefix"):
        worker_settings(attachments_url=wrong)
    for right in ("file:///srv/photos/", "s3://bucket", "s3://bucket/medan/"):
        found = worker_settings(attachments_url=right)
        assert found.attachments_url == right.rstrip("/")
    with pytest.raises(ValidationError, match="belong together"):
        worker_settings(attachments_s3_key_id="key")


def worker_settings(**changes: Any) -> WorkerSettings:
    values = {
        "environment": "test", "database_url": "postgresql://a:b@127.0.0.1/c",
        "listen": "127.0.0.1:0", "attachments_url": "s3://bucket",
        "vault_key": base64.b64encode(secrets.token_bytes(32)).decode(), **changes,
    }  # fmt: skip
    return WorkerSettings(**values)


async def test_a_photo_that_the_store_lost_is_not_found_and_a_changed_one_is_not_shown(
    intake: Any,
) -> None:
    sent = await intake.accepted(attachments=[(await intake.uploaded(photo())).rpartition("/")[2]])
    path = f"/api/v1/reports/{sent['tracking_number']}"
    [one] = (await intake.public.get(path)).json()["attachments"]
    name = await intake.pool.fetchval("select object from attachment")
    box = bytearray(await intake.objects.whole(name))
    box[40] ^= 1
    await intake.objects.put(name, bytes(box))
    changed = await intake.public.get(one["url"])
    assert (changed.status_code, changed.headers["content-type"]) == (
        500,
        "application/problem+json",
    )
    await intake.objects.remove([name])
    assert (await intake.public.get(one["url"])).status_code == 404
