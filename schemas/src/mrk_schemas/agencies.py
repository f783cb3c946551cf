"""``agency.<code>.inbox.v1`` and ``agency.<code>.outbox.v1``: the agency's side."""

from typing import ClassVar

from pydantic import Field

from mrk_schemas.base import CommandBody, Contract, EventBody, Text, Words
from mrk_schemas.cases import Case
from mrk_schemas.ids import AgencyCode, ComplaintIdField
from mrk_schemas.reports import Attribute, Place


class CaseHandedOver(EventBody):
    """Inbox: the case is this agency's now. No point and no photo for a confidential one."""

    TYPE: ClassVar[str] = "id.go.medan.case.handed-over.v1"
    case: Case
    text: Words | None = None
    place: Place | None = None
    details: tuple[Attribute, ...] = ()
    """What the category asked for, as :class:`Report.attributes` has it."""
    page: bool = False
    """An emergency: call whoever is on duty now, a queue is too slow."""


class CaseTakenAway(EventBody):
    """Inbox: the case went to another owner."""

    TYPE: ClassVar[str] = "id.go.medan.case.taken-away.v1"
    case: Case
    reason: Text


class CaseBlanked(EventBody):
    """Inbox: the report was erased; delete the text you hold."""

    TYPE: ClassVar[str] = "id.go.medan.case.blanked.v1"
    case: Case


class Remark(Contract):
    """What an agency should know of a command that took effect: a stable code, and words."""

    code: Text
    text: Text


class CommandDone(EventBody):
    """Inbox: a command took effect; ``case`` is the state after it."""

    TYPE: ClassVar[str] = "id.go.medan.command.done.v1"
    command_id: Text
    command_type: Text
    case: Case
    remark: Remark | None = None


class CommandRefused(EventBody):
    """Inbox: a command was refused, and by which rule. It carries no state of others' cases."""

    TYPE: ClassVar[str] = "id.go.medan.command.refused.v1"
    agency: AgencyCode
    command_id: Text | None = None
    command_type: Text | None = None
    complaint_id: Text | None = None
    rule: Text
    """Stable code of the rule that refused it, such as ``not-the-owner``."""
    reason: Text
    mend: Text


class Command(CommandBody):
    """What every command names: the case, and the version that the agency last saw."""

    complaint_id: ComplaintIdField
    case_version: int = Field(ge=1)


class AcceptCase(Command):
    """Outbox: we take the case."""

    TYPE: ClassVar[str] = "id.go.medan.case.accept.v1"
    note: Words | None = Field(default=None, max_length=4000)


class ReturnCase(Command):
    """Outbox: not ours; say why, and whose it is where that is known."""

    TYPE: ClassVar[str] = "id.go.medan.case.return.v1"
    reason: Words = Field(min_length=3, max_length=4000)
    proposed_owner: AgencyCode | None = None
    """Another agency, or an authority that is not the city's: a dispatcher sees it first."""


class ReportProgress(Command):
    """Outbox: what was done so far."""

    TYPE: ClassVar[str] = "id.go.medan.case.progress.v1"
    note: Words = Field(min_length=3, max_length=4000)


class AskReporter(Command):
    """Outbox: we need to know something of the reporter; the case waits for the answer."""

    TYPE: ClassVar[str] = "id.go.medan.case.ask.v1"
    question: Words = Field(min_length=3, max_length=2000)


class ResolveCase(Command):
    """Outbox: solved, with what was done and the hashes of proof photos."""

    TYPE: ClassVar[str] = "id.go.medan.case.resolve.v1"
    note: Words = Field(min_length=3, max_length=4000)
    proof: tuple[Text, ...] = Field(default=(), max_length=5)
