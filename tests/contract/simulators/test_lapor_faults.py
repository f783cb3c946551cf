"""Each fault of the SP4N-LAPOR! simulator, as a client meets it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Fields = Callable[..., dict[str, Any]]
PATH = "/complaints/complaint"


async def _strike(lapor: Any, kind: str, **parameters: Any) -> None:
    group = parameters.pop("group", "complaint")
    await lapor.faults(next=[{"group": group, "kind": kind, **parameters}])


@pytest.mark.parametrize(("kind", "stored"), [("reset_before", 0), ("reset_after", 1)])
async def test_a_reset_is_a_real_one_before_or_after_storing(
    lapor: Any, complaint: Fields, kind: str, stored: int
) -> None:
    await _strike(lapor, kind)
    body = json.dumps(complaint()).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", lapor.started["port"])
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    records = await lapor.records()
    assert [record["fault"] for record in records] == [kind] * stored
    assert (await lapor.client.post(PATH, json=complaint())).status_code == 200


async def test_a_complaint_is_stored_after_the_client_gave_up(
    lapor: Any, complaint: Fields
) -> None:
    await _strike(lapor, "late_store", seconds=1)
    with pytest.raises(httpx.ReadTimeout):
        await lapor.client.post(PATH, json=complaint(), timeout=0.3)
    assert await lapor.records() == []
    await lapor.logged("lapor.stored_late")
    records = await lapor.records()
    assert records[0]["reference"] == "MRK-7F3K-Q2"


async def test_a_late_store_is_not_lost_by_a_stop(
    start: Any, complaint: Fields, tmp_path: Any
) -> None:
    arguments = ("lapor", "--store", tmp_path / "l.db")
    lapor = await start(*arguments)
    await _strike(lapor, "late_store", seconds=60)
    with pytest.raises(httpx.ReadTimeout):
        await lapor.client.post(PATH, json=complaint(), timeout=0.3)
    assert await lapor.stop() == 0
    assert len(await (await start(*arguments)).records()) == 1


@pytest.mark.parametrize("stored", [False, True])
async def test_a_request_that_is_never_answered(
    lapor: Any, complaint: Fields, *, stored: bool
) -> None:
    await _strike(lapor, "timeout", stored=stored, seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        await lapor.client.post(PATH, json=complaint(), timeout=0.3)
    assert len(await lapor.records()) == int(stored)


@pytest.mark.parametrize(
    ("kind", "status", "stored"),
    [("rate_limited", 429, 0), ("server_error", 500, 0), ("expired_token", 401, 0)],
)
async def test_refusals_store_nothing(
    lapor: Any, complaint: Fields, kind: str, status: int, stored: int
) -> None:
    await _strike(lapor, kind, retry_after=7)
    answer = await lapor.client.post(PATH, json=complaint())
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == ("7" if status == 429 else None)
    assert len(await lapor.records()) == stored


async def test_an_error_can_come_although_the_complaint_was_stored(
    lapor: Any, complaint: Fields
) -> None:
    await _strike(lapor, "server_error", stored=True)
    assert (await lapor.client.post(PATH, json=complaint())).status_code == 500
    assert len(await lapor.records()) == 1


async def test_answers_that_lie_with_status_200(lapor: Any, complaint: Fields) -> None:
    await lapor.faults(next=[{"kind": "malformed_json"}, {"kind": "html_page"}])
    broken = await lapor.client.post(PATH, json=complaint())
    page = await lapor.client.post(PATH, json=complaint())
    assert broken.status_code == page.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        broken.json()
    assert page.headers["content-type"].startswith("text/html")
    assert [record["fault"] for record in await lapor.records()] == ["malformed_json"]


async def test_followups_out_of_order_and_repeated(lapor: Any, complaint: Fields) -> None:
    identifier = (await lapor.client.post(PATH, json=complaint())).json()["complaint_id"]
    for action in ("verify", "hold", "close"):
        await lapor.client.post(f"/admin/complaints/{identifier}/{action}", json={})

    async def ids() -> list[int]:
        answer = await lapor.client.get(f"/complaints/{identifier}/followups")
        return [entry["id"] for entry in answer.json()["results"]["data"]]

    right = await ids()
    await lapor.faults(
        next=[{"group": "poll", "kind": "out_of_order"}, {"group": "poll", "kind": "repeated"}]
    )
    wrong = await ids()
    assert wrong != right
    assert sorted(wrong) == right
    assert await ids() == [number for number in right for _ in range(2)]


async def test_latency_delays_its_group_only(lapor: Any, complaint: Fields) -> None:
    await lapor.faults(rates={"complaint": {"latency": {"rate": 1, "ms": 3000}}})
    late = asyncio.ensure_future(lapor.client.post(PATH, json=complaint()))
    assert (await lapor.client.get("/masters/templates")).status_code == 200
    assert not late.done()
    assert (await late).is_success


async def test_the_same_seed_strikes_the_same_requests(lapor: Any, complaint: Fields) -> None:
    async def statuses() -> list[int]:
        await lapor.faults(seed=11, rates={"complaint": {"server_error": 0.5}})
        answers = [await lapor.client.post(PATH, json=complaint()) for _ in range(20)]
        return [answer.status_code for answer in answers]

    first = await statuses()
    assert first == await statuses()
    assert {200, 500} == set(first)
    shown = (await lapor.client.get("/_sim/faults")).json()
    assert shown["seed"] == 11
    assert shown["injected"]["complaint.server_error"] == 2 * first.count(500)


async def test_a_rule_can_aim_at_one_reference_and_be_cleared(
    lapor: Any, complaint: Fields
) -> None:
    await lapor.faults(
        rates={"complaint": {"server_error": {"rate": 1, "contains": "MRK-AAAA-11"}}}
    )
    hit, missed = complaint("MRK-AAAA-11"), complaint("MRK-BBBB-22")
    assert (await lapor.client.post(PATH, json=hit)).status_code == 500
    assert (await lapor.client.post(PATH, json=missed)).status_code == 200
    await lapor.client.delete("/_sim/faults")
    assert (await lapor.client.post(PATH, json=hit)).status_code == 200


async def test_a_plan_that_is_not_understood_changes_nothing(lapor: Any) -> None:
    await lapor.faults(seed=5, lookup=False)
    answer = await lapor.client.put("/_sim/faults", json={"rates": {"complaint": {"flood": 1}}})
    assert answer.status_code == 422
    assert "flood" in answer.json()["error"]
    shown = (await lapor.client.get("/_sim/faults")).json()
    assert (shown["seed"], shown["lookup"]) == (5, False)


async def test_other_requests_are_served_while_one_hangs(lapor: Any, complaint: Fields) -> None:
    await _strike(lapor, "timeout", seconds=30)
    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(_timed_out(lapor, complaint()))
        await asyncio.sleep(0)
        assert (await lapor.client.get("/_sim/health")).json()["status"] == "ok"
    assert hanging.result()


async def _timed_out(lapor: Any, fields: dict[str, Any]) -> bool:
    with pytest.raises(httpx.ReadTimeout):
        await lapor.client.post(PATH, json=fields, timeout=1)
    return True
