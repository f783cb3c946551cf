"""What the other services say, on the public timeline."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from mrk_schemas.cases import (
    Case,
    CaseAccepted,
    CaseAssigned,
    CaseProgressed,
    CaseResolved,
    CaseReturned,
    CaseSentToTriage,
    CaseState,
    ClockName,
    Deadline,
)
from mrk_schemas.deliveries import Delivery, DeliveryStatus, MessageFailed, MessageSent
from mrk_schemas.mirrors import Mirror, MirrorFiled, MirrorFollowedUp, MirrorStatus
from mrk_schemas.registry import CASES, DELIVERIES, MIRRORS
from mrk_telemetry import metrics

AT = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
DUE = Deadline(
    clock=ClockName.RESOLUTION, due_at=AT + timedelta(days=20), derivation="14 hari kerja"
)


def case(sent: dict[str, Any], state: CaseState, owner: str | None = "sdabmbk") -> Case:
    return Case.model_validate(
        {
            "complaint_id": str(sent["id"]),
            "tracking_number": sent["tracking_number"],
            "kind": "complaint",
            "state": state,
            "owner": owner,
            "owner_name": "Dinas SDABMBK" if owner else None,
            "deadlines": (DUE,),
            "anonymous": False,
            "confidential": False,
            "received_at": AT,
            "changed_at": AT,
        }
    )


def story(sent: dict[str, Any]) -> list[tuple[str, int, datetime, Any]]:
    """(topic, sequence, time, body) of a report's whole life."""
    minute = timedelta(minutes=1)

    def fact(n: int, topic: str, sequence: int, body: Any) -> tuple[str, int, datetime, Any]:
        return topic, sequence, AT + n * minute, body

    mirror = Mirror(
        complaint_id=str(sent["id"]),
        status=MirrorStatus.FILED,
        national_id="9001",
        received_at=AT,
        changed_at=AT,
    )
    message = Delivery(
        complaint_id=str(sent["id"]),
        message="received",
        about="x",
        channel="email",
        status=DeliveryStatus.SENT,
        received_at=AT,
        changed_at=AT,
    )
    bad = "Kami kembalikan; hubungi 081234567890."
    triage = case(sent, CaseState.TRIAGE, None)
    return [
        fact(1, CASES, 1, CaseAssigned(case=case(sent, CaseState.ASSIGNED), by="routing")),
        fact(2, DELIVERIES, 1, MessageSent(delivery=message)),
        fact(3, MIRRORS, 1, MirrorFiled(mirror=mirror)),
        fact(4, CASES, 2, CaseAccepted(case=case(sent, CaseState.ACCEPTED), by="sdabmbk")),
        fact(
            5,
            CASES,
            3,
            CaseReturned(case=case(sent, CaseState.RETURNED, None), by="sdabmbk", note=bad),
        ),
        fact(6, CASES, 4, CaseSentToTriage(case=triage, by="routing")),
        fact(7, CASES, 5, CaseAssigned(case=case(sent, CaseState.ASSIGNED), by="routing")),
        fact(
            8,
            CASES,
            6,
            CaseProgressed(case=case(sent, CaseState.IN_PROGRESS), by="sdabmbk", note="Diukur"),
        ),
        fact(9, CASES, 7, CaseResolved(case=case(sent, CaseState.RESOLVED), by="sdabmbk")),
        fact(9, MIRRORS, 2, MirrorFollowedUp(mirror=mirror, case_version=2)),
        fact(9, DELIVERIES, 2, MessageFailed(delivery=message)),
    ]


ORDER = [
    "received", "assigned", "notified", "mirrored", "accepted", "returned", "triage", "assigned",
    "progress", "resolved",
]  # fmt: skip


