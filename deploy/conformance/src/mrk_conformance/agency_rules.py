"""What an agency's system must do, a rule each."""

from typing import Final

from mrk_conformance.findings import Rule

HEADERS: Final = "headers"
KEY: Final = "key"
SCHEMA: Final = "schema"
COMMAND_ID: Final = "command-id"
ACCEPTS: Final = "accepts-in-time"
ACCEPT_FIRST: Final = "accept-first"
ACTS_ONCE: Final = "acts-once"
OWN_CASES: Final = "own-cases"
VERSION: Final = "version"
CONFIDENTIAL: Final = "confidential"
TAKEN_AWAY: Final = "taken-away"
ENDED: Final = "ended"
BLANKED: Final = "blanked"
REFUSED: Final = "refused"
REOPENED: Final = "reopened"
ANSWERED: Final = "answered"
UNKNOWN_FIELD: Final = "unknown-field"
UNKNOWN_TYPE: Final = "unknown-type"

AGENCY_RULES: Final = (
    Rule(
        HEADERS,
        "Commands are CloudEvents 1.0 in binary mode, complete and of a known type",
        "send ce_specversion 1.0, ce_id, ce_type, ce_source, ce_time (RFC 3339 with a zone) and"
        " content-type application/json as UTF-8 headers; leave an absent value out",
    ),
    Rule(
        KEY,
        "A record's key is the complaint id in its body",
        "send complaint_id, as text, as the record's key",
    ),
    Rule(
        SCHEMA,
        "A command's body follows its schema",
        "send the fields of schemas/json and no others; notes at most 4,000 characters, a question"
        " 2,000, a proof as sha256: and 64 hexadecimal digits",
    ),
    Rule(
        COMMAND_ID,
        "One ce_id means one command",
        "make the id of the case, the version that you quote and the type; send it again only"
        " with the same body",
    ),
    Rule(
        ACCEPTS,
        "A case that is handed over is accepted or returned in time",
        "see that the consumer runs and reads its inbox from the beginning; send case.accept or"
        " case.return for each hand-over",
    ),
    Rule(
        ACCEPT_FIRST,
        "A case is accepted before it is worked on",
        "send case.accept first; progress and resolve may follow at once",
    ),
    Rule(
        ACTS_ONCE,
        "A message that comes twice has one effect",
        "keep the ce_id of each message with what you did, in one transaction, and skip what you"
        " know",
    ),
    Rule(
        OWN_CASES,
        "Commands name only cases that were handed over",
        "take complaint_id from the hand-over as it is",
    ),
    Rule(
        VERSION,
        "A command quotes a version that was read",
        "quote ce_sequence of the newest message about the case as case_version; never count it"
        " yourself",
    ),
    Rule(
        CONFIDENTIAL,
        "A confidential case, without point and address, is handled too",
        "treat place.lat, place.lon and place.address as optional",
    ),
    Rule(
        TAKEN_AWAY,
        "Nothing is done any more for a case that was taken away",
        "remember taken-away by its ce_sequence and let no older message bring the case back",
    ),
    Rule(
        ENDED,
        "Nothing is done any more for a case that was withdrawn or confirmed",
        "remember the end by its ce_sequence and let no older message bring the case back",
    ),
    Rule(
        BLANKED,
        "After case.blanked the report's words are gone, and nobody is asked",
        "delete the text and the place that you hold as soon as case.blanked comes",
    ),
    Rule(
        REFUSED,
        "A refused command is decided again from the newest message",
        "read rule and mend of command.refused; send a new command with a new ce_id that quotes"
        " the newest version",
    ),
    Rule(
        REOPENED,
        "A case whose solution is disputed is worked on again",
        "go on at case.reopened, quoting its version; an older message that comes again after it"
        " changes nothing",
    ),
    Rule(
        ANSWERED,
        "After an answer the case goes on, quoting the answer's version",
        "go on at case.answered, quoting its ce_sequence",
    ),
    Rule(
        UNKNOWN_FIELD,
        "A field that is new does not stop the consumer",
        "ignore fields that you don't know: they are added without notice",
    ),
    Rule(
        UNKNOWN_TYPE,
        "An event type that is new does not stop the consumer",
        "skip types that you don't know, commit, and go on",
    ),
)
"""In the order in which they are told."""
