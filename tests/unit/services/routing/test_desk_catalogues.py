"""Every string of the desk is in both catalogues, and no catalogue has one that no page shows."""

import re
from typing import Any, Final

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from mrk_pages.catalogues import LANGUAGES, file_of
from mrk_routing.http.desk.pages import LOCALES
from mrk_web.language import Language

METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS: Final[Any] = {"_": None, "N_": None, "ngettext": (1, 2)}
_FILLED: Final = re.compile(r"%\((\w+)\)s")


def _named(message: Any) -> str:
    return str(message[0] if isinstance(message, tuple) else message)


def shown() -> set[str]:
    found = extract_from_dir(LOCALES.parent, METHODS, keywords=KEYWORDS)
    return {_named(message) for _, _, message, *_ in found}


def told(language: Language) -> dict[str, tuple[str, ...]]:
    with file_of(LOCALES, language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    assert not catalogue.obsolete
    assert not [each.id for each in catalogue if each.id and each.fuzzy]
    return {
        _named(each.id): tuple(each.string) if isinstance(each.id, tuple) else (str(each.string),)
        for each in catalogue
        if each.id
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_string_and_no_other(language: Language) -> None:
    strings = told(language)
    assert len(shown()) > 150
    assert set(strings) == shown()
    assert not [each for each, words in strings.items() if not all(words)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_what_its_string_does(language: Language) -> None:
    for named, several in told(language).items():
        for words in several:
            assert set(_FILLED.findall(named)) == set(_FILLED.findall(words)), named
            assert "%" not in _FILLED.sub("", words), words


def test_the_two_languages_differ() -> None:
    both = {language: told(language) for language in LANGUAGES}
    assert both["id"]["Queue"] == ("Antrean",)
    assert both["en"]["Queue"] == ("Queue",)
