"""What a service tells of itself, and what a command gets."""

import argparse
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import asyncpg

from mrk_delivery.database import closing, open_pool
from mrk_delivery.service import Service
from mrk_delivery.settings import DatabaseSettings
from mrk_delivery.subscription import Subscription

Subscriptions = Callable[[asyncpg.Pool], AbstractAsyncContextManager[Sequence[Subscription]]]
"""Opens the service's subscriptions, as its consumer role has them, on a pool."""


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """For a command without any."""
    del parser


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        words: such as `("topics", "apply")` or `("erase",)`.
        help: one line.
        run: given where it runs and its arguments; returns the exit code, None for 0.
        arguments: declares them.
    """

    words: tuple[str, ...]
    help: str
    run: "Callable[[Inside, argparse.Namespace], Awaitable[int | None]]"
    arguments: Callable[[argparse.ArgumentParser], None] = no_arguments


@dataclass(frozen=True, slots=True)
class Admin:
    """What a service tells of itself.

    Attributes:
        subscriptions: for redriving; None where the service consumes nothing.
        commands: its own.
    """

    service: Service
    subscriptions: Subscriptions | None = None
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a command runs."""

    admin: Admin
    settings: DatabaseSettings

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Pool]:
        """The service's database while the block runs."""
        name = f"{self.admin.service.name}.admin"
        pool = await open_pool(self.settings.dsn, application_name=name)
        async with closing(pool):
            yield pool

    def say(self, line: str) -> None:
        """A line for the operator."""
        sys.stdout.write(line + "\n")

    def complain(self, line: str) -> None:
        """A line on stderr: what went wrong."""
        sys.stderr.write(line + "\n")

    def table(self, rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
        """Rows as JSON lines, or with aligned columns; the first row names them."""
        if as_json:
            for row in rows:
                self.say(json.dumps(dict(row), default=str, ensure_ascii=False))
            return
        if not rows:
            self.say("none")
            return
        names = list(rows[0])
        cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
        widths = [max(len(line[n]) for line in cells) for n in range(len(names))]
        for line in cells:
            self.say("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    return "-" if value is None else str(value)
