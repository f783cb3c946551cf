"""Who owns a category in a district on a day."""

from collections.abc import Iterable, Mapping
from datetime import date

from mrk_city.ids import AgencyCode, CategoryCode, DistrictCode
from mrk_city.models import District, Ownership, Rule

DISTRICT = "{district}"
"""In an owner or a copy: the district's number (``kec-{district}`` → ``kec-11``)."""


def fill(template: str, district: District | None) -> AgencyCode | None:
    """The agency that a template means in a district; None when it needs one and has none."""
    if DISTRICT not in template:
        return AgencyCode(template)
    return AgencyCode(template.replace(DISTRICT, district.number)) if district else None


def resolve(rule: Rule, district: District | None) -> Ownership | None:
    """What a rule says in a district (None: the place is unknown)."""
    owner = fill(rule.owner, district)
    if owner is None:
        return None
    filled = (fill(copy, district) for copy in rule.copies)
    return Ownership(owner, tuple(code for code in filled if code and code != owner), rule.id)


class Owners:
    """All rules, looked up by category and district."""

    def __init__(self, rules: Iterable[Rule], districts: Mapping[DistrictCode, District]) -> None:
        self._table: dict[
            tuple[CategoryCode, DistrictCode | None], list[tuple[date, date, Ownership]]
        ] = {}
        # Rules that name their districts come first: they win over those for all.
        for rule in sorted(rules, key=lambda rule: (rule.districts is None, rule.since)):
            if rule.districts is None:
                places: list[District | None] = [None, *districts.values()]
            else:
                places = [districts[code] for code in rule.districts]
            for district in places:
                answer = resolve(rule, district)
                if answer is None:
                    continue
                key = district.code if district else None
                for category in rule.categories:
                    rows = self._table.setdefault((category, key), [])
                    rows.append((rule.since, rule.end, answer))

    def owner(
        self, category: CategoryCode, district: DistrictCode | None, on: date
    ) -> Ownership | None:
        """Who owns ``category`` in ``district`` (None: unknown) on the local date ``on``."""
        for since, end, answer in self._table.get((category, district), ()):
            if since <= on < end:
                return answer
        return None
