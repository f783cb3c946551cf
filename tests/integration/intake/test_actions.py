"""What a reporter does after reporting, over HTTP and a real database."""

import asyncio
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from mrk_delivery.errors import is_transient
from mrk_intake.domain.actions import BODIES as BODY_MODELS
from mrk_intake.domain.actions import MOST, Action
from mrk_intake.domain.said import Said, of_json
from mrk_intake.service import SERVICE
from mrk_intake.store import erase
from mrk_intake.store.actions import Actions, Done
from mrk_intake.store.masters import WrappedKey
from mrk_schemas.cases import (
    Case,
    CaseAsked,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseState,
)
from mrk_schemas.registry import CASES

AT = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
PHONE = "0812-3456-7890"
WORDS = f"Masih berlubang, hubungi Pak Sinaga {PHONE}"
BODIES: dict[Action, dict[str, Any]] = {
    Action.INFORMATION: {"text": WORDS},
    Action.ANSWER: {"text": WORDS},
    Action.WITHDRAWAL: {"text": WORDS},
    Action.CONFIRMATION: {},
    Action.DISPUTE: {"text": WORDS},
    Action.RATING: {"rating": 4, "text": WORDS},
}
EVENTS = {
    Action.INFORMATION: "information-added",
    Action.ANSWER: "answered",
    Action.WITHDRAWAL: "withdrawn",
    Action.CONFIRMATION: "solution-confirmed",
    Action.DISPUTE: "solution-disputed",
    Action.RATING: "solution-rated",
}


