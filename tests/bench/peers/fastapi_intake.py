"""intake as FastAPI's and asyncpg's documentation has it: a handler, a transaction a request.

The work is the same, by intake's own functions: validation, idempotency, masking, words that
are held, the phone's digest and count, the vault's encryption, report, event and outbox, all
durable before the 201. It has none of intake's limits, metrics, spans and security headers, so it
does a little less.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import asyncpg
import uvicorn
from fastapi import FastAPI, Header, HTTPException, Request, Response
from pydantic import ValidationError

from mrk_city import CityPack, load_pack
from mrk_intake.domain import tracking
from mrk_intake.domain.held import WAITING
from mrk_intake.domain.keys import MOST_COUNTED, Keys
from mrk_intake.domain.report import ENTROPY_BYTES, Ids, Received, receive
from mrk_intake.domain.submission import Submission, Surroundings, canonical, parse
from mrk_intake.http import receipt
from mrk_intake.settings import HttpSettings
from mrk_intake.store.accept import event_of, spot_of
from mrk_telemetry.settings import load_settings

POOL = 10  # asyncpg's own default

_CLAIM = """
insert into idempotency (request, fingerprint, complaint, answer) values ($1, $2, $3, $4)
on conflict do nothing
"""
_CLAIMED = "select fingerprint, complaint, answer from idempotency where request = $1"
_VAULT = """
insert into vault (reporter, complaint, master_id, wrapped_key, identity, original)
values ($1, $2, $3, $4, $5, $6)
"""
_REPORT = """
insert into report (id, reporter, request, tracking_number, kind, category, anonymous,
    confidential, locale, emergency, subdistrict, district, occurred_at, received_at, spot, phone,
    held)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
returning (select count(*) from (select from report r where r.phone = $16 limit $18) as s)
"""
_STREAM = "insert into stream (key, version) values ($1, 1)"
_EVENT = """
insert into report_event (topic, key, version, id, type, time, traceparent, correlation_id, body)
values ($1, $2, 1, $3, $4, $5, $6, $7, $8)
"""
_OUTBOX = "insert into outbox (topic, key, version, passes) values ($1, $2, 1, false)"


class Store:
    """A transaction a report."""

    def __init__(self, pool: asyncpg.Pool, settings: HttpSettings, pack: CityPack) -> None:
        self._pool = pool
        self._keys = Keys.derive(settings.tracking_master)
        self._vault = settings.vault()
        self._render = partial(
            receipt.without_secret,
            public_url=settings.public_url,
            emergency_number=pack.city.emergency_number,
            language="id",
        )
        self._pack = pack

    async def accept(self, submission: Submission, key: str, now: datetime) -> bytes:
        """The answer, once the report is durable."""
        ids = Ids.draw(now, os.urandom(ENTROPY_BYTES), self._keys.numbers)
        complaint = ids.complaint
        report = receive(submission, self._pack, ids, now)
        request = self._keys.request("", key)
        fingerprint = self._keys.fingerprint(canonical(submission))
        answer = self._render(report)
        async with self._pool.acquire() as conn, conn.transaction():
            claimed = await conn.execute(_CLAIM, request, fingerprint, complaint, answer)
            if claimed == "INSERT 0 1":
                await self._store(conn, request, report, self._phone(submission, now))
            else:
                known = await conn.fetchrow(_CLAIMED, request)
                if known is None or known["fingerprint"] != fingerprint:
                    raise HTTPException(422, "the key belongs to another request")
                complaint, answer = known["complaint"], known["answer"]
        return receipt.with_secret(answer, tracking.secret(self._keys.secrets, complaint))

    def _phone(self, submission: Submission, now: datetime) -> bytes | None:
        phone = submission.reporter.phone if submission.reporter is not None else None
        if phone is None:
            return None
        return self._keys.phone(phone, now.astimezone(self._pack.calendar.zone).date())

    async def _store(
        self, conn: Any, request: bytes, received: Received, phone: bytes | None
    ) -> None:
        ids, report = received.ids, received.report
        sealed = self._vault.seal(ids.reporter, received.identity, received.original)
        boxes = (sealed.master_id, sealed.wrapped_key, sealed.identity, sealed.original)
        await conn.execute(_VAULT, ids.reporter, ids.complaint, *boxes)
        place = report.place
        await conn.fetchval(
            _REPORT,
            ids.complaint,
            ids.reporter,
            request,
            ids.number,
            report.kind,
            report.category,
            report.anonymous,
            report.confidential,
            report.locale,
            report.emergency,
            place.subdistrict if place is not None else None,
            place.district if place is not None else None,
            report.occurred_at,
            report.received_at,
            spot_of(place),
            phone,
            WAITING if received.held else None,
            MOST_COUNTED,
        )
        event = event_of(received)
        await conn.execute(_STREAM, event.key)
        await conn.execute(
            _EVENT,
            event.topic,
            event.key,
            event.id,
            event.body.TYPE,
            event.time,
            event.traceparent,
            event.correlation_id,
            event.body.to_json(),
        )
        await conn.execute(_OUTBOX, event.topic, event.key)


def application(settings: HttpSettings) -> FastAPI:
    """The service."""
    pack = load_pack(settings.city_pack)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(settings.dsn, min_size=POOL, max_size=POOL) as pool:
            app.state.store = Store(pool, settings, pack)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/api/v1/reports")
    async def create(request: Request, idempotency_key: Annotated[str, Header()]) -> Response:
        now = datetime.now(UTC)
        try:
            # strict models read JSON's own types: FastAPI's parsed bodies would be refused
            submission = parse(await request.body(), Surroundings(now, pack.categories))
        except ValidationError as error:
            raise HTTPException(422, error.errors(include_context=False)) from None
        answer = await request.app.state.store.accept(submission, idempotency_key.strip('"'), now)
        return Response(answer, 201, media_type="application/json")

    @app.get("/readyz")
    async def readyz() -> dict[str, bool]:
        return {"ready": True}

    return app


def main() -> None:
    """Serve with uvicorn's fastest parts, one process, no access log."""
    settings = load_settings(HttpSettings)
    uvicorn.run(
        application(settings),
        host=settings.listen_host,
        port=settings.listen_port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
