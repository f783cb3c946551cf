"""Which port each part gets: kept over restarts, free or refused by name."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mrk_local.folders import write_whole
from mrk_local.ports import free_ports, is_free, require_free


def plan(names: Sequence[str], kept: Path, base: int | None) -> dict[str, int]:
    """A port for each name.

    Args:
        names: the parts, in a fixed order.
        kept: the file that remembers an earlier choice; rewritten.
        base: the first port: the parts get consecutive ports from here, and a taken one is an
            error. None keeps the earlier choice where it is still free, and chooses else.

    Raises:
        LocalError: a port asked for by `base` is taken.
    """
    if base is not None:
        ports = {name: base + place for place, name in enumerate(names)}
        for name, port in ports.items():
            require_free(port, name)
    else:
        ports = choose(names, _earlier(kept))
    write_whole(kept, json.dumps(ports, indent=1))
    return ports


def choose(names: Sequence[str], earlier: Mapping[str, int]) -> dict[str, int]:
    """The earlier port of each name where it is free and given once, else another free one."""
    ports: dict[str, int] = {}
    for name in names:
        port = earlier.get(name)
        if port is not None and port not in ports.values() and is_free(port):
            ports[name] = port
    missing = [name for name in names if name not in ports]
    # More than needed, because a free port may equal one that was just kept.
    spare = [port for port in free_ports(len(missing) + len(ports)) if port not in ports.values()]
    ports.update(zip(missing, spare, strict=False))
    return {name: ports[name] for name in names}


def _earlier(kept: Path) -> dict[str, int]:
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
        return {str(name): int(port) for name, port in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}  # nothing kept, or torn: choose again
