"""The description of what a reporter does after reporting."""

from typing import Any, Final

from pydantic import BaseModel

from mrk_intake.domain.actions import BODIES, TABLE, TOO_MANY, Action
from mrk_intake.http.openapi_parts import (
    NUMBER,
    PROBLEMS,
    REPLAYED,
    device,
    header,
    idempotency_key,
    problems,
    secret,
)
from mrk_web.openapi import REF, json_of

_ACT_PROBLEMS: Final = (400, 403, 404, 408, 409, 410, 413, 415, 422, 429, 503)
_ACTIONS: Final = {
    Action.INFORMATION: (
        "addInformation", "Tambah keterangan / Add information",
        "Adds words; the case's owner is told. Until it is closed.",
    ),
    Action.ANSWER: (
        "answerQuestion", "Jawab pertanyaan / Answer the question",
        "Puts the agency that asked back to work; its deadline goes on. A late one is information.",
    ),
    Action.WITHDRAWAL: (
        "withdrawReport", "Cabut laporan / Take the report back",
        "Ends the case. Until an agency says that it is solved.",
    ),
    Action.CONFIRMATION: (
        "confirmSolution", "Benarkan penyelesaian / Confirm the solution",
        "Closes the case. Once an agency says that it is solved.",
    ),
    Action.DISPUTE: (
        "disputeSolution", "Sanggah penyelesaian / Dispute the solution",
        "Puts the agency back to work; its deadline stays. Once it says that it is solved.",
    ),
    Action.RATING: (
        "rateSolution", "Nilai penyelesaian / Rate the solution",
        "A later rating takes an earlier one's place. Once an agency says that it is solved.",
    ),
}  # fmt: skip


def act(action: Action) -> dict[str, Any]:
    """The operation of one action."""
    id_, summary, description = _ACTIONS[action]
    body = BODIES[action]
    required = any(field.is_required() for field in body.model_fields.values())
    return {
        "operationId": id_,
        "summary": summary,
        "description": f"{description} Send it again with the same key whenever no answer came: it"
        " takes effect once.",
        "parameters": [
            NUMBER,
            secret("Proves the reporter; from the answer to the report"),
            idempotency_key("one for each action; it belongs to this report"),
            device("The device's token; its rate is limited as for reports"),
            header("Accept-Language", "id or en", example="id"),
        ],
        "requestBody": {"required": required, "content": _with_example(body)},
        "responses": {
            "201": {
                "description": "Durably done",
                "headers": REPLAYED,
                "content": json_of("ActionTaken"),
            },
            **problems(_ACT_PROBLEMS),
            "409": {"description": PROBLEMS[409], "content": _refusals(action)},
        },
    }  # fmt: skip


def _with_example(body: type[BaseModel]) -> dict[str, Any]:
    fields = body.model_fields.items()
    example = {name: field.examples[0] for name, field in fields if field.examples}
    described = json_of(body.__name__)
    described["application/json"]["example"] = example
    return described


def _refusals(action: Action) -> dict[str, Any]:
    """Every refusal that this action can meet, each as an example under its code."""
    found = {row[action] for row in TABLE.values()} | {TOO_MANY}
    told = {
        why.code: {
            "value": {
                "type": f"/problems/{why.code}",
                "title": why.reason[0],
                "status": 409,
                "detail": why.mend[0],
            }
        }
        for why in found
        if why is not None
    }
    schema = {"$ref": REF.format(model="ProblemDetails")}
    return {"application/problem+json": {"schema": schema, "examples": dict(sorted(told.items()))}}
