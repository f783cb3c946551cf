"""The rules that refuse: each a stable code, and what it says to people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from mrk_routing.domain.standing import Pause, Standing
from mrk_schemas.cases import CaseState, Ending
from mrk_schemas.ids import ComplaintId


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that refuses: its stable code, the reason, and the mend."""

    code: str
    reason: str
    mend: str


NOT_THE_OWNER = Rule(
    "not-the-owner",
    "No case with this id is with this agency.",
    "Check the complaint id; act only on cases that were handed over on this agency's inbox.",
)
STALE = Rule(
    "stale",
    "Since the version that the command quotes, someone else changed the owner or the state.",
    "Read the case's latest message on the inbox and decide again.",
)
FUTURE_VERSION = Rule(
    "no-such-version",
    "The command quotes a version that the case has not reached.",
    "Quote ce_sequence of the latest message about this case on the inbox.",
)
WRONG_KEY = Rule(
    "wrong-key",
    "The record's key is not the complaint id in its body.",
    "Send the record with the complaint id as its key.",
)
PROOF_NOT_A_HASH = Rule(
    "proof-not-a-hash",
    "A proof is not the SHA-256 of a photo.",
    "Send each proof as sha256: and 64 hexadecimal digits.",
)
NOBODY_TO_ASK = Rule(
    "nobody-to-ask",
    "The report was erased: nobody can answer.",
    "Go on with what is known: send progress, resolve the case, or return it.",
)
ALREADY_ASKED = Rule(
    "already-asked",
    "The reporter was asked and has not answered yet.",
    "Wait for the answer on the inbox, or go on without it: send progress, or resolve the case.",
)
ACCEPT_FIRST = Rule(
    "accept-first",
    "The case was not accepted yet.",
    "Send case.accept first; both may be sent together.",
)
ALREADY_ACCEPTED = Rule(
    "already-accepted", "The case was accepted before.", "Send progress, or resolve the case."
)
ALREADY_RESOLVED = Rule(
    "already-resolved", "The case is resolved.", "Nothing is left to do for this case."
)
CONFIRMED = Rule(
    "confirmed", "The reporter agreed that it is solved.", "Nothing is left to do for this case."
)
WITHDRAWN = Rule(
    "withdrawn", "The reporter took the report back.", "Nothing is left to do for this case."
)
CLOSED = Rule("closed", "The case is closed.", "Nothing is left to do for this case.")
HANDED_ON = Rule(
    "handed-on",
    "The case is with an authority that is not the city's.",
    "Follow it at SP4N-LAPOR!; a dispatcher may assign it again.",
)
MERGED = Rule(
    "merged",
    "The case shares the fate of another one.",
    "Act on the case that part_of names; whatever happens to it happens to this one.",
)
NOT_ALIKE = Rule(
    "not-alike",
    "These two cases cannot be merged: one is confidential, solved, ended, or merged already, or"
    " this one has parts of its own.",
    "Choose an open case that is public and part of no other; a case with parts takes others.",
)
NOT_MERGED = Rule(
    "not-merged", "The case is part of no other.", "Choose a case that is part of another."
)
NO_OWNER = Rule(
    "no-owner", "No agency has the case.", "Assign it first; then its agency can act on it."
)
ASSIGNED_ALREADY = Rule(
    "with-an-agency",
    "An agency has the case: what ends it is its solution.",
    "Assign it to another agency, or merge it with the case that tells of the same thing.",
)
SAME_OWNER = Rule(
    "same-owner", "The case is with this agency already.", "Choose another agency, or leave it."
)
NO_SUCH_AGENCY = Rule(
    "no-such-agency",
    "The city pack has no agency with this code.",
    "Choose one of the agencies in agencies.yaml.",
)
NO_SUCH_CATEGORY = Rule(
    "no-such-category",
    "The city pack has no category with this code.",
    "Choose one of the categories in categories.yaml, or leave the case's own.",
)
NOT_OF_THE_CITY = Rule(
    "not-of-the-city",
    "This authority is not the city's: it has no cases here.",
    "Hand the case on to it instead.",
)
OF_THE_CITY = Rule(
    "of-the-city", "This agency is the city's own.", "Assign the case to it instead."
)
WORDS_NEEDED = Rule(
    "words-needed",
    "Whoever reads this is owed a reason.",
    "Say in a sentence why; the reporter reads it.",
)
ERASED = Rule(
    "erased", "The report was erased: its words are gone.", "Nothing more can be done with it."
)


def merged_into(parent: ComplaintId | None) -> Rule:
    """Why a command on a part is refused: it names the case to act on."""
    mend = f"Act on case {parent}; whatever happens to it happens to this one."
    return replace(MERGED, mend=mend)


HERE: Mapping[Standing, Rule] = MappingProxyType(
    {
        CaseState.TRIAGE: NO_OWNER,
        CaseState.RETURNED: NO_OWNER,
        CaseState.ASSIGNED: ACCEPT_FIRST,
        CaseState.ACCEPTED: ALREADY_ACCEPTED,
        CaseState.IN_PROGRESS: ALREADY_ACCEPTED,
        CaseState.RESOLVED: ALREADY_RESOLVED,
        Pause.WAITING: ALREADY_ACCEPTED,
        Pause.DISPUTED: ALREADY_ACCEPTED,
        Pause.HANDED_ON: HANDED_ON,
        Pause.MERGED: MERGED,
        Ending.CONFIRMED: CONFIRMED,
        Ending.WITHDRAWN: WITHDRAWN,
        Ending.CLOSED: CLOSED,
    }
)
"""Why what is no transition is refused where a case stands, unless a rule of its own says it."""
