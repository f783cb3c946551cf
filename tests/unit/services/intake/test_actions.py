"""What a reporter may do where: every state, every action; and what follows from each."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from mrk_intake.domain import public
from mrk_intake.domain.actions import (
    BODIES,
    CLOSED,
    IN_CONFIDENCE,
    MOST,
    TABLE,
    TOO_MANY,
    Action,
    Refusal,
    allowed,
    refusal,
    take,
)
from mrk_intake.domain.said import Said, of_form, of_json
from mrk_intake.domain.timeline import Placed, shown
from mrk_schemas.cases import CaseState, Ending
from mrk_schemas.registry import MODELS, REPORTS, types_of
from mrk_schemas.reports import (
    Kind,
    QuestionAnswered,
    Report,
    ReporterActed,
    SolutionRated,
)

NOW = datetime(2026, 3, 9, 3, 4, 5, tzinfo=UTC)
PHONE = "0812-3456-7890"
ENDED = {"confirmed", "withdrawn", "closed"}
ALL = {(state, action) for state in TABLE for action in Action}
ALLOWED = {
    *((s, Action.INFORMATION) for s in TABLE if s not in ENDED),
    *((s, Action.WITHDRAWAL) for s in TABLE if s not in {*ENDED, "resolved"}),
    ("waiting", Action.ANSWER),
    ("resolved", Action.CONFIRMATION),
    ("resolved", Action.DISPUTE),
    ("resolved", Action.RATING),
    ("confirmed", Action.RATING),
    ("closed", Action.RATING),
}


def report(kind: Kind = Kind.COMPLAINT) -> Report:
    return Report.model_validate(
        {
            "complaint_id": "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01",
            "tracking_number": "7K3-Q9W-XTC",
            "kind": kind,
            "anonymous": False,
            "confidential": False,
            "received_at": NOW,
        }
    )


def test_the_table_is_total() -> None:
    cases = {state.value for state in CaseState} | {ending.value for ending in Ending}
    assert set(TABLE) == {"received", "disputed", "waiting", "examining"} | cases
    assert all(set(row) == set(Action) for row in TABLE.values())


@pytest.mark.parametrize(("state", "action"), sorted(ALL))
def test_an_action_is_taken_where_it_may_be_and_refused_elsewhere(
    state: str, action: Action
) -> None:
    found = refusal(Kind.COMPLAINT, state, action, 0)
    assert (found is None) == ((state, action) in ALLOWED)


@pytest.mark.parametrize("state", sorted(TABLE))
def test_whistle_blowing_takes_information_and_a_withdrawal(state: str) -> None:
    taken = {a for a in Action if refusal(Kind.WHISTLEBLOWING, "received", a, 0) is None}
    assert taken == {Action.INFORMATION, Action.WITHDRAWAL}
    assert refusal(Kind.WHISTLEBLOWING, "received", Action.DISPUTE, 0) is IN_CONFIDENCE
    for action in Action:
        found = refusal(Kind.WHISTLEBLOWING, state, action, 0)
        assert found is None or found.code != "not-resolved"


def test_an_end_that_is_not_known_yet_is_an_end() -> None:
    assert {refusal(Kind.COMPLAINT, "lapsed", a, 0) for a in Action} == {CLOSED}


def test_a_report_that_its_reporter_ended_is_kept_no_longer_than_a_resolved_one() -> None:
    assert {"resolved", *(ending.value for ending in Ending)} == public.CLOSED


@pytest.mark.parametrize("state", sorted(TABLE))
def test_a_late_answer_is_taken_as_long_as_information_is(state: str) -> None:
    late = refusal(Kind.COMPLAINT, state, Action.ANSWER, 0, asked=True)
    assert late == refusal(Kind.COMPLAINT, state, Action.INFORMATION, 0)
    offered = Action.ANSWER in allowed(Kind.COMPLAINT, state, 0)
    assert offered == (state == "waiting")


def test_an_answer_names_the_open_question_and_a_late_one_changes_no_state() -> None:
    taken = take(report(), Action.ANSWER, Said("Di gerbang timur"), NOW, 2)
    assert isinstance(taken.event, QuestionAnswered)
    assert (taken.event.question, taken.step.state) == (2, "in_progress")
    late = take(report(), Action.ANSWER, Said("Di gerbang timur"), NOW, None)
    assert isinstance(late.event, QuestionAnswered)
    assert (late.event.question, late.step.state) == (None, None)


def test_there_is_a_most() -> None:
    assert refusal(Kind.COMPLAINT, "assigned", Action.INFORMATION, MOST - 1) is None
    assert refusal(Kind.COMPLAINT, "assigned", Action.INFORMATION, MOST) is TOO_MANY


def test_every_refusal_has_a_code_of_its_own_and_both_languages() -> None:
    found = {each for row in TABLE.values() for each in row.values() if each is not None}
    refusals: list[Refusal] = [*found, IN_CONFIDENCE, TOO_MANY]
    assert len({each.code for each in refusals}) == len(refusals)
    for each in refusals:
        for id_, en in (each.reason, each.mend):
            assert id_
            assert en
            assert id_ != en


@pytest.mark.parametrize("action", list(Action))
def test_words_are_told_masked_and_shown_in_both_languages(action: Action) -> None:
    rating = 4 if action is Action.RATING else None
    taken = take(report(), action, Said(f"Hubungi {PHONE}", rating), NOW)
    assert taken.event.note == "Hubungi [nomor telepon]"
    assert taken.event.TYPE in types_of(REPORTS)
    placed = [Placed(REPORTS, 2, taken.step)]
    _, step = shown(NOW, placed, proven=True)
    _, public_step = shown(NOW, placed)
    # an answer is between its reporter and the agency
    assert ("note" in public_step) == (action is not Action.ANSWER)
    assert step["note"] == taken.event.note
    assert step["text"]["id"] != step["text"]["en"]
    assert "{" not in step["text"]["id"] + step["text"]["en"]
    assert step.get("rating") == rating


@pytest.mark.parametrize("action", [Action.INFORMATION, Action.WITHDRAWAL])
def test_of_whistle_blowing_no_word_is_told(action: Action) -> None:
    taken = take(report(Kind.WHISTLEBLOWING), action, Said("Uangnya diminta di loket dua"), NOW)
    assert taken.event.note is None
    assert "loket" not in str(taken)


def test_the_event_carries_the_whole_report_after_the_action() -> None:
    assert take(report(), Action.WITHDRAWAL, Said(), NOW).event.report.withdrawn
    rated = take(report(), Action.RATING, Said(None, 2), NOW).event
    assert isinstance(rated, SolutionRated)
    assert (rated.rating, rated.report.rating) == (2, 2)
    with pytest.raises(ValueError, match="number"):
        take(report(), Action.RATING, Said("Bagus sekali"), NOW)


def test_a_text_that_masking_lengthens_still_fits_its_event() -> None:
    taken = take(report(), Action.INFORMATION, Said(f"{PHONE} a " * 240), NOW)
    assert taken.event.note is not None
    assert len(taken.event.note) <= 8000


def test_each_action_has_an_event_of_its_own() -> None:
    told = {take(report(), action, Said("Sudah", 3), NOW).event.TYPE for action in Action}
    acts = {type_ for type_ in types_of(REPORTS) if issubclass(MODELS[type_], ReporterActed)}
    assert told == acts


def test_json_and_a_form_say_the_same() -> None:
    model = BODIES[Action.RATING]
    assert of_json(model, b'{"rating": 5, "text": " Rapi. "}') == Said("Rapi.", 5)
    assert of_json(model, b'{"rating": 5.0}') == Said(None, 5)
    assert of_form(model, {"rating": "5", "text": " Rapi. "}) == Said("Rapi.", 5)
    assert of_form(model, {"rating": "5", "text": "  "}) == Said(None, 5)
    for text in ("lima", "9", "05", "-1", "4.0"):
        with pytest.raises(ValidationError):
            of_form(model, {"rating": text})
    assert of_json(BODIES[Action.WITHDRAWAL], b"") == Said()
    assert of_form(BODIES[Action.CONFIRMATION], {}) == Said()


@pytest.mark.parametrize(
    ("action", "body", "wrong"),
    [
        (Action.INFORMATION, b"", [("/text", "missing")]),
        (Action.INFORMATION, b'{"text": "ya"}', [("/text", "string_too_short")]),
        (Action.DISPUTE, b'{"text": 7}', [("/text", "string_type")]),
        (Action.DISPUTE, b'{"x": 1}', [("/text", "missing"), ("/x", "extra_forbidden")]),
        (Action.DISPUTE, b'{"text": "a\\u0000bc"}', [("/text", "nul_character")]),
        (Action.CONFIRMATION, b'{"text": "bagus"}', [("/text", "extra_forbidden")]),
        (Action.RATING, b'{"text": ""}', [("/rating", "missing"), ("/text", "string_too_short")]),
        (Action.RATING, b'{"rating": 6}', [("/rating", "less_than_equal")]),
        (Action.RATING, b'{"rating": 0}', [("/rating", "greater_than_equal")]),
        (Action.RATING, b'{"rating": "5"}', [("/rating", "int_type")]),
        (Action.RATING, b'{"rating": 4.5}', [("/rating", "int_type")]),
        (Action.RATING, b'{"rating": true}', [("/rating", "int_type")]),
        (Action.WITHDRAWAL, b"[]", [("", "model_type")]),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named(
    action: Action, body: bytes, wrong: list[tuple[str, str]]
) -> None:
    with pytest.raises(ValidationError) as raised:
        of_json(BODIES[action], body)
    found = [("".join(f"/{part}" for part in e["loc"]), e["type"]) for e in raised.value.errors()]
    assert sorted(found) == sorted(wrong)
