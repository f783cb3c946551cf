"""A service's Dockerfile takes the packages that the service declares: all of them, no others."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = [
    path.parent
    for pattern in (
        "schemas",
        "libs/*",
        "services/*",
        "cli",
        "deploy/conformance",
        "deploy/local",
        "deploy/simulators",
    )
    for path in ROOT.glob(f"{pattern}/pyproject.toml")
]
IMAGES = {
    **{f"services/{path.parent.name}": path for path in ROOT.glob("services/*/Dockerfile")},
    "deploy/simulators": ROOT / "deploy/images/simulators/Dockerfile",
}


def project(folder: Path) -> dict[str, Any]:
    stated: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return stated


FOLDERS = {project(folder)["name"]: folder for folder in MEMBERS}


def declared(folder: Path) -> set[Path]:
    """The workspace's packages that a package needs, itself and indirect ones included."""
    names = {re.split(r"[^\w-]", need)[0] for need in project(folder).get("dependencies", [])}
    needed = {folder}
    for name in names & set(FOLDERS):
        needed |= declared(FOLDERS[name])
    return needed


def test_every_service_has_a_dockerfile() -> None:
    services = {f"services/{path.name}" for path in MEMBERS if path.parent.name == "services"}
    assert services | {"deploy/simulators"} == set(IMAGES)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_takes_exactly_what_its_package_declares(name: str) -> None:
    text = IMAGES[name].read_text(encoding="utf-8")
    needed = {str(folder.relative_to(ROOT)) for folder in declared(ROOT / name)}
    copied = set(re.findall(r"^COPY (\S+) \1$", text, re.MULTILINE))
    assert copied == needed
    (installed,) = re.findall(r"--no-deps --no-sources \\\n((?:.*\\\n)+)", text)
    assert {word.removeprefix("./") for word in installed.replace("\\\n", " ").split()} == needed


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_slim_by_argument_and_never_root(name: str) -> None:
    text = IMAGES[name].read_text(encoding="utf-8")
    assert text.count("ARG PYTHON_IMAGE=python:3.12-slim\n") == 1
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001:10001"]
    assert "STOPSIGNAL SIGTERM\n" in text
    assert "--require-hashes" in text
    assert "apt-get" not in text
