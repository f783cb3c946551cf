"""Role `api`: what agencies' systems ask and command by HTTP."""

from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_routing.domain.access_tokens import SigningKey
from mrk_routing.http import openapi, token
from mrk_routing.http.bearer import Callers, OwnTokens
from mrk_routing.http.commands import Commanding
from mrk_routing.http.inside import Door
from mrk_routing.http.reading import Reading
from mrk_telemetry.serving import ASGIApp
from mrk_web.language import language_of_scope
from mrk_web.problems import EXCEPTION_HANDLERS, INTERNAL, answer
from mrk_web.rate import RateLimiter
from mrk_web.server import HttpLimits

LIMITS: Final = HttpLimits(max_body_bytes=64 * 1024, body_timeout_s=10.0, max_in_flight=256)


async def _failed(request: Request, error: Exception) -> Response:
    del error
    return answer(INTERNAL, language_of_scope(request.scope))


@dataclass(frozen=True, slots=True)
class Shares:
    """What one client may ask for.

    Attributes:
        rate_per_s: requests a second.
        burst: requests at once, after a rest.
        tokens_per_minute: access tokens a minute.
    """

    rate_per_s: float
    burst: int
    tokens_per_minute: int


def api(door: Door, key: SigningKey, api_url: str, shares: Shares) -> ASGIApp:
    """The role's application, not yet guarded.

    Args:
        door: to the database; closed until it answers.
        key: signs access tokens.
        api_url: the address that clients use; the tokens' issuer and audience.
        shares: of each client.
    """
    limiter = RateLimiter(shares.rate_per_s, shares.burst)
    issued = RateLimiter(shares.tokens_per_minute / 60, shares.tokens_per_minute)
    tokens = token.TokenEndpoint(key, api_url, door, issued)
    callers = Callers(OwnTokens(key, api_url, door), limiter)
    commanding, reading = Commanding(callers, door), Reading(callers, door)
    description = openapi.describe(api_url)

    async def described(request: Request) -> Response:
        del request
        headers = {"cache-control": "max-age=300"}
        return Response(description, media_type="application/json", headers=headers)

    case = f"{openapi.BASE}/cases/{{complaint_id}}"
    app = Starlette(
        routes=[
            Route(openapi.PATH, described, methods=["GET"]),
            Route(token.PATH, tokens.issue, methods=["POST"]),
            Route(f"{openapi.BASE}/cases", reading.cases, methods=["GET"]),
            Route(case, reading.case, methods=["GET"]),
            Route(f"{case}/{{command}}", commanding.command, methods=["POST"]),
            Route(f"{openapi.BASE}/inbox", reading.inbox, methods=["GET"]),
        ],
        # Starlette tells of a defect before it passes it on to be logged
        exception_handlers={**EXCEPTION_HANDLERS, Exception: _failed},
    )
    app.router.redirect_slashes = False
    return app
