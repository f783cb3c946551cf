"""Everything that each reader gets of one report, as text: what `privacy_matrix.yaml` is about."""

import io
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import prometheus_client
from PIL import Image
from web_visitors import OWN, Browser

from mrk_city import CityPack
from mrk_delivery.events import Record, headers_of
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.subscription import Subscription
from mrk_intake.service import SERVICE as INTAKE
from mrk_notify.consumers.complaints import subscriptions as notify_subscriptions
from mrk_notify.domain.letter import Letters
from mrk_notify.domain.messages import Notice
from mrk_notify.service import SERVICE as NOTIFY
from mrk_routing.consumers.subscriptions import subscriptions as routing_subscriptions
from mrk_routing.service import SERVICE as ROUTING
from mrk_schemas.registry import CASES, INBOX, MIRRORS, REPORTS, agency_of
from mrk_schemas.reports import Kind
from mrk_spanlapor_bridge.consumers.complaints import subscriptions as bridge_subscriptions
from mrk_spanlapor_bridge.domain.filing import Reporter, reporter_or_account
from mrk_spanlapor_bridge.domain.task import of_payload
from mrk_spanlapor_bridge.gateways.splp import Codes, complaint_fields
from mrk_spanlapor_bridge.roles import places_of
from mrk_spanlapor_bridge.service import FILE
from mrk_spanlapor_bridge.service import SERVICE as BRIDGE

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
    photo = await intake.pool.fetchrow("select name, sha256 from attachment")
    words = WORDS | {
        "photo's name": (photo["name"],),
        "photo's hash": (photo["sha256"].hex(),),
        "tracking secret": (secret,),
    }
    reporter = await intake.pool.fetchval("select reporter::text from report where id = $1", id_)
    return Sent(id_, number, secret, reporter, words, answer.text)


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


async def _read(client: httpx.AsyncClient, *paths: str, **headers: str) -> str:
    told = ""
    for path in paths:
        answer = await client.get(path, headers=headers)
        image = answer.headers.get("content-type", "").startswith("image/")
        told += f"{answer.headers} " + (BYTES if image and answer.content else answer.text)
    return told


class Services:
    """The other three services' consumers, each on its own database."""

    def __init__(
        self,
        intake: Any,
        pack: CityPack,
        routing: asyncpg.Pool,
        bridge: asyncpg.Pool,
        notify: asyncpg.Pool,
    ) -> None:
        self._intake = intake
        self._pack = pack
        self._pools = {"routing": routing, "bridge": bridge, "notify": notify}
        clock = intake.clock
        reports, _ = routing_subscriptions(pack, clock)
        (bridged,) = bridge_subscriptions(places_of(pack), clock)
        (told,) = notify_subscriptions(clock)
        self._routing = Pipeline(routing, ROUTING, reports)
        self._rest = (Pipeline(bridge, BRIDGE, bridged), Pipeline(notify, NOTIFY, told))
        self._subscriptions: tuple[Subscription, ...] = (bridged, told)

    async def heard(self) -> dict[str, str]:
        """Hand everything on as the broker does; what stands on the topics, and in the rows."""
        own = await _records(self._intake.pool, INTAKE, "report_event")
        await self._routing.process(own)
        cases = await _records(self._pools["routing"], ROUTING, "case_event")
        for pipeline in self._rest:
            await pipeline.process(own)
            await pipeline.process([each for each in cases if each.topic == CASES])
        mirrors = await _records(self._pools["bridge"], BRIDGE, "mirror_event")
        records = (*own, *cases, *mirrors)
        topics = {"reports": REPORTS, "cases": CASES, "mirrors": MIRRORS, "inboxes": INBOX}
        work = "".join([await everything(pool) for pool in self._pools.values()])
        assert '"dead_letter"' not in work
        return {
            "work": work,
            "rows": await everything(self._intake.pool),
            "national": await self._filed(),
            "letters": await self._letters(),
            "metrics": prometheus_client.generate_latest().decode(),
            **{
                reader: "".join(
                    f"{each.headers} {each.key!r} {(each.value or b'').decode()}"
                    for each in records
                    if (INBOX if agency_of(each.topic) else each.topic) == topic
                )
                for reader, topic in topics.items()
            },
        }

    async def _contact(self, caller: str, reporter: str) -> dict[str, Any] | None:
        answer = await self._intake.contact(caller, reporter)
        return answer.json() if answer.status_code == 200 else None

    async def _filed(self) -> str:
        """What the bridge would file, with whom intake lets it name."""
        numbers = self._pack.lapor
        codes = Codes(
            institutions={str(c): n for c, n in numbers.institutions.items()},
            categories={str(c): n for c, n in numbers.categories.items()},
            classifications=numbers.classifications,
            desk="diskominfo",
            user_id=1,
            channel=1,
        )
        account, told = Reporter("Pemerintah Kota Medan", "kota@medan.example", None), ""
        for row in await self._pools["bridge"].fetch("select kind, payload from work"):
            payload = json.loads(row["payload"])
            if row["kind"] != FILE:
                told += row["payload"]
                continue
            task, reporter = of_payload(payload), account
            if task.reporter is not None:
                found = await self._contact("spanlapor-bridge", task.reporter)
                assert found is not None, "nothing would be filed"
                asked = [found.get(each) for each in ("name", "email", "phone")]
                reporter = reporter_or_account(asked[0], asked[1], asked[2], account)
            told += json.dumps(complaint_fields(task.filing, reporter, codes))
        return told

    async def _letters(self) -> str:
        told, letters = "", Letters("https://lapor.example")
        for row in await self._pools["notify"].fetch("select payload from work"):
            notice = Notice.of_payload(json.loads(row["payload"]))
            contact = await self._contact("notify", notice.reporter)
            assert contact is not None
            letter = letters.write(notice, contact.get("name"))
            told += f"{contact['email']} {letter.subject} {letter.text}"
        return told


async def everything(pool: asyncpg.Pool) -> str:
    """Every row of every table, as text; bytes that are text are read as such."""
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    told = ""
    for (table,) in tables:
        for row in await pool.fetch(f'select * from "{table}"'):  # noqa: S608  # the catalogue's name
            told += f'"{table}" ' + " ".join(_text(value) for value in row.values()) + "\n"
    return told


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


async def _records(pool: asyncpg.Pool, service: Any, table: str) -> list[Record]:
    """A service's events as the relay sends them."""
    rows = await pool.fetch(f"select * from {table} order by seq")  # noqa: S608  # one of ours
    return [
        Record(
            row["topic"], "life", 0, offset, row["key"].encode(), row["body"],
            headers_of(
                service, id_=row["id"] or uuid4(), type_=row["type"], time=row["time"],
                subject=row["key"], sequence=row["version"], traceparent=row["traceparent"],
                correlation_id=row["correlation_id"],
            ),
            datetime.now(UTC),
        )
        for offset, row in enumerate(rows)
    ]  # fmt: skip


MATRIX = Path(__file__).with_name("privacy_matrix.yaml")
