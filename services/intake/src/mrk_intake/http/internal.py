"""Role `internal`: the only way to a reporter's identity, and to a confidential place or detail.

Each call carries a service's credential and its purpose; each reading is logged with both.
"""

from typing import Final
from uuid import UUID

import asyncpg
from starlette.requests import Request
from starlette.responses import Response

from mrk_intake.domain import private
from mrk_intake.domain.private import Resource
from mrk_intake.http.status import GONE
from mrk_intake.store import private as kept_rows
from mrk_intake.store.masters import WrappedKey
from mrk_intake.store.private import Kept
from mrk_intake.store.vault import Sealed, Vault
from mrk_schemas.base import Contract
from mrk_schemas.ids import ComplaintId, ReporterRef
from mrk_schemas.internal import ConfidentialDetails, ConfidentialPlace, Contact
from mrk_schemas.reports import Attribute
from mrk_telemetry.logs import get_logger
from mrk_web.credentials import Caller, ServiceCredentials
from mrk_web.problems import FORBIDDEN, NOT_FOUND, ProblemError

_NO_STORE: Final = {"cache-control": "no-store"}


class Callers:
    """Who may ask for what; each refusal is logged.

    Args:
        credentials: who may call.
    """

    def __init__(self, credentials: ServiceCredentials) -> None:
        self._credentials = credentials

    def require(self, request: Request, resource: Resource) -> Caller:
        """The caller, if it may ask for this kind of thing.

        Raises:
            ProblemError: 401, 400 (no purpose), 403.
        """
        caller = self._credentials.authenticate(request.headers)
        if not private.may_ask(caller.name, resource):
            get_logger().warning("service.refused", caller=caller.name, why=f"no {resource}")
            raise ProblemError(FORBIDDEN)
        return caller


class Internal:
    """Answers the other services.

    Args:
        pool: of intake's database.
        vault: opens rows.
        callers: who may call.
    """

    def __init__(self, pool: asyncpg.Pool, vault: Vault, callers: Callers) -> None:
        self._pool = pool
        self._vault = vault
        self._callers = callers

    async def contact(self, request: Request) -> Response:
        """`GET /internal/v1/contacts/{reporter}`.

        Raises:
            ProblemError: 401, 400 (no purpose), 403 (not this service's to ask), 404 (unknown,
                nothing to tell, or not shown to this service), 410 (erased).
        """
        caller = self._callers.require(request, Resource.CONTACT)
        reporter = parsed_uuid(request.path_params["reporter"])
        kept = await kept_rows.by_reporter(self._pool, reporter)
        if kept is None:
            raise ProblemError(NOT_FOUND)
        shown = private.contact_shown(
            caller.name, kept.kind, anonymous=kept.anonymous, follower=kept.follower
        )
        if kept.restricted or not shown:
            self._told(caller, "contact.withheld", kept)
            raise ProblemError(NOT_FOUND)
        sealed = _not_erased(kept)
        identity = self._vault.identity(reporter, sealed)
        if identity is None:
            raise ProblemError(NOT_FOUND)
        self._told(caller, "contact.read", kept)
        secret = None
        if kept.follower:
            key = WrappedKey(sealed.master_id, sealed.wrapped_key)
            secret = self._vault.follow_secret(reporter, key)
        return _answer(
            Contact(
                reporter=ReporterRef(str(reporter)),
                name=identity.name,
                email=identity.email,
                phone=identity.phone,
                locale=identity.locale,
                follow_secret=secret,
            )
        )

    async def place(self, request: Request) -> Response:
        """`GET /internal/v1/places/{complaint_id}`.

        Raises:
            ProblemError: as for `contact`; 404 also where the report is not confidential.
        """
        caller = self._callers.require(request, Resource.PLACE)
        complaint = parsed_uuid(request.path_params["complaint_id"])
        kept = await self._confidential(complaint)
        original = self._vault.original(kept.reporter, _not_erased(kept))
        if original.lat is None and original.address is None:
            raise ProblemError(NOT_FOUND)
        self._told(caller, "place.read", kept)
        return _answer(
            ConfidentialPlace(
                complaint_id=ComplaintId(str(complaint)),
                lat=original.lat,
                lon=original.lon,
                address=original.address,
            )
        )

    async def details(self, request: Request) -> Response:
        """`GET /internal/v1/details/{complaint_id}`.

        Raises:
            ProblemError: as for `place`; 404 also where the report states no detail.
        """
        caller = self._callers.require(request, Resource.DETAILS)
        complaint = parsed_uuid(request.path_params["complaint_id"])
        kept = await self._confidential(complaint)
        original = self._vault.original(kept.reporter, _not_erased(kept))
        if not original.attributes:
            raise ProblemError(NOT_FOUND)
        self._told(caller, "details.read", kept)
        return _answer(
            ConfidentialDetails(
                complaint_id=ComplaintId(str(complaint)),
                details=tuple(
                    Attribute(code=code, value=value)
                    for code, values in original.attributes.items()
                    for value in values
                ),
            )
        )

    async def _confidential(self, complaint: UUID) -> Kept:
        """What is kept of a confidential report.

        Raises:
            ProblemError: 404 unknown, not confidential, or restricted; 410 erased.
        """
        kept = await kept_rows.by_complaint(self._pool, complaint)
        if kept is None:
            gone = await kept_rows.erased(self._pool, complaint)
            raise ProblemError(GONE if gone else NOT_FOUND)
        shown = private.place_shown(kept.kind, confidential=kept.confidential)
        if kept.restricted or not shown:
            raise ProblemError(NOT_FOUND)
        return kept

    def _told(self, caller: Caller, event: str, kept: Kept) -> None:
        get_logger().info(
            event, caller=caller.name, purpose=caller.purpose, complaint=str(kept.complaint)
        )


def _not_erased(kept: Kept) -> Sealed:
    if kept.sealed is None:
        raise ProblemError(GONE)
    return kept.sealed


def parsed_uuid(text: str) -> UUID:
    """An id in a path.

    Raises:
        ProblemError: 404; it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise ProblemError(NOT_FOUND) from None


def _answer(body: Contract) -> Response:
    return Response(body.to_json(), media_type="application/json", headers=_NO_STORE)
