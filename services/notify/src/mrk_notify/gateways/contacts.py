"""A reporter's contact, asked of intake at the moment of sending. Never stored, never logged."""

from dataclasses import dataclass
from typing import Final, Protocol

import httpx
from pydantic import ValidationError

from mrk_delivery.errors import Transient
from mrk_schemas.ids import ReporterRef
from mrk_schemas.internal import Contact
from mrk_telemetry.traces import current_traceparent

PURPOSE: Final = "notify.message"
TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Nobody:
    """There is nobody to tell: unknown, withheld or erased."""

    reason: str


class Contacts(Protocol):
    """Where contacts come from."""

    async def find(self, reporter: ReporterRef) -> Contact | Nobody:
        """The reporter's contact.

        Raises:
            Transient: no answer that can be trusted; ask again.
        """
        ...


class IntakeContacts:
    """intake's role ``internal``.

    Args:
        client: with intake's internal address as its base and our credential in its headers.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def find(self, reporter: ReporterRef) -> Contact | Nobody:
        """As the protocol says: 200, 404 and 410 are answers, anything else is none."""
        headers = {"x-purpose": PURPOSE}
        traceparent = current_traceparent()
        if traceparent is not None:
            headers["traceparent"] = traceparent
        try:
            answer = await self._client.get(f"/internal/v1/contacts/{reporter}", headers=headers)
        except httpx.HTTPError as error:
            raise Transient(f"contacts: {type(error).__name__}") from None
        match answer.status_code:
            case 200:
                pass
            case 404:
                return Nobody("no contact is kept")
            case 410:
                return Nobody("erased")
            case status:
                raise Transient(f"contacts: HTTP {status}")
        try:
            return Contact.model_validate_json(answer.content)
        except ValidationError:
            # the error's own text would quote the person
            raise Transient("contacts: the answer is no contact") from None


def intake_client(base_url: str, token: str) -> httpx.AsyncClient:
    """A client for intake's role ``internal``; the caller closes it."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"authorization": f"Bearer {token}"},
        timeout=TIMEOUT_S,
        follow_redirects=False,
        trust_env=False,
    )
