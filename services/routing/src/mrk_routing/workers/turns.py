"""What a worker does again and again, with a database that may be away."""

from collections.abc import Awaitable, Callable

from mrk_delivery.errors import is_transient
from mrk_telemetry.health import Beat, Condition
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop


async def turns(  # noqa: PLR0913  # what a loop is made of
    turn: Callable[[], Awaitable[bool]],
    stop: Stop,
    beat: Beat,
    *,
    every_s: float,
    failed: str,
    ready: Condition | None = None,
) -> None:
    """Take turns until stopped. A database that is away is asked again.

    Args:
        turn: does some of the work; whether there is more, so that the next one follows at once.
        stop: ends it.
        beat: told at each turn.
        every_s: seconds between turns where there is no more.
        failed: the log's event for a database that is away: fixed words.
        ready: whether the database answers.

    Raises:
        Exception: a defect.
    """
    while not stop.is_set():
        beat.beat()
        try:
            more = await turn()
            if ready is not None:
                ready.ok()
        except Exception as error:
            if not is_transient(error):
                raise
            if ready is not None:
                ready.fail("away")
            get_logger().warning(failed, error=type(error).__name__)
            more = False
        if not more:
            await stop.sleep(every_s)
