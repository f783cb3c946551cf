"""Why somebody reads, as a form says it; and the words of Inspektorat's other forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mrk_intake.domain.inspection import DETAIL_LENGTH, Purpose
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.form import Wrong

PURPOSES: Final[Mapping[Purpose, str]] = {
    Purpose.FIRST_LOOK: N_("First look"),
    Purpose.EXAMINATION: N_("Examination"),
    Purpose.ANSWER: N_("Answer to the whistle-blower"),
    Purpose.OVERSIGHT: N_("Oversight of earlier work"),
}
_CHOOSE: Final = N_("Say why you open it: choose one.")
_TOO_LONG: Final = N_("This is too long: at most %(longest)s characters.")
_TOO_SHORT: Final = N_("Tell a little more: at least %(shortest)s characters.")
UNREADABLE: Final = N_("There is a character in it that cannot be kept. Type it anew.")


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody reads.

    Attributes:
        detail: such as the number of a file at the office; in the table alone, never in a log.
    """

    purpose: Purpose
    detail: str

    def __str__(self) -> str:
        return f"{self.purpose.value}: {self.detail}" if self.detail else self.purpose.value


def why_of(typed: Mapping[str, str]) -> tuple[Why | None, dict[str, Wrong]]:
    """Why, or what is wrong with what was said."""
    detail = typed.get("detail", "").strip()
    if len(detail) > DETAIL_LENGTH:
        return None, {"detail": Wrong(_TOO_LONG, {"longest": DETAIL_LENGTH})}
    if "\x00" in detail:
        return None, {"detail": Wrong(UNREADABLE, {})}
    try:
        return Why(Purpose(typed.get("purpose", "")), detail), {}
    except ValueError:
        return None, {"purpose": Wrong(_CHOOSE, {})}


def words_of(written: str, length: tuple[int, int]) -> tuple[str, Wrong | None]:
    """Words without blanks around them, and what is wrong with them.

    Args:
        written: as typed.
        length: shortest and longest.
    """
    words, (shortest, longest) = written.strip(), length
    if len(words) < shortest:
        return words, Wrong(_TOO_SHORT, {"shortest": shortest})
    if len(words) > longest:
        return words, Wrong(_TOO_LONG, {"longest": longest})
    return words, Wrong(UNREADABLE, {}) if "\x00" in words else None
