"""BioNetGen's reaction networks, ``.net``: parameters, functions, species, reactions and groups.

What a network says is kept as it stands: populations are plain numbers (molecules or concentrations: the file does
not say which), so species have a scale of their own, `POPULATION`, and times are taken to be seconds, unless a comment
in the first line says otherwise (``… times in min``, as mscnet writes it).  Parameters
that are computed from others become derived values, functions become derived values, groups become observables, and
species marked ``$`` stay constant.  Names of species: see `naming`; BioNetGen's own text is the label.  A group
called as a parameter is (old versions wrote such files) has ``_group`` behind its name.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import suppress

from mscnet.diagnostics import Source, Span
from mscnet.interop.bionetgen_expression import read_expression, read_number
from mscnet.interop.bionetgen_names import Names
from mscnet.interop.bionetgen_order import put_in_order
from mscnet.interop.bionetgen_reactions import ReactionReader
from mscnet.interop.bionetgen_text import Blocks, Line, check_number, number_of, read_blocks
from mscnet.interop.faults import Enough, Fault, Faults
from mscnet.language import CheckResult, without_collector
from mscnet.mechanism.expression import (
    ZERO,
    Expression,
    Number,
    Product,
    Sum,
    Symbol,
    deep_recursion,
    evaluate,
    symbols,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.naming import species_names
from mscnet.mechanism.types import Definition, Observable, Parameter, Species
from mscnet.mechanism.units import UNITS, Dimension, Unit, UnitSystem
from mscnet.records import replace

#: The scale on which species are measured.
POPULATION = Unit("population", UNITS["mol"].factor, Dimension.of(population=1))
UNITS_OF_POPULATIONS = UnitSystem(concentration=POPULATION, scales=(POPULATION,))

#: The unit of time of a network that mscnet has written.
_TIMES = re.compile(r"#.*: populations in .+, times in (\w+)\s*")

#: Blocks that are read; `species` and `reactions` must be there.
_READ = ("parameters", "functions", "species", "reactions", "groups")
#: Blocks in which the rules and compartments behind the network may be told once more.
_PASSED_OVER = (
    "compartments", "molecule types", "observables", "reaction rules", "energy patterns", "population maps",
    "population types", "seed species",
)  # fmt: skip

#: What BioNetGen writes before the blocks; none of it changes a network.
_SETTING = re.compile(r"(?:substanceUnits|setOption|version|setModelName)\b")

#: So many species are stood in for where lines of a block are missing.
MOST_STAND_INS = 10_000


def read(source: Source) -> CheckResult:
    """The mechanism that a network is, None where there are errors, and every finding."""
    faults = Faults(source)
    mechanism = None
    with without_collector(), deep_recursion(), suppress(Enough):
        mechanism = _Reader(source, faults).read()
    found = tuple(sorted(faults.found, key=lambda d: d.span.start if d.span else -1))
    failed = any(diagnostic.severity == "error" for diagnostic in found)
    return CheckResult(None if failed else mechanism, found)


class _Reader:
    def __init__(self, source: Source, faults: Faults) -> None:
        self.source, self.faults = source, faults
        self.blocks: Blocks = read_blocks(source, (*_READ, *_PASSED_OVER), faults)
        self.names = Names(source)
        self.names.cut_off, self.names.without_groups = self.blocks.cut_off, "groups" not in self.blocks
        self.parameters: list[Parameter] = []
        self.computed: list[Definition] = []
        self.values: dict[str, float] = {}

    def read(self) -> Mechanism | None:
        if not self._has_network():
            return None
        self._strange_lines()
        for line in self.blocks.rows("parameters"):
            try:
                self._parameter(line)
            except Fault as fault:
                self._declare_broken(line)
                self.faults.add(fault)
        functions = list(self._declared("functions", "function"))
        groups = list(self._declared("groups", "group"))
        species = self._species()
        self.names.species = [one.name for one in species]
        definitions = self._functions(functions)
        observables = self._groups(groups)
        reactions = ReactionReader(self.names, self.faults).read(self.blocks.rows("reactions"))
        return Mechanism(
            name=os.path.splitext(os.path.basename(self.source.name))[0] or "network",
            species=tuple(species),
            parameters=tuple(self.parameters),
            definitions=(*self.computed, *definitions),
            observables=tuple(observables),
            reactions=tuple(reactions),
            units=self._units(),
            source=self.source,
        )

    def _units(self) -> UnitSystem:
        stated = _TIMES.fullmatch(self.blocks.lines[0])
        unit = UNITS.get(stated[1]) if stated else None
        if unit is None or unit.dimension != UNITS["s"].dimension:
            return UNITS_OF_POPULATIONS
        return replace(UNITS_OF_POPULATIONS, time=unit)

    def _has_network(self) -> bool:
        """Whether the blocks that a network cannot do without are there; what is lacking is reported."""
        missing = [name for name in ("species", "reactions") if name not in self.blocks]
        if not missing:
            return True
        if not self.faults.found:
            names = " and ".join(f"`{name}`" for name in missing)
            there = "are no blocks" if len(missing) > 1 else "is no block"
            end = len(self.source.text.rstrip())
            hint = "BioNetGen writes it with `generate_network({overwrite=>1})`; was the file cut off?"
            self.faults.add(Fault("E006", f"there {there} {names} in this network", end - 1, end, hint))
        return False

    def _strange_lines(self) -> None:
        """Warn of the first line that belongs to no block and sets none of BioNetGen's options."""
        for line in self.blocks.loose():
            if _SETTING.match(line.text) is None:
                message = "this is no part of a reaction network, and is passed over"
                self.faults.warn("W080", message, line.start, line.end, "settings of a run are options of `mscnet run`")
                return

    # --- parameters ---

    def _parameter(self, line: Line) -> None:
        name, start, text, at = _declaration(line, "a parameter is a number, its name and its value")
        span = Span(self.source, start, start + len(name))
        self.names.check_new(name, span)
        expression, value = self._constant(text, at)
        if not math.isfinite(value):
            raise Fault("E018", f"the value of `{name}` is not a finite number", at, line.end)
        self.values[name] = value
        constant = not symbols(expression)
        if constant:
            self.parameters.append(Parameter(name, value, span=span))
        else:
            self.computed.append(Definition(name, expression, span=span))
        self.names.declare_parameter(name, not constant, span)

    def _declare_broken(self, line: Line) -> None:
        """Enter the name of a parameter whose line is wrong, so that its uses are not reported as well."""
        words = line.text.split(None, 2)
        if len(words) > 1 and words[1] not in self.names.taken:
            start = line.start + line.text.index(words[1], len(words[0]))
            self.names.declare_parameter(words[1], False, Span(self.source, start, start + len(words[1])))
            self.values[words[1]] = 1.0

    def _constant(self, text: str, at: int) -> tuple[Expression, float]:
        """An expression in numbers and parameters, with its value."""
        expression = read_expression(text, at, self.names.parameter)
        if any(symbol.kind == "time" for symbol in symbols(expression)):
            hint = "what changes with time is a function"
            raise Fault("E016", "the time is not known before the run", at, at + len(text), hint)
        return expression, evaluate(expression, lambda symbol: self.values.get(symbol.name, 1.0))

    # --- species ---

    def _species(self) -> list[Species]:
        found: list[tuple[str, Line, int, str, int]] = []
        seen: dict[str, Span] = {}
        for line in self.blocks.rows("species"):
            try:
                check_number(line, len(found) + 1, "species")
                label, start, text, at = _declaration(line, "a species is a number, its text and its population")
                span = Span(self.source, start, start + len(label))
                if label in seen:
                    fault = Fault("E011", f"the species `{label}` stands twice", span.start, span.end)
                    fault.related = ("it stands here already", seen[label])
                    raise fault
                seen[label] = span
                found.append((label, line, start, text, at))
            except Fault as fault:
                self.faults.add(fault)
                # Stand-ins up to the line's own number, so that the next lines are in step again.
                number = number_of(line) or 0
                stand_ins = min(number - len(found), MOST_STAND_INS) if number > len(found) else 1
                found += [("", line, line.start, "0", line.start)] * stand_ins
        names = species_names([label.replace("$", "") for label, *_ in found], self.names.taken)
        return [self._one_species(name, *row) for name, row in zip(names, found, strict=True)]

    def _one_species(self, name: str, label: str, line: Line, start: int, text: str, at: int) -> Species:
        initial: Expression = ZERO
        try:
            initial, value = self._constant(text, at)
            if not 0.0 <= value < math.inf:
                what = "negative" if value < 0 else "not a finite number"
                raise Fault("E024", f"the population of `{label}` is {what}", at, line.end)
        except Fault as fault:
            self.faults.add(fault)
        return Species(
            name,
            label=label.replace("$", ""),
            initial=initial,
            constant="$" in label,
            dimension=POPULATION.dimension,
            span=Span(self.source, start, start + len(label)),
        )

    # --- functions and groups ---

    def _declared(self, block: str, kind: str) -> Iterator[tuple[str, Line, Span, str, int]]:
        """The lines of a block whose names are new, with their names entered."""
        for line in self.blocks.rows(block):
            try:
                empty = block == "groups" and len(line.text.split()) == 2
                row = Line(line.start, line.text + " 0", "") if empty else line
                name, start, text, at = _declaration(row, f"a {kind} is a number, its name and what it is")
                if block == "functions":
                    name = _without_arguments(name, start)
                span = Span(self.source, start, start + len(name))
                if block == "groups" and self.names.is_parameter(name):
                    name += "_group"  # BioNetGen once had names of groups apart from those of parameters
                self.names.check_new(name, span)
                self.names.declare(name, "definition" if block == "functions" else "observable", span)
                yield name, line, span, text, at
            except Fault as fault:
                self.faults.add(fault)

    def _functions(self, rows: list[tuple[str, Line, Span, str, int]]) -> list[Definition]:
        """Functions as derived values, each after those that it calls."""
        made: dict[str, Definition] = {}
        for name, _, span, text, at in rows:
            try:
                made[name] = Definition(name, read_expression(text, at, self.names.anything), span=span)
            except Fault as fault:
                self.faults.add(fault)
        ordered: dict[str, Definition] = {}
        for name in list(made):
            try:
                if name in made:  # it is not where an earlier one led to it in a circle
                    put_in_order(name, made, ordered)
            except Fault as fault:
                self.faults.add(fault)
        return list(ordered.values())

    def _groups(self, rows: list[tuple[str, Line, Span, str, int]]) -> Iterator[Observable]:
        terms: dict[str, Expression] = {"0": ZERO}
        for name, _, span, text, at in rows:
            try:
                parts = []
                for entry in text.split(","):
                    if entry not in terms:
                        terms[entry] = self._entry(entry, at)
                    parts.append(terms[entry])
                    at += len(entry) + 1
            except Fault as fault:
                self.faults.add(fault)
                continue
            total = parts[0] if len(parts) == 1 else Sum(tuple(parts))
            label = None if name == span.text else span.text
            yield Observable(name, total, label, POPULATION.dimension, span=span)

    def _entry(self, entry: str, at: int) -> Expression:
        weight, times, index = entry.rpartition("*")
        species = Symbol(self.names.species_at(index, at + len(weight) + len(times)), "species")
        if not times:
            return species
        try:
            return Product((Number(read_number(weight, at)), species))
        except ValueError:
            raise Fault("E002", f"`{weight}` is not a number", at, at + len(weight)) from None


def _declaration(line: Line, form: str) -> tuple[str, int, str, int]:
    """Name and remainder of ``number name remainder``, each with its place."""
    words = line.text.split(None, 2)
    if not words[0].isdecimal():
        raise Fault("E002", f"`{words[0]}` is not the number of the line", line.start, line.start + len(words[0]), form)
    if len(words) < 3:
        raise Fault("E002", "this line ends too early", line.start, line.end, form)
    start = line.start + line.text.index(words[1], len(words[0]))
    return words[1], start, words[2], line.end - len(words[2])


def _without_arguments(name: str, start: int) -> str:
    bare, bracket, arguments = name.partition("(")
    if bracket and arguments != ")":
        raise Fault.unsupported("functions with arguments (local functions)", start, start + len(name))
    return bare
