"""A reporter's identity, asked of intake at the moment of filing. Never stored, never logged."""

from typing import Final

import httpx
from pydantic import ValidationError

from mrk_delivery.errors import Transient
from mrk_schemas.ids import ReporterRef
from mrk_schemas.internal import Contact

PURPOSE: Final = "mirror.file"
TIMEOUT_S: Final = 5.0


class IntakeContacts:
    """intake's role ``internal``.

    Args:
        client: with intake's internal address as its base and our credential in its headers.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def find(self, reporter: ReporterRef) -> Contact | None:
        """The reporter's contact; None when intake does not know them, or erased them.

        Raises:
            Transient: any other answer, or none; nothing was sent to anybody else.
        """
        try:
            answer = await self._client.get(
                f"/internal/v1/contacts/{reporter}",
                headers={"x-purpose": PURPOSE},
                timeout=TIMEOUT_S,
            )
        except (httpx.TransportError, OSError) as error:
            raise Transient(f"contacts: {type(error).__name__}") from None
        if answer.status_code in {404, 410}:
            return None
        if answer.status_code != 200:
            raise Transient(f"contacts: HTTP {answer.status_code}")
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
        limits=httpx.Limits(max_connections=64, keepalive_expiry=2.0),
    )
