"""The error's type decides whether to try again, in one place."""

import asyncpg


class Transient(Exception):  # noqa: N818  # the word of the field, as in `except Transient`
    """Nothing is wrong with the record: the same attempt may succeed later."""


class Poison(Exception):  # noqa: N818  # as Transient
    """This record can never be processed: it becomes a dead letter with this reason."""


class TooLarge(Poison):
    """An event's body is larger than the broker takes."""


class GapError(Exception):
    """The log starts later than what was consumed: records are gone from the broker."""

    log_safe = True


class TooManyBadError(Exception):
    """Most of the recent keys are bad: the consumer stops before it drains the topic."""

    log_safe = True


_TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57", "58")


def is_transient(error: BaseException) -> bool:
    """Whether the same attempt may succeed later: connections, locks, resources, shutdowns.

    Source of the classes: PostgreSQL's appendix A (08 connection, 40 rollback, 53 resources,
    55 object state, 57 operator intervention, 58 system).
    """
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_TRANSIENT_SQLSTATES)
    # InternalClientError is what asyncpg raises when its connection dies between two states
    return isinstance(
        error,
        Transient | asyncpg.InterfaceError | asyncpg.InternalClientError | OSError | TimeoutError,
    )
