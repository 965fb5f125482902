"""What is calculated in a BNGL file: parameters, functions, local functions, and the expressions that hold them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from fractions import Fraction

from mscnet.diagnostics import Source, Span
from mscnet.interop.bionetgen_expression import Argument, read_expression
from mscnet.interop.bionetgen_names import Names
from mscnet.interop.bionetgen_order import put_in_order
from mscnet.interop.bngl_nodes import MathX, ValueX
from mscnet.interop.bngl_tables import TABLES, read_table
from mscnet.interop.faults import Fault, Faults
from mscnet.mechanism.expression import (
    MAX_DEPTH,
    Expression,
    Number,
    Symbol,
    depth_of,
    evaluate,
    symbols,
)
from mscnet.mechanism.types import Definition, Parameter

#: What each argument of a local function stands for: a label of the rule in which it is called.
Tags = Mapping[str, str]

#: So many times local functions are written out in one law.
MOST_CALLS = 500


class Values:
    """Names and expressions of one file."""

    def __init__(self, source: Source, text: str, faults: Faults) -> None:
        self.source, self.text, self.faults = source, text, faults
        self.names = Names(source)
        self.parameters: list[Parameter] = []
        self.definitions: list[Definition] = []
        #: Functions that have arguments, by name.
        self.local: dict[str, ValueX] = {}
        self._counted: set[str] = set()
        self._numbers: dict[str, float] = {}
        self._calls = 0

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    # --- reading ---

    def constant(self, value: MathX) -> Expression:
        """An expression in numbers and parameters.

        Raises:
            Fault: it is none, or holds something that has no value before a run.
        """
        read = self.names.parameter
        expression = read_expression(self._text(value), value.start, read, self._tables_only, from_left=True)
        if any(symbol.kind == "time" for symbol in symbols(expression)):
            hint = "what changes with time is a function"
            raise Fault("E016", "the time is not known before the run", value.start, value.end, hint)
        return expression

    def varying(self, value: MathX, tags: Tags | None = None) -> Expression:
        """An expression in everything that there is; `tags` are the labels that local functions may be called with.

        Raises:
            Fault: it is none.
        """
        self._calls = 0
        return self._read(self._text(value), value.start, tags or {}, ())

    def number(self, expression: Expression) -> float:
        """The value of an expression in numbers and parameters."""
        return evaluate(expression, lambda symbol: self._numbers.get(symbol.name, math.nan))

    def _text(self, value: MathX) -> str:
        return self.text[value.start : value.end]

    def _read(self, text: str, start: int, tags: Tags, inside: tuple[str, ...]) -> Expression:
        def calls(name: str, arguments: tuple[Argument, ...], begin: int, end: int) -> Expression | None:
            return self._call(name, arguments, begin, end, tags, inside)

        def resolve(name: str, begin: int, end: int) -> Expression:
            if name in self.local:
                shown = ", ".join(word.text for word in self.local[name].arguments or ())
                raise Fault("E017", f"`{name}` is a local function of {shown}", begin, end, f"write `{name}(x)`")
            if name in tags and name not in self.names.taken:
                message = f"`{name}` is a label, not a number"
                raise Fault("E016", message, begin, end, "a label is what an observable or a local function takes")
            return self.names.anything(name, begin, end)

        return read_expression(text, start, resolve, calls, from_left=True)

    def _tables_only(self, name: str, arguments: tuple[Argument, ...], start: int, end: int) -> None:
        if name in TABLES or name in self.local or name in self._counted:
            message = f"`{name}` changes during a run, so it cannot stand here"
            raise Fault("E016", message, start, end, "only numbers and parameters have a value before the run")

    def _call(
        self, name: str, arguments: tuple[Argument, ...], start: int, end: int, tags: Tags, inside: tuple[str, ...]
    ) -> Expression | None:
        """A table, an observable within something, or a local function; None for any other name."""
        if name in TABLES:
            folder = os.path.dirname(self.source.path or self.source.name)

            def inner(text: str, at: int) -> Expression:
                return self._read(text, at, tags, inside)

            return read_table(name, arguments, start, end, inner, folder)
        if name in self._counted:
            return Symbol(f"{name}({self._tag(name, arguments, start, end, tags)})", "local", self.span(start, end))
        if name not in self.local:
            return None
        return self._inlined(name, arguments, start, end, tags, inside)

    def _tag(self, name: str, arguments: tuple[Argument, ...], start: int, end: int, tags: Tags) -> str:
        if len(arguments) != 1:
            raise Fault("E017", f"`{name}` is an observable, and takes one label", start, end)
        text, at = arguments[0]
        if text not in tags:
            hint = f"the rule labels it: `%{text}:A(b)` a whole species, `A%{text}(b)` a molecule"
            raise Fault("E010", f"there is no label `{text[:40]}`", at, at + max(1, len(text)), hint)
        return tags[text]

    def _inlined(
        self, name: str, arguments: tuple[Argument, ...], start: int, end: int, tags: Tags, inside: tuple[str, ...]
    ) -> Expression:
        """What a local function is for these labels."""
        function = self.local[name]
        wanted = function.arguments or ()
        if len(arguments) != len(wanted):
            message = f"`{name}` takes {len(wanted)} label{'s' if len(wanted) > 1 else ''}, {len(arguments)} given"
            raise Fault("E017", message, start, end)
        if name in inside:
            cycle = " -> ".join((*inside[inside.index(name) :], name)[:8])
            raise Fault("E015", f"`{name}` is defined by itself ({cycle})", function.name.start, function.name.end)
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise Fault("E042", f"this law calls local functions more than {MOST_CALLS} times", start, end)
        given = {
            word.text: self._tag(name, (one,), start, end, tags) for word, one in zip(wanted, arguments, strict=True)
        }
        made = self._read(self._text(function.value), function.value.start, given, (*inside, name))
        if depth_of(made) > MAX_DEPTH:
            raise Fault("E004", f"`{name}` with all that it calls is more than {MAX_DEPTH} levels deep", start, end)
        return made

    # --- parameters ---

    def read_parameters(self, rows: Iterable[ValueX]) -> None:
        """Enter the parameters, each after those that it needs; what is wrong is reported.

        Of those with one name the last counts everywhere, with a warning, as BioNetGen has it.
        """
        found: dict[str, ValueX] = {}
        for row in rows:
            name, span = row.name.text, self.span(row.name.start, row.name.end)
            if name in found:
                first = found[name].name
                message = f"`{name}` has a value already, and this one counts everywhere"
                hint = f"leave out one of the two; the first stands in line {self.span(first.start, first.end).line}"
                self.faults.warn("W306", message, row.name.start, row.name.end, hint)
                found[name] = row
                continue
            try:
                self.names.check_new(name, span)
                self.names.declare_parameter(name, False, span)
                found[name] = row
            except Fault as fault:
                self.faults.add(fault)
        made: dict[str, Definition] = {}
        for name, row in found.items():
            try:
                made[name] = Definition(name, self.constant(row.value), span=self.span(row.name.start, row.name.end))
            except Fault as fault:
                self.faults.add(fault)
                self._numbers[name] = 1.0
        computed = {name for name, one in made.items() if symbols(one.expression)}
        for name in computed:
            self.names.declare_parameter(name, True, self.span(found[name].name.start, found[name].name.end))
        for name in computed:
            try:  # once more, now that it is known which parameters are derived values
                made[name] = Definition(name, self.constant(found[name].value), span=made[name].span)
            except Fault as fault:
                self.faults.add(fault)
        for one in self._ordered(made):
            self._enter(one, found[one.name], one.name in computed)

    def _enter(self, one: Definition, row: ValueX, computed: bool) -> None:
        value = self.number(one.expression)
        self._numbers[one.name] = value
        if not math.isfinite(value):
            message = f"the value of `{one.name}` is not a finite number"
            self.faults.add(Fault("E018", message, row.value.start, row.value.end))
            self._numbers[one.name] = 1.0
        elif computed:
            self.definitions.append(one)
        else:
            self.parameters.append(Parameter(one.name, value, span=one.span))

    def _ordered(self, made: dict[str, Definition]) -> list[Definition]:
        ordered: dict[str, Definition] = {}
        for name in list(made):
            try:
                if name in made:  # it is not where an earlier one led to it in a circle
                    put_in_order(name, made, ordered)
            except Fault as fault:
                self.faults.add(fault)
        return list(ordered.values())

    # --- observables and functions ---

    def declare_observable(self, name: str, start: int, end: int) -> None:
        """Enter the name of an observable; raises Fault where it is taken."""
        span = self.span(start, end)
        self.names.check_new(name, span)
        self.names.declare(name, "observable", span)
        self._counted.add(name)

    def read_functions(self, rows: Iterable[ValueX]) -> None:
        """Enter the functions; those without arguments become derived values."""
        plain: list[ValueX] = []
        for row in rows:
            name, span = row.name.text, self.span(row.name.start, row.name.end)
            try:
                self.names.check_new(name, span)
                self.names.declare(name, "definition", span)
            except Fault as fault:
                self.faults.add(fault)
                continue
            if row.arguments:
                self.local[name] = row
            else:
                plain.append(row)
        made: dict[str, Definition] = {}
        for row in plain:
            try:
                span = self.span(row.name.start, row.name.end)
                made[row.name.text] = Definition(row.name.text, self.varying(row.value), span=span)
            except Fault as fault:
                self.faults.add(fault)
        for row in self.local.values():
            try:
                self._calls = 0
                own = {word.text: word.text for word in row.arguments or ()}
                self._read(self._text(row.value), row.value.start, own, (row.name.text,))
            except Fault as fault:
                self.faults.add(fault)
        self.definitions += self._ordered(made)

    # --- changes ---

    def set_parameter(self, name: str, expression: Expression) -> None:
        """Give a parameter another value, as `setParameter` does; what is calculated with it follows."""
        self._give(name, expression, self.number(expression))
        self._follow()

    def numbers_of_parameters(self) -> dict[str, float]:
        """The values of the parameters that are not calculated."""
        return {one.name: self._numbers[one.name] for one in self.parameters}

    def reset_parameters(self, numbers: Mapping[str, float]) -> None:
        """Give parameters the values that `numbers_of_parameters` said they have."""
        for name, value in numbers.items():
            self._give(name, Number(Fraction(value)), value)
        self._follow()

    def _give(self, name: str, expression: Expression, value: float) -> None:
        self._numbers[name] = value
        for i, parameter in enumerate(self.parameters):
            if parameter.name == name:
                self.parameters[i] = Parameter(name, value, span=parameter.span)
        for i, definition in enumerate(self.definitions):
            if definition.name == name:
                self.definitions[i] = Definition(name, expression, span=definition.span)

    def _follow(self) -> None:
        for definition in self.definitions:
            if self.names.is_parameter(definition.name):
                self._numbers[definition.name] = self.number(definition.expression)
