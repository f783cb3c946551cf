"""Which fault strikes which request: rules by rate and one-shot rules, from one seed.

The plan only decides; a simulator's server carries the decision out.
"""

import random
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

LATENCY = "latency"
"""The one kind that is drawn for itself and may come together with another."""


class FaultConfigError(ValueError):
    """The configuration is not understood; the text names the field."""


@dataclass(frozen=True)
class Fault:
    """One kind of trouble with its parameters; each kind reads those that concern it.

    Attributes:
        kind: the fault's name.
        rate: share of the group's requests that it strikes, 0 to 1.
        contains: strikes only requests whose address or body contains this text.
        times: how many requests a one-shot rule strikes.
        ms: latency, milliseconds.
        jitter_ms: up to so many milliseconds more.
        retry_after: `Retry-After` of a 429, whole seconds.
        seconds: how long to hold an answer, or a store that comes late.
        stored: whether the request takes effect although its answer is spoilt.
    """

    kind: str
    rate: float = 1.0
    contains: str | None = None
    times: int = 1
    ms: float = 0.0
    jitter_ms: float = 0.0
    retry_after: int = 1
    seconds: float = 15.0
    stored: bool | None = None


_TYPES: Mapping[str, tuple[type, ...]] = {
    "kind": (str,),
    "rate": (int, float),
    "contains": (str,),
    "times": (int,),
    "ms": (int, float),
    "jitter_ms": (int, float),
    "retry_after": (int,),
    "seconds": (int, float),
    "stored": (bool,),
}
_DEFAULTS = {item.name: item.default for item in fields(Fault)}


@dataclass(frozen=True)
class Decision:
    """What strikes one request: seconds of latency, and at most one other fault."""

    latency: float = 0.0
    fault: Fault | None = None


@dataclass
class _OneShot:
    group: str | None
    fault: Fault
    left: int


