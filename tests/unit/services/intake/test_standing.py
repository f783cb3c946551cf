from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mrk_city import CityPack, load_pack
from mrk_intake.domain.places import Places
from mrk_intake.domain.standing import standing
from mrk_intake.domain.steps import StepType
from mrk_intake.domain.suggestion import by_vocabulary
from mrk_intake.domain.timeline import Placed, Step
from mrk_schemas.registry import CASES, MIRRORS, REPORTS

AT = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
DUE = AT + timedelta(days=20)
DEADLINES = [
    {"clock": "resolution", "due_at": "2026-03-22T03:04:05.000Z", "derivation": "14 hari kerja"}
]
ROADS = {"agency": "sdabmbk", "agency_name": "Dinas SDABMBK"}


@pytest.fixture(scope="module")
def pack() -> CityPack:
    return load_pack(Path(__file__).parents[4] / "deploy" / "city" / "medan")


def placed(n: int, type_: StepType, state: str | None, topic: str = CASES, **detail: Any) -> Placed:
    return Placed(topic, n, Step(type_, AT + n * timedelta(hours=1), state, detail))


def test_a_report_nobody_has_is_with_the_dispatchers_since_it_came() -> None:
    now = standing(AT, [])
    assert (now.state, now.holder, now.since, now.dues) == ("received", None, AT, ())


def test_an_agency_has_it_since_it_was_assigned_not_since_it_said_something() -> None:
    steps = [
        placed(1, "assigned", "assigned", **ROADS, deadlines=DEADLINES),
        placed(2, "accepted", "accepted", agency="sdabmbk"),
        placed(3, "progress", "in_progress", agency="sdabmbk"),
        placed(1, "mirrored", None, MIRRORS, national_id="9001"),
    ]
    now = standing(AT, steps)
    assert (now.state, now.holder) == ("in_progress", "Dinas SDABMBK")
    assert now.since == AT + timedelta(hours=1)
    assert now.national_id == "9001"
    assert [(due.clock, due.at, due.derivation) for due in now.dues] == [
        ("resolution", DUE, "14 hari kerja")
    ]


def test_a_case_that_waits_is_not_late_and_tells_its_question() -> None:
    names = {"id": "Dinas SDABMBK", "en": "Water Resources, Roads and Construction Office"}
    asking = placed(
        2, "asked", "waiting", **ROADS, agency_names=names, question=1, note="Di mana?",
        answer_by="2026-03-09T08:00:00.000Z", answer_by_derivation="5 hari kerja",
    )  # fmt: skip
    steps = [placed(1, "assigned", "assigned", **ROADS, deadlines=DEADLINES), asking]
    now = standing(AT, steps)
    assert (now.state, now.paused, now.holder) == ("waiting", True, "Dinas SDABMBK")
    assert now.since == AT + timedelta(hours=1)
    assert now.question is not None
    assert (now.question.text, now.question.derivation) == ("Di mana?", "5 hari kerja")
    assert now.question.until == datetime(2026, 3, 9, 8, tzinfo=UTC)
    (due,) = now.dues
    assert not now.late(due, DUE + timedelta(days=1))
    later = [{**DEADLINES[0], "due_at": "2026-03-25T03:04:05.000Z"}]
    gone = standing(AT, [*steps, placed(3, "unanswered", "in_progress", **ROADS, deadlines=later)])
    assert (gone.question, gone.paused) == (None, False)
    assert gone.dues[0].at == DUE + timedelta(days=3)
    assert gone.late(gone.dues[0], DUE + timedelta(days=4))


def test_the_holder_is_named_in_both_languages_where_they_were_told() -> None:
    names = {"id": "Dinas Jalan", "en": "Roads Office"}
    now = standing(AT, [placed(1, "assigned", "assigned", **ROADS, agency_names=names)])
    assert now.holder_names == names
    assert standing(AT, [placed(1, "assigned", "assigned", **ROADS)]).holder_names == {}


