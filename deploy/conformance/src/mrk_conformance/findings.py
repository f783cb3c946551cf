"""What a run found: a verdict for each rule."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_EXAMPLES_SHOWN: Final = 5


class Outcome(StrEnum):
    """What was seen of a rule."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SHOWN = "not shown"
    """The run never came to where the rule would have mattered."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold, and what to do where it doesn't."""

    code: str
    holds: str
    mend: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's outcome; ``seen`` says what broke it, the first few times."""

    rule: Rule
    outcome: Outcome
    seen: tuple[str, ...] = ()


@dataclass(slots=True)
class Findings:
    """Collects what is seen. One failure outweighs every success."""

    rules: Sequence[Rule]
    _passed: set[str] = field(default_factory=set)
    _failed: dict[str, list[str]] = field(default_factory=dict)

    def passed(self, code: str) -> None:
        """The rule was seen to hold once."""
        self._passed.add(self._known(code))

    def failed(self, code: str, seen: str) -> None:
        """The rule was seen broken; ``seen`` says by what."""
        self._failed.setdefault(self._known(code), []).append(seen)

    def was_passed(self, code: str) -> bool:
        """Whether the rule was seen to hold at least once."""
        return self._known(code) in self._passed

    def verdicts(self) -> tuple[Verdict, ...]:
        """Every rule's verdict, in the order of the rules."""
        return tuple(self._verdict(rule) for rule in self.rules)

    def _verdict(self, rule: Rule) -> Verdict:
        if seen := self._failed.get(rule.code):
            return Verdict(rule, Outcome.FAILED, tuple(seen[:_EXAMPLES_SHOWN]))
        return Verdict(rule, Outcome.PASSED if rule.code in self._passed else Outcome.NOT_SHOWN)

    def _known(self, code: str) -> str:
        if all(rule.code != code for rule in self.rules):
            raise KeyError(code)
        return code
