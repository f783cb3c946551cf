"""Calls to intake's role ``internal``: the only way to a reporter's identity.

``GET /internal/v1/contacts/{reporter}`` → 200 :class:`Contact`, 404 unknown, 410 erased.
``GET /internal/v1/places/{complaint_id}`` → 200 :class:`ConfidentialPlace`, 404, 410.
Every call carries a service credential (``Authorization: Bearer``) and ``X-Purpose``.
"""

from mrk_schemas.base import Contract, Text
from mrk_schemas.ids import ComplaintIdField, ReporterRefField
from mrk_schemas.reports import Locale


class Contact(Contract):
    """How to reach a reporter. Never stored by the caller, never logged."""

    reporter: ReporterRefField
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    locale: Locale = Locale.ID


class ConfidentialPlace(Contract):
    """The exact place of a confidential report, for its owning agency."""

    complaint_id: ComplaintIdField
    lat: float | None = None
    lon: float | None = None
    address: Text | None = None
