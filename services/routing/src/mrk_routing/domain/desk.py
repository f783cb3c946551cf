"""People who work at the desk: their roles, and the agencies for which they work."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from mrk_login.claims import Granted, words_of
from mrk_schemas.ids import AgencyCode

_AGENCY_MARK: Final = ":"


class Role(StrEnum):
    """What a person may do; its value is what the provider's claim holds."""

    DISPATCHER = "dispatcher"
    """Decides who owns a case."""
    OFFICER = "officer"
    """Works on an agency's cases."""
    LEADER = "leader"
    """Sees where cases are late, and who looked at what."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person's claim gives.

    Attributes:
        agencies: for which an officer works; none of somebody who is no officer.
    """

    roles: frozenset[Role]
    agencies: tuple[AgencyCode, ...] = ()


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

    def is_(self, role: Role) -> bool:
        """Whether the person has this role."""
        return role in self.rights.roles

    def works_for(self, agency: AgencyCode | None) -> bool:
        """Whether the person is an officer of this agency."""
        return agency is not None and agency in self.rights.agencies


def granted(claims: Mapping[str, Any], name: str, agencies: Collection[AgencyCode]) -> Granted:
    """Roles and agencies of a token's claims; what is not ours gives nothing.

    `officer:sdabmbk` is an officer of that agency; `officer` alone is one of none.

    Args:
        claims: of an ID token that was verified.
        name: of the claim that holds roles.
        agencies: codes of the city's.
    """
    words = words_of(claims, name)
    mark = Role.OFFICER.value + _AGENCY_MARK
    own = tuple(code for code in sorted(agencies) if mark + code in words)
    roles = [role.value for role in (Role.DISPATCHER, Role.LEADER) if role.value in words]
    return Granted((*roles, Role.OFFICER.value) if own else tuple(roles), own)


def person_of(id_: UUID, given: Granted, name: str | None) -> Person:
    """Who a session belongs to."""
    rights = Rights(frozenset(map(Role, given.roles)), tuple(map(AgencyCode, given.scopes)))
    return Person(id_, rights, name)
