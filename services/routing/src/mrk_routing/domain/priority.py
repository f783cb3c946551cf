"""How urgent a case is: a number for queues to sort by, and why, in stable codes."""

from dataclasses import dataclass, replace
from enum import StrEnum

from mrk_city import CityPack, PriorityData
from mrk_routing.domain.case_file import CaseFile
from mrk_schemas.cases import Priority
from mrk_schemas.ids import CategoryCode

EMERGENCY_FROM = 90
"""Every emergency stands at least here; nothing else does."""

_HIGHEST = 100


class Reason(StrEnum):
    """What raised an urgency: stable codes that clients translate."""

    EMERGENCY = "emergency"
    RULE = "rule"
    CATEGORY = "category"
    DANGER = "danger-in-words"
    REPEATS = "repeats"
    FOLLOWERS = "followers"
    SCHOOL = "near-school"
    HOSPITAL = "near-hospital"
    CLINIC = "near-clinic"
    VULNERABLE = "near-vulnerable"


_NEAR = {"school": Reason.SCHOOL, "hospital": Reason.HOSPITAL, "clinic": Reason.CLINIC}


@dataclass(frozen=True, slots=True)
class Facts:
    """What an urgency is reckoned from.

    Attributes:
        emergency: its words are an emergency's.
        category: None where it is not known yet.
        dangerous: its words tell of danger.
        repeats: other open cases of the same matter near it.
        followers: residents who follow it; None where nobody ever did.
        vulnerable: kinds of landmarks near it where people are hurt sooner.
        ruled: the least that the rule states that named its owner; 0 where it states none.
    """

    emergency: bool = False
    category: CategoryCode | None = None
    dangerous: bool = False
    repeats: int = 0
    followers: int | None = None
    vulnerable: frozenset[str] = frozenset()
    ruled: int = 0


@dataclass(frozen=True, slots=True)
class Urgency:
    """From 0 to 100, 100 first; ``reasons`` from the weightiest sort to the lightest."""

    points: int
    reasons: tuple[Reason, ...]


def urgency(facts: Facts, scale: PriorityData) -> Urgency:
    """How urgent these facts are by a city's scale; more of any of them never makes it less."""
    parts = (
        (Reason.CATEGORY, scale.of_category(facts.category)),
        (Reason.DANGER, scale.dangerous_points if facts.dangerous else 0),
        *((why, scale.vulnerable_points) for why in _near(facts.vulnerable)[:1]),
        (Reason.REPEATS, scale.repeats.of(facts.repeats)),
        (Reason.FOLLOWERS, scale.followers.of(facts.followers or 0)),
    )
    points = min(EMERGENCY_FROM - 1, sum(part for _, part in parts))
    reasons = [why for why, part in parts if part > 0]
    if scale.of_category(facts.category) <= scale.base:
        reasons = [why for why in reasons if why is not Reason.CATEGORY]
    if facts.emergency:
        # among emergencies the rest decides, within the few points above everything else
        points = EMERGENCY_FROM + points * (_HIGHEST - EMERGENCY_FROM) // (EMERGENCY_FROM - 1)
        reasons.insert(0, Reason.EMERGENCY)
    least = facts.ruled if facts.emergency else min(facts.ruled, EMERGENCY_FROM - 1)
    if least > points:
        points = least
        reasons.insert(1 if facts.emergency else 0, Reason.RULE)
    reasons += [why for why in _near(facts.vulnerable)[1:] if scale.vulnerable_points]
    return Urgency(points, tuple(reasons))


def _near(kinds: frozenset[str]) -> list[Reason]:
    """Several kinds count once; each is told."""
    return sorted({_NEAR.get(kind, Reason.VULNERABLE) for kind in kinds}, key=list(Reason).index)


def facts_of(file: CaseFile, pack: CityPack) -> Facts:
    """What the case says of itself; of a confidential one the words, since routing has no point."""
    case, place = file.case, file.place
    address = place.address if place is not None else None
    said = "\n".join(part for part in (file.words, address) if part)
    lat, lon = (place.lat, place.lon) if place is not None else (None, None)
    point = (lat, lon) if lat is not None and lon is not None else None
    return Facts(
        emergency=case.priority is Priority.EMERGENCY,
        category=case.category,
        dangerous=bool(said and pack.dangers(said)),
        repeats=file.repeats,
        followers=case.followers,
        vulnerable=pack.vulnerable(said or None, point),
        ruled=file.decision.urgency or 0 if file.decision is not None else 0,
    )


def rated(file: CaseFile, pack: CityPack) -> CaseFile:
    """The case with its urgency as it stands now; it moves no state and no due date.

    Args:
        file: the case; not an erased one.
        pack: the city's scale, words and landmarks.
    """
    now = urgency(facts_of(file, pack), pack.priority)
    reasons = tuple(reason.value for reason in now.reasons)
    changes = {"urgency": now.points, "urgency_reasons": reasons}
    return replace(file, case=file.case.model_copy(update=changes))
