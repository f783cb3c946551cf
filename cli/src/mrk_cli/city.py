"""`mrk city`, and where the city pack is."""

from collections.abc import Sequence
from pathlib import Path

from mrk_local.errors import LocalError

_PACK = Path("deploy") / "city" / "medan"


def default_pack() -> Path:
    """Medan's pack in the checkout that this command was installed from, or that we stand in.

    Raises:
        LocalError: neither holds one.
    """
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for folder in start.parents:
            if (folder / _PACK).is_dir():
                return folder / _PACK
    raise LocalError(
        f"no city pack {_PACK} was found", "run this in a checkout, or name one with --city DIR"
    )


def run(arguments: Sequence[str]) -> int:
    """`mrk city`: its exit code.

    Raises:
        LocalError: no pack is named, and none is found.
    """
    from mrk_city.command import main  # noqa: PLC0415  # lazily

    return main(with_pack(arguments))


def with_pack(arguments: Sequence[str]) -> list[str]:
    """What `mrk city` was called with, and the default pack where none is named.

    Raises:
        LocalError: none is named, and none is found.
    """
    match list(arguments):
        case ["check", *rest] if all(word == "--json" for word in rest):
            return ["check", str(default_pack()), *rest]
        case ["explain", *rest] if not any(_asks(word) for word in rest):
            return ["explain", f"--city={default_pack()}", *rest]
        case words:
            return words


def _asks(word: str) -> bool:
    return word in {"-h", "--help", "--city"} or word.startswith("--city=")
