"""What the bridge consumes and writes, and what its roles import."""

import subprocess
import sys

from mrk_delivery.clock import Clock
from mrk_schemas.cases import (
    CaseActionSetAside,
    CaseErased,
    CaseEscalated,
    CaseRated,
    CaseReminded,
)
from mrk_schemas.registry import MODELS, REPORTS, types_of
from mrk_schemas.reports import (
    ReportContactChanged,
    ReporterActed,
    ReportFollowed,
    ReportUnfollowed,
)
from mrk_spanlapor_bridge.consumers.complaints import subscriptions
from mrk_spanlapor_bridge.domain.filing import Names


def test_every_type_of_its_topics_is_handled_or_ignored() -> None:
    (subscription,) = subscriptions(Names({}, {}, {}), Clock())
    assert subscription.group == "spanlapor-bridge.complaints"
    topics = {type_ for topic in subscription.topics for type_ in types_of(topic)}
    assert subscription.handles | subscription.ignores == topics
    # what a reporter did arrives as a case's fact
    acts = {type_ for type_ in types_of(REPORTS) if issubclass(MODELS[type_], ReporterActed)}
    own = {CaseErased.TYPE, CaseRated.TYPE, CaseActionSetAside.TYPE}
    # who follows is the city's own; the national copy stays as it was filed
    own |= {ReportFollowed.TYPE, ReportUnfollowed.TYPE, ReportContactChanged.TYPE}
    own |= {CaseReminded.TYPE, CaseEscalated.TYPE}
    assert subscription.ignores == acts | own


def test_the_worker_never_loads_kafka() -> None:
    code = (
        "import sys, mrk_spanlapor_bridge.roles, mrk_spanlapor_bridge.workers.mirror,"
        " mrk_spanlapor_bridge.gateways.splp, mrk_delivery.worker;"
        "print([m for m in sys.modules if m.split('.')[0] in ('aiokafka', 'faststream')])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
