"""The catalogues of a role with pages: every string, in Bahasa Indonesia and in English.

Strings are named by their English text. `<language>/LC_MESSAGES/messages.po` is what people edit;
it is compiled when the role starts. `make catalogues` finds new and unused strings.
"""

from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from mrk_web.language import Language

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")


def N_(message: str) -> str:  # noqa: N802  # gettext's own word for a string that is named here
    """Marks a string for the catalogues where it is named, not shown."""
    return message


def file_of(folder: Path, language: Language) -> Path:
    """A language's catalogue in a folder of catalogues."""
    return folder / language / "LC_MESSAGES" / "messages.po"


def load(folder: Path, language: Language) -> Translations:
    """A language's strings, ready to be shown."""
    with file_of(folder, language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
