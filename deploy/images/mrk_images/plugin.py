"""Compose v2: use the installed one, else build it from its Go module."""

import platform
import shutil
from pathlib import Path

from mrk_images.cache import cache_folder
from mrk_images.commands import run, succeeds

VERSION = "v2.40.3"
MODULE = "github.com/docker/compose/v2"
MEND = "Install Docker Compose v2 (`docker compose version`), or Go 1.24 or later to build it."


def ensure_compose() -> None:
    """Make ``docker compose`` work.

    Raises:
        PreparationError: It is absent and cannot be built here.
    """
    if succeeds(["docker", "compose", "version"]):
        return
    built = cache_folder("compose") / f"docker-compose-{VERSION}-{platform.machine()}"
    if not built.exists():
        _build(built)
    plugins = Path.home() / ".docker" / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    link = plugins / "docker-compose"
    link.unlink(missing_ok=True)
    link.symlink_to(built)
    run(["docker", "compose", "version"], mend=MEND)


def _build(target: Path) -> None:
    source = target.with_suffix(".src")
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    (source / "go.mod").write_text(
        f"module mrk.local/compose\n\ngo 1.24\n\nrequire {MODULE} {VERSION}\n"
    )
    (source / "tools.go").write_text(
        f'//go:build tools\n\npackage tools\n\nimport _ "{MODULE}/cmd"\n'
    )
    static = {"CGO_ENABLED": "0"}
    run(["go", "mod", "tidy"], cwd=source, environment=static, mend=MEND)
    flags = f"-s -w -X {MODULE}/internal.Version={VERSION}"
    run(
        ["go", "build", "-ldflags", flags, "-o", "docker-compose", f"{MODULE}/cmd"],
        cwd=source,
        environment=static,
        mend=MEND,
    )
    # A rename is atomic: an interrupted build never leaves half a program in the cache.
    (source / "docker-compose").rename(target)
    shutil.rmtree(source)
