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

    known = {item.code: item for item in draft.subdistricts}
    if not draft.speech.address.words(each.name):
        bad("the name has no letters", "write the name that people say")
    if each.kind not in KINDS:
        bad(f"kind '{each.kind}' of {each.name} is not known", f"use one of: {', '.join(KINDS)}")
    for code in each.subdistricts:
        if code not in known:
            bad(f"kelurahan '{code}' is not in {SUBDISTRICTS}", "correct the code")
    districts = {item.code for item in draft.districts}
    for district in each.districts:
        if district not in districts:
            bad(f"kecamatan '{district}' is not in {DISTRICTS}", "correct the code")
    if not each.subdistricts and not each.districts:
        bad(f"{each.name} lies nowhere", "write codes of kelurahan or kecamatan under 'places'")
    if not each.source:
        bad(f"{each.name} has no source", "say from where you know it")
    within = [known[code] for code in each.subdistricts if code in known]
    within += [item for item in draft.subdistricts if item.district in each.districts]
    if each.point is None or not within:
        return
    nearest = min(metres(each.point, (item.lat, item.lon)) for item in within)
    if nearest > _FARTHEST_M:
        told = f"the point of {each.name} is {nearest / 1000:.1f} km from the places of its row"
        bad(told, "correct lat and lon, or the places")


def _names(draft: Draft, problems: Problems) -> None:
    speech = draft.speech.address
    names: dict[tuple[str, bool], Landmark] = {}
    own = {
        "".join(speech.words(name)): item.name
        for item in draft.subdistricts
        for name in (item.name, *item.aliases)
    }
    for each in draft.landmarks:
        street = each.kind == STREET
        for name in (each.name, *each.aliases):
            read = "".join(speech.words(name))
            first = names.setdefault((read, street), each)
            if first is not each and read:
                told = f"'{name}' is already in line {first.line}, as a name of {first.name}"
                mend = "leave it in one row, or make the names differ"
                problems.add(FILE, each.line, told, mend)
            if not street and read in own and name == each.name and each.name != own[read]:
                told = f"'{name}' is read as the kelurahan {own[read]}"
                problems.add(FILE, each.line, told, "put what it is before the name")
