"""The slim Python image: the official one, or an own base where it cannot be pulled."""

import os
import shutil
import tempfile
from pathlib import Path

from mrk_images.cache import REPOSITORY, cache_folder, recipe
from mrk_images.commands import PreparationError, install, run, succeeds

OFFICIAL = "python:3.12-slim"
# Debian's oldest suite whose own Python (3.11) the packages support.
SUITE = "bookworm"
PACKAGES = "ca-certificates,python3,python3-venv"
FOLDER = REPOSITORY / "deploy" / "images" / "python-slim"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
MEND = (
    f"Give the engine access to an image registry ({OFFICIAL}), "
    "or run this as root on Debian or Ubuntu with its package mirror reachable."
)


def exists(image: str) -> bool:
    """Tell whether the engine has ``image``."""
    return succeeds(["docker", "image", "inspect", image])


def pullable(image: str) -> bool:
    """Tell whether the engine has the official ``image`` or can pull it now."""
    return exists(image) or succeeds(["docker", "pull", "--quiet", image], seconds=600)


def ensure_python_image() -> str:
    """Return the name of a slim Python image that the engine has.

    Raises:
        PreparationError: It can neither be pulled nor built.
    """
    if pullable(OFFICIAL):
        return OFFICIAL
    return _own_image()


def _own_image() -> str:
    archive = _distribution()
    debian = f"mrk-local/debian:{archive.stem}"
    files = [FOLDER / "Dockerfile", CERTIFICATES]
    image = f"mrk-local/python-slim:{recipe(files, debian)}"
    if exists(image):
        return image
    if not exists(debian):
        run(["docker", "import", archive, debian], mend=MEND)
    with tempfile.TemporaryDirectory() as context:
        for file in files:
            shutil.copy(file, context)
        argument = f"DEBIAN_IMAGE={debian}"
        command = ["docker", "build", "--quiet", "--build-arg", argument, "--tag", image, context]
        run(command, mend=MEND)
    return image


def _distribution() -> Path:
    """Return an archive of a minimal Debian with Python, made once and kept."""
    archive = cache_folder("debian") / f"{SUITE}-{recipe([], SUITE, PACKAGES)}.tar"
    if archive.exists():
        return archive
    if os.geteuid() != 0:
        raise PreparationError(f"No {OFFICIAL}, and only root can make a base. {MEND}")
    if not shutil.which("debootstrap"):
        install(["debootstrap"], mend=MEND)
    with tempfile.TemporaryDirectory(dir=archive.parent) as work:
        tree = Path(work) / "tree"
        run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, tree], mend=MEND)
        for leftover in [*tree.glob("var/cache/apt/archives/*.deb"), *_package_lists(tree)]:
            leftover.unlink()
        part = Path(work) / "part.tar"
        run(["tar", "--directory", tree, "--create", "--file", part, "."], mend=MEND)
        # A rename is atomic: an interrupted run never leaves half an archive in the cache.
        part.rename(archive)
    return archive


def _package_lists(tree: Path) -> list[Path]:
    return [path for path in tree.glob("var/lib/apt/lists/*") if path.is_file()]
