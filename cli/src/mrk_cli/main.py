"""The `mrk` command. Each subcommand imports what it needs, so that each starts quickly."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mrk_local.errors import LocalError

app = typer.Typer(
    help="Medan Rumah Kita on one machine: start it, look at it, mend it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
dead_letters = typer.Typer(help="Records that could not be processed.", no_args_is_help=True)
clock = typer.Typer(help="The clock of all roles (never in production).", no_args_is_help=True)
topics = typer.Typer(help="Kafka's topics as declared.", no_args_is_help=True)
bridge = typer.Typer(help="Cases that only a person can decide.", no_args_is_help=True)
vault = typer.Typer(help="The master keys of reporters' data.", no_args_is_help=True)
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(clock, name="clock")
app.add_typer(topics, name="topics")
app.add_typer(bridge, name="bridge")
app.add_typer(vault, name="vault")

Data = Annotated[Path, typer.Option("--data", help="the stack's data folder", metavar="DIR")]
City = Annotated[Path | None, typer.Option("--city", help="another city pack", metavar="DIR")]
PortBase = Annotated[
    int | None,
    typer.Option("--port-base", min=1024, max=65_000, help="the first of consecutive ports"),
]
Movable = Annotated[
    bool, typer.Option("--clock-movable/--no-clock-movable", help="whether mrk clock advance works")
]
Otlp = Annotated[
    str | None, typer.Option("--otlp", help="base URL of an OTLP/HTTP receiver for traces")
]
Service = Annotated[
    str, typer.Argument(help="intake, routing, spanlapor-bridge or notify", metavar="SERVICE")
]

_LOCAL = Path(".local")


@app.command()
def up(  # noqa: PLR0913  # its options
    data: Data = _LOCAL,
    port_base: PortBase = None,
    city: City = None,
    otlp: Otlp = None,
    *,
    detach: Annotated[bool, typer.Option("--detach", help="return when all is ready")] = False,
    samples: Annotated[bool, typer.Option(help="send sample reports and show them")] = True,
    clock_movable: Movable = True,
) -> None:
    """Start everything; without --detach, until Ctrl-C."""
    from mrk_cli.city import default_pack  # noqa: PLC0415  # lazily
    from mrk_cli.stack import Options  # noqa: PLC0415  # lazily
    from mrk_cli.up import detached, foreground  # noqa: PLC0415  # lazily

    options = Options((city or default_pack()).absolute(), clock_movable, otlp)
    start = detached if detach else foreground
    raise typer.Exit(start(data, options, port_base, with_samples=samples))


@app.command(hidden=True)
def supervise(
    data: Data = _LOCAL,
    port_base: PortBase = None,
    city: City = None,
    otlp: Otlp = None,
    *,
    clock_movable: Movable = True,
) -> None:
    """What --detach starts."""
    import asyncio  # noqa: PLC0415  # lazily

    from mrk_cli.city import default_pack  # noqa: PLC0415  # lazily
    from mrk_cli.stack import Options  # noqa: PLC0415  # lazily
    from mrk_cli.up import supervise as run  # noqa: PLC0415  # lazily

    options = Options((city or default_pack()).absolute(), clock_movable, otlp)
    raise typer.Exit(asyncio.run(run(data, options, port_base)))


@app.command()
def down(data: Data = _LOCAL) -> None:
    """End what `mrk up --detach` started."""
    from mrk_cli.down import down as run  # noqa: PLC0415  # lazily
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily

    raise typer.Exit(run(Layout.absolute(data)))


@app.command()
def status(
    data: Data = _LOCAL,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="for programs; holds passwords")] = False,
) -> None:
    """What runs, where it listens, and whether it is ready (exit code 3 if not all)."""
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily
    from mrk_cli.status import status as run  # noqa: PLC0415  # lazily

    raise typer.Exit(run(Layout.absolute(data), as_json=as_json))


@app.command()
def logs(
    role: Annotated[str, typer.Argument(help="such as intake.http, lapor, kafka, supervisor")],
    data: Data = _LOCAL,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0)] = 50,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="until Ctrl-C")] = False,
) -> None:
    """The end of a role's log."""
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily
    from mrk_cli.logs import logs as run  # noqa: PLC0415  # lazily

    raise typer.Exit(run(Layout.absolute(data), role, lines=lines, follow=follow))


_FORWARDED = {"ignore_unknown_options": True, "allow_extra_args": True}


@app.command(context_settings={**_FORWARDED, "help_option_names": []})
def city(context: typer.Context) -> None:
    """City packs: `mrk city check` validates one (see `mrk city --help`)."""
    import subprocess  # noqa: PLC0415  # lazily

    command = [sys.executable, "-m", "mrk_city", *context.args]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def _inside(data: Path, service: str, *arguments: str) -> typer.Exit:
    from mrk_cli.admin import run_admin  # noqa: PLC0415  # lazily
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily

    return typer.Exit(run_admin(Layout.absolute(data), service, arguments))


