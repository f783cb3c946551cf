"""The table of access, cell by cell: what it allows works, what it does not say is refused."""

import io
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from staff_kit import Staff, StaffBrowser, staffed
from starlette.routing import Route
from web_visitors import OWN, visitor, web_settings

from mrk_city import CityPack
from mrk_intake.applications import pages_for_residents, storing
from mrk_intake.domain.access import TABLE, Endpoint, Process, Row, Shown, Viewer

NAME: Final = "Butet Simanjuntak"
REFUSED: Final = frozenset({401, 403, 404, 415})
"""415 is no answer to somebody whom a door would have refused before it reads the body."""

WHY: Final = {"purpose": "examination"}
VIEWERS: Final = {
    Process.HTTP: (Viewer.NOBODY, Viewer.REPORTER, Viewer.FOLLOWER),
    Process.WEB: (Viewer.NOBODY, Viewer.REPORTER, Viewer.FOLLOWER),
    Process.STAFF: (Viewer.NOBODY, Viewer.REPORTER, Viewer.OPERATOR, Viewer.INSPEKTORAT),
    Process.INTERNAL: (Viewer.NOBODY, Viewer.REPORTER, Viewer.NOTIFY, Viewer.BRIDGE,
                       Viewer.ROUTING),
}  # fmt: skip
"""Who can prove at a process to be somebody; all others are nobody there."""

REPORT_OF: Final = {
    Shown.PUBLIC_REPORT: "public",
    Shown.HIDDEN_REPORT: "hidden",
    Shown.WHISTLE_REPORT: "whistle",
    Shown.WHISTLE_CONTENT: "whistle",
    Shown.CONTACT: "public",
    Shown.ANONYMOUS_CONTACT: "anonymous",
    Shown.WHISTLE_CONTACT: "whistle",
    Shown.CONFIDENTIAL_PLACE: "hidden",
    Shown.CONFIDENTIAL_DETAILS: "hidden",
    Shown.FOLLOW: "public",
    Shown.PUBLIC_FILE: "public",
    Shown.HIDDEN_FILE: "hidden",
    Shown.WHISTLE_FILE: "whistle",
}
PLACE: Final = "Gang Tersembunyi, Kesawan, Medan Barat"
WIDTH: Final = "731"
FOLLOWER: Final = "pengikut@contoh.id"
WORDS: Final = "Pegawai loket meminta uang pelicin untuk mengurus izin usaha."
KINDS: Final[dict[str, dict[str, Any]]] = {
    "public": {},
    "hidden": {
        "confidential": True,
        "address": PLACE,
        "category": "roads",
        "attributes": {"hole-width-cm": WIDTH},
    },
    "anonymous": {"anonymous": True},
    "whistle": {"kind": "whistleblowing", "category": None, "text": WORDS},
}
PRIVATE: Final = {
    Shown.CONTACT: NAME,
    Shown.ANONYMOUS_CONTACT: NAME,
    Shown.WHISTLE_CONTACT: NAME,
    Shown.WHISTLE_CONTENT: WORDS,
    Shown.CONFIDENTIAL_PLACE: PLACE,
    Shown.CONFIDENTIAL_DETAILS: WIDTH,
    Shown.FOLLOW: FOLLOWER,
}
"""What an answer holds that shows such a field."""
FILES: Final = frozenset({Shown.PUBLIC_FILE, Shown.HIDDEN_FILE, Shown.WHISTLE_FILE})
BODIES: Final[dict[str, dict[str, Any]]] = {
    "information": {"text": "Sekarang ada dua lubang lagi."},
    "answer": {"text": "Di depan rumah nomor dua."},
    "followers": {"contact": {"email": FOLLOWER}},
    "contact": {"name": NAME, "email": "butet@warga.example"},
    "withdrawal": {},
    "confirmation": {},
    "dispute": {"text": "Masih berlubang sampai hari ini."},
    "rating": {"rating": 4},
}
SLUG: Final = "keterangan"


