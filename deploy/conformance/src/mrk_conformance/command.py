"""`mrk conformance`: what it may touch, what it starts, and how it ends."""

import asyncio
import ipaddress
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError
from rich.console import Console

from mrk_city import load_pack
from mrk_conformance import telling
from mrk_conformance.against_agency import AgainstAgency
from mrk_conformance.against_routing import AgainstRouting
from mrk_conformance.findings import Outcome, Verdict
from mrk_conformance.line import NoTopicError, open_line
from mrk_delivery.topics import apply
from mrk_local.errors import LocalError
from mrk_local.kafka import KafkaBroker
from mrk_local.ports import free_port
from mrk_routing.consumers.commands import GROUP
from mrk_routing.domain.due import DueDates
from mrk_schemas.ids import AgencyCode
from mrk_schemas.registry import inbox_of, outbox_of
from mrk_schemas.topics import expand

Side = Literal["routing", "agency"]
FAILED: Final = 2
"""Exit code where a rule failed; 0 where none did, 1 where the run could not be made."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    Attributes:
        plays: the side that the kit plays.
        bootstrap: of the broker; None: one of its own, which ends with the run.
        kafka: aiokafka's options for security.
        complaint: as an agency: the case that it works on; None: none.
        patience: how long an answer may take, seconds.
        known_to_write: the caller has read what is written, and that the broker is not local.
    """

    agency: AgencyCode
    city: Path
    plays: Side = "routing"
    bootstrap: str | None = None
    port: int = 0
    complaint: str | None = None
    patience: float = 30
    known_to_write: bool = False
    as_json: bool = False
    kafka: Mapping[str, Any] | None = None


def what_is_written(options: Options) -> str:
    """In words, before it is written."""
    if options.plays == "routing":
        return (
            f"about a dozen made-up cases, marked UJI-KESESUAIAN, to {inbox_of(options.agency)};"
            " whoever reads that topic takes them for real"
        )
    case = (
        f" and works on case {options.complaint} until it is resolved" if options.complaint else ""
    )
    return f"right and wrong commands to {outbox_of(options.agency)}{case}"


def refuse_strangers(options: Options) -> None:
    """Only a local broker is written to without being told so.

    Raises:
        LocalError: it is not local, and the caller did not say that they know.
    """
    if options.bootstrap and not options.known_to_write and not _is_local(options.bootstrap):
        raise LocalError(
            f"{options.bootstrap} is not on this machine, and this writes "
            + what_is_written(options),
            "never run it against production; for a staging broker say --i-know",
        )


def _is_local(bootstrap: str) -> bool:
    hosts = [part.strip().rpartition(":")[0].strip("[]") for part in bootstrap.split(",")]
    return all(host == "localhost" or _loopback(host) for host in hosts)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def conform(options: Options, console: Console) -> int:
    """Run it; returns the exit code.

    Raises:
        LocalError: it could not be run, with the mend.
    """
    pack = load_pack(options.city)
    if options.agency not in pack.agencies:
        raise LocalError(
            f"{options.agency} is no agency of this city",
            f"name one of: {', '.join(sorted(pack.agencies))}",
        )
    refuse_strangers(options)
    console.print(f"This writes {what_is_written(options)}.")
    if options.bootstrap is not None:
        verdicts = await _run(options, options.bootstrap, DueDates(pack), console)
    else:
        verdicts = await _on_own_broker(options, DueDates(pack), console)
    if options.as_json:
        print(telling.as_json(options.agency, options.plays, verdicts))  # noqa: T201  # the answer
    else:
        telling.table(console, f"{options.agency}: what was seen", verdicts)
    return FAILED if any(each.outcome is Outcome.FAILED for each in verdicts) else 0


async def _on_own_broker(options: Options, dues: DueDates, console: Console) -> Sequence[Verdict]:
    if options.plays == "agency":
        raise LocalError("there is no routing on a broker of its own", "name one by --bootstrap")
    with tempfile.TemporaryDirectory(prefix="mrk-conformance-") as folder:
        broker = KafkaBroker(Path(folder), options.port, free_port())
        await broker.start()
        try:
            wanted = (inbox_of(options.agency), outbox_of(options.agency))
            topics = [each for each in expand([options.agency]) if each.name in wanted]
            await apply({"bootstrap_servers": broker.bootstrap}, topics)
            console.print(
                f"A broker of its own listens on [bold]{broker.bootstrap}[/bold]: start the"
                f" agency's system against it within {options.patience:g} s."
            )
            return await _run(options, broker.bootstrap, dues, console)
        finally:
            await broker.stop()


async def _run(
    options: Options, bootstrap: str, dues: DueDates, console: Console
) -> Sequence[Verdict]:
    kafka = {"bootstrap_servers": bootstrap, **(options.kafka or {})}
    inbox, outbox = inbox_of(options.agency), outbox_of(options.agency)
    try:
        if options.plays == "agency":
            async with open_line(kafka, outbox, inbox) as line:
                play = AgainstRouting(
                    line, options.agency, options.complaint, options.patience, console.print
                )
                return await play.run()
        if options.bootstrap is not None:
            await _refuse_two_routings(kafka)
        async with open_line(kafka, inbox, outbox) as line:
            kit = AgainstAgency(line, options.agency, dues, options.patience, console.print)
            return await kit.run()
    except NoTopicError as missing:
        raise LocalError(
            f"there is no topic {missing} on {bootstrap}", "create it with `mrk topics apply`"
        ) from missing
    except (KafkaError, OSError) as error:
        raise LocalError(
            f"the broker {bootstrap} cannot be used: {error}",
            "see that it runs, that this machine reaches it, and that the principal may use both"
            " topics of the agency",
        ) from error


async def _refuse_two_routings(kafka: Mapping[str, Any]) -> None:
    """A routing that is at work would refuse every command for a made-up case."""
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        found = await admin.describe_consumer_groups([GROUP])
    except GroupCoordinatorNotAvailableError:
        return  # nobody ever consumed anything here
    finally:
        await admin.close()
    if any(group[5] for answer in found for group in answer.groups):
        raise LocalError(
            "routing reads this broker too, and would refuse every command for a made-up case",
            "leave --bootstrap out for a broker of its own, or stop routing's role consumer",
        )


def run(options: Options) -> int:
    """As `conform`, with messages on stderr, so that stdout holds the answer alone."""
    return asyncio.run(conform(options, Console(stderr=options.as_json)))
