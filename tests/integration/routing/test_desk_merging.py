"""Cases that tell of the same thing, as dispatchers and officers see them, over a database."""

import re
from datetime import timedelta

import pytest
import routing_records as kit
from desk_kit import DeskBrowser, DeskSite

from mrk_schemas.agencies import AcceptCase, ResolveCase
from mrk_schemas.registry import CASES
from mrk_schemas.reports import Place

ONE, TWO, THREE = "7K3-000001", "7K3-000002", "7K3-000003"
HERE = Place(lat=3.57, lon=98.63, address="Jl. Melati 5", subdistrict="12.71.02.1001")
HOLE = "Jalan berlubang besar di depan SD Negeri, bahaya kali"
SAME = "lobang besar di depan SD negeri bahaya, jalan berlubang"
NOT_ALIKE = "Keduanya tidak dapat digabungkan"


def received(number: int, text: str = HOLE, **changes: object) -> kit.Record:
    at = kit.RECEIVED + timedelta(minutes=number)
    return kit.received(number, **{"text": text, "place": HERE, "received_at": at, **changes})


def beside(page: str) -> str:
    """The list of what may be the same thing."""
    return page.split('id="alike-title"')[1].split("</section>", maxsplit=1)[0]


def buttons(page: str) -> list[tuple[str, dict[str, str]]]:
    """Each form that merges: where it is sent, and what it holds."""
    forms = re.findall(
        r'<form method="post" action="([^"]+/gabungkan)">(.*?)</form>', page, re.DOTALL
    )
    return [(to, dict(re.findall(r'name="(\w+)" value="([^"]*)"', body))) for to, body in forms]


async def pressed(browser: DeskBrowser, page: str) -> str:
    """Press the first button that merges; where that leads."""
    to, said = buttons(beside(page))[0]
    answer = await browser.post(to, **said)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_a_dispatcher_merges_what_is_suggested_and_separates_it_again(
    desk: DeskSite, routing: kit.Routing
) -> None:
    photo = ("9f" * 32,)
    await routing.reports(received(1, photos=photo), received(2, SAME, photos=photo))
    async with desk.as_("dev-dispatcher") as dispatcher, desk.as_("dev-leader") as leader:
        page = (await dispatcher.open(f"/perkara/{TWO}")).text
        assert f'href="/perkara/{ONE}"' in beside(page)
        assert "berdekatan, kata-katanya mirip, foto sama, jenis masalah sama" in beside(page)
        score = await routing.pool.fetchval("select score from duplicate_suggestion")
        assert f"kemiripan {round(score * 100)} persen" in beside(page)
        assert await pressed(dispatcher, page) == f"/perkara/{TWO}"
        merged = (await dispatcher.open(f"/perkara/{TWO}")).text
        assert f'Bagian dari <a href="/perkara/{ONE}">' in merged
        assert "alike-title" not in merged
        assert "ditangani bersama" in merged
        assert "berhenti sementara" not in merged
        assert not buttons(merged)
        parent = (await dispatcher.open(f"/perkara/{ONE}")).text
        parts = parent.split('id="parts-title"')[1].split("</section>")[0]
        assert f'href="/perkara/{TWO}"' in parts
        assert SAME in parts
        assert not buttons(parent), "it has a part, and is a part of nothing"
        version = await dispatcher.version(TWO)
        parted = await dispatcher.post(f"/perkara/{TWO}/pisahkan", versi=version, kata="Beda gang")
        assert parted.headers["location"] == f"/perkara/{TWO}"
        record = (await leader.open(f"/jejak?nomor={ONE}")).text
    case = await routing.case(2)
    assert (case.get("part_of"), case["state"]) == (None, "assigned")
    told = [e for e in await routing.sent(CASES) if e.key == kit.complaint(2)]
    assert [each.type for each in told] == ["case.assigned", "case.merged", "case.unmerged"]
    assert {each.body["by"] for each in told[1:]} == {"dispatcher"}
    assert told[-1].body["note"] == "Beda gang"
    done = [row for row in await desk.audited() if row[1] != "case.viewed"]
    assert [row for row in done if row[0] == "dev-dispatcher"] == [
        ("dev-dispatcher", "case.merge", ONE), ("dev-dispatcher", "case.takes-part", TWO),
        ("dev-dispatcher", "case.unmerge", ONE), ("dev-dispatcher", "case.loses-part", TWO),
    ]  # fmt: skip
    assert "Laporan lain digabungkan ke sini" in record


