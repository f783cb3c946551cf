"""Dialect `splp` of SP4N-LAPOR!, as public clients use it behind the government's service bus.

There is no public specification: headers, ids and codes come from settings and from the city
pack's `lapor.yaml`. A complaint sent twice becomes two, so what may have arrived is `Lost`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from mrk_schemas.ids import LaporTicket, TrackingNumber
from mrk_spanlapor_bridge.domain.filing import Filing, Reporter
from mrk_spanlapor_bridge.domain.follow_up import WIB, Act, FollowUp, carries, content_of
from mrk_spanlapor_bridge.domain.reply import (
    CannotAskError,
    Later,
    Lost,
    Rejected,
    Reply,
    classify,
    pause_asked,
)
from mrk_telemetry.logs import get_logger

_MOST_PAGES: Final = 500
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_CONNECT_SHARE: Final = 0.5
_KEEP_ALIVE_S: Final = 2.0  # shorter than any peer's, so that none closes as we write


@dataclass(frozen=True, slots=True)
class Codes:
    """The national system's numbers for our codes.

    Attributes:
        categories: a report without a category is filed under `unsorted`.
        desk: the agency that speaks for the city where none owns the case.
        user_id: the city's own account there.
        channel: the number of the channel that reports come in by.
        template: the code of a plain follow-up.
    """

    institutions: Mapping[str, int]
    categories: Mapping[str, int]
    classifications: Mapping[str, int]
    desk: str
    user_id: int
    channel: int
    unsorted: str = "others"
    template: str = "followup"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the system is and what it is shown. Header names differ between its gateways."""

    url: str
    auth: str
    token: str
    auth_header: str = "Authorization"
    token_header: str = "token"  # noqa: S105  # a header's name
    timeout_s: float = 10.0

    def client(self) -> httpx.AsyncClient:
        """A client with the credentials in its headers; the caller closes it."""
        return httpx.AsyncClient(
            base_url=self.url,
            headers={self.auth_header: f"Bearer {self.auth}", self.token_header: self.token},
            timeout=httpx.Timeout(
                self.timeout_s,
                connect=self.timeout_s * _CONNECT_SHARE,
                pool=self.timeout_s * _CONNECT_SHARE,
            ),
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=64, keepalive_expiry=_KEEP_ALIVE_S),
        )

    def __repr__(self) -> str:
        """Without the credentials."""
        return f"Access({self.url})"


class UnmappedError(Exception):
    """A code of ours has no number there."""


