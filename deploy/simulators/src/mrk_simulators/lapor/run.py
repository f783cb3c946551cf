"""Runs the simulator of SP4N-LAPOR! in this process."""

import argparse
import asyncio

import structlog
import uvloop

from mrk_simulators.faults import FaultPlan
from mrk_simulators.http_server import serve_http
from mrk_simulators.lapor.app import build_app
from mrk_simulators.lapor.context import Lapor
from mrk_simulators.lapor.credentials import load_credentials
from mrk_simulators.lapor.middleware import KINDS
from mrk_simulators.lapor.records import SCHEMA
from mrk_simulators.lapor.reference import load_reference
from mrk_simulators.process import bind, stop_on_signals
from mrk_simulators.store import GroupCommitStore

log = structlog.get_logger()


def run_lapor(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartupError: an option, the address or the store is not usable.
    """
    uvloop.run(_run(options))


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    reference = load_reference(options.reference)
    credentials = load_credentials(options.token_file)
    switches = {"lookup": options.lookup == "on", "listing": options.listing == "on"}
    sock = bind(options.listen)
    try:
        store = GroupCommitStore(options.store, SCHEMA)
        try:
            simulator = Lapor(store, reference, credentials, FaultPlan(KINDS, switches))
            host, port = sock.getsockname()[:2]
            with stop_on_signals(stopping):
                log.info("lapor.started", host=host, port=port, tokens=bool(options.token_file))
                await serve_http(build_app(simulator, stopping), sock, stopping)
        finally:
            await store.close()
    finally:
        sock.close()
    log.info("lapor.stopped")
