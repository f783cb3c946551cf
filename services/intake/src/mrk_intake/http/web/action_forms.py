"""The forms by which a reporter acts: which there are, what was typed, and what is wrong."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from mrk_intake.domain.actions import BODIES, STEPS, Action, allowed
from mrk_intake.domain.said import RATINGS, WORDS_LENGTH
from mrk_intake.domain.timeline import Placed
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.form import KEY, Wrong
from mrk_schemas.reports import Kind

SLUGS: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.ANSWER: "jawaban",
        Action.CONFIRMATION: "konfirmasi",
        Action.DISPUTE: "sanggahan",
        Action.RATING: "penilaian",
        Action.INFORMATION: "keterangan",
        Action.WITHDRAWAL: "pencabutan",
    }
)
"""The last part of each form's address, in the order in which the page shows them."""

BY_SLUG: Final[Mapping[str, Action]] = MappingProxyType(
    {slug: action for action, slug in SLUGS.items()}
)
_KEY_BYTES: Final = 24
_OTHER: Final = N_("Please look at this again.")
_WORDS: Final[Mapping[str, str]] = {
    "text missing": N_("Write what you want to say."),
    "text string_too_short": N_("Tell a little more: at least %(shortest)s characters."),
    "text string_too_long": N_("This is too long: at most %(longest)s characters."),
    "text nul_character": N_("There is a character in it that cannot be kept. Type it anew."),
}
_RATING: Final = N_("Choose a number from %(shortest)s to %(longest)s.")
_LIMITS: Final = {"text": WORDS_LENGTH, "rating": RATINGS}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was not taken.

    Attributes:
        typed: its fields.
        errors: what is wrong with them, by the id of the field on the page.
        notice: a string of the catalogues, on the whole form.
        refused: why the report's state does not allow it, in the reader's language.
    """

    action: Action
    typed: Mapping[str, str]
    errors: Mapping[str, Wrong] = field(default_factory=dict)
    notice: str | None = None
    refused: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ActionForm:
    """A form as the page shows it.

    Attributes:
        key: its idempotency key.
        words: whether words must be said (True), may be (False), or have no place (None).
        ratings: what a rating may be; empty where there is none.
        longest: characters of the words.
        typed: what was typed.
        tried: it was sent, and not taken.
    """

    action: Action
    slug: str
    key: str
    words: bool | None
    ratings: Sequence[int]
    longest: int
    typed: Mapping[str, str]
    tried: bool


def forms(kind: Kind, state: str, before: int, attempt: Attempt | None) -> list[ActionForm]:
    """The forms that a report's state allows.

    Args:
        kind: the report's.
        state: the timeline's.
        before: how many actions were taken on it.
        attempt: a form that was not taken; its words and its key stay.
    """
    open_ = allowed(kind, state, before)
    return [_form(action, attempt) for action in SLUGS if action in open_]


def _form(action: Action, attempt: Attempt | None) -> ActionForm:
    fields = BODIES[action].model_fields
    tried = attempt is not None and attempt.action is action
    typed = attempt.typed if attempt is not None and tried else {}
    return ActionForm(
        action=action,
        slug=SLUGS[action],
        key=typed.get(KEY) or secrets.token_urlsafe(_KEY_BYTES),
        words=fields["text"].is_required() if "text" in fields else None,
        ratings=range(RATINGS[0], RATINGS[1] + 1) if "rating" in fields else (),
        longest=WORDS_LENGTH[1],
        typed={"text": "", "rating": "", **typed},
        tried=tried,
    )


def fields_of(action: Action, typed: Mapping[str, str]) -> dict[str, str]:
    """The fields that say something, for `said.of_form`."""
    return {name: typed[name] for name in BODIES[action].model_fields if name in typed}


def wrong_fields(action: Action, error: ValidationError) -> dict[str, Wrong]:
    """Every wrong field, by its id on the page, with the first thing that is wrong with it."""
    found: dict[str, Wrong] = {}
    for each in error.errors(include_url=False, include_input=False):
        name = str(each["loc"][0])
        message = _RATING if name == "rating" else _WORDS.get(f"{name} {each['type']}", _OTHER)
        shortest, longest = _LIMITS[name]
        values = {"shortest": shortest, "longest": longest}
        found.setdefault(f"{action.value}-{name}", Wrong(message, values))
    return found


def done(slug: str, placed: Sequence[Placed]) -> Action | None:
    """The action that an address says was just taken; None where the report knows of none."""
    action = BY_SLUG.get(slug)
    if action is None or all(each.step.type != STEPS[action][0] for each in placed):
        return None
    return action
