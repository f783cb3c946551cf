"""What routing must answer to an agency, a rule each."""

from typing import Final

from mrk_conformance.findings import Rule

_MEND: Final = (
    "compare routing's version with that of the kit, and look at its log and dead letters"
)

UNKNOWN_CASE: Final = "unknown-case"
UNREADABLE: Final = "unreadable"
ID_REUSED: Final = "id-reused"
ONCE: Final = "once"
WRONG_KEY: Final = "wrong-key"
ACCEPT_FIRST: Final = "accept-first"
NO_SUCH_VERSION: Final = "no-such-version"
DONE: Final = "done"
ALREADY: Final = "already"

ROUTING_RULES: Final = (
    Rule(UNKNOWN_CASE, "A case that is not the agency's is refused as not-the-owner", _MEND),
    Rule(
        UNREADABLE, "What cannot be read is answered with unreadable, naming what is wrong", _MEND
    ),
    Rule(ID_REUSED, "An id with another body is refused", _MEND),
    Rule(ONCE, "A command that comes twice is answered once", _MEND),
    Rule(WRONG_KEY, "A key that is not the complaint id is refused as wrong-key", _MEND),
    Rule(ACCEPT_FIRST, "Work on a case that was not accepted is refused as accept-first", _MEND),
    Rule(NO_SUCH_VERSION, "A version that does not exist is refused as no-such-version", _MEND),
    Rule(DONE, "Accept, progress and resolve are done, each with the case after it", _MEND),
    Rule(ALREADY, "What was done is refused as already-accepted, already-resolved", _MEND),
)