def _everywhere(data: Path, *arguments: str) -> typer.Exit:
    from mrk_cli.admin import run_admin_everywhere  # noqa: PLC0415  # lazily
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily

    return typer.Exit(run_admin_everywhere(Layout.absolute(data), arguments))


@dead_letters.command("list")
def dead_letters_list(
    service: Annotated[str | None, typer.Argument(help="one service; all without")] = None,
    data: Data = _LOCAL,
) -> None:
    """Every dead letter that waits: where it came from, and why."""
    if service is None:
        raise _everywhere(data, "dead-letters", "list")
    raise _inside(data, service, "dead-letters", "list")


@dead_letters.command("show")
def dead_letters_show(service: Service, letter: str, data: Data = _LOCAL) -> None:
    """One dead letter, whole."""
    raise _inside(data, service, "dead-letters", "show", letter)


@dead_letters.command("redrive")
def dead_letters_redrive(
    service: Service,
    letter: Annotated[str | None, typer.Argument(help="one of them")] = None,
    data: Data = _LOCAL,
    *,
    every: Annotated[bool, typer.Option("--all", help="all of the service's")] = False,
) -> None:
    """Process again, in order, inside the service that failed."""
    if every == (letter is not None):
        raise LocalError("redrive wants one dead letter or --all", "give one of the two")
    raise _inside(data, service, "dead-letters", "redrive", letter or "--all")


@dead_letters.command("drop")
def dead_letters_drop(service: Service, letter: str, data: Data = _LOCAL) -> None:
    """Give one up; later records of its key are processed."""
    raise _inside(data, service, "dead-letters", "drop", letter)


@dead_letters.command("accept-gap")
def dead_letters_accept_gap(
    service: Service,
    group: Annotated[str, typer.Option(help="the consumer group that stopped")],
    topic: Annotated[str, typer.Option(help="whose log starts later than was read")],
    data: Data = _LOCAL,
) -> None:
    """Read on after records were lost from the log: replay them first."""
    where = ("--group", group, "--topic", topic)
    raise _inside(data, service, "dead-letters", "accept-gap", *where)


@app.command(context_settings=_FORWARDED)
def replay(context: typer.Context, service: Service, data: Data = _LOCAL) -> None:
    """Publish a service's stored events again: [--topic T] [--since ISO] [--key K]."""
    raise _inside(data, service, "replay", *context.args)


@clock.command("show")
def clock_show(data: Data = _LOCAL) -> None:
    """What time it is for each service."""
    raise _everywhere(data, "clock", "show")


@clock.command("advance")
def clock_advance(
    by: Annotated[str, typer.Argument(help="such as 90m, 36h or 3d")], data: Data = _LOCAL
) -> None:
    """Move the clock of all running roles forward."""
    raise _everywhere(data, "clock", "advance", by)


@topics.command("apply")
def topics_apply(data: Data = _LOCAL) -> None:
    """Create what is declared and missing."""
    raise _inside(data, "routing", "topics", "apply")


@topics.command("diff")
def topics_diff(data: Data = _LOCAL) -> None:
    """What differs from the declarations."""
    raise _inside(data, "routing", "topics", "diff")


@app.command()
def erase(tracking_number: str, data: Data = _LOCAL) -> None:
    """Erase a report's personal data in all services, for ever."""
    raise _inside(data, "intake", "erase", tracking_number)


@app.command(context_settings=_FORWARDED)
def retention(context: typer.Context, data: Data = _LOCAL) -> None:
    """What the city no longer keeps, by class: [--erase] [--json]."""
    raise _inside(data, "intake", "retention", *context.args)


@vault.command("status", context_settings=_FORWARDED)
def vault_status(context: typer.Context, data: Data = _LOCAL) -> None:
    """How many rows each master key has: [--json]."""
    raise _inside(data, "intake", "vault", "status", *context.args)


@vault.command("rotate")
def vault_rotate(data: Data = _LOCAL) -> None:
    """Bring the vault under the newest master key."""
    raise _inside(data, "intake", "vault", "rotate")


@app.command("api-keys", context_settings=_FORWARDED)
def api_keys(context: typer.Context, data: Data = _LOCAL) -> None:
    """Keys of those who send reports by Open311: add NAME, revoke NAME, list [--json]."""
    raise _inside(data, "intake", "api-keys", *context.args)


@app.command(context_settings=_FORWARDED)
def held(context: typer.Context, data: Data = _LOCAL) -> None:
    """Texts that wait for a look: list, show NUMBER, release or hide NUMBER --who W --why Y."""
    raise _inside(data, "intake", "held", *context.args)


@bridge.command("resolve", context_settings=_FORWARDED)
def bridge_resolve(context: typer.Context, complaint: str, data: Data = _LOCAL) -> None:
    """Say what became of an unclear filing: --national-id X or --absent."""
    raise _inside(data, "spanlapor-bridge", "bridge", "resolve", complaint, *context.args)


def main() -> None:
    """Run the command line; errors of ours are shown without a trace and end with 1."""
    try:
        app()
    except LocalError as error:
        sys.stderr.write(f"mrk: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
