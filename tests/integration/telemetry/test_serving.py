import asyncio
import signal

import httpx
import pytest

from mrk_telemetry.health import Health
from mrk_telemetry.ops import ops_app, serve_ops
from mrk_telemetry.serving import CannotListen, Receive, Scope, Send, serve


async def test_the_operations_port_answers_while_the_block_runs() -> None:
    health = Health()
    async with serve_ops(health, "127.0.0.1", 0) as listening, httpx.AsyncClient() as client:
        base = f"http://127.0.0.1:{listening.port}"
        assert (await client.get(f"{base}/livez")).status_code == 200
        health.condition("database")
        assert (await client.get(f"{base}/readyz")).status_code == 503
        assert "mrk_outbox_depth" in (await client.get(f"{base}/metrics")).text
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{base}/livez")


async def test_signal_handlers_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with serve_ops(Health(), "127.0.0.1", 0):
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_a_taken_port_is_told_by_name() -> None:
    async with serve_ops(Health(), "127.0.0.1", 0) as first:
        with pytest.raises(CannotListen, match=f"127.0.0.1:{first.port}.*in use"):
            async with serve_ops(Health(), "127.0.0.1", first.port):
                pytest.fail("it must not start")


async def test_the_blocks_own_error_gets_out_and_the_port_is_free_again() -> None:
    with pytest.raises(ValueError, match="mine"):
        async with serve(ops_app(Health()), "127.0.0.1", 0) as listening:
            raise ValueError("mine")
    async with serve(ops_app(Health()), "127.0.0.1", listening.port):
        pass


async def test_a_request_in_flight_is_finished() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
        entered.set()
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async with httpx.AsyncClient() as client:
        async with serve(slow, "127.0.0.1", 0) as listening:
            asking = asyncio.create_task(client.get(f"http://127.0.0.1:{listening.port}/"))
            await entered.wait()
            asyncio.get_running_loop().call_later(0.3, release.set)
        assert (await asking).text == "done"


async def test_a_request_that_never_ends_is_cut_after_the_drain() -> None:
    entered = asyncio.Event()

    async def stuck(_scope: Scope, _receive: Receive, _send: Send) -> None:
        entered.set()
        await asyncio.Event().wait()

    async with httpx.AsyncClient() as client, asyncio.timeout(20):
        async with serve(stuck, "127.0.0.1", 0, drain_s=1) as listening:
            asking = asyncio.create_task(client.get(f"http://127.0.0.1:{listening.port}/"))
            await entered.wait()
        with pytest.raises(httpx.HTTPError):
            (await asking).raise_for_status()
