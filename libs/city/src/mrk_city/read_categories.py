"""Reads what residents report: categories, and the details that their reports may state."""

from pathlib import Path

from mrk_city.ids import DATATYPES, KINDS, LISTS, CategoryCode
from mrk_city.models import Attribute, Category, Names
from mrk_city.problems import Problems
from mrk_city.sources import Item, read_yaml

CATEGORIES = "categories.yaml"

_ORDINARY_KINDS = frozenset(KINDS) - {"whistleblowing"}
_FIELDS = "code description datatype"
_OPTIONAL_FIELDS = "required datatype_description order values"
_LAST = 1000


def read_categories(folder: Path, locales: tuple[str, ...], problems: Problems) -> list[Category]:
    """``categories.yaml``."""
    root = read_yaml(folder, CATEGORIES, problems).fields("categories")
    found: list[Category] = []
    for item in root["categories"].items():
        fields = item.fields("code name group words deadline", "hints kinds attributes")
        kinds = frozenset(kind.choice(KINDS) for kind in fields["kinds"].items())
        found.append(
            Category(
                code=CategoryCode(fields["code"].code()),
                names=fields["name"].names(locales),
                group=fields["group"].code(),
                words=fields["words"].texts(),
                hints=fields["hints"].texts(),
                kinds=kinds or _ORDINARY_KINDS,
                deadline=fields["deadline"].text(),
                line=item.line,
                attributes=_attributes(fields["attributes"], locales),
            )
        )
    return found


def _attributes(given: Item, locales: tuple[str, ...]) -> tuple[Attribute, ...]:
    found: list[Attribute] = []
    for place, item in enumerate(given.items(), start=1):
        fields = item.fields(_FIELDS, _OPTIONAL_FIELDS)
        order, how = fields["order"], fields["datatype_description"]
        attribute = Attribute(
            code=fields["code"].code(),
            description=fields["description"].names(locales),
            datatype=fields["datatype"].choice(DATATYPES),
            required=fields["required"].flag(),
            datatype_description=how.names(locales) if how.present else {},
            order=order.whole(1, _LAST) if order.present else place,
            values=_values(fields["values"], locales),
            line=item.line,
        )
        _judge(attribute, item, found)
        found.append(attribute)
    return tuple(sorted(found, key=lambda each: each.order))


def _values(given: Item, locales: tuple[str, ...]) -> dict[str, Names]:
    return {key: item.names(locales) for key, item in given.codes()}


def _judge(attribute: Attribute, item: Item, before: list[Attribute]) -> None:
    code = attribute.code
    if attribute.datatype in LISTS and not attribute.values:
        item.bad(f"attribute '{code}' has no values", "add 'values: {key: {id: …, en: …}}'")
    if attribute.datatype and attribute.datatype not in LISTS and attribute.values:
        item.bad(
            f"attribute '{code}' has values, but is no list",
            f"remove them, or use one of: {', '.join(LISTS)}",
        )
    if any(each.code == code for each in before):
        item.bad(f"attribute '{code}' is stated twice", "keep one of them")
    if any(each.order == attribute.order for each in before):
        item.bad(f"order {attribute.order} is another attribute's", "give each a place of its own")
