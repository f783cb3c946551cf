"""Reports as residents of Medan write them: every district and category, each one different."""

import random
from dataclasses import dataclass, replace
from typing import Any, Final

from mrk_city import Category, CityPack, Subdistrict

_OPENINGS: Final = (
    "Selamat pagi Bapak/Ibu,",
    "Assalamualaikum, mau lapor.",
    "Horas, tolong diperhatikan.",
    "Mohon bantuannya,",
    "Kepada dinas terkait,",
    "Izin melapor,",
    "Permisi, kami warga sekitar mau menyampaikan:",
)
_TROUBLES: Final = (
    "ada masalah {topic} di {place}",
    "sudah lama {topic} dibiarkan di {place}",
    "warga {place} mengeluhkan {topic}",
    "soal {topic} di {place} makin parah",
    "setiap hari kami terganggu oleh {topic} di sekitar {place}",
    "{topic} di {place} belum juga ditangani",
)
_SINCE: Final = (
    "sejak dua minggu lalu",
    "dari bulan puasa kemarin",
    "sudah hampir setahun",
    "sejak hujan deras hari Senin",
    "tiap malam",
    "setelah ada pekerjaan proyek",
)
_EFFECTS: Final = (
    "Anak-anak sekolah jadi susah lewat.",
    "Pedagang kecil di sini rugi.",
    "Ibu-ibu takut keluar rumah.",
    "Kami khawatir ada yang celaka.",
    "Orang tua saya sampai sakit.",
    "Kepala lingkungan sudah kami beri tahu tetapi belum ada hasil.",
    "Baunya menyengat sampai ke dalam rumah.",
)
_WISHES: Final = (
    "Mohon segera ditindaklanjuti.",
    "Tolong kirim petugas ke lokasi.",
    "Semoga cepat diselesaikan, terima kasih.",
    "Kami tunggu tanggapannya, Pak Wali.",
    "Kalau bisa minggu ini sudah ada perbaikan.",
)
_MARKS: Final = (
    "dekat masjid",
    "depan sekolah dasar",
    "samping kedai kopi",
    "simpang lampu merah",
    "belakang pajak",
    "dekat titi",
    "ujung gang",
    "seberang kantor lurah",
)
_KINDS: Final = ("complaint", "complaint", "complaint", "aspiration", "information")
_STREETS: Final = ("Melati", "Mawar", "Kenanga", "Cempaka", "Anggrek", "Flamboyan", "Teratai")
NEIGHBOURS_TOO: Final = "Tetangga saya juga melaporkan hal ini."
"""In both reports of a pair that tells of one thing."""


@dataclass(frozen=True)
class Resident:
    """One report and what it is expected to become.

    Attributes:
        number: which one; it stands in the text, so that no two are alike.
        body: what is sent to intake.
        email: the reporter's address, None where there is none.
        whistle: whether it is whistle-blowing, which goes nowhere.
        category: the pack's category that it is about.
        neighbour: the number of the report that tells of the same thing; None: no other does.
    """

    number: int
    body: dict[str, Any]
    email: str | None
    whistle: bool
    category: str
    neighbour: int | None = None

    @property
    def follower(self) -> str | None:
        """The address of one who has the same problem and follows; None where nobody does."""
        public = not self.whistle and not self.body["confidential"]
        follows = public and self.body["kind"] == "complaint" and self.number % 20 == 3
        return f"pengikut{self.number}@tetangga.example" if follows else None


