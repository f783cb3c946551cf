"""What Open311 shows: raw requests in both formats, and every error."""

import csv
import io
import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
import xmltodict

from mrk_intake.domain.open311.requests import CSV_COLUMNS
from mrk_intake.service import SERVICE
from mrk_intake.store.erase import erase
from mrk_schemas.reports import Kind

LISTS = ("request", "service", "attribute", "value", "note", "request_update", "endpoint", "format")


def xml(answer: Any) -> Any:
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    return xmltodict.parse(answer.content, force_list=LISTS)


def texts(value: Any) -> Any:
    """JSON's content as XML tells it: texts, and nothing for what is empty."""
    match value:
        case None | "" | []:
            return None
        case bool():
            return str(value).lower()
        case dict():
            return {key: texts(each) for key, each in value.items()}
        case list():
            return [texts(each) for each in value]
        case _:
            return str(value)


def lists(value: Any) -> Any:
    """XML's content with its lists as JSON has them."""
    match value:
        case dict() if len(value) == 1 and next(iter(value)) in LISTS:
            return [lists(each) for each in next(iter(value.values()))]
        case dict():
            return {key: lists(each) for key, each in value.items()}
        case _:
            return value


async def both(open311: Any, path: str, root: str) -> Any:
    """The content of a path, which is the same in both formats."""
    name, _, query = path.partition("?")
    as_json = await open311.get(f"{name}.json?{query}")
    as_xml = await open311.get(f"{name}.xml?{query}")
    assert as_json.status_code == as_xml.status_code == 200, as_json.text
    assert as_json.headers["content-type"] == "application/json; charset=utf-8"
    assert as_json.headers["cache-control"].startswith("public")
    assert as_json.headers["access-control-allow-origin"] == "*"
    assert lists(xml(as_xml)[root]) == texts(as_json.json())
    return as_json.json()


async def test_discovery(open311: Any) -> None:
    told = await both(open311, "/discovery", "discovery")
    assert told.keys() == {"changeset", "contact", "key_service", "endpoints"}
    (endpoint,) = told["endpoints"]
    assert endpoint == {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": "https://lapor.example/open311/v2",
        "changeset": told["changeset"],
        "type": "test",
        "formats": ["text/xml", "application/json"],
    }
    assert datetime.fromisoformat(told["changeset"]).utcoffset() == timedelta(hours=7)
    assert "https://lapor.example" in told["contact"]


async def test_services_are_the_citys_categories(open311: Any, pack: Any) -> None:
    told = await both(open311, "/services", "services")
    assert [each["service_code"] for each in told] == [
        code for code, each in pack.categories.items() if "complaint" in each.kinds
    ]
    roads = told[0]
    assert roads["service_name"] == "Jalan rusak"
    assert roads["type"] == "realtime"
    assert "jalan berlubang" in roads["keywords"].split(",")
    assert roads["group"] == "infrastructure"
    assert {each["service_code"]: each["metadata"] for each in told} == {
        code: bool(each.attributes) for code, each in pack.categories.items()
    }
    english = await open311.get("/services.json", **{"Accept-Language": "en"})
    assert english.json()[0]["service_name"] == "Damaged roads"
    assert english.headers["vary"] == "accept-language"


async def test_every_service_has_a_definition(open311: Any, pack: Any) -> None:
    lights = await both(open311, "/services/street-lights", "service_definition")
    assert lights["service_code"] == "street-lights"
    fault, pole, _ = lights["attributes"]
    assert fault == {
        "variable": True,
        "code": "fault",
        "datatype": "singlevaluelist",
        "required": True,
        "datatype_description": None,
        "order": 1,
        "description": "Jenis gangguan",
        "values": fault["values"],
    }
    assert fault["values"][0] == {"key": "dead", "name": "Mati"}
    assert (pole["datatype"], pole["required"]) == ("string", False)
    assert "values" not in pole
    for code in pack.categories:
        told = await both(open311, f"/services/{code}", "service_definition")
        assert len(told["attributes"]) == len(pack.categories[code].attributes)


