"""Reads what a client sends: a complaint, a follow-up, a hand-over. Pure: no store, no network."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mrk_simulators.lapor.reference import Reference

_REFERENCE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a UUID
    r"|\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b"  # intake's numbers, such as 57Q-GBQ-CHT
    r"|[A-Z][A-Z0-9]{1,7}(?:[-/][0-9A-Z]{2,12}){1,6}",  # a tracking number such as MRK-7F3K-Q2
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\b(?:ref(?:erensi|erence)?|nomor|no|tiket|ticket|laporan)\b[^\S\n]*[.:#]+\s*(\S+)",
    re.IGNORECASE,
)
_ATTACHMENTS = re.compile(r"\[\s*(?:\d+\s*(?:,\s*\d+\s*)*)?\]")
_TRUE = {"1", "true", "on", "yes"}


class InvalidSubmissionError(ValueError):
    """The fields are refused; `errors` says why for each."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Complaint:
    """A complaint as received: the fields untouched, and what the simulator derives."""

    fields: dict[str, Any]
    reference: str | None
    tags: tuple[str, ...]
    disposition_id: int | None
    disposed: bool
    attachments: tuple[int, ...]


def tags_of(tags_raw: object) -> tuple[str, ...]:
    """The tags of `tags_raw`: separated by commas, semicolons or blanks, `#` dropped."""
    words = re.split(r"[\s,;]+", str(tags_raw or ""))
    return tuple(dict.fromkeys(word.lstrip("#") for word in words if word.lstrip("#")))


def reference_of(tags: tuple[str, ...], content: str) -> str | None:
    """The sender's own reference: a tag that looks like one, else from the foot of the text.

    A single tag that looks like nothing known still is the reference: nothing else stands there.
    """
    for tag in tags:
        if _REFERENCE.fullmatch(tag):
            return tag
    foot = [line for line in content.splitlines() if line.strip()][-3:]
    for line in reversed(foot):
        if found := _REFERENCE.search(line):
            return found.group()
        if labelled := _LABEL.search(line):
            return labelled.group(1).strip("[]().,;")
    return tags[0] if len(tags) == 1 else None


def truthy(value: object) -> bool:
    """A flag as JSON or as a form sends it."""
    return value is True or str(value).strip().lower() in _TRUE


def whole(value: object) -> int | None:
    """A whole number as JSON or as a form sends it; None when it is absent or none."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None


def read_complaint(fields: Mapping[str, Any], reference: Reference) -> Complaint:
    """Check a complaint of dialect `splp` as a validating backend would.

    Raises:
        InvalidSubmissionError: fields are missing, of the wrong form or unknown.
    """
    errors: dict[str, str] = {}
    for name in ("title", "content"):
        if not str(fields.get(name) or "").strip():
            errors[name] = "wajib diisi"
    for name, section in (
        ("classification_id", "classifications"),
        ("category_id", "categories"),
    ):
        _check_id(fields, name, reference, section, errors)
    disposed = truthy(fields.get("is_disposisi_slider"))
    if disposed or fields.get("disposition_id") not in (None, ""):
        _check_id(fields, "disposition_id", reference, "institutions", errors)
    if truthy(fields.get("is_new_user_slider")):
        if not str(fields.get("nameUser") or "").strip():
            errors["nameUser"] = "wajib diisi"
        if not (fields.get("emailUser") or fields.get("phoneUser")):
            errors["emailUser"] = "emailUser atau phoneUser wajib diisi"
    elif whole(fields.get("user_id")) is None:
        errors["user_id"] = "wajib diisi bila is_new_user_slider tidak dipakai"
    attachments = _attachments(fields.get("attachments"), errors)
    if errors:
        raise InvalidSubmissionError(errors)
    tags = tags_of(fields.get("tags_raw"))
    return Complaint(
        fields=dict(fields),
        reference=reference_of(tags, str(fields["content"])),
        tags=tags,
        disposition_id=whole(fields.get("disposition_id")),
        disposed=disposed,
        attachments=attachments,
    )


def read_followup(fields: Mapping[str, Any], reference: Reference) -> int:
    """Check a follow-up; returns the complaint's id.

    Raises:
        InvalidSubmissionError: fields are missing, of the wrong form or unknown.
    """
    errors: dict[str, str] = {}
    for name in ("user_id", "complaint_id"):
        if whole(fields.get(name)) is None:
            errors[name] = "wajib diisi dengan bilangan"
    for name in ("institution_from_id", "institution_to_id"):
        _check_id(fields, name, reference, "institutions", errors)
    if not str(fields.get("content") or "").strip():
        errors["content"] = "wajib diisi"
    if not str(fields.get("template_code") or "").strip():
        errors["template_code"] = "wajib diisi"
    complaint = whole(fields.get("complaint_id"))
    if errors or complaint is None:
        raise InvalidSubmissionError(errors)
    return complaint


def read_rejection(fields: Mapping[str, Any], reference: Reference) -> int:
    """Check a request to hand a case on; returns the institution that `reason` names.

    Raises:
        InvalidSubmissionError: fields are missing, of the wrong form or unknown.
    """
    errors: dict[str, str] = {}
    for name in ("is_request", "not_authority"):
        if not truthy(fields.get(name)):
            errors[name] = "harus 1"
    _check_id(fields, "reason", reference, "institutions", errors)
    if not str(fields.get("reason_description") or "").strip():
        errors["reason_description"] = "wajib diisi"
    institution = whole(fields.get("reason"))
    if errors or institution is None:
        raise InvalidSubmissionError(errors)
    return institution


def _check_id(
    fields: Mapping[str, Any],
    name: str,
    reference: Reference,
    section: str,
    errors: dict[str, str],
) -> None:
    identifier = whole(fields.get(name))
    if identifier is None:
        errors[name] = "wajib diisi dengan bilangan"
    elif reference.refuses(section, identifier):
        errors[name] = "tidak dikenal"


def _attachments(value: object, errors: dict[str, str]) -> tuple[int, ...]:
    if value in (None, ""):
        return ()
    # Observed: a string that looks like a list, never a list.
    if not isinstance(value, str) or not _ATTACHMENTS.fullmatch(value.strip()):
        errors["attachments"] = 'harus berupa teks "[id,…]"'
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", value))
