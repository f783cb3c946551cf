"""The library's tables, for each service's first migration."""

import re
from importlib import resources

_NAME = re.compile(r"^[a-z_]+_event$")


def statements(event_table: str) -> list[str]:
    """The SQL statements that create the library's tables, in order.

    Args:
        event_table: the name of the append-only event table, such as ``case_event``.

    Raises:
        ValueError: the name isn't ``<aggregate>_event`` in lower case.
    """
    if not _NAME.match(event_table):
        raise ValueError(f"event table {event_table!r}: name it <aggregate>_event, lower case")
    found = sorted(
        (file for file in resources.files("mrk_delivery").joinpath("sql").iterdir()),
        key=lambda file: file.name,
    )
    return [
        statement.strip().replace("{event_table}", event_table)
        for file in found
        if file.name.endswith(".sql")
        for statement in file.read_text().split(";")
        if statement.strip()
    ]