async def test_a_request_from_received_to_closed(open311: Any, story: Any) -> None:
    number = await open311.sent(address_string="Jalan Ahmad Yani, HP 081234567890")
    life = await story(number)
    path = f"/requests/{number}"
    (first,) = await both(open311, path, "service_requests")
    assert first == {
        "service_request_id": number,
        "status": "open",
        "status_notes": None,
        "service_name": "Jalan rusak",
        "service_code": "roads",
        "description": "Jalan berlubang besar di depan pasar, dua motor jatuh.",
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": "2026-03-02T10:04:05+07:00",
        "updated_datetime": "2026-03-02T10:04:05+07:00",
        "expected_datetime": None,
        "address": "Jalan Ahmad Yani, HP [nomor telepon]",
        "address_id": first["address_id"],
        "zipcode": first["zipcode"],
        "lat": 3.5897,
        "long": 98.6738,
        "media_url": None,
    }
    assert first["address_id"].startswith("12.71.")
    assert len(first["zipcode"]) == 5
    await life.assigned()
    (second,) = await both(open311, path, "service_requests")
    assert second["agency_responsible"].startswith("Dinas")
    assert second["expected_datetime"] == "2026-03-22T10:04:05+07:00"
    assert second["updated_datetime"] == "2026-03-02T10:05:05+07:00"
    assert second["status_notes"] == "Diteruskan kepada Dinas SDABMBK."
    assert second["status"] == "open"
    await life.resolved()
    (third,) = await both(open311, path, "service_requests")
    assert third["status"] == "closed"
    assert third["status_notes"] == (
        "Dinas SDABMBK menyatakan selesai. Sudah ditambal, hub [nomor telepon]"
    )
    spoken = number.lower().replace("-", "")
    assert (await open311.get(f"/requests/{spoken}.json")).json() == [third]
    assert await both(open311, f"/requests?service_request_id={spoken}", "service_requests") == [
        third
    ]
    english = await open311.get(f"{path}.json", **{"Accept-Language": "en"})
    assert english.json()[0]["service_name"] == "Damaged roads"


async def test_extensions_tell_attributes_and_the_whole_life(open311: Any, story: Any) -> None:
    number = await open311.sent(
        service_code="drainage",
        **{"attribute[fault][]": ["blocked", "shallow"]},
    )
    life = await story(number)
    await life.assigned()
    await life.resolved()
    for path in (f"/requests/{number}?extensions=true", "/requests?extensions=true"):
        (told,) = await both(open311, path, "service_requests")
        assert told["extended_attributes"] == {
            "kind": "complaint",
            "state": "resolved",
            "source": "open311",
            "district": "12.71.19",
            "approximate": True,
            "attributes": [{"code": "fault", "values": ["blocked", "shallow"]}],
        }
        assert [each["type"] for each in told["notes"]] == ["received", "assigned", "resolved"]
        assert told["notes"][2] == {
            "datetime": "2026-03-02T10:06:05+07:00",
            "type": "resolved",
            "summary": "Dinas SDABMBK menyatakan selesai.",
            "description": "Sudah ditambal, hub [nomor telepon]",
        }
    (plain,) = (await open311.get("/requests.json?extensions=false")).json()
    assert not {"extended_attributes", "notes"} & plain.keys()


async def _several(open311: Any) -> list[str]:
    """Requests an hour apart, the newest first."""
    numbers = []
    for index in range(5):
        code = ("drainage", "others")[index % 2]
        numbers.append(await open311.sent(service_code=code))
        open311.intake.clock.advance(timedelta(hours=1))
    return numbers[::-1]


async def test_lists_are_filtered_and_paged(open311: Any, story: Any) -> None:
    numbers = await _several(open311)
    closed = await story(numbers[1])
    await closed.assigned()
    await closed.resolved()

    async def found(query: str) -> list[str]:
        told = await both(open311, f"/requests?{query}", "service_requests")
        return [each["service_request_id"] for each in told]

    assert await found("") == numbers
    assert await found("page=2&page_size=2") == numbers[2:4]
    assert await found("page=9&page_size=2") == []
    assert await found("status=closed") == [numbers[1]]
    assert await found("status=open") == [n for n in numbers if n != numbers[1]]
    assert await found("status=open,closed") == numbers
    assert await found("service_code=others") == [numbers[1], numbers[3]]
    assert await found("service_code=others,drainage") == numbers
    assert await found("start_date=2026-03-02T11:04:05%2B07:00") == numbers[:4]
    assert await found("end_date=2026-03-02T11:04:05+07:00") == numbers[3:]
    assert (
        await found("start_date=2026-03-02T04:04:05Z&end_date=2026-03-02T05:04:05Z") == numbers[2:4]
    )
    assert await found("start_date=2026-03-02&end_date=2026-03-02") == numbers
    assert await found("start_date=2025-01-01&end_date=2025-01-02") == []
    ids = f"{numbers[4]},000-000-000,{numbers[0]}"
    assert await found(f"service_request_id={ids}&status=closed&page=7") == [
        numbers[0],
        numbers[4],
    ]