@dataclass
class City:
    """Every application over one database, with a report of each kind."""

    intake: Any
    staff: Staff
    web: httpx.AsyncClient
    people: dict[Viewer, StaffBrowser]
    reports: dict[str, dict[str, Any]]
    follow: str
    apps: dict[Process, Any]

    async def ask(
        self, endpoint: Endpoint, viewer: Viewer, report: dict[str, Any]
    ) -> httpx.Response:
        """Ask as somebody, of one report."""
        path = endpoint.path
        for name, value in (
            ("{tracking_number}", report["tracking_number"]),
            ("{number}", report["tracking_number"]),
            ("{reporter}", report["reporter"]),
            ("{complaint_id}", str(report["id"])),
            ("{attachment_id}", str(report["attachment"])),
            ("{attachment:uuid}", str(report["attachment"])),
            ("{name}", report["file"]),
            ("{action}", SLUG),
        ):
            path = path.replace(name, value)
        secret = report["tracking_secret"] if viewer is Viewer.REPORTER else None
        follow = self.follow if viewer is Viewer.FOLLOWER else None
        match endpoint.process:
            case Process.HTTP:
                return await self._http(endpoint, path, secret, follow)
            case Process.WEB:
                return await self._web(endpoint, path, report, secret, follow)
            case Process.STAFF:
                return await self._staff(endpoint, path, viewer)
            case Process.INTERNAL:
                return await self._internal(endpoint, path, viewer)

    async def _http(
        self, endpoint: Endpoint, path: str, secret: str | None, follow: str | None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        if secret is not None:
            headers["X-Tracking-Secret"] = secret
        if follow is not None:
            headers["X-Follow-Secret"] = follow
        sends = endpoint.method in {"POST", "PUT", "PATCH"}
        body = BODIES.get(path.rpartition("/")[2]) if sends else None
        found: httpx.Response = await self.intake.public.request(
            endpoint.method, path, headers=headers, json=body
        )
        if endpoint.method == "PUT" and path.endswith("/restriction"):
            # for whoever asks next
            await self.intake.public.delete(path, headers=headers)
        return found

    async def _web(
        self, endpoint: Endpoint, path: str, report: dict[str, Any], secret: str | None,
        follow: str | None,
    ) -> httpx.Response:  # fmt: skip
        number = report["tracking_number"]
        self.web.cookies.clear()  # of whoever asked before
        proofs = {"bukti": secret, "ikut": follow}
        cookie = "; ".join(f"{name}={value}" for name, value in proofs.items() if value)
        cookies = {"Cookie": cookie} if cookie else {}
        data = {"number": number, "secret": secret or ""}
        if path.startswith("/laporan/"):
            data = {
                "kunci": secrets.token_urlsafe(24), "text": "Sekarang ada dua lubang lagi.",
                "secret": follow or "", "email": FOLLOWER,
            }  # fmt: skip
        if path.endswith("/kontak"):
            data = BODIES["contact"]
        found = await self.web.request(
            endpoint.method, path, headers={**OWN, **cookies},
            data=data if endpoint.method == "POST" else None,
        )  # fmt: skip
        if endpoint.method == "POST" and path.endswith("/pembatasan"):
            # for whoever asks next
            await self.web.post(path, headers={**OWN, **cookies}, data={"cabut": "1"})
        return found

    async def _staff(self, endpoint: Endpoint, path: str, viewer: Viewer) -> httpx.Response:
        browser = self.people.get(viewer) or self.people[Viewer.NOBODY]
        if endpoint.method == "GET":
            return await browser.open(path)
        if path.startswith("/bantu/"):
            return await browser.client.post(path, json={}, headers=OWN)
        if path.startswith("/api/"):
            return await browser.client.request(endpoint.method, path, headers=OWN)
        form = await browser.form() if path == "/lapor" else WHY
        more = {"kunci": str(uuid4()), "note": "Cek lagi.", "state": "examining"}
        return await browser.post(path, **{**more, **form})

    async def _internal(self, endpoint: Endpoint, path: str, viewer: Viewer) -> httpx.Response:
        headers = {"X-Purpose": "test.read"}
        token = self.intake.tokens.get(viewer.value)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if endpoint.method == "POST":
            headers["Content-Type"] = "image/jpeg"
        found: httpx.Response = await self.intake.internal.request(
            endpoint.method, path, headers=headers,
            content=_photo() if endpoint.method == "POST" else None,
        )  # fmt: skip
        return found


def _photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (secrets.randbelow(256), 0, 0)).save(out, "JPEG")
    return out.getvalue()


