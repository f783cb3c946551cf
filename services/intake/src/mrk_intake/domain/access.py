"""Who may see what: one table over every address of intake at which identities or reports matter.

Role `staff` asks it for each request. For the others it says what their own code must do; the
tests are generated from it, try every cell, and fail where an address is not in it.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from mrk_intake.domain.staff import Role


class Process(StrEnum):
    """The role of intake that answers."""

    HTTP = "http"
    WEB = "web"
    STAFF = "staff"
    INTERNAL = "internal"


class Viewer(StrEnum):
    """Who asks."""

    NOBODY = "nobody"
    """Somebody who proves nothing."""
    REPORTER = "reporter"
    """Whoever has the tracking secret."""
    FOLLOWER = "follower"
    """Whoever has the secret of a follow."""
    OPERATOR = "operator"
    INSPEKTORAT = "inspektorat"
    NOTIFY = "notify"
    BRIDGE = "spanlapor-bridge"
    ROUTING = "routing"


class Shown(StrEnum):
    """What an address shows, or takes."""

    PAGE = "page"
    """Nothing of any report."""
    TAKES = "takes"
    """Takes a report, or what belongs to one, and tells its sender alone."""
    PUBLIC_REPORT = "public report"
    """Number, state, timeline, and what was published masked."""
    HIDDEN_REPORT = "hidden report"
    """The same of a confidential report."""
    WHISTLE_REPORT = "whistle-blowing report"
    """The same of whistle-blowing: number, state, times."""
    WHISTLE_CONTENT = "whistle-blowing content"
    """What was reported, as written, with its place."""
    CONTACT = "contact"
    """Name and addresses of a reporter."""
    ANONYMOUS_CONTACT = "anonymous contact"
    """The same of somebody who reported anonymously."""
    WHISTLE_CONTACT = "whistle-blower's contact"
    """The same of a whistle-blower who gave a name."""
    CONFIDENTIAL_PLACE = "confidential place"
    CONFIDENTIAL_DETAILS = "confidential details"
    """What a category asks for, as the reporter of a confidential report stated it."""
    FOLLOW = "follow"
    """Name and addresses of somebody who follows a report, and since when."""
    PUBLIC_FILE = "public file"
    HIDDEN_FILE = "hidden file"
    WHISTLE_FILE = "whistle-blowing file"


class Endpoint(NamedTuple):
    """An address, by its route's template."""

    process: Process
    method: str
    path: str


Row = Mapping[Shown, frozenset[Viewer]]

_ALL: Final = frozenset(Viewer)
_REPORTER: Final = frozenset({Viewer.REPORTER})
_OPERATOR: Final = frozenset({Viewer.OPERATOR})
_INSPEKTORAT: Final = frozenset({Viewer.INSPEKTORAT})
_STAFF: Final = _OPERATOR | _INSPEKTORAT
_PAGE: Final[Row] = MappingProxyType({Shown.PAGE: _ALL})
_TAKES: Final[Row] = MappingProxyType({Shown.TAKES: _ALL})
_ONES_REPORT: Final[Row] = MappingProxyType(
    {
        Shown.PUBLIC_REPORT: _ALL,
        Shown.HIDDEN_REPORT: _REPORTER,
        Shown.WHISTLE_REPORT: _REPORTER,
    }
)
_PROVEN: Final[Row] = MappingProxyType(
    dict.fromkeys((Shown.PUBLIC_REPORT, Shown.HIDDEN_REPORT, Shown.WHISTLE_REPORT), _REPORTER)
)
_OWN: Final[Row] = MappingProxyType(
    dict.fromkeys(
        (
            Shown.PUBLIC_REPORT, Shown.HIDDEN_REPORT, Shown.WHISTLE_REPORT, Shown.CONTACT,
            Shown.ANONYMOUS_CONTACT, Shown.WHISTLE_CONTACT, Shown.WHISTLE_CONTENT,
            Shown.CONFIDENTIAL_PLACE, Shown.CONFIDENTIAL_DETAILS,
        ),
        _REPORTER,
    )
)  # fmt: skip
_OWN_CONTACT: Final[Row] = MappingProxyType(
    {
        **_PROVEN,
        **dict.fromkeys((Shown.CONTACT, Shown.ANONYMOUS_CONTACT, Shown.WHISTLE_CONTACT), _REPORTER),
    }
)
_FOLLOWER: Final = frozenset({Viewer.FOLLOWER})
_FOLLOW: Final[Row] = MappingProxyType({Shown.PUBLIC_REPORT: _FOLLOWER, Shown.FOLLOW: _FOLLOWER})
_FOLLOW_OR_DOOR: Final[Row] = MappingProxyType({Shown.PAGE: _ALL, Shown.FOLLOW: _FOLLOWER})
_FILES: Final[Row] = MappingProxyType(
    {Shown.PUBLIC_FILE: _ALL, Shown.HIDDEN_FILE: _REPORTER, Shown.WHISTLE_FILE: _REPORTER}
)
_LISTS: Final[Row] = MappingProxyType({Shown.PUBLIC_REPORT: _ALL})
_ROUTING: Final = frozenset({Viewer.ROUTING})
_BOTH: Final = frozenset({Viewer.ROUTING, Viewer.BRIDGE})
_SHARED: Final[Row] = MappingProxyType({Shown.PUBLIC_FILE: _BOTH, Shown.HIDDEN_FILE: _ROUTING})
_ACTIONS: Final = ("information", "answer", "withdrawal", "confirmation", "dispute", "rating")


