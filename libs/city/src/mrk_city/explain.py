"""Which rule decides a report, and why: as routing does it, for people and for programs."""

from dataclasses import dataclass
from datetime import date, datetime

from mrk_city.classify import Classify
from mrk_city.ids import CategoryCode
from mrk_city.models import Place
from mrk_city.pack import CityPack
from mrk_city.rules import Matter, Ownership, minute_of_week


@dataclass(frozen=True, slots=True)
class Question:
    """A report as far as it is known.

    Attributes:
        at: latitude and longitude in degrees (WGS 84).
        category: as its reporter chose it; None: the text tells.
        on: the city's date on which it is received.
        moment: when it is received, with a time zone; None: the hour is unknown.
    """

    text: str
    on: date
    moment: datetime | None = None
    at: tuple[float, float] | None = None
    address: str | None = None
    category: CategoryCode | None = None
    kind: str = "complaint"


def explain(
    pack: CityPack, asked: Question, classify: Classify, *, verbose: bool = False
) -> dict[str, object]:
    """The answer, ready for JSON; ``owner`` is None where a person decides (``triage`` says why).

    Args:
        pack: the city.
        asked: the report.
        classify: how a text becomes a category.
        verbose: also the rules of the category that did not decide, each with why not.
    """
    guess = classify(asked.text) if asked.category is None else None
    category = guess.category if guess else asked.category
    place = _place(pack, asked)
    inside = place if place is not None and place.inside else None
    emergencies = pack.is_emergency(asked.text)
    answer: dict[str, object] = {
        "category": category,
        "category_by": _category_by(asked, category),
        "confidence": guess.score if guess else None if category is None else 1.0,
        "words": list(guess.words) if guess else [],
        "district": inside.district_code if inside else None,
        "subdistrict": inside.subdistrict_code if inside else None,
        "place": _told(place),
        "kind": asked.kind,
        "on": asked.on.isoformat(),
        "emergency_words": list(emergencies),
    }
    if category is None:
        return answer | _nobody("category-unknown") | _terms(pack, asked, None, None)
    if place is not None and not place.inside:
        return answer | _nobody("outside-the-city") | _terms(pack, asked, category, None)
    matter = Matter(
        category=category,
        on=asked.on,
        district=inside.district_code if inside else None,
        subdistrict=inside.subdistrict_code if inside else None,
        kind=asked.kind,
        minute=minute_of_week(asked.moment, pack.calendar.zone) if asked.moment else None,
        text=asked.text,
        address=asked.address,
    )
    found = pack.decide(matter)
    if found is None:
        answer |= _nobody("place-unknown" if pack.lacks_place(matter) else "no-rule")
    else:
        answer |= _somebody(pack, found)
    emergency = emergencies or (found is not None and found.priority == "emergency")
    answer["priority"] = "emergency" if emergency else "normal"
    if verbose:
        answer["considered"] = [
            {"rule": each.rule.id, "line": each.rule.line, "why_not": each.why}
            for each in pack.considered(matter)
        ]
    return answer | _terms(pack, asked, category, found.deadline if found else None)


def _category_by(asked: Question, category: CategoryCode | None) -> str | None:
    if category is None:
        return None
    return "text" if asked.category is None else "given"


def _place(pack: CityPack, asked: Question) -> Place | None:
    if asked.at is not None:
        return pack.locate(*asked.at)
    found = pack.locate_words(asked.address) if asked.address else None
    if found is None or not found.sure:
        found = pack.locate_text(asked.text)
    return found if found is not None and found.sure else None


def _told(place: Place | None) -> dict[str, object] | None:
    if place is None:
        return None
    return {
        "method": place.method,
        "certainty": place.certainty,
        "inside": place.inside,
        "note": place.note,
    }


def _nobody(why: str) -> dict[str, object]:
    nothing: dict[str, object] = dict.fromkeys(("owner", "owner_name", "rule", "road", "urgency"))
    return nothing | {"copies": [], "triage": why, "rule_words": [], "priority": "normal"}


def _somebody(pack: CityPack, found: Ownership) -> dict[str, object]:
    road = found.road
    return {
        "owner": found.owner,
        "owner_name": pack.agencies[found.owner].names[pack.city.locales[0]],
        "copies": list(found.copies),
        "triage": None,
        "rule": found.rule_id,
        "rule_words": list(found.words),
        "road": {"class": road.road_class, "street": road.street} if road else None,
        "urgency": found.urgency,
    }


def _terms(
    pack: CityPack, asked: Question, category: CategoryCode | None, name: str | None
) -> dict[str, object]:
    terms = pack.deadlines(asked.kind, category, asked.on, name)
    return {"deadline": terms.name, "resolution_days": terms.resolution.days}
