"""Who visits: their language, and whether a form comes from our own pages."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from mrk_web.language import Language, language_of
from mrk_web.problems import FORBIDDEN, ProblemError

LANGUAGE_COOKIE: Final = "bahasa"
_A_YEAR_S: Final = 365 * 24 * 3600
_OWN: Final = frozenset({"same-origin", "none"})


def language_for(request: Request) -> Language:
    """What was chosen; else what the browser asks for."""
    match request.cookies.get(LANGUAGE_COOKIE):
        case "id":
            return "id"
        case "en":
            return "en"
        case _:
            return language_of(request.headers.get("accept-language"))


def asks_json(request: Request) -> bool:
    """Whether a script asks, which shows the answer in its own way."""
    return request.headers.get("accept", "").startswith("application/json")


def remember_language(answer: Response, language: Language, *, https: bool) -> None:
    """Keep a choice for a year."""
    answer.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_A_YEAR_S, httponly=True, secure=https, samesite="lax"
    )


def own_path(written: str) -> str:
    """A path of ours to go back to, with its query; `/` for anything else, as another site's."""
    parts = urlsplit(written)
    plain = written.startswith("/") and not written.startswith(("//", "/\\"))
    if not plain or parts.scheme or parts.netloc or "\\" in written or not written.isprintable():
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


class SameOrigin:
    """Takes forms from our own pages alone (CSRF).

    A browser says where a form comes from in `Sec-Fetch-Site`, an older one in `Origin`; both
    are out of a page's reach. A client that sends neither is no browser that holds our cookies.

    Args:
        web_url: base address of the pages.
    """

    def __init__(self, web_url: str) -> None:
        parts = urlsplit(web_url)
        self._origin = f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def https(self) -> bool:
        """Whether the pages are reached by https; cookies are then for https alone."""
        return self._origin.startswith("https://")

    def require(self, request: Request) -> None:
        """Look where a form comes from.

        Raises:
            ProblemError: 403; another site's.
        """
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            if site not in _OWN:
                raise ProblemError(FORBIDDEN)
            return
        origin = request.headers.get("origin")
        if origin is not None and origin.lower() != self._origin:
            raise ProblemError(FORBIDDEN)
