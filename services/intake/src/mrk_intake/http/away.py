"""A database that is away for a moment, told to whoever asks: 503, and when to ask again."""

import contextlib
from collections.abc import Iterator

from mrk_delivery.errors import is_transient
from mrk_intake.http.reports import RETRY_AFTER_S
from mrk_telemetry import metrics
from mrk_web.overload import overloaded


@contextlib.contextmanager
def database_may_be_away() -> Iterator[None]:
    """What the database refuses for now is to be asked again, under the same key.

    Raises:
        ProblemError: 503 with `Retry-After`.
    """
    try:
        yield
    except Exception as error:
        if not is_transient(error):
            raise
        metrics.request_refused("database")
        raise overloaded(RETRY_AFTER_S) from error