async def _reported(intake: Any, **how: Any) -> dict[str, Any]:
    url = await intake.uploaded(_photo())
    found: dict[str, Any] = await intake.accepted(attachments=[url.rpartition("/")[2]], **how)
    row = await intake.pool.fetchrow(
        "select v.reporter, a.id, a.name from vault v join report_attachment using (complaint)"
        " join attachment a on a.id = attachment where complaint = $1", found["id"],
    )  # fmt: skip
    return found | {"reporter": str(row["reporter"]), "attachment": row["id"], "file": row["name"]}


@pytest.fixture
async def city(intake: Any, pack: CityPack) -> AsyncIterator[City]:
    async with AsyncExitStack() as kept:
        staff = await kept.enter_async_context(staffed(intake, pack))
        settings = web_settings(intake)
        coalescer = storing(settings, pack, intake.acceptance.write)
        await kept.enter_async_context(coalescer.running())
        pages = pages_for_residents(settings, pack, intake.pool, intake.clock, coalescer.submit)
        web = await kept.enter_async_context(visitor(pages))
        web.follow_redirects = False
        people = {
            Viewer.NOBODY: await kept.enter_async_context(staff.browser()),
            Viewer.OPERATOR: await kept.enter_async_context(staff.logged_in("dev-operator")),
            Viewer.INSPEKTORAT: await kept.enter_async_context(staff.logged_in("dev-inspektorat")),
        }
        reports = {kind: await _reported(intake, **how) for kind, how in KINDS.items()}
        followed = await intake.public.post(
            f"/api/v1/reports/{reports['public']['tracking_number']}/followers",
            headers={"Idempotency-Key": secrets.token_hex(16)}, json=BODIES["followers"],
        )  # fmt: skip
        apps = {
            Process.HTTP: intake.public._transport.app,
            Process.WEB: pages,
            Process.STAFF: staff.app,
            Process.INTERNAL: intake.internal._transport.app,
        }
        yield City(intake, staff, web, people, reports, followed.json()["follow_secret"], apps)


def _routes(app: Any, seen: set[int]) -> Iterator[Route]:
    """The routes of an application, whatever stands around it."""
    if id(app) in seen or isinstance(app, (str, bytes, int, float, type)):
        return
    seen.add(id(app))
    if isinstance(app, Route):
        yield app
        return
    inside: list[Any] = []
    if isinstance(app, (list, tuple)):
        inside = list(app)
    elif type(app).__module__.startswith(("mrk_", "starlette.")):
        slots = getattr(type(app), "__slots__", ())
        inside = [getattr(app, name, None) for name in slots if isinstance(name, str)]
        inside += list(getattr(app, "__dict__", {}).values())
    elif getattr(app, "__module__", "").startswith("mrk_"):
        inside = [cell.cell_contents for cell in getattr(app, "__closure__", None) or ()]
    for each in inside:
        yield from _routes(each, seen)


async def test_every_route_is_in_the_table_and_the_table_has_no_other(city: City) -> None:
    for process, app in city.apps.items():
        found = {
            (method, route.path)
            for route in _routes(app, set())
            for method in route.methods or ()
            if method != "HEAD" or "/uploads" in route.path
        }
        listed = {(each.method, each.path) for each in TABLE if each.process is process}
        if process is Process.HTTP:
            # Open311 answers methods that it does not take by its own kind of error
            found = {each for each in found if not each[1].startswith("/open311") or each in listed}
        assert found == listed, process


def _cells(process: Process, shown: frozenset[Shown]) -> list[tuple[Endpoint, Row, Shown, Viewer]]:
    return [
        (endpoint, row, each, viewer)
        for endpoint, row in TABLE.items()
        if endpoint.process is process and endpoint.method != "DELETE"
        for each in Shown
        if each in shown and not _taken_elsewhere(endpoint, each)
        for viewer in VIEWERS[process]
    ]


