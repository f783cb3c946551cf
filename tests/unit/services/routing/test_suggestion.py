import routing_kit as kit

from mrk_routing.domain.assign import NeedsTriage, Rules, assign


def test_a_category_from_the_words_keeps_what_suggested_it(rules: Rules) -> None:
    file = kit.assigned(rules, category=None, text="Lampu jalan mati sudah seminggu")
    assert file.decision is not None
    assert (file.decision.suggested, file.decision.category_by) == ("street-lights", "text")
    assert file.decision.model == rules.pack.model_version
    assert file.decision.words


def test_below_the_threshold_a_dispatcher_sees_the_suggestion(rules: Rules) -> None:
    decision = assign(kit.report(category=None, text="qwxz vbnm"), rules, kit.MONDAY)
    assert isinstance(decision, NeedsTriage)
    assert decision.file.case.category is None
    read = decision.file.decision
    assert read is not None
    assert read.suggested in rules.pack.categories
    assert (read.category_by, read.model) == (None, rules.pack.model_version)


def test_nothing_is_suggested_where_the_resident_chose(rules: Rules) -> None:
    read = kit.assigned(rules, category="roads").decision
    assert read is not None
    assert read.suggested is None


def test_an_erased_case_keeps_no_suggestion(rules: Rules) -> None:
    file = kit.assigned(rules, category=None, text="Lampu jalan mati sudah seminggu")
    assert file.blanked(kit.LATER).decision is None
