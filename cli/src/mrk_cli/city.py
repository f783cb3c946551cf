"""Where the city pack is."""

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
