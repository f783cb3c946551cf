"""What becomes of something that was wanted of a case."""

from dataclasses import dataclass

from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.refusals import Rule
from mrk_schemas.agencies import Remark
from mrk_schemas.cases import CaseEvent
from mrk_schemas.ids import AgencyCode, CategoryCode


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a person taught the classifier.

    Attributes:
        given: the category that the case had; None: it had none.
        right: the one that the person gave or confirmed.
    """

    given: CategoryCode | None
    right: CategoryCode


@dataclass(frozen=True, slots=True)
class Moved:
    """It took effect.

    Attributes:
        file: the case after it.
        events: what happened, in order; at least one.
        remark: what whoever wanted it should know of it.
        handed_over: it is this agency's now, which must be handed its words.
        taken_from: it was this agency's, which must be told.
        told: it stays this agency's, which did not do it and must hear of it.
        learnt: an example for the next model.
        turned: commands that its owner sent before are stale, though it goes to nobody else.
    """

    file: CaseFile
    events: tuple[CaseEvent, ...]
    remark: Remark | None = None
    handed_over: AgencyCode | None = None
    taken_from: AgencyCode | None = None
    told: AgencyCode | None = None
    learnt: Learnt | None = None
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Whoever wanted it may act on the case, but a rule forbids this."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class NotYours:
    """The answer must reveal nothing of the case, not even whether there is one."""

    rule: Rule
