"""How Open311 answers: the format and the language of a request, and errors in both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from mrk_intake.domain.open311.parameters import Fault
from mrk_intake.http.open311 import render, texts
from mrk_intake.http.open311.render import Root
from mrk_web.language import Language, language_of_scope
from mrk_web.problems import ProblemError

FRESH_S: Final = 2
"""Seconds for which requests may be shown from a cache."""
SETTLED_S: Final = 300
"""Seconds for which services may be shown from a cache."""

# what is public may be read by pages of other origins
_OPEN: Final = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
_FORMATS: Final[dict[str, tuple[str, Callable[[Root, Any], bytes]]]] = {
    "json": (render.JSON_TYPE, render.to_json),
    "xml": (render.XML_TYPE, render.to_xml),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers one request.

    Attributes:
        format: `json` or `xml`.
        language: the reader's.
    """

    format: str
    language: Language

    @classmethod
    def to(cls, request: Request) -> "Answers":
        """As the address ends; where it ends otherwise, as the client prefers."""
        given = str(request.path_params.get("format", ""))
        if given not in _FORMATS:
            given = "json" if "json" in request.headers.get("accept", "") else "xml"
        return cls(given, language_of_scope(request.scope))

    def public(self, root: Root, document: Any, fresh_s: int) -> Response:
        """What anybody may read, and caches may keep for so many seconds."""
        return self._response(root, document, 200, self._cached(fresh_s))

    def table(self, body: bytes, fresh_s: int) -> Response:
        """A CSV table that anybody may read."""
        return Response(body, 200, self._cached(fresh_s), render.CSV_TYPE)

    def created(self, root: Root, document: Any, *, replayed: bool) -> Response:
        """What the sender alone reads."""
        headers = {"cache-control": "no-store", "content-language": self.language}
        if replayed:
            headers["idempotent-replayed"] = "true"
        return self._response(root, document, 201, headers)

    def refused(self, faults: Sequence[Fault]) -> Response:
        """Every fault; the first one's status is the answer's."""
        told = dict.fromkeys((each.status, texts.told(each, self.language)) for each in faults)
        errors = [{"code": code, "description": description} for code, description in told]
        return self._errors(errors, faults[0].status, {})

    def problem(self, error: ProblemError) -> Response:
        """A problem that is no fault of the parameters, such as too many requests."""
        problem = error.problem
        reasons = [f"{each.field}: {each.message} {each.mend}" for each in error.errors]
        detail = (error.detail or problem.detail).to(self.language)
        told = reasons or [f"{problem.title.to(self.language)}. {detail}"]
        errors = [{"code": problem.status, "description": each} for each in told]
        return self._errors(errors, problem.status, dict(error.headers))

    def _cached(self, fresh_s: int) -> dict[str, str]:
        return {
            "cache-control": f"public, max-age={fresh_s}",
            "content-language": self.language,
            "vary": "accept-language",
            **_OPEN,
        }

    def _errors(
        self, errors: list[dict[str, Any]], status: int, headers: dict[str, str]
    ) -> Response:
        own = {"cache-control": "no-store", "content-language": self.language, **_OPEN}
        return self._response(render.ERRORS, errors, status, own | headers)

    def _response(
        self, root: Root, document: Any, status: int, headers: dict[str, str]
    ) -> Response:
        media_type, rendered = _FORMATS[self.format]
        return Response(rendered(root, document), status, headers, media_type)
