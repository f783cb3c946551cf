"""Taking a report for somebody at the counter, on the phone, or on social media."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from starlette.requests import Request
from starlette.responses import Response

from mrk_intake.domain.staff import Channel, Person
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.filled import Filled
from mrk_intake.http.web.form import LOCALE, Wrong
from mrk_intake.http.web.reporting import Reporting
from mrk_intake.http.web.way import Way
from mrk_intake.store import behalf
from mrk_intake.store.vault import Vault
from mrk_login.session import Wall, wall

CHANNEL: Final = "channel"
REFERENCE: Final = "reference"
REFERENCE_LENGTH: Final = 300
CHANNELS: Final[Mapping[Channel, str]] = {
    Channel.COUNTER: N_("Counter"),
    Channel.CALL_CENTRE_112: N_("Call centre 112"),
    Channel.SOCIAL_MEDIA: N_("Social media"),
}
_CHOOSE: Final = N_("Choose how the person reached you.")
_TOO_LONG: Final = N_("This is too long: at most %(longest)s characters.")
_ONLY_THERE: Final = N_("A reference to a post belongs to social media alone.")
_UNREADABLE: Final = N_("There is a character in it that cannot be kept. Type it anew.")


class OnBehalf:
    """The resident's own form, for an operator.

    Args:
        reports: shows the form and takes reports.
        pool: of intake's database.
        vault: seals what is noted of a person.
        now: the wall clock.
    """

    def __init__(
        self, reports: Reporting, pool: asyncpg.Pool, vault: Vault, now: Wall = wall
    ) -> None:
        self._reports = reports
        self._pool = pool
        self._vault = vault
        self._now = now

    async def form(self, request: Request, person: Person) -> Response:
        """`GET /lapor`: the empty form."""
        only = person.rights.channels[0].value if len(person.rights.channels) == 1 else ""
        return self._reports.shown(
            request, self._way(person, {}), Filled({CHANNEL: only, LOCALE: "id"})
        )

    async def send(self, request: Request, person: Person) -> Response:
        """`POST /lapor`: as the resident's; channel and operator are on record before it is stored.

        Raises:
            ProblemError: as the resident's.
        """
        filled = await self._reports.filled(request)
        return await self._reports.take(request, self._way(person, filled.typed), filled)

    def _way(self, person: Person, typed: Mapping[str, str]) -> Way:
        errors: dict[str, Wrong] = {}
        allowed = {each.value: each for each in person.rights.channels}
        channel = allowed.get(typed.get(CHANNEL, ""))
        if channel is None:
            errors[CHANNEL] = Wrong(_CHOOSE, {})
        reference = typed.get(REFERENCE, "").strip()
        if len(reference) > REFERENCE_LENGTH:
            errors[REFERENCE] = Wrong(_TOO_LONG, {"longest": REFERENCE_LENGTH})
        elif "\x00" in reference:
            errors[REFERENCE] = Wrong(_UNREADABLE, {})
        elif reference and channel is not None and channel is not Channel.SOCIAL_MEDIA:
            errors[REFERENCE] = Wrong(_ONLY_THERE, {})

        async def before(request: bytes) -> None:
            if channel is not None:
                at: datetime = self._now()
                await behalf.note(self._pool, request, person.id, channel, at)

        async def after(request: bytes, complaint: UUID) -> None:
            if reference:
                await behalf.refer(self._pool, self._vault, request, complaint, reference)

        channels = [(each.value, CHANNELS[each]) for each in person.rights.channels]
        return Way(
            channel=channel.value if channel is not None else "",
            scope=f"staff {person.id}",
            fields=(CHANNEL, REFERENCE, LOCALE),
            values={"channels": channels, "longest_reference": REFERENCE_LENGTH},
            errors=errors,
            before=before,
            after=after,
        )
