"""Role `desk` and the development provider as processes, cases as reports made them, its pages."""

import base64
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import asyncpg
from playwright.sync_api import Page
from staff_site import PACK, _answers, entered

from mrk_city import load_pack
from mrk_delivery.clock import FixedClock
from mrk_local.ports import free_ports
from mrk_routing.domain.act import Merge
from mrk_routing.domain.assign import Rules
from mrk_routing.store import acting
from mrk_schemas.ids import ComplaintId
from mrk_schemas.internal import AttachmentInfo, AttachmentList

# behind: that folder has a conftest of its own
sys.path.append(str(Path(__file__).parents[1] / "integration" / "routing"))

import routing_records as records  # found by the path above

PHOTO: Final = "0195583b-7a00-7000-8000-00000000aaaa"
TOKEN: Final = secrets.token_urlsafe(32)
_WORDS: Final = (
    "Jalan berlubang besar di depan pasar, sudah dua motor jatuh.",
    "Aspal terkelupas sepanjang gang, becek kalau hujan.",
    "Lubang di tikungan depan sekolah, anak-anak menyeberang di situ.",
)
_PARIT: Final = (
    "Parit tumpat penuh sampah, air meluap ke jalan.",
    "Paret tersumbat sampah, airnya meluap ke jalan.",
    "Parit tumpat, air meluap ke jalan tiap hujan.",
)
"""Of one thing: the third is merged into the first, the second waits for somebody who sees it."""


@dataclass(frozen=True)
class DeskSite:
    """The running desk.

    Attributes:
        login: the provider.
        dsn: of its database.
    """

    url: str
    login: str
    dsn: str


async def seed(dsn: str) -> None:
    """Fill a migrated database with cases, as routing's consumers make them."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2)
    now = datetime.now(UTC)
    routing = records.Routing(pool, load_pack(PACK), FixedClock(now))
    await routing.reports(
        *(
            records.received(
                number,
                text=_WORDS[number % 3],
                received_at=now - timedelta(days=3 * number),
                emergency=number == 2,
                confidential=number == 3,
            )
            for number in range(1, 7)
        ),
        records.received(7, category=None, text="Tolong bantu", received_at=now),
        records.received(
            8,
            category=None,
            place=None,
            received_at=now,
            text="Sampah menumpuk di pinggir jalan, bau sekali, sudah seminggu.",
        ),
        records.received(
            9, category="street-lights", place=None, received_at=now, text="Lampu jalan mati total."
        ),
        *(
            records.received(
                10 + number,
                category="drainage",
                received_at=now,
                text=text,
                place=records.report().place.model_copy(update={"lat": 3.585}),
            )
            for number, text in enumerate(_PARIT)
        ),
    )
    await acting.carry_out(
        pool, ComplaintId(records.complaint(12)), Merge(ComplaintId(records.complaint(10))),
        Rules(load_pack(PACK)), now,
    )  # fmt: skip
    await routing.commands(
        records.command(records.AcceptCase, number=4, version=2),
        records.command(records.ReportProgress, number=4, version=2),
        records.command(records.AskReporter, number=4, version=2),
    )
    await pool.close()


async def queued(dsn: str, count: int) -> None:
    """Add cases that wait for a dispatcher: emergencies, so that they are the first."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2)
    now = datetime.now(UTC)
    routing = records.Routing(pool, load_pack(PACK), FixedClock(now))
    await routing.reports(
        *(
            records.received(100 + number, category=None, text="Tolong bantu", received_at=now,
                             emergency=True)
            for number in range(count)
        )
    )  # fmt: skip
    await pool.close()


