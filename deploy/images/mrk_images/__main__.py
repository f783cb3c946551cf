"""``python -m mrk_images prepare|release``."""

import argparse
import json
import sys
import time

from mrk_images import __doc__ as purpose
from mrk_images.base import OFFICIAL, ensure_python_image
from mrk_images.cache import REPOSITORY, only_one
from mrk_images.commands import PreparationError, run
from mrk_images.engine import ensure_engine, stop_engine
from mrk_images.plugin import ensure_compose
from mrk_images.standins import ensure, stand_ins

BEGIN = time.monotonic()
# Building needs none of the addresses that docker-compose.yml insists on for running, but
# Compose checks them all.
ENVIRONMENT = "deploy/compose/simulators.env"
# One service of each image: all roles of a service run the same one.
ONE_OF_EACH = (
    "intake-migrate",
    "routing-migrate",
    "spanlapor-bridge-migrate",
    "notify-migrate",
    "lapor-simulator",
)


def say(text: str) -> None:
    """Tell a person what takes time; standard output carries only the result."""
    sys.stderr.write(f"[{time.monotonic() - BEGIN:5.0f} s] {text}\n")
    sys.stderr.flush()


def prepare() -> dict[str, object]:
    """Make everything that docker-compose.yml needs.

    Returns:
        ``variables``: what to run it with; ``engine_started``: whether ``release`` is owed.

    Raises:
        PreparationError: Something cannot be made; the text says what to do.
    """
    say("Docker engine …")
    started = ensure_engine()
    say("Compose v2 …")
    ensure_compose()
    say(f"base image ({OFFICIAL}, or an own one where it cannot be pulled) …")
    python_image = ensure_python_image()
    variables = {"PYTHON_IMAGE": python_image}
    if python_image != OFFICIAL:
        # Such a machine reaches its package registries as itself, not through Docker's network.
        variables["MRK_BUILD_NETWORK"] = "host"
    for stand_in in stand_ins():
        say(f"{stand_in.image} …")
        ensure(stand_in, python_image)
    say("the services' images …")
    compose = ["docker", "compose", "--env-file", ENVIRONMENT, "--profile", "simulators"]
    run(
        [*compose, "build", "--quiet", *ONE_OF_EACH],
        cwd=REPOSITORY,
        environment=variables,
        mend="See what the build says.",
    )
    say("ready")
    return {"variables": variables, "engine_started": started}


def main() -> int:
    """Run one command; 1 and a sentence when the machine cannot be made ready."""
    parser = argparse.ArgumentParser(prog="python -m mrk_images", description=purpose)
    parser.add_argument("command", choices=["prepare", "release"])
    command = parser.parse_args().command
    try:
        with only_one():
            if command == "prepare":
                sys.stdout.write(json.dumps(prepare()) + "\n")
            elif stop_engine():
                say("Docker engine stopped")
    except PreparationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
