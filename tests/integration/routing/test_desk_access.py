"""The desk's table of access, cell by cell: what it allows works, what it does not is refused."""

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

from desk_kit import PHOTO, DeskBrowser, DeskSite
from routing_records import SECRET_WORDS as WORDS
from routing_records import Routing, received
from starlette.routing import Route

from mrk_routing.domain.desk import Role
from mrk_routing.domain.desk_access import TABLE, Reach

SUBJECTS: Final[Mapping[str, str | None]] = {
    "nobody": None,
    "dispatcher": "dev-dispatcher",
    "officer": "dev-sdabmbk",
    "officer of another agency": "dev-dlh",
    "leader": "dev-leader",
}
ROLES: Final = {
    "dispatcher": Role.DISPATCHER,
    "officer": Role.OFFICER,
    "officer of another agency": Role.OFFICER,
    "leader": Role.LEADER,
}
CASES: Final = {"public": "7K3-000001", "confidential": "7K3-000002", "ownerless": "7K3-000003"}
REFUSED: Final = frozenset({401, 403, 404})
OPEN: Final = frozenset({"/masuk", "/masuk/kembali", "/keluar", "/keluar/selesai",
                         "/bahasa/{language:str}", "/static/{digest}/{name:path}"})  # fmt: skip
CELLS: Final = [
    (method, path, case, viewer)
    for method, path in TABLE
    for case in (CASES if "{number}" in path else ("public",))
    for viewer in SUBJECTS
]


def expected(method: str, path: str, case: str, viewer: str) -> bool:
    """By the table, written out anew."""
    if viewer == "nobody":
        return False
    reach = TABLE[method, path].get(ROLES[viewer])
    if reach is None:
        return False
    if "{number}" not in path:
        return True
    owned = case != "ownerless" and viewer == "officer"
    return {
        Reach.EVERY: True,
        Reach.OWN: owned,
        Reach.OPEN: case != "confidential",
        Reach.NONE_OF_THEM: True,
    }[reach]


async def test_each_cell_is_as_the_table_says(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(
        received(1), received(2, confidential=True), received(3, category=None, text="Tolong")
    )
    async with AsyncExitStack() as kept:
        people = {
            viewer: await kept.enter_async_context(
                desk.browser() if subject is None else desk.as_(subject)
            )
            for viewer, subject in SUBJECTS.items()
        }
        wrong = [cell for cell in CELLS if not await _as_said(people, *cell)]
    assert wrong == []
    assert len(CELLS) > 200


async def _as_said(
    people: Mapping[str, DeskBrowser], method: str, path: str, case: str, viewer: str
) -> bool:
    address = path.replace("{number}", CASES[case]).replace("{attachment:uuid}", PHOTO)
    browser = people[viewer]
    answer = await (browser.open(address) if method == "GET" else browser.post(address))
    to_login = answer.status_code == 303 and answer.headers["location"].startswith("/masuk")
    refused = to_login or answer.status_code in REFUSED
    # a report that is not confidential has nothing to open: it answers as one that is not there
    nothing = path.endswith("/rahasia") and case != "confidential"
    assert WORDS not in answer.text or expected(method, path, case, viewer), (path, viewer)
    return refused is not (expected(method, path, case, viewer) and not nothing)


async def test_every_address_is_in_the_table_or_open_to_all(desk: DeskSite) -> None:
    found = {
        (method, route.path)
        for route in _routes(desk.app, set())
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {path for _, path in found - set(TABLE)} == OPEN
    assert set(TABLE) <= found


async def test_a_form_of_another_site_is_refused(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(received(1))
    async with desk.as_("dev-sdabmbk") as officer:
        answer = await officer.client.post(
            f"/perkara/{CASES['public']}/terima", data={"versi": "2"},
            headers={"sec-fetch-site": "cross-site"},
        )  # fmt: skip
    assert answer.status_code == 403
    assert (await routing.case())["state"] == "assigned"


def _routes(app: Any, seen: set[int]) -> Iterator[Route]:
    """Every route within an application, whatever stands around it."""
    if id(app) in seen:
        return
    seen.add(id(app))
    if isinstance(app, Route):
        yield app
        return
    inner = [getattr(app, "routes", ())] if hasattr(app, "routes") else []
    for each in inner:
        for route in each:
            yield from _routes(route, seen)
    for value in vars(app).values() if hasattr(app, "__dict__") else ():
        if callable(value) and not isinstance(value, type):
            yield from _routes(value, seen)
