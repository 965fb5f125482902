"""What the actions of a BNGL file do to a plain run: limits of generation, changes before it, its end, its points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from mscnet.diagnostics import MechanismError, Span
from mscnet.interop.bngl_build import Build
from mscnet.interop.bngl_nodes import ActionX
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
    StepReader,
)
from mscnet.interop.bngl_values import Values
from mscnet.interop.faults import Fault, Faults
from mscnet.mechanism.expression import Sum
from mscnet.mechanism.structure import Seed, Structure
from mscnet.mechanism.structure_check import pattern_check
from mscnet.mechanism.types import Option
from mscnet.records import replace
from mscnet.rules.check import SpeciesTexts

#: Options that say how species are compared or written, which changes nothing here.
_HARMLESS = {"SpeciesLabel", "energyBNG"}
_DEFAULTS = {"MoleculesObservables": "CountAll", "SpeciesObservables": "CountAll"}


class Actions:
    """The structure of a file with what its actions do to it before the first run, and the options of that run."""

    def __init__(
        self, values: Values, build: Build, faults: Faults, structure: Structure, protocol: Sequence[ActionX] = ()
    ) -> None:
        self._values, self._faults = values, faults
        self._reader = StepReader(values, build, faults, protocol)
        self.structure = structure
        self.options: list[Option] = []
        self.name: str | None = None
        self._first = structure.seeds
        self._texts = SpeciesTexts(structure)
        self._saved: dict[str, tuple[Seed, ...]] = {}
        self._saved_parameters: dict[str, dict[str, float]] = {}

    def read(self, rows: Iterable[ActionX]) -> None:
        """Do what the actions say; those after the first run are noted."""
        run: SimulateStep | None = None
        left: list[Step] = []
        generated = False
        for step in self._reader.read(rows):
            if isinstance(step, GenerateStep):
                if not generated:
                    self.structure = replace(self.structure, limits=step.limits)
                elif step.limits != self.structure.limits:
                    left.append(step)
                generated = True
            elif isinstance(step, OtherStep):
                self._note_other(step)
            elif run is not None:
                left.append(step)
            elif isinstance(step, RefusedStep):
                self._faults.add(Fault.unsupported(step.what, step.span.start, step.span.end))
                break  # what comes after depends on it
            elif isinstance(step, SimulateStep):
                run = step
                self._run(step)
            else:
                try:
                    self._change(step)
                except Fault as fault:
                    self._faults.add(fault)
        self.name = self._reader.name
        self.options += settings_of(self._reader.options, self._faults)
        if left:
            message = (
                f"a plain run ends before this action and {len(left) - 1} more"
                if len(left) > 1
                else ("a plain run ends before this action")
            )
            span = left[0].span
            self._faults.note("N300", message, span.start, span.end, "`mscnet run FILE --actions` does them all")

    def _note_other(self, step: OtherStep) -> None:
        hint = f"{step.instead} does this" if step.instead else None
        message = f"`{step.name}` changes nothing in a run, and is passed over"
        self._faults.note("N300", message, step.span.start, step.span.end, hint)

    # --- the run ---

    def _run(self, step: SimulateStep) -> None:
        start = step.start or 0.0
        if step.end is not None and step.end > start:
            if start:
                self.options.append(Option("t_start", start, step.span))
            self.options.append(Option("t_end", step.end, step.span))
            self.options.append(Option("points", float(max(step.points, len(step.times), 2)), step.span))
        if METHODS[step.method] == "auto":
            self.options.append(Option("rtol", step.rtol, step.span))
        else:
            self.options.append(Option("method", METHODS[step.method], step.span))
        if step.method in ("pla", "psa"):
            message = f"the approximation `{step.method}` is run exactly, as `ssa`"
            self._faults.note("N300", message, step.span.start, step.span.end)

    # --- changes before it ---

    def _change(self, step: ParameterStep | AmountStep | StateStep) -> None:
        if isinstance(step, ParameterStep):
            self._values.set_parameter(step.name, step.value)
        elif isinstance(step, AmountStep):
            self._amount(step)
        elif step.what == "concentrations":
            self._state(step)
        elif not step.resets:
            self._saved_parameters[step.label] = self._values.numbers_of_parameters()
        else:
            self._reset_parameters(step)

    def _state(self, step: StateStep) -> None:
        if not step.resets:
            self._saved[step.label] = self.structure.seeds
            return
        if step.label not in self._saved and step.label != "default":
            raise Fault("E010", f"no concentrations were saved as `{step.label}`", step.span.start, step.span.end)
        self.structure = replace(self.structure, seeds=self._saved.get(step.label, self._first))

    def _reset_parameters(self, step: StateStep) -> None:
        saved = self._saved_parameters.get(step.label)
        if saved is None:
            raise Fault("E010", f"no parameters were saved as `{step.label}`", step.span.start, step.span.end)
        self._values.reset_parameters(saved)

    def _amount(self, step: AmountStep) -> None:
        number = self._values.number(step.value)
        if number != number:
            message = "observables and functions have no value before the first run"
            raise Fault("E016", message, step.span.start, step.span.end, "only numbers and parameters have one")
        for trouble in pattern_check(self.structure).species(step.species):
            span = trouble.span or step.span
            raise Fault(trouble.code, trouble.message, span.start, span.end, trouble.hint)
        try:
            wanted = self._texts.of(step.species)
        except MechanismError as error:
            raise Fault("E300", error.diagnostics[0].message, step.span.start, step.span.end) from None
        seeds = list(self.structure.seeds)
        for i, seed in enumerate(seeds):
            if self._texts.of(seed.pattern) == wanted:
                value = Sum((seed.initial, step.value)) if step.adds else step.value
                seeds[i] = replace(seed, initial=value)
                break
        else:
            seeds.append(Seed(step.species, step.value, span=step.span))
        self.structure = replace(self.structure, seeds=tuple(seeds))


def settings_of(given: Mapping[str, tuple[str, Span]], faults: Faults) -> list[Option]:
    """What ``setOption`` sets, as options of the mechanism; what is unknown is passed over with a warning."""
    found: list[Option] = []
    for name, (text, span) in given.items():
        if name == "NumberPerQuantityUnit":
            value = number_of(text)
            if value is not None and 0 < value < math.inf:
                found.append(Option("number_per_quantity_unit", value, span))
            else:
                message = "the number of molecules in a unit is a number above zero"
                faults.add(Fault("E027", message, span.start, span.end))
        elif name in _DEFAULTS and text != _DEFAULTS[name]:
            faults.add(Fault.unsupported(f'`setOption("{name}","{text[:40]}")`', span.start, span.end))
        elif name not in (*_HARMLESS, *_DEFAULTS) and not name.endswith("Units"):
            message = f"the option `{name[:40]}` is unknown, and is passed over"
            faults.warn("W306", message, span.start, span.end)
    return found


def number_of(text: str) -> float | None:
    """The value of a text that is one number; None of any other."""
    try:
        return float(text)
    except ValueError:
        return None