async def test_a_new_case_is_merged_from_the_triage_and_the_next_one_loads(
    desk: DeskSite, routing: kit.Routing
) -> None:
    outside = HERE.model_copy(update={"subdistrict": None, "lat": None, "lon": None})
    await routing.reports(received(1))
    await routing.reports(received(2, SAME))
    async with desk.as_("dev-sdabmbk") as officer:
        await officer.post(
            f"/perkara/{TWO}/kembalikan", versi=await officer.version(TWO), kata="Bukan kami"
        )
    await routing.reports(received(3, "Lain sekali", place=outside, category=None))
    async with desk.as_("dev-dispatcher") as dispatcher:
        page = (await dispatcher.open("/triase")).text
        assert f'action="/perkara/{TWO}/gabungkan"' in page
        assert 'data-key="g"' in beside(page)
        assert await pressed(dispatcher, page) == f"/triase?jadi={TWO}"
        following = (await dispatcher.open("/triase")).text
        assert f"/perkara/{THREE}/tugaskan" in following
    case = await routing.case(2)
    assert (case["part_of"], case["owner"]) == (kit.complaint(1), "sdabmbk")


async def test_a_case_without_a_category_is_compared_by_the_one_that_a_dispatcher_chooses(
    desk: DeskSite, routing: kit.Routing
) -> None:
    unsure = "Tolong bantu kami pak"
    await routing.reports(received(1, unsure), received(3, unsure, confidential=True))
    await routing.reports(received(2, unsure, category=None))
    assert (await routing.case(2)).get("category") is None
    async with desk.as_("dev-dispatcher") as dispatcher:
        assert not buttons(beside((await dispatcher.open("/triase")).text))
        other = (await dispatcher.open(f"/triase?nomor={TWO}&kategori=crime")).text
        assert ONE not in beside(other), "of another group, and about people"
        page = (await dispatcher.open(f"/triase?nomor={TWO}&kategori=roads")).text
        assert THREE not in beside(page)
        assert "kemiripan 100 persen" in beside(page)
        assert await pressed(dispatcher, page) == f"/triase?jadi={TWO}"
    assert (await routing.case(2))["part_of"] == kit.complaint(1)
    assert await routing.pool.fetchval("select count(*) from duplicate_suggestion") == 0


async def test_a_category_that_a_dispatcher_gives_is_what_later_reports_are_compared_by(
    desk: DeskSite, routing: kit.Routing
) -> None:
    unsure = "Tolong bantu kami pak"
    await routing.reports(received(1, unsure, category=None), received(2))
    async with desk.as_("dev-dispatcher") as dispatcher:
        for number, category, agency in ((ONE, "roads", "sdabmbk"), (TWO, "crime", "satpolpp")):
            given = await dispatcher.post(
                f"/perkara/{number}/tugaskan", versi=await dispatcher.version(number),
                instansi=agency, kategori=category,
            )  # fmt: skip
            assert given.status_code == 303, given.text
        await routing.reports(received(3, unsure), received(4))
        page = (await dispatcher.open(f"/perkara/{THREE}")).text
    assert f'href="/perkara/{ONE}"' in beside(page)
    pairs = await routing.pool.fetch("select complaint_id, other_id from duplicate_suggestion")
    assert [tuple(row) for row in pairs] == [(kit.complaint(3), kit.complaint(1))]


async def test_a_part_is_suggested_as_its_parent_and_both_ways_lead_to_it(
    desk: DeskSite, routing: kit.Routing
) -> None:
    await routing.reports(received(1))
    await routing.reports(received(2, SAME))
    async with desk.as_("dev-dispatcher") as dispatcher:
        await pressed(dispatcher, (await dispatcher.open(f"/perkara/{TWO}")).text)
        await routing.reports(received(3, SAME))
        (third,) = buttons(beside((await dispatcher.open(f"/perkara/{THREE}")).text))
        assert (third[0], third[1]["ke"]) == (f"/perkara/{THREE}/gabungkan", ONE)
        page = (await dispatcher.open(f"/perkara/{ONE}")).text
        assert f"Gabungkan {THREE} ke laporan ini" in page
        assert await pressed(dispatcher, page) == f"/perkara/{ONE}"
    assert (await routing.case(3))["part_of"] == kit.complaint(1)


