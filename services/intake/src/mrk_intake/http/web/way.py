"""How a report's form comes here, and what is told of one that is not taken."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from mrk_intake.domain.report import WEB
from mrk_intake.http.web.filled import Filled
from mrk_intake.http.web.following import FollowingPages
from mrk_intake.http.web.form import Wrong
from mrk_intake.http.web.twins import Twins


@dataclass(frozen=True, slots=True)
class Way:
    """How a form comes here: from a resident's own page, or from somebody who helps.

    Attributes:
        channel: of the report.
        scope: of the idempotency key; empty of a resident's form, which has the key alone.
        fields: further ones that a person fills in.
        values: further ones for the template.
        errors: of the further fields.
        before: told before the report is stored.
        after: told once it is, before it is acknowledged.
    """

    channel: str = WEB
    scope: str = ""
    fields: Sequence[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Wrong] = field(default_factory=dict)
    before: Callable[[bytes], Awaitable[None]] | None = None
    after: Callable[[bytes, UUID], Awaitable[None]] | None = None


RESIDENT: Final = Way()


@dataclass(frozen=True, slots=True)
class Alike:
    """What offers open reports of the same thing nearby.

    Attributes:
        twins: finds them.
        follows: takes who follows one of them instead.
    """

    twins: Twins
    follows: FollowingPages


@dataclass(frozen=True, slots=True)
class Told:
    """Why a form is not taken.

    Attributes:
        errors: wrong fields.
        notice: a string of the catalogues, on the whole form.
        wait_s: seconds until it may be sent again.
        challenge: what a browser solves before it sends the form again.
    """

    errors: Mapping[str, Wrong] = field(default_factory=dict)
    notice: str | None = None
    wait_s: int | None = None
    challenge: Mapping[str, Any] | None = None


NOTHING: Final = Told()


def refusal(filled: Filled, told: Told, say: Callable[[str], str]) -> dict[str, Any]:
    """What a script is told of a form that is not taken.

    Args:
        filled: the form.
        told: what is wrong with it.
        say: the reader's catalogue.
    """
    return {
        "errors": [
            {"field": name, "message": say(wrong.message) % wrong.values}
            for name, wrong in told.errors.items()
        ],
        "photos": [
            {"upload": each.token, "name": each.name, "code": each.code, "message": each.text}
            for each in filled.wrong
        ],
        "notice": None if told.notice is None else say(told.notice),
    }
