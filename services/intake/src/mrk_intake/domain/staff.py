"""People of the city who log in: their roles, and the channels that they take reports on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from mrk_login.claims import Granted, words_of

_CHANNEL_MARK: Final = ":"


class Role(StrEnum):
    """What a person may do; its value is what the provider's claim holds."""

    OPERATOR = "operator"
    """Takes reports for others."""
    INSPEKTORAT = "inspektorat"
    """Reads whistle-blowing."""


class Channel(StrEnum):
    """How somebody reached the operator; the report's event carries it."""

    COUNTER = "counter"
    CALL_CENTRE_112 = "call_centre_112"
    SOCIAL_MEDIA = "social_media"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person's claim gives.

    Attributes:
        channels: on which an operator takes reports; none of somebody who is no operator.
    """

    roles: frozenset[Role]
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in.

    Attributes:
        id: stands for the person in every table but one.
        name: as the provider tells it; None where it tells none. Shown to the person alone.
    """

    id: UUID
    rights: Rights
    name: str | None

    def may(self, role: Role) -> bool:
        """Whether the person has this role."""
        return role in self.rights.roles


def rights_of(claims: Mapping[str, Any], name: str) -> Rights:
    """Roles and channels of a token's claims; what is not ours gives nothing.

    `operator` takes reports on every channel, `operator:counter` on that one.

    Args:
        claims: of an ID token that was verified.
        name: of the claim that holds roles: its whole name, or a path with dots, such as
            `realm_access.roles`. It holds a list of words, or an object whose keys are the words.
    """
    words = words_of(claims, name)
    roles = frozenset(role for role in Role if role.value in _bare(words))
    if Role.OPERATOR not in roles:
        return Rights(roles, ())
    every = Role.OPERATOR.value in words
    chosen = (
        channel
        for channel in Channel
        if every or f"{Role.OPERATOR.value}{_CHANNEL_MARK}{channel.value}" in words
    )
    channels = tuple(chosen)
    return Rights(roles if channels else roles - {Role.OPERATOR}, channels)


def _bare(words: Sequence[str]) -> frozenset[str]:
    """Roles without their channels; a channel is an operator's alone."""
    operator = Role.OPERATOR.value
    return frozenset(
        operator if word.startswith(operator + _CHANNEL_MARK) else word for word in words
    )


def person_of(id_: UUID, granted: Granted, name: str | None) -> Person:
    """Who a session belongs to."""
    rights = Rights(frozenset(map(Role, granted.roles)), tuple(map(Channel, granted.scopes)))
    return Person(id_, rights, name)