def test_what_was_returned_is_with_the_dispatchers_again_and_keeps_its_dates() -> None:
    steps = [
        placed(1, "assigned", "assigned", **ROADS, deadlines=DEADLINES),
        placed(2, "returned", "returned", agency="sdabmbk"),
    ]
    now = standing(AT, steps)
    assert (now.holder, now.since) == (None, AT + timedelta(hours=2))
    assert len(now.dues) == 1
    again = placed(3, "assigned", "assigned", **ROADS)
    assert standing(AT, [*steps, again]).since == AT + timedelta(hours=3)


def test_a_report_is_late_once_its_last_date_has_passed_until_it_is_solved() -> None:
    steps = [placed(1, "assigned", "assigned", **ROADS, deadlines=DEADLINES)]
    now = standing(AT, steps)
    assert not now.late(now.dues[0], DUE)
    assert now.late(now.dues[0], DUE + timedelta(seconds=1))
    solved = standing(AT, [*steps, placed(2, "resolved", "resolved", agency="sdabmbk")])
    assert not solved.late(solved.dues[0], DUE + timedelta(days=1))


@pytest.mark.parametrize(
    ("type_", "state"), [("confirmed", "confirmed"), ("withdrawn", "withdrawn")]
)
def test_what_its_reporter_ended_is_never_late(type_: StepType, state: str) -> None:
    steps = [placed(1, "assigned", "assigned", **ROADS, deadlines=DEADLINES)]
    ended = standing(AT, [*steps, placed(2, type_, state, REPORTS)])
    assert (ended.state, ended.ended) == (state, True)
    assert not ended.late(ended.dues[0], DUE + timedelta(days=1))


def test_a_disputed_report_is_late_again_and_not_ended() -> None:
    steps = [
        placed(1, "assigned", "assigned", **ROADS, deadlines=DEADLINES),
        placed(2, "resolved", "resolved", agency="sdabmbk"),
        placed(2, "disputed", "disputed", REPORTS),
    ]
    now = standing(AT, steps)
    assert (now.state, now.ended, now.holder) == ("disputed", False, "Dinas SDABMBK")
    assert now.late(now.dues[0], DUE + timedelta(seconds=1))


def test_words_suggest_a_category_or_none_and_tell_an_emergency(pack: CityPack) -> None:
    suggest = by_vocabulary(pack)
    roads = suggest("Jalan berlubang besar di depan pasar")
    assert (roads.category, roads.emergency) == ("roads", ())
    assert suggest("Ada yang aneh").category is None
    assert suggest("Kebakaran di rumah tetangga").emergency == ("kebakaran",)


def test_a_place_is_found_by_the_beginning_of_its_name_first(pack: CityPack) -> None:
    places = Places(pack)
    assert [each.label for each in places.search("kesaw", 8)] == ["Kesawan, Medan Barat"]
    belawan = [each.label for each in places.search("Belawan", 8)]
    assert belawan[0].startswith("Belawan")
    assert places.search("k", 8) == []
    assert places.search("!!", 8) == []
    assert len(places.search("ma", 3)) == 3
    assert [each.label for each in places.search("Jl. Hayam Wur", 8)] == [
        "Jalan Hayam Wuruk, Petisah Hulu, Medan Baru"
    ]
    assert places.search("hayam", 8) == places.search("jln hayam", 8)
    market = places.search("pajak sukaramai", 8)[0]
    assert (market.label, market.subdistrict) == ("Pasar Sukaramai, Medan Area", None)
    through = places.search("gatot subr", 8)[0]
    assert (through.label, through.district) == ("Jalan Gatot Subroto", None)
    chosen = places.of_words("Jalan Hayam Wuruk, Petisah Hulu, Medan Baru")
    assert chosen is not None
    assert chosen.label == "Petisah Hulu, Medan Baru"
    assert places.search("titikuning", 8) == places.search("Titi Kuning", 8) != []


def test_a_point_and_an_address_have_a_name_within_the_city(pack: CityPack) -> None:
    places = Places(pack)
    named = places.of_words("Jalan Ahmad Yani, Kesawan, Medan Barat")
    assert named is not None
    assert named.label == "Kesawan, Medan Barat"
    assert places.of_words("entah di mana") is None
    inside = places.of_point(3.5897, 98.6738)
    assert inside is not None
    assert inside.district.startswith("Medan ")
    assert places.of_point(-6.2, 106.8) is None
