"""What triage and queues put first, and what a dispatcher corrects, over a real database."""

import re
from datetime import timedelta

import pytest
from desk_kit import DeskSite
from routing_records import RECEIVED, Routing, received

from mrk_delivery.clock import FixedClock
from mrk_routing.store.corrections import export

ONE, TWO, THREE = "7K3-000001", "7K3-000002", "7K3-000003"
NUMBER = re.compile(r"7K3-\d{6}")
UNSURE = "Tolong bantu kami pak"


def order(page: str) -> list[str]:
    """The numbers of a page's cases, each where it stands first."""
    return list(dict.fromkeys(NUMBER.findall(page)))


async def exported(routing: Routing) -> list[tuple[str | None, str, str]]:
    async with routing.pool.acquire() as conn, conn.transaction():
        return [(each.given, each.right, each.text) async for each in export(conn)]


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("dev-sdabmbk", "/antrean"),
        ("dev-sdabmbk", "/antrean.csv"),
        ("dev-dispatcher", "/antrean"),
        ("dev-leader", "/pimpinan/daftar"),
    ],
)
async def test_emergencies_come_first_then_the_first_due(
    desk: DeskSite, routing: Routing, clock: FixedClock, person: str, path: str
) -> None:
    await routing.reports(
        received(1, received_at=RECEIVED - timedelta(days=20)),
        received(2, received_at=RECEIVED - timedelta(days=40)),
        received(3, emergency=True),
    )
    clock.advance(timedelta(days=60))
    async with desk.as_(person) as browser:
        assert order((await browser.open(path)).text) == [THREE, TWO, ONE]


async def test_leaders_count_emergencies_and_see_which(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(received(1), received(2, emergency=True), received(3))
    address = "/pimpinan/daftar?instansi=sdabmbk&darurat=1"
    async with desk.as_("dev-leader") as leader:
        page = (await leader.open("/pimpinan")).text
        assert f'href="{address.replace("&", "&amp;")}">1</a>' in page
        assert order((await leader.open(address)).text) == [TWO]


async def test_triage_shows_what_the_words_point_to_and_one_key_confirms_it(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(received(1, category=None, text=UNSURE))
    await routing.pool.execute(
        'update case_file set decision = decision || \'{"suggested": "roads",'
        ' "confidence": 0.41, "words": ["lubang", "aspal"]}\''
    )
    async with desk.as_("dev-dispatcher") as dispatcher:
        page = (await dispatcher.open("/triase")).text
        assert " 41 " in page.split('class="read"')[1].split("</p>")[0]
        assert "<b>lubang</b>, <b>aspal</b>" in page
        form = re.findall(r'name="(\w+)" value="([^"]*)"', page[page.index("suggestions") :])
        sent = await dispatcher.post(f"/perkara/{ONE}/tugaskan", **dict(form[:4]))
        assert sent.status_code == 303, sent.text
    case = await routing.case()
    assert (case["owner"], case["category"]) == ("sdabmbk", "roads")
    assert await exported(routing) == [(None, "roads", UNSURE)]


async def test_another_category_suggests_another_owner_and_is_learnt(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(*(received(each, category=None, text=UNSURE) for each in (1, 2)))
    async with desk.as_("dev-dispatcher") as dispatcher:
        page = (await dispatcher.open(f"/triase?nomor={ONE}&kategori=power")).text
        action = re.search(r' action="([^"]+)"', page.split("suggestions")[1])
        assert action is not None
        assert action[1] == f"/perkara/{ONE}/teruskan", "PLN is not the city's"
        other = (await dispatcher.open(f"/triase?nomor={TWO}&kategori=power")).text
        assert "/teruskan" not in other.split("suggestions")[1].split("</ul>")[0], "of another case"
        sent = await dispatcher.post(
            action[1], versi=await dispatcher.version(ONE), instansi="pln", kategori="power",
            dari="triase",
        )  # fmt: skip
        assert sent.status_code == 303, sent.text
        unknown = await dispatcher.post(
            f"/perkara/{TWO}/tugaskan", versi=await dispatcher.version(TWO), instansi="dlh",
            kategori="dragons",
        )  # fmt: skip
        assert unknown.status_code == 409
    case = await routing.case()
    assert (case["owner"], case["category"]) == ("pln", "power")
    assert case["handed_on_at"]
    assert (await routing.case(2))["state"] == "triage"
    assert await exported(routing) == [(None, "power", UNSURE)]


async def test_whoever_returns_a_case_proposes_its_owner(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(received(1))
    async with desk.as_("dev-sdabmbk") as officer:
        address, words = f"/perkara/{ONE}/kembalikan", "Ini jalan nasional"
        version = await officer.version(ONE)
        unknown = await officer.post(address, versi=version, kata=words, instansi="nobody")
        assert unknown.status_code == 409
        sent = await officer.post(address, versi=version, kata=words, instansi="jalan-nasional")
        assert sent.status_code == 303, sent.text
    told = await routing.sent("complaint.cases.v1")
    returned = next(each for each in told if each.type == "case.returned")
    assert returned.body["proposed_owner"] == "jalan-nasional"
    async with desk.as_("dev-dispatcher") as dispatcher:
        page = (await dispatcher.open("/triase")).text
    first = page.split("suggestions")[1].split("</li>")[0]
    assert 'value="jalan-nasional"' in first
    assert "/teruskan" in first


async def test_a_page_has_a_map_with_those_that_may_be_the_same_thing(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(received(1), received(2), received(3, confidential=True))
    async with desk.as_("dev-sdabmbk") as officer:
        page = (await officer.open(f"/perkara/{ONE}")).text
        hidden = (await officer.open(f"/perkara/{THREE}")).text
    assert '<circle class="here"' in page
    assert page.count('<circle class="other"') == 1
    assert f'<span class="letter">P</span> <a href="/perkara/{TWO}">' in page
    assert "style=" not in page.split("<svg")[1].split("</svg>")[0], "the policy forbids it"
    assert '<circle class="about"' in hidden
    assert '<circle class="here"' not in hidden


async def test_news_of_the_triage_and_of_every_queue_are_told_apart(
    desk: DeskSite, routing: Routing
) -> None:
    async with desk.as_("dev-dispatcher") as dispatcher, desk.as_("dev-sdabmbk") as officer:

        async def marks() -> tuple[str, str, str]:
            found = [
                (await who.open(f"/perubahan?daftar={name}")).json()["mark"]
                for who, name in (
                    (dispatcher, "triase"), (dispatcher, "antrean"), (officer, "triase"),
                )
            ]  # fmt: skip
            return found[0], found[1], found[2]

        before = await marks()
        await routing.reports(received(1, category="waste-pickup"))
        owned = await marks()
        await routing.reports(received(2, category=None, text=UNSURE))
        waits = await marks()
    assert [a != b for a, b in zip(before, owned, strict=True)] == [False, True, False]
    assert [a != b for a, b in zip(owned, waits, strict=True)] == [True, True, False]
