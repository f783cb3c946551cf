"""What a list of the desk is asked for, as its address says it: every filter can be kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlencode

from mrk_city import CityPack
from mrk_schemas.ids import AgencyCode

MOST_PAGES: Final = 2000
WordT = TypeVar("WordT", bound=StrEnum)


class Kept(StrEnum):
    """Where cases stand, as lists tell it."""

    OPEN = "terbuka"
    """All at which somebody has to work."""
    NEW = "baru"
    ACCEPTED = "diterima"
    WORKING = "dikerjakan"
    WAITING = "menunggu"
    RESOLVED = "selesai"
    MERGED = "digabung"
    """Parts of other cases, where their work is done."""
    ENDED = "berakhir"


class Lateness(StrEnum):
    """How a case stands against its next due date."""

    LATE = "lewat"
    SOON = "segera"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter. What an address says that is none is left out, and told as such by `of`.

    Attributes:
        agency: one of those that the reader may see.
        page: from 1.
    """

    standing: Kept = Kept.OPEN
    agency: AgencyCode | None = None
    category: str | None = None
    district: str | None = None
    lateness: Lateness | None = None
    emergency: bool = False
    page: int = 1

    def query(self, page: int | None = None) -> str:
        """The part of an address that says it, without what says nothing."""
        said = {
            "keadaan": "" if self.standing is Kept.OPEN else self.standing.value,
            "instansi": self.agency or "",
            "kategori": self.category or "",
            "kecamatan": self.district or "",
            "tenggat": "" if self.lateness is None else self.lateness.value,
            "darurat": "1" if self.emergency else "",
            "halaman": "" if page in {None, 1} else str(page),
        }
        return urlencode({name: value for name, value in said.items() if value})


def of(asked: Mapping[str, str], pack: CityPack, agencies: Iterable[AgencyCode]) -> Wanted:
    """What an address asks for; a word that nobody knows filters nothing.

    Args:
        asked: the address's query.
        pack: the city.
        agencies: those that the reader may see.
    """
    agency, category = asked.get("instansi", ""), asked.get("kategori", "")
    district, page = asked.get("kecamatan", ""), asked.get("halaman", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    return Wanted(
        standing=_word(Kept, asked.get("keadaan", "")) or Kept.OPEN,
        agency=AgencyCode(agency) if agency in set(agencies) else None,
        category=category if category in pack.categories else None,
        district=district if district in pack.districts else None,
        lateness=_word(Lateness, asked.get("tenggat", "")),
        emergency=asked.get("darurat") == "1",
        page=min(max(1, number), MOST_PAGES),
    )


def _word(kind: type[WordT], written: str) -> WordT | None:
    return kind(written) if written in set(kind) else None