@contextmanager
def _internal(picture: bytes) -> Iterator[str]:
    """Role `internal` of intake as the desk asks it: one photo for each report."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            if self.path.startswith("/internal/v1/attachments/"):
                self._send(picture, "image/jpeg")
                return
            complaint = self.path.split("/")[4]
            info = AttachmentInfo(id=PHOTO, purpose="report", media_type="image/jpeg",
                                  size=len(picture), sha256="ab" * 32)  # fmt: skip
            told = AttachmentList(complaint_id=complaint, attachments=(info,))
            self._send(told.to_json(), "application/json")

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def desk_site(dsn: str, folder: Path, picture: bytes) -> Iterator[DeskSite]:
    """Both processes; browsers see the provider as another site, as in a city."""
    own, provider = free_ports(2)
    url, issuer = f"http://127.0.0.1:{own}", f"http://localhost:{provider}"
    secret = folder / "secret"
    secret.write_text(secrets.token_urlsafe(24))
    with _internal(picture) as internal:
        settings = {
            "ENVIRONMENT": "test",
            "DATABASE_URL": dsn,
            "LISTEN": f"127.0.0.1:{own}",
            "SESSION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "DESK_URL": url,
            "INTERNAL_URL": internal,
            "INTERNAL_TOKEN": TOKEN,
            "OIDC_ISSUER": issuer,
            "OIDC_CLIENT_ID": "rumah-kita",
            "OIDC_CLIENT_SECRET": secret.read_text(),
            "OIDC_ROLES_CLAIM": "roles",
            "CITY_PACK": str(PACK),
        }
        env = {"PATH": os.environ["PATH"], **{f"MRK_ROUTING_{k}": v for k, v in settings.items()}}
        simulator = [
            sys.executable, "-m", "mrk_simulators", "login", f"--listen=127.0.0.1:{provider}",
            f"--store={folder / 'login.sqlite'}", f"--issuer={issuer}", "--client-id=rumah-kita",
            f"--client-secret-file={secret}", f"--redirect={url}/masuk/kembali",
            f"--goodbye={url}/keluar/selesai", "--environment=test",
        ]  # fmt: skip
        log = folder / "desk.log"
        with log.open("wb") as out:
            processes = [
                subprocess.Popen(command, env=env, stdout=out, stderr=out)
                for command in (simulator, [sys.executable, "-m", "mrk_routing", "desk"])
            ]
        try:
            _answers(f"http://127.0.0.1:{provider}/_sim/health", log)
            _answers(f"{url}/readyz", log)
            yield DeskSite(url, issuer, dsn)
        finally:
            for each in reversed(processes):
                each.terminate()
            assert [each.wait(timeout=25) for each in processes] == [0, 0], log.read_text()[-3000:]


Open = Callable[..., Page]


def _page(person: str, path: str) -> Callable[..., Page]:
    def opened(visit: Open, site: DeskSite, **how: Any) -> Page:
        return entered(visit, site, person, path, **how)  # type: ignore[arg-type]  # url is all it asks

    return opened


def refused(visit: Open, site: DeskSite, **how: Any) -> Page:
    """A return without a reason."""
    page = entered(visit, site, "dev-sdabmbk", "/perkara/7K3-000001", **how)  # type: ignore[arg-type]  # as above
    page.click("text=Kembalikan: bukan tugas kami" if how.get("language", "id") == "id"
               else "text=Return it: not ours")  # fmt: skip
    page.click("form[action$=kembalikan] button")
    page.locator("#kembalikan-wrong").wait_for()
    return page


DESK_PAGES: Final[Mapping[str, Callable[..., Page]]] = {
    "desk-queue": _page("dev-sdabmbk", "/antrean"),
    "desk-case": _page("dev-sdabmbk", "/perkara/7K3-000004"),
    "desk-case-new": _page("dev-sdabmbk", "/perkara/7K3-000002"),
    "desk-case-confidential": _page("dev-sdabmbk", "/perkara/7K3-000003"),
    "desk-case-with-errors": refused,
    "desk-case-with-parts": _page("dev-dispatcher", "/perkara/7K3-000010"),
    "desk-case-part": _page("dev-sdabmbk", "/perkara/7K3-000012"),
    "desk-triage": _page("dev-dispatcher", "/triase"),
    "desk-leader": _page("dev-leader", "/pimpinan"),
    "desk-leader-list": _page("dev-leader", "/pimpinan/daftar?tenggat=lewat"),
    "desk-record": _page("dev-leader", "/jejak"),
    "desk-forbidden": _page("dev-sdabmbk", "/pimpinan"),
}
