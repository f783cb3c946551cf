"""The catalogues of intake's pages; see `mrk_pages.catalogues`."""

from pathlib import Path
from typing import Final

from babel.support import Translations

from mrk_pages import catalogues
from mrk_pages.catalogues import LANGUAGES, N_
from mrk_web.language import Language

__all__ = ["FOLDER", "LANGUAGES", "N_", "file_of", "load"]

FOLDER: Final = Path(__file__).parent / "locales"


def file_of(language: Language) -> Path:
    """A language's catalogue."""
    return catalogues.file_of(FOLDER, language)


def load(language: Language) -> Translations:
    """A language's strings, ready to be shown."""
    return catalogues.load(FOLDER, language)
