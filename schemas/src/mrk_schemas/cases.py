"""``complaint.cases.v1``: what routing says of a case."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mrk_schemas.base import Contract, EventBody, Instant, Text, Words
from mrk_schemas.ids import (
    AgencyCode,
    CategoryCode,
    ComplaintIdField,
    DistrictCode,
    ReporterRefField,
    SubdistrictCode,
    TrackingNumber,
)
from mrk_schemas.reports import Kind, Locale


class CaseState(StrEnum):
    """Where the work on a case stands."""

    TRIAGE = "triage"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"


class Ending(StrEnum):
    """How a case ended for good."""

    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Priority(StrEnum):
    """How urgent a case is."""

    NORMAL = "normal"
    EMERGENCY = "emergency"


class ClockName(StrEnum):
    """The four separate clocks of a case."""

    VERIFICATION = "verification"
    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"
    CONFIRMATION = "confirmation"


class Deadline(Contract):
    """One clock's due date with its derivation in words."""

    clock: ClockName
    due_at: Instant
    derivation: Text


class Names(Contract):
    """A name in each language that a reader may have."""

    id: Text | None = None
    en: Text | None = None


class Waiting(Contract):
    """The owner asked the reporter, and the resolution clock stands still until the answer.

    ``until`` is when the case goes on without an answer; ``derivation`` says in words how that
    was reckoned.
    """

    since: Instant
    until: Instant
    derivation: Text


class Escalation(Contract):
    """The highest level that was told that a clock of the case has run out.

    ``level`` is the pack's code, such as ``head``; ``names`` say what it is called.
    """

    level: Text
    names: Names
    clock: ClockName
    at: Instant


class Case(Contract):
    """The full current state of a case."""

    complaint_id: ComplaintIdField
    tracking_number: TrackingNumber
    kind: Kind
    state: CaseState
    owner: AgencyCode | None = None
    owner_name: Text | None = None
    """In the reporter's language."""
    owner_names: Names | None = None
    copies: tuple[AgencyCode, ...] = ()
    category: CategoryCode | None = None
    category_name: Text | None = None
    subdistrict: SubdistrictCode | None = None
    district: DistrictCode | None = None
    priority: Priority = Priority.NORMAL
    deadlines: tuple[Deadline, ...] = ()
    rule: Text | None = None
    """The rule that decided the owner."""
    triage_reason: Text | None = None
    anonymous: bool
    confidential: bool
    reporter: ReporterRefField | None = None
    locale: Locale = Locale.ID
    received_at: Instant
    changed_at: Instant
    ending: Text | None = None
    """How it ended for good, an :class:`Ending`; absent while it is open. Any other value, of a
    later version, is an end too. ``state`` stays what it was: the set of states is closed for
    yesterday's readers."""
    questions: int = Field(default=0, ge=0)
    """How often an owner asked the reporter; the number of the newest question."""
    waiting: Waiting | None = None
    """Present while the newest question waits for its answer; ``state`` is ``in_progress``."""
    disputes: int = Field(default=0, ge=0)
    """How often the reporter disputed a solution."""
    rating: int | None = Field(default=None, ge=1, le=5)
    """The reporter's last rating of the solution."""
    followers: int | None = Field(default=None, ge=0)
    """How many residents follow the report; absent where nobody ever did."""
    report_version: int | None = Field(default=None, ge=1)
    """``ce_sequence`` of the newest fact of the reporter's that this state takes account of."""
    disputed_at: Instant | None = None
    """When the reporter disputed the solution; absent once the owner acted on it, or it ended."""
    handed_on_at: Instant | None = None
    """Since when it is with ``owner``, an authority that is not the city's; absent otherwise. Its
    clocks stand still meanwhile."""
    part_of: ComplaintIdField | None = None
    """The case whose fate this one shares, since both tell of the same thing."""
    transfers: int = Field(default=0, ge=0)
    """How often it went from one agency to another."""
    urgency: int | None = Field(default=None, ge=0, le=100)
    """How urgent it is among the open cases of its owner: 100 first."""
    urgency_reasons: tuple[Text, ...] = ()
    """Stable codes of what made it so."""
    escalation: Escalation | None = None
    erased: bool = False


class CaseEvent(EventBody):
    """What all case facts carry: the state after the fact, who did it, and their masked words."""

    case: Case
    by: Text
    """``routing``, ``dispatcher``, ``reporter``, ``sp4n-lapor``, or the acting agency's code."""
    note: Words | None = Field(default=None, max_length=8000)


class CaseSentToTriage(CaseEvent):
    """No rule names an owner: a dispatcher decides."""

    TYPE: ClassVar[str] = "id.go.medan.case.sent-to-triage.v1"


class CaseAssigned(CaseEvent):
    """An agency owns the case."""

    TYPE: ClassVar[str] = "id.go.medan.case.assigned.v1"


