"""`python -m mrk_text`: precision and recall on the labelled examples; 1 below 0.95."""

import sys

from mrk_text.labelled import examples, score
from mrk_text.masking import mask

GOOD = 0.95


def main() -> int:
    """Print the table and the examples that are masked otherwise than labelled."""
    given = examples()
    sys.stdout.write(f"{len(given)} examples\n{'kind':8}{'right':>7}{'wrong':>7}{'missed':>7}")
    sys.stdout.write(f"{'precision':>11}{'recall':>8}\n")
    scores = score(given)
    for kind, each in scores.items():
        sys.stdout.write(f"{kind:8}{each.right:>7}{each.wrong:>7}{each.missed:>7}")
        sys.stdout.write(f"{each.precision:>11.3f}{each.recall:>8.3f}\n")
    for example in given:
        told = mask(example.text).text
        if told != example.masked:
            sys.stdout.write(f"labelled: {example.masked}\n  masked: {told}\n")
    good = all(min(each.precision, each.recall) >= GOOD for each in scores.values())
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