def _rows(process: Process, rows: Mapping[str, tuple[str, Row]]) -> dict[Endpoint, Row]:
    return {
        Endpoint(process, method, path): row
        for path, (methods, row) in rows.items()
        for method in methods.split()
    }


_ONE: Final = "/api/v1/reports/{tracking_number}"
_311: Final = "/open311/v2"
_HTTP: Final[Mapping[str, tuple[str, Row]]] = {
    "/api/v1/reports": ("POST", _TAKES),
    _ONE: ("GET", _ONES_REPORT),
    f"{_ONE}/data": ("GET", _OWN),
    f"{_ONE}/erasure": ("GET", _PROVEN),
    **{f"{_ONE}/{action}": ("POST", _PROVEN) for action in _ACTIONS},
    f"{_ONE}/contact": ("PUT PATCH", _PROVEN),
    f"{_ONE}/restriction": ("PUT DELETE", _PROVEN),
    f"{_ONE}/followers": ("POST", _LISTS),
    f"{_ONE}/following": ("GET DELETE", _FOLLOW),
    "/api/v1/attachments/{name}": ("GET", _FILES),
    "/api/v1/attachments/{name}/thumbnail": ("GET", _FILES),
    "/api/v1/uploads": ("POST OPTIONS", _TAKES),
    "/api/v1/uploads/{token}": ("HEAD PATCH GET DELETE OPTIONS", _TAKES),
    "/openapi.json": ("GET", _PAGE),
    f"{_311}/discovery.{{format}}": ("GET", _PAGE),
    f"{_311}/services.{{format}}": ("GET", _PAGE),
    f"{_311}/services/{{code}}.{{format}}": ("GET", _PAGE),
    f"{_311}/requests.csv": ("GET", _LISTS),
    f"{_311}/requests.{{format}}": ("GET POST", _LISTS),
    f"{_311}/requests/{{id}}.{{format}}": ("GET", _LISTS),
    f"{_311}/tokens/{{token}}.{{format}}": ("GET", _LISTS),
    f"{_311}/servicerequestupdates.{{format}}": ("GET POST", _LISTS),
    f"{_311}/{{rest:path}}": ("GET", {}),
}
_FORM_PARTS: Final[Mapping[str, tuple[str, Row]]] = {
    "/bahasa/{language:str}": ("GET", _PAGE),
    "/bantu/kelurahan": ("GET", _PAGE),
    "/static/{digest}/{name:path}": ("GET", _PAGE),
}
_WEB: Final[Mapping[str, tuple[str, Row]]] = {
    **_FORM_PARTS,
    "/": ("GET", _PAGE),
    "/lapor": ("GET POST", _TAKES),
    "/lacak": ("GET POST", _ONES_REPORT),
    "/laporan": ("GET", _LISTS),
    "/laporan.atom": ("GET", _LISTS),
    "/laporan.geojson": ("GET", _LISTS),
    "/berkas/{name}": ("GET", _FILES),
    "/berkas/{name}/thumbnail": ("GET", _FILES),
    "/laporan/{number}/berkas/{name}": ("GET", _FILES),
    "/laporan/{number}/berkas/{name}/thumbnail": ("GET", _FILES),
    "/api/v1/uploads": ("POST OPTIONS", _TAKES),
    "/api/v1/uploads/{token}": ("HEAD PATCH GET DELETE OPTIONS", _TAKES),
    "/antrean": ("GET", _PAGE),
    "/luring": ("GET", _PAGE),
    "/pekerja.js": ("GET", _PAGE),
    "/aplikasi/{language}.webmanifest": ("GET", _PAGE),
    "/robots.txt": ("GET", _PAGE),
    "/sitemap.xml": ("GET", _PAGE),
    "/laporan/{number}": ("GET", _ONES_REPORT),
    "/laporan/{number}/tanda-terima": ("GET", _PROVEN),
    "/laporan/{number}/kontak": ("GET", _OWN_CONTACT),
    "/laporan/{number}/pembatasan": ("GET POST", _PROVEN),
    "/laporan/{number}/ikuti": ("POST", _LISTS),
    "/laporan/{number}/ikut": ("GET", _FOLLOW_OR_DOOR),
    "/laporan/{number}/ikut/data": ("GET", _FOLLOW),
    "/laporan/{number}/ikut/berhenti": ("POST", _PAGE),
    "/laporan/{number}/{action}": ("POST", _PROVEN),
    "/tentang": ("GET", _PAGE),
    "/bantu/kategori": ("POST", _PAGE),
    "/bantu/serupa": ("POST", _LISTS),
    "/bantu/tempat": ("POST", _PAGE),
}
_OPERATORS: Final[Row] = MappingProxyType({Shown.TAKES: _OPERATOR})
_RECEIPTS: Final[Row] = MappingProxyType({Shown.TAKES: _OPERATOR})
_LISTED: Final[Row] = MappingProxyType({Shown.WHISTLE_REPORT: _INSPEKTORAT})
_CONTENT: Final[Row] = MappingProxyType(
    {Shown.WHISTLE_REPORT: _INSPEKTORAT, Shown.WHISTLE_CONTENT: _INSPEKTORAT}
)
_ONE_OF: Final = "/inspektorat/{number}"
_STAFF_ROWS: Final[Mapping[str, tuple[str, Row]]] = {
    **_FORM_PARTS,
    "/api/v1/uploads": ("POST OPTIONS", _OPERATORS),
    "/api/v1/uploads/{token}": ("HEAD PATCH GET DELETE OPTIONS", _OPERATORS),
    "/masuk": ("GET", _PAGE),
    "/masuk/kembali": ("GET", _PAGE),
    "/keluar": ("POST", _PAGE),
    "/keluar/selesai": ("GET", _PAGE),
    "/": ("GET", MappingProxyType({Shown.PAGE: _STAFF})),
    "/lapor": ("GET POST", _OPERATORS),
    "/laporan/{number}/tanda-terima": ("GET", _RECEIPTS),
    "/bantu/kategori": ("POST", _OPERATORS),
    "/bantu/tempat": ("POST", _OPERATORS),
    "/inspektorat": ("GET", _LISTED),
    _ONE_OF: ("GET", _LISTED),
    f"{_ONE_OF}/isi": ("POST", _CONTENT),
    f"{_ONE_OF}/catatan": ("POST", _CONTENT),
    f"{_ONE_OF}/keadaan": ("POST", _CONTENT),
    f"{_ONE_OF}/kontak": (
        "POST",
        MappingProxyType({**_CONTENT, Shown.WHISTLE_CONTACT: _INSPEKTORAT}),
    ),
    f"{_ONE_OF}/lampiran/{{attachment:uuid}}": (
        "POST",
        MappingProxyType({Shown.WHISTLE_FILE: _INSPEKTORAT}),
    ),
}
_INTERNAL: Final[Mapping[str, tuple[str, Row]]] = {
    "/internal/v1/contacts/{reporter}": (
        "GET",
        MappingProxyType(
            {
                Shown.CONTACT: frozenset({Viewer.NOTIFY, Viewer.BRIDGE}),
                Shown.ANONYMOUS_CONTACT: frozenset({Viewer.NOTIFY}),
                Shown.WHISTLE_CONTACT: frozenset({Viewer.NOTIFY}),
            }
        ),
    ),
    "/internal/v1/places/{complaint_id}": (
        "GET", MappingProxyType({Shown.CONFIDENTIAL_PLACE: _ROUTING}),
    ),
    "/internal/v1/details/{complaint_id}": (
        "GET", MappingProxyType({Shown.CONFIDENTIAL_DETAILS: _ROUTING}),
    ),
    "/internal/v1/reports/{complaint_id}/attachments": ("GET", _SHARED),
    "/internal/v1/attachments/{attachment_id}": ("GET", _SHARED),
    "/internal/v1/proofs/{attachment_id}": (
        "GET", MappingProxyType({Shown.TAKES: _ROUTING}),
    ),
    "/internal/v1/reports/{complaint_id}/proofs": (
        "POST", MappingProxyType({Shown.TAKES: _ROUTING}),
    ),
}  # fmt: skip

