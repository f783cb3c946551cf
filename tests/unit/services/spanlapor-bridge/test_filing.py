from collections.abc import Callable

import pytest

from mrk_schemas.cases import Case, CaseState, Priority
from mrk_schemas.ids import CategoryCode, DistrictCode, SubdistrictCode
from mrk_schemas.reports import Report
from mrk_spanlapor_bridge.domain.filing import (
    TITLE_CHARS,
    Detail,
    Filing,
    Names,
    Reporter,
    compose,
    reporter_or_account,
)
from mrk_spanlapor_bridge.domain.task import FilingTask, of_payload, to_payload

Reports = Callable[..., Report]
Cases = Callable[..., Case]

NAMES = Names(
    {SubdistrictCode("12.71.01.1001"): "Pusat Pasar"},
    {DistrictCode("12.71.01"): "Medan Kota"},
    {
        CategoryCode("roads"): {
            "damage": Detail("Jenis kerusakan", {"hole": "Lubang", "peeled": "Aspal terkelupas"}),
            "hole-width-cm": Detail("Lebar lubang", {}),
        }
    },
)
ACCOUNT = Reporter("Pemerintah Kota Medan", "kota@medan.example", "+62614512412")


def test_the_content_is_the_text_the_kelurahan_and_our_reference(
    report: Reports, case: Cases
) -> None:
    filing = compose(report(), case(), NAMES)
    assert filing.content.split("\n\n") == [
        "Lubang besar di depan sekolah.",
        "Lokasi: Kelurahan Pusat Pasar, Kecamatan Medan Kota",
        "Referensi: 7K3-Q9W-XTC",
    ]
    assert filing.title == "Jalan rusak: Lubang besar di depan sekolah."


def test_details_are_told_by_their_names_one_a_line(report: Reports, case: Cases) -> None:
    attributes = [
        {"code": "damage", "value": "hole"},
        {"code": "damage", "value": "peeled"},
        {"code": "hole-width-cm", "value": "40"},
        {"code": "of-an-older-pack", "value": "ya"},
    ]
    content = compose(report(category="roads", attributes=attributes), case(), NAMES).content
    assert content.split("\n\n")[1] == (
        "Jenis kerusakan: Lubang, Aspal terkelupas\nLebar lubang: 40\nof-an-older-pack: ya"
    )


def test_no_address_and_no_point_is_filed(report: Reports, case: Cases) -> None:
    shown = repr(compose(report(), case(), NAMES))
    assert "Rahasia" not in shown
    assert "98.67" not in shown


def test_a_case_without_owner_or_place_is_filed_without_them(report: Reports, case: Cases) -> None:
    triage = case(
        state=CaseState.TRIAGE,
        owner=None,
        category=None,
        category_name=None,
        subdistrict=None,
        district=None,
    )
    filing = compose(report(category="floods"), triage, NAMES)
    assert (filing.agency, filing.category) == (None, "floods")
    assert "Lokasi" not in filing.content


def test_a_long_text_has_a_title_of_whole_words(report: Reports, case: Cases) -> None:
    title = compose(report(text="berlubang " * 100), case(), NAMES).title
    assert len(title) <= TITLE_CHARS
    assert title.endswith("berlubang…")


@pytest.mark.parametrize("word", ["report", "case", "neither"])
def test_an_emergency_of_either_is_one(report: Reports, case: Cases, word: str) -> None:
    priority = Priority.EMERGENCY if word == "case" else Priority.NORMAL
    filing = compose(report(emergency=word == "report"), case(priority=priority), NAMES)
    assert filing.emergency is (word != "neither")


def test_what_is_queued_is_read_back_whole(report: Reports, case: Cases) -> None:
    filing: Filing = compose(report(confidential=True), case(), NAMES)
    task = FilingTask(filing, None)
    assert of_payload(to_payload(task)) == task


@pytest.mark.parametrize(
    ("name", "email", "phone", "own"),
    [
        ("Siti", "siti@example.org", None, True),
        ("Siti", None, "+6281234567890", True),
        ("Siti", None, None, False),
        (None, "siti@example.org", None, False),
        ("", "siti@example.org", None, False),
    ],
)
def test_half_a_reporter_is_filed_under_the_citys_account(
    name: str | None, email: str | None, phone: str | None, *, own: bool
) -> None:
    expected = Reporter(name or "", email, phone) if own else ACCOUNT
    assert reporter_or_account(name, email, phone, ACCOUNT) == expected


def test_a_reporter_shows_nothing_in_a_trace_back() -> None:
    assert "Pemerintah" not in repr(ACCOUNT)
