"""A resident's report through the composed system: assigned, mirrored, notified."""

import random
import string
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.timeout(1500)  # the first test may build every image


def test_a_report_is_assigned_mirrored_and_notified(
    stack: Any, http: httpx.Client, eventually: Callable[..., Any]
) -> None:
    # Letters alone: digits in a text could be masked as somebody's phone number.
    mark = "".join(random.choices(string.ascii_lowercase, k=12))
    address = f"warga-{mark}@medan.example"
    answer = http.post(
        f"{stack.intake}/api/v1/reports",
        headers={"Idempotency-Key": str(uuid.uuid4())},
        json={
            "kind": "complaint",
            "category": "roads",
            "text": f"Jalan berlubang besar di depan pasar, banyak motor jatuh. Tanda {mark}.",
            "location": {"lat": 3.5897, "lon": 98.6738},
            "reporter": {"name": "Warga Uji", "email": address, "locale": "id"},
            "anonymous": False,
            "confidential": False,
        },
    )
    assert answer.status_code == 201, answer.text
    number = answer.json()["tracking_number"]

    def timeline() -> dict[str, Any]:
        events = http.get(f"{stack.intake}/api/v1/reports/{number}").json()["events"]
        return {event["type"]: event for event in events}

    def mirrored() -> list[Any]:
        records = http.get(f"{stack.lapor}/_sim/records").json()
        return [record for record in records if mark in record["content"]]

    def mails() -> list[Any]:
        records = http.get(f"{stack.mail}/_sim/records").json()
        return [record for record in records if address in str(record["to"])]

    events = eventually(lambda: (t := timeline()) and "assigned" in t and t, "assigned")
    assert events["assigned"]["agency"]
    assert events["assigned"]["due_at"]

    eventually(mirrored, "a record at the national system")
    events = eventually(lambda: (t := timeline()) and "mirrored" in t and t, "mirrored")
    (record,) = mirrored()
    assert events["mirrored"]["national_id"] == str(record["id"])

    sent = eventually(lambda: len(m := mails()) >= 2 and m, "two e-mails: received and assigned")
    assert len({mail["message_id"] for mail in sent}) == len(sent)
    assert all(number in mail["body"] for mail in sent)
