"""Under which key a command is answered that must not be attributed to a case."""

import hashlib
from typing import Final

_LONGEST_ID: Final = 100


def refusal_key(name: str) -> str:
    """The stream of a refusal that must not be attributed to a case.

    Args:
        name: the command's id, or the record's place where it has none.
    """
    if len(name) <= _LONGEST_ID:
        return f"command:{name}"
    return f"command:{hashlib.sha256(name.encode()).hexdigest()}"
