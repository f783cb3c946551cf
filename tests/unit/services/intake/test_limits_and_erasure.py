"""Rates by device and address; proxies; how far an erasure has come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mrk_intake.domain import private
from mrk_intake.domain.erasure import RETENTION, SERVICES, Acknowledgement, status
from mrk_intake.domain.private import Resource
from mrk_intake.http.limits import Rates, ReportLimits
from mrk_schemas.reports import Kind
from mrk_web.problems import ProblemError

AT = datetime(2026, 3, 2, tzinfo=UTC)


def scope(address: str = "10.0.0.1") -> dict[str, Any]:
    return {"type": "http", "client": (address, 4711)}


def test_a_device_is_limited_before_its_address() -> None:
    limits = ReportLimits(Rates(0.001, 2), Rates(0.001, 5))
    for _ in range(2):
        limits.require(scope(), "device-one", None)
    with pytest.raises(ProblemError) as refused:
        limits.require(scope(), "device-one", None)
    assert refused.value.problem.status == 429
    for _ in range(3):
        limits.require(scope(), "", None)
    with pytest.raises(ProblemError):
        limits.require(scope(), "device-two", None)
    limits.require(scope("10.0.0.2"), "device-two", None)


def test_what_is_left_is_the_scarcer_of_device_and_address() -> None:
    limits = ReportLimits(Rates(1, 4), Rates(1, 8))
    for _ in range(3):
        limits.require(scope(), "device-one", None)
    assert limits.left(scope(), "device-one", None) == pytest.approx(0.25, abs=0.05)
    assert limits.left(scope(), "device-two", None) == pytest.approx(5 / 8, abs=0.05)
    assert limits.left(scope(), "", None) == pytest.approx(5 / 8, abs=0.05)
    assert limits.until(scope(), "device-one", None, 0.75) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("10.0.0.1", "203.0.113.5", "10.0.0.1"),
        ("10.0.0.9", None, "10.0.0.9"),
        ("10.0.0.9", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.9", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.9", "1.1.1.1, 203.0.113.5, 10.0.0.8", "203.0.113.5"),
    ],
)
def test_only_known_proxies_are_believed(client: str, forwarded: str | None, address: str) -> None:
    limits = ReportLimits(Rates(1, 1), Rates(1, 1), ["10.0.0.9", "10.0.0.8"])
    assert limits.address_of(scope(client), forwarded) == address


def test_an_erasure_is_done_after_the_last_acknowledgement_and_retention() -> None:
    given = {
        name: Acknowledgement(name, AT + timedelta(hours=n), ()) for n, name in enumerate(SERVICES)
    }
    whole = status(AT, given)
    assert whole.waiting_for == ()
    assert whole.done_at == AT + timedelta(hours=2) + RETENTION
    given.pop("notify")
    partly = status(AT, given)
    assert (partly.waiting_for, partly.done_at) == (("notify",), None)


def test_a_stranger_may_ask_for_nothing() -> None:
    for resource in Resource:
        assert not private.may_ask("intruder", resource)
    for kind in Kind:
        assert not private.contact_shown("intruder", kind, anonymous=False)
        assert not private.contact_shown(private.ROUTING, kind, anonymous=False)
