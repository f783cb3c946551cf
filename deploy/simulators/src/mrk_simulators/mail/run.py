"""Runs the mail server in this process."""

import argparse
import asyncio
import ssl
from pathlib import Path

import structlog

from mrk_simulators.faults import FaultPlan
from mrk_simulators.http_server import serve_http
from mrk_simulators.mail.records import SCHEMA
from mrk_simulators.mail.smtp import KINDS, Login, SmtpListener
from mrk_simulators.mail.web import build_app
from mrk_simulators.process import ExitCode, StartupError, bind, stop_on_signals
from mrk_simulators.store import GroupCommitStore

log = structlog.get_logger()


def run_mail(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartupError: an option, an address or the store is not usable.
    """
    asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    tls = _tls(options.tls_certificate, options.tls_key)
    login = _login(options.auth_file)
    plan = FaultPlan(KINDS, {"refuse_connections": False})
    sock = bind(options.listen)
    try:
        store = GroupCommitStore(options.store, SCHEMA)
        listener = SmtpListener(store, plan, stopping, tls=tls, login=login)
        try:
            smtp = await listener.start(options.smtp)
            with stop_on_signals(stopping):
                log.info("mail.started", smtp=str(smtp), http_port=sock.getsockname()[1])
                app = build_app(store, plan, listener.follow_switch)
                await serve_http(app, sock, stopping)
        finally:
            await listener.stop()
            await store.close()
    finally:
        sock.close()
    log.info("mail.stopped")


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise StartupError(
            ExitCode.USAGE, f"the TLS certificate or key is not usable: {error}"
        ) from error
    return context


def _login(path: Path | None) -> Login | None:
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartupError(
            ExitCode.USAGE, f"the auth file {path} cannot be read: {error.strerror}"
        ) from error
    user, colon, password = text.partition(":")
    if not colon or not user or not password:
        raise StartupError(ExitCode.USAGE, f"the auth file {path} is not USER:PASSWORD")
    return Login(user, password)
