"""`python -m mrk_text`: precision and recall on the labelled examples; 1 below 0.95."""

import sys
from collections.abc import Sequence

from mrk_text.labelled import Example, examples, held, score
from mrk_text.masking import mask

GOOD = 0.95


def main() -> int:
    """Print a table of all examples and of those held apart, and which are masked otherwise."""
    own, apart = examples(), held()
    return max(
        _told("all", [*own, *apart]),
        _told("held apart from the masker", apart),
    )


def _told(name: str, given: Sequence[Example]) -> int:
    sys.stdout.write(f"{name}: {len(given)} examples\n{'kind':8}{'right':>7}{'wrong':>7}")
    sys.stdout.write(f"{'missed':>7}{'precision':>11}{'recall':>8}\n")
    scores = score(given)
    for kind, each in scores.items():
        sys.stdout.write(f"{kind:8}{each.right:>7}{each.wrong:>7}{each.missed:>7}")
        sys.stdout.write(f"{each.precision:>11.3f}{each.recall:>8.3f}\n")
    for example in given:
        told = mask(example.text).text
        if told != example.masked:
            sys.stdout.write(f"labelled: {example.masked}\n  masked: {told}\n")
    sys.stdout.write("\n")
    good = all(min(each.precision, each.recall) >= GOOD for each in scores.values())
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
