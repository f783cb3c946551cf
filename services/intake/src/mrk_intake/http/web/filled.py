"""The report's form as it was sent: its fields, its uploads, and files that are not taken."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mrk_intake.http.taking import Unready
from mrk_intake.http.web import multipart
from mrk_telemetry.serving import Scope

PATH: Final = "/lapor"
FILES: Final = "foto"
"""The field with the files."""

KEPT: Final = "unggahan"
"""The field of an upload that the form has already: its credential, a space, the file's name."""

DROPPED: Final = "hapus"
"""The field of a ticked box: the credential of an upload that is to be left out."""

_TOKEN: Final = re.compile(r"([\w-]{43}) (.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Photo:
    """An upload of the form.

    Attributes:
        name: of the file, as its sender knows it.
    """

    token: str
    name: str


@dataclass(frozen=True, slots=True)
class WrongFile:
    """A file that is not taken, or not yet.

    Attributes:
        name: of the file.
        text: what is wrong with it and its mend, in the reader's language.
        token: of its upload; empty where there is none.
        code: for scripts.
    """

    name: str
    text: str
    token: str = ""
    code: str = Unready.REFUSED.value


@dataclass(slots=True)
class Filled:
    """The form as it was sent.

    Attributes:
        typed: its fields.
        photos: its uploads.
        wrong: files that are not among them.
    """

    typed: dict[str, str]
    photos: list[Photo] = field(default_factory=list)
    wrong: list[WrongFile] = field(default_factory=list)


def is_multipart(content_type: str) -> bool:
    """Whether a form comes with files."""
    return content_type.partition(";")[0].strip().lower() == multipart.MEDIA_TYPE


def comes_with_files(scope: Scope) -> bool:
    """Whether a request is the report's form with files, whose body may be larger."""
    if scope["method"] != "POST" or scope["path"] != PATH:
        return False
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    return any(is_multipart(each.decode("latin-1")) for each in types)


def kept(pairs: Sequence[tuple[str, str]]) -> list[Photo]:
    """The uploads that the form has already, without those whose box is ticked."""
    dropped = {value for name, value in pairs if name == DROPPED}
    found = (_TOKEN.fullmatch(value) for name, value in pairs if name == KEPT)
    return [
        Photo(each[1], multipart.shown_name(each[2]))
        for each in found
        if each is not None and each[1] not in dropped
    ]


def filled(
    pairs: Sequence[tuple[str, str]], photos: Sequence[Photo], wrong: list[WrongFile]
) -> Filled:
    """Each upload once, whatever came how often."""
    once = {photo.token: photo for photo in reversed((*kept(pairs), *photos))}
    return Filled(dict(pairs), list(reversed(once.values())), wrong)