class CaseAccepted(CaseEvent):
    """The owning agency accepted the case."""

    TYPE: ClassVar[str] = "id.go.medan.case.accepted.v1"


class CaseReturned(CaseEvent):
    """The owning agency returned the case with a reason; it has no owner until reassigned."""

    TYPE: ClassVar[str] = "id.go.medan.case.returned.v1"
    proposed_owner: AgencyCode | None = None
    """Whose it is, says the agency that returned it; a dispatcher decides."""


class CaseProgressed(CaseEvent):
    """Its owner reported progress: on its outbox or at the desk, or at SP4N-LAPOR!."""

    TYPE: ClassVar[str] = "id.go.medan.case.progressed.v1"


class CaseResolved(CaseEvent):
    """Its owner says that it is solved: on its outbox or at the desk, or at SP4N-LAPOR!."""

    TYPE: ClassVar[str] = "id.go.medan.case.resolved.v1"
    proof: tuple[Text, ...] = ()
    """Hashes of the proof photos."""


class CaseAsked(CaseEvent):
    """The owning agency asked the reporter; ``note`` is the question. The case waits."""

    TYPE: ClassVar[str] = "id.go.medan.case.asked.v1"


class CaseAnswered(CaseEvent):
    """The reporter answered the question: the owner is at work again, and its clock goes on."""

    TYPE: ClassVar[str] = "id.go.medan.case.answered.v1"


class CaseResumed(CaseEvent):
    """No answer came in time: the owner is at work again, and its clock goes on."""

    TYPE: ClassVar[str] = "id.go.medan.case.resumed.v1"


class CaseInformationAdded(CaseEvent):
    """The reporter added information; it is on its way to the owner."""

    TYPE: ClassVar[str] = "id.go.medan.case.information-added.v1"
    answer: bool = False
    """It is an answer that came late: its words are between the reporter and the agency."""


class CaseWithdrawn(CaseEvent):
    """The reporter took the report back: the case is ended."""

    TYPE: ClassVar[str] = "id.go.medan.case.withdrawn.v1"


class CaseConfirmed(CaseEvent):
    """The reporter agrees that it is solved: the case is ended."""

    TYPE: ClassVar[str] = "id.go.medan.case.confirmed.v1"


class CaseReopened(CaseEvent):
    """The reporter disputes the solution: the owner is at work again, and no due date moved."""

    TYPE: ClassVar[str] = "id.go.medan.case.reopened.v1"


class CaseHandedOn(CaseEvent):
    """Not the city's to solve: it goes to ``case.owner`` through SP4N-LAPOR!."""

    TYPE: ClassVar[str] = "id.go.medan.case.handed-on.v1"


class CaseMerged(CaseEvent):
    """It tells of the same thing as ``case.part_of``, and shares its fate from now on."""

    TYPE: ClassVar[str] = "id.go.medan.case.merged.v1"


class CaseUnmerged(CaseEvent):
    """It stands alone again, where it stood before it was merged."""

    TYPE: ClassVar[str] = "id.go.medan.case.unmerged.v1"


class CaseClosed(CaseEvent):
    """It ended without the reporter's word; ``note`` has a dispatcher's words."""

    TYPE: ClassVar[str] = "id.go.medan.case.closed.v1"
    reason: Text
    """Stable code: ``confirmation-window`` (nobody disputed in time) or ``dispatcher``."""


class CaseReminded(CaseEvent):
    """Whoever has the case is reminded of a clock; nothing changed."""

    TYPE: ClassVar[str] = "id.go.medan.case.reminded.v1"
    clock: ClockName
    share: int = Field(ge=1, le=99)
    """Per cent of the clock's working time that has passed."""


class CaseEscalated(CaseEvent):
    """A clock has run out, and ``case.escalation`` says who is told of it."""

    TYPE: ClassVar[str] = "id.go.medan.case.escalated.v1"
    skipped: tuple[Text, ...] = ()
    """Lower levels that were never told, since more time had passed before anybody could tell."""


class CaseRated(CaseEvent):
    """The reporter rated the solution."""

    TYPE: ClassVar[str] = "id.go.medan.case.rated.v1"


class CaseActionSetAside(CaseEvent):
    """What the reporter did no longer fits the case: it is on record, and nothing was changed."""

    TYPE: ClassVar[str] = "id.go.medan.case.action-set-aside.v1"
    action: Text
    """CloudEvents type of the reporter's fact."""
    reason: Text
    """Stable code, such as ``withdrawn``."""


class CaseErased(CaseEvent):
    """Routing blanked its copies: the acknowledgement of ``report.erased.v1``."""

    TYPE: ClassVar[str] = "id.go.medan.case.erased.v1"
    received_by: tuple[Text, ...] = ()
    """Agencies that had already received the text."""
