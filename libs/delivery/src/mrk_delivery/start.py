"""The first thing that a service's process loads: nothing is collected while the rest is loaded.

What a process loads are some hundred thousand objects that never go. Walking over them again and
again was a sixth of its start.
"""

import gc
from collections.abc import Mapping
from typing import Never


def main(package: str, roles: Mapping[str, str], *, prefix: str, admin: str | None = None) -> Never:
    """Run what the command line names: `mrk_delivery.entry.main`, loaded with the collector off.

    A role has it back with `settle_memory`, any other command as soon as it begins.
    """
    gc.disable()
    from mrk_delivery import entry  # noqa: PLC0415  # after the line above

    entry.main(package, roles, prefix=prefix, admin=admin)
