"""``measure od = absorbance(371 nm) every 5 min for 240 min``: what is read, and when."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mscnet.diagnostics import suggest
from mscnet.language.protocol_context import Bench
from mscnet.language.protocol_loops import spread
from mscnet.language.scope import KIND_WORDS
from mscnet.language.syntax import BesideX, BracketX, CallX, ExpressionX, ProductX, Word, WordX
from mscnet.language.syntax_protocol import PrepositionX, ReadingX, StepX
from mscnet.mechanism.bench import Observe, Reading
from mscnet.mechanism.expression import FUNCTIONS, Expression, Number
from mscnet.mechanism.units import LENGTH, TEMPERATURE, UNITS

#: The most readings of a step, and the most wavelengths of a spectrum.
MAX_READINGS, MAX_WAVELENGTHS = 1_000_000, 100_000
#: What may stand after the length of a cell: ``in 1 cm cell``.
_CELLS = ("cell", "cuvette")
_REFERENCES = ("first", "blank")


def read_observe(node: StepX, clauses: dict[str, PrepositionX], bench: Bench) -> Observe | None:
    """A ``measure`` step; None, with errors, where something in it is wrong."""
    reader = _ObserveReader(bench)
    path = reader.path(clauses.get("in"))
    readings = reader.readings(node, path)
    every, duration = (reader.quantity(clauses.get(word)) for word in ("every", "for"))
    dead_time = reader.quantity(clauses.get("after"))
    times, temperature = reader.at(node)
    start, until = (reader.quantity(clauses.get(word)) for word in ("from", "to"))
    reader.check_times(node, clauses, times)
    reader.check_ramp(clauses, temperature)
    if reader.wrong:
        return None
    span = bench.report.span(node.start, node.end)
    temperature = temperature if start is None else start
    return Observe(readings, every, duration, times, dead_time, temperature, span, until)


class _ObserveReader:
    def __init__(self, bench: Bench) -> None:
        self.bench, self.report = bench, bench.report
        self.wrong = False

    def error(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str | None = None,
        related: tuple[tuple[str, int, int], ...] = (),
    ) -> None:
        self.wrong = True
        self.report.error(code, message, start, end, hint, related)

    def quantity(self, clause: PrepositionX | None) -> Expression | None:
        return None if clause is None else self._value(clause.values[0].low)

    def _value(self, node: ExpressionX) -> Expression | None:
        expression = self.bench.quantity(node)
        self.wrong = self.wrong or expression is None
        return expression

    # --- when ---

    def at(self, node: StepX) -> tuple[tuple[Expression, ...], Expression | None]:
        """Listed times, and the temperature: both come after ``at``, and their dimension tells them apart."""
        times: tuple[Expression, ...] = ()
        temperature: Expression | None = None
        for clause in (c for c in node.clauses if c.word.name == "at"):
            values = spread(clause.values, self.bench)
            if values is None:
                self.wrong = True
            elif self.bench.dimension(values[0]) == TEMPERATURE:
                if temperature is not None or len(values) > 1:
                    self.error("E009", "`measure` has one temperature", clause.start, clause.end)
                temperature = values[0]
            else:
                if times:
                    self.error("E009", "`measure` has one list of times", clause.start, clause.end)
                times = values
        return times, temperature

    def check_times(self, node: StepX, clauses: dict[str, PrepositionX], times: tuple[Expression, ...]) -> None:
        every, duration = clauses.get("every"), clauses.get("for")
        if (every is None) != (duration is None):
            clause = every or duration
            assert clause is not None
            message = "how long is it measured?" if duration is None else "how often is it measured?"
            self.error("E083", message, clause.start, clause.end, "write `every 5 min for 240 min`")
        elif every is not None and times:
            self.error("E083", "`measure` takes `every … for …` or a list of times, not both", every.start, every.end)
        if every is not None:
            self._limit(every, duration)

    def check_ramp(self, clauses: dict[str, PrepositionX], temperature: Expression | None) -> None:
        start, end = clauses.get("from"), clauses.get("to")
        clause = start or end
        if clause is None:
            return
        if start is None or end is None or "for" not in clauses:
            hint = "write `every 1 min for 30 min from 25 degC to 50 degC`"
            self.error("E083", "a ramp has two ends, and lasts for a time", clause.start, clause.end, hint)
        elif temperature is not None:
            self.error("E083", "`measure` takes a temperature or a ramp, not both", clause.start, clause.end)

    def _limit(self, every: PrepositionX, duration: PrepositionX | None) -> None:
        width = self.quantity(every)
        if not isinstance(width, Number):
            return
        if width.value <= 0:
            self.error("E024", "the time between readings is above zero", every.start, every.end)
            return
        whole = self.quantity(duration)
        count = whole.value // width.value + 1 if isinstance(whole, Number) else 0
        if count > MAX_READINGS:
            message = f"{count} readings; a step has at most {MAX_READINGS}"
            self.error("E081", message, every.start, every.end)

    # --- what ---

    def path(self, clause: PrepositionX | None) -> Expression | None:
        """The length of a cell, with or without the word."""
        if clause is None:
            return None
        node = clause.values[0].low
        if isinstance(node, ProductX) and isinstance(node.factors[-1], BesideX) and node.factors[-1].name in _CELLS:
            rest = node.factors[:-1]
            whole = ProductX(rest, node.operators[:-1], node.start, rest[-1].end, node.depth)
            node = rest[0] if len(rest) == 1 else whole
        return self._value(node)

    def readings(self, node: StepX, path: Expression | None) -> tuple[Reading, ...]:
        if not node.readings:
            hint = "write `measure od = absorbance(371 nm)`, `measure [A]` or the name of an observable"
            self.error("E080", "`measure` what?", node.verb.start, node.verb.end, hint)
        made: dict[str, Reading] = {}
        for each in node.readings:
            reading = self._reading(each, path)
            if reading is None:
                self.wrong = True
            elif reading.name in made:
                first = made[reading.name].span
                place = (("first measured here", first.start, first.end),) if first else ()
                self.error("E011", f"`{reading.name}` is measured twice", each.start, each.end, None, place)
            else:
                made[reading.name] = reading
        return tuple(made.values())

    def _reading(self, node: ReadingX, path: Expression | None) -> Reading | None:
        span = self.report.span(node.start, node.end)
        name = self._name(node)
        if name is None:
            return None
        reference = self._reference(node)
        if node.grid is not None:
            if node.difference and node.grid.high is None:
                at = self._value(node.grid.low)
                return None if at is None else Reading(name, "absorbance", (at,), None, path, span, reference)
            grid = self._grid(node)
            return None if grid is None else Reading(name, "spectrum", grid, None, path, span, reference)
        value = node.value
        assert value is not None
        if self._is_absorbance(value):
            at = self._wavelength(value)  # type: ignore[arg-type]
            return None if at is None else Reading(name, "absorbance", (at,), None, path, span, reference)
        if self._misspelt(value):
            return None
        if node.against is not None:
            self.error("E083", f"`{name}` is no absorbance, so it has no reference", *node.against[1:])
        if path is not None:
            self.error("E083", f"`{name}` is no absorbance, so it has no cell", node.start, node.end)
        expression = self.bench.resolver.resolve(value, None, loops=self.bench.variables)
        return None if expression is None else Reading(name, "value", (), expression, None, span)

    def _reference(self, node: ReadingX) -> Literal["first", "blank"] | None:
        """What the light is measured against."""
        against = node.against
        if against is not None and node.difference:
            hint = "write `spectrum(…) against blank`, or `difference(…)` alone"
            self.error("E083", "a difference is against the first reading already", *against[1:], hint)
        elif against is not None and against.name not in _REFERENCES:
            message = f"light is read against `first` or `blank`, not `{against.name}`"
            hint = suggest(against.name, _REFERENCES, words=True) or "`blank` is the sample without what absorbs in it"
            self.error("E083", message, against.start, against.end, hint)
        elif node.difference or against is not None:
            return "blank" if against is not None and against.name == "blank" else "first"
        return None

    def _is_absorbance(self, node: ExpressionX) -> bool:
        return isinstance(node, CallX) and node.function.name == "absorbance" and self.bench.entry("absorbance") is None

    def _misspelt(self, node: ExpressionX) -> bool:
        """Report a call that is no function, where a kind of reading is near."""
        if not isinstance(node, CallX) or node.function.name in FUNCTIONS or self.bench.entry(node.function.name):
            return False
        word = node.function
        hint = suggest(word.name, ("absorbance", "spectrum", "difference"), words=True)
        if hint is not None:
            self.error("E010", f"unknown function `{word.name}`", word.start, word.end, hint)
        return hint is not None

    def _name(self, node: ReadingX) -> str | None:
        """The name of the series: the one given, else that of what is measured."""
        value = node.value
        if node.name is None:
            if isinstance(value, WordX | BracketX):
                return value.name
            text = self.report.source.text[node.start : node.end]
            self.error("E080", "this reading has no name", node.start, node.end, f"write `measure od = {text}`")
            return None
        self._check_name(node.name, value)
        return node.name.name

    def _check_name(self, word: Word, value: ExpressionX | None) -> None:
        entry = self.bench.entry(word.name)
        if entry is None and word.name not in self.bench.variables:
            return
        if isinstance(value, WordX | BracketX) and value.name == word.name:
            return
        what = KIND_WORDS[entry.kind] if entry is not None else "a variable of the experiment"
        message = f"`{word.name}` is {what} already, so a reading needs another name"
        self.error("E011", message, word.start, word.end)

    def _wavelength(self, node: CallX) -> Expression | None:
        if len(node.arguments) != 1:
            message = f"`absorbance` takes one wavelength, {len(node.arguments)} given"
            self.error("E017", message, node.start, node.end, "one series a wavelength: `a = …, b = …`")
            return None
        return self._value(node.arguments[0])

    def _grid(self, node: ReadingX) -> tuple[Expression, ...] | None:
        """From, to and step of a spectrum; the step is 1 nm where none is given."""
        grid = node.grid
        assert grid is not None
        if grid.high is None:
            message = "a spectrum goes from a wavelength to another"
            self.error("E083", message, grid.start, grid.end, "write `spectrum(320 nm .. 450 nm step 1 nm)`")
            return None
        found = self.bench.quantities([n for n in (grid.low, grid.high, grid.step) if n is not None])
        if found is None:
            return None
        if len(found) == 2:
            system = self.bench.system
            found.append(Number(Fraction(UNITS["nm"].factor / system.scale_of(LENGTH)), LENGTH))
        low, high, step = (each.value if isinstance(each, Number) else None for each in found)
        if None not in (low, high, step) and not (0 < low < high and step > 0):  # type: ignore[operator]
            self.error("E026", "this range of wavelengths is empty", grid.start, grid.end)
            return None
        count = 0 if None in (low, high, step) else (high - low) // step + 1  # type: ignore[operator]
        if count > MAX_WAVELENGTHS:
            message = f"{count} wavelengths; a spectrum has at most {MAX_WAVELENGTHS}"
            self.error("E081", message, grid.start, grid.end)
            return None
        return tuple(found)
