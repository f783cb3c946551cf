"""Open311 over a real database, by raw requests and, listening, by a client of others."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import xmltodict

from mrk_intake.applications import public_api, storing
from mrk_intake.store import api_keys
from mrk_intake.store.old_rows import OldRows
from mrk_schemas.cases import Case, CaseAssigned, CaseResolved, CaseState, ClockName, Deadline
from mrk_schemas.registry import CASES
from mrk_web.server import serve_http

BASE = "/open311/v2"


@dataclass
class Open311:
    """The endpoint, with a key in force."""

    intake: Any
    key: str

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a path below the endpoint."""
        answer: httpx.Response = await self.intake.public.get(BASE + path, headers=headers)
        return answer

    async def post(
        self, path: str = "/requests.json", headers: dict[str, str] | None = None, **changes: Any
    ) -> httpx.Response:
        """Send a form with a valid key; None takes a field away."""
        form = {
            "api_key": self.key,
            "service_code": "roads",
            "lat": "3.5897",
            "long": "98.6738",
            "description": "Jalan berlubang besar di depan pasar, dua motor jatuh.",
            **changes,
        }
        data = {name: value for name, value in form.items() if value is not None}
        answer: httpx.Response = await self.intake.public.post(
            BASE + path, data=data, headers=headers
        )
        return answer

    async def sent(self, **changes: Any) -> str:
        """The number of a request that must be accepted."""
        answer = await self.post(**changes)
        assert answer.status_code == 201, answer.text
        (request,) = answer.json()
        number: str = request["service_request_id"]
        return number

    @asynccontextmanager
    async def listening(self, pack: Any) -> AsyncIterator[str]:
        """The address of a server that really listens."""
        intake = self.intake
        coalescer = storing(intake.settings, pack, intake.acceptance.write)
        async with coalescer.running():
            left_behind = OldRows(intake.pool).left_behind
            app = public_api(
                intake.settings, pack, intake.pool, intake.clock, coalescer.submit, left_behind
            )
            async with serve_http(app, "127.0.0.1", 0) as server:
                yield f"http://{server.host}:{server.port}{BASE}"


@pytest.fixture
async def open311(intake: Any) -> Open311:
    key = secrets.token_urlsafe(32)
    assert await api_keys.add(intake.pool, "city-app", key, intake.clock.now())
    return Open311(intake, key)


def errors_of(answer: httpx.Response) -> list[tuple[int, str]]:
    """(code, description) of every error, from JSON or XML."""
    if answer.headers["content-type"] == "application/json; charset=utf-8":
        errors = answer.json()
    else:
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        errors = xmltodict.parse(answer.content, force_list=("error",))["errors"]["error"]
    assert all(set(each) == {"code", "description"} for each in errors)
    return [(int(each["code"]), each["description"]) for each in errors]


class Story:
    """What the other services say of a report, step by step."""

    def __init__(self, intake: Any, told: Any, number: str, id_: Any) -> None:
        self._at = intake.clock.now()
        self._told = told
        self._number = number
        self.id = id_

    def _case(self, state: CaseState) -> Case:
        due = Deadline(
            clock=ClockName.RESOLUTION,
            due_at=self._at + timedelta(days=20),
            derivation="14 hari kerja",
        )
        return Case.model_validate(
            {
                "complaint_id": str(self.id),
                "tracking_number": self._number,
                "kind": "complaint",
                "state": state,
                "owner": "sdabmbk",
                "owner_name": "Dinas SDABMBK",
                "deadlines": (due,),
                "anonymous": False,
                "confidential": False,
                "received_at": self._at,
                "changed_at": self._at,
            }
        )

    async def assigned(self) -> None:
        body = CaseAssigned(case=self._case(CaseState.ASSIGNED), by="routing")
        await self._told.by(CASES, (1, self._at + timedelta(minutes=1), body, str(self.id)))

    async def resolved(self) -> None:
        case = self._case(CaseState.RESOLVED)
        body = CaseResolved(case=case, by="sdabmbk", note="Sudah ditambal, hub 081234567890")
        await self._told.by(CASES, (2, self._at + timedelta(minutes=2), body, str(self.id)))


@pytest.fixture
def story(intake: Any, told: Any) -> Any:
    async def begin(number: str) -> Story:
        return Story(intake, told, number, await intake.id_of(number))

    return begin


@pytest.fixture
def errors() -> Any:
    return errors_of
