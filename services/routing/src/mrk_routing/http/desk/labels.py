"""What codes are called on the pages."""

from collections.abc import Mapping
from typing import Final

from mrk_pages.catalogues import N_
from mrk_routing.domain.desk_query import Kept, Lateness

STANDINGS: Final[Mapping[str, str]] = {
    "triage": N_("Without owner"),
    "returned": N_("Returned"),
    "assigned": N_("New"),
    "accepted": N_("Accepted"),
    "in_progress": N_("In progress"),
    "waiting": N_("Waiting for the reporter"),
    "resolved": N_("Solved, not confirmed"),
    "disputed": N_("Disputed"),
    "handed_on": N_("Handed on"),
    "merged": N_("Merged"),
    "confirmed": N_("Confirmed by the reporter"),
    "withdrawn": N_("Withdrawn"),
    "closed": N_("Closed"),
}
KEPT: Final[Mapping[Kept, str]] = {
    Kept.OPEN: N_("All open"),
    Kept.NEW: N_("New"),
    Kept.ACCEPTED: N_("Accepted"),
    Kept.WORKING: N_("In progress"),
    Kept.WAITING: N_("Waiting for the reporter"),
    Kept.RESOLVED: N_("Solved, not confirmed"),
    Kept.MERGED: N_("Merged"),
    Kept.ENDED: N_("Ended"),
}
LATENESS: Final[Mapping[Lateness, str]] = {
    Lateness.LATE: N_("Late"),
    Lateness.SOON: N_("Due within a day"),
}
CLOCKS: Final[Mapping[str, str]] = {
    "verification": N_("An agency takes it"),
    "first_response": N_("First answer"),
    "resolution": N_("Solution"),
    "confirmation": N_("Confirmation"),
}
EVENTS: Final[Mapping[str, str]] = {
    "sent-to-triage": N_("Waits for a dispatcher"),
    "assigned": N_("Assigned"),
    "accepted": N_("Accepted"),
    "returned": N_("Returned"),
    "progressed": N_("Progress"),
    "resolved": N_("Said to be solved"),
    "asked": N_("Asked the reporter"),
    "answered": N_("The reporter answered"),
    "resumed": N_("No answer came; the clock goes on"),
    "information-added": N_("The reporter added information"),
    "withdrawn": N_("The reporter took it back"),
    "confirmed": N_("The reporter agrees that it is solved"),
    "reopened": N_("The reporter disputes the solution"),
    "reopened-by-another": N_("Another reporter disputes the solution"),
    "rated": N_("The reporter rated it"),
    "action-set-aside": N_("Something the reporter did no longer fitted"),
    "erased": N_("Erased"),
    "handed-on": N_("Handed on: not the city's"),
    "merged": N_("Merged with another case"),
    "unmerged": N_("Stands alone again"),
    "closed": N_("Closed"),
    "reminded": N_("Reminder of a due date"),
    "escalated": N_("Escalated"),
}
TO_REPORTER: Final = frozenset(
    {
        "accepted", "returned", "progressed", "resolved", "asked", "assigned", "handed-on",
        "merged", "unmerged", "closed",
    }
)  # fmt: skip
"""Events whose words reach the reporter."""

ALIKE: Final[Mapping[str, str]] = {
    "near": N_("near each other"),
    "same-address": N_("the same address"),
    "same-subdistrict": N_("the same kelurahan"),
    "words": N_("similar words"),
    "same-photo": N_("the same photo"),
    "category": N_("the same kind of problem"),
}

