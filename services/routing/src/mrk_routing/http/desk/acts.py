"""What people of the desk do to a case: the commands of an agency, and a dispatcher's decisions."""

from typing import Final, assert_never
from uuid import uuid4

from mrk_delivery.tx import Tx
from mrk_routing.domain.act import Merge, Unmerge, Wish
from mrk_routing.domain.case_file import CaseFile, for_inbox
from mrk_routing.domain.command import Order, decide
from mrk_routing.domain.desk import Person
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.http.desk.desk import Desk
from mrk_routing.store import desk_audit, desk_cases
from mrk_routing.store.acting import Outcome, act_on, carry_out
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

    async def beside(tx: Tx, outcome: Outcome) -> None:
        if isinstance(outcome, Moved):
            done = CommandDone(
                command_id=f"{COMMAND_ID}{uuid4()}",
                command_type=type(command).TYPE,
                case=for_inbox(outcome.file.case),
                remark=outcome.remark,
            )
            Publisher(tx, now, current_traceparent()).inbox(agency, key, done)
        await _noted(desk, tx, person, what, key, _rule(outcome))

    return _told(what, key, await act_on(desk.pool, key, now, desk.rules.dues, deciding, beside))


async def decided(
    desk: Desk, person: Person, file: CaseFile, quoted: int, wish: Wish
) -> str | None:
    """Do what a dispatcher wants, unless somebody turned the case since the version quoted.

    Args:
        file: the case as it was shown.

    Returns:
        As `commanded`.
    """
    what, key = f"case.{type(wish).__name__.lower()}", file.id

    async def beside(tx: Tx, outcome: Outcome) -> None:
        rule = _rule(outcome)
        other = _other(file, wish) if rule is None else None
        if other is None:
            await _noted(desk, tx, person, what, key, rule)
            return
        # each of the two records names the other case
        number = await desk_cases.number_of(tx.conn, other)
        there = "case.takes-part" if isinstance(wish, Merge) else "case.loses-part"
        await _noted(desk, tx, person, what, key, number)
        await _noted(desk, tx, person, there, other, file.case.tracking_number)

    now = desk.clock.now()
    return _told(what, key, await carry_out(desk.pool, key, wish, desk.rules, now, quoted, beside))


def _other(file: CaseFile, wish: Wish) -> ComplaintId | None:
    """The case that a wish is about, beside the one that it changes."""
    if isinstance(wish, Merge):
        return wish.into
    return file.case.part_of if isinstance(wish, Unmerge) else None


async def _noted(  # noqa: PLR0913, PLR0917  # who wants what, and what came of it
    desk: Desk, tx: Tx, person: Person, what: str, complaint: ComplaintId, detail: str | None
) -> None:
    await desk_audit.note(tx.conn, desk.wall(), person.id, what, complaint, detail)


def _told(what: str, complaint: ComplaintId, outcome: Outcome) -> str | None:
    rule = _rule(outcome)
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
