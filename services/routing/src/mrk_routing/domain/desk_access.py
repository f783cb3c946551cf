"""Who may do what at the desk: one table over its addresses, and over whose case it is.

Role `desk` asks it for each request; the tests are made from it, try every cell, and fail where an
address is not in it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrk_routing.domain.desk import Person, Role
from mrk_schemas.cases import Case


class Reach(StrEnum):
    """Of which cases somebody may use an address."""

    NONE_OF_THEM = "page"
    """The address tells of no single case, or of no person's words."""
    EVERY = "every case"
    OWN = "cases of the own agencies"
    OPEN = "cases that are not confidential"


Row = Mapping[Role, Reach]


def _row(**reaches: Reach) -> Row:
    return MappingProxyType({Role[name.upper()]: reach for name, reach in reaches.items()})


_ALL: Final = _row(dispatcher=Reach.NONE_OF_THEM, officer=Reach.NONE_OF_THEM,
                   leader=Reach.NONE_OF_THEM)  # fmt: skip
_LISTS: Final = _row(dispatcher=Reach.EVERY, officer=Reach.OWN)
_CASE: Final = _LISTS
_OFFICER: Final = _row(officer=Reach.OWN)
_DISPATCHER: Final = _row(dispatcher=Reach.EVERY)
_LEADER: Final = _row(leader=Reach.NONE_OF_THEM)
_VIEWS: Final = _row(dispatcher=Reach.NONE_OF_THEM, officer=Reach.NONE_OF_THEM)
_FILES: Final = _row(dispatcher=Reach.OPEN, officer=Reach.OWN)

ONE: Final = "/perkara/{number}"

TABLE: Final[Mapping[tuple[str, str], Row]] = MappingProxyType(
    {
        ("GET", "/"): _ALL,
        ("GET", "/triase"): _DISPATCHER,
        ("GET", "/antrean"): _LISTS,
        ("GET", "/antrean.csv"): _LISTS,
        ("POST", "/antrean/terima"): _OFFICER,
        ("GET", "/perubahan"): _LISTS,
        ("POST", "/tampilan"): _VIEWS,
        ("POST", "/tampilan/hapus"): _VIEWS,
        ("GET", ONE): _CASE,
        ("POST", f"{ONE}/catatan"): _CASE,
        ("POST", f"{ONE}/rahasia"): _OFFICER,
        ("GET", f"{ONE}/berkas/{{attachment:uuid}}"): _FILES,
        ("POST", f"{ONE}/terima"): _OFFICER,
        ("POST", f"{ONE}/kembalikan"): _OFFICER,
        ("POST", f"{ONE}/kemajuan"): _OFFICER,
        ("POST", f"{ONE}/tanya"): _OFFICER,
        ("POST", f"{ONE}/selesai"): _OFFICER,
        ("POST", f"{ONE}/tugaskan"): _DISPATCHER,
        ("POST", f"{ONE}/teruskan"): _DISPATCHER,
        ("POST", f"{ONE}/tutup"): _DISPATCHER,
        ("POST", f"{ONE}/gabungkan"): _DISPATCHER,
        ("POST", f"{ONE}/pisahkan"): _DISPATCHER,
        ("GET", "/pimpinan"): _LEADER,
        ("GET", "/pimpinan/daftar"): _LEADER,
        ("GET", "/jejak"): _LEADER,
    }
)
"""What is not in it is refused."""


def may(person: Person, method: str, path: str) -> bool:
    """Whether somebody may use an address at all.

    Args:
        method: of the request.
        path: the route's template.
    """
    return bool(_reaches(person, method, path))


def may_see(person: Person, method: str, path: str, case: Case) -> bool:
    """Whether somebody may use an address of this case."""
    for reach in _reaches(person, method, path):
        match reach:
            case Reach.EVERY:
                return True
            case Reach.OWN:
                if person.works_for(case.owner):
                    return True
            case Reach.OPEN:
                if not case.confidential:
                    return True
            case Reach.NONE_OF_THEM:
                pass
    return False


def _reaches(person: Person, method: str, path: str) -> list[Reach]:
    row = TABLE.get(("GET" if method == "HEAD" else method, path), {})
    return [reach for role, reach in row.items() if person.is_(role)]
