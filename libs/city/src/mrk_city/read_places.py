"""Reads what a city is and how it speaks: its places and agencies."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from mrk_city.address_speech import AddressSpeech
from mrk_city.ids import AgencyCode, DistrictCode, SubdistrictCode
from mrk_city.models import Agency, City, District, Subdistrict
from mrk_city.problems import Problems
from mrk_city.sources import Item, read_csv, read_yaml
from mrk_city.text import Speech

CITY, SPEECH = "city.yaml", "speech.yaml"
DISTRICTS, SUBDISTRICTS = "districts.csv", "subdistricts.csv"
AGENCIES = "agencies.yaml"


@dataclass(frozen=True, slots=True)
class SpeechData:
    """What ``speech.yaml`` states."""

    text: Speech
    address: AddressSpeech


def read_city(folder: Path, problems: Problems) -> City:
    """``city.yaml``."""
    root = read_yaml(folder, CITY, problems)
    fields = root.fields("name code code_system time_zone locales bounds reach_km emergency")
    locales = fields["locales"].texts()
    unknown = [name for name in locales if name not in ("id", "en")]
    if unknown:
        fields["locales"].bad(f"locale '{unknown[0]}' has no texts", "use id and en")
    bounds = fields["bounds"].fields("south north west east")
    emergency = fields["emergency"].fields("number words")
    south, north = (bounds[side].number(-90, 90) for side in ("south", "north"))
    west, east = (bounds[side].number(-180, 180) for side in ("west", "east"))
    if fields["bounds"].present and not (south < north and west < east):
        fields["bounds"].bad("the bounds enclose nothing", "south < north and west < east")
    return City(
        names=fields["name"].names(locales),
        code=fields["code"].text(),
        # BPS numbers other cities with the same digits: the system is named, never assumed.
        code_system=fields["code_system"].choice(("kemendagri",)),
        time_zone=_zone(fields["time_zone"]),
        locales=locales,
        bounds=(south, north, west, east),
        reach_km=fields["reach_km"].number(0.1, 500),
        emergency_number=emergency["number"].text(),
        emergency_words=emergency["words"].texts(),
        line=root.line,
    )


def _zone(item: Item) -> str:
    name = item.text()
    try:
        ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        item.bad(f"'{name}' is no time zone", "use an IANA name such as Asia/Jakarta")
        return "UTC"
    return name or "UTC"


def read_speech(folder: Path, problems: Problems) -> SpeechData:
    """``speech.yaml``."""
    fields = read_yaml(folder, SPEECH, problems).fields("text address")
    text = fields["text"].fields("same skip endings")
    address = fields["address"].fields(
        "same city subdistrict district street street_fillers numerals",
        "titles near heads kinds follow roads elsewhere",
    )
    return SpeechData(
        Speech(
            same=_spellings(text["same"]),
            skip=frozenset(text["skip"].texts()),
            endings=text["endings"].texts(),
        ),
        AddressSpeech(
            same=_spellings(address["same"]),
            city=address["city"].text(),
            subdistrict=frozenset(address["subdistrict"].texts()),
            district=frozenset(address["district"].texts()),
            street=frozenset(address["street"].texts()),
            street_fillers=frozenset(address["street_fillers"].texts()),
            numerals=frozenset(address["numerals"].texts()),
            titles=frozenset(address["titles"].texts()),
            near=frozenset(address["near"].texts()),
            heads={head: said.texts() for head, said in address["heads"].pairs()},
            kinds=frozenset(address["kinds"].texts()),
            follow=frozenset(address["follow"].texts()),
            roads=frozenset(address["roads"].texts()),
            elsewhere=address["elsewhere"].texts(),
        ),
    )


def _spellings(item: Item) -> dict[str, str]:
    found: dict[str, str] = {}
    for word, spellings in item.pairs():
        for spelling in spellings.items():
            written = spelling.text()
            if written in found or written == word:
                other = found.get(written, word)
                spelling.bad(f"'{written}' is already read as '{other}'", "keep one of them")
            found[written] = word
    return found


def read_districts(folder: Path, problems: Problems) -> list[District]:
    """``districts.csv``."""
    rows = read_csv(folder, DISTRICTS, ("code", "name", "everyday"), problems)
    return [
        District(DistrictCode(row["code"]), row["name"], row["everyday"] == "yes", line)
        for line, row in rows
    ]


def read_subdistricts(folder: Path, problems: Problems) -> list[Subdistrict]:
    """``subdistricts.csv``."""
    columns = ("code", "name", "district_code", "lat", "lon", "postal_code", "aliases", "everyday")
    found: list[Subdistrict] = []
    for line, row in read_csv(folder, SUBDISTRICTS, columns, problems):
        try:
            lat, lon = float(row["lat"]), float(row["lon"])
        except ValueError:
            problems.add(
                SUBDISTRICTS, line, "lat or lon is no number", "use degrees, such as 3.585004"
            )
            continue
        found.append(
            Subdistrict(
                code=SubdistrictCode(row["code"]),
                name=row["name"],
                district=DistrictCode(row["district_code"]),
                lat=lat,
                lon=lon,
                postal_code=row["postal_code"],
                aliases=tuple(part.strip() for part in row["aliases"].split(";") if part.strip()),
                everyday=row["everyday"] == "yes",
                line=line,
            )
        )
    return found


def read_agencies(folder: Path, locales: tuple[str, ...], problems: Problems) -> list[Agency]:
    """``agencies.yaml``."""
    root = read_yaml(folder, AGENCIES, problems).fields("agencies")
    found: list[Agency] = []
    for item in root["agencies"].items():
        fields = item.fields("code name short", "external district")
        district = fields["district"].text() if fields["district"].present else None
        found.append(
            Agency(
                code=AgencyCode(fields["code"].code()),
                names=fields["name"].names(locales),
                short=fields["short"].text(),
                external=fields["external"].flag(),
                district=DistrictCode(district) if district else None,
                line=item.line,
            )
        )
    return found
