"""An agency without Kafka: it hears by signed webhooks and commands over the REST API."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import httpx
from tests.week.channels import COMMANDS, Refused
from tests.week.deeds import Deed
from tests.week.hearing import WAIT_S, Heard, Hearing
from tests.week.hooks import Receiver, receiving

from mrk_cli.preparation import admin_environment
from mrk_cli.stack import SERVICES, role_command, service_settings
from mrk_cli.supervisor import Stack
from mrk_schemas.registry import inbox_of

AGAIN: Final = 20
"""Of so many commands one is sent twice under its key, as where its answer was lost."""
_SOON: Final = timedelta(seconds=60)
_PAGE: Final = 200


class ByHttp:
    """An agency's system that has this API and its webhooks, and nothing else.

    Args:
        client: with the API's base address.
        agency: its code.
        credentials: of its client: id and secret.
        receiver: of its webhooks.
        told: the newest version that its topic tells of a case, which its webhooks must tell too.
        now: what the clock shows.
    """

    def __init__(  # what an office has
        self,
        client: httpx.AsyncClient,
        agency: str,
        credentials: tuple[str, str],
        receiver: Receiver,
        told: Callable[[str], int],
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._base = f"/api/v1/agencies/{agency}"
        self.agency = agency
        self.receiver = receiver
        self._credentials = credentials
        self._told = told
        self._now = now
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)
        self._asking = asyncio.Lock()
        self.counts: Counter[str] = Counter()

    async def send(self, case: dict[str, Any], version: int, deed: Deed) -> None:
        """Command by what its webhooks told of the case; whatever else is known of it is not used.

        Raises:
            Refused: the API says no, or says something else the second time.
        """
        del version
        complaint = case["complaint_id"]
        async with asyncio.timeout(WAIT_S):
            known = await self.receiver.knows(complaint, self._told(complaint))
        _, words = COMMANDS[deed.what]
        path, body = f"/cases/{complaint}/{deed.what}", {"case_version": known, **words}
        key = {"idempotency-key": f'"{uuid4()}"'}
        done = await self._asked("POST", path, json=body, headers=key)
        self.counts["commands"] += 1
        if self.counts["commands"] % AGAIN == 0:
            again = await self._asked("POST", path, json=body, headers=key)
            self.counts["commands sent twice"] += 1
            if again.headers.get("idempotent-replayed") != "true" or again.json() != done.json():
                raise Refused(f"{deed} of {complaint} was done twice: {again.text}")

    async def inbox(self) -> list[dict[str, Any]]:
        """The whole inbox, page after page."""
        found: list[dict[str, Any]] = []
        place = "0"
        while True:
            params = {"after": place, "limit": str(_PAGE)}
            page = (await self._asked("GET", "/inbox", params=params)).json()
            found += page["events"]
            place = page["next"]
            if not page["events"]:
                return found

    async def _asked(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = given.pop("headers", {})
        while True:
            authorized = headers | {"authorization": f"Bearer {await self._bearer()}"}
            answer = await self._client.request(
                method, f"{self._base}{path}", headers=authorized, **given
            )
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            self.counts["asked to wait"] += 1
            await asyncio.sleep(float(answer.headers["retry-after"]))
        if answer.status_code != httpx.codes.OK:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    async def _bearer(self) -> str:
        async with self._asking:
            if self._now() >= self._until:
                form = {"grant_type": "client_credentials"}
                answer = await self._client.post("/oauth2/token", data=form, auth=self._credentials)
                if answer.status_code != httpx.codes.OK:
                    raise Refused(f"no token: {answer.status_code} {answer.text}")
                given = answer.json()
                self._token = given["access_token"]
                self._until = self._now() + timedelta(seconds=given["expires_in"]) - _SOON
                self.counts["tokens"] += 1
        return self._token


@asynccontextmanager
async def http_office(
    stack: Stack, agency: str, hearing: Hearing, now: Callable[[], datetime]
) -> AsyncIterator[ByHttp]:
    """An office that the operator let in, with a receiver that runs until the block ends.

    Args:
        stack: whose roles `api` and `worker` serve it.
        agency: its code.
        hearing: what was heard of its topic.
        now: what the clock shows.
    """
    topic, name = inbox_of(agency), f"kantor-{agency}"

    def told(complaint: str) -> int:
        on_topic = (h.sequence for h in hearing.inboxes.get(complaint, ()) if h.topic == topic)
        return max(on_topic, default=0)

    async with (
        receiving() as receiver,
        httpx.AsyncClient(
            base_url=stack.plan.url("routing.api"), timeout=30, trust_env=False
        ) as client,
    ):
        signing, secret = await asyncio.gather(
            _admin(stack, "webhooks", "add", "--agency", agency, "--url", receiver.url),
            _admin(stack, "agency-clients", "create", name, "--agency", agency),
        )
        receiver.trust(signing)
        yield ByHttp(client, agency, (name, secret), receiver, told, now)


async def _admin(stack: Stack, *words: str) -> str:
    """What an operator's command says."""
    process = await asyncio.create_subprocess_exec(
        *role_command("routing.admin"), *words,
        env=admin_environment(
            service_settings(stack.plan, SERVICES["routing"]), stack.plan.inherited
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, wrong = await process.communicate()
    assert process.returncode == 0, wrong.decode()
    return said.decode().strip()


def missed(
    agency: str, hearing: Hearing, receiver: Receiver, inbox: Iterable[dict[str, Any]]
) -> list[str]:
    """How what an agency without Kafka got differs from its topic; nothing, as it should be.

    Args:
        agency: its code.
        hearing: what was heard of its topic.
        receiver: of its webhooks.
        inbox: as the API tells it.
    """
    topic = inbox_of(agency)
    wanted = {
        heard.id: _of_topic(heard)
        for told in hearing.inboxes.values()
        for heard in told
        if heard.topic == topic
    }
    by_hook = {id_: _of_event(event) for id_, event in receiver.messages.items()}
    listed = [(event["id"], _of_event(event)) for event in inbox]
    wrong = [f"not by webhook: {wanted[id_]}" for id_ in wanted.keys() - by_hook.keys()]
    wrong += [f"by webhook alone: {by_hook[id_]}" for id_ in by_hook.keys() - wanted.keys()]
    wrong += [f"told otherwise: {by_hook[id_]}" for id_ in by_hook.keys() & wanted.keys()
              if by_hook[id_] != wanted[id_]]  # fmt: skip
    wrong += [f"named {id_}: {event['id']}" for id_, event in receiver.messages.items()
              if id_ != event["id"]]  # fmt: skip
    if len(listed) != len(wanted) or dict(listed) != wanted:
        wrong.append(f"the API lists {len(listed)}, the topic has {len(wanted)}")
    newest: dict[str, int] = {}
    for complaint, version, *_ in by_hook.values():
        if version <= newest.get(complaint, 0):
            wrong.append(f"out of order: {complaint} {version} after {newest[complaint]}")
        newest[complaint] = version
    return wrong


def _of_topic(heard: Heard) -> tuple[str, int, str, datetime, dict[str, Any]]:
    return heard.complaint, heard.sequence, heard.kind, heard.at, heard.body


def _of_event(event: dict[str, Any]) -> tuple[str, int, str, datetime, dict[str, Any]]:
    kind = event["type"].removeprefix("id.go.medan.").removesuffix(".v1").removeprefix("case.")
    at = datetime.fromisoformat(event["time"])
    return event["subject"], int(event["sequence"]), kind, at, event["data"]
