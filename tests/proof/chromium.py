"""A real Chromium: where it is, or else Debian's own package."""

import os
import shutil
import subprocess
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str:
    """Where Chromium is; it is installed where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium",
             "fonts-liberation"],
        ):  # fmt: skip
            done = subprocess.run(command, env=quiet, check=False, capture_output=True, text=True)
            assert done.returncode == 0, f"install Chromium, then run this again\n{done.stderr}"
        found = shutil.which("chromium")
    assert found is not None
    return found
