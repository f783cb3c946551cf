"""Reads a pack's files so that every mistake knows its line.

A missing or wrong value is noted as a problem and replaced by a placeholder, so that one run finds
all mistakes. Placeholders never leave the library: a pack with problems is not built.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import yaml

from mrk_city.problems import Problems

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_EMPTY = date(1, 1, 1)

# The C parser is several times faster; PyYAML without libyaml still works.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Item:
    """One YAML value with its place. An absent one (``node`` None) yields placeholders silently."""

    __slots__ = ("_node", "file", "line", "problems")

    def __init__(self, file: str, node: yaml.Node | None, line: int, problems: Problems) -> None:
        self.file = file
        self._node = node
        self.line = line
        self.problems = problems

    @property
    def present(self) -> bool:
        """Whether the file states a value; ``null`` counts as none."""
        node = self._node
        return node is not None and not node.tag.endswith(":null")

    def bad(self, message: str, mend: str) -> None:
        """Note a problem at this value's line."""
        self.problems.add(self.file, self.line, message, mend)

    def _child(self, node: yaml.Node) -> "Item":
        return Item(self.file, node, node.start_mark.line + 1, self.problems)

    def items(self) -> list["Item"]:
        """The list's values."""
        if not self.present:
            return []
        if not isinstance(self._node, yaml.SequenceNode):
            self.bad("a list is expected here", "write [a, b] or one '- ' line each")
            return []
        return [self._child(node) for node in self._node.value]

    def pairs(self) -> list[tuple[str, "Item"]]:
        """The mapping's keys and values, in the file's order; a repeated key is a problem."""
        if not self.present:
            return []
        if not isinstance(self._node, yaml.MappingNode):
            self.bad("a mapping is expected here", "write 'key: value' lines")
            return []
        found: dict[str, Item] = {}
        for key, value in self._node.value:
            name = str(key.value)
            if name in found:
                line = key.start_mark.line + 1
                self.problems.add(self.file, line, f"'{name}' is stated twice", "keep one of them")
            found[name] = Item(self.file, value, value.start_mark.line + 1, self.problems)
        return list(found.items())

    def fields(self, required: str, optional: str = "") -> dict[str, "Item"]:
        """The mapping's values by name; ``required`` and ``optional`` are names split by spaces."""
        found = dict(self.pairs())
        must, may = required.split(), optional.split()
        for name in must:
            if name not in found and self._node is not None:
                self.bad(f"'{name}' is missing", f"add a line '{name}: …'")
        for name, item in found.items():
            if name not in must and name not in may:
                item.bad(f"'{name}' is not known here", f"use one of: {', '.join(must + may)}")
        absent = Item(self.file, None, self.line, self.problems)
        return {name: found.get(name, absent) for name in must + may}

    def text(self) -> str:
        """A non-empty text."""
        if self._node is None:
            return ""
        if not isinstance(self._node, yaml.ScalarNode) or not self._node.value.strip():
            self.bad("a text is expected here", "write a word or a quoted text")
            return ""
        return str(self._node.value).strip()

    def is_word(self, word: str) -> bool:
        """Whether the value is exactly ``word``."""
        return isinstance(self._node, yaml.ScalarNode) and self._node.value == word

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.items())

    def code(self) -> str:
        """A code: small letters, digits and single hyphens (it becomes part of a topic's name)."""
        value = self.text()
        if value and not _CODE.fullmatch(value):
            self.bad(f"'{value}' is no code", "use small letters, digits and hyphens")
        return value

    def codes(self) -> list[tuple[str, "Item"]]:
        """As ``pairs``; each key must be a code."""
        found = self.pairs()
        for key, item in found:
            if not _CODE.fullmatch(key):
                item.bad(f"'{key}' is no code", "use small letters, digits and hyphens")
        return found

    def choice(self, allowed: tuple[str, ...]) -> str:
        """One of ``allowed``."""
        value = self.text()
        if value and value not in allowed:
            self.bad(f"'{value}' is not known here", f"use one of: {', '.join(allowed)}")
        return value

    def number(self, low: float, high: float) -> float:
        """A number between ``low`` and ``high``."""
        value = self.text()
        if self._node is None or not value:
            return low
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            self.bad(f"'{value}' is no number from {low:g} to {high:g}", "correct the number")
            return low
        return number

    def whole(self, low: int, high: int) -> int:
        """A whole number between ``low`` and ``high``."""
        number = self.number(low, high)
        if number != int(number):
            self.bad(f"'{number:g}' is no whole number", "leave out the fraction")
        return int(number)

    def flag(self) -> bool:
        """True or false; absent is false."""
        if not self.present:
            return False
        return self.choice(("true", "false")) == "true"

    def day(self) -> date:
        """A date, written 2026-12-31."""
        value = self.text()
        if self._node is None or not value:
            return _EMPTY
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.bad(f"'{value}' is no date", "write it as 2026-12-31")
            return _EMPTY

    def clock(self) -> time:
        """A local time of day, written "07:30"."""
        value = self.text()
        if self._node is None or not value:
            return time()
        try:
            return time.fromisoformat(value)
        except ValueError:
            self.bad(f"'{value}' is no time of day", 'write it as "07:30", with quotes')
            return time()

    def names(self, locales: tuple[str, ...]) -> dict[str, str]:
        """A name in each of the city's languages."""
        return {name: item.text() for name, item in self.fields(" ".join(locales)).items()}


def read_yaml(folder: Path, file: str, problems: Problems) -> Item:
    """The root of a YAML file; a file that is missing or unreadable is a problem."""
    absent = Item(file, None, 0, problems)
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except FileNotFoundError:
        problems.add(file, 0, "the file is missing", "write it (docs/city-packs.md)")
        return absent
    except (OSError, UnicodeDecodeError) as error:
        problems.add(file, 0, f"the file is not readable: {error}", "save it as UTF-8 text")
        return absent
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problems.add(file, line, f"not YAML: {error.problem}", "check indentation and quotes")
        return absent
    except yaml.YAMLError as error:
        problems.add(file, 0, f"not YAML: {error}", "remove the control characters")
        return absent
    if node is None:
        problems.add(file, 1, "the file is empty", "write it (docs/city-packs.md)")
        return absent
    return Item(file, node, node.start_mark.line + 1, problems)


def read_csv(
    folder: Path, file: str, columns: tuple[str, ...], problems: Problems
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file as (line, values by column)."""
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except FileNotFoundError:
        problems.add(file, 0, "the file is missing", f"columns: {','.join(columns)}")
        return
    except (OSError, UnicodeDecodeError) as error:
        problems.add(file, 0, f"the file is not readable: {error}", "save it as UTF-8 text")
        return
    reader = csv.reader(text.splitlines())
    header = tuple(next(reader, ()))
    if header != columns:
        problems.add(file, 1, f"the columns are {','.join(header)}", f"use {','.join(columns)}")
        return
    for row in reader:
        if len(row) == len(columns):
            values = (value.strip() for value in row)
            yield reader.line_num, dict(zip(columns, values, strict=True))
        elif row:
            problems.add(
                file,
                reader.line_num,
                f"{len(row)} values for {len(columns)} columns",
                "quote a value that contains a comma",
            )
