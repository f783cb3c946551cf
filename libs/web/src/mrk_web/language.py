"""The reader's language: Bahasa Indonesia first, English second."""

from typing import Final, Literal, NamedTuple

from starlette.datastructures import Headers

from mrk_telemetry.serving import Scope

Language = Literal["id", "en"]
DEFAULT: Final[Language] = "id"
_MAX_RANGES: Final = 10


class Text(NamedTuple):
    """One sentence in both languages. `{name}` marks what the caller fills in."""

    id: str
    en: str

    def to(self, language: Language) -> str:
        """The sentence in that language."""
        return self.id if language == "id" else self.en


def language_of(accept_language: str | None) -> Language:
    """The language to answer in (RFC 9110, 12.5.4).

    Args:
        accept_language: the header's value; None when absent.

    Returns:
        The preferred one of `id` (also `in`, its former code, and `ms`, which its readers
        understand) and `en`; `id` when neither is asked for or both equally.
    """
    if not accept_language:
        return DEFAULT
    best: Language = DEFAULT
    best_quality = 0.0
    for part in accept_language.split(",")[:_MAX_RANGES]:
        tag, _, parameter = part.strip().partition(";")
        language = _known(tag)
        quality = _quality(parameter)
        if language is not None and (
            quality > best_quality or (quality == best_quality and language == DEFAULT)
        ):
            best, best_quality = language, quality
    return best


def language_of_scope(scope: Scope) -> Language:
    """The language to answer a request in."""
    return language_of(Headers(scope=scope).get("accept-language"))


def _known(tag: str) -> Language | None:
    match tag.strip().partition("-")[0].lower():
        case "id" | "in" | "ms":
            return "id"
        case "en":
            return "en"
        case _:
            return None


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
