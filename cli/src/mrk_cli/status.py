"""`mrk status`: what runs, where it listens, and whether it is ready."""

import asyncio
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from mrk_cli import console as screens
from mrk_cli.layout import Layout
from mrk_cli.probe import ready
from mrk_cli.state import State, require_running
from mrk_local.processes import ProcessId

_EXIT_NOT_READY = 3


def status(layout: Layout, *, as_json: bool) -> int:
    """Print it.

    Returns:
        The exit code: for programs 0, as they read `ready`; for people 3 unless all are ready.

    Raises:
        LocalError: nothing runs in this folder.
    """
    state = require_running(layout)
    facts = asyncio.run(collect(layout, state))
    if as_json:
        json.dump(facts, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return 0
    console = Console()
    console.print(screens.places(state))
    console.print(_roles(facts))
    return 0 if all(role["ready"] for role in facts["roles"].values()) else _EXIT_NOT_READY


async def collect(layout: Layout, state: State) -> dict[str, Any]:
    """The facts for programs: kafka, postgres, roles, intake, routing, simulators."""
    answers = await asyncio.gather(*(ready(http) for http in state.roles.values()))
    return {
        "kafka": {"bootstrap": state.kafka.bootstrap, "log_dir": state.kafka.log_dir},
        "postgres": state.postgres,
        "roles": {
            name: {"pid": _pid(layout, name), "http": http, "ready": is_ready}
            for (name, http), is_ready in zip(state.roles.items(), answers, strict=True)
        },
        "intake": state.roles["intake.http"],
        "routing": state.roles["routing.http"],
        "simulators": state.simulators,
        "phase": state.phase,
        "supervisor": state.supervisor.pid,
        "logs": str(layout.logs),
    }


def _pid(layout: Layout, name: str) -> int | None:
    known = ProcessId.read(layout.record(name))
    return known.pid if known is not None and known.process() is not None else None


def _roles(facts: dict[str, Any]) -> Table:
    table = Table("role", "pid", "address", "ready")
    for name, role in facts["roles"].items():
        mark = "[green]yes" if role["ready"] else "[red]no"
        table.add_row(name, str(role["pid"] or "-"), role["http"], mark)
    return table
