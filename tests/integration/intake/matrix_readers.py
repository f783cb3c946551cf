"""Everything that each reader gets of one report, as text: what `privacy_matrix.yaml` is about."""

import io
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from list_readers import listed
from PIL import Image
from staff_kit import Staff
from web_visitors import OWN, Browser

from mrk_schemas.reports import Kind

BYTES = "the photo's bytes"
"""Stands in a reader's text where it got them."""

LAT, LON = 3.58971, 98.67381
FORMER = {
    "name": "Mantan Dahulunama",
    "email": "dahulu.surel@warga.example",
    "phone": "081211100987",
}
GIVEN = {
    "name": "Kanaria Namasia",
    "email": "kanari.surel@warga.example",
    "phone": "081377700123",
}
SENT = {
    "category": "street-lights",
    "text": "Lampu kanariteks padam, hubungi 081299900456, NIK 1271046502900003.",
    "location": {"lat": LAT, "lon": LON},
    "address": "Gang Kanarialamat 7 HP 081388800789, Kesawan, Medan Barat",
    "attributes": {"fault": "pole-leaning", "pole-number": "kanaritiang 081266600321"},
    "occurred_at": "2026-03-01T08:17:23+07:00",
    "reporter": FORMER,
}
FOLLOWER = {"name": "Pengikut Kanariikut", "email": "ikut.surel@warga.example"}
QUESTION = "Di mana kanaritanya? Hubungi 081244400321."
ANSWER = "Di depan kanarijawab, kantor 081233300765."
ADDED = "Tambahan kanarisusul, kantor 081255500654."
WORDS: dict[str, tuple[str, ...]] = {
    "name": ("Namasia",),
    "email": ("kanari.surel",),
    "phone": ("81377700123",),
    "contact before": ("Dahulunama", "dahulu.surel", "81211100987"),
    "text": ("kanariteks",),
    "phone in the text": ("81299900456",),
    "nik in the text": ("1271046502900003",),
    "latitude": ("3.58971",),
    "longitude": ("98.67381",),
    "address": ("Kanarialamat",),
    "phone in the address": ("81388800789",),
    "kelurahan": ("12.71.19.1001", "Kelurahan Petisah Tengah"),
    "choice": ("pole-leaning",),
    "free detail": ("kanaritiang",),
    "phone in a detail": ("81266600321",),
    "category": ("street-lights", "Street lights", "Lampu jalan"),
    "time": ("01:17:23", "08:17:23"),
    "photo's bytes": (BYTES,),
    "added words": ("kanarisusul",),
    "phone in added words": ("81255500654",),
    "question": ("kanaritanya",),
    "phone in a question": ("81244400321",),
    "answer": ("kanarijawab",),
    "phone in an answer": ("81233300765",),
    "follower's contact": ("Kanariikut", "ikut.surel"),
}


@dataclass
class Sent:
    """A report with a word of its own in each field; `words` are looked for in what is read."""

    id: UUID
    number: str
    secret: str
    reporter: str
    words: dict[str, tuple[str, ...]]
    receipt: str
    follow: str = ""

    @property
    def proof(self) -> dict[str, str]:
        """The header that proves its reporter."""
        return {"X-Tracking-Secret": self.secret}


