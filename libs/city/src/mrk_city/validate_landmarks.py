"""Finds what does not fit together in a pack's landmarks."""

from mrk_city.draft import Draft
from mrk_city.landmarks import FILE, KINDS, STREET, metres
from mrk_city.models import Landmark
from mrk_city.problems import Problems
from mrk_city.read_places import DISTRICTS, SUBDISTRICTS

_FARTHEST_M = 3_000
"""A kelurahan is rarely wider: a point farther from all centres of its row is a mistake."""


def validate_landmarks(draft: Draft, problems: Problems) -> None:
    """Note unknown kinds and codes, names that cannot be told apart, and points elsewhere."""
    for each in draft.landmarks:
        _row(each, draft, problems)
    _names(draft, problems)


def _row(each: Landmark, draft: Draft, problems: Problems) -> None:
    def bad(message: str, mend: str) -> None:
        problems.add(FILE, each.line, message, mend)

    if not draft.speech.address.words(each.name):
        bad("the name has no letters", "write the name that people say")
    if each.kind not in KINDS:
        bad(f"kind '{each.kind}' of {each.name} is not known", f"use one of: {', '.join(KINDS)}")
    if not each.source:
        bad(f"{each.name} has no source", "say from where you know it")
    _places(each, draft, problems)


def _places(each: Landmark, draft: Draft, problems: Problems) -> None:
    known = {item.code for item in draft.subdistricts}
    districts = {item.code for item in draft.districts}
    told = [
        f"kelurahan '{c}' is not in {SUBDISTRICTS}" for c in each.subdistricts if c not in known
    ]
    told += [f"kecamatan '{c}' is not in {DISTRICTS}" for c in each.districts if c not in districts]
    for message in told:
        problems.add(FILE, each.line, message, "correct the code")
    if not each.subdistricts and not each.districts:
        mend = "write codes of kelurahan or kecamatan under 'places'"
        problems.add(FILE, each.line, f"{each.name} lies nowhere", mend)
    within = [
        (item.lat, item.lon)
        for item in draft.subdistricts
        if item.code in each.subdistricts or item.district in each.districts
    ]
    if each.point is None or not within:
        return
    nearest = min(metres(each.point, centre) for centre in within)
    if nearest > _FARTHEST_M:
        message = f"the point of {each.name} is {nearest / 1000:.1f} km from the places of its row"
        problems.add(FILE, each.line, message, "correct lat and lon, or the places")


def _names(draft: Draft, problems: Problems) -> None:
    speech = draft.speech.address
    names: dict[tuple[str, bool], Landmark] = {}
    for each in draft.landmarks:
        street = each.kind == STREET
        for name in (each.name, *each.aliases):
            read = "".join(speech.words(name))
            first = names.setdefault((read, street), each)
            if first is not each and read:
                told = f"'{name}' is already in line {first.line}, as a name of {first.name}"
                mend = "leave it in one row, or make the names differ"
                problems.add(FILE, each.line, told, mend)
