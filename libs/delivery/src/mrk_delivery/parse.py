"""Understanding a record: CloudEvents 1.0 in binary mode, pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from mrk_delivery.events import CONTENT_TYPE, Fact, Record
from mrk_delivery.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that cannot be understood. `code` is a fixed word for metrics."""

    record: Record
    key: str | None
    type: str | None
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A record of a type that means nothing here."""

    record: Record


@dataclass(frozen=True, slots=True)
class Good:
    """A record that was understood; `newest` is not known yet."""

    record: Record
    fact: Fact


Parsed = Good | Ignored | Bad


class _BadError(Exception):
    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def parse(record: Record, subscription: Subscription, models: Mapping[str, type[Any]]) -> Parsed:
    """What this record is to this subscription. Never raises for a record's content."""
    key: str | None = None
    type_: str | None = None
    try:
        key = _key(record)
        headers = _headers(record)
        type_ = headers.get("ce_type")
        if headers.get("content-type", "").startswith("application/cloudevents"):
            raise _BadError(  # noqa: TRY301  # one way out for all that is wrong
                "structured-mode", "content-type is CloudEvents structured mode; send binary mode"
            )
        if type_ in subscription.ignores:
            return Ignored(record)
        return Good(record, _fact(record, key, headers, subscription, models))
    except _BadError as error:
        return Bad(record, key, type_, error.code, error.reason)


def _key(record: Record) -> str:
    if not record.key:
        raise _BadError("no-key", "the record has no key")
    try:
        key = record.key.decode()
    except UnicodeDecodeError:
        raise _BadError("no-key", "the key is not UTF-8") from None
    if "\x00" in key:
        raise _BadError("no-key", "the key contains U+0000")
    return key


def _headers(record: Record) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in record.headers:
        if value is None:
            raise _BadError("header", f"header {name!r} is null; leave an absent value out")
        try:
            found[name] = value.decode()
        except UnicodeDecodeError:
            raise _BadError("header", f"header {name!r} is not UTF-8") from None
        if "\x00" in found[name]:
            raise _BadError("header", f"header {name!r} contains U+0000")
    return found


def _fact(
    record: Record,
    key: str,
    headers: Mapping[str, str],
    subscription: Subscription,
    models: Mapping[str, type[Any]],
) -> Fact:
    missing = [
        name for name in ("ce_id", "ce_type", "ce_source", "ce_time") if not headers.get(name)
    ]
    if headers.get("ce_specversion") != "1.0":
        missing.append("ce_specversion (1.0)")
    if missing:
        raise _BadError("header", f"missing header: {', '.join(missing)}")
    type_ = headers["ce_type"]
    if type_ not in subscription.handles:
        raise _BadError("unknown-type", f"type {type_!r} is not known here")
    content = headers.get("content-type", CONTENT_TYPE).split(";")[0].strip().lower()
    if content != CONTENT_TYPE:
        raise _BadError("header", f"content-type {content!r}; send {CONTENT_TYPE}")
    if record.value is None:
        raise _BadError("no-body", "the record has no body")
    return Fact(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=key,
        type=type_,
        id=headers["ce_id"],
        sequence=_sequence(headers, subscription),
        time=_time(headers["ce_time"]),
        body=_body(record.value, models[type_]),
        newest=True,
        traceparent=headers.get("traceparent"),
        correlation_id=headers.get("correlation_id"),
        logged_at=record.logged_at,
    )


def _sequence(headers: Mapping[str, str], subscription: Subscription) -> int:
    if subscription.guard == "id":
        return 0
    text = headers.get("ce_sequence", "")
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**63):
        raise _BadError("header", f"ce_sequence is {text!r}; it is a whole number from 1")
    return int(text)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _BadError("header", "ce_time is no RFC 3339 time") from None
    if at.tzinfo is None:
        raise _BadError("header", "ce_time has no zone")
    return at


def _body(value: bytes, model: type[Any]) -> Any:
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        # locations and messages alone: the input itself may hold a person's words
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in e['loc']) or 'body'}: {e['msg']}"
            for e in error.errors(include_input=False, include_url=False, include_context=False)[
                :10
            ]
        )
        raise _BadError("body", wrong) from None
