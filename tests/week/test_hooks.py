"""The receiver of webhooks itself: forged or old is refused, what comes twice is stored once."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from standardwebhooks.webhooks import Webhook
from tests.week.hearing import Heard, Hearing
from tests.week.hooks import LOST, REFUSED, ROUND, Receiver, receiving
from tests.week.http_office import missed

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
TOPIC = "agency.dishub.inbox.v1"
AT = datetime(2026, 2, 13, 3, tzinfo=UTC)
NO_CONTENT, BAD, BROKEN = 204, 400, 500
CLIENT = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        receiver.trust(SECRET)
        yield receiver


def event(version: int = 2, complaint: str = "c") -> dict[str, Any]:
    return {
        "id": str(UUID(int=version)), "type": "id.go.medan.case.reopened.v1",
        "time": AT.isoformat(), "subject": complaint, "sequence": str(version),
        "data": {"case": {}},
    }  # fmt: skip


async def sent(
    receiver: Receiver, told: dict[str, Any], *, secret: str = SECRET, ago: float = 0
) -> int:
    body, at = json.dumps(told), datetime.now(UTC) - timedelta(seconds=ago)
    headers = {
        "webhook-id": told["id"],
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(told["id"], at, body),
    }
    return await posted(receiver, body, headers)


async def posted(receiver: Receiver, body: str, headers: dict[str, str]) -> int:
    answer = await asyncio.to_thread(CLIENT.post, receiver.url, content=body, headers=headers)
    return answer.status_code


async def test_what_is_forged_or_sent_long_ago_is_refused(receiver: Receiver) -> None:
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    assert await sent(receiver, event(), secret=other) == BAD
    assert await sent(receiver, event(), ago=301) == BAD
    assert await posted(receiver, "{}", {"webhook-id": "1"}) == BAD
    assert (receiver.messages, receiver.counts) == ({}, {"forged": 3})


async def test_what_comes_again_is_taken_and_stored_once(receiver: Receiver) -> None:
    assert [await sent(receiver, event()) for _ in range(2)] == [NO_CONTENT] * 2
    assert await receiver.knows("c", 2) == 2
    assert (len(receiver.messages), receiver.counts) == (1, {"taken": 1, "again": 1})


async def test_now_and_then_it_fails_before_or_after_it_stored(receiver: Receiver) -> None:
    answers = {version: await sent(receiver, event(version)) for version in range(1, ROUND + 1)}
    failed = {version for version, answer in answers.items() if answer == BROKEN}
    assert failed == {REFUSED + 1, LOST + 1}
    stored = {int(each["sequence"]) for each in receiver.messages.values()}
    assert failed - stored == {REFUSED + 1}
    assert [await sent(receiver, event(version)) for version in sorted(failed)] == [NO_CONTENT] * 2
    assert len(receiver.messages) == ROUND


def heard(version: int) -> Heard:
    return Heard(TOPIC, "c", "reopened", str(UUID(int=version)), version, AT, {"case": {}})


async def test_each_difference_from_the_topic_is_found(receiver: Receiver) -> None:
    def differences(*inbox: dict[str, Any]) -> list[str]:
        return missed("dishub", hearing, receiver, inbox)

    hearing = Hearing()
    hearing.inboxes["c"] = [heard(2), heard(4)]
    receiver.messages = {each["id"]: each for each in (event(2), event(4))}
    assert differences(event(2), event(4)) == []
    assert len(differences(event(2))) == 1
    assert len(differences(event(2), event(4), event(4))) == 1
    receiver.messages = {each["id"]: each for each in (event(4), event(2))}
    assert "out of order" in differences(event(2), event(4))[0]
    receiver.messages = {event(2)["id"]: event(2)}
    assert "not by webhook" in differences(event(2), event(4))[0]
    more = {event(v)["id"]: event(v) for v in (2, 4, 6)}
    receiver.messages = more
    assert "by webhook alone" in differences(event(2), event(4))[0]
    receiver.messages = {event(2)["id"]: event(2), event(4)["id"]: event(4) | {"data": {}}}
    assert "told otherwise" in differences(event(2), event(4))[0]
    receiver.messages = {event(2)["id"]: event(2), event(4)["id"]: event(4) | {"id": str(uuid4())}}
    assert "named" in differences(event(2), event(4))[0]
