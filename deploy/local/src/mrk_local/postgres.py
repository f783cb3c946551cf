"""One real PostgreSQL server on 127.0.0.1, with passwords, and a role for each database."""

import asyncio
import contextlib
import secrets
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Literal
from urllib.parse import quote

import asyncpg
import psutil

from mrk_local.errors import LocalError
from mrk_local.folders import make_folder, require_room, secret_file, write_whole
from mrk_local.ports import LOOPBACK, free_port, require_free
from mrk_local.postgres_programs import Account, account, launch, programs, run
from mrk_local.processes import Child, end_leftovers

ADMIN = "postgres"
_ROOM = 256 * 2**20
_STOP_S = 20.0
_POLL_S = 0.05
_STOPS: Mapping[str, signal.Signals] = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_NOT_YET = (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "jit": "off",
    # Readers are small here: I/O in the backend spares three worker processes.
    "io_method": "sync",
    # A failing statement's text and values are personal data; the log must hold none.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class PostgresServer:
    """One server with its data folder.

    Args:
        data: everything it owns: `cluster/`, `secrets/` (mode 600), `server.log`.
        port: where it listens on 127.0.0.1; None chooses a free one.
        overrides: further or other server settings.
    """

    def __init__(
        self, data: Path, port: int | None = None, *, overrides: Mapping[str, str] | None = None
    ) -> None:
        self.data = data.absolute()
        self.port = port or free_port()
        self._overrides = dict(overrides or {})
        self._child = Child("PostgreSQL", self.data / "server.log", self.data / "process.json")

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.data / "cluster"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the postmaster exists."""
        return self._child.running

    @property
    def admin_dsn(self) -> str:
        """The superuser's address, for creating databases and for faults; no service has it."""
        return self._dsn(ADMIN, self._password(ADMIN), ADMIN)

    async def start(self, wait_s: float = 60) -> None:
        """Start it and return when it accepts connections. Does nothing when it runs.

        Args:
            wait_s: how long it may take, in seconds, a recovery after a crash included.

        Raises:
            LocalError: the port is taken, the disk is full, the data folder is unusable, or it
                ended or did not answer in time; carries the end of its log.
        """
        if self.running:
            return
        who = await asyncio.to_thread(self._lay_out)
        settings = {**_SETTINGS, "port": str(self.port), **self._overrides}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        binary = str(programs() / "postgres")
        command = [binary, "-D", str(self.cluster), *options]
        how = launch(command, who, [self.cluster, programs()])
        self._child.spawn(how.command, user=how.user, group=how.group, cwd=self.data)
        await self._accepting(wait_s)

    async def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """End it.

        Args:
            mode: "fast" ends sessions and writes everything; "immediate" stops as a crash would,
                so that the next start recovers.
        """
        await self._child.end(_STOPS[mode], grace_s=_STOP_S)

    def kill(self) -> None:
        """SIGKILL for the postmaster and every backend, as after a power cut of the process."""
        self._child.kill()

    def pause(self) -> None:
        """SIGSTOP for the postmaster and every backend: connections stay open, nothing answers."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT for all of them."""
        self._signal_all(signal.SIGCONT)

    async def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop and start again, on the same port and data."""
        await self.stop(mode)
        await self.start()

    async def create_database(
        self,
        name: str,
        owner_role: str,
        password: str | None = None,
        *,
        template: str | None = None,
    ) -> str:
        """A database that only its owner may enter. Repeating it changes nothing.

        Args:
            name: the database.
            owner_role: the role that owns it, created if needed.
            password: the role's; None keeps a random one in `secrets/`, mode 600.
            template: a database without open sessions to copy; None is PostgreSQL's own.

        Returns:
            The owner's address, `postgresql://role:password@127.0.0.1:port/name`.
        """
        password = password or self._password(owner_role)
        admin = await asyncpg.connect(self.admin_dsn)
        try:
            await _ensure_role(admin, owner_role, password)
            exists = await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
            if not exists:
                copied = f" TEMPLATE {_quoted(template)}" if template else ""
                await admin.execute(
                    f"CREATE DATABASE {_quoted(name)} OWNER {_quoted(owner_role)}{copied}"
                )
            await admin.execute(f"REVOKE ALL ON DATABASE {_quoted(name)} FROM PUBLIC")
        finally:
            await admin.close()
        return self._dsn(owner_role, password, name)

    async def drop_database(self, name: str) -> None:
        """Remove a database, its sessions ended. Nothing happens when there is none."""
        admin = await asyncpg.connect(self.admin_dsn)
        try:
            await admin.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
        finally:
            await admin.close()

    def end_leftover(self) -> None:
        """End the server that a killed owner left running on this data, as "fast" does."""
        record = self.data / "process.json"
        end_leftovers([record], grace_s=_STOP_S, number=signal.SIGINT)

    def _dsn(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{quote(password)}@{LOOPBACK}:{self.port}/{database}"

    def _password(self, role: str) -> str:
        return secret_file(self.data / "secrets" / f"{role}.password")

    def _lay_out(self) -> Account | None:
        make_folder(self.data)
        require_room(self.data, _ROOM, "PostgreSQL")
        self.end_leftover()
        who = account(self.cluster)
        if not self.cluster.exists():
            self._initialise(who)
        _clear_stale(self.cluster)
        require_free(self.port, "PostgreSQL")
        return who

    def _initialise(self, who: Account | None) -> None:
        # Made beside its place and renamed at the end: a run cut short leaves nothing half-made.
        # The sweep removes what such a run left, and the password file with it.
        for left in self.data.glob("new-cluster-*"):
            shutil.rmtree(left)
        work = self.data / f"new-cluster-{secrets.token_hex(4)}"
        make_folder(work, 0o700)
        write_whole(work / "password", self._password(ADMIN), 0o600)
        if who is not None:
            who.own(work / "password")
            who.own(work)
        command = [
            str(programs() / "initdb"),
            f"--pgdata={work / 'cluster'}",
            f"--username={ADMIN}",
            f"--pwfile={work / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ]
        done = run(launch(command, who, [work, programs()]), work)
        if done.returncode != 0:
            shutil.rmtree(work)
            raise LocalError(
                f"initdb failed in {self.data}: {done.stderr.strip()[-800:]}",
                "mend what the message names (disk, permissions), then run the same command again",
            )
        (work / "cluster").rename(self.cluster)
        shutil.rmtree(work)

    async def _accepting(self, wait_s: float) -> None:
        deadline = monotonic() + wait_s
        while True:
            try:
                connection = await asyncpg.connect(self.admin_dsn, timeout=5)
            except asyncpg.InvalidPasswordError as error:
                await self.stop()
                raise LocalError(
                    f"PostgreSQL refuses the password kept in {self.data / 'secrets'}",
                    "restore that folder; it belongs to the data beside it",
                ) from error
            except _NOT_YET as error:
                await self._not_yet(deadline, wait_s, error)
            else:
                await connection.close()
                return

    async def _not_yet(self, deadline: float, wait_s: float, error: Exception) -> None:
        tail = self._child.tail()
        if not self.running:
            raise LocalError(
                f"PostgreSQL ended at its start with code {self._child.exit_code}; the end of "
                f"{self._child.log}:\n{tail}",
                "mend what the log names; mrk up with another --data DIR starts afresh",
            ) from error
        if monotonic() > deadline:
            await self._child.end(signal.SIGINT, grace_s=5)
            raise LocalError(
                f"PostgreSQL did not accept connections within {wait_s:g} s; the end of "
                f"{self._child.log}:\n{tail}",
                "see whether the machine is overloaded, then run the same command again",
            ) from error
        await asyncio.sleep(_POLL_S)

    def _signal_all(self, number: signal.Signals) -> None:
        if self.pid is not None:
            family = psutil.Process(self.pid)
            for member in (family, *family.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.send_signal(number)


def _clear_stale(cluster: Path) -> None:
    """End what an earlier postmaster left behind, and its pid file.

    A postmaster that was killed alone leaves backends that hold its shared memory, and a pid that
    another program may have by now; PostgreSQL refuses to start for either.
    """
    if not (cluster / "postmaster.pid").exists():
        return
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error):
            if process.info["name"] == "postgres" and Path(process.cwd()) == cluster:
                process.kill()
                process.wait(10)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


async def _ensure_role(admin: asyncpg.Connection, role: str, password: str) -> None:
    exists = await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    literal = await admin.fetchval("SELECT quote_literal($1)", password)
    with contextlib.suppress(asyncpg.DuplicateObjectError):  # made by another process meanwhile
        await admin.execute(
            f"{verb} ROLE {_quoted(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE "
            f"PASSWORD {literal}"
        )


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
