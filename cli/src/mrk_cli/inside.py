"""Commands that run inside a service: the options that they share, and how they are run."""

from pathlib import Path
from typing import Annotated, Final

import typer

Data = Annotated[Path, typer.Option("--data", help="the stack's data folder", metavar="DIR")]
Service = Annotated[
    str, typer.Argument(help="intake, routing, spanlapor-bridge or notify", metavar="SERVICE")
]
LOCAL: Final = Path(".local")
FORWARDED: Final = {"ignore_unknown_options": True, "allow_extra_args": True}
"""The service reads the options itself."""


def inside(data: Path, service: str, *arguments: str) -> typer.Exit:
    """Run an admin command inside a service's own code; the way to end with its exit code."""
    from mrk_cli.admin import run_admin  # noqa: PLC0415  # lazily
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily

    return typer.Exit(run_admin(Layout.absolute(data), service, arguments))


def everywhere(data: Path, *arguments: str) -> typer.Exit:
    """As `inside`, in every service."""
    from mrk_cli.admin import run_admin_everywhere  # noqa: PLC0415  # lazily
    from mrk_cli.layout import Layout  # noqa: PLC0415  # lazily

    return typer.Exit(run_admin_everywhere(Layout.absolute(data), arguments))
