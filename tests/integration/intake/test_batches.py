"""Coalesced batches: a bad neighbour, taken numbers, crossing keys, a lost commit, a hang."""

import asyncio
import json
import secrets
import uuid
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from mrk_city import CityPack
from mrk_delivery.errors import is_transient
from mrk_intake.domain import tracking
from mrk_intake.domain.report import ENTROPY_BYTES, Ids, receive
from mrk_intake.domain.submission import Surroundings, parse
from mrk_intake.service import SERVICE
from mrk_intake.store.accept import Acceptance, Accepted, Draft, event_of
from mrk_intake.store.coalesce import Coalescer


@pytest.fixture
def drafts(intake: Any, pack: CityPack) -> Callable[..., Draft]:
    """Makes drafts as the HTTP side does."""
    vault = intake.settings.vault()

    def make(text: str = "Jalan berlubang besar di depan pasar.") -> Draft:
        now = intake.clock.now()
        body = json.dumps(intake.report(text=text)).encode()
        ids = Ids.draw(now, secrets.token_bytes(ENTROPY_BYTES), intake.keys.numbers)
        received = receive(parse(body, Surroundings(now, pack.categories)), pack, ids, now)
        sealed = vault.seal(ids.reporter, received.identity, received.original)
        return Draft(
            secrets.token_bytes(32),
            secrets.token_bytes(32),
            received,
            sealed,
            event_of(received),
            lambda done: b'{"n": "' + done.ids.number.encode() + b'"}',
        )

    return make


async def test_concurrent_requests_share_transactions(intake: Any) -> None:
    answers = await asyncio.gather(*(intake.send() for _ in range(100)))
    assert {answer.status_code for answer in answers} == {201}
    assert await intake.count("outbox") == 100
    transactions = await intake.pool.fetchval("select count(distinct xmin::text) from report")
    assert transactions < 20


async def test_a_bad_neighbour_fails_alone(intake: Any, drafts: Callable[..., Draft]) -> None:
    good = [drafts() for _ in range(10)]
    bad = drafts()
    clash = bad._replace(sealed=bad.sealed._replace(master_id=None))  # type: ignore[arg-type]  # the fault
    batch = [*good[:4], clash, *good[4:]]
    coalescer: Coalescer[Draft, Draft, Any] = Coalescer(list, intake.acceptance.write)
    async with coalescer.running():
        outcomes = await asyncio.gather(
            *(coalescer.submit(draft) for draft in batch), return_exceptions=True
        )
    assert isinstance(outcomes.pop(4), asyncpg.NotNullViolationError)
    assert all(isinstance(each, Accepted) for each in outcomes)
    for table in ("report", "vault", "idempotency", "report_event", "outbox", "stream"):
        assert await intake.count(table) == 10, table


async def test_a_number_that_is_taken_is_minted_again(
    intake: Any, drafts: Callable[..., Draft]
) -> None:
    first, second = drafts(), drafts()
    await intake.acceptance.write([first])
    taken = first.received.ids.number
    report = second.received.report.model_copy(update={"tracking_number": taken})
    ids = second.received.ids._replace(number=taken)
    clash = second._replace(received=second.received._replace(ids=ids, report=report))
    coalescer: Coalescer[Draft, Draft, Any] = Coalescer(list, intake.acceptance.write)
    async with coalescer.running():
        outcomes = await asyncio.gather(*(coalescer.submit(d) for d in (clash, drafts())))
    expected = tracking.mint(intake.keys.numbers, ids.complaint, 1)
    assert outcomes[0].answer == b'{"n": "' + expected.encode() + b'"}'
    event = await intake.event(ids.complaint)
    assert event["report"]["tracking_number"] == expected
    assert await intake.count("report") == 3


async def test_batches_with_the_same_keys_in_any_order_do_not_deadlock(
    intake: Any, drafts: Callable[..., Draft]
) -> None:
    batch = [drafts() for _ in range(60)]
    twin = Acceptance(intake.pool, intake.acceptance._service, intake.keys.numbers)
    for _ in range(10):
        mine = [d._replace(request=secrets.token_bytes(32)) for d in map(_again, batch)]
        theirs = [_again(d)._replace(request=d.request) for d in reversed(mine)]
        one, two = await asyncio.gather(intake.acceptance.write(mine), twin.write(theirs))
        assert all(isinstance(each, Accepted | type(two[0])) for each in (*one, *two))
    assert await intake.count("report") == 600


def _again(draft: Draft) -> Draft:
    """The same report under new ids."""
    complaint = uuid.uuid4()
    ids = draft.received.ids._replace(
        complaint=complaint,
        reporter=uuid.uuid4(),
        event=uuid.uuid4(),
        number=tracking.mint(b"other", complaint),
    )
    report = draft.received.report.model_copy(
        update={"complaint_id": str(complaint), "tracking_number": ids.number}
    )
    received = draft.received._replace(ids=ids, report=report)
    return draft._replace(received=received, event=event_of(received))


async def test_a_commit_whose_answer_is_lost_makes_one_report(
    dsn: str, pack: CityPack, start: Any, cutter: Any
) -> None:
    key = secrets.token_hex(16)
    async with cutter.between(dsn) as way, start(dsn, pack, pool_dsn=way) as intake:
        assert (await intake.send()).status_code == 201
        cutter.armed = True
        answer = await intake.send(key)
        assert cutter.cuts == 1
        assert answer.status_code == 201
        again = await intake.send(key)
        assert again.json() == answer.json()
        assert await intake.count("report") == await intake.count("report_event") == 2


async def test_a_wrong_body_is_told_at_once_while_the_database_hangs(
    dsn: str, pack: CityPack, start: Any, cutter: Any
) -> None:
    async with cutter.between(dsn) as way, start(dsn, pack, pool_dsn=way) as intake:
        assert (await intake.send()).status_code == 201
        cutter.hang()
        cutter.stored.clear()
        held = asyncio.create_task(intake.send())
        async with asyncio.timeout(20):
            await cutter.stored.wait()
            answer = await intake.send(text="x")
        assert answer.status_code == 422
        cutter.flow()
        assert (await held).status_code == 201


async def test_a_server_that_hangs_is_answered_503_and_a_retry_makes_one_report(
    dsn: str, pack: CityPack, start: Any, cutter: Any
) -> None:
    key = secrets.token_hex(16)
    async with (
        cutter.between(dsn) as way,
        start(dsn, pack, pool_dsn=way, deadline_s=0.5) as intake,
    ):
        assert (await intake.send()).status_code == 201
        cutter.hang()
        answer = await intake.send(key)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["type"] == "/problems/overloaded"
        cutter.flow()
        while (answer := await intake.send(key)).status_code == 503:
            pass
        assert answer.status_code == 201
        found = await intake.pool.fetchval("select count(*) from report")
        assert found == 2


async def test_a_transaction_that_hangs_gives_its_connection_up(
    dsn: str, pack: CityPack, start: Any, cutter: Any, drafts: Callable[..., Draft]
) -> None:
    async with cutter.between(dsn) as way, start(dsn, pack, pool_dsn=way) as intake:
        acceptance = Acceptance(intake.pool, SERVICE, intake.keys.numbers, longest_s=0.3)
        draft = drafts()
        await acceptance.write([drafts()])
        cutter.hang()
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)) as lost:
            async with asyncio.timeout(20):
                await acceptance.write([draft])
        assert is_transient(lost.value)
        cutter.flow()
        assert isinstance((await acceptance.write([draft]))[0], Accepted)
        assert await intake.count("report") == 2
