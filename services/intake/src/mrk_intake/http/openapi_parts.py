"""What the operations of the description share: parameters, bodies, problems."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from mrk_web import openapi
from mrk_web.openapi import replayed

EXAMPLE_KEY: Final = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'
NUMBER: Final = {
    "name": "tracking_number", "in": "path", "required": True,
    "schema": {"type": "string"}, "example": "7K3-Q9W-XTC",
}  # fmt: skip
REPLAYED: Final = replayed("an earlier request with this key was accepted")


class FieldProblem(BaseModel):
    """One wrong field."""

    field: str = Field(description="JSON pointer, or a header's name", examples=["/text"])
    message: str = Field(examples=["Teks terlalu pendek."])
    mend: str = Field(examples=["Tulis paling sedikit 10 huruf."])


class Challenge(BaseModel):
    """Find the number up to maxnumber whose SHA-256 behind the salt is the challenge (ALTCHA).

    The header `X-Challenge-Solution` of the next request, under the same Idempotency-Key, is the
    base64 of a JSON object of algorithm, challenge, number, salt and signature.
    """

    algorithm: Literal["SHA-256"]
    challenge: str
    maxnumber: int = Field(examples=[50000])
    salt: str
    signature: str


class ProblemDetails(BaseModel):
    """A problem (RFC 9457), in the reader's language."""

    type: str = Field(examples=["/problems/validation"])
    title: str = Field(examples=["Ada isian yang perlu diperbaiki"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["Perbaiki semua isian yang disebut, lalu kirim lagi."])
    errors: list[FieldProblem] | None = None
    challenge: Challenge | None = Field(
        default=None, description="Of `/problems/challenge`: near a limit, work admits one report"
    )


PROBLEMS: Final = {
    400: "The request, its Idempotency-Key or its X-Device-Token is malformed",
    403: "Only the reporter may do this: X-Tracking-Secret is missing, or another report's",
    404: "No such report, file or upload, or one that is hidden from whoever asks",
    408: "The body came too slowly",
    409: "Where the report stands does not allow it; the type says why, the detail what to do",
    410: "The report was erased",
    412: "The upload protocol's version is not spoken",
    413: "The body is too large",
    415: "The body is not of the type that is taken here",
    422: "Wrong fields, all of them named; or the key belongs to another body",
    429: "Too many requests of this device, address or key, or (`/problems/phone-limit`) reports"
    " that name this phone number today; or (`/problems/challenge`) a limit is near: wait as long"
    " as Retry-After says, or do as the answer says",
    503: "Overloaded, or the database is away: wait as long as Retry-After says, then send again"
    " with the same key",
}


def idempotency_key(scope: str) -> dict[str, Any]:
    """The header Idempotency-Key; `scope` says what one key stands for."""
    description = f"A random key of 128 bits or more, {scope}"
    return header(
        "Idempotency-Key", description, required=True, example=EXAMPLE_KEY,
        schema={"format": "idempotency-key"},
    )  # fmt: skip


def device(description: str) -> dict[str, Any]:
    """The header X-Device-Token."""
    pattern = {"pattern": "^[!-~]{16,128}$"}
    return header("X-Device-Token", description, example="pZ7mV0sKq1xR8tYb", schema=pattern)


def secret(description: str, *, required: bool = True) -> dict[str, Any]:
    """The header X-Tracking-Secret."""
    return header(
        "X-Tracking-Secret", description, required=required, example="mN5vQe0kT1y3b6Jc9dXh2A"
    )


def header(
    name: str,
    description: str,
    *,
    required: bool = False,
    example: str,
    schema: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """A header; `schema` says more of its form."""
    return {
        "name": name, "in": "header", "required": required, "description": description,
        "schema": {"type": "string", **schema}, "example": example,
    }  # fmt: skip


def problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    """Answers that are problems, by their status."""
    return openapi.problems(statuses, PROBLEMS)
