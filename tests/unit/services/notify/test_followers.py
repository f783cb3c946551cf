"""What followers are told, of which facts, and when it ends: a table over every fact."""

import json
from pathlib import Path

import pytest

from mrk_notify.domain.followers import Follower, after, changes, told, welcome
from mrk_notify.domain.letter import Letters
from mrk_notify.domain.messages import TO_FOLLOWERS, Message, of_case
from mrk_schemas.base import EventBody
from mrk_schemas.ids import ReporterRef
from mrk_schemas.registry import CASES, MODELS, REPORTS, types_of
from mrk_schemas.reports import Locale, ReportFollowed, ReportUnfollowed

EXAMPLES = Path(__file__).parents[4] / "schemas/examples"
LETTERS = Letters("https://lapor.medan.example/")
WHO = Follower(ReporterRef("3d1b9c04-7a52-4c1e-8d0b-5b8f2f6a9e10"), Locale.ID)
OTHER = Follower(ReporterRef("4d1b9c04-7a52-4c1e-8d0b-5b8f2f6a9e10"), Locale.EN)
TOLD = {
    "case.assigned": "followed_assigned",
    "case.handed-on": "followed_assigned",
    "case.returned": "followed_returned",
    "case.progressed": "followed_progress",
    "case.resolved": "followed_resolved",
    "case.reopened": "followed_reopened",
    "case.closed": "followed_ended",
    "report.withdrawn": "followed_withdrawn",
    "report.solution-confirmed": "followed_closed",
}
ENDS = {"case.closed", "report.withdrawn", "report.solution-confirmed"}


def example(type_: str) -> EventBody:
    body = json.loads((EXAMPLES / f"{type_}.1.json").read_text())
    return MODELS[type_].model_validate(body)


@pytest.mark.parametrize("type_", sorted(types_of(CASES) | types_of(REPORTS)))
def test_followers_are_told_of_public_steps_and_of_the_end(type_: str) -> None:
    short = type_.removeprefix("id.go.medan.").removesuffix(".v1")
    fact = example(type_)
    notice = told(fact, OTHER)
    assert (None if notice is None else notice.message.value) == TOLD.get(short)
    if notice is not None:
        assert (notice.reporter, notice.locale, notice.follower) == (
            OTHER.ref, Locale.EN, OTHER.ref,
        )  # fmt: skip
        assert notice.derivation is None
        letter = LETTERS.write(notice, "Ucok", "s" * 22)
        assert "ikut" in letter.text or short in ENDS
    made = changes("c", fact, [WHO, OTHER])
    if short in ENDS:
        assert after([WHO, OTHER], made) == []
        assert all(each.ended for each in made)
    elif not isinstance(fact, ReportFollowed | ReportUnfollowed):
        assert made == []


def test_a_new_follower_is_welcomed_and_one_who_stopped_is_gone() -> None:
    fact = example(ReportFollowed.TYPE)
    assert isinstance(fact, ReportFollowed)
    notice = welcome(fact)
    assert (notice.message, notice.locale) == (Message.FOLLOWING, Locale.EN)
    letter = LETTERS.write(notice, "Ucok", "mN5vQe0kT1y3b6Jc9dXh2A")
    assert "/laporan/MRK-7F3K-Q2/ikut#mN5vQe0kT1y3b6Jc9dXh2A" in letter.text
    here = after([OTHER], changes("c", fact, [OTHER]))
    assert [each.ref for each in here] == [OTHER.ref, WHO.ref]
    gone = example(ReportUnfollowed.TYPE)
    assert after(here, changes("c", gone, here)) == [OTHER]


def test_the_reporters_words_are_no_followers_message() -> None:
    reopened = example("id.go.medan.case.reopened.v1")
    notice = told(reopened, WHO)
    assert notice is not None
    assert notice.note is None
    own = of_case(reopened)  # type: ignore[arg-type]  # the example's model is a case's fact
    assert own is not None
    assert own.note is not None
    assert own.follower is None


def test_what_ends_the_contact_at_intake_is_what_ends_it_here() -> None:
    last = {TOLD[name] for name in ENDS}
    assert last == {"followed_withdrawn", "followed_closed", "followed_ended"}, (
        "mrk_intake.domain.following.LAST"
    )
    assert {message.value for message in TO_FOLLOWERS} == {"following", *TOLD.values()}
