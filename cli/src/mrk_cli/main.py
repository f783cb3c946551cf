"""The `mrk` command. Each subcommand imports what it needs, so that each starts quickly."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from mrk_cli.conformance import conformance
from mrk_cli.inside import FORWARDED, LOCAL, Data, Service, everywhere, inside
from mrk_cli.personal import personal
from mrk_local.errors import LocalError

_PIPE_CLOSED: Final = 141

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
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(clock, name="clock")
app.add_typer(topics, name="topics")
app.add_typer(bridge, name="bridge")
model = typer.Typer(help="The classifier of categories.", no_args_is_help=True)
app.add_typer(model, name="model")
app.add_typer(personal)
app.command()(conformance)

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


@app.command()
def up(  # noqa: PLR0913  # its options
    data: Data = LOCAL,
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
    data: Data = LOCAL,
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
def down(data: Data = LOCAL) -> None:
    """End what `mrk up --detach` started."""
    from mrk_cli.down import down as run  # noqa: PLC0415  # lazily
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily

    raise typer.Exit(run(Layout.absolute(data)))


@app.command()
def status(
    data: Data = LOCAL,
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
    data: Data = LOCAL,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0)] = 50,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="until Ctrl-C")] = False,
) -> None:
    """The end of a role's log."""
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily
    from mrk_cli.logs import logs as run  # noqa: PLC0415  # lazily

    raise typer.Exit(run(Layout.absolute(data), role, lines=lines, follow=follow))


@app.command(context_settings={**FORWARDED, "help_option_names": []})
def city(context: typer.Context) -> None:
    """City packs: `mrk city check` validates one, `mrk city explain` says which rule decides."""
    from mrk_cli.city import run  # noqa: PLC0415  # lazily

    raise typer.Exit(run(context.args))


@model.command("evaluate", context_settings={**FORWARDED, "help_option_names": []})
def model_evaluate(context: typer.Context, city: City = None) -> None:
    """Compare a new model with the running one: [--data FILE] [--model FILE] [--against FILE]."""
    import subprocess  # noqa: PLC0415  # lazily

    from mrk_cli.city import default_pack  # noqa: PLC0415  # lazily

    where = ("--city", str(city or default_pack()))
    command = [sys.executable, "-m", "mrk_city.learning", "evaluate", *where, *context.args]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@model.command("corrections", context_settings=FORWARDED)
def model_corrections(
    out: Annotated[Path, typer.Option(help="where the labelled texts go", metavar="FILE")],
    data: Data = LOCAL,
) -> None:
    """Labelled texts from what dispatchers corrected."""
    raise inside(data, "routing", "model", "corrections", "--out", str(out.absolute()))


@dead_letters.command("list")
def dead_letters_list(
    service: Annotated[str | None, typer.Argument(help="one service; all without")] = None,
    data: Data = LOCAL,
) -> None:
    """Every dead letter that waits: where it came from, and why."""
    if service is None:
        raise everywhere(data, "dead-letters", "list")
    raise inside(data, service, "dead-letters", "list")


@dead_letters.command("show")
def dead_letters_show(service: Service, letter: str, data: Data = LOCAL) -> None:
    """One dead letter, whole."""
    raise inside(data, service, "dead-letters", "show", letter)


@dead_letters.command("redrive")
def dead_letters_redrive(
    service: Service,
    letter: Annotated[str | None, typer.Argument(help="one of them")] = None,
    data: Data = LOCAL,
    *,
    every: Annotated[bool, typer.Option("--all", help="all of the service's")] = False,
) -> None:
    """Process again, in order, inside the service that failed."""
    if every == (letter is not None):
        raise LocalError("redrive wants one dead letter or --all", "give one of the two")
    raise inside(data, service, "dead-letters", "redrive", letter or "--all")


@dead_letters.command("drop")
def dead_letters_drop(service: Service, letter: str, data: Data = LOCAL) -> None:
    """Give one up; later records of its key are processed."""
    raise inside(data, service, "dead-letters", "drop", letter)


@dead_letters.command("accept-gap")
def dead_letters_accept_gap(
    service: Service,
    group: Annotated[str, typer.Option(help="the consumer group that stopped")],
    topic: Annotated[str, typer.Option(help="whose log starts later than was read")],
    data: Data = LOCAL,
) -> None:
    """Read on after records were lost from the log: replay them first."""
    where = ("--group", group, "--topic", topic)
    raise inside(data, service, "dead-letters", "accept-gap", *where)


@app.command(context_settings=FORWARDED)
def replay(context: typer.Context, service: Service, data: Data = LOCAL) -> None:
    """Publish a service's stored events again: [--topic T] [--since ISO] [--key K]."""
    raise inside(data, service, "replay", *context.args)


@clock.command("show")
def clock_show(data: Data = LOCAL) -> None:
    """What time it is for each service."""
    raise everywhere(data, "clock", "show")


@clock.command("advance")
def clock_advance(
    by: Annotated[str, typer.Argument(help="such as 90m, 36h or 3d")], data: Data = LOCAL
) -> None:
    """Move the clock of all running roles forward."""
    raise everywhere(data, "clock", "advance", by)


@topics.command("apply")
def topics_apply(data: Data = LOCAL) -> None:
    """Create what is declared and missing."""
    raise inside(data, "routing", "topics", "apply")


@topics.command("diff")
def topics_diff(data: Data = LOCAL) -> None:
    """What differs from the declarations."""
    raise inside(data, "routing", "topics", "diff")


@app.command("api-keys", context_settings=FORWARDED)
def api_keys(context: typer.Context, data: Data = LOCAL) -> None:
    """Keys of those who send reports by Open311: add NAME, revoke NAME, list [--json]."""
    raise inside(data, "intake", "api-keys", *context.args)


@app.command("agency-clients", context_settings=FORWARDED)
def agency_clients(context: typer.Context, data: Data = LOCAL) -> None:
    """Systems of agencies that call routing's API: create, rotate, revoke, list."""
    raise inside(data, "routing", "agency-clients", *context.args)


@app.command(context_settings=FORWARDED)
def webhooks(context: typer.Context, data: Data = LOCAL) -> None:
    """Where inboxes are sent: add, rotate, list, show, test, resume, remove."""
    raise inside(data, "routing", "webhooks", *context.args)


@bridge.command("resolve", context_settings=FORWARDED)
def bridge_resolve(context: typer.Context, complaint: str, data: Data = LOCAL) -> None:
    """Say what became of an unclear filing: --national-id X or --absent."""
    raise inside(data, "spanlapor-bridge", "bridge", "resolve", complaint, *context.args)


def main() -> None:
    """Run the command line; errors of ours are shown without a trace and end with 1.

    A reader of its output that goes away ends it as the signal would: 141.
    """
    try:
        if sys.argv[1:2] == ["city"]:  # its words are its own: typer would load pydantic for them
            from mrk_cli.city import run  # noqa: PLC0415  # as above

            sys.exit(run(sys.argv[2:]))
        app()
    except LocalError as error:
        sys.stderr.write(f"mrk: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `mrk … | head`: whoever read has enough, and the rest goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_PIPE_CLOSED)


if __name__ == "__main__":
    main()