def _taken_elsewhere(endpoint: Endpoint, shown: Shown) -> bool:
    """Cells that no request can be made of: the address is not about one report, or answers only
    once the report is erased (test_erase)."""
    lists = "/open311" in endpoint.path or endpoint.path.endswith("/erasure")
    files = shown in FILES
    about_files = any(
        part in endpoint.path for part in ("attachment", "lampiran", "berkas", "/proofs/{")
    )
    about_one = (
        any(part in endpoint.path for part in ("number}", "{name}", "{reporter}", "{complaint_id}"))
        or endpoint.path == "/lacak"
    )
    return lists or files != about_files or not (about_one or about_files)


_OF_REPORTS: Final = frozenset(REPORT_OF)


async def _try(city: City, process: Process) -> int:
    wrong, tried = [], 0
    for endpoint, row, shown, viewer in _cells(process, _OF_REPORTS):
        if endpoint == Endpoint(Process.WEB, "GET", "/lacak"):
            continue
        if Shown.PAGE in row and shown not in row:
            continue
        report = city.reports[REPORT_OF[shown]]
        answer = await city.ask(endpoint, viewer, report)
        tried += 1
        refused = _refused(endpoint, answer)
        if viewer in row.get(shown, ()):
            right = not refused and PRIVATE.get(shown, "") in answer.text
        else:
            right = refused or not _shows(answer, shown, report)
        if not right:
            wrong.append((*endpoint, shown.value, viewer.value, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    return tried


def _shows(answer: httpx.Response, shown: Shown, report: dict[str, Any]) -> bool:
    """Whether an answer holds a field; another one may be what the address let through."""
    if shown in FILES:
        image = answer.headers.get("content-type", "").startswith("image/")
        return image or str(report["attachment"]) in answer.text or report["file"] in answer.text
    return PRIVATE.get(shown, report["tracking_number"]) in answer.text


def _refused(endpoint: Endpoint, answer: httpx.Response) -> bool:
    if answer.status_code == 303:
        # to the login; or from a page of the reporter's to the one that everybody sees
        to = answer.headers["location"]
        return to.startswith("/masuk") or endpoint.path.endswith("/tanda-terima")
    return answer.status_code in REFUSED


@pytest.mark.parametrize("process", list(Process))
async def test_each_cell_of_reports_is_as_the_table_says(city: City, process: Process) -> None:
    least = {Process.HTTP: 100, Process.WEB: 40, Process.STAFF: 200, Process.INTERNAL: 80}
    assert await _try(city, process) >= least[process]


async def test_each_address_of_staff_lets_in_whom_the_table_names(city: City) -> None:
    """Also those that are about no report: the form, the list, the hints."""
    for endpoint, row in TABLE.items():
        if endpoint.process is not Process.STAFF or Viewer.NOBODY in row.get(Shown.PAGE, ()):
            continue
        allowed = frozenset().union(*row.values())
        own = any(part in endpoint.path for part in ("/laporan/", "/{token}"))
        kind = "public" if "/laporan/" in endpoint.path else "whistle"
        for viewer in VIEWERS[Process.STAFF]:
            if viewer in allowed and own:
                continue  # they need a proof, or a token, too: test_staff_behalf
            answer = await city.ask(endpoint, viewer, city.reports[kind])
            expected = viewer not in allowed
            assert _refused(endpoint, answer) is expected, (endpoint, viewer, answer.status_code)


async def test_a_closed_door_tells_nothing_and_reads_nothing(city: City) -> None:
    whistle = city.reports["whistle"]
    for endpoint in (each for each in TABLE if each.process is Process.STAFF):
        for viewer in (Viewer.NOBODY, Viewer.OPERATOR):
            answer = await city.ask(endpoint, viewer, whistle)
            assert NAME not in answer.text, (endpoint, viewer)
            assert WORDS not in answer.text, (endpoint, viewer)
    assert await city.intake.count("staff_read") == 0


async def test_the_lists_of_open311_show_public_reports_alone(city: City) -> None:
    shown = await city.intake.public.get("/open311/v2/requests.json")
    assert shown.status_code == 200
    for kind in ("hidden", "whistle"):
        number = city.reports[kind]["tracking_number"]
        assert number not in shown.text
        one = await city.intake.public.get(f"/open311/v2/requests/{number}.json")
        assert one.status_code == 404
    assert city.reports["public"]["tracking_number"] in shown.text
    assert NAME not in shown.text
