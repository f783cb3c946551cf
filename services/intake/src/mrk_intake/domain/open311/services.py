"""Services and their definitions: the city's categories and what they ask for."""

from collections.abc import Mapping
from typing import Any, Final

from mrk_city import Attribute, Category, CityPack
from mrk_schemas.ids import CategoryCode
from mrk_schemas.reports import Kind

SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
CHANGESET: Final = "2026-11-26T00:00:00+07:00"
"""When the endpoint's abilities changed last; raise it with them."""
FORMATS: Final = ("text/xml", "application/json")

Document = dict[str, Any]
"""An element: values are texts, numbers, truths, None, or lists of elements or texts."""


def taken(category: Category) -> bool:
    """Whether requests for service in it are taken: whistle-blowing has a way of its own."""
    return Kind.COMPLAINT.value in category.kinds


def services(pack: CityPack, language: str) -> list[Document]:
    """`GET /services`: every category that takes complaints."""
    return [_service(each, language) for each in pack.categories.values() if taken(each)]


def _service(category: Category, language: str) -> Document:
    return {
        "service_code": category.code,
        "service_name": category.names[language],
        "description": category.names[language],
        "metadata": bool(category.attributes),
        "type": "realtime",  # a number comes at once, never a token
        "keywords": ",".join(category.words),
        "group": category.group,
    }


def definition(
    categories: Mapping[CategoryCode, Category], code: str, language: str
) -> Document | None:
    """`GET /services/{code}`; None where there is no such service."""
    category = categories.get(CategoryCode(code))
    if category is None or not taken(category):
        return None
    return {
        "service_code": category.code,
        "attributes": [_attribute(each, language) for each in category.attributes],
    }


def _attribute(attribute: Attribute, language: str) -> Document:
    told: Document = {
        "variable": True,
        "code": attribute.code,
        "datatype": attribute.datatype,
        "required": attribute.required,
        "datatype_description": attribute.datatype_description.get(language),
        "order": attribute.order,
        "description": attribute.description[language],
    }
    if attribute.values:
        told["values"] = [
            {"key": key, "name": names[language]} for key, names in attribute.values.items()
        ]
    return told


def discovery(base: str, contact: str, key_service: str, *, production: bool) -> Document:
    """`GET /discovery`.

    Args:
        base: the endpoint's address, without a slash at its end.
        contact: how to reach who runs it.
        key_service: how to get a key.
        production: whether reports sent here are real.
    """
    return {
        "changeset": CHANGESET,
        "contact": contact,
        "key_service": key_service,
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": base,
                "changeset": CHANGESET,
                "type": "production" if production else "test",
                "formats": list(FORMATS),
            }
        ],
    }
