"""The pages of a login."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from mrk_intake.domain.staff import rights_of
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.pages import Page, Pages
from mrk_login.claims import Granted
from mrk_login.flow import Ended

_TOLD: Final[Mapping[Ended, str]] = {
    Ended.AWAY: N_("The login service does not answer. Wait a moment and try again."),
    Ended.REFUSED: N_("This login could not be confirmed. Begin it again from here."),
    Ended.NO_RIGHTS: N_(
        "You are known, but have no task here yet. Ask whoever manages accounts in your office."
    ),
}


def granted(claims: Mapping[str, Any], claim: str) -> Granted:
    """What a token's claims give, as a session keeps it."""
    rights = rights_of(claims, claim)
    return Granted(tuple(sorted(rights.roles)), rights.channels)


class LoginPages:
    """Shows how a login ends.

    Args:
        pages: renders.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def ended(self, request: Request, how: Ended) -> Response:
        """A login that ended without a session."""
        return self._pages.render(request, Page("staff_login", {"told": _TOLD[how]}, how.value))

    def welcome(self, request: Request, back: str) -> Response:
        """A page of our own that leads on to `back` by itself."""
        return self._pages.render(request, Page("staff_welcome", {"back": back}))

    def goodbye(self, request: Request) -> Response:
        """Where a logout ends."""
        return self._pages.render(request, Page("staff_login", {"told": None}))
