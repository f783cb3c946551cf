"""Identifiers: different ids have different types, never a bare ``str``."""

from typing import Annotated, NewType

from pydantic import StringConstraints

ComplaintId = NewType("ComplaintId", str)
"""A complaint's id in canonical UUID form; the Kafka key and ``ce_subject``."""

TrackingNumber = NewType("TrackingNumber", str)
"""Short number that a resident reads aloud, with a check character; not a secret."""

ReporterRef = NewType("ReporterRef", str)
"""Opaque reference to a reporter in intake's vault (UUID form); reveals nothing by itself."""

AgencyCode = NewType("AgencyCode", str)
"""Code of an agency (OPD) in the city pack, such as ``sdabmbk``."""

CategoryCode = NewType("CategoryCode", str)
"""Code of a category in the city pack."""

DistrictCode = NewType("DistrictCode", str)
"""Kemendagri code of a kecamatan, such as ``12.71.01``."""

SubdistrictCode = NewType("SubdistrictCode", str)
"""Kemendagri code of a kelurahan, such as ``12.71.01.1001``."""

LaporTicket = NewType("LaporTicket", str)
"""Tracking number that SP4N-LAPOR! gave to a mirrored complaint."""

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

ComplaintIdField = Annotated[ComplaintId, StringConstraints(pattern=UUID_PATTERN)]
ReporterRefField = Annotated[ReporterRef, StringConstraints(pattern=UUID_PATTERN)]
AgencyCodeField = Annotated[
    AgencyCode, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)
]
