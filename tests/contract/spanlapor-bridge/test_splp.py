"""The gateway of dialect `splp` against the real simulator's process, fault by fault."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mrk_local.ports import free_ports
from mrk_schemas.cases import CaseState
from mrk_schemas.ids import AgencyCode, CategoryCode, LaporTicket, TrackingNumber
from mrk_schemas.reports import Kind
from mrk_spanlapor_bridge.domain.filing import Filing, Reporter
from mrk_spanlapor_bridge.domain.follow_up import Act, FollowUp
from mrk_spanlapor_bridge.domain.reply import Accepted, CannotAskError, Later, Lost, Rejected
from mrk_spanlapor_bridge.gateways.splp import Access, Codes, Splp

MAPPING = Path(__file__).parents[3] / "deploy/city/medan/lapor.yaml"
NUMBERS = yaml.safe_load(MAPPING.read_text())
CODES = Codes(
    NUMBERS["institutions"],
    NUMBERS["categories"],
    NUMBERS["classifications"],
    desk="diskominfo",
    user_id=1,
    channel=13,
)
SITI = Reporter("Siti", "siti@example.org", None)
REFERENCE = TrackingNumber("KT3-Q9W-XTC")
PLAIN: dict[str, Any] = {
    "reference": REFERENCE,
    "title": "Jalan rusak",
    "content": f"Lubang besar.\n\nReferensi: {REFERENCE}",
    "kind": Kind.COMPLAINT,
    "category": CategoryCode("roads"),
    "agency": AgencyCode("sdabmbk"),
    "occurred_at": datetime(2026, 3, 2, 20, 30, tzinfo=UTC),
    "anonymous": False,
    "confidential": False,
    "emergency": False,
}
FILING = Filing(**PLAIN)


def fact(sequence: int = 2) -> FollowUp:
    return FollowUp(
        sequence=sequence,
        tracking_number=REFERENCE,
        state=CaseState.IN_PROGRESS,
        by="sdabmbk",
        owner=AgencyCode("sdabmbk"),
        owner_name="Dinas SDABMBK",
        note="Sedang diaspal.",
        confidential=False,
    )


@dataclass
class Peer:
    url: str
    port: int

    def access(self, token: str = "t" * 32, timeout_s: float = 1.0) -> Access:
        return Access(self.url, "b" * 32, token, timeout_s=timeout_s)

    async def plan(self, **plan: Any) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.put(f"{self.url}/_sim/faults", json=plan)
            assert answer.status_code == 200, answer.text

    async def records(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False) as client:
            found: list[dict[str, Any]] = (await client.get(f"{self.url}/_sim/records")).json()
            return found


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    (port,) = free_ports(1)
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({"bearer": "b" * 32, "token": "t" * 32}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_simulators", "lapor", f"--listen=127.0.0.1:{port}",
        f"--store={tmp_path / 'lapor'}", f"--token-file={tokens}", f"--reference={MAPPING}",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while b"lapor.started" not in await process.stdout.readline():
            pass
    yield Peer(f"http://127.0.0.1:{port}", port)
    process.terminate()
    await process.wait()


@pytest.fixture
async def splp(peer: Peer) -> AsyncIterator[Splp]:
    async with peer.access().client() as client:
        yield Splp(client, CODES, timeout_s=1.0, lookup=True)


async def test_a_complaint_is_filed_and_found_by_our_reference(peer: Peer, splp: Splp) -> None:
    assert await splp.find_filing(REFERENCE) is None
    reply = await splp.file(FILING, SITI)
    (there,) = await peer.records()
    assert reply == Accepted(str(there["id"]))
    assert await splp.find_filing(REFERENCE) == str(there["id"])
    assert there["reference"] == REFERENCE
    assert there["reporter"]["name"] == "Siti"
    assert there["disposition_id"] == NUMBERS["institutions"]["sdabmbk"]


@pytest.mark.parametrize("reference", ["7K3-Q9W-XTC", "0A1-22B-333"])
async def test_any_tracking_number_is_found_again(splp: Splp, reference: str) -> None:
    number = TrackingNumber(reference)
    content = f"Lubang besar.\n\nReferensi: {number}"
    filing = Filing(**{**PLAIN, "reference": number, "content": content})
    reply = await splp.file(filing, SITI)
    assert isinstance(reply, Accepted)
    assert await splp.find_filing(number) == reply.id


async def test_of_two_the_oldest_is_found(peer: Peer, splp: Splp) -> None:
    await splp.file(FILING, SITI)
    await splp.file(FILING, SITI)
    first, _ = await peer.records()
    assert await splp.find_filing(REFERENCE) == str(first["id"])


@pytest.mark.parametrize(
    ("fault", "expected", "stored"),
    [
        ({"kind": "server_error"}, Lost, 0),
        ({"kind": "server_error", "stored": True}, Lost, 1),
        ({"kind": "reset_before"}, Lost, 0),
        ({"kind": "reset_after"}, Lost, 1),
        ({"kind": "timeout", "seconds": 5}, Lost, 0),
        ({"kind": "malformed_json"}, Lost, 1),
        ({"kind": "html_page"}, Lost, 0),
        ({"kind": "rate_limited", "retry_after": 7}, Later, 0),
        ({"kind": "expired_token"}, Later, 0),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("group", ["complaint", "followup"])
async def test_what_may_have_arrived_is_lost_and_what_has_not_is_for_later(
    peer: Peer,
    splp: Splp,
    group: str,
    fault: dict[str, Any],
    expected: type[Lost | Later],
    stored: int,
) -> None:
    ticket = LaporTicket("0")
    if group == "followup":
        filed = await splp.file(FILING, SITI)
        assert isinstance(filed, Accepted)
        ticket = LaporTicket(filed.id)
    await peer.plan(next=[{"group": group, **fault}])
    if group == "complaint":
        reply = await splp.file(FILING, SITI)
        assert len(await peer.records()) == stored
    else:
        reply = await splp.follow_up(ticket, fact())
        (there,) = await peer.records()
        assert len(there["followups"]) == stored
    assert isinstance(reply, expected)
    if fault["kind"] == "rate_limited":
        assert reply == Later("HTTP 429: too many requests", timedelta(seconds=7))


async def test_what_is_not_the_citys_is_handed_on_and_found_by_its_marker(
    peer: Peer, splp: Splp
) -> None:
    filed = await splp.file(FILING, SITI)
    assert isinstance(filed, Accepted)
    ticket = LaporTicket(filed.id)
    told = fact().model_copy(
        update={"act": Act.HANDED_ON, "owner": AgencyCode("pln"), "owner_name": "PLN"}
    )
    assert isinstance(await splp.follow_up(ticket, told), Accepted)
    (there,) = await peer.records()
    assert there["requested_institution_id"] == NUMBERS["institutions"]["pln"]
    assert there["rejections"][0]["content"].startswith("Bukan wewenang pemerintah kota")
    assert await splp.find_follow_up(ticket, told) is not None
    unmapped = told.model_copy(update={"owner": AgencyCode("nowhere")})
    assert isinstance(await splp.follow_up(ticket, unmapped), Rejected)


async def test_a_refusal_names_the_fields(splp: Splp) -> None:
    reply = await splp.file(FILING, Reporter("Siti", None, None))
    assert reply == Rejected("HTTP 422: emailUser")


async def test_a_wrong_credential_is_for_later(peer: Peer) -> None:
    async with peer.access(token="x" * 32).client() as client:
        reply = await Splp(client, CODES, timeout_s=1.0, lookup=True).file(FILING, SITI)
    assert reply == Later("HTTP 401: the credential is refused")


async def test_a_peer_that_is_not_there_has_received_nothing() -> None:
    (port,) = free_ports(1)
    access = Access(f"http://127.0.0.1:{port}", "b" * 32, "t" * 32, timeout_s=1.0)
    async with access.client() as client:
        splp = Splp(client, CODES, timeout_s=1.0, lookup=True)
        assert await splp.file(FILING, SITI) == Later("not sent: ConnectError")
        with pytest.raises(CannotAskError):
            await splp.find_filing(REFERENCE)


async def test_a_follow_up_is_found_by_its_own_marker_on_any_page(peer: Peer, splp: Splp) -> None:
    filed = await splp.file(FILING, SITI)
    assert isinstance(filed, Accepted)
    ticket = LaporTicket(filed.id)
    for sequence in range(2, 26):  # a page has 20
        assert isinstance(await splp.follow_up(ticket, fact(sequence)), Accepted)
    assert await splp.find_follow_up(ticket, fact(2)) is not None
    assert await splp.find_follow_up(ticket, fact(25)) is not None
    assert await splp.find_follow_up(ticket, fact(26)) is None
    await peer.plan(rates={"poll": {"out_of_order": 1}})
    assert await splp.find_follow_up(ticket, fact(25)) is not None


async def test_a_search_that_fails_or_does_not_exist_proves_nothing(peer: Peer, splp: Splp) -> None:
    await peer.plan(lookup=False)
    with pytest.raises(CannotAskError):
        await splp.find_filing(REFERENCE)
    for kind in ("server_error", "malformed_json", "html_page", "reset_before", "expired_token"):
        await peer.plan(lookup=True, next=[{"group": "lookup", "kind": kind}])
        with pytest.raises(CannotAskError):
            await splp.find_filing(REFERENCE)
    async with peer.access().client() as client:
        without = Splp(client, CODES, timeout_s=1.0, lookup=False)
        with pytest.raises(CannotAskError):
            await without.find_filing(REFERENCE)
