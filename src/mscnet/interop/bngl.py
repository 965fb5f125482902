"""BNGL, the language of BioNetGen 2.9, ``.bngl``: molecules, rules and actions to a `Mechanism` with `structure`.

Populations are plain numbers (molecules or concentrations: the file does not say which) and times are taken to be
seconds, as in networks of BioNetGen (`bionetgen_net`).  Blocks may come in any order.  Parameters that are computed
from others and functions become derived values; functions with arguments are written out where rules call them.  What
the actions before the first ``simulate`` do to a run is done to the mechanism (`bngl_actions`).  No network is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mscnet.diagnostics import Diagnostic, Source, Span
from mscnet.interop.bionetgen_net import POPULATION, UNITS_OF_POPULATIONS
from mscnet.interop.bngl_actions import Actions, settings_of
from mscnet.interop.bngl_build import Build
from mscnet.interop.bngl_lines import BLOCKS, Entry, outline
from mscnet.interop.bngl_nodes import CompartmentX, GroupX, MapX, MathX, MeasuredX, MoleculeTypeX, ObservableX
from mscnet.interop.bngl_parse import parse
from mscnet.interop.bngl_protocol import GenerateStep, ParameterStep, Step, StepReader
from mscnet.interop.bngl_rules import RuleReader
from mscnet.interop.bngl_states import without_the_impossible
from mscnet.interop.bngl_types import declared_type, molecule_types, report_repeated
from mscnet.interop.bngl_values import Values
from mscnet.interop.faults import Enough, Fault, Faults
from mscnet.language import CheckResult, without_collector
from mscnet.mechanism.expression import deep_recursion
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import (
    Count,
    EnergyPattern,
    MoleculeType,
    Place,
    PopulationMap,
    Rule,
    Seed,
    Structure,
)
from mscnet.mechanism.types import Option
from mscnet.records import dataclass, replace

_SETTINGS = ("parameter ", "param ", "par ", "parameter\t", "param\t", "par\t")


def read(source: Source) -> CheckResult:
    """The mechanism that a BNGL text is, None where there are errors, and every finding."""
    faults = Faults(source)
    mechanism = None
    with without_collector(), deep_recursion(), suppress(Enough):
        mechanism = _Reader(source, faults).read()
    found = tuple(sorted(faults.found, key=lambda d: d.span.start if d.span else -1))
    failed = any(diagnostic.severity == "error" for diagnostic in found)
    return CheckResult(None if failed else mechanism, found)


@dataclass(frozen=True, slots=True)
class Protocol:
    """A model as its file states it, before any action, and all that its actions are to do, in order."""

    mechanism: Mechanism | None
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_protocol(source: Source) -> Protocol:
    """The model of a BNGL text and its actions; the model is None where there are errors."""
    faults = Faults(source)
    mechanism: Mechanism | None = None
    steps: tuple[Step, ...] = ()
    with without_collector(), deep_recursion(), suppress(Enough):
        mechanism, steps = _Reader(source, faults).protocol()
    failed = any(one.severity == "error" for one in faults.found)
    return Protocol(None if failed else mechanism, steps, tuple(faults.found))


class _Reader:
    def __init__(self, source: Source, faults: Faults) -> None:
        self.source, self.faults = source, faults
        self.outline = outline(source, faults)
        self.values = Values(source, self.outline.text, faults)
        self.build = Build(source)
        self.rows: dict[str, list[tuple[Entry, Any]]] = {kind: [] for kind in (*BLOCKS.values(), "setting", "protocol")}

    def read(self) -> Mechanism | None:
        """The mechanism as a plain run takes it."""
        structure = self._structure()
        if structure is None:
            return None
        actions = Actions(self.values, self.build, self.faults, structure, self._nodes("protocol"))
        actions.read(self._nodes("action"))
        return self._mechanism(actions.structure, actions.options, actions.name)

    def protocol(self) -> tuple[Mechanism | None, tuple[Step, ...]]:
        """The mechanism before any action, and the actions."""
        structure = self._structure()
        if structure is None:
            return None, ()
        before = self._mechanism(structure, [], None)
        reader = StepReader(self.values, self.build, self.faults, self._nodes("protocol"))
        steps: list[Step] = []
        for step in reader.read(self._nodes("action")):
            if isinstance(step, ParameterStep):  # later steps are calculated with it
                self.values.set_parameter(step.name, step.value)
            elif isinstance(step, GenerateStep) and not any(isinstance(one, GenerateStep) for one in steps):
                structure = replace(structure, limits=step.limits)
            steps.append(step)
        options = (*before.options, *settings_of(reader.options, self.faults))
        name = reader.name or before.name
        return replace(before, structure=structure, options=options, name=name), tuple(steps)

    def _structure(self) -> Structure | None:
        """What the blocks say; None where something in them is wrong."""
        for entry in self.outline.entries:
            self._parse(entry)
        values = self.values
        values.read_parameters(self._nodes("parameter", "setting"))
        counts = tuple(self._counts())
        values.read_functions(self._nodes("function"))
        places, declared = self._places(), self._declared()
        structure = Structure(
            molecules=declared,
            rules=tuple(self._rules()),
            seeds=tuple(self._seeds()),
            counts=counts,
            energies=tuple(self._energies()),
            populations=tuple(self._maps()),
            places=places,
        )
        structure = molecule_types(structure, "molecule types" in self.outline.blocks, self.faults)
        if any(one.severity == "error" for one in self.faults.found):
            return None
        report_repeated(structure, self.faults)
        return without_the_impossible(structure, self.build.any_state, self.faults)

    def _mechanism(self, structure: Structure, options: list[Option], name: str | None) -> Mechanism:
        return Mechanism(
            name=name or os.path.splitext(os.path.basename(self.source.name))[0] or "model",
            parameters=tuple(self.values.parameters),
            definitions=tuple(self.values.definitions),
            options=(Option("dimensions", "free"), *options),
            structure=structure,
            units=UNITS_OF_POPULATIONS,
            source=self.source,
        )

    # --- entries ---

    def _parse(self, entry: Entry) -> None:
        text = self.outline.text
        kind = BLOCKS.get(entry.block, "action")
        if entry.block and entry.block not in BLOCKS:
            return  # the block was refused
        if kind == "action" and text.startswith(_SETTINGS, entry.start):
            kind = "setting"
        elif kind == "action" and not self._is_action(entry):
            message = "this is no part of a BNGL file, and is passed over"
            self.faults.warn("W306", message, entry.start, entry.end, "an action is `name({setting=>value, …})`")
            return
        try:
            self.rows["protocol" if entry.block == "protocol" else kind].append(
                (entry, parse(text, entry.start, entry.end, kind, self.build))
            )
        except Fault as fault:
            self.faults.add(fault)
            return
        if self.build.left is not None:
            message = "what stands behind a population is passed over, as BioNetGen does it"
            self.faults.warn("W306", message, *self.build.left, "a comment begins with `#`")

    def _is_action(self, entry: Entry) -> bool:
        head, bracket, _ = self.outline.text[entry.start : entry.end].partition("(")
        return bool(bracket) and head.strip().isidentifier()

    def _nodes(self, *kinds: str) -> list[Any]:
        return [node for kind in kinds for _, node in self.rows[kind]]

    # --- what is declared ---

    def _counts(self) -> Iterator[Count]:
        for entry, row in self.rows["observable"]:
            assert isinstance(row, ObservableX)
            try:
                if row.kind.text == "Counter":
                    hint = "write `Molecules`; BioNetGen itself counts nothing for it"
                    raise Fault.unsupported("observables of the type `Counter`", row.kind.start, row.kind.end, hint)
                self.values.declare_observable(row.name.text, row.name.start, row.name.end)
            except Fault as fault:
                self.faults.add(fault)
                continue
            kind: Any = row.kind.text.lower()
            patterns = tuple(pattern for pattern in row.patterns)
            span = Span(self.source, entry.start, entry.end)
            yield Count(row.name.text, kind, patterns, dimension=POPULATION.dimension, span=span)

    def _places(self) -> tuple[Place, ...]:
        found: dict[str, Place] = {}
        for entry, row in self.rows["compartment"]:
            assert isinstance(row, CompartmentX)
            try:
                place = self._place(row, entry, found)
                found[place.name] = place
            except Fault as fault:
                self.faults.add(fault)
        return tuple(found.values())

    def _place(self, row: CompartmentX, entry: Entry, found: dict[str, Place]) -> Place:
        name = row.name
        if name.text in found:
            fault = Fault("E011", f"the compartment `{name.text}` is declared twice", name.start, name.end)
            first = found[name.text].span
            fault.related = ("first declared here", first) if first else None
            raise fault
        if row.dimension.text not in ("2", "3"):
            message = f"a compartment has 2 or 3 dimensions, not {row.dimension.text[:20]}"
            raise Fault("E271", message, row.dimension.start, row.dimension.end)
        size, parent = _split_parent(row)
        if parent is not None and parent.value not in found:
            message = f"`{name.text}` lies in `{parent.value}`, which is not declared before it"
            raise Fault("E270", message, parent.start_pos, parent.end_pos)
        value = self.values.constant(size)
        number = self.values.number(value)
        if not number > 0:
            message = f"the size of `{name.text}` is {number:g}, not above zero"
            raise Fault("E271", message, size.start, size.end)
        span = Span(self.source, entry.start, entry.end)
        dimension: Any = int(row.dimension.text)
        return Place(name.text, dimension, value, str(parent.value) if parent else None, span)

    def _declared(self) -> tuple[MoleculeType, ...]:
        found: dict[str, MoleculeType] = {}
        for entry, row in self.rows["molecule_type"]:
            assert isinstance(row, MoleculeTypeX)
            try:
                one = declared_type(row, entry.block == "population types", self.source, found, self.faults)
                found[one.name] = one
            except Fault as fault:
                self.faults.add(fault)
        return tuple(found.values())

    # --- what is done with it ---

    def _rules(self) -> Iterator[Rule]:
        reader = RuleReader(self.values)
        for _, row in self.rows["rule"]:
            try:
                yield from reader.read(row)
            except Fault as fault:
                self.faults.add(fault)

    def _seeds(self) -> Iterator[Seed]:
        for entry, row in self.rows["seed"]:
            assert isinstance(row, MeasuredX)
            try:
                value = self.values.constant(row.value)
                number = self.values.number(value)
                if number < 0:
                    raise Fault("E024", f"this population is negative: {number:g}", row.value.start, row.value.end)
                if number != number:
                    raise Fault("E018", "this population is not a finite number", row.value.start, row.value.end)
                label = row.label.text if row.label else None
                yield Seed(row.pattern, value, label, Span(self.source, entry.start, entry.end))
            except Fault as fault:
                self.faults.add(fault)

    def _energies(self) -> Iterator[EnergyPattern]:
        for entry, row in self.rows["energy"]:
            assert isinstance(row, MeasuredX)
            try:
                energy = self.values.varying(row.value)
                name = row.label.text if row.label else None
                yield EnergyPattern(row.pattern, energy, name, Span(self.source, entry.start, entry.end))
            except Fault as fault:
                self.faults.add(fault)

    def _maps(self) -> Iterator[PopulationMap]:
        for entry, row in self.rows["population_map"]:
            assert isinstance(row, MapX)
            try:
                if len(row.population.molecules) != 1 or row.population.molecules[0].sites:
                    span = row.population.span
                    assert span is not None
                    raise Fault("E017", "a population is one molecule without sites", span.start, span.end)
                name = row.population.molecules[0].name
                rate = self.values.varying(row.rate)
                yield PopulationMap(row.pattern, name, rate, Span(self.source, entry.start, entry.end))
            except Fault as fault:
                self.faults.add(fault)


def _split_parent(row: CompartmentX) -> tuple[Any, Any]:
    """The size of a compartment, and the name behind it of what the compartment lies in."""
    *size, last = row.size.parts
    if not size or getattr(last, "type", "") != "NAME":
        return row.size, None
    before = size[-1]
    if not isinstance(before, GroupX) and before.type not in ("NAME", "NUMBER"):
        return row.size, None
    end = before.end if isinstance(before, GroupX) else before.end_pos
    return MathX(row.size.start, end, tuple(size)), last
