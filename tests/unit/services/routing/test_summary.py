from hypothesis import given
from hypothesis import strategies as st

from mrk_routing.domain.summary import SMALLEST_SHOWN, Cell, shown


@given(st.lists(st.builds(Cell, st.none() | st.text(), st.text(), st.integers(0, 30))))
def test_small_counts_are_left_out_and_others_stay(cells: list[Cell]) -> None:
    kept = shown(cells)
    assert all(cell.count >= SMALLEST_SHOWN for cell in kept)
    assert sorted(map(repr, kept)) == sorted(repr(c) for c in cells if c.count >= SMALLEST_SHOWN)


def test_few_and_none_look_alike() -> None:
    assert shown([Cell("dlh", "triage", 9)]) == shown([Cell("dlh", "triage", 0)]) == []
