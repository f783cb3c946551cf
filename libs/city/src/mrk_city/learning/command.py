"""`make model` and `mrk model evaluate`: makes a candidate, and takes it where it is better."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time
from typing import Final

from mrk_city.learning.examples import Example, digest, held_out, read_tsv
from mrk_city.learning.measure import Measures, measure, owners, why_not_better
from mrk_city.learnt import MODEL, Learnt
from mrk_city.models import Guess
from mrk_city.pack import CityPack, load_pack
from mrk_city.problems import PackError, Problems
from mrk_city.read_rules import read_rules
from mrk_classifier import Model, ModelError, load_model

CANDIDATE: Final = "category.candidate.model"
METRICS: Final = "category.metrics.json"
_CHANGES_SHOWN: Final = 10


def main(arguments: Sequence[str]) -> int:
    """``python -m mrk_city.learning make|evaluate``.

    Returns:
        0; 1 where the candidate is not better or something is wrong.
    """
    given = _parser().parse_args(arguments)
    try:
        pack = load_pack(given.city)
        command: Callable[[CityPack, argparse.Namespace], int] = given.run
        return command(pack, given)
    except (PackError, ModelError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mrk model")
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--city", type=Path, required=True, help="folder of the city pack")
    common.add_argument(
        "--on",
        type=date.fromisoformat,
        default=datetime.now(UTC).date(),
        help="the day whose duties count",
    )
    make = commands.add_parser("make", parents=[common], help="make a candidate")
    make.add_argument("--corrections", type=Path, help="also learn from `mrk model corrections`")
    make.add_argument("--take", action="store_true", help="take it even where it is not better")
    make.set_defaults(run=_make)
    evaluate = commands.add_parser("evaluate", parents=[common], help="compare two models")
    evaluate.add_argument("--data", type=Path, help="labelled texts; the pack's held-out ones")
    evaluate.add_argument("--model", type=Path, help=f"the new one; the pack's {CANDIDATE}")
    evaluate.add_argument("--against", type=Path, help=f"the other one; the pack's {MODEL}")
    evaluate.add_argument("--json", action="store_true", help="for programs")
    evaluate.set_defaults(run=_evaluate)
    return parser


def _make(pack: CityPack, given: argparse.Namespace) -> int:
    """Make the candidate; it becomes the pack's model where it is better, or where told to."""
    from mrk_city.learning.teach import teach  # noqa: PLC0415  # needs the extra `train`

    extra = read_tsv(given.corrections) if given.corrections else []
    taught = teach(pack, given.city, extra)
    candidate, running = given.city / CANDIDATE, given.city / MODEL
    candidate.write_bytes(taught.content)
    texts = held_out(given.city)
    new = _measured(pack, given, candidate, texts)
    _say(f"candidate {load_model(candidate).version}", new)
    reasons = []
    if running.exists():
        before = _measured(pack, given, running, texts)
        _say(f"running {load_model(running).version}", before)
        reasons = why_not_better(new, before)
    if running.exists() and running.read_bytes() == taught.content:
        sys.stdout.write("the candidate is the running model, byte for byte\n")
        candidate.unlink()
    elif reasons and not given.take:
        sys.stdout.write(
            f"not better, so not taken: {'; '.join(reasons)} — it lies in {candidate}; "
            "`make model ARGS=--take` takes it all the same\n"
        )
        return 1
    else:
        candidate.replace(running)
        sys.stdout.write(f"taken: {running}\n")
    version = load_model(running).version
    report = {"model": version, **taught.facts, "held_out": digest(texts), **new.plain()}
    report["threshold"] = load_model(running).threshold
    text = json.dumps(report, indent=2, ensure_ascii=False, sort_keys=True)
    (given.city / METRICS).write_text(text + "\n", encoding="utf-8")
    return 0


def _evaluate(pack: CityPack, given: argparse.Namespace) -> int:
    """Compare, category by category; 1 where the new model is not better."""
    texts = read_tsv(given.data) if given.data else held_out(given.city)
    unknown = sorted({each.category for each in texts} - set(map(str, pack.categories)))
    if unknown:
        raise ValueError(
            f"{given.data}: {', '.join(unknown)} is no category — use codes of categories.yaml"
        )
    new = _measured(pack, given, given.model or given.city / CANDIDATE, texts)
    before = _measured(pack, given, given.against or given.city / MODEL, texts)
    reasons = why_not_better(new, before)
    if given.json:
        report = {"new": new.plain(), "against": before.plain(), "why_not_better": reasons}
        sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        return 1 if reasons else 0
    _say("new", new)
    _say("against", before)
    sys.stdout.write(
        f"1,000 texts are read in {_reading_ms(pack, texts):.0f} ms of processor time\n"
    )
    changes = {name: share - before.recall.get(name, 0.0) for name, share in new.recall.items()}
    for name, change in sorted(changes.items(), key=lambda row: row[1]):
        if change:
            sys.stdout.write(f"  {name}: {before.recall[name]:.2f} → {new.recall[name]:.2f}\n")
    sys.stdout.write(f"not better: {'; '.join(reasons)}\n" if reasons else "better\n")
    return 1 if reasons else 0


def _reading_ms(pack: CityPack, texts: Sequence[Example]) -> float:
    """Of a thousand texts such as these, by the running model; the best of five rounds."""
    pack.prepare_guesses()

    def once() -> float:
        start = process_time()
        for each in texts:
            pack.suggest(each.text)
        return process_time() - start

    return min(once() for _ in range(5)) * 1_000 * 1_000 / len(texts)


def _measured(
    pack: CityPack, given: argparse.Namespace, file: Path, texts: Sequence[Example]
) -> Measures:
    try:
        model = load_model(file)
    except FileNotFoundError:
        raise ModelError(file, "there is no such model", "make one with `make model`") from None
    return measure(_asking(pack, given.city, model), texts, owners(pack, given.on))


def _asking(pack: CityPack, folder: Path, model: Model) -> Callable[[str], Guess | None]:
    learnt = Learnt(model, read_rules(folder, Problems()))

    def ask(text: str) -> Guess | None:
        return learnt.guess(pack.words(text))

    return ask


def _say(name: str, found: Measures) -> None:
    sys.stdout.write(
        f"{name}: {found.texts} texts, accuracy {found.accuracy:.3f}, "
        f"macro-F1 {found.macro_f1:.3f}, decided {found.decided:.3f}, "
        f"owner right among those {found.owner_right:.3f}, "
        f"decided though there was no category {found.wrongly_decided:.3f}, ECE {found.ece:.3f}\n"
    )
    for right, guessed, count in found.confused[:_CHANGES_SHOWN]:
        sys.stdout.write(f"  {right} taken for {guessed}: {count}\n")
