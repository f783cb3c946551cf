"""Codes of a city pack: the types of :mod:`mrk_schemas`, without importing it.

For the type checker they are the contracts' own types, so that nothing is cast between the pack
and an event. At run time importing the contracts would load pydantic, four times the cost of
loading the pack; a ``NewType`` is the identity function, so the values are the same.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mrk_schemas.ids import AgencyCode, CategoryCode, DistrictCode, SubdistrictCode
else:
    from typing import NewType

    AgencyCode = NewType("AgencyCode", str)
    CategoryCode = NewType("CategoryCode", str)
    DistrictCode = NewType("DistrictCode", str)
    SubdistrictCode = NewType("SubdistrictCode", str)

__all__ = [
    "CLOCKS",
    "DATATYPES",
    "KINDS",
    "LISTS",
    "AgencyCode",
    "CategoryCode",
    "DistrictCode",
    "SubdistrictCode",
]

KINDS = ("complaint", "aspiration", "information", "whistleblowing")
"""The national classes, spelled as ``mrk_schemas.reports.Kind`` spells them."""

CLOCKS = ("verification", "first_response", "resolution", "confirmation")
"""The four clocks, spelled as ``mrk_schemas.cases.ClockName`` spells them."""

LISTS = ("singlevaluelist", "multivaluelist")
"""The types of an attribute whose values are chosen from a list."""

DATATYPES = ("string", "text", "number", "datetime", *LISTS)
"""The types of an attribute, spelled as Open311 GeoReport v2 spells them."""
