"""Loading a library without what it would only use where that is installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


@contextmanager
def without(package: str) -> Iterator[None]:
    """Within the block a package that is not loaded yet cannot be: as where it is not installed.

    Images have no such package at all; on a developer's machine somebody else needs it.
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = cast("ModuleType", None)  # what Python itself takes for "not there"
    try:
        yield
    finally:
        del sys.modules[package]
