"""The city pack: districts, agencies, categories, places and the working calendar."""

from mrk_city.calendar import Calendar, Due, Shift
from mrk_city.duplicates import DuplicatesData
from mrk_city.ids import AgencyCode, CategoryCode, DistrictCode, SubdistrictCode
from mrk_city.models import (
    Agency,
    Attribute,
    Category,
    City,
    Deadlines,
    District,
    Escalation,
    Guess,
    Heard,
    Landmark,
    LaporMapping,
    LaporState,
    Place,
    Step,
    Subdistrict,
    Term,
)
from mrk_city.pack import CityPack, check, load_pack
from mrk_city.priority import PriorityData
from mrk_city.problems import PackError, Problem
from mrk_city.rules import Matter, Ownership, Road, minute_of_week

__all__ = [
    "Agency",
    "AgencyCode",
    "Attribute",
    "Calendar",
    "Category",
    "CategoryCode",
    "City",
    "CityPack",
    "Deadlines",
    "District",
    "DistrictCode",
    "Due",
    "DuplicatesData",
    "Escalation",
    "Guess",
    "Heard",
    "Landmark",
    "LaporMapping",
    "LaporState",
    "Matter",
    "Ownership",
    "PackError",
    "Place",
    "PriorityData",
    "Problem",
    "Road",
    "Shift",
    "Step",
    "Subdistrict",
    "SubdistrictCode",
    "Term",
    "check",
    "load_pack",
    "minute_of_week",
]
