"""The independent client `georeport` reads what intake serves, in XML and in JSON."""

import asyncio
from typing import Any

import pytest
from georeport import GeoReport


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def texts(value: Any) -> Any:
    """JSON's content as the client reads it from XML."""
    match value:
        case dict():
            return {key: texts(each) for key, each in value.items() if each not in {None, ""}}
        case bool():
            return str(value).lower()
        case None:
            return None
        case _:
            return str(value)


def filled(value: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in value.items() if each is not None}


async def test_a_client_of_others_reads_everything(open311: Any, pack: Any, story: Any) -> None:
    numbers = [await open311.sent(service_code=code) for code in ("roads", "drainage")]
    life = await story(numbers[0])
    await life.assigned()
    await life.resolved()
    async with open311.listening(pack) as url:
        clients = {
            format_: GeoReport(url, jurisdiction="medan.go.id", output_format=format_)
            for format_ in ("json", "xml")
        }
        read = {
            format_: await asyncio.to_thread(_everything, client, numbers)
            for format_, client in clients.items()
        }
    as_json, as_xml = read["json"], read["xml"]
    assert [each["service_request_id"] for each in as_json["all"]] == [
        each["service_request_id"] for each in as_xml["all"]
    ]
    assert {each["service_request_id"] for each in as_json["all"]} == set(numbers)
    for name in ("services", "all", "both"):
        assert [texts(each) for each in as_json[name]] == [filled(each) for each in as_xml[name]]
    assert texts(as_json["one"]) == filled(as_xml["one"])
    assert as_json["one"]["status"] == "closed"
    # a list of one is an element in XML, as the client reads it
    assert texts(as_json["closed"][0]) == filled(as_xml["closed"])
    assert as_json["definition"]["service_code"] == as_xml["definition"]["service_code"]
    codes = [each["code"] for each in as_json["definition"]["attributes"]]
    assert codes == [each["code"] for each in as_xml["definition"]["attributes"]["attribute"]]


def _everything(client: GeoReport, numbers: list[str]) -> dict[str, Any]:
    return {
        "services": client.get_service_list(),
        "definition": client.get_service_definition("street-lights"),
        "all": client.get_service_requests(),
        "both": client.get_service_requests(service_request_id=",".join(numbers)),
        "closed": client.get_service_requests(
            service_code="roads,drainage",
            start_date="2026-03-01T00:00:00Z",
            end_date="2026-03-05T00:00:00Z",
            status="closed",
        ),
        "one": client.get_service_request(numbers[0]),
    }
