"""A form with files as it comes, part by part: nothing of it is held (RFC 7578)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mrk_web.problems import BAD_REQUEST, ProblemError

MEDIA_TYPE: Final = "multipart/form-data"
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Begun:
    """A part begins.

    Attributes:
        name: of the field.
        file: the file's name, for its sender to know it again; None of a field that is no file.
        type: that the browser names; empty where it names none.
    """

    name: str
    file: str | None
    type: str


@dataclass(frozen=True, slots=True)
class Bytes:
    """What comes next of the part."""

    data: bytes


class Ended:
    """The part is complete."""


Event = Begun | Bytes | Ended


async def events(content_type: str, body: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """What comes of a form.

    Args:
        content_type: of the request.
        body: as it comes.

    Raises:
        ProblemError: 400 for one that is no form, or that ends too early.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise ProblemError(BAD_REQUEST)
    reading = _Reading(boundary)
    async for piece in body:
        for event in reading.feed(piece):
            yield event
    if not reading.complete:
        raise ProblemError(BAD_REQUEST)


class _Reading:
    """The parser's callbacks, as events in their order."""

    def __init__(self, boundary: bytes) -> None:
        self.complete = False
        self._events: list[Event] = []
        self._header = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._headers.clear,
                    "on_header_field": self._field,
                    "on_header_value": self._told,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._begun,
                    "on_part_data": self._data,
                    "on_part_end": self._ended,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise ProblemError(BAD_REQUEST) from None

    def feed(self, piece: bytes) -> list[Event]:
        """What these bytes tell."""
        self._events = []
        try:
            self._parser.write(piece)
        except FormParserError:
            raise ProblemError(BAD_REQUEST) from None
        return self._events

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _told(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _begun(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name, file = options.get(b"name"), options.get(b"filename")
        if name is None:
            raise ProblemError(BAD_REQUEST)
        type_ = self._headers.get(b"content-type", b"").decode("latin-1")
        told = None if file is None else shown_name(file.decode("utf-8", "replace"))
        self._events.append(Begun(name.decode("utf-8", "replace"), told, type_))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(Bytes(data[start:end]))

    def _ended(self) -> None:
        self._events.append(Ended())

    def _end(self) -> None:
        self.complete = True


def shown_name(written: str) -> str:
    """A file's name as its sender may see it again: no folder, nothing that cannot be shown."""
    last = written.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable())[:_LONGEST_NAME]
