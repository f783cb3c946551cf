"""The SMTP side: every message is on the disk before it is answered with 250."""

import asyncio
import contextlib
import hmac
import sqlite3
import ssl
from dataclasses import dataclass
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mrk_simulators.faults import Decision, FaultPlan
from mrk_simulators.mail.records import Received, insert_message
from mrk_simulators.process import Address, bind, pause
from mrk_simulators.store import GroupCommitStore
from mrk_simulators.transport import reset

MESSAGE_LIMIT = 16 * 1024 * 1024
"""Bytes of one message."""

IDLE_SECONDS = 300
"""A client that says nothing for so long is disconnected (RFC 5321, 4.5.3.2.7)."""

GRACE_SECONDS = 5
"""How long messages in flight may take after SIGTERM."""

KINDS = {
    "connection": frozenset({"latency", "drop"}),
    "recipient": frozenset({"latency", "temporary", "reject"}),
    "message": frozenset({"latency", "temporary", "reject", "drop_before", "drop_after"}),
}

log = structlog.get_logger()


@dataclass(frozen=True)
class Login:
    """The one account that may send, when AUTH is demanded."""

    user: str
    password: str


class Handler:
    """aiosmtpd's hooks, for one connection; the method names are aiosmtpd's."""

    def __init__(self, store: GroupCommitStore, plan: FaultPlan, stopping: asyncio.Event) -> None:
        """Store into `store`, troubled by `plan`; waits end once `stopping` is set."""
        self._store = store
        self._plan = plan
        self._stopping = stopping
        self.transport: asyncio.BaseTransport | None = None

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002  # aiosmtpd's signature
        session: Session,  # noqa: ARG002  # aiosmtpd's signature
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Accept or refuse one recipient."""
        decision = await self._draw("recipient", address)
        if decision.fault is not None:
            temporary = decision.fault.kind == "temporary"
            return "451 4.3.0 Try again later" if temporary else "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002  # aiosmtpd's signature
        session: Session,  # noqa: ARG002  # aiosmtpd's signature
        envelope: Envelope,
    ) -> str:
        """Store one message, and only then say so."""
        raw = envelope.original_content or b""
        received = Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)
        text = "\n".join((*received.rcpt_to, raw.decode("utf-8", "replace")))
        decision = await self._draw("message", text)
        kind = decision.fault.kind if decision.fault else None
        match kind:
            case "temporary":
                return "451 4.3.0 Try again later"
            case "reject":
                return "554 5.7.1 Message refused"
            case "drop_before":
                return self._drop()
        try:
            await self._store.write(lambda connection: insert_message(connection, received, kind))
        except sqlite3.Error as error:
            log.exception("store.failed", error=type(error).__name__)
            return "452 4.3.1 Insufficient system storage"
        if kind == "drop_after":
            return self._drop()
        return "250 2.0.0 OK: stored"

    async def troubled(self) -> bool:
        """Draw for a new connection; whether it has to be dropped."""
        return (await self._draw("connection", "")).fault is not None

    async def _draw(self, group: str, text: str) -> Decision:
        decision = self._plan.draw(group, text)
        if decision.latency:
            await pause(decision.latency, self._stopping)
        if decision.fault is not None:
            log.info("mail.fault", group=group, kind=decision.fault.kind)
        return decision

    def _drop(self) -> str:
        """Reset the connection; the reply that aiosmtpd still wants reaches nobody."""
        if self.transport is not None:
            reset(self.transport)
        return "421 4.4.2 Connection dropped"


class _Connection(SMTP):
    """One SMTP connection: known to its listener, its transport known to its handler."""

    def __init__(self, handler: Handler, listener: "SmtpListener", **options: Any) -> None:
        """Serve with `handler`; `options` are aiosmtpd's."""
        super().__init__(handler, **options)
        self._listener = listener

    def in_transaction(self) -> bool:
        """Whether the client has begun to hand over a message."""
        return self.envelope is not None and self.envelope.mail_from is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.event_handler.transport = transport
        self._listener.joined(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._listener.left(self)

    async def _handle_client(self) -> None:
        if await self.event_handler.troubled():
            if self.transport is not None:
                reset(self.transport)
            return
        await super()._handle_client()


class SmtpListener:
    """The listening socket, which a fault can close so that connections are refused."""

    def __init__(
        self,
        store: GroupCommitStore,
        plan: FaultPlan,
        stopping: asyncio.Event,
        *,
        tls: ssl.SSLContext | None,
        login: Login | None,
    ) -> None:
        """Serve with STARTTLS when `tls` is given and with AUTH when `login` is."""
        self._store = store
        self._plan = plan
        self._stopping = stopping
        self._tls = tls
        self._login = login
        self._server: asyncio.Server | None = None
        self._address: Address | None = None
        self._connections: set[_Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def joined(self, connection: _Connection) -> None:
        """A client has connected (or has begun TLS)."""
        self._connections.add(connection)
        self._empty.clear()

    def left(self, connection: _Connection) -> None:
        """A client has gone."""
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def start(self, address: Address) -> Address:
        """Listen; returns the address with the port that the system chose.

        Raises:
            StartupError: the address cannot be bound.
        """
        sock = bind(address)
        host, port = sock.getsockname()[:2]
        self._address = Address(host, port)
        self._server = await asyncio.get_running_loop().create_server(self._protocol, sock=sock)
        return self._address

    async def follow_switch(self) -> None:
        """Refuse connections, or accept them again, as the plan's switch says.

        Raises:
            StartupError: meanwhile another process took the port.
        """
        refuse = self._plan.switches["refuse_connections"]
        if refuse:
            self._stop_listening()
        elif self._server is None and self._address is not None:
            await self.start(self._address)

    async def stop(self) -> None:
        """Stop listening; messages being handed over have `GRACE_SECONDS` to end."""
        self._stop_listening()
        for connection in list(self._connections):
            if not connection.in_transaction() and connection.transport is not None:
                connection.transport.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), GRACE_SECONDS)

    def _stop_listening(self) -> None:
        if self._server is not None:
            # Not wait_closed(): that would wait for clients that are still connected.
            self._server.close()
            self._server = None

    def _protocol(self) -> SMTP:
        handler = Handler(self._store, self._plan, self._stopping)
        return _Connection(
            handler,
            self,
            hostname="mail.simulator",
            ident="mrk-simulators",
            data_size_limit=MESSAGE_LIMIT,
            enable_SMTPUTF8=True,
            timeout=IDLE_SECONDS,
            tls_context=self._tls,
            authenticator=self._authenticate if self._login else None,
            auth_required=self._login is not None,
            # On loopback AUTH may come without TLS; with a certificate it may not.
            auth_require_tls=self._tls is not None,
        )

    def _authenticate(
        self,
        server: SMTP,  # noqa: ARG002  # aiosmtpd's signature
        session: Session,  # noqa: ARG002  # aiosmtpd's signature
        envelope: Envelope,  # noqa: ARG002  # aiosmtpd's signature
        mechanism: str,  # noqa: ARG002  # aiosmtpd's signature
        auth_data: object,
    ) -> AuthResult:
        fits = (
            self._login is not None
            and isinstance(auth_data, LoginPassword)
            and hmac.compare_digest(auth_data.login, self._login.user.encode())
            and hmac.compare_digest(auth_data.password, self._login.password.encode())
        )
        return AuthResult(success=fits, handled=False)
