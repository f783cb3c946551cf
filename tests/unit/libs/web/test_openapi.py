from mrk_web.openapi import json_of, problems, replayed

MEANINGS = {404: "No such case", 429: "Too many", 401: "No token"}


def test_a_problem_says_what_it_means_and_when_to_come_again() -> None:
    told = problems((404, 429), MEANINGS)
    assert {status: each["description"] for status, each in told.items()} == {
        "404": "No such case",
        "429": "Too many",
    }
    assert "headers" not in told["404"]
    assert set(told["429"]["headers"]) == {"Retry-After"}
    (content,) = told["404"]["content"].items()
    assert content == (
        "application/problem+json",
        {"schema": {"$ref": "#/components/schemas/ProblemDetails"}},
    )


def test_other_headers_stand_where_they_are_named() -> None:
    told = problems((401, 429), MEANINGS, {401: {"WWW-Authenticate": {}}})
    assert (set(told["401"]["headers"]), set(told["429"]["headers"])) == (
        {"WWW-Authenticate"},
        {"Retry-After"},
    )


def test_bodies_and_answers_given_before() -> None:
    assert json_of("Case") == {
        "application/json": {"schema": {"$ref": "#/components/schemas/Case"}}
    }
    assert "it was decided" in replayed("it was decided")["Idempotent-Replayed"]["description"]
