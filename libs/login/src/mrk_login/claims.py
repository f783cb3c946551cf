"""What the claims of a verified ID token say, by a name that the provider's settings give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Granted:
    """What a person's claims give, as a session keeps it.

    Attributes:
        roles: what the person may do.
        scopes: for whom, in the words of the service: its agencies, or its channels.
    """

    roles: tuple[str, ...]
    scopes: tuple[str, ...] = ()


def words_of(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The words that a claim holds; none where it holds something else.

    Args:
        claims: of an ID token that was verified.
        name: of the claim: its whole name, or a path with dots, such as `realm_access.roles`. It
            holds a word, a list of words, or an object whose keys are the words.
    """
    value = _claim(claims, name)
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple, Mapping)):
        return tuple(each for each in value if isinstance(each, str))
    return ()


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    if name in claims:  # names may be addresses, with dots of their own
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found