async def test_without_a_range_90_days_are_told(open311: Any) -> None:
    number = await open311.sent()
    clock = open311.intake.clock
    clock.advance(timedelta(days=89))
    assert len((await open311.get("/requests.json")).json()) == 1
    clock.advance(timedelta(days=2))
    assert (await open311.get("/requests.json")).json() == []
    older = await open311.get("/requests.json?start_date=2026-03-01")
    assert [each["service_request_id"] for each in older.json()] == [number]


async def test_updates_are_the_public_timeline(open311: Any, story: Any) -> None:
    first, second = await open311.sent(), await open311.sent()
    for number in (first, second):
        life = await story(number)
        await life.assigned()
        await life.resolved()
    told = await both(open311, "/servicerequestupdates", "service_request_updates")
    assert len(told) == len({each["update_id"] for each in told}) == 4
    assert [each["status"] for each in told] == ["open", "open", "closed", "closed"]
    (one, two) = await both(
        open311, f"/servicerequestupdates?service_request_id={first}", "service_request_updates"
    )
    assert one == {
        "update_id": f"{first}.cases.1",
        "service_request_id": first,
        "status": "open",
        "updated_datetime": "2026-03-02T10:05:05+07:00",
        "description": "Diteruskan kepada Dinas SDABMBK.",
        "media_url": None,
    }
    assert two["description"].startswith("Dinas SDABMBK menyatakan selesai. Sudah ditambal")
    later = await both(
        open311,
        "/servicerequestupdates?start_date=2026-03-02T03:06:05Z&page_size=1&page=2",
        "service_request_updates",
    )
    assert [each["status"] for each in later] == ["closed"]


async def test_a_number_is_its_own_token(open311: Any) -> None:
    number = await open311.sent()
    assert await both(open311, f"/tokens/{number}", "service_requests") == [
        {"service_request_id": number, "token": number}
    ]


async def test_the_bulk_table_adds_its_columns(open311: Any, story: Any) -> None:
    number = await open311.sent(description='=1+1 lubang, "besar"\ndi jalan ini')
    life = await story(number)
    await life.assigned()
    await life.resolved()
    answer = await open311.get("/requests.csv?status=closed")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines()[0] == ",".join(CSV_COLUMNS)
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["description"] == '\'=1+1 lubang, "besar"\ndi jalan ini'
    assert (row["service_request_id"], row["status"]) == (number, "closed")
    assert row["closed_date"] == "2026-03-02T10:06:05+07:00"
    assert (row["status_description"], row["source"]) == ("resolved", "open311")
    assert row["service_subtype"] == ""
    (same,) = (await open311.get(f"/requests/{number}.json")).json()
    assert float(row["lat"]) == same["lat"]
    assert row["expected_datetime"] == same["expected_datetime"]
    assert (await open311.get("/requests.csv?status=open")).text.count("\n") == 1


@pytest.mark.parametrize("format_", ["json", "xml"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/services/nonsense", 404),
        ("/requests/000-000-000", 404),
        ("/requests/000-000-001", 404),
        ("/requests/hello", 404),
        ("/tokens/000-000-000", 404),
        ("/nowhere", 404),
        ("/requests/000-000-000/more", 404),
    ],
)
async def test_what_is_missing_is_404(
    open311: Any, errors: Any, path: str, status: int, format_: str
) -> None:
    answer = await open311.get(f"{path}.{format_}", Accept=f"application/{format_}")
    assert answer.status_code == status
    ((code, description),) = errors(answer)
    assert (code, bool(description)) == (status, True)
    kind = {"json": "application/json", "xml": "text/xml"}[format_]
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/requests.yaml", "/services.csv", "/services", "/", ""])
async def test_other_formats_are_404(open311: Any, errors: Any, path: str) -> None:
    for accept, kind in (("application/json", "application/json"), ("*/*", "text/xml")):
        answer = await open311.get(path, Accept=accept)
        if path == "":
            assert answer.status_code == 404
        else:
            assert errors(answer)[0][0] == answer.status_code == 404
            assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("format_", ["json", "xml"])
async def test_every_wrong_parameter_is_named_at_once(
    open311: Any, errors: Any, format_: str
) -> None:
    query = "start_date=x&end_date=y&status=z&service_code=q&page=p&page_size=0&extensions=e"
    names = [part.split("=")[0] for part in query.split("&")]
    answer = await open311.get(f"/requests.{format_}?{query}")
    assert answer.status_code == 400
    assert sorted(each.split(": ")[0] for _, each in errors(answer)) == sorted(names)
    english = await open311.get(f"/requests.{format_}?{query}", **{"Accept-Language": "en"})
    assert not set(errors(english)) & set(errors(answer))
    long = await open311.get("/requests.csv?start_date=2026-01-01&end_date=2026-06-01")
    assert (long.status_code, errors(long)[0][0]) == (400, 400)
    one = await open311.get(f"/requests/000-000-000.{format_}?extensions=e")
    assert one.status_code == 400


