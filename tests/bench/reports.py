"""Reports to measure with: real words, every part of the city, some with contacts."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum, auto
from itertools import count

from mrk_city import CityPack
from mrk_delivery.events import Event
from mrk_intake.domain.report import ENTROPY_BYTES, Ids, Received, Taken, receive_all
from mrk_intake.domain.submission import Surroundings, parse
from mrk_intake.store.accept import event_of

_KEY = b"bench"
_TOGETHER = 100
"""Reports that go through intake's steps at once."""
_seeds = count(1)
_EACH = 25
"""So many reports have one among them that tells of what an earlier one told."""
_TEXTS = (
    "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini. Mohon ditambal.",
    "Sampah di TPS dekat rumah tidak diangkut sejak empat hari lalu, baunya sampai ke rumah.",
    "Lampu jalan mati sepanjang gang sudah seminggu. Hubungi saya di 0812 3456 7890 bila perlu.",
    "Drainase tersumbat, setiap hujan satu jam saja air setinggi lutut masuk ke rumah warga.",
    "Pohon besar miring ke arah kabel listrik di depan sekolah, tolong segera dipangkas.",
    "Parkir liar di trotoar membuat pejalan kaki harus turun ke jalan raya setiap pagi.",
    "Antrean di puskesmas sejak subuh, loket baru dibuka jam sembilan. Surel: warga@contoh.id.",
    "Pipa air bocor di persimpangan, air bersih terbuang ke jalan sejak kemarin sore.",
)
_SPOKEN = ("dekat {}", "depan {}, sebelah kiri", "{} arah pusat kota", "di samping {}")
"""Where it is, as those say it who give no point."""


class Stated(Enum):
    """What residents state besides their words.

    Attributes:
        MUCH: a point always, a category two times of three.
        ALL: both, always: nothing is left to read from words.
        LITTLE: a point three times of four, else a place in words; a category two of three.
    """

    MUCH = auto()
    ALL = auto()
    LITTLE = auto()


def bodies(pack: CityPack, number: int, seed: int = 1, stated: Stated = Stated.MUCH) -> list[bytes]:
    """JSON bodies for `POST /api/v1/reports`."""
    draw = random.Random(seed)
    made = [_body(draw, pack, index, stated) for index in range(number)]
    return [
        _retold(draw, made[at - 7], at) if at % _EACH == _EACH - 1 else body
        for at, body in enumerate(made)
    ]


def _body(draw: random.Random, pack: CityPack, index: int, stated: Stated) -> bytes:
    report: dict[str, object] = {
        "kind": "complaint",
        "text": f"{draw.choice(_TEXTS)} Laporan ke-{index}.",
        "location": {
            "lat": round(draw.uniform(3.50, 3.72), 6),
            "lon": round(draw.uniform(98.60, 98.73), 6),
        },
        "address": f"Jalan Melur No. {index % 200 + 1}, Medan",
        "reporter": {
            "name": "Butet Simanjuntak",
            "email": f"warga{index}@contoh.id",
            "phone": f"0812 3456 {index % 10_000:04}",
        },
    }
    if index % 3 or stated is Stated.ALL:
        report["category"] = draw.choice(sorted(pack.categories))
    if index % 4 == 0 and stated is Stated.LITTLE:
        del report["location"]
        report["address"] = draw.choice(_SPOKEN).format(draw.choice(pack.landmarks).name)
    return json.dumps(report).encode()


def _retold(draw: random.Random, body: bytes, index: int) -> bytes:
    """What another resident sends of the same thing, from some metres away."""
    told = json.loads(body)
    if point := told.get("location"):
        near = {name: round(at + draw.uniform(-0.00004, 0.00004), 6) for name, at in point.items()}
        told["location"] = near
    told["text"] = f"Saya juga lihat: {told['text']}"
    told["reporter"] = {"name": "Togar Siregar", "email": f"warga{index}@contoh.id"}
    return json.dumps(told).encode()


def received(pack: CityPack, number: int, stated: Stated = Stated.MUCH) -> Iterator[Received]:
    """Distinct reports as intake understands them, received now; no two calls make the same ones.

    Each has a point of its own, but for the few that tell of what an earlier one told.
    """
    now = datetime.now(UTC)
    around = Surroundings(now, pack.categories)
    made = bodies(pack, number, next(_seeds), stated)
    for first in range(0, number, _TOGETHER):
        some = made[first : first + _TOGETHER]
        yield from receive_all([Taken(parse(body, around), ids(now), now) for body in some], pack)


def events(pack: CityPack, number: int, stated: Stated = Stated.MUCH) -> list[Event]:
    """`report.received` events of distinct reports."""
    return [event_of(item) for item in received(pack, number, stated)]


def ids(now: datetime) -> Ids:
    """Fresh identifiers."""
    return Ids.draw(now, random.randbytes(ENTROPY_BYTES), _KEY)
