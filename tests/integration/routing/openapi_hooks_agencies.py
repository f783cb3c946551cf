"""What a fuzzer must know beside the description: an agency, a case, a token, forms of our own."""

import os
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st

_CASE, _TOKEN = os.environ["MRK_TEST_CASE"], os.environ["MRK_TEST_TOKEN"]
_AGENCY, _BASIC = os.environ["MRK_TEST_AGENCY"], os.environ["MRK_TEST_BASIC"]
_KEY = "Idempotency-Key"
_seen: set[str] = set()
_turn = 0
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

keys = st.uuids(version=4).map(str).filter(lambda key: len(set(key)) > 7)
schemathesis.openapi.format("idempotency-key", keys)
schemathesis.openapi.format(
    "past-date-time",
    st.datetimes(max_value=datetime(2026, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat),  # noqa: DTZ001  # the zone is added
)


@schemathesis.auth()
class Client:
    """The client of one agency: a token for what is its own, Basic for the token."""

    def get(self, case: Any, context: Any) -> str:
        del context
        return f"Basic {_BASIC}" if case.path == "/oauth2/token" else f"Bearer {_TOKEN}"

    def set(self, case: Any, data: str, context: Any) -> None:
        del context
        case.headers = {**(case.headers or {}), "Authorization": data}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Each command has a key of its own; what is positive is about the agency and its case."""
    global _turn  # noqa: PLW0603  # hooks are functions of a module
    del context, kwargs
    key = (case.headers or {}).get(_KEY)
    if key in _seen:
        case.headers[_KEY] = str(uuid4())
    elif key is not None:
        _seen.add(key)
    parts = case.path_parameters or {}
    if "code" in parts:
        parts["code"] = _AGENCY
    if not case.meta.generation.mode.is_positive:
        return
    if key is not None and not _UUID.fullmatch(str(case.headers[_KEY]).strip('"')):
        case.headers[_KEY] = str(uuid4())
    if isinstance(parts.get("complaint_id"), str):
        _turn += 1
        if _turn % 2:
            parts["complaint_id"] = _CASE
    if case.path == "/oauth2/token" and isinstance(case.body, dict):
        for name in ("client_id", "client_secret", "scope"):
            case.body.pop(name, None)  # Basic proves the client: in one way alone