async def send(intake: Any, kind: Kind, *, anonymous: bool, confidential: bool) -> Sent:
    """Send one, with a photo; correct its contact, and add information to it."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), (9, 80, 120)).save(out, "JPEG")
    token = (await intake.uploaded(out.getvalue())).rpartition("/")[2]
    answer = await intake.send(
        kind=kind, anonymous=anonymous, confidential=confidential, attachments=[token], **SENT
    )
    assert answer.status_code == 201, answer.text
    number, secret = answer.json()["tracking_number"], answer.json()["tracking_secret"]
    id_ = await intake.id_of(number)
    corrected = await intake.public.put(
        f"/api/v1/reports/{number}/contact", json=GIVEN, headers={"X-Tracking-Secret": secret}
    )
    assert corrected.json()["changed"], corrected.text
    added = await intake.public.post(
        f"/api/v1/reports/{number}/information",
        json={"text": ADDED},
        headers={"X-Tracking-Secret": secret, "Idempotency-Key": secrets.token_hex(16)},
    )
    assert added.status_code == 201, added.text
    followed = await intake.public.post(
        f"/api/v1/reports/{number}/followers",
        json={"contact": FOLLOWER},
        headers={"Idempotency-Key": secrets.token_hex(16)},
    )
    assert followed.status_code == (404 if confidential or kind is Kind.WHISTLEBLOWING else 201)
    photo = await intake.pool.fetchrow("select name, sha256 from attachment")
    words = WORDS | {
        "photo's name": (photo["name"],),
        "photo's hash": (photo["sha256"].hex(),),
        "tracking secret": (secret,),
    }
    reporter = await intake.pool.fetchval("select reporter::text from report where id = $1", id_)
    follow = followed.json().get("follow_secret", "")
    return Sent(id_, number, secret, reporter, words, answer.text, follow)


async def from_api(intake: Any, sent: Sent) -> dict[str, str]:
    """What the public API tells."""
    path = f"/api/v1/reports/{sent.number}"
    (name,) = sent.words["photo's name"]
    photo = f"/api/v1/attachments/{name}"
    wrong = {"X-Tracking-Secret": "x" * 22}
    lists = [
        f"/open311/v2/{name}"
        for name in (
            "requests.json", "requests.xml", "requests.csv", "requests.json?extensions=true",
            "requests.xml?extensions=true", f"requests/{sent.number}.json",
            f"requests/{sent.number}.xml", f"requests/{sent.number}.json?extensions=true",
            "servicerequestupdates.json", "servicerequestupdates.xml", "services.xml",
        )
    ]  # fmt: skip
    return {
        "receipt": sent.receipt,
        "public": await _read(intake.public, path, photo, photo + "/thumbnail")
        + await _read(intake.public, path, photo, path + "/data", path + "/erasure", **wrong),
        "tracking": await _read(intake.public, path, photo, photo + "/thumbnail", **sent.proof),
        "own_data": await _read(intake.public, path + "/data", **sent.proof),
        # what a client asks for, not what every category is called
        "open311": "".join([await _read(intake.public, each) for each in lists[:-1]]),
    }


async def from_pages(browser: Browser, stranger: Browser, sent: Sent) -> dict[str, str]:
    """What the pages tell."""
    form = {"number": sent.number, "secret": sent.secret}
    opened = await browser.client.post("/lacak", data=form, headers=OWN)
    path = f"/laporan/{sent.number}"
    more = [await browser.open(path + each) for each in ("/tanda-terima", "/kontak")]
    pages = [await stranger.open(path + each) for each in ("", "/tanda-terima", "/kontak")]
    return {
        "own_page": "".join(each.text for each in (opened, *more)),
        "page": "".join(each.text for each in pages),
    }


async def from_internal(intake: Any, sent: Sent) -> dict[str, str]:
    """What role `internal` tells each service."""
    photo = await intake.pool.fetchval("select id::text from attachment")
    callers = {"notify": "notify", "bridge": "spanlapor-bridge", "routing": "routing"}
    paths = (
        f"contacts/{sent.reporter}",
        f"places/{sent.id}",
        f"details/{sent.id}",
        f"reports/{sent.id}/attachments",
        f"attachments/{photo}",
    )
    return {
        reader: await _read(
            intake.internal,
            *(f"/internal/v1/{path}" for path in paths),
            Authorization=f"Bearer {intake.tokens[caller]}",
            **{"X-Purpose": "test.read"},
        )
        for reader, caller in callers.items()
    }


async def from_others(intake: Any, staff: Staff, stranger: Browser, sent: Sent) -> dict[str, str]:
    """What those get who follow it, who are about to report the same, and who work for the city."""
    path = f"/laporan/{sent.number}"
    api = f"/api/v1/reports/{sent.number}/following"
    told = await _read(intake.public, api, **{"X-Follow-Secret": sent.follow})
    cookie = {**OWN, "Cookie": f"ikut={sent.follow}"}
    told += await _read(stranger.client, path, path + "/ikut", path + "/ikut/data", **cookie)
    wanted = {
        "text": SENT["text"],
        "category": "street-lights",
        "address": "",
        "point": SENT["location"],
    }
    asked = await stranger.client.post("/bantu/serupa", json=wanted, headers=OWN)
    assert asked.status_code == 200, asked.text
    photo = await intake.pool.fetchval("select id from attachment")
    await listed(intake)
    lists = await _read(stranger.client, "/laporan.geojson", "/laporan.atom")
    seen = {"follower": told, "nearby": asked.text, "list": lists}
    for reader in ("operator", "inspektorat"):
        async with staff.logged_in(f"dev-{reader}") as person:
            at = f"/inspektorat/{sent.number}"
            opened = [
                await person.open(each)
                for each in ("/", "/inspektorat", at, path + "/tanda-terima")
            ]
            opened += [
                await person.post(at + part, purpose="examination")
                for part in ("/isi", "/kontak", f"/lampiran/{photo}")
            ]
            seen[reader] = "".join(map(_text_of, opened))
    return seen


async def _read(client: httpx.AsyncClient, *paths: str, **headers: str) -> str:
    told = ""
    for path in paths:
        told += _text_of(await client.get(path, headers=headers))
    return told


def _text_of(answer: httpx.Response) -> str:
    image = answer.headers.get("content-type", "").startswith("image/")
    return f"{answer.headers} " + (BYTES if image and answer.content else answer.text)


MATRIX = Path(__file__).with_name("privacy_matrix.yaml")
