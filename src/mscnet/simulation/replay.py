"""The actions of a BNGL file, done one after the other: runs, and changes of populations and parameters between them.

As in BioNetGen, a run begins with the populations at which the one before it ended, unless they are reset; a species
that nothing has changed yet has the initial population of the file, which follows the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

from mscnet.diagnostics import UNSUPPORTED, MechanismError, Span
from mscnet.interop.bngl_protocol import (
    METHODS,
    AmountStep,
    GenerateStep,
    OtherStep,
    ParameterStep,
    RefusedStep,
    SimulateStep,
    StateStep,
    Step,
)
from mscnet.mechanism.expression import Expression, Number, Sum, Symbol, evaluate, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Seed, Structure
from mscnet.mechanism.types import Species
from mscnet.records import dataclass, replace
from mscnet.rules.check import SpeciesTexts
from mscnet.simulation.simulate import simulate
from mscnet.simulation.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Segment:
    """One run of a file: its number from 1, the suffix that the file gives it, and what came of it."""

    number: int
    suffix: str | None
    trajectory: Trajectory


def replay(
    mechanism: Mechanism, steps: Iterable[Step], progress: Callable[[float], object] | None = None, **settings: Any
) -> Iterator[Segment]:
    """The runs of a file, in order (see `interop.bngl.read_protocol`); `settings` (`rtol`, `atol`) are those of
    `simulate`.

    Raises:
        MechanismError: a rule or a species that cannot be, a run without an end, or one that begins where a
            network-free run ended.
        SimulationError: a run could not finish.
    """
    state = _State(mechanism)
    number = 0
    for step in steps:
        if isinstance(step, SimulateStep):
            number += 1
            yield Segment(number, step.suffix, state.run(step, progress, settings))
        elif isinstance(step, RefusedStep):
            message = f"{step.what}: mscnet does not have this"
            raise MechanismError.of(UNSUPPORTED, message, span=step.span)
        elif not isinstance(step, GenerateStep | OtherStep):
            state.change(step)


class _State:
    """Populations by canonical text, where they are not those of the file, values of parameters, and the time."""

    def __init__(self, mechanism: Mechanism) -> None:
        assert mechanism.structure is not None
        self._rules = mechanism
        self._structure: Structure = mechanism.structure
        self._texts = SpeciesTexts(mechanism.structure)
        self._values: dict[str, float] = {}
        self._amounts: dict[str, Expression] = {}
        self._saved: dict[tuple[str, str], Any] = {}
        self._time = 0.0
        #: Where a network-free run ended, after which the populations are not known.
        self._unknown: Span | None = None
        self._last: Trajectory | None = None

    @property
    def _valued(self) -> Mechanism:
        return self._rules.with_values(self._values) if self._values else self._rules

    # --- changes ---

    def change(self, step: ParameterStep | AmountStep | StateStep) -> None:
        if isinstance(step, ParameterStep):
            self._values[step.name] = self._valued.evaluate(step.value)
        elif isinstance(step, AmountStep):
            self._set(step)
        elif not step.resets:
            known = self._amounts if step.what == "concentrations" else self._values
            self._saved[step.what, step.label] = dict(known)
        else:
            self._reset(step)

    def _set(self, step: AmountStep) -> None:
        text = self._texts.of(step.species)
        value = self._known(step)
        if step.adds:
            before = self._amounts.get(text)
            if before is None:
                before = next(
                    (one.initial for one in self._structure.seeds if self._texts.of(one.pattern) == text), None
                )
            value = value if before is None else Sum((before, value))
        self._amounts[text] = value

    def _known(self, step: AmountStep) -> Expression:
        """The value of a step: as it is where it holds parameters alone, else what it is at the end of the last run."""
        model = self._valued
        varying: set[str] = set()

        def varies(expression: Expression) -> bool:
            return any(one.kind in ("observable", "time") or one.name in varying for one in symbols(expression))

        for one in model.definitions:  # each after those that it needs
            if varies(one.expression):
                varying.add(one.name)
        if not varies(step.value):
            return step.value
        last = self._last
        if last is None:
            message = "observables and functions have no value before the first run"
            raise MechanismError.of("E016", message, span=step.span)
        known: dict[str, float] = {}

        def value_of(symbol: Symbol) -> float:
            if symbol.kind == "observable":
                return float(last[symbol.name][-1])
            if symbol.kind == "time":
                return self._time
            return known[symbol.name] if symbol.name in known else model.evaluate(symbol)

        for one in model.definitions:
            if one.name in varying:
                known[one.name] = evaluate(one.expression, value_of)
        number = evaluate(step.value, value_of)
        if not abs(number) < math.inf or (number < 0 and not step.adds):
            message = f"the population of this species would be {number:g}"
            raise MechanismError.of("E024", message, span=step.span)
        return Number(Fraction(number))

    def _reset(self, step: StateStep) -> None:
        kept = self._saved.get((step.what, step.label))
        if kept is None and (step.what == "parameters" or step.label != "default"):
            message = f"no {step.what} were saved as `{step.label}`"
            raise MechanismError.of("E010", message, span=step.span)
        if step.what == "concentrations":
            self._amounts, self._unknown = dict(kept or {}), None
        else:
            self._values = dict(kept or {})

    # --- runs ---

    def run(
        self, step: SimulateStep, progress: Callable[[float], object] | None, settings: dict[str, Any]
    ) -> Trajectory:
        if self._unknown is not None:
            message = "this run begins where a network-free one ended, and the species of that are not kept"
            raise MechanismError.of("E090", message, span=step.span, hint="`resetConcentrations()` before it")
        if step.end is None:
            message = "this run has no end"
            raise MechanismError.of("E043", message, span=step.span, hint="as in `t_end=>100`")
        start = step.start if step.start is not None else self._time if step.continues else 0.0
        method = METHODS[step.method]
        given = {} if method in ("nf", "ssa") else {"rtol": step.rtol, **settings}
        if method in ("nf", "ssa") and step.seed is not None:
            given["seed"] = step.seed
        spacing: dict[str, Any] = {"times": list(step.times)} if step.times else {"points": max(step.points, 2)}
        if not step.times:
            given |= {"t_end": step.end, "start": start}
        model = self._seeded() if method == "nf" else self._network()
        trajectory = simulate(model, method=method, progress=progress, **spacing, **given)
        self._time, self._last = float(trajectory.time[-1]), trajectory
        if method == "nf":
            self._unknown = step.span
        else:
            self._keep(trajectory)
        return trajectory

    def _network(self) -> Mechanism:
        """The network with its populations and values of now."""
        model = self._valued.expanded
        return replace(model, species=tuple(map(self._now, model.species)))

    def _now(self, species: Species) -> Species:
        amount = self._amounts.get(species.complex or "")
        return species if amount is None else replace(species, initial=amount)

    def _seeded(self) -> Mechanism:
        """The rules with the populations of now as seeds."""
        left = dict(self._amounts)
        seeds: list[Seed] = []
        for seed in self._structure.seeds:
            amount = left.pop(self._texts.of(seed.pattern), None)
            seeds.append(seed if amount is None else replace(seed, initial=amount))
        if left:
            patterns = {one.complex: pattern for one, pattern in self._patterns()}
            seeds += [Seed(patterns[text], amount) for text, amount in left.items() if text in patterns]
        model = self._valued
        return replace(model, structure=replace(self._structure, seeds=tuple(seeds)))

    def _patterns(self) -> Iterator[tuple[Species, Any]]:
        from mscnet.rules.expand import expand_network

        expansion = expand_network(self._valued)
        generated = dict(zip(expansion.generated.texts, expansion.generated.species, strict=True))
        for species in expansion.mechanism.species:
            if species.complex in generated:
                yield species, generated[species.complex]

    def _keep(self, trajectory: Trajectory) -> None:
        for species in trajectory.mechanism.species:
            if species.complex is not None:
                value = float(trajectory[species.name][-1])
                self._amounts[species.complex] = Number(Fraction(max(value, 0.0)))