async def act(
    intake: Any, sent: dict[str, Any], action: Action, body: Any = None, **changes: Any
) -> Any:
    """Act as the reporter, under a new key; `changes` are headers, None takes one away."""
    headers = {
        "X-Tracking-Secret": sent["tracking_secret"],
        "Idempotency-Key": secrets.token_hex(16),
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return await intake.public.post(
        f"/api/v1/reports/{sent['tracking_number']}/{action}",
        json=BODIES[action] if body is None else body,
        headers={name: value for name, value in headers.items() if value is not None},
    )


def case(sent: dict[str, Any], **changes: Any) -> Case:
    values = {
        "complaint_id": str(sent["id"]), "tracking_number": sent["tracking_number"],
        "kind": "complaint", "state": CaseState.RESOLVED, "owner": "sdabmbk",
        "owner_name": "Dinas SDABMBK", "anonymous": False, "confidential": False,
        "received_at": AT, "changed_at": AT,
    }  # fmt: skip
    return Case.model_validate(values | changes)


async def resolved(told: Any, sent: dict[str, Any], sequence: int = 7, **changes: Any) -> None:
    body = CaseResolved(case=case(sent, **changes), by="sdabmbk")
    await told.by(CASES, (sequence, AT, body, str(sent["id"])))


async def asked(told: Any, sent: dict[str, Any], sequence: int = 7, number: int = 1) -> None:
    """The agency asks its question of this number."""
    waiting = {"since": AT, "until": AT + timedelta(days=7), "derivation": "5 hari kerja"}
    waits = case(sent, state=CaseState.IN_PROGRESS, questions=number, waiting=waiting)
    body = CaseAsked(case=waits, by="sdabmbk", note="Di sebelah mana sekolah?")
    await told.by(CASES, (sequence, AT, body, str(sent["id"])))


async def timeline(intake: Any, sent: dict[str, Any]) -> dict[str, Any]:
    answer = await intake.public.get(
        f"/api/v1/reports/{sent['tracking_number']}",
        headers={"X-Tracking-Secret": sent["tracking_secret"]},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def everything(intake: Any) -> str:
    """All that the database holds in clear, as text: to search it for words."""
    tables = ("report", "report_event", "timeline", "reporter_action", "vault", "idempotency")
    found = [
        str([dict(row) for row in await intake.pool.fetch(f"select * from {table}")])  # noqa: S608  # the names above
        for table in tables
    ]
    return "\n".join(found)


@pytest.mark.parametrize("action", list(Action))
async def test_an_action_is_an_event_a_step_and_a_sealed_row(
    intake: Any, told: Any, action: Action
) -> None:
    sent = await intake.accepted()
    if action is Action.ANSWER:
        await asked(told, sent)
    elif action is not Action.WITHDRAWAL:
        await resolved(told, sent)
    answer = await act(intake, sent, action)
    assert answer.status_code == 201, answer.text
    shown = await timeline(intake, sent)
    assert answer.json() == {
        "tracking_number": sent["tracking_number"],
        "action": action.value,
        "state": shown["state"],
        "at": "2026-03-02T03:04:05.000Z",
    }
    assert answer.headers["cache-control"] == "no-store"
    event = await intake.event(sent["id"], EVENTS[action])
    first = (await intake.event(sent["id"]))["report"]
    assert event["report"] | {"withdrawn": False} == first | {
        "withdrawn": False,
        **({"rating": 4} if action is Action.RATING else {}),
    }
    assert event["report"].get("withdrawn", False) is (action is Action.WITHDRAWAL)
    others = {"received", "resolved", "asked"}
    (step,) = [each for each in shown["events"] if each["type"] not in others]
    said = None if action is Action.CONFIRMATION else WORDS.replace(PHONE, "[nomor telepon]")
    assert event.get("note") == step.get("note") == said
    assert "3456" not in await everything(intake)
    outbox = await intake.pool.fetch("select topic, version from outbox order by id")
    assert [tuple(row) for row in outbox] == [
        ("complaint.reports.v1", 1),
        ("complaint.reports.v1", 2),
    ]
    assert await intake.pool.fetchval("select version from stream") == 2


async def test_the_words_as_written_open_with_the_reporters_key_alone(intake: Any) -> None:
    sent = await intake.accepted()
    await act(intake, sent, Action.INFORMATION)
    row = await intake.pool.fetchrow(
        "select a.words, a.request, v.reporter, v.master_id, v.wrapped_key"
        " from reporter_action a join vault v using (complaint)"
    )
    key = WrappedKey(row["master_id"], row["wrapped_key"])
    vault = intake.settings.vault()
    assert vault.added(row["reporter"], key, row["request"], row["words"]) == WORDS


async def test_a_reporter_has_what_was_said_later_as_it_was_written(intake: Any) -> None:
    sent = await intake.accepted(kind="whistleblowing")
    await act(intake, sent, Action.INFORMATION)
    await act(intake, sent, Action.WITHDRAWAL, {})
    path = f"/api/v1/reports/{sent['tracking_number']}/data"
    own = await intake.public.get(path, headers={"X-Tracking-Secret": sent["tracking_secret"]})
    assert own.json()["later"] == [
        {"at": "2026-03-02T03:04:05.000Z", "action": "information", "text": WORDS}
    ]


async def test_a_dispute_stands_until_routing_has_reopened_the_case(intake: Any, told: Any) -> None:
    sent = await intake.accepted()
    await resolved(told, sent)
    assert (await act(intake, sent, Action.DISPUTE)).json()["state"] == "disputed"
    again = await act(intake, sent, Action.DISPUTE)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-disputed")
    body = CaseReopened(
        case=case(sent, state=CaseState.IN_PROGRESS, disputes=1, report_version=2), by="reporter"
    )
    await told.by(CASES, (9, AT, body, str(sent["id"])))
    shown = await timeline(intake, sent)
    assert shown["state"] == "in_progress"
    reopened = next(each for each in shown["events"] if each["type"] == "reopened")
    assert reopened["text"]["en"].startswith("The report is open again and Dinas SDABMBK")
    assert "report_version" not in reopened
    await resolved(told, sent, 11, disputes=1, report_version=2)
    assert (await timeline(intake, sent))["state"] == "resolved"
    assert (await act(intake, sent, Action.DISPUTE)).status_code == 201


@pytest.mark.parametrize("language", ["id", "en"])
async def test_what_the_state_does_not_allow_is_refused_with_a_code_and_a_mend(
    intake: Any, language: str
) -> None:
    sent = await intake.accepted()
    answer = await act(intake, sent, Action.CONFIRMATION, Accept_Language=language)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems/not-resolved")
    assert problem["title"].startswith({"id": "Instansi", "en": "No agency"}[language])
    assert problem["detail"]
    assert await intake.count("reporter_action") == 0
    assert await intake.count("report_event") == 1


async def test_a_refused_action_may_be_sent_again_with_its_key_once_it_is_allowed(
    intake: Any, told: Any
) -> None:
    sent = await intake.accepted()
    refused = await act(intake, sent, Action.CONFIRMATION, Idempotency_Key=KEY)
    assert refused.status_code == 409
    await resolved(told, sent)
    taken = await act(intake, sent, Action.CONFIRMATION, Idempotency_Key=KEY)
    assert (taken.status_code, taken.json()["state"]) == (201, "confirmed")


async def test_twins_get_one_answer_and_have_one_effect(intake: Any) -> None:
    sent = await intake.accepted()
    answers = await asyncio.gather(
        *(act(intake, sent, Action.WITHDRAWAL, Idempotency_Key=KEY) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    replayed = [a.headers.get("idempotent-replayed") for a in answers]
    assert sorted(replayed, key=str) == [None, *["true"] * 9]
    assert await intake.count("report_event") == 2
    assert await intake.count("reporter_action") == 1


async def test_an_action_whose_answer_was_lost_at_the_commit_is_done_once(
    start: Any, dsn: str, pack: Any, cutter: Any
) -> None:
    async with cutter.between(dsn) as way, start(dsn, pack, pool_dsn=way) as intake:
        sent = await intake.accepted()
        cutter.mark, cutter.armed = b"COMMIT", True
        lost = await act(intake, sent, Action.WITHDRAWAL, Idempotency_Key=KEY)
        assert cutter.cuts == 1
        assert (lost.status_code, lost.headers["retry-after"]) == (503, "2")
        again = await act(intake, sent, Action.WITHDRAWAL, Idempotency_Key=KEY)
        assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
        assert await intake.count("report_event") == 2


async def test_a_server_that_hangs_gives_the_connection_up(
    start: Any, dsn: str, pack: Any, cutter: Any
) -> None:
    async with cutter.between(dsn) as way, start(dsn, pack, pool_dsn=way) as intake:
        sent = await intake.accepted()
        vault = intake.settings.vault()
        own = Actions(intake.pool, SERVICE, intake.keys, vault, intake.clock, longest_s=0.3)
        given = (sent["tracking_number"], sent["tracking_secret"], Action.WITHDRAWAL, Said(), KEY)
        cutter.hang()
        async with asyncio.timeout(20):
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as lost:
                await own.act(*given)
        assert is_transient(lost.value)
        cutter.flow()
        assert isinstance(await own.act(*given), Done)


async def test_a_key_belongs_to_one_action_with_one_body_on_one_report(intake: Any) -> None:
    sent, other = await intake.accepted(), await intake.accepted()
    assert (await act(intake, sent, Action.INFORMATION, Idempotency_Key=KEY)).status_code == 201
    for action, body in ((Action.INFORMATION, {"text": "Lain lagi"}), (Action.WITHDRAWAL, None)):
        reused = await act(intake, sent, action, body, Idempotency_Key=f'"{KEY}"')
        assert (reused.status_code, reused.json()["type"]) == (
            422,
            "/problems/idempotency-key-reused",
        )
        assert (
            "action"
            in (
                await act(intake, sent, action, body, Idempotency_Key=KEY, Accept_Language="en")
            ).text
        )
    assert (await act(intake, other, Action.INFORMATION, Idempotency_Key=KEY)).status_code == 201
    assert await intake.count("report_event") == 4


@pytest.mark.parametrize(("given", "status"), [(None, 400), ("short", 400)])
async def test_a_key_is_required(intake: Any, given: str | None, status: int) -> None:
    sent = await intake.accepted()
    answer = await act(intake, sent, Action.INFORMATION, Idempotency_Key=given)
    assert answer.status_code == status
    assert await intake.count("report_event") == 1


async def test_every_wrong_field_is_named_at_once(intake: Any) -> None:
    sent = await intake.accepted()
    answer = await act(intake, sent, Action.RATING, {"rating": 9, "text": "x", "stars": 1})
    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == {"/rating", "/text", "/stars"}
    headers = {
        "Idempotency-Key": KEY,
        "X-Tracking-Secret": sent["tracking_secret"],
        "Content-Type": "text/plain",
    }
    path = f"/api/v1/reports/{sent['tracking_number']}/information"
    plain = await intake.public.post(path, content=b"halo", headers=headers)
    assert plain.status_code == 415


async def test_a_confirmation_needs_no_body(intake: Any, told: Any) -> None:
    sent = await intake.accepted()
    await resolved(told, sent)
    answer = await intake.public.post(
        f"/api/v1/reports/{sent['tracking_number']}/confirmation",
        headers={"Idempotency-Key": KEY, "X-Tracking-Secret": sent["tracking_secret"]},
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, 403), ({"confidential": True}, 404), ({"kind": "whistleblowing"}, 404)],
)
async def test_without_the_secret_nobody_acts_and_nobody_learns_of_a_hidden_report(
    intake: Any, action: Action, changes: dict[str, Any], status: int
) -> None:
    sent, other = await intake.accepted(**changes), await intake.accepted(**changes)
    unknown = await act(intake, sent | {"tracking_number": "000-000-000"}, action)
    assert unknown.status_code == 404
    for secret in (None, "", "x" * 22, other["tracking_secret"]):
        answer = await act(intake, sent, action, X_Tracking_Secret=secret)
        assert answer.status_code == status
        if status == 404:
            assert answer.json() == unknown.json()
    assert await intake.count("reporter_action") == 0


async def test_other_methods_and_other_actions_are_not_there(intake: Any) -> None:
    sent = await intake.accepted()
    path = f"/api/v1/reports/{sent['tracking_number']}"
    assert (await intake.public.get(f"{path}/dispute")).status_code == 405
    assert (await intake.public.post(f"{path}/escalation")).status_code == 404


@pytest.mark.parametrize("action", [Action.INFORMATION, Action.WITHDRAWAL])
async def test_of_whistle_blowing_no_word_leaves_the_vault(intake: Any, action: Action) -> None:
    sent = await intake.accepted(kind="whistleblowing")
    answer = await act(intake, sent, action)
    assert answer.status_code == 201
    event = await intake.event(sent["id"], EVENTS[action])
    assert "note" not in event
    assert "Sinaga" not in await everything(intake)
    assert "note" not in (await timeline(intake, sent))["events"][-1]
    assert await intake.pool.fetchval("select words is not null from reporter_action")
    refused = await act(intake, sent, Action.DISPUTE)
    expected = "in-confidence" if action is Action.INFORMATION else "already-withdrawn"
    assert refused.json()["type"] == f"/problems/{expected}"


async def test_a_question_and_its_answer_are_the_reporters_alone_and_never_cached(
    intake: Any, told: Any
) -> None:
    sent = await intake.accepted()
    path = f"/api/v1/reports/{sent['tracking_number']}"
    refused = await act(intake, sent, Action.ANSWER)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-asked")
    await asked(told, sent)
    own = await intake.public.get(path, headers={"X-Tracking-Secret": sent["tracking_secret"]})
    assert own.json()["state"] == "waiting"
    (question,) = [each for each in own.json()["events"] if each["type"] == "asked"]
    assert question["note"] == "Di sebelah mana sekolah?"
    assert (question["question"], question["answer_by_derivation"]) == (1, "5 hari kerja")
    assert question["answer_by"] == "2026-03-09T03:04:05.000Z"
    assert own.headers["cache-control"] == "no-store"

    first = await act(intake, sent, Action.ANSWER, {"text": "Timur"}, Idempotency_Key=KEY)
    again = await act(intake, sent, Action.ANSWER, {"text": "Timur"}, Idempotency_Key=KEY)
    assert (first.status_code, first.json()["state"]) == (201, "in_progress")
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert (await intake.event(sent["id"], "answered"))["question"] == 1
    public = await intake.public.get(path)
    assert "Timur" not in public.text
    assert "sekolah?" not in public.text
    assert {"asked", "answered"} <= {each["type"] for each in public.json()["events"]}
    assert public.headers["cache-control"] == "public, max-age=2"


async def test_a_late_answer_is_kept_as_information_for_no_question(intake: Any, told: Any) -> None:
    sent = await intake.accepted()
    await asked(told, sent)
    resumed = CaseResumed(case=case(sent, state="in_progress", questions=1), by="routing")
    await told.by(CASES, (9, AT, resumed, str(sent["id"])))
    assert (await timeline(intake, sent))["state"] == "in_progress"
    late = await act(intake, sent, Action.ANSWER)
    assert (late.status_code, late.json()["state"]) == (201, "in_progress")
    assert "question" not in await intake.event(sent["id"], "answered")
    await resolved(told, sent, 11)
    assert (await act(intake, sent, Action.ANSWER)).json()["state"] == "resolved"


async def test_of_a_confidential_report_the_question_too_is_hidden(intake: Any, told: Any) -> None:
    sent = await intake.accepted(confidential=True)
    await asked(told, sent)
    assert (await act(intake, sent, Action.ANSWER, X_Tracking_Secret=None)).status_code == 404
    assert (await act(intake, sent, Action.ANSWER)).status_code == 201


async def test_a_confidential_reports_words_are_shown_to_its_reporter_alone(intake: Any) -> None:
    sent = await intake.accepted(confidential=True)
    assert (await act(intake, sent, Action.INFORMATION)).status_code == 201
    path = f"/api/v1/reports/{sent['tracking_number']}"
    assert (await intake.public.get(path)).status_code == 404
    step = (await timeline(intake, sent))["events"][-1]
    assert step["note"] == WORDS.replace(PHONE, "[nomor telepon]")


async def test_a_device_is_limited_as_for_reports(start: Any, dsn: str, pack: Any) -> None:
    async with start(dsn, pack, rate_per_second=0.001, rate_burst=2) as intake:
        sent = await intake.accepted()
        device = {"X_Device_Token": "device-token-of-one-phone"}
        found = [
            (await act(intake, sent, Action.INFORMATION, **device)).status_code for _ in range(3)
        ]
        assert found == [201, 201, 429]
        limited = await act(intake, sent, Action.INFORMATION, **device)
        assert int(limited.headers["retry-after"]) > 0


async def test_a_report_takes_so_many_actions_and_no_more(intake: Any) -> None:
    sent = await intake.accepted()
    for _ in range(MOST):
        assert (await act(intake, sent, Action.INFORMATION)).status_code == 201
    answer = await act(intake, sent, Action.INFORMATION)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-actions")


async def test_after_an_erasure_no_word_is_left_and_nobody_acts(intake: Any) -> None:
    sent = await intake.accepted()
    await act(intake, sent, Action.INFORMATION, Idempotency_Key=KEY)
    complaint: UUID = sent["id"]
    assert "Sinaga" in await everything(intake)
    await erase.erase(intake.pool, SERVICE, complaint, intake.clock.now())
    await erase.rid_of_old_rows(intake.pool)
    assert "Sinaga" not in await everything(intake)
    row = await intake.pool.fetchrow("select words, fingerprint from reporter_action")
    assert tuple(row) == (None, None)
    for key in (KEY, secrets.token_hex(16)):
        answer = await act(intake, sent, Action.INFORMATION, Idempotency_Key=key)
        assert answer.status_code == 410
    assert await intake.count("report_event") == 3


async def test_an_action_and_an_erasure_at_once_leave_no_word(intake: Any) -> None:
    sent = await intake.accepted()
    now = intake.clock.now()
    answers = await asyncio.gather(
        *(act(intake, sent, Action.INFORMATION) for _ in range(4)),
        erase.erase(intake.pool, SERVICE, sent["id"], now),
        *(act(intake, sent, Action.INFORMATION) for _ in range(4)),
    )
    assert {a.status_code for a in answers if not isinstance(a, bool)} <= {201, 410}
    assert "Sinaga" not in await everything(intake)


async def test_the_description_tells_of_every_action(intake: Any) -> None:
    document = json.loads((await intake.public.get("/openapi.json")).content)
    for action in Action:
        told = document["paths"][f"/api/v1/reports/{{tracking_number}}/{action}"]["post"]
        assert {"201", "403", "404", "409", "410", "422", "429"} <= set(told["responses"])
        body = told["requestBody"]["content"]["application/json"]
        assert body["schema"]["$ref"].rpartition("/")[2] in document["components"]["schemas"]
        of_json(BODY_MODELS[action], json.dumps(body["example"]).encode())
        refusals = told["responses"]["409"]["content"]["application/problem+json"]["examples"]
        assert {"already-withdrawn", "too-many-actions"} <= set(refusals)