async def test_other_methods_are_405_with_those_that_are_known(open311: Any, errors: Any) -> None:
    for method, path, allowed in (
        ("POST", "/services.json", "GET"),
        ("DELETE", "/requests.xml", "GET, POST"),
        ("PUT", "/servicerequestupdates.json", "GET, POST"),
    ):
        answer = await open311.intake.public.request(method, f"/open311/v2{path}")
        assert (answer.status_code, errors(answer)[0][0]) == (405, 405)
        assert answer.headers["allow"] == allowed
    head = await open311.intake.public.head("/open311/v2/services.json")
    assert head.status_code == 200


async def test_reading_is_limited_by_address(dsn: str, pack: Any, start: Any, errors: Any) -> None:
    async with start(dsn, pack, address_rate_per_second=0.001, address_rate_burst=2) as intake:
        answers = [await intake.public.get("/open311/v2/services.xml") for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) > 0
        assert errors(answers[2])[0][0] == 429
        # who reads much still may send a report
        assert (await intake.send()).status_code == 201


async def test_long_lists_cost_more(dsn: str, pack: Any, start: Any, errors: Any) -> None:
    async with start(dsn, pack, read_rows_per_second=0.001, read_rows_burst=2000) as intake:

        async def read(path: str) -> Any:
            return await intake.public.get(f"/open311/v2/{path}")

        for path in (
            "requests.json?page_size=1000",
            "servicerequestupdates.xml?page_size=700",
            "requests.csv?page=1&page_size=200",
            "requests.xml?page_size=90",
        ):
            assert (await read(path)).status_code == 200
        refused = await read("requests.json")
        assert (refused.status_code, errors(refused)[0][0]) == (429, 429)
        assert int(refused.headers["retry-after"]) > 0
        assert (await read("requests.json?page_size=5")).status_code == 200
        assert (await read("requests.json?service_request_id=000-000-000")).status_code == 200


MATRIX = list(itertools.product(Kind, (False, True)))


async def test_hidden_reports_appear_nowhere(open311: Any, story: Any) -> None:
    intake = open311.intake
    hidden, shown = [], []
    for kind, confidential in MATRIX:
        secret = confidential or kind is Kind.WHISTLEBLOWING
        sent = await intake.accepted(
            kind=kind,
            confidential=confidential,
            category="civil-servants",
            text=f"{'Rahasia' if secret else 'Terbuka'}: petugas di loket tidak ramah.",
            address="Gang Mangkubumi 7, Kesawan, Medan Barat",
        )
        life = await story(sent["tracking_number"])
        await life.assigned()
        (hidden if secret else shown).append(sent["tracking_number"])
    assert (len(hidden), len(shown)) == (5, 3)
    unknown = await open311.get("/requests/000-000-000.json")
    everywhere = ""
    by_id = f"?service_request_id={','.join(hidden)}"
    for query in ("", "?extensions=true", "?status=open", by_id):
        for format_ in ("json", "xml", "csv"):
            everywhere += (await open311.get(f"/requests.{format_}{query}")).text
    for query in ("", by_id):
        everywhere += (await open311.get(f"/servicerequestupdates.xml{query}")).text
    for number in hidden:
        for path in (f"/requests/{number}.json", f"/tokens/{number}.json"):
            answer = await open311.get(path)
            # nobody learns that there is one
            assert (answer.status_code, answer.text) == (404, unknown.text)
            assert answer.headers["cache-control"] == unknown.headers["cache-control"]
    for word in (*hidden, "Rahasia", "rahasia"):
        assert word not in everywhere
    for number in shown:
        assert number in everywhere


async def test_an_erased_report_is_gone(open311: Any, story: Any) -> None:
    number = await open311.sent()
    life = await story(number)
    await life.assigned()
    intake = open311.intake
    await erase(intake.pool, SERVICE, life.id, intake.clock.now())
    assert (await open311.get("/requests.json")).json() == []
    assert (await open311.get("/servicerequestupdates.json")).json() == []
    assert (await open311.get(f"/requests/{number}.json")).status_code == 404
    assert await intake.pool.fetchval("select spot from report where id = $1", life.id) is None
