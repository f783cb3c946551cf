"""What is wrong with the filters of a list, in the words of the catalogues."""

from collections.abc import Mapping, Sequence
from typing import Final

from mrk_intake.domain.open311.parameters import Fault
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.form import Wrong

_LIST: Final = N_("There is no such choice. Choose one from the list.")
TEXTS: Final[Mapping[str, str]] = {
    "repeated": N_("This filter is given more than once. Give it once."),
    "words_long": N_("This is too long: at most %(longest)s characters."),
    "words_unreadable": N_("There is a character in it that cannot be kept. Type it anew."),
    "words_none": N_("Type a word of letters or numbers."),
    "category_unknown": _LIST,
    "district_unknown": _LIST,
    "subdistrict_unknown": _LIST,
    "subdistrict_elsewhere": N_(
        "%(name)s is in %(district)s. Choose that kecamatan, or leave it open."
    ),
    "not_of_these": N_("There is no such choice. These are possible: %(these)s."),
    "day": N_("Write the day like 2026-03-02."),
    "day_to_come": N_("This day is still to come. Choose an earlier one."),
    "days_turned": N_("This day is before the first one. Choose a later one."),
    "sort_open": N_("What is solved is not waited for. Choose the newest first, or another state."),
    "mark": N_("This part of the address is torn. Begin at the first page."),
    "marks": N_("A page begins after one report or ends before another. Begin at the first page."),
    "not_of_map": N_("A map has neither order nor pages. Leave this out."),
    "unknown": N_("No list has this filter. Leave it out."),
}
"""By the type of the mistake."""


def wrong_filters(faults: Sequence[Fault]) -> dict[str, Wrong]:
    """Every wrong parameter with the first thing that is wrong with it."""
    found: dict[str, Wrong] = {}
    for each in faults:
        found.setdefault(each.parameter, Wrong(TEXTS[each.type], each.context))
    return found