class Splp:
    """The port `National` in dialect `splp`.

    Args:
        client: made by `Access.client`.
        codes: the numbers in force.
        timeout_s: after this many seconds a whole call counts as lost.
        lookup: whether complaints can be searched by our reference (an assumption of ours).
    """

    def __init__(
        self, client: httpx.AsyncClient, codes: Codes, *, timeout_s: float, lookup: bool
    ) -> None:
        self._client = client
        self._codes = codes
        self._timeout_s = timeout_s
        self._lookup = lookup

    async def file(self, filing: Filing, reporter: Reporter) -> Reply:
        """File a complaint; an acceptance carries its national id."""
        try:
            fields = complaint_fields(filing, reporter, self._codes)
        except UnmappedError as error:
            return Rejected(str(error))
        return await self._send("/complaints/complaint", "complaint_id", json=fields)

    async def follow_up(self, national_id: LaporTicket, fact: FollowUp) -> Reply:
        """Add to a complaint's history, or hand it on; an acceptance carries the entry's id."""
        if fact.act is Act.HANDED_ON:
            return await self._hand_on(national_id, fact)
        try:
            fields = follow_up_fields(national_id, fact, self._codes)
        except UnmappedError as error:
            return Rejected(str(error))
        parts = {name: (None, value.encode()) for name, value in fields.items()}
        return await self._send("/complaints/followup/add", "id", files=parts)

    async def _hand_on(self, national_id: LaporTicket, fact: FollowUp) -> Reply:
        """Bukan wewenang: ask that another institution takes it."""
        try:
            fields = rejection_fields(fact, self._codes)
        except UnmappedError as error:
            return Rejected(str(error))
        return await self._send(f"/complaints/process/{national_id}/reject", "id", json=fields)

    async def find_filing(self, reference: TrackingNumber) -> LaporTicket | None:
        """The oldest complaint that carries our reference, or None.

        Raises:
            CannotAskError: there is no answer now, or this installation has no such search.
        """
        if not self._lookup:
            raise CannotAskError("there is no look-up by reference")
        document = await self._get("/complaints/complaint/search", {"tags_raw": reference})
        found = [
            int(number)
            for entry in _data(document)
            if (number := _id(entry.get("complaint_id") or entry.get("id"))) and number.isdigit()
        ]
        return LaporTicket(str(min(found))) if found else None

    async def find_follow_up(self, national_id: LaporTicket, fact: FollowUp) -> str | None:
        """The id of the entry that carries this follow-up's marker, or None.

        Raises:
            CannotAskError: there is no answer now.
        """
        async for entry in self._history(national_id):
            if carries(str(entry.get("content") or ""), fact.marker):
                return _id(entry.get("id")) or ""
        return None

    async def _history(self, national_id: LaporTicket) -> AsyncIterator[dict[str, Any]]:
        for page in range(1, _MOST_PAGES + 1):
            document = await self._get(f"/complaints/{national_id}/followups", {"page": str(page)})
            for entry in _data(document):
                yield entry
            # where it stands is not certain
            if not (document.get("next_page_url") or _results(document).get("next_page_url")):
                return
        raise CannotAskError("the history has too many pages")

    async def _send(self, path: str, id_field: str, **body: Any) -> Reply:
        try:
            # httpx limits each step; slow bytes could go on for ever
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.post(path, **body)
        except _UNSENT as error:
            return Later(f"not sent: {type(error).__name__}")
        except (httpx.TransportError, httpx.DecodingError, OSError) as error:
            return Lost(type(error).__name__)  # a TimeoutError is an OSError
        document = _document(answer)
        reply = classify(
            answer.status_code,
            _id(document.get(id_field)) or _id(_results(document).get(id_field)),
            retry_after=pause_asked(answer.headers.get("retry-after"), datetime.now(UTC)),
            wrong_fields=_names(document.get("errors")),
        )
        if answer.status_code in {401, 403}:
            get_logger().error("splp.credential_refused", status=answer.status_code)
        return reply

    async def _get(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.get(path, params=params)
        except (httpx.TransportError, httpx.DecodingError, OSError) as error:
            raise CannotAskError(type(error).__name__) from None
        document = _document(answer)
        if answer.status_code != 200 or not isinstance(_results(document).get("data"), list):
            raise CannotAskError(f"HTTP {answer.status_code}, not understood")
        return document


def complaint_fields(filing: Filing, reporter: Reporter, codes: Codes) -> dict[str, Any]:
    """The fields of `POST /complaints/complaint`.

    Raises:
        UnmappedError: a code has no number there; nothing is guessed.
    """
    return {
        "title": filing.title,
        "content": filing.content,
        "channel": codes.channel,
        "date_of_incident": filing.occurred_at.astimezone(WIB).date().isoformat(),
        "tags_raw": filing.reference,
        "is_new_user_slider": True,
        "nameUser": reporter.name,
        "emailUser": reporter.email,
        "phoneUser": reporter.phone,
        "is_inbox": True,
        "is_disposisi_slider": filing.agency is not None,
        "classification_id": _number(codes.classifications, filing.kind, "classification"),
        "category_id": _number(codes.categories, filing.category or codes.unsorted, "category"),
        "disposition_id": (
            None
            if filing.agency is None
            else _number(codes.institutions, filing.agency, "institution")
        ),
        "is_approval": False,
        "is_anonymous": filing.anonymous,
        "is_secret": filing.confidential,
        "is_priority": filing.emergency,
        "attachments": "[]",
    }


def follow_up_fields(national_id: LaporTicket, fact: FollowUp, codes: Codes) -> dict[str, str]:
    """The fields of `POST /complaints/followup/add`.

    Raises:
        UnmappedError: a code has no number there; nothing is guessed.
    """
    sender = fact.by if fact.by in codes.institutions else codes.desk
    return {
        "user_id": str(codes.user_id),
        "institution_from_id": str(_number(codes.institutions, sender, "institution")),
        "institution_to_id": str(
            _number(codes.institutions, fact.owner or codes.desk, "institution")
        ),
        "complaint_id": national_id,
        "template_code": codes.template,
        "is_secret": "1" if fact.confidential else "0",
        "content": content_of(fact),
    }


def rejection_fields(fact: FollowUp, codes: Codes) -> dict[str, Any]:
    """The fields of `POST /complaints/process/{id}/reject`: not our authority, but `reason`'s.

    Raises:
        UnmappedError: the institution has no number there; nothing is guessed.
    """
    return {
        "is_request": 1,
        "reason": _number(codes.institutions, fact.owner or codes.desk, "institution"),
        "reason_description": content_of(fact),
        "not_authority": 1,
    }


def _number(numbers: Mapping[str, int], code: str, what: str) -> int:
    if code not in numbers:
        raise UnmappedError(f"the city pack's lapor.yaml has no {what} for '{code}'")
    return numbers[code]


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = json.loads(answer.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _results(document: Mapping[str, Any]) -> dict[str, Any]:
    results = document.get("results")
    return results if isinstance(results, dict) else {}


def _data(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in _results(document)["data"] if isinstance(entry, dict)]


def _id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= 64 and text.isalnum() else None


def _names(errors: object) -> list[str]:
    return [str(name) for name in errors] if isinstance(errors, dict) else []
