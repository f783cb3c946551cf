"""A whole stack, started, watched and ended: for `mrk up` and for tests."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Iterable, Mapping
from pathlib import Path
from time import monotonic
from typing import NoReturn, Self

from mrk_cli import preparation, secret_store
from mrk_cli.layout import Layout
from mrk_cli.notices import Kind, Notice, Tell
from mrk_cli.ports import plan as plan_ports
from mrk_cli.probe import ready
from mrk_cli.reasons import first_reason
from mrk_cli.role_process import Backoff, RoleProcess, RoleSpec
from mrk_cli.servers import Keeper
from mrk_cli.stack import (
    PARTS,
    ROLES,
    SERVICES,
    SIMULATORS,
    Options,
    Plan,
    database_url_file,
    needs_kafka,
    role_command,
    role_environment,
    service_settings,
    simulator_command,
)
from mrk_cli.state import KafkaState, Phase, State, end_leftovers_of, only_supervisor
from mrk_local.errors import LocalError
from mrk_local.folders import make_folder, write_whole
from mrk_local.kafka import KafkaBroker
from mrk_local.postgres import PostgresServer
from mrk_local.processes import ProcessId

_READY_S = 90.0
_POLL_S = 0.1


def inherited_environment() -> dict[str, str]:
    """Our environment without settings of ours, which would leak into every role."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MRK_")}
    # A role finds its interpreter's tools first, and its log lines come when they happen.
    own["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', os.defpath)}"
    own["PYTHONUNBUFFERED"] = "1"
    return own


class Stack:
    """Kafka, PostgreSQL, the simulators and every role of the four services.

    `start` and `stop` it, or use it as `async with`. Test code reaches `kafka`, `postgres`,
    `roles["intake.http"]` and `simulators["lapor"]`.

    Args:
        data: its data folder.
        options: what may be chosen.
        port_base: the first of consecutive ports; None chooses free ones and keeps them.
        tell: receives what happens.
        backoff: how fast a dead role is started again.
        keep_servers: whether Kafka and PostgreSQL are started again when they die; a fault test
            that kills them itself says no.
    """

    def __init__(  # noqa: PLR0913  # a test chooses each of them
        self,
        data: Path,
        options: Options,
        *,
        port_base: int | None = None,
        tell: Tell = lambda _: None,
        backoff: Backoff | None = None,
        keep_servers: bool = True,
    ) -> None:
        self.layout = Layout.absolute(data)
        self.options = options
        self._port_base = port_base
        self._tell = tell
        self._backoff = backoff or Backoff()
        self._keep_servers = keep_servers
        self._open = contextlib.ExitStack()
        self._keeper: Keeper | None = None
        self.plan: Plan
        self.kafka: KafkaBroker
        self.postgres: PostgresServer
        self.databases: dict[str, str] = {}
        self.roles: dict[str, RoleProcess] = {}
        self.simulators: dict[str, RoleProcess] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start everything and return when every role is ready.

        Raises:
            LocalError: something cannot start; what had started is ended again.
        """
        try:
            await self._start()
        except BaseExceptionGroup as group:
            await self._failed(first_reason(group))
        except BaseException as error:  # noqa: BLE001  # raised again once all has ended
            await self._failed(error)

    async def _failed(self, reason: BaseException) -> NoReturn:
        text = str(reason) if isinstance(reason, LocalError) else repr(reason)
        await self.stop()
        self._tell(Notice(Kind.STACK_FAILED, text=text))
        raise reason

    async def _start(self) -> None:
        self._lay_out()
        self._write_state("starting")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._step("simulators", self._start_simulators()))
            broker = group.create_task(self._step("Kafka", self._start_kafka()))
            tables = group.create_task(self._step("PostgreSQL", self._start_postgres()))
            group.create_task(self._start_roles(broker, tables))
        await self._step("roles ready", self._all_ready())
        self._keeper = Keeper(self._tell, (self.kafka, self.postgres), self._backoff)
        if self._keep_servers:
            self._keeper.start()
        self._write_state("ready")
        self._tell(Notice(Kind.STACK_READY))

    async def stop(self) -> None:
        """End everything: roles, then simulators, then Kafka and PostgreSQL. May be repeated."""
        if not hasattr(self, "plan"):
            self._open.close()
            return
        self._tell(Notice(Kind.STACK_STOPPING))
        self._write_state("stopping")
        if self._keeper is not None:
            await self._keeper.stop()
        for group in (self.roles, self.simulators):
            await asyncio.gather(*(role.stop() for role in group.values()))
        await asyncio.gather(self.kafka.stop(), self.postgres.stop())
        self.layout.state.unlink(missing_ok=True)
        self._open.close()
        self._tell(Notice(Kind.STACK_STOPPED))

    def kill_role(
        self, service: str, role: str, number: signal.Signals = signal.SIGKILL
    ) -> int | None:
        """Send a signal to a role; returns the process id that was hit, or None."""
        return self.roles[f"{service}.{role}"].kill(number)

    async def restart_role(self, service: str, role: str) -> None:
        """End a role in order and start it again, with what `options.extra` says now."""
        name = f"{service}.{role}"
        await self.roles[name].stop()
        self.roles[name] = self._role(name)
        await self.roles[name].start()

    async def wait_ready(self, roles: Iterable[str] = ROLES, timeout_s: float = _READY_S) -> None:
        """Return when these roles are ready.

        Raises:
            LocalError: some are not, after `timeout_s`; names them.
        """
        waiting = [self.roles[name] for name in roles]
        deadline = monotonic() + timeout_s
        while waiting:
            answers = await asyncio.gather(*(ready(role.spec.http) for role in waiting))
            for role, is_ready in zip(waiting, answers, strict=True):
                if is_ready:
                    self._tell(Notice(Kind.ROLE_READY, role.spec.name))
            waiting = [role for role, yes in zip(waiting, answers, strict=True) if not yes]
            lost = [role for role in waiting if role.given_up]
            if lost or (waiting and monotonic() > deadline):
                why = "ended at its start" if lost else f"not ready after {timeout_s:g} s"
                names = ", ".join(role.spec.name for role in lost or waiting)
                raise LocalError(
                    f"{why}: {names}; {_tail((lost or waiting)[0].log)}",
                    f"mend what the log names; all logs are in {self.layout.logs}",
                )
            await asyncio.sleep(_POLL_S if waiting else 0)

    async def _all_ready(self) -> None:
        await self.wait_ready()

    def _lay_out(self) -> None:
        make_folder(self.layout.data)
        self._open.enter_context(only_supervisor(self.layout))
        for folder in (self.layout.logs, self.layout.run, self.layout.data / "simulators"):
            make_folder(folder)
        end_leftovers_of(self.layout)
        secret_store.ensure(self.layout)
        ports = plan_ports(PARTS, self.layout.ports, self._port_base)
        self.kafka = KafkaBroker(self.layout.kafka, ports["kafka"], ports["kafka.controller"])
        self.postgres = PostgresServer(self.layout.postgres, ports["postgres"])
        self.plan = Plan(self.layout, ports, self.options, inherited_environment())
        self.roles = {name: self._role(name) for name in ROLES}
        self.simulators = {
            name: self._process(
                name, simulator_command(self.plan, name), self.plan.inherited, self.plan.url(name)
            )
            for name in SIMULATORS
        }

    def _role(self, name: str) -> RoleProcess:
        environment = role_environment(self.plan, name)
        return self._process(name, role_command(name), environment, self.plan.url(name))

    def _process(
        self, name: str, command: list[str], environment: Mapping[str, str], http: str
    ) -> RoleProcess:
        spec = RoleSpec(name, command, environment, http, self.options.restart)
        log, record = self.layout.log(name), self.layout.record(name)
        return RoleProcess(spec, log, record, self._tell, self._backoff)

    async def _start_simulators(self) -> None:
        await asyncio.gather(*(simulator.start() for simulator in self.simulators.values()))

    async def _start_kafka(self) -> None:
        def told(text: str) -> None:
            self._tell(Notice(Kind.STEP_TOLD, "Kafka", text))

        await asyncio.to_thread(KafkaBroker.prepare, None, told)
        await self.kafka.start()

    async def _start_postgres(self) -> None:
        await self.postgres.start()
        marks = preparation.Marks(self.layout.postgres / "prepared.json")
        async with asyncio.TaskGroup() as group:
            for spec in SERVICES.values():
                dsn = await self.postgres.create_database(spec.database, spec.database)
                self.databases[spec.name] = dsn
                write_whole(database_url_file(self.layout, spec), dsn, 0o600)
                want = preparation.migrations_digest(spec)
                if not marks.stands(spec.name, want):
                    group.create_task(preparation.migrate(self.plan, spec))
        for spec in SERVICES.values():
            marks.set(spec.name, preparation.migrations_digest(spec))

    async def _start_roles(self, broker: asyncio.Task[None], tables: asyncio.Task[None]) -> None:
        """As early as possible: at once when the topics stand, for roles wait for a slow broker.

        A role that finds its topic missing ends, so that at a first start those with Kafka wait.
        """
        await tables
        self._write_state("starting")
        await self._start_those(name for name in ROLES if not needs_kafka(name))
        marks = preparation.Marks(self.layout.kafka / "prepared.json")
        meta = self.layout.kafka / "log" / "meta.properties"
        known = preparation.topics_digest(self.plan, _text(meta))
        if not marks.stands("topics", known):
            await broker
            await self._step("topics", preparation.apply_topics(self.plan))
            marks.set("topics", preparation.topics_digest(self.plan, _text(meta)))
        await self._start_those(name for name in ROLES if needs_kafka(name))

    async def _start_those(self, names: Iterable[str]) -> None:
        await asyncio.gather(*(self.roles[name].start() for name in names))

    async def _step(self, name: str, work: Awaitable[None]) -> None:
        begun = monotonic()
        self._tell(Notice(Kind.STEP_BEGUN, name))
        await work
        self._tell(Notice(Kind.STEP_DONE, name, facts={"seconds": monotonic() - begun}))

    def _write_state(self, phase: Phase) -> None:
        supervisor = ProcessId.of(os.getpid())
        if supervisor is None:
            raise LocalError(
                "this process is not listed by the system", "see that /proc is mounted"
            )
        plan = self.plan
        State(
            supervisor=supervisor,
            phase=phase,
            kafka=KafkaState(self.kafka.bootstrap, str(self.kafka.log_dir)),
            postgres=dict(self.databases),
            roles={name: plan.url(name) for name in ROLES},
            simulators={name: plan.url(name) for name in self.simulators},
            environments={name: service_settings(plan, spec) for name, spec in SERVICES.items()},
        ).write(self.layout.state)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _tail(log: Path) -> str:
    lines = _text(log).splitlines()[-10:]
    return "\n".join((f"the end of {log}:", *lines))
