from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mrk_schemas.cases import (
    Case,
    CaseAnswered,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseConfirmed,
    CaseEvent,
    CaseInformationAdded,
    CaseMerged,
    CaseReopened,
    CaseResumed,
    CaseState,
    CaseUnmerged,
    CaseWithdrawn,
)
from mrk_spanlapor_bridge.domain.follow_up import Act, FollowUp, carries, content_of, follow_up_of

Facts = Callable[..., FollowUp]


def test_it_tells_the_fact_the_deadline_in_local_time_and_its_marker(
    case: Callable[..., Case],
) -> None:
    told = follow_up_of(CaseAssigned(case=case(), by="routing"), 3)
    assert content_of(told).split("\n\n") == [
        "Laporan diteruskan kepada Dinas SDABMBK.",
        "Tenggat penyelesaian: 21-03-2026.",
        "Referensi: 7K3-Q9W-XTC/3",
    ]


@pytest.mark.parametrize("act", list(Act))
def test_every_act_has_words_of_its_own(fact: Facts, act: Act) -> None:
    others = {content_of(fact(act=other)) for other in Act if other is not act}
    assert content_of(fact(act=act)) not in others


def test_a_note_stands_before_the_marker(fact: Facts) -> None:
    lines = content_of(fact(state=CaseState.IN_PROGRESS, note=" Sedang diaspal. ")).split("\n\n")
    assert lines[1:] == ["Sedang diaspal.", "Referensi: 7K3-Q9W-XTC/2"]


@pytest.mark.parametrize("state", list(CaseState))
def test_every_state_has_words_of_its_own(fact: Facts, state: CaseState) -> None:
    others = {content_of(fact(state=other)) for other in CaseState if other is not state}
    assert content_of(fact(state=state)) not in others


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (CaseInformationAdded, "Pelapor menambahkan keterangan."),
        (CaseWithdrawn, "Pelapor mencabut laporan ini."),
        (
            CaseConfirmed,
            "Pelapor membenarkan bahwa laporan ini selesai ditangani; laporan ditutup.",
        ),
        (
            CaseReopened,
            "Pelapor menyanggah penyelesaian; Dinas SDABMBK menangani laporan ini kembali.",
        ),
    ],
)
def test_what_a_reporter_did_is_told_whatever_the_state(
    case: Callable[..., Case], kind: type[CaseEvent], sentence: str
) -> None:
    told = follow_up_of(kind(case=case(), by="reporter", note="Masih berlubang"), 5)
    assert FollowUp.model_validate(told.model_dump(mode="json")) == told
    assert content_of(told).split("\n\n") == [
        sentence,
        "Masih berlubang",
        "Referensi: 7K3-Q9W-XTC/5",
    ]


@pytest.mark.parametrize(
    ("kind", "sentences"),
    [
        (
            CaseAsked,
            [
                "Dinas SDABMBK menanyakan keterangan kepada pelapor; penanganan ditunda.",
                "Jawaban ditunggu sampai 12-03-2026.",
            ],
        ),
        (
            CaseAnswered,
            [
                "Pelapor menjawab pertanyaan; Dinas SDABMBK melanjutkan penanganan.",
                "Tenggat penyelesaian sekarang: 21-03-2026.",
            ],
        ),
        (
            CaseResumed,
            [
                "Belum ada jawaban pelapor; Dinas SDABMBK melanjutkan penanganan.",
                "Tenggat penyelesaian sekarang: 21-03-2026.",
            ],
        ),
    ],
)
def test_that_there_is_a_question_is_told_and_not_what_it_asks(
    case: Callable[..., Case], kind: type[CaseEvent], sentences: list[str]
) -> None:
    at = datetime(2026, 3, 12, 8, tzinfo=UTC)
    waiting = {"since": at, "until": at, "derivation": "5 hari kerja"}
    asked = case(waiting=waiting if kind is CaseAsked else None, questions=1)
    note = None if kind is CaseResumed else "Di mana rumah Bapak?"
    told = follow_up_of(kind(case=asked, by="sdabmbk", note=note), 5)
    assert "rumah" not in told.model_dump_json()
    assert content_of(told).split("\n\n") == [*sentences, "Referensi: 7K3-Q9W-XTC/5"]


def test_of_a_late_answer_no_word_is_told(case: Callable[..., Case]) -> None:
    late = CaseInformationAdded(case=case(), by="reporter", note="Nomor lima", answer=True)
    assert content_of(follow_up_of(late, 6)).split("\n\n") == [
        "Pelapor menambahkan keterangan.",
        "Referensi: 7K3-Q9W-XTC/6",
    ]


def test_an_agency_is_named_in_bahasa_indonesia_there(case: Callable[..., Case]) -> None:
    names = {"id": "Dinas Jalan", "en": "Roads Office"}
    english = case(owner_name="Roads Office", owner_names=names)
    told = follow_up_of(CaseAssigned(case=english, by="routing"), 3)
    assert content_of(told).startswith("Laporan diteruskan kepada Dinas Jalan.")


def test_a_follow_up_that_was_queued_before_there_were_acts_is_read(fact: Facts) -> None:
    queued = fact(note="Sudah").model_dump(mode="json", exclude={"act"})
    assert FollowUp.model_validate(queued) == fact(note="Sudah")


def test_only_the_last_line_counts_as_the_marker(fact: Facts) -> None:
    quoted = content_of(fact(12, note=fact(1).marker))
    assert carries(quoted, fact(12).marker)
    assert not carries(quoted, fact(1).marker)
    assert not carries(quoted, fact(2).marker)
    assert not carries("", fact(1).marker)


def test_it_is_queued_and_read_back_whole(fact: Facts) -> None:
    whole = fact(note="Sudah", due_at=datetime(2026, 3, 20, tzinfo=UTC))
    assert FollowUp.model_validate(whole.model_dump(mode="json")) == whole


@pytest.mark.parametrize("note", [None, "Lokasi tidak ditemukan"])
def test_a_case_that_the_city_closed_closes_the_copy(
    case: Callable[..., Case], note: str | None
) -> None:
    ended = case(state="resolved", ending="closed")
    told = follow_up_of(CaseClosed(case=ended, by="routing", reason="dispatcher", note=note), 9)
    assert content_of(told).split("\n\n") == [
        "Laporan ditutup.",
        *([note] if note else []),
        "Referensi: 7K3-Q9W-XTC/9",
    ]


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (CaseMerged, "Ada laporan lain tentang hal yang sama; keduanya ditangani bersama."),
        (CaseUnmerged, "Laporan ini ditangani tersendiri lagi."),
    ],
)
def test_a_merging_is_a_follow_up_that_names_no_other_report(
    case: Callable[..., Case], event: type[CaseMerged | CaseUnmerged], sentence: str
) -> None:
    other = "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e02"
    told = follow_up_of(event(case=case(state="assigned", part_of=other), by="routing"), 9)
    assert content_of(told).split("\n\n") == [sentence, "Referensi: 7K3-Q9W-XTC/9"]
    assert other not in told.model_dump_json()