async def test_an_officer_of_a_part_is_led_to_its_parent_and_offered_nothing(
    desk: DeskSite, routing: kit.Routing
) -> None:
    await routing.reports(received(1), received(2, SAME))
    async with desk.as_("dev-sdabmbk") as officer, desk.as_("dev-dispatcher") as dispatcher:
        before = (await officer.open(f"/perkara/{TWO}")).text
        assert f'href="/perkara/{ONE}"' in beside(before)
        assert not buttons(before)
        version = await officer.version(TWO)
        await pressed(dispatcher, (await dispatcher.open(f"/perkara/{TWO}")).text)
        page = (await officer.open(f"/perkara/{TWO}")).text
        assert f'Bagian dari <a href="/perkara/{ONE}">' in page
        assert "deeds-title" not in page
        refused = await officer.post(f"/perkara/{TWO}/terima", versi=version)
        assert refused.status_code == 409
        assert 'id="problems"' in refused.text
        new = (await officer.open("/antrean?keadaan=baru")).text
        assert (ONE in new, TWO in new) == (True, False)
        parts = (await officer.open("/antrean?keadaan=digabung")).text
        assert (ONE in parts, TWO in parts) == (False, True)
        assert f'value="{TWO}"' not in parts, "it cannot be accepted by itself"
        accepted = await officer.post(f"/perkara/{ONE}/terima", versi=await officer.version(ONE))
        assert accepted.status_code == 303, accepted.text
    assert (await routing.case(2))["state"] == "accepted"


@pytest.mark.parametrize("language", ["id", "en"])
async def test_what_cannot_be_merged_is_refused_in_the_readers_language(
    desk: DeskSite, routing: kit.Routing, language: str
) -> None:
    await routing.reports(received(1), received(2, confidential=True), received(3))
    words = {
        "id": (NOT_ALIKE, "Tidak ada laporan dengan nomor ini", "bukan bagian dari"),
        "en": ("These two cannot be merged", "No case has this number", "is no part of another"),
    }[language]
    async with desk.as_("dev-dispatcher") as dispatcher:
        await dispatcher.open(f"/bahasa/{language}")
        version = await dispatcher.version(ONE)

        async def merge(into: str) -> tuple[int, str]:
            answer = await dispatcher.post(f"/perkara/{ONE}/gabungkan", versi=version, ke=into)
            return answer.status_code, answer.text

        for into in (TWO, ONE):
            status, told = await merge(into)
            assert status == 409
            assert words[0] in told
        status, told = await merge("7K3-999999")
        assert status == 422
        assert words[1] in told
        assert 'value="7K3-999999"' in told, "what was typed stays"
        parted = await dispatcher.post(f"/perkara/{ONE}/pisahkan", versi=version)
        assert parted.status_code == 409
        assert words[2] in parted.text
        assert (await merge(f" {THREE.lower()} "))[0] == 303
    assert (await routing.case(1))["part_of"] == kit.complaint(3)


async def test_an_old_page_merges_nothing_and_a_solved_case_takes_no_parts(
    desk: DeskSite, routing: kit.Routing
) -> None:
    await routing.reports(received(1), received(2, SAME))
    async with desk.as_("dev-dispatcher") as one, desk.as_("dev-dispatcher") as other:
        page = (await one.open(f"/perkara/{TWO}")).text
        to, said = buttons(beside(page))[0]
        moved = await other.post(f"/perkara/{TWO}/tugaskan", versi=said["versi"], instansi="dlh")
        assert moved.status_code == 303
        late = await one.post(to, **said)
        assert late.status_code == 409
        assert "Orang lain sudah mengubah" in late.text
        await routing.commands(kit.command(AcceptCase), kit.command(ResolveCase))
        solved = (await one.open(f"/perkara/{TWO}")).text
        assert f'href="/perkara/{ONE}"' in beside(solved)
        assert not buttons(beside(solved))
    assert (await routing.case(2)).get("part_of") is None
