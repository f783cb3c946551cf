"""Which event types exist, and on which topics each may stand."""

from collections.abc import Mapping
from types import MappingProxyType

from mrk_schemas import agencies, cases, dead_letters, deliveries, mirrors, reports
from mrk_schemas.base import EventBody

REPORTS = "complaint.reports.v1"
CASES = "complaint.cases.v1"
MIRRORS = "complaint.mirrors.v1"
IMPORTS = "complaint.imports.v1"
DELIVERIES = "complaint.deliveries.v1"
INBOX = "agency.<code>.inbox.v1"
OUTBOX = "agency.<code>.outbox.v1"
DEAD_LETTERS = "<service>.dead-letters.v1"

TOPICS: Mapping[str, tuple[type[EventBody], ...]] = MappingProxyType(
    {
        REPORTS: (
            reports.ReportReceived,
            reports.InformationAdded,
            reports.QuestionAnswered,
            reports.ReportWithdrawn,
            reports.SolutionConfirmed,
            reports.SolutionDisputed,
            reports.SolutionRated,
            reports.ReportFollowed,
            reports.ReportUnfollowed,
            reports.ReportContactChanged,
            reports.ReportRestricted,
            reports.ReportRestrictionLifted,
            reports.ReportErased,
        ),
        CASES: (
            cases.CaseSentToTriage,
            cases.CaseAssigned,
            cases.CaseAccepted,
            cases.CaseReturned,
            cases.CaseProgressed,
            cases.CaseResolved,
            cases.CaseAsked,
            cases.CaseAnswered,
            cases.CaseResumed,
            cases.CaseInformationAdded,
            cases.CaseWithdrawn,
            cases.CaseConfirmed,
            cases.CaseReopened,
            cases.CaseHandedOn,
            cases.CaseMerged,
            cases.CaseUnmerged,
            cases.CaseClosed,
            cases.CaseReminded,
            cases.CaseEscalated,
            cases.CaseRated,
            cases.CaseActionSetAside,
            cases.CaseErased,
        ),
        MIRRORS: (
            mirrors.MirrorFiled,
            mirrors.MirrorFollowedUp,
            mirrors.MirrorRefused,
            mirrors.MirrorBecameUnknown,
            mirrors.MirrorHandedOver,
            mirrors.MirrorAnswered,
            mirrors.MirrorErased,
        ),
        IMPORTS: (mirrors.ComplaintImported,),
        DELIVERIES: (
            deliveries.MessageSent,
            deliveries.MessageFailed,
            deliveries.MessageSkipped,
            deliveries.DeliveryErased,
        ),
        INBOX: (
            agencies.CaseHandedOver,
            agencies.CaseTakenAway,
            agencies.CaseBlanked,
            # what others did, told to the owner in the words of the case's own topic
            cases.CaseInformationAdded,
            cases.CaseAnswered,
            cases.CaseResumed,
            cases.CaseWithdrawn,
            cases.CaseConfirmed,
            cases.CaseReopened,
            cases.CaseProgressed,
            cases.CaseResolved,
            cases.CaseMerged,
            cases.CaseUnmerged,
            cases.CaseClosed,
            cases.CaseReminded,
            cases.CaseEscalated,
            agencies.CommandDone,
            agencies.CommandRefused,
        ),
        OUTBOX: (
            agencies.AcceptCase,
            agencies.ReturnCase,
            agencies.ReportProgress,
            agencies.AskReporter,
            agencies.ResolveCase,
        ),
        DEAD_LETTERS: (dead_letters.DeadLetterStored,),
    }
)

MODELS: Mapping[str, type[EventBody]] = MappingProxyType(
    {model.TYPE: model for models in TOPICS.values() for model in models}
)


def types_of(topic: str) -> frozenset[str]:
    """The CloudEvents types that may stand on a topic (or topic pattern) of :data:`TOPICS`."""
    return frozenset(model.TYPE for model in TOPICS[topic])


def inbox_of(code: str) -> str:
    """The inbox topic of one agency."""
    return INBOX.replace("<code>", code)


def outbox_of(code: str) -> str:
    """The outbox topic of one agency."""
    return OUTBOX.replace("<code>", code)


def agency_of(topic: str) -> str | None:
    """The agency code in an agency topic's name, or None where it is none."""
    parts = topic.split(".")
    return parts[1] if len(parts) == 4 and parts[0] == "agency" else None
