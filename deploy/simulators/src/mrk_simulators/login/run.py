"""Runs the development provider in this process."""

import argparse
import asyncio
from importlib.resources import files
from pathlib import Path

import structlog
import uvloop

from mrk_simulators.http_server import serve_http
from mrk_simulators.login.app import build_app
from mrk_simulators.login.issuer import Issuer, Registered
from mrk_simulators.process import ExitCode, StartupError, bind, stop_on_signals
from mrk_simulators.store import GroupCommitStore

SCHEMA = files("mrk_simulators.login").joinpath("schema.sql").read_text(encoding="utf-8")
_SHORTEST_SECRET = 16
log = structlog.get_logger()


def run_login(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartupError: an option, the address or the store is not usable, or this is production.
    """
    if options.environment == "production":
        raise StartupError(
            ExitCode.USAGE,
            "anybody may log in here as anybody: in production use the city's own provider",
        )
    uvloop.run(_run(options))


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    client = Registered(
        options.client_id,
        _secret(options.client_secret_file),
        tuple(options.redirect),
        tuple(options.goodbye),
    )
    sock = bind(options.listen)
    try:
        store = GroupCommitStore(options.store, SCHEMA)
        try:
            issuer = Issuer(options.issuer.rstrip("/"), client, options.algorithm)
            host, port = sock.getsockname()[:2]
            with stop_on_signals(stopping):
                log.info("login.started", host=host, port=port, issuer=issuer.url)
                await serve_http(build_app(issuer, store), sock, stopping)
        finally:
            await store.close()
    finally:
        sock.close()
    log.info("login.stopped")


def _secret(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartupError(
            ExitCode.USAGE, f"the client secret's file {path} cannot be read: {error.strerror}"
        ) from error
    if len(secret) < _SHORTEST_SECRET:
        raise StartupError(ExitCode.USAGE, f"the client secret in {path} is too short")
    return secret
