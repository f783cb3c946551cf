"""Commands that run inside a service: `python -m mrk_<service> admin …` with its settings.

The same commands are present in every image; here they get the settings of the running stack.
"""

import subprocess
import sys
from collections.abc import Sequence

from mrk_cli.layout import Layout
from mrk_cli.stack import SERVICES
from mrk_cli.state import require_running
from mrk_cli.supervisor import inherited_environment
from mrk_local.errors import LocalError


def run_admin(layout: Layout, service: str, arguments: Sequence[str]) -> int:
    """Run one command inside a service; its output is ours.

    Args:
        layout: of the running stack.
        service: "intake", "routing", "spanlapor-bridge" or "notify".
        arguments: after `admin`.

    Returns:
        The command's exit code.

    Raises:
        LocalError: there is no such service, or no stack runs.
    """
    if service not in SERVICES:
        raise LocalError(f"there is no service {service!r}", f"choose of: {', '.join(SERVICES)}")
    settings = require_running(layout).environments[service]
    command = [sys.executable, "-m", SERVICES[service].package, "admin", *arguments]
    return subprocess.run(
        command, env={**inherited_environment(), **settings}, check=False
    ).returncode


def run_admin_everywhere(layout: Layout, arguments: Sequence[str]) -> int:
    """Run one command inside each service, under its name.

    Returns:
        The first exit code that is not 0, else 0; the others run all the same.
    """
    worst = 0
    for service in SERVICES:
        sys.stdout.write(f"{service}:\n")
        sys.stdout.flush()
        worst = worst or run_admin(layout, service, arguments)
    return worst
