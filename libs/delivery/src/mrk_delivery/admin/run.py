"""Reads a command line and runs the command."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from mrk_delivery.admin import letters, time, work
from mrk_delivery.admin.types import Admin, Command, Inside
from mrk_delivery.settings import DatabaseSettings
from mrk_telemetry.settings import load_settings

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # its only name


def run(admin: Admin, settings: type[DatabaseSettings], package: str, words: Sequence[str]) -> int:
    """Run one command; its exit code.

    Args:
        admin: the service's.
        settings: what is loaded from the environment; a wrong one ends the process with 78.
        package: shown in the usage.
        words: after `admin`.

    Raises:
        SystemExit: 2 for a command line that says nothing known, after the usage; 78 as above.
    """
    commands = (*letters.commands(), *time.commands(), *work.commands(), *admin.commands)
    given = _parser(package, commands).parse_args(list(words))
    command: Command = given.command
    inside = Inside(admin, load_settings(settings))
    try:
        return asyncio.run(_awaited(command, inside, given)) or 0
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        sys.stderr.write(f"{' '.join(command.words)}: {type(error).__name__}\n")
        return 1


async def _awaited(command: Command, inside: Inside, given: argparse.Namespace) -> int | None:
    return await command.run(inside, given)


def _parser(package: str, commands: Sequence[Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {package} admin")
    top = parser.add_subparsers(required=True, metavar="COMMAND")
    groups: dict[tuple[str, ...], Any] = {(): top}
    for command in commands:
        *path, verb = command.words
        within: Subparsers = groups[()]
        for depth, word in enumerate(path, 1):
            name = tuple(path[:depth])
            if name not in groups:
                groups[name] = within.add_parser(word).add_subparsers(
                    required=True, metavar="COMMAND"
                )
            within = groups[name]
        own = within.add_parser(verb, help=command.help, description=command.help)
        command.arguments(own)
        own.set_defaults(command=command)
    return parser
