"""Shows a stack's notices to a person: steps with spinners, deaths in red, addresses at the end."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from mrk_cli.notices import Kind, Notice
from mrk_cli.stack import ROLES
from mrk_cli.state import State


class StartScreen:
    """Shows a start while it lasts; afterwards only what needs a person's eye.

    Args:
        console: where.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=False,
        )
        self._tasks: dict[str, TaskID] = {}
        self._ready: set[str] = set()
        self._over = False

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
        self._over = True

    def tell(self, notice: Notice) -> None:
        """Show one notice."""
        match notice.kind:
            case _ if self._over:
                show(self._console, notice)
            case Kind.STEP_BEGUN:
                self._tasks[notice.subject] = self._progress.add_task(notice.subject, total=1)
            case Kind.STEP_TOLD:
                self._describe(notice.subject, f"{notice.subject}: {escape(notice.text)}")
            case Kind.STEP_DONE:
                if notice.subject in self._tasks:
                    self._progress.update(self._tasks[notice.subject], completed=1)
            case Kind.ROLE_READY if notice.subject in ROLES:
                self._ready.add(notice.subject)
                count = f"{len(self._ready)} of {len(ROLES)}"
                self._describe("roles ready", f"roles ready: {count}")
            case _:
                show(self._console, notice)

    def _describe(self, step: str, text: str) -> None:
        if step in self._tasks:
            self._progress.update(self._tasks[step], description=text)


def show(console: Console, notice: Notice) -> None:
    """One line for a notice that a person should see; nothing for the others."""
    name, text = escape(notice.subject), escape(notice.text)
    match notice.kind:
        case Kind.ROLE_DIED:
            console.print(f"[red]✗ {name} {text}")
        case Kind.ROLE_REFUSED:
            console.print(f"[red]✗ {name} {text}; its settings are wrong, so it stays down")
        case Kind.ROLE_READY if notice.subject not in ROLES:
            console.print(f"[green]✓ {name} answers again")
        case Kind.STACK_STOPPING:
            console.print("ending everything…")
        case Kind.STACK_STOPPED:
            console.print("everything has ended")
        case _:
            pass  # the rest is for logs and for the start screen


def places(state: State) -> Table:
    """Where everything that a person may open listens."""
    table = Table(title="Medan Rumah Kita", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    rows: Mapping[str, str | None] = {
        "page for residents": state.roles["intake.web"],
        "pages for staff": state.roles["intake.staff"],
        "reports (intake)": f"{state.roles['intake.http']}/api/v1/reports",
        "OpenAPI": f"{state.roles['intake.http']}/openapi.json",
        "desk (routing)": state.roles["routing.desk"],
        "API for agencies": f"{state.roles['routing.api']}/openapi.json",
        "counts (routing)": f"{state.roles['routing.http']}/api/v1/summary",
        "SP4N-LAPOR! simulator": f"{state.simulators['lapor']}/_sim/records",
        "mail server": f"{state.simulators['mail']}/_sim/records",
        "login provider": f"{state.simulators['login']}/_sim/records",
        "Kafka": state.kafka.bootstrap,
        **{f"PostgreSQL, {name}": _hidden(dsn) for name, dsn in state.postgres.items()},
    }
    for name, place in rows.items():
        table.add_row(name, place)
    return table


def _hidden(dsn: str) -> str:
    """A database address without its password."""
    head, _, tail = dsn.partition("://")
    user, _, rest = tail.partition(":")
    return f"{head}://{user}@{rest.rpartition('@')[2]}"
