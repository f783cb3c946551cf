"""What a resident is told, in both languages, and who is told nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mrk_delivery.clock import Clock
from mrk_notify.consumers.complaints import subscriptions
from mrk_notify.domain.letter import Letters, day, message_id
from mrk_notify.domain.messages import Message, Notice, of_case, of_contact, of_report
from mrk_schemas.cases import (
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseConfirmed,
    CaseEscalated,
    CaseEvent,
    CaseMerged,
    CaseProgressed,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseWithdrawn,
    ClockName,
    Names,
)
from mrk_schemas.registry import MODELS, types_of
from mrk_schemas.reports import Channel, Kind, Locale, ReportContactChanged, ReportReceived

EXAMPLES = Path(__file__).parents[4] / "schemas/examples"
LETTERS = Letters("https://lapor.medan.example/")


def example(type_: str, number: int = 1) -> object:
    text = (EXAMPLES / f"{type_}.{number}.json").read_text()
    return MODELS[type_].model_validate_json(text)


def assigned() -> CaseAssigned:
    fact = example(CaseAssigned.TYPE)
    assert isinstance(fact, CaseAssigned)
    return fact


@pytest.mark.parametrize("locale", list(Locale))
@pytest.mark.parametrize("message", list(Message))
@pytest.mark.parametrize("bare", [False, True])
def test_every_message_stands_in_both_languages(
    locale: Locale,
    message: Message,
    bare: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    notice = of_case(assigned())
    assert notice is not None
    payload = notice.to_payload("about") | {"message": message.value, "locale": locale.value}
    payload |= {"level": "Wali Kota"} if message is Message.ESCALATED else {}
    if bare:
        payload |= {"due_at": None, "derivation": None, "note": None, "agency": None}
    letter = LETTERS.write(Notice.of_payload(payload), None if bare else "Siti")
    assert "MRK-7F3K-Q2" in letter.subject
    assert "Medan Rumah Kita" in letter.text
    assert "{{" not in letter.text
    assert "{%" not in letter.text
    assert "None" not in letter.subject + letter.text
    assert "\n" not in letter.subject
    assert ("Siti" in letter.text) is not bare


def test_the_assignment_says_who_and_by_when_in_medans_time() -> None:
    notice = of_case(assigned())
    assert notice is not None
    letter = LETTERS.write(notice, "Siti")
    assert letter.subject == "Laporan MRK-7F3K-Q2 ditangani Dinas SDABMBK"
    assert f"9 Maret 2026, 15.00 WIB ({notice.derivation})" in letter.text
    assert "https://lapor.medan.example/laporan/MRK-7F3K-Q2" in letter.text


def test_an_agencys_words_reach_the_resident() -> None:
    for type_ in (CaseProgressed.TYPE, CaseResolved.TYPE):
        fact = example(type_)
        assert isinstance(fact, CaseEvent)
        notice = of_case(fact)
        assert notice is not None
        assert fact.note
        assert fact.note in LETTERS.write(notice, None).text


@pytest.mark.parametrize(
    ("fact", "message", "words"),
    [
        (CaseReopened, Message.REOPENED, "Masih berlubang"),
        (CaseWithdrawn, Message.WITHDRAWN, "Dinas SDABMBK sudah diberi tahu"),
        (CaseConfirmed, Message.CLOSED, "laporan ini ditutup"),
    ],
)
def test_a_reporter_is_told_what_became_of_the_act(
    fact: type[CaseEvent], message: Message, words: str
) -> None:
    body = example(fact.TYPE)
    assert isinstance(body, CaseEvent)
    notice = of_case(body)
    assert notice is not None
    assert notice.message is message
    assert words in LETTERS.write(notice, "Siti").text


def test_a_reopened_case_names_the_deadline_that_it_always_had() -> None:
    body = example(CaseReopened.TYPE)
    assert isinstance(body, CaseReopened)
    (due,) = body.case.deadlines
    resolution = due.model_copy(update={"clock": ClockName.RESOLUTION})
    case = body.case.model_copy(update={"deadlines": (due, resolution)})
    notice = of_case(body.model_copy(update={"case": case}))
    assert notice is not None
    assert notice.due_at == due.due_at
    assert "Tenggatnya tidak berubah: 9 Maret 2026" in LETTERS.write(notice, None).text


def test_a_question_reaches_the_reporter_with_the_readers_own_date() -> None:
    body = example(CaseAsked.TYPE)
    assert isinstance(body, CaseAsked)
    notice = of_case(body)
    assert notice is not None
    assert notice.message is Message.ASKED
    letter = LETTERS.write(notice, "Siti")
    assert body.note
    assert body.note in letter.text
    assert "sampai 12 Maret 2026, 15.00 WIB (5 working days from" in letter.text
    assert "/laporan/MRK-7F3K-Q2" in letter.text
    silent = body.model_copy(update={"case": body.case.model_copy(update={"reporter": None})})
    assert of_case(silent) is None


def test_without_an_answer_the_reporter_is_told_that_the_work_goes_on_and_until_when() -> None:
    body = example(CaseResumed.TYPE)
    assert isinstance(body, CaseResumed)
    notice = of_case(body)
    assert notice is not None
    assert "11 Maret 2026" in LETTERS.write(notice, None).text


def test_the_agency_is_named_in_the_reporters_language() -> None:
    body = example(CaseAsked.TYPE)
    assert isinstance(body, CaseAsked)
    for locale in Locale:
        case = body.case.model_copy(update={"locale": locale})
        notice = of_case(body.model_copy(update={"case": case}))
        assert notice is not None
        assert body.case.owner_names is not None
        assert notice.agency == getattr(body.case.owner_names, locale.value)


def test_every_type_of_its_topics_is_handled_or_ignored() -> None:
    (subscription,) = subscriptions(Clock())
    topics = {type_ for topic in subscription.topics for type_ in types_of(topic)}
    assert subscription.handles | subscription.ignores == topics


def test_a_whistle_blowers_receipt_says_nothing_of_the_matter() -> None:
    fact = example(ReportReceived.TYPE, 3)
    assert isinstance(fact, ReportReceived)
    notice = of_report(fact)
    assert notice is not None
    assert notice.message is Message.RECEIVED_IN_CONFIDENCE


@pytest.mark.parametrize("message", list(Message))
def test_an_anonymous_report_is_answered_without_a_name(message: Message) -> None:
    fact = assigned()
    hidden = fact.model_copy(update={"case": fact.case.model_copy(update={"anonymous": True})})
    notice = of_case(hidden)
    assert notice is not None
    payload = notice.to_payload("about") | {"message": message.value}
    assert "Siti" not in LETTERS.write(Notice.of_payload(payload), "Siti").text


def test_a_whistle_blower_is_never_named() -> None:
    fact = example(ReportReceived.TYPE, 3)
    assert isinstance(fact, ReportReceived)
    open_report = fact.report.model_copy(update={"anonymous": False})
    notice = of_report(fact.model_copy(update={"report": open_report}))
    assert notice is not None
    assert "Siti" not in LETTERS.write(notice, "Siti").text


def test_a_new_address_is_told_that_news_comes_there_and_a_phone_alone_is_not() -> None:
    fact = example(ReportContactChanged.TYPE)
    assert isinstance(fact, ReportContactChanged)
    notice = of_contact(fact)
    assert notice is not None
    assert notice.message is Message.REACHED
    assert fact.report.tracking_number in LETTERS.write(notice, "Siti").text
    assert of_contact(fact.model_copy(update={"channels": (Channel.PHONE,)})) is None
    gone = example(ReportContactChanged.TYPE, 2)
    assert isinstance(gone, ReportContactChanged)
    assert of_contact(gone) is None


def test_a_whistle_blowers_new_address_learns_no_name() -> None:
    fact = example(ReportContactChanged.TYPE)
    assert isinstance(fact, ReportContactChanged)
    hidden = fact.report.model_copy(update={"kind": Kind.WHISTLEBLOWING})
    notice = of_contact(fact.model_copy(update={"report": hidden}))
    assert notice is not None
    assert "Siti" not in LETTERS.write(notice, "Siti").text


def test_english_readers_get_english_dates() -> None:
    at = datetime(2026, 3, 9, 17, 30, tzinfo=UTC)
    assert day(at, Locale.EN) == "10 March 2026, 00:30 WIB"
    assert day(at, Locale.ID) == "10 Maret 2026, 00.30 WIB"


def test_nobody_is_told_where_nobody_can_be_reached() -> None:
    fact = example(ReportReceived.TYPE)
    assert isinstance(fact, ReportReceived)
    silent = fact.model_copy(update={"report": fact.report.model_copy(update={"reporter": None})})
    assert of_report(silent) is None
    case = assigned()
    quiet = case.model_copy(update={"case": case.case.model_copy(update={"reporter": None})})
    assert of_case(quiet) is None


def test_a_payload_survives_the_database() -> None:
    notice = of_case(assigned())
    assert notice is not None
    assert Notice.of_payload(json.loads(json.dumps(notice.to_payload("x")))) == notice


def test_the_message_id_is_stable_and_tells_nothing() -> None:
    one = message_id("fact-1", "pengaduan@medan.example")
    assert one == message_id("fact-1", "pengaduan@medan.example")
    assert one != message_id("fact-2", "pengaduan@medan.example")
    assert one.endswith("@medan.example>")
    assert "fact-1" not in one


def escalated(level: str, locale: Locale = Locale.ID) -> CaseEscalated:
    fact = example(CaseEscalated.TYPE)
    assert isinstance(fact, CaseEscalated)
    assert fact.case.escalation is not None
    names = Names(id="Wali Kota", en="Mayor")
    reached = fact.case.escalation.model_copy(update={"level": level, "names": names})
    changes = {"escalation": reached, "locale": locale, "reporter": fact.case.reporter}
    return fact.model_copy(update={"case": fact.case.model_copy(update=changes)})


@pytest.mark.parametrize(("locale", "who"), [(Locale.ID, "Wali Kota"), (Locale.EN, "Mayor")])
def test_that_it_went_above_the_agency_is_told_with_its_name(locale: Locale, who: str) -> None:
    notice = of_case(escalated("mayor", locale))
    assert notice is not None
    assert Notice.of_payload(notice.to_payload("about")) == notice
    letter = LETTERS.write(notice, "Siti")
    assert who in letter.subject
    assert who in letter.text


@pytest.mark.parametrize("level", ["officer", "head"])
def test_what_stays_within_the_agency_is_no_message(level: str) -> None:
    assert of_case(escalated(level)) is None


def test_a_closing_says_why() -> None:
    fact = example(CaseClosed.TYPE)
    assert isinstance(fact, CaseClosed)
    told = {
        reason: of_case(fact.model_copy(update={"reason": reason}))
        for reason in ("confirmation-window", "dispatcher", "of-a-later-version")
    }
    messages = {reason: notice.message for reason, notice in told.items() if notice is not None}
    assert messages == {
        "confirmation-window": Message.LAPSED,
        "dispatcher": Message.ENDED,
        "of-a-later-version": Message.ENDED,
    }


def test_a_merging_is_told_and_who_reopened_it_decides_the_words() -> None:
    merged, reopened = example(CaseMerged.TYPE), example(CaseReopened.TYPE)
    assert isinstance(merged, CaseMerged)
    assert isinstance(reopened, CaseReopened)
    told = [
        of_case(merged),
        of_case(reopened.model_copy(update={"by": "reporter"})),
        of_case(reopened.model_copy(update={"by": "routing"})),
    ]
    assert [notice.message for notice in told if notice is not None] == [
        Message.MERGED,
        Message.REOPENED,
        Message.REOPENED_BY_ANOTHER,
    ]
