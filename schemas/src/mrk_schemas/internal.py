"""Calls to intake's role ``internal``: the only way to a reporter's identity.

``GET /internal/v1/contacts/{reporter}`` → 200 :class:`Contact`, 404 unknown, 410 erased.
``GET /internal/v1/places/{complaint_id}`` → 200 :class:`ConfidentialPlace`, 404, 410.
``GET /internal/v1/details/{complaint_id}`` → 200 :class:`ConfidentialDetails`, 404, 410.
``GET /internal/v1/reports/{complaint_id}/attachments`` → 200 :class:`AttachmentList`, 404, 410.
``GET /internal/v1/attachments/{id}`` → 200 the bytes, 404.
``POST /internal/v1/reports/{complaint_id}/proofs`` → 202 or 200 :class:`Proof`, 404, 409, 410.
``GET /internal/v1/proofs/{id}`` → 200 :class:`Proof`, 404.
Every call carries a service credential (``Authorization: Bearer``) and ``X-Purpose``.
"""

from mrk_schemas.base import Contract, Text
from mrk_schemas.ids import ComplaintIdField, ReporterRefField
from mrk_schemas.reports import Attribute, Locale


class Contact(Contract):
    """How to reach a reporter or a follower. Never stored by the caller, never logged."""

    reporter: ReporterRefField
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    locale: Locale = Locale.ID
    follow_secret: Text | None = None
    """Of a follower: what a link carries in its fragment, to see and to stop following."""


class ConfidentialPlace(Contract):
    """The exact place of a confidential report, for its owning agency."""

    complaint_id: ComplaintIdField
    lat: float | None = None
    lon: float | None = None
    address: Text | None = None


class ConfidentialDetails(Contract):
    """What a confidential report states of what its category asks for, as it was written."""

    complaint_id: ComplaintIdField
    details: tuple[Attribute, ...] = ()


class AttachmentInfo(Contract):
    """A report's photo or document, or a proof of an agency's work.

    Its bytes are at ``/internal/v1/attachments/{id}``; ``sha256`` is of those bytes.
    """

    id: Text
    purpose: Text
    """``report`` or ``proof``."""
    media_type: Text
    size: int
    sha256: Text
    width: int | None = None
    height: int | None = None


class AttachmentList(Contract):
    """A report's attachments and proofs, in the order in which they came."""

    complaint_id: ComplaintIdField
    attachments: tuple[AttachmentInfo, ...] = ()


class Proof(Contract):
    """A proof photo as far as its examination has come.

    ``state`` is ``examining``, ``ready`` (then there is ``sha256``, for the agency's event) or
    ``refused`` (then ``refused`` is a fixed word, with its texts in both languages).
    """

    id: Text
    state: Text
    sha256: Text | None = None
    refused: Text | None = None
    refused_id: Text | None = None
    refused_en: Text | None = None
