"""A report with its photo as Starlette's and Pillow's documentation has it: one handler.

The photo is decoded, turned, reduced and written anew beside its thumbnail, by intake's own
functions, into the folder that intake uses; the report is written beside them as it came. It has
no resumable upload, no process of its own for what a stranger sent, no encryption and no database,
so it does a good deal less.
"""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrk_intake.domain.attachments import MediaType
from mrk_intake.settings import HttpSettings
from mrk_intake.workers.images import cleaned
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop, run_role
from mrk_telemetry.settings import load_settings
from mrk_web.server import serve_http, with_ops


def keep(folder: Path, report: str, data: bytes) -> None:
    """Write everything, durably."""
    photo, thumbnail, _, _ = cleaned(data, MediaType.JPEG)
    name = secrets.token_hex(16)
    parts = {"report.json": report.encode(), "photo.jpg": photo, "thumbnail.jpg": thumbnail}
    for ending, part in parts.items():
        with (folder / f"{name}-{ending}").open("wb") as out:
            out.write(part)
            out.flush()
            os.fsync(out.fileno())


async def main(stop: Stop) -> None:
    """Serve until told to end."""
    settings = load_settings(HttpSettings)
    folder = Path(urlsplit(settings.attachments_url).path) / "peer"
    folder.mkdir(exist_ok=True)

    async def take(request: Request) -> Response:
        form = await request.form()
        photo, report = form["photo"], form["report"]
        if not isinstance(photo, UploadFile) or not isinstance(report, str):
            return JSONResponse({"error": "photo and report"}, 422)
        await run_in_threadpool(keep, folder, report, await photo.read())
        return JSONResponse({"accepted": True}, 201)

    health = Health()
    health.condition("server").ok()
    app = with_ops(Starlette(routes=[Route("/", take, methods=["POST"])]), health)
    async with serve_http(app, settings.listen_host, settings.listen_port):
        await stop.wait()


if __name__ == "__main__":
    run_role(main)
