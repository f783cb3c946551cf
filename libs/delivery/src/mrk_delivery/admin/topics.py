"""`admin topics apply|diff`, for the service that keeps the topics."""

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiokafka.errors import KafkaError

from mrk_delivery import topics
from mrk_delivery.admin.types import Command, Inside

Known = Callable[[], tuple[Mapping[str, Any], Iterable[topics.Declared]]]
"""Loads settings when a command runs: Kafka's connection options and every declared topic."""


def topic_commands(known: Known) -> tuple[Command, ...]:
    """The two commands.

    Args:
        known: where the broker is and what is declared.
    """

    async def apply(inside: Inside, given: argparse.Namespace) -> int:
        del given
        options, specs = known()
        try:
            applied = await topics.apply(options, specs)
        except (KafkaError, OSError) as error:
            return _refused(inside, error)
        for name in applied.created:
            inside.say(f"{name}: created")
        for name in applied.altered:
            inside.say(f"{name}: settings set")
        for line in (line for each in applied.left for line in each.lines()):
            inside.complain(line)
        return 1 if applied.left else 0

    async def diff(inside: Inside, given: argparse.Namespace) -> int:
        del given
        options, specs = known()
        try:
            differences = await topics.diff(options, specs)
        except (KafkaError, OSError) as error:
            return _refused(inside, error)
        lines = [line for each in differences for line in each.lines()]
        for line in lines:
            inside.say(line)
        if not lines:
            inside.say("as declared")
        return 1 if lines else 0

    return (
        Command(("topics", "apply"), "create missing topics, set their settings", apply),
        Command(("topics", "diff"), "compare topics with their declarations", diff),
    )


def _refused(inside: Inside, error: Exception) -> int:
    inside.complain(f"Kafka is away or refuses: {type(error).__name__}: {error}")
    return 1
