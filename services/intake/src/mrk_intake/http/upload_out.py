"""What is told of an upload: its state, what it is once it is clean, what it offers."""

from datetime import datetime

from pydantic import BaseModel, Field

from mrk_intake.domain import offered
from mrk_intake.domain.attachments import MediaType, Refusal, State
from mrk_intake.http.refusals import TEXTS
from mrk_intake.store.sealing import Seal
from mrk_intake.store.uploads import Upload
from mrk_web.language import Language


class OfferOut(BaseModel):
    """What the photo told before it was taken out: for the form, if the reporter agrees."""

    lat: float | None = None
    lon: float | None = None
    taken_at: datetime | None = None


class RefusedOut(BaseModel):
    """Why the file is not taken."""

    code: Refusal
    text: str


class UploadOut(BaseModel):
    """How far an upload has come."""

    state: State
    length: int
    received: int
    expires_at: datetime | None = None
    media_type: MediaType | None = Field(default=None, description="Of the file as it is kept")
    size: int | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = Field(default=None, description="Of the file as it is kept")
    offer: OfferOut | None = None
    refused: RefusedOut | None = None


def upload_out(upload: Upload, seal: Seal, language: Language) -> UploadOut:
    """What is told of an upload; `seal` opens its offer."""
    refused = offer = None
    if upload.refusal is not None:
        text = TEXTS[upload.refusal].to(language)
        refused = RefusedOut(code=upload.refusal, text=text)
    if upload.offer is not None:
        told = offered.from_json(seal.opened("offer", upload.offer))
        offer = OfferOut(lat=told.lat, lon=told.lon, taken_at=told.taken_at)
    clean = upload.clean
    return UploadOut(
        state=upload.state,
        length=upload.length,
        received=upload.received,
        expires_at=upload.expires_at,
        media_type=None if clean is None else clean.media_type,
        size=None if clean is None else clean.size,
        width=None if clean is None else clean.width,
        height=None if clean is None else clean.height,
        sha256=None if clean is None else clean.sha256.hex(),
        offer=offer,
        refused=refused,
    )
