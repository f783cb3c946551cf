import json

import httpx
import pytest

from mrk_delivery.errors import Transient
from mrk_schemas.ids import ReporterRef
from mrk_spanlapor_bridge.gateways.contacts import IntakeContacts, intake_client

REFERENCE = ReporterRef("5f0c7a52-6f0e-4f6b-9a54-0d8c3f1b2a77")


async def ask(status: int, body: bytes = b"") -> object:
    async with httpx.AsyncClient(
        base_url="http://intake.example",
        transport=httpx.MockTransport(lambda _: httpx.Response(status, content=body)),
    ) as client:
        return await IntakeContacts(client).find(REFERENCE)


async def test_a_contact_is_read() -> None:
    body = json.dumps({"reporter": REFERENCE, "name": "Siti", "phone": "+6281234567890"}).encode()
    contact = await ask(200, body)
    assert contact is not None
    assert (contact.name, contact.phone) == ("Siti", "+6281234567890")  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [404, 410])
async def test_nobody_is_there_any_more(status: int) -> None:
    assert await ask(status) is None


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 429, 500, 503])
async def test_anything_else_is_tried_again_and_quotes_nobody(status: int) -> None:
    with pytest.raises(Transient) as caught:
        await ask(status, b'{"name": "Siti"}')
    assert "Siti" not in repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_an_intake_that_is_away_is_tried_again() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with httpx.AsyncClient(
        base_url="http://intake.example", transport=httpx.MockTransport(away)
    ) as client:
        with pytest.raises(Transient):
            await IntakeContacts(client).find(REFERENCE)


async def test_each_call_carries_our_credential_and_its_purpose() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404)

    async with intake_client("http://intake.example", "t" * 32) as ours:
        headers = ours.headers
    async with httpx.AsyncClient(
        base_url="http://intake.example", headers=headers, transport=httpx.MockTransport(answer)
    ) as client:
        await IntakeContacts(client).find(REFERENCE)
    assert seen[0].url.path == f"/internal/v1/contacts/{REFERENCE}"
    assert seen[0].headers["authorization"] == "Bearer " + "t" * 32
    assert seen[0].headers["x-purpose"] == "mirror.file"
