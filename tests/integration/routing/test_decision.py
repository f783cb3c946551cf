"""How a case was decided is stored with it, told to nobody, and erased with the rest."""

import json

import routing_records as kit

from mrk_schemas.reports import InformationAdded

SAID = "Lampu jalan mati total, kata Bu Tarigan"


async def test_a_decision_is_kept_with_the_case_and_never_published(routing: kit.Routing) -> None:
    await routing.reports(kit.received(category=None, text=SAID))
    (row,) = await routing.cases()
    decision = json.loads(row["decision"])
    assert "lampu jalan" in decision.pop("words")
    assert 0.6 <= decision.pop("confidence") <= 1
    assert decision.pop("model")
    assert decision == {
        "rule": "street-lights",
        "category_by": "text",
        "suggested": "street-lights",
        "rule_words": [],
        "place_method": json.loads(row["place"])["method"],
    }
    for event in await routing.sent():
        assert {"decision", "confidence", "words"}.isdisjoint(event.body["case"])
        assert {"decision", "confidence", "words"}.isdisjoint(event.body)


async def test_a_later_step_leaves_it_and_an_erasure_takes_it(routing: kit.Routing) -> None:
    await routing.reports(kit.received(category=None, text=SAID))
    (before,) = await routing.cases()
    await routing.reports(kit.acted(InformationAdded, category=None, text=SAID))
    (after,) = await routing.cases()
    assert after["words"] != before["words"]
    assert after["decision"] == before["decision"]
    await routing.reports(kit.erased(sequence=3))
    (erased,) = await routing.cases()
    assert erased["erased"]
    assert erased["decision"] is None
