"""Every string of the pages is in both catalogues, and no catalogue has one that no page shows."""

import re
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from mrk_intake.http.web import catalogues
from mrk_web.language import Language

WEB: Final = Path(catalogues.__file__).parent
METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_FILLED: Final = re.compile(r"%\((\w+)\)s")


def shown() -> set[str]:
    found = extract_from_dir(WEB, METHODS, keywords={"_": None, "N_": None})
    return {message for _, _, message, *_ in found if isinstance(message, str)}


def catalogue(language: Language) -> Catalog:
    with catalogues.file_of(language).open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_a_catalogue_has_every_string_and_no_other(language: Language) -> None:
    strings = {str(each.id): str(each.string) for each in catalogue(language) if each.id}
    assert len(shown()) > 120
    assert set(strings) == shown()
    assert not [each for each, told in strings.items() if not told]
    assert not catalogue(language).obsolete
    assert not [each.id for each in catalogue(language) if each.id and each.fuzzy]


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_a_translation_fills_in_what_its_string_does(language: Language) -> None:
    for each in catalogue(language):
        named, told = str(each.id), str(each.string)
        if named:
            assert set(_FILLED.findall(named)) == set(_FILLED.findall(told)), named
            assert "%" not in _FILLED.sub("", told), told


def test_the_two_languages_differ_and_show_what_their_catalogues_say() -> None:
    both = {language: catalogues.load(language) for language in catalogues.LANGUAGES}
    assert both["id"].gettext("Send the report") == "Kirim laporan"
    assert both["en"].gettext("Send the report") == "Send the report"
