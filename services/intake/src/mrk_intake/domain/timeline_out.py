"""The public timeline as the API describes it."""

from datetime import datetime

from pydantic import BaseModel, Field

from mrk_intake.domain.attachments import MediaType
from mrk_intake.domain.steps import StepType
from mrk_schemas.cases import ClockName


class StepText(BaseModel):
    """One sentence in both languages."""

    id: str
    en: str


class DeadlineOut(BaseModel):
    """When a clock runs out, and why then."""

    clock: ClockName
    due_at: datetime
    derivation: str


class StepOut(BaseModel):
    """Something that happened to the report."""

    at: datetime
    type: StepType
    text: StepText
    agency: str | None = Field(default=None, examples=["sdabmbk"])
    agency_name: str | None = Field(default=None, description="In the reporter's language")
    agency_names: StepText | None = None
    due_at: datetime | None = Field(default=None, description="When it must be resolved")
    derivation: str | None = Field(default=None, description="How that date was reckoned")
    question: int | None = Field(default=None, description="Which question of the agency's")
    answer_by: datetime | None = Field(
        default=None, description="Until when the agency waits for the answer"
    )
    answer_by_derivation: str | None = Field(default=None, description="How that date was reckoned")
    deadlines: list[DeadlineOut] | None = None
    national_id: str | None = Field(default=None, description="Number at SP4N-LAPOR!")
    note: str | None = Field(
        default=None,
        description="The agency's or the reporter's words; a question and its answer are shown to"
        " the reporter alone",
    )
    rating: int | None = Field(default=None, description="The reporter's: 1 is bad, 5 is good")
    level: str | None = Field(default=None, description="Who was told that it is overdue")
    level_names: StepText | None = None
    clock: ClockName | None = Field(default=None, description="Which clock has run out")
    channel: str | None = Field(default=None, examples=["email"])
    message: str | None = Field(default=None, examples=["assigned"])


class FileOut(BaseModel):
    """A photo or a document of the report; a hidden report's needs X-Tracking-Secret too."""

    url: str
    media_type: MediaType
    size: int
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None


class Timeline(BaseModel):
    """What happened to a report until now."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    kind: str
    category: str | None = None
    state: str = Field(examples=["received", "assigned", "disputed"])
    received_at: datetime
    followers: int = Field(description="How many other residents follow it")
    events: list[StepOut]
    attachments: list[FileOut] | None = Field(
        default=None, description="Photos; documents only to the reporter"
    )
    proofs: list[FileOut] | None = Field(default=None, description="Photos of the agency's work")