TABLE: Final[Mapping[Endpoint, Row]] = MappingProxyType(
    {
        **_rows(Process.HTTP, _HTTP),
        Endpoint(Process.HTTP, "DELETE", _ONE): _PROVEN,
        # these lead back to the report's own page, and show nothing themselves
        Endpoint(Process.WEB, "GET", "/laporan/{number}/{action}"): _PAGE,
        Endpoint(Process.WEB, "POST", "/laporan/{number}/kontak"): _PROVEN,
        Endpoint(Process.WEB, "GET", "/laporan/{number}/ikuti"): _PAGE,
        Endpoint(Process.WEB, "POST", "/laporan/{number}/ikut"): _PAGE,
        **_rows(Process.WEB, _WEB),
        **_rows(Process.STAFF, _STAFF_ROWS),
        **_rows(Process.INTERNAL, _INTERNAL),
    }
)
"""What is not in it is refused."""


def may(roles: Collection[Role], method: str, path: str) -> bool:
    """Whether people of these roles may use an address of role `staff`.

    Args:
        roles: what a person's claim gave.
        method: of the request.
        path: the route's template.
    """
    asked = "GET" if method == "HEAD" else method
    row = TABLE.get(Endpoint(Process.STAFF, asked, path), {})
    viewers = {Viewer(role.value) for role in roles}
    return any(viewers & allowed for allowed in row.values())
