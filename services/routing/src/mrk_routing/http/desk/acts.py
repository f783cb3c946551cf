"""What people of the desk do to a case: the commands of an agency, and a dispatcher's decisions."""

from collections.abc import Callable
from typing import Final, assert_never
from uuid import uuid4

from mrk_delivery.tx import Tx
from mrk_routing.domain.act import Wish, act
from mrk_routing.domain.case_file import CaseFile, for_inbox
from mrk_routing.domain.command import Order, decide
from mrk_routing.domain.desk import Person
from mrk_routing.domain.guards import is_stale
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.domain.refusals import FUTURE_VERSION, STALE
from mrk_routing.http.desk.desk import Desk
from mrk_routing.store import desk_audit
from mrk_routing.store.acting import Deciding, Outcome, act_on
from mrk_routing.store.publishing import Publisher
from mrk_schemas.agencies import Command, CommandDone
from mrk_schemas.ids import AgencyCode, ComplaintId
from mrk_telemetry.logs import get_logger
from mrk_telemetry.traces import current_traceparent

COMMAND_ID: Final = "desk:"
"""How ids begin of commands that were given at the desk."""


async def commanded(
    desk: Desk, person: Person, agency: AgencyCode, command: Command, what: str
) -> str | None:
    """Apply an agency's command as one that came over its outbox; its own systems hear of it.

    State, events and record commit together, under the lock of the complaint's stream.

    Args:
        what: names it in the record.

    Returns:
        The code of the rule that refused it.
    """
    key, now = command.complaint_id, desk.clock.now()

    def deciding(file: CaseFile, version: int) -> Outcome:
        order = Order(agency, key, command, desk.pack.agencies)
        return decide(file, order, version, now, desk.rules.dues)

    def told(tx: Tx, outcome: Moved) -> None:
        done = CommandDone(
            command_id=f"{COMMAND_ID}{uuid4()}",
            command_type=type(command).TYPE,
            case=for_inbox(outcome.file.case),
            remark=outcome.remark,
        )
        Publisher(tx, now, current_traceparent()).inbox(agency, key, done)

    return await _acted(desk, person, key, what, deciding, told)


async def decided(
    desk: Desk, person: Person, complaint: ComplaintId, quoted: int, wish: Wish
) -> str | None:
    """Do what a dispatcher wants, unless somebody turned the case since the version quoted.

    Returns:
        As `commanded`.
    """
    now = desk.clock.now()

    def deciding(file: CaseFile, version: int) -> Outcome:
        if quoted > version:
            return Refused(FUTURE_VERSION)
        if is_stale(file, quoted):
            return Refused(STALE)
        return act(file, wish, desk.rules, now)

    what = f"case.{type(wish).__name__.lower()}"
    return await _acted(desk, person, complaint, what, deciding, None)


async def _acted(  # noqa: PLR0913, PLR0917  # who wants what, and how it is told
    desk: Desk, person: Person, complaint: ComplaintId, what: str, deciding: Deciding,
    told: Callable[[Tx, Moved], None] | None,
) -> str | None:  # fmt: skip
    async def beside(tx: Tx, outcome: Outcome) -> None:
        if isinstance(outcome, Moved) and told is not None:
            told(tx, outcome)
        rule = _rule(outcome)
        await desk_audit.note(tx.conn, desk.wall(), person.id, what, complaint, rule)

    now = desk.clock.now()
    rule = _rule(await act_on(desk.pool, complaint, now, desk.rules.dues, deciding, beside))
    get_logger().info("desk.acted", what=what, complaint=complaint, refused=rule)
    return rule


def _rule(outcome: Outcome) -> str | None:
    match outcome:
        case Moved():
            return None
        case Refused(rule) | NotYours(rule):
            return rule.code
        case _:
            assert_never(outcome)