class Residents:
    """Makes reports.

    Args:
        pack: the city.
        seed: equal seeds give equal reports; print it.
    """

    def __init__(self, pack: CityPack, seed: int) -> None:
        self._pack = pack
        self._seed = seed
        self._categories = list(pack.categories.values())
        self._districts = list(pack.districts.values())
        self._subdistricts = {
            district.code: [s for s in pack.subdistricts.values() if s.district == district.code]
            for district in self._districts
        }

    @property
    def elsewhere(self) -> frozenset[str]:
        """Authorities that are not the city's: what they own is handed on."""
        return frozenset(code for code, each in self._pack.agencies.items() if each.external)

    def report(self, number: int) -> Resident:
        """The report of this number: 1,008 in a row are of every district and every category.

        Of twenty, two that follow one another tell of the same thing, where such may be compared.
        """
        if self._is_first(number):
            return self._one_of_two(number, number, number + 1)
        if self._is_first(number - 1):
            return self._one_of_two(number, number - 1, number - 1)
        return self._alone(number)

    def _is_first(self, number: int) -> bool:
        """Whether this report and the next one tell of the same thing."""
        if number % 20 != 10:
            return False
        known = self._category(number).code not in self._pack.duplicates.never
        return known and not any(_is_hidden(each) for each in (number, number + 1))

    def _category(self, number: int) -> Category:
        return self._categories[number % len(self._categories)]

    def _one_of_two(self, number: int, first: int, neighbour: int) -> Resident:
        """What two neighbours write of one thing: each in words of their own, some metres apart."""
        own, rng = self._alone(number), random.Random(f"{self._seed}/{number}/of-two")
        category, subdistrict, trouble = self._matter(first)
        there = random.Random(f"{self._seed}/{first}/spot")
        text = _text(rng, f"{trouble} {_closing(there)} {NEIGHBOURS_TOO}", number)
        spot = _point(there, subdistrict.lat, subdistrict.lon, 0.0005)
        body = {
            **own.body,
            "kind": "complaint",
            "text": text,
            "category": category.code,
            "location": _point(rng, **spot, reach=0.00004),
        }
        body.pop("address", None)
        return replace(own, body=body, category=str(category.code), neighbour=neighbour)

    def _matter(self, number: int) -> tuple[Category, Subdistrict, str]:
        """What a report is about, where, and the sentence that says so."""
        rng = random.Random(f"{self._seed}/{number}")
        many = len(self._categories)
        category = self._category(number)
        district = self._districts[(number + 5 * (number // many)) % len(self._districts)]
        subdistrict = rng.choice(self._subdistricts[district.code])
        place = f"{rng.choice(_MARKS)}, Kelurahan {subdistrict.name}, Kecamatan {district.name}"
        topics = category.words or (category.names["id"].lower(),)
        trouble = rng.choice(_TROUBLES).format(topic=rng.choice(topics), place=place)
        return category, subdistrict, f"{trouble} {rng.choice(_SINCE)}."

    def _alone(self, number: int) -> Resident:
        rng = random.Random(f"{self._seed}/{number}/alone")
        category, subdistrict, trouble = self._matter(number)
        whistle = number % 97 == 96
        text = _text(rng, f"{trouble} {_closing(rng)}", number)
        kind = rng.choice([kind for kind in _KINDS if kind in category.kinds] or ["complaint"])
        # every thirteenth left only a phone: nobody can write to them
        email = None if number % 13 == 12 else f"warga{number}@penduduk.example"
        body: dict[str, Any] = {
            "kind": "whistleblowing" if whistle else kind,
            "text": text,
            "reporter": {
                "name": rng.choice(("Butet", "Ahmad", "Siti", "Rina", "Togar", "Meilan")),
                "phone": f"0812{10_000_000 + number}",
                "locale": "en" if number % 10 == 9 else "id",
            },
            "anonymous": number % 7 == 6,
            "confidential": number % 11 == 10,
        }
        if email is not None:
            body["reporter"]["email"] = email
        if number % 5:
            body["category"] = category.code
        if number % 3:
            body["location"] = _point(rng, subdistrict.lat, subdistrict.lon, 0.0005)
        else:
            district = self._pack.districts[subdistrict.district]
            body["address"] = (
                f"Jalan {rng.choice(_STREETS)} No. {rng.randrange(1, 200)}, "
                f"Kelurahan {subdistrict.name}, Kecamatan {district.name}, Medan"
            )
        return Resident(number, body, email, whistle, str(category.code))


def _is_hidden(number: int) -> bool:
    """Whistle-blowing or confidential: nobody compares it with another."""
    return number % 97 == 96 or number % 11 == 10


def _closing(rng: random.Random) -> str:
    return f"{rng.choice(_EFFECTS)} {rng.choice(_WISHES)}"


def _text(rng: random.Random, said: str, number: int) -> str:
    mark = f"(Laporan ke-{number} dari lingkungan {rng.randrange(1, 20)})"
    return f"{rng.choice(_OPENINGS)} {said} {mark}"


def _point(rng: random.Random, lat: float, lon: float, reach: float) -> dict[str, float]:
    return {
        "lat": round(lat + rng.uniform(-reach, reach), 6),
        "lon": round(lon + rng.uniform(-reach, reach), 6),
    }
