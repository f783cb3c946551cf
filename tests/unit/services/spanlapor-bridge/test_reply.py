from datetime import UTC, datetime, timedelta

import pytest

from mrk_spanlapor_bridge.domain.reply import (
    Accepted,
    Later,
    Lost,
    Rejected,
    Reply,
    classify,
    pause_asked,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201])
def test_only_an_id_is_an_acceptance(status: int) -> None:
    assert classify(status, "7000001") == Accepted("7000001")
    assert isinstance(classify(status, None), Lost)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (408, Lost), (500, Lost), (502, Lost), (503, Lost), (504, Lost), (599, Lost),
        (401, Later), (403, Later), (429, Later),
        (400, Rejected), (404, Rejected), (409, Rejected), (422, Rejected),
        (100, Rejected), (302, Rejected),
    ],
)  # fmt: skip
def test_an_error_is_never_an_acceptance_whatever_its_body_says(
    status: int, kind: type[Reply]
) -> None:
    assert isinstance(classify(status, "7000001"), kind)


def test_a_refusal_names_fields_and_never_values() -> None:
    reply = classify(422, None, wrong_fields=["nameUser", "category_id", "siti@example.org", "x y"])
    assert reply == Rejected("HTTP 422: category_id, nameUser")


def test_a_pause_is_passed_on() -> None:
    asked = timedelta(seconds=7)
    assert classify(429, None, retry_after=asked) == Later("HTTP 429: too many requests", asked)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        (None, None),
        ("7", timedelta(seconds=7)),
        (" 0 ", timedelta()),
        ("999999999", timedelta(days=1)),
        ("Mon, 02 Mar 2026 01:00:30 GMT", timedelta(seconds=30)),
        ("Mon, 02 Mar 2026 00:00:00 GMT", timedelta()),
        ("soon", None),
        ("-1", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, pause: timedelta | None) -> None:
    assert pause_asked(header, NOW) == pause