@dataclass
class FaultPlan:
    """The faults in force.

    Attributes:
        kinds: for each route group the kinds that it knows.
        initial: switches (name → on) as they are without a configuration.
    """

    kinds: Mapping[str, frozenset[str]]
    initial: Mapping[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.injected: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.configure({})

    def configure(self, raw: object) -> None:
        """Replace the plan; draws start afresh from `seed` (random when absent, and shown).

        Raises:
            FaultConfigError: the old plan stays in force.
        """
        config = _mapping(raw, "the configuration")
        _known(config, {"seed", "rates", "next", *self.initial}, "the configuration")
        seed = config.get("seed")
        if seed is None:
            seed = secrets.randbelow(2**31)
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise FaultConfigError("seed is not a whole number")
        switches = dict(self.initial)
        for name in self.initial:
            value = config.get(name, switches[name])
            if not isinstance(value, bool):
                raise FaultConfigError(f"{name} is neither true nor false")
            switches[name] = value
        rules = self._rules(_mapping(config.get("rates", {}), "rates"))
        shots = config.get("next", [])
        if not isinstance(shots, list):
            raise FaultConfigError("next is not a list")
        queue = [self._one_shot(shot, f"next[{index}]") for index, shot in enumerate(shots)]
        self._seed = seed
        self.switches = switches
        self._rates = rules
        self._next = queue
        self._random = {group: random.Random(f"{seed}:{group}") for group in self.kinds}  # noqa: S311  # replayable, not secret

    def describe(self) -> dict[str, Any]:
        """The plan as `configure` takes it, with what was injected since the start."""
        return {
            "seed": self._seed,
            **self.switches,
            "rates": {
                group: {
                    kind: [_shown(rule) for rule in rules if rule.kind == kind]
                    for kind in dict.fromkeys(rule.kind for rule in rules)
                }
                for group, rules in self._rates.items()
            },
            "next": [
                {**({"group": shot.group} if shot.group else {}), **_shown(shot.fault)}
                | {"kind": shot.fault.kind, "times": shot.left}
                for shot in self._next
            ],
            "requests": dict(self.requests),
            "injected": dict(self.injected),
        }

    def draw(self, group: str, text: str) -> Decision:
        """Decide for one request of `group`; `text` is its address and body."""
        self.requests[group] += 1
        source = self._random[group]
        # Always three draws, so that the n-th request of a group meets the same fate from the
        # same seed whatever the rules are.
        chance, slow, jitter = source.random(), source.random(), source.random()
        latency = 0.0
        struck: Fault | None = None
        threshold = 0.0
        for rule in self._rates.get(group, ()):
            if rule.contains is not None and rule.contains not in text:
                continue
            if rule.kind == LATENCY:
                if slow < rule.rate:
                    latency += (rule.ms + jitter * rule.jitter_ms) / 1000
                continue
            threshold += rule.rate
            if struck is None and chance < threshold:
                struck = rule
        shot = self._take(group, text)
        if shot is not None and shot.kind == LATENCY:
            latency += (shot.ms + jitter * shot.jitter_ms) / 1000
        elif shot is not None:
            struck = shot
        if latency:
            self.injected[f"{group}.{LATENCY}"] += 1
        if struck:
            self.injected[f"{group}.{struck.kind}"] += 1
        return Decision(latency, struck)

    def _take(self, group: str, text: str) -> Fault | None:
        for shot in self._next:
            fits = shot.group in (None, group) and shot.fault.kind in self.kinds[group]
            if fits and (shot.fault.contains is None or shot.fault.contains in text):
                shot.left -= 1
                if shot.left == 0:
                    self._next.remove(shot)
                return shot.fault
        return None

    def _rules(self, rates: Mapping[str, Any]) -> dict[str, list[Fault]]:
        _known(rates, set(self.kinds), "rates")
        rules: dict[str, list[Fault]] = {}
        for group, by_kind in rates.items():
            where = f"rates.{group}"
            found: list[Fault] = []
            for kind, given in _mapping(by_kind, where).items():
                for item in given if isinstance(given, list) else [given]:
                    raw = item if isinstance(item, dict) else {"rate": item}
                    found.append(self._fault({**raw, "kind": kind}, group, f"{where}.{kind}"))
            total = sum(rule.rate for rule in found if rule.kind != LATENCY and not rule.contains)
            if total > 1 + 1e-9:
                raise FaultConfigError(f"{where}: the rates add up to {total:g}, more than 1")
            rules[group] = found
        return rules

    def _one_shot(self, raw: object, where: str) -> _OneShot:
        given = dict(_mapping(raw, where))
        group = given.pop("group", None)
        if group is not None and group not in self.kinds:
            raise FaultConfigError(f"{where}: unknown group {group!r}; known: {_names(self.kinds)}")
        fault = self._fault(given, group, where)
        return _OneShot(group, fault, fault.times)

    def _fault(self, raw: Mapping[str, Any], group: str | None, where: str) -> Fault:
        _known(raw, set(_TYPES), where)
        for name, value in raw.items():
            fits = isinstance(value, _TYPES[name])
            if not fits or (isinstance(value, bool) and name != "stored"):
                raise FaultConfigError(f"{where}: {name} has the wrong type")
        allowed = frozenset().union(*self.kinds.values()) if group is None else self.kinds[group]
        if raw.get("kind") not in allowed:
            raise FaultConfigError(
                f"{where}: unknown kind {raw.get('kind')!r}; known: {_names(allowed)}"
            )
        fault = replace(Fault(kind=raw["kind"]), **raw)
        if not 0 <= fault.rate <= 1:
            raise FaultConfigError(f"{where}: rate is not between 0 and 1")
        if min(fault.ms, fault.jitter_ms, fault.retry_after, fault.seconds) < 0 or fault.times < 1:
            raise FaultConfigError(f"{where}: a duration or a count is too small")
        return fault


def _mapping(raw: object, where: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise FaultConfigError(f"{where} is not an object")
    return raw


def _known(raw: Mapping[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(set(raw) - names)
    if unknown:
        raise FaultConfigError(f"{where}: unknown {', '.join(unknown)}; known: {_names(names)}")


def _names(names: object) -> str:
    return ", ".join(sorted(names)) if isinstance(names, (set, frozenset, dict)) else str(names)


def _shown(fault: Fault) -> dict[str, Any]:
    return {
        item.name: getattr(fault, item.name)
        for item in fields(Fault)
        if item.name not in ("kind", "times")
        and (item.name == "rate" or getattr(fault, item.name) != _DEFAULTS[item.name])
    }
