"""Webhooks: every event of an inbox, signed, in order for each case, at least once, never lost."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import hook_kit
import pytest
import routing_records as kit
from standardwebhooks.exceptions import WebhookVerificationError
from standardwebhooks.webhooks import Webhook
from starlette.responses import Response

from mrk_delivery.clock import Clock, FixedClock
from mrk_delivery.tx import unit
from mrk_delivery.work import Done, Held, Retry, Skipped
from mrk_routing.gateways.hooks import Hooks, NotSent, hook_client
from mrk_routing.service import SERVICE
from mrk_routing.store import endpoints
from mrk_routing.store.secrets import Seal
from mrk_schemas.agencies import AcceptCase, ReportProgress, ResolveCase

OTHER = b"o" * 32


@pytest.fixture
async def receiver() -> AsyncIterator[hook_kit.Receiver]:
    async with hook_kit.receiving() as receiver:
        yield receiver


@pytest.fixture
async def worker(pool: asyncpg.Pool) -> AsyncIterator[hook_kit.Worker]:
    async with hook_kit.working(pool) as worker:
        yield worker


async def test_every_event_of_the_inbox_comes_in_order_as_its_topic_has_it(
    routing: kit.Routing, receiver: hook_kit.Receiver, worker: hook_kit.Worker
) -> None:
    await routing.reports(kit.received(99))  # before there was an endpoint
    await hook_kit.registered(routing.pool, receiver.url)
    await routing.reports(kit.received(1), kit.received(2), kit.received(3, category="pollution"))
    await routing.commands(
        kit.command(AcceptCase), kit.command(ReportProgress), kit.command(ResolveCase)
    )
    await worker.drain()
    inbox = [e for e in await routing.sent("agency.sdabmbk.inbox.v1") if e.key != kit.complaint(99)]
    for key in (kit.complaint(1), kit.complaint(2)):
        sent = [(e.version, e.body) for e in inbox if e.key == key]
        got = [e for _, e in receiver.got if e["subject"] == key]
        assert [(int(e["sequence"]), e["data"]) for e in got] == sent
    assert len(receiver.got) == len(inbox) == 5
    ids = await routing.pool.fetch("select id from case_event where topic like 'agency.sdabmbk%'")
    assert {id_ for id_, _ in receiver.got} < {str(row["id"]) for row in ids}
    headers, body = receiver.raw[0]
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert json.loads(body)["id"] == headers["webhook-id"]
    assert kit.SECRET_WORDS in body.decode()
    assert set(await worker.states()) == {"done"}
    await worker.drain()
    assert len(receiver.got) == 5


async def test_a_receiver_tells_false_and_replayed_messages(
    routing: kit.Routing, receiver: hook_kit.Receiver, worker: hook_kit.Worker
) -> None:
    await hook_kit.registered(routing.pool, receiver.url)
    await routing.reports(kit.received())
    await worker.drain()
    headers, body = receiver.raw[0]
    ours = Webhook("whsec_" + "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=")
    assert ours.verify(body, headers)["type"] == "id.go.medan.case.handed-over.v1"
    old = str(int(time.time()) - 301)
    for changed in ({"webhook-timestamp": old}, {"webhook-id": str(uuid4())}):
        with pytest.raises(WebhookVerificationError):
            ours.verify(body, headers | changed)
    with pytest.raises(WebhookVerificationError):
        ours.verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, headers)


async def test_two_secrets_sign_while_one_is_rotated(
    routing: kit.Routing, receiver: hook_kit.Receiver, pool: asyncpg.Pool, clock: FixedClock
) -> None:
    id_ = await hook_kit.registered(pool, receiver.url)
    box = Seal(hook_kit.KEY).sealed(id_, OTHER)
    assert await endpoints.rotate(pool, id_, box, clock.now() + timedelta(hours=1))
    async with hook_kit.working(pool, clock) as worker:
        await routing.reports(kit.received())
        await worker.drain()
        headers, body = receiver.raw[0]
        assert len(headers["webhook-signature"].split(" ")) == 2
        for secret in (OTHER, hook_kit.SECRET):
            assert Webhook(secret).verify(body, headers)
        clock.advance(timedelta(hours=2))
        await routing.commands(kit.command(AcceptCase))
        await worker.turn()
    headers, body = receiver.raw[1]
    assert Webhook(OTHER).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(hook_kit.SECRET).verify(body, headers)


async def test_a_failing_case_waits_in_order_and_holds_up_no_other(
    routing: kit.Routing, receiver: hook_kit.Receiver, worker: hook_kit.Worker
) -> None:
    id_ = await hook_kit.registered(routing.pool, receiver.url)
    await routing.reports(kit.received(1), kit.received(2))
    await routing.commands(kit.command(AcceptCase, number=1), kit.command(AcceptCase, number=2))
    first = kit.complaint(1)
    receiver.answer = lambda event: Response(status_code=500 if event["subject"] == first else 200)
    for _ in range(6):
        await worker.turn()
        await asyncio.sleep(0.002)
    got = [(e["subject"], e["sequence"]) for _, e in receiver.got]
    assert {sequence for subject, sequence in got if subject == first} == {"2"}
    assert [sequence for subject, sequence in got if subject != first] == ["2", "4"]
    failing = await endpoints.find(routing.pool, id_)
    assert failing is not None
    assert failing.failure == "HTTP 500"
    waiting = await endpoints.waiting(routing.pool, id_)
    assert [(row["state"], row["count"]) for row in waiting] == [("ready", 1), ("ready", 1)]
    receiver.answer = answering(200)
    async with asyncio.timeout(20):
        while len(set(await worker.states())) > 1:
            await worker.turn()
    got = [e["sequence"] for _, e in receiver.got if e["subject"] == first]
    assert got[-2:] == ["2", "4"]
    ids = [id_ for id_, e in receiver.got if e["subject"] == first and e["sequence"] == "2"]
    assert len(set(ids)) == 1
    well = await endpoints.find(routing.pool, id_)
    assert well is not None
    assert well.failing_since is None


@pytest.mark.parametrize("status", [301, 400, 401, 404, 408, 429, 500, 503])
async def test_what_is_not_taken_is_tried_again(
    routing: kit.Routing, receiver: hook_kit.Receiver, worker: hook_kit.Worker, status: int
) -> None:
    await hook_kit.registered(routing.pool, receiver.url)
    await routing.reports(kit.received())
    receiver.answer = answering(status, {"retry-after": "7"})
    (outcome,) = await worker.turn()
    assert outcome == Retry(f"HTTP {status}", timedelta(seconds=7))
    assert await worker.states() == ["ready"]


async def test_a_redirect_is_not_followed(
    routing: kit.Routing, receiver: hook_kit.Receiver, worker: hook_kit.Worker
) -> None:
    await hook_kit.registered(routing.pool, receiver.url)
    await routing.reports(kit.received())
    receiver.answer = answering(307, {"location": receiver.url})
    (outcome,) = await worker.turn()
    assert isinstance(outcome, Retry)
    assert len(receiver.got) == 1


async def test_410_stops_the_endpoint_and_resume_sends_what_waited_in_order(
    routing: kit.Routing, receiver: hook_kit.Receiver, worker: hook_kit.Worker
) -> None:
    id_ = await hook_kit.registered(routing.pool, receiver.url)
    await routing.reports(kit.received())
    await routing.commands(kit.command(AcceptCase))
    receiver.answer = answering(410)
    assert isinstance((await worker.turn())[0], Held)
    await worker.drain()
    await routing.commands(kit.command(ReportProgress, version=4))
    await worker.drain()
    assert len(receiver.got) == 1  # nothing is sent to it any more
    assert await worker.states() == ["held", "held"]
    assert await endpoints.counted(routing.pool) == {"well": 0, "failing": 0, "stopped": 1}
    receiver.answer = answering(200)
    await resumed(routing.pool, id_)
    await worker.drain()
    assert [e["sequence"] for _, e in receiver.got[1:]] == ["2", "4", "6"]


def answering(
    status: int, headers: Mapping[str, str] | None = None
) -> Callable[[object], Response]:
    return lambda _: Response(status_code=status, headers=headers)


async def resumed(pool: asyncpg.Pool, id_: UUID) -> None:
    async with unit(pool, SERVICE) as tx:
        assert await endpoints.resume(tx, id_)


async def test_what_is_refused_for_too_long_is_held_and_shown_and_never_lost(
    routing: kit.Routing, receiver: hook_kit.Receiver, pool: asyncpg.Pool
) -> None:
    id_ = await hook_kit.registered(pool, receiver.url)
    await routing.reports(kit.received())
    receiver.answer = answering(400)
    late = FixedClock(Clock().now() + hook_kit.GIVE_UP + timedelta(hours=1))
    async with hook_kit.working(pool, late) as worker:
        (outcome,) = await worker.turn()
        assert outcome == Held("refused for too long: HTTP 400")
        (row,) = await endpoints.waiting(pool, id_)
        assert (row["state"], row["reason"]) == ("held", "refused for too long: HTTP 400")
        receiver.answer = answering(200)
        await resumed(pool, id_)
        assert isinstance((await worker.turn())[0], Done)


async def test_after_an_erasure_the_agency_is_told_and_no_words_leave(
    routing: kit.Routing, receiver: hook_kit.Receiver, worker: hook_kit.Worker
) -> None:
    await hook_kit.registered(routing.pool, receiver.url)
    await routing.reports(kit.received())
    await worker.pump.once()
    await routing.reports(kit.erased())
    await worker.drain()
    assert receiver.types == ["case.handed-over.v1", "case.blanked.v1"]
    assert "Sinaga" not in str(receiver.raw)


async def test_a_removed_endpoint_gets_nothing_more(
    routing: kit.Routing, receiver: hook_kit.Receiver, worker: hook_kit.Worker
) -> None:
    id_ = await hook_kit.registered(routing.pool, receiver.url)
    await routing.reports(kit.received())
    await worker.pump.once()
    assert await endpoints.remove(routing.pool, id_, Clock().now())
    assert await worker.turn() == [Skipped("the endpoint was removed")]
    assert await routing.pool.fetchval("select secret from webhook_endpoint") is None
    assert receiver.got == []


async def test_no_secret_is_stored_in_the_clear(
    routing: kit.Routing, receiver: hook_kit.Receiver
) -> None:
    await hook_kit.registered(routing.pool, receiver.url)
    stored = await routing.pool.fetchval("select secret from webhook_endpoint")
    assert hook_kit.SECRET not in stored


async def test_a_name_that_leads_to_private_addresses_is_not_called(
    receiver: hook_kit.Receiver,
) -> None:
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254"]

    port = int(receiver.url.split(":")[2].split("/")[0])
    async with hook_client() as client:
        hooks = Hooks(client, (), resolve)
        for url in (f"https://hooks.example:{port}/hooks", receiver.url):
            with pytest.raises(NotSent, match="private"):
                await hooks.post(url, {}, b"{}")
    assert asked[0] == ("hooks.example", port)
    assert receiver.raw == []


async def test_a_slow_endpoint_is_given_up(receiver: hook_kit.Receiver) -> None:
    del receiver
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)  # noqa: ARG005  # it never answers
    port = silent.sockets[0].getsockname()[1]
    async with hook_client() as client:
        hooks = Hooks(client, hook_kit.LOOPBACK, timeout_s=0.2)
        with pytest.raises(NotSent, match="in time"):
            await hooks.post(f"http://127.0.0.1:{port}/", {}, b"{}")
        silent.close()
        await silent.wait_closed()
        with pytest.raises(NotSent, match="ConnectError"):
            await hooks.post(f"http://127.0.0.1:{port}/", {}, b"{}")