REASONS: Final[Mapping[str, str]] = {
    "category-unknown": N_("no category could be told"),
    "outside-the-city": N_("the point lies outside the city"),
    "place-unknown": N_("the place is not known"),
    "no-rule": N_("no rule names an owner"),
    "returned": N_("the agency returned it"),
    "handed-over": N_("SP4N-LAPOR! gave it to an office that the city does not know"),
    "erased": N_("the report was erased"),
}
URGENCY: Final[Mapping[str, str]] = {
    "emergency": N_("emergency"),
    "category": N_("kind of problem"),
    "rule": N_("a rule of the city"),
    "danger-in-words": N_("danger in its words"),
    "repeats": N_("reported before"),
    "followers": N_("many follow it"),
    "near-school": N_("near a school"),
    "near-hospital": N_("near a hospital"),
    "near-clinic": N_("near a clinic"),
    "near-vulnerable": N_("near people at risk"),
}
WHY: Final[Mapping[str, str]] = {
    "proposed": N_("proposed by the agency that returned it"),
    "chosen": N_("rule %(rule)s, by the kind of problem that you chose"),
    "rule": N_("rule %(rule)s, by the kind of problem that the report states"),
    "words": N_("rule %(rule)s, by its words"),
    "elsewhere": N_("has this kind of problem in some district (rule %(rule)s)"),
    "district": N_("the office of the district"),
}
REFUSALS: Final[Mapping[str, str]] = {
    "not-the-owner": N_("The case is no longer with your agency."),
    "stale": N_("Somebody else changed the case meanwhile. Look at it again, then decide."),
    "no-such-version": N_("The page is out of date. Look at the case again, then decide."),
    "accept-first": N_("Accept the case first."),
    "already-accepted": N_("The case was accepted before."),
    "already-resolved": N_("The case is solved already."),
    "already-asked": N_("The reporter was asked and has not answered yet."),
    "nobody-to-ask": N_("The report was erased: nobody can answer."),
    "confirmed": N_("The reporter agreed that it is solved: nothing is left to do."),
    "withdrawn": N_("The reporter took the report back: nothing is left to do."),
    "closed": N_("The case is closed: nothing is left to do."),
    "handed-on": N_("An authority that is not the city's has the case."),
    "merged": N_("The case shares the fate of another one: act on that one."),
    "not-alike": N_(
        "These two cannot be merged: one is confidential, solved, ended or merged already, or the"
        " one that would become a part has parts of its own."
    ),
    "not-merged": N_("The case is no part of another one."),
    "no-owner": N_("No agency has the case: assign it first."),
    "with-an-agency": N_("An agency has the case: what ends it is its solution."),
    "no-such-category": N_("Choose a kind of problem."),
    "same-owner": N_("The case is with this agency already. Choose another one."),
    "no-such-agency": N_("Choose an agency."),
    "not-of-the-city": N_("This authority is not the city's: hand the case on to it instead."),
    "of-the-city": N_("This agency is the city's own: assign the case to it instead."),
    "words-needed": N_("Say in a sentence why; the reporter reads it."),
    "erased": N_("The report was erased: its words are gone."),
}
OTHER_REFUSAL: Final = N_("The case does not allow this now. Look at it again.")
WORDS_MISSING: Final = N_("Write at least %(shortest)s characters.")
WORDS_TOO_LONG: Final = N_("This is too long: at most %(longest)s characters.")
AUDITED: Final[Mapping[str, str]] = {
    "queue.viewed": N_("Looked at a queue"),
    "queue.exported": N_("Exported a queue"),
    "triage.viewed": N_("Looked at the triage"),
    "case.viewed": N_("Looked at a case"),
    "case.opened": N_("Opened confidential details"),
    "file.viewed": N_("Looked at a file"),
    "case.noted": N_("Wrote a note"),
    "case.accept": N_("Accepted"),
    "case.return": N_("Returned"),
    "case.progress": N_("Told of progress"),
    "case.ask": N_("Asked the reporter"),
    "case.resolve": N_("Said that it is solved"),
    "case.assign": N_("Assigned"),
    "case.handon": N_("Handed on"),
    "case.close": N_("Closed"),
    "case.merge": N_("Merged into another case"),
    "case.unmerge": N_("Separated from another case"),
    "case.takes-part": N_("Another case was merged into it"),
    "case.loses-part": N_("A part was separated from it"),
    "leader.viewed": N_("Looked at what burns"),
    "leader.listed": N_("Looked at a list of late cases"),
    "audit.viewed": N_("Looked at this record"),
}