async def _timeline(intake: Any, sent: dict[str, Any]) -> dict[str, Any]:
    answer = await intake.public.get(f"/api/v1/reports/{sent['tracking_number']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_report_tells_its_life(intake: Any, told: Any) -> None:
    sent = await intake.accepted()
    before = await _timeline(intake, sent)
    assert (before["state"], [e["type"] for e in before["events"]]) == ("received", ["received"])
    for topic, sequence, at, body in story(sent):
        await told.by(topic, (sequence, at, body, str(sent["id"])))
    after = await _timeline(intake, sent)
    assert (after["state"], after["category"], after["kind"]) == ("resolved", "roads", "complaint")
    events = after["events"]
    assert [each["type"] for each in events] == ORDER
    assigned = events[1]
    assert assigned["agency"] == "sdabmbk"
    assert assigned["text"] == {
        "id": "Diteruskan kepada Dinas SDABMBK.",
        "en": "Assigned to Dinas SDABMBK.",
    }
    assert (assigned["due_at"], assigned["derivation"]) == (
        "2026-03-22T03:04:05.000Z",
        "14 hari kerja",
    )
    assert assigned["deadlines"][0]["clock"] == "resolution"
    assert events[2]["text"]["id"] == "Pelapor dikabari lewat surel."
    assert "@" not in str(events[2])
    assert events[3]["national_id"] == "9001"
    assert events[5]["note"] == "Kami kembalikan; hubungi [nomor telepon]."
    assert events[5]["text"]["en"].startswith("Dinas SDABMBK returned")
    assert events[8]["note"] == "Diukur"


async def test_any_order_and_any_repetition_tell_the_same_life(intake: Any, told: Any) -> None:
    sent = await intake.accepted()
    seed = 20260302
    order = random.Random(seed)
    facts = story(sent) * 3
    order.shuffle(facts)
    for topic, sequence, at, body in facts:
        await told.by(topic, (sequence, at, body, str(sent["id"])))
    after = await _timeline(intake, sent)
    assert [each["type"] for each in after["events"]] == ORDER, f"seed {seed}"
    assert after["state"] == "resolved"


async def test_facts_that_come_before_their_report_are_kept(intake: Any, told: Any) -> None:
    sent = await intake.accepted()
    key = str(sent["id"])
    row = await intake.pool.fetchrow("delete from report where id = $1 returning *", sent["id"])
    topic, sequence, at, body = story(sent)[0]
    await told.by(topic, (sequence, at, body, key))
    columns = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await intake.pool.execute(f"insert into report values ({columns})", *row.values())  # noqa: S608  # placeholders alone
    assert [e["type"] for e in (await _timeline(intake, sent))["events"]] == ORDER[:2]


async def test_a_public_timeline_is_revalidated_by_its_tag(intake: Any, told: Any) -> None:
    sent = await intake.accepted()
    path = f"/api/v1/reports/{sent['tracking_number']}"
    first = await intake.public.get(path)
    tag = {"If-None-Match": f"W/{first.headers['etag']}"}
    same = await intake.public.get(path, headers=tag)
    assert (same.status_code, same.content, same.headers["etag"]) == (
        304,
        b"",
        first.headers["etag"],
    )
    topic, sequence, at, body = story(sent)[0]
    await told.by(topic, (sequence, at, body, str(sent["id"])))
    assert (await intake.public.get(path, headers=tag)).status_code == 200


async def test_a_number_read_aloud_finds_its_report_and_a_slip_is_told(intake: Any) -> None:
    number = (await intake.accepted())["tracking_number"]
    spoken = number.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await intake.public.get(f"/api/v1/reports/{spoken}")).status_code == 200
    last = "2" if number[-1] != "2" else "3"
    slip = await intake.public.get(
        f"/api/v1/reports/{number[:-1]}{last}", headers={"Accept-Language": "en"}
    )
    assert slip.status_code == 404
    assert "check character" in slip.json()["detail"]


async def test_stages_are_measured_where_their_facts_arrive(intake: Any, told: Any) -> None:
    sent = await intake.accepted()

    def counts() -> dict[str, float]:
        return {
            stage: metrics.REGISTRY.get_sample_value("mrk_stage_seconds_count", {"stage": stage})
            or 0.0
            for stage in ("mirrored", "notified")
        }

    before = counts()
    for topic, sequence, at, body in story(sent) * 2:
        await told.by(topic, (sequence, at, body, str(sent["id"])))
    after = counts()
    assert {stage: after[stage] - before[stage] for stage in after} == {
        "mirrored": 1,
        "notified": 1,
    }
