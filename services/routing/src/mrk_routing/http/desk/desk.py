"""What every page of the desk stands on: the database, the city, the clocks, and the record."""

from dataclasses import dataclass

import asyncpg
from starlette.requests import Request

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_login.session import Wall
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.desk import Person, Role
from mrk_routing.domain.desk_access import ONE, may_see
from mrk_routing.gateways.intake import Intake
from mrk_routing.http.desk.pages import Pages
from mrk_routing.store import desk_audit, desk_cases
from mrk_schemas.ids import AgencyCode, ComplaintId
from mrk_web.problems import NOT_FOUND, ProblemError


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts.

    Attributes:
        clock: the domain's, which due dates follow.
        wall: the wall clock, which the record follows.
    """

    pool: asyncpg.Pool
    pack: CityPack
    rules: Rules
    pages: Pages
    intake: Intake
    clock: Clock
    wall: Wall

    async def note(
        self,
        person: Person,
        what: str,
        complaint: ComplaintId | None = None,
        detail: str | None = None,
    ) -> None:
        """Keep that somebody looks; it is durable before anything is shown."""
        await desk_audit.note(self.pool, self.wall(), person.id, what, complaint, detail)

    async def case(
        self, request: Request, person: Person, path: str = ONE, method: str = "GET"
    ) -> tuple[CaseFile, int]:
        """The case that an address names, and its version.

        Raises:
            ProblemError: 404, also where the table does not let this person at this case:
                nobody learns that there is one.
        """
        found = await desk_cases.by_number(self.pool, request.path_params["number"])
        if found is None or not may_see(person, method, path, found[0].case):
            raise ProblemError(NOT_FOUND)
        return found


def agencies_of(person: Person) -> tuple[AgencyCode, ...] | None:
    """Whose cases somebody's lists hold; None: every agency's."""
    return None if person.is_(Role.DISPATCHER) else person.rights.agencies


def whole(written: str, digits: int) -> int:
    """A whole number of at most so many digits; 0 for anything else."""
    fits = written.isascii() and written.isdigit() and len(written) <= digits
    return int(written) if fits else 0
