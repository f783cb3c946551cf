"""Texts that wait for a look before the public reads them: words, and links to unknown sites."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrk_city.problems import Problems
from mrk_city.sources import Item, read_yaml

HELD: Final = "held.yaml"
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_DOTTED: Final = re.compile(r"\.[a-zA-Z]")
_ENDINGS: Final = (
    "com|net|org|info|biz|xyz|top|site|online|club|shop|store|link|live|vip|app|dev|page|click|pro"
    "|me|ly|gl|gg|cc|co|io|to|tv|id|my|sg|us|uk"
)
_LINK: Final = re.compile(
    r"(?:https?://|www\.)(?:[^\s/?#@]*@)?([^\s/?#:@<>\"'),]+)"
    rf"|(?<![\w@.-])((?:[a-z0-9][a-z0-9-]{{0,62}}\.)+(?:{_ENDINGS}))(?![\w@-]|\.\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A word or a host as the file states it."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class HeldData:
    """What ``held.yaml`` states."""

    words: tuple[Listed, ...]
    allowed: tuple[Listed, ...]


def read_held(folder: Path, problems: Problems) -> HeldData:
    """``held.yaml``."""
    fields = read_yaml(folder, HELD, problems).fields("words links")
    words = [each for row in fields["words"].items() for each in row.items()]
    allowed = fields["links"].fields("allowed")["allowed"].items()
    return HeldData(tuple(map(_listed, words)), tuple(map(_host, allowed)))


def _listed(item: Item) -> Listed:
    return Listed(item.text(), item.line)


def _host(item: Item) -> Listed:
    listed = _listed(item)
    if listed.text and not _HOST.fullmatch(listed.text):
        item.bad(f"'{listed.text}' is no host", "write it like example.go.id, without https://")
    return listed


class Links:
    """Finds links to sites that are not known.

    Args:
        allowed: hosts, with all below them, that may be linked.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(allowed)

    def unknown(self, text: str) -> tuple[str, ...]:
        """The hosts of links that are not allowed, each once; e-mail addresses are no links."""
        if not _DOTTED.search(text):  # few texts have a letter right behind a full stop
            return ()
        hosts = [(full or bare).lower().rstrip(".") for full, bare in _LINK.findall(text)]
        return tuple(dict.fromkeys(host for host in hosts if not self._known(host)))

    def _known(self, host: str) -> bool:
        while host:
            if host in self._allowed:
                return True
            host = host.partition(".")[2]
        return False
