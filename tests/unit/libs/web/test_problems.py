import json

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mrk_web.problems import (
    EXCEPTION_HANDLERS,
    MAX_ERRORS,
    VALIDATION,
    ErrorBoundary,
    FieldError,
    ProblemError,
    problem_response,
)


async def fine(_request: Request) -> Response:
    return PlainTextResponse("fine")


async def wrong(_request: Request) -> Response:
    raise ProblemError(VALIDATION, [FieldError("/text", "pendek", "tulis")], {"x-more": "1"})


async def broken(_request: Request) -> Response:
    raise RuntimeError("Budi Santoso")


async def gone(_request: Request) -> Response:
    raise HTTPException(410, "Budi Santoso", {"x-more": "1"})


def client(*, raise_server_exceptions: bool = True) -> TestClient:
    app = Starlette(
        routes=[
            Route("/fine", fine), Route("/wrong", wrong), Route("/broken", broken),
            Route("/gone", gone),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
    )  # fmt: skip
    app.add_middleware(ErrorBoundary)
    return TestClient(app, raise_server_exceptions=raise_server_exceptions)


def test_a_problem_has_rfc_9457s_members_and_is_not_cached() -> None:
    answer = problem_response(
        422, "/problems/x", "T", "D", [FieldError("/a", "m", "n")], {"retry-after": "1"}
    )
    assert answer.media_type == "application/problem+json"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["retry-after"] == "1"
    assert json.loads(bytes(answer.body)) == {
        "type": "/problems/x", "title": "T", "status": 422, "detail": "D",
        "errors": [{"field": "/a", "message": "m", "mend": "n"}],
    }  # fmt: skip


def test_a_lone_surrogate_in_a_name_does_not_break_the_answer() -> None:
    answer = problem_response(422, "t", "T", "D", [FieldError("/\ud800", "m", "n")])
    assert json.loads(bytes(answer.body))["errors"][0]["field"] == "/?"


def test_errors_are_told_up_to_a_limit() -> None:
    answer = problem_response(422, "t", "T", "D", [FieldError("/a", "m", "n")] * 1000)
    assert len(json.loads(bytes(answer.body))["errors"]) == MAX_ERRORS


def test_a_problem_error_is_answered_in_the_readers_language() -> None:
    in_english = client().get("/wrong", headers={"accept-language": "en"})
    assert in_english.status_code == 422
    assert in_english.json()["title"] == "Some fields need mending"
    assert in_english.headers["content-language"] == "en"
    assert in_english.headers["x-more"] == "1"
    assert client().get("/wrong").json()["title"] == "Ada isian yang perlu diperbaiki"


def test_an_unexpected_error_is_generic_outside() -> None:
    answer = client().get("/broken")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    assert "Budi" not in answer.text


def test_starlettes_own_errors_are_problems_too() -> None:
    unknown = client().get("/nowhere")
    assert unknown.status_code == 404
    assert unknown.json()["type"] == "/problems/not-found"
    method = client().post("/fine")
    assert method.status_code == 405
    assert set(method.headers["allow"].split(", ")) == {"GET", "HEAD"}
    gone_ = client().get("/gone")
    assert gone_.json()["status"] == 410
    assert gone_.headers["x-more"] == "1"
    assert "Budi" not in gone_.text


async def test_a_torn_answer_is_cut_and_not_completed() -> None:
    async def parts() -> object:
        yield b"half"
        raise RuntimeError("torn")

    async def torn(scope: object, receive: object, send: object) -> None:
        await StreamingResponse(parts())(scope, receive, send)  # type: ignore[arg-type]  # typed loosely above

    sent: list[str] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(str(message["type"]))

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        "asgi": {"spec_version": "2.4"},
    }
    raised = False
    try:
        await ErrorBoundary(torn)(scope, receive, send)  # type: ignore[arg-type]  # as above
    except RuntimeError:
        raised = True
    assert raised
    assert sent == ["http.response.start", "http.response.body"]
