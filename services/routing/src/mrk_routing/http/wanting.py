"""Query parameters of role `api`: each checked, every wrong one named at once."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError
from starlette.datastructures import QueryParams

from mrk_routing.store.owned import Wanted
from mrk_schemas.cases import CaseState
from mrk_schemas.ids import UUID_PATTERN
from mrk_web.language import Language, Text
from mrk_web.validation import Messages, Wrong, validation_problem

MOST: Final = 200
LAST_PLACE: Final = 2**63 - 1
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})"
)
_MESSAGES: Final[Messages] = {
    "no_instant": Wrong(
        Text("Waktu tidak terbaca.", "This is not a time."),
        Text("Kirim misalnya 2026-01-31T08:00:00%2B07:00 (tanda + ditulis %2B).",
             "Send such as 2026-01-31T08:00:00%2B07:00 (a plus is written %2B)."),
    ),
    "no_number": Wrong(
        Text("Bukan bilangan yang dapat dipakai.", "This is not a number that can be used."),
        Text("Kirim bilangan bulat dari {least} sampai {most}.",
             "Send a whole number from {least} to {most}."),
    ),
    "repeated": Wrong(
        Text("Parameter ini dikirim lebih dari sekali.", "This parameter comes more than once."),
        Text("Kirim satu saja.", "Send it once."),
    ),
}  # fmt: skip


def _instant(value: object) -> object:
    # pydantic would take a number of seconds too, and dates without a time
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("no_instant", "no instant")
    return value


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("no_instant", "no instant") from None


def _once(value: object) -> object:
    if isinstance(value, list):
        raise PydanticCustomError("repeated", "repeated")
    return value


def _whole(least: int, most: int) -> BeforeValidator:
    def read(value: object) -> object:
        if isinstance(value, int):
            return value
        text = str(value)
        if not text.isascii() or not text.isdigit() or not least <= int(text[:20]) <= most:
            raise PydanticCustomError("no_number", "no number", {"least": least, "most": most})
        return int(text)

    return BeforeValidator(read)


Once = BeforeValidator(_once)
Moment = Annotated[AwareDatetime, AfterValidator(_utc), BeforeValidator(_instant), Once]


class CasesQuery(BaseModel):
    """Which cases are wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Annotated[
        tuple[CaseState, ...] | None,
        BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
    ] = None
    open: Annotated[Literal["true", "false"] | None, Once] = None
    updated_since: Moment | None = None
    due_before: Moment | None = None
    after: Annotated[str, StringConstraints(pattern=UUID_PATTERN), Once] | None = None
    limit: Annotated[int, _whole(1, MOST), Once] = Field(default=100, validate_default=False)

    def wanted(self) -> Wanted:
        """For the store."""
        return Wanted(
            after=self.after or "",
            states=self.state,
            open=None if self.open is None else self.open == "true",
            updated_since=self.updated_since,
            due_before=self.due_before,
            limit=self.limit,
        )


class InboxQuery(BaseModel):
    """Which part of the inbox is wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Annotated[int, _whole(0, LAST_PLACE), Once] = 0
    limit: Annotated[int, _whole(1, MOST), Once] = 100


QueryT = TypeVar("QueryT", bound=BaseModel)


def query_of(model: type[QueryT], given: QueryParams, language: Language) -> QueryT:
    """The query of a request.

    Raises:
        ProblemError: 422 that names every wrong parameter.
    """
    values: Mapping[str, Any] = {
        name: several if len(several := given.getlist(name)) > 1 else several[0] for name in given
    }
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise validation_problem(error, language, _MESSAGES) from None
