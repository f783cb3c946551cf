"""What people do at the desk, over a real database."""

import csv
import io
import json
from datetime import timedelta

import httpx
from desk_kit import HIDDEN_ADDRESS, PHOTO, SHA, DeskSite
from routing_records import Routing, complaint, erased, received

from mrk_delivery.clock import FixedClock
from mrk_routing.http.desk.queue import safe

ONE = "7K3-000001"


async def test_an_officer_takes_a_case_from_new_to_solved(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(received(1))
    async with desk.as_("dev-sdabmbk") as officer:
        assert ONE in (await officer.open("/antrean")).text
        page = await officer.open(f"/perkara/{ONE}")
        assert "Sinaga" in page.text
        assert f"/perkara/{ONE}/terima" in page.text
        assert f"/perkara/{ONE}/selesai" not in page.text, "it was not accepted yet"
        done = await officer.post(f"/perkara/{ONE}/terima", versi=await officer.version(ONE))
        assert done.headers["location"] == f"/perkara/{ONE}"
        told = {"versi": await officer.version(ONE), "kata": "Lubang sudah ditambal"}
        files = [("foto", ("a.jpg", b"\xff\xd8", "image/jpeg"))]
        sent = await officer.client.post(
            f"/perkara/{ONE}/selesai", data=told, files=files,
            headers={"sec-fetch-site": "same-origin"},
        )  # fmt: skip
        assert sent.status_code == 303, sent.text
    assert (await routing.case())["state"] == "resolved"
    by_topic = await routing.sent("complaint.cases.v1")
    assert [each.type for each in by_topic] == ["case.assigned", "case.accepted", "case.resolved"]
    assert by_topic[-1].body["proof"] == [SHA]
    assert by_topic[-1].body["by"] == "sdabmbk"
    inbox = await routing.sent("agency.sdabmbk.inbox.v1")
    assert [each.type for each in inbox] == ["case.handed-over", "command.done", "command.done"]
    assert ("dev-sdabmbk", "case.accept", None) in await desk.audited()
    assert ("dev-sdabmbk", "case.resolve", None) in await desk.audited()


async def test_a_photo_that_is_none_changes_nothing_and_keeps_what_was_typed(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(received(1))
    desk.internal.refused = "unknown-type"
    async with desk.as_("dev-sdabmbk") as officer:
        await officer.post(f"/perkara/{ONE}/terima", versi=await officer.version(ONE))
        answer = await officer.client.post(
            f"/perkara/{ONE}/selesai",
            data={"versi": await officer.version(ONE), "kata": "Sudah ditambal"},
            files=[("foto", ("a.jpg", b"text", "image/jpeg"))],
            headers={"sec-fetch-site": "same-origin"},
        )
    assert answer.status_code == 422
    assert "Sudah ditambal" in answer.text
    assert (await routing.case())["state"] == "accepted"


async def test_a_decision_on_an_old_page_is_refused_and_recorded(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(received(1, category=None, text="Tolong"))
    async with desk.as_("dev-dispatcher") as one, desk.as_("dev-dispatcher") as other:
        old = await one.version(ONE)
        first = await other.post(f"/perkara/{ONE}/tugaskan", versi=old, instansi="dlh")
        assert first.status_code == 303, first.text
        second = await one.post(f"/perkara/{ONE}/tugaskan", versi=old, instansi="sdabmbk")
    assert second.status_code == 409
    assert (await routing.case())["owner"] == "dlh"
    assert ("dev-dispatcher", "case.assign", "stale") in await desk.audited()


async def test_a_dispatcher_assigns_and_the_next_case_loads_at_once(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(
        received(1, category=None, text="Tolong bantu"),
        received(2, category=None, text="Tolong sekali", emergency=True),
    )
    async with desk.as_("dev-dispatcher") as dispatcher:
        page = await dispatcher.open("/triase")
        assert "7K3-000002" in page.text, "an emergency comes first"
        assert 'data-key="1"' in page.text
        sent = await dispatcher.post(
            "/perkara/7K3-000002/tugaskan",
            versi=await dispatcher.version("7K3-000002"), instansi="damkar", dari="triase",
        )  # fmt: skip
        following = await dispatcher.open(sent.headers["location"])
        assert f"/perkara/{ONE}/tugaskan" in following.text
    assert (await routing.case(2))["owner"] == "damkar"
    handed = await routing.sent("agency.damkar.inbox.v1")
    assert [each.type for each in handed] == ["case.handed-over"]


async def test_a_returned_case_is_the_dispatchers_again(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(received(1))
    async with desk.as_("dev-sdabmbk") as officer:
        short = await officer.post(
            f"/perkara/{ONE}/kembalikan", versi=await officer.version(ONE), kata="x"
        )
        assert short.status_code == 422
        sent = await officer.post(
            f"/perkara/{ONE}/kembalikan",
            versi=await officer.version(ONE), kata="Ini jalan nasional",
        )  # fmt: skip
        assert sent.status_code == 303
        assert (await officer.open(f"/perkara/{ONE}")).status_code == 404
    async with desk.as_("dev-dispatcher") as dispatcher:
        page = (await dispatcher.open("/triase")).text
        assert ONE in page
        assert "Ini jalan nasional" in page
        assert "pernah menanganinya" in page


async def test_a_confidential_place_is_opened_by_the_owner_alone_and_recorded(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(received(1, confidential=True))
    async with desk.as_("dev-sdabmbk") as officer:
        page = (await officer.open(f"/perkara/{ONE}")).text
        assert HIDDEN_ADDRESS not in page
        assert PHOTO not in page
        opened = (await officer.post(f"/perkara/{ONE}/rahasia")).text
        assert HIDDEN_ADDRESS in opened
        assert PHOTO in opened
    asked = [(path.split("/")[3], why) for _, path, why in desk.internal.asked]
    assert ("places", "desk.place") in asked
    assert ("dev-sdabmbk", "case.opened", None) in await desk.audited()
    async with desk.as_("dev-dispatcher") as dispatcher:
        assert PHOTO not in (await dispatcher.open(f"/perkara/{ONE}")).text


async def test_a_page_does_without_intake(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(received(1))
    desk.internal.away = True
    async with desk.as_("dev-sdabmbk") as officer:
        page = await officer.open(f"/perkara/{ONE}")
        assert page.status_code == 200
        assert "Foto belum dapat ditampilkan" in page.text
        assert (await officer.open(f"/perkara/{ONE}/berkas/{PHOTO}")).status_code == 503


async def test_a_photo_comes_through_the_desk(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(received(1))
    async with desk.as_("dev-sdabmbk") as officer:
        photo = await officer.open(f"/perkara/{ONE}/berkas/{PHOTO}")
        other = await officer.open(f"/perkara/{ONE}/berkas/{PHOTO[:-1]}b")
    assert (photo.content, photo.headers["cache-control"]) == (b"photo's bytes", "no-store")
    assert other.status_code == 404, "a file of no case of theirs"


async def test_notes_stay_in_routing_and_go_with_an_erasure(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(received(1))
    words = "Tanya Pak Lurah dulu"
    async with desk.as_("dev-sdabmbk") as officer:
        await officer.post(f"/perkara/{ONE}/catatan", kata=f"{words}, telepon 081234567890")
        page = (await officer.open(f"/perkara/{ONE}")).text
    assert words in page
    assert "081234567890" not in page
    assert all(words not in json.dumps(each.body) for each in await routing.sent())
    await routing.reports(erased(1))
    assert await desk.pool.fetchval("select count(*) from desk_note") == 0


async def test_the_queue_is_filtered_by_its_address_and_lists_are_kept(
    desk: DeskSite, routing: Routing, clock: FixedClock
) -> None:
    await routing.reports(received(1), received(2, place=None, category="street-lights"))
    async with desk.as_("dev-sdabmbk") as officer:
        assert ONE not in (await officer.open("/antrean?keadaan=selesai")).text
        assert ONE not in (await officer.open("/antrean?tenggat=lewat")).text
        clock.advance(timedelta(days=60))
        late = await officer.open("/antrean?tenggat=lewat&kategori=roads")
        assert ONE in late.text
        await officer.post("/tampilan", nama="Jalan lewat", isi="tenggat=lewat&kategori=roads")
        assert "Jalan lewat" in (await officer.open("/antrean")).text
        too_long = await officer.post("/tampilan", nama="x" * 61, isi="")
        assert too_long.status_code == 400
        await officer.post("/tampilan/hapus", nama="Jalan lewat")
        assert "Jalan lewat" not in (await officer.open("/antrean")).text


async def test_many_are_accepted_at_once_and_those_that_cannot_are_counted(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(received(1), received(2), received(3, category=None, text="Tolong"))
    numbers = [ONE, "7K3-000002", "7K3-000003"]
    async with desk.as_("dev-sdabmbk") as officer:
        done = await officer.post("/antrean/terima", nomor=numbers)
    assert done.headers["location"] == "/antrean?jadi=2&gagal=1"
    states = [(await routing.case(number))["state"] for number in (1, 2, 3)]
    assert states == ["accepted", "accepted", "triage"]


async def test_the_export_holds_the_filtered_queue_without_words(
    desk: DeskSite, routing: Routing
) -> None:
    await routing.reports(received(1), received(2, emergency=True))
    async with desk.as_("dev-sdabmbk") as officer:
        answer = await officer.open("/antrean.csv?darurat=1")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == ["7K3-000002"]
    assert rows[0]["owner"] == "sdabmbk"
    assert "Sinaga" not in answer.text
    assert [what for _, what, _ in await desk.audited()] == ["queue.exported"]


def test_no_cell_is_a_formula() -> None:
    assert [safe(cell) for cell in ("=1+1", "+62", "-1", "@x", "\tx", "7K3")] == [
        "'=1+1", "'+62", "'-1", "'@x", "'\tx", "7K3",
    ]  # fmt: skip


async def test_the_mark_of_a_queue_changes_with_its_cases(desk: DeskSite, routing: Routing) -> None:
    async with desk.as_("dev-sdabmbk") as officer, desk.as_("dev-dlh") as other:

        async def marks() -> tuple[str, str]:
            answers = [await each.open("/perubahan") for each in (officer, other)]
            return answers[0].json()["mark"], answers[1].json()["mark"]

        before = await marks()
        await routing.reports(received(1))
        after = await marks()
    assert (before[0] != after[0], before[1] == after[1]) == (True, True)


async def test_leaders_see_what_burns_and_nobodys_words(
    desk: DeskSite, routing: Routing, clock: FixedClock
) -> None:
    await routing.reports(received(1), received(2))
    clock.advance(timedelta(days=60))
    async with desk.as_("dev-leader") as leader:
        page = (await leader.open("/pimpinan")).text
        listed = (await leader.open("/pimpinan/daftar?instansi=sdabmbk&tenggat=lewat")).text
        record = await leader.open(f"/jejak?nomor={ONE}")
    assert 'href="/pimpinan/daftar?instansi=sdabmbk&amp;tenggat=lewat">2</a>' in page
    assert ONE in listed
    assert "Sinaga" not in page + listed
    assert record.status_code == 200


async def test_the_record_tells_who_looked(desk: DeskSite, routing: Routing) -> None:
    await routing.reports(received(1))
    async with desk.as_("dev-sdabmbk") as officer, desk.as_("dev-leader") as leader:
        await officer.open(f"/perkara/{ONE}")
        rows: httpx.Response = await leader.open(f"/jejak?nomor={ONE}")
    assert "dev-sdabmbk" in rows.text
    assert complaint(1) not in rows.text
