"""Bottles, experiments, bands, the instrument and data files in the language's own spelling."""

from __future__ import annotations

from collections.abc import Iterator

from mscnet.interop.mech_words import Words, text_of
from mscnet.mechanism.bench import (
    DEFAULT_VESSEL,
    Add,
    DataFile,
    DiluteTo,
    Discard,
    Equilibrate,
    Experiment,
    Flow,
    Hold,
    Mix,
    Observe,
    Portion,
    Reading,
    Repeat,
    Set,
    Step,
    Stock,
    Take,
    Use,
)
from mscnet.mechanism.expression import Expression, Number
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.optics import Band, Instrument
from mscnet.mechanism.structure import Pattern
from mscnet.mechanism.structure_text import pattern_text
from mscnet.records import replace


def _structured(pattern: Pattern) -> str:
    """A structured species; names of molecules from imports are written without dots, as where they are declared."""
    molecules = tuple(replace(one, name=one.name.replace(".", "_")) for one in pattern.molecules)
    return pattern_text(replace(pattern, molecules=molecules))


class BenchText:
    """Writes what was done at the bench."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._vessel = DEFAULT_VESSEL

    def lines(self, mechanism: Mechanism) -> Iterator[str]:
        """All of it but solvents, which stand before what depends on them."""
        for stock in mechanism.stocks:
            if stock.kind != "solvent":
                yield self._stock(stock)
        yield from map(self._band, mechanism.bands)
        if mechanism.instrument is not None:
            yield self._instrument(mechanism.instrument)
        for experiment in mechanism.experiments:
            yield from self._experiment(experiment)
        yield from map(self._data, mechanism.data_files)

    # --- what there is ---

    def _stock(self, s: Stock) -> str:
        text = self.words.text
        inside = [
            f"{self.words.name(c.species) if c.pattern is None else _structured(c.pattern)} = {text(c.concentration)}"
            for c in s.contents
        ]
        for name in ("density", "molar_mass", "purity"):
            value = getattr(s, name)
            inside += [f"{name} = {text(value)}"] if value is not None else []
        label = f" {text_of(s.label)}" if s.label is not None else ""
        solvent = f" in {self.words.name(s.solvent)}" if s.solvent is not None else ""
        return f"{s.kind} {self.words.name(s.name)}{label}{solvent} {{ {' ; '.join(inside)} }}"

    def _band(self, band: Band) -> str:
        shapes = []
        for shape in band.shapes:
            path = f" {text_of(shape.path)}" if shape.path is not None else ""
            settings = ", ".join(f"{name} = {self.words.text(value)}" for name, value in shape.settings)
            shapes.append(f"{shape.kind}{path}{' ' + settings if settings else ''}")
        return f"band {self.words.name(band.species)} {{ {' ; '.join(shapes)} }}"

    def _instrument(self, given: Instrument) -> str:
        text = self.words.text
        entries = [f"{name} = {text(value)}" for name, value in given.settings]
        entries += [f"baseline({text(at)}) = {text(value)}" for at, value in given.baselines]
        return f"instrument {{ {' ; '.join(entries)} }}"

    def _data(self, file: DataFile) -> str:
        entries = [f"{reading} = {text_of(column)}" for column, reading in file.columns]
        entries += [f"{name} = {self.words.text(value)}" for name, value in file.selects]
        entries += [f"error = {self.words.text(file.error)}"] if file.error is not None else []
        as_format = f" as {file.format}" if file.format is not None else ""
        block = f" {{ {' ; '.join(entries)} }}" if entries else ""
        return f"data {self.words.name(file.experiment)} {text_of(file.path)}{as_format}{block}"

    # --- experiments ---

    def _experiment(self, e: Experiment) -> Iterator[str]:
        self._vessel = DEFAULT_VESSEL
        head = f"experiment {self.words.name(e.name)}"
        head += f"({', '.join(e.parameters)})" if e.parameters else ""
        head += f" {text_of(e.label)}" if e.label is not None else ""
        if e.origin is not None:
            given = f"({', '.join(map(self._quantity, e.origin.arguments))})" if e.origin.arguments else ""
            after = f" after {self._quantity(e.origin.after)}" if e.origin.after is not None else ""
            head += f" from {self.words.name(e.origin.experiment)}{given}{after}"
        if e.loops:
            head += " for " + ", ".join(f"{x.variable} in {', '.join(map(self._quantity, x.values))}" for x in e.loops)
        head += f" from {text_of(e.source)}" if e.source is not None else ""
        yield head + " {"
        for name, value in e.values:
            yield f"    with {self.words.name(name)} = {self._reading(value)}"
        yield from self._steps(e.steps, "    ")
        yield "}"

    def _steps(self, steps: tuple[Step, ...], indent: str) -> Iterator[str]:
        for step in steps:
            if isinstance(step, Repeat):
                yield f"{indent}repeat {self._quantity(step.count)} {{"
                yield from self._steps(step.steps, indent + "    ")
                yield indent + "}"
            else:
                yield indent + self._step(step)

    def _step(self, step: Step) -> str:
        match step:
            case Mix(portions, vessel):
                return f"mix {self._portions(portions)} in {self._now(vessel)}"
            case Add(portions, over, vessel):
                time = f" over {self._quantity(over)}" if over is not None else ""
                return f"add {self._portions(portions)}{time} to {self._now(vessel)}"
            case DiluteTo(volume, stock):
                return f"dilute to {self._quantity(volume)} with {self.words.name(stock)}"
            case Take(volume, source, vessel):
                return f"take {self._quantity(volume)} from {source} into {self._now(vessel)}"
            case Discard(volume):
                return "discard" if volume is None else f"discard {self._quantity(volume)}"
            case Hold(duration, temperature, until):
                return f"hold {self._quantity(duration)}{self._temperature(temperature, until)}"
            case Equilibrate():
                return "equilibrate"
            case Flow(inlets, duration, outlet):
                return f"flow {self._flow(inlets, outlet)} for {self._quantity(duration)}"
            case Set(name, value):
                return f"set {self.words.name(name)} = {self._reading(value)}"
            case Use(vessel):
                return f"use {self._now(vessel)}"
            case Observe():
                return self._measure(step)
        raise AssertionError(step)

    def _now(self, vessel: str) -> str:
        self._vessel = vessel
        return vessel

    def _flow(self, inlets: tuple[Portion, ...], outlet: Expression | None) -> str:
        out = f" out {self._quantity(outlet)}" if outlet is not None else ""
        return self._portions(inlets) + out

    def _portions(self, portions: tuple[Portion, ...]) -> str:
        return " + ".join(map(self._portion, portions))

    def _portion(self, portion: Portion) -> str:
        name = self.words.name(portion.of)
        if portion.measure == "fraction":
            share = "all" if portion.quantity is None else self._quantity(portion.quantity)
            return f"{share} of {name}"
        assert portion.quantity is not None
        return f"{self._quantity(portion.quantity)} {name}"

    def _temperature(self, begin: Expression | None, end: Expression | None) -> str:
        if begin is None:
            return ""
        if end is None:
            return f" at {self._quantity(begin)}"
        return f" from {self._quantity(begin)} to {self._quantity(end)}"

    # --- measuring ---

    def _measure(self, m: Observe) -> str:
        text = "measure " + ", ".join(map(self._read, m.readings))
        if m.every is not None:
            text += f" every {self._quantity(m.every)}"
        if m.duration is not None:
            text += f" for {self._quantity(m.duration)}"
        if m.times:
            text += " at " + ", ".join(map(self._quantity, m.times))
        if m.dead_time is not None:
            text += f" after {self._quantity(m.dead_time)}"
        text += self._temperature(m.temperature, m.until)
        paths = {self._quantity(r.path) for r in m.readings if r.path is not None}
        text += f" in {paths.pop()} cell" if paths else ""
        if isinstance(m.during, Add):
            text += f" while add {self._portions(m.during.portions)}"
        elif m.during is not None:
            text += f" while flow {self._flow(m.during.inlets, m.during.outlet)}"
        return text

    def _read(self, r: Reading) -> str:
        if r.kind == "value":
            assert r.expression is not None
            value = self._reading(r.expression)
            return value if value == f"[{self.words.name(r.name)}]" or value == r.name else f"{r.name} = {value}"
        waves = [self._quantity(w) for w in r.wavelengths]
        if r.kind == "spectrum":
            what = f"spectrum({waves[0]} .. {waves[1]} step {waves[2]})"
        else:
            what = f"absorbance({waves[0]})"
        against = f" against {r.reference}" if r.reference is not None else ""
        return f"{r.name} = {what}{against}"

    def _quantity(self, e: Expression) -> str:
        """A number with its unit, a name, or anything in brackets."""
        text = self.words.text(e)
        return text if isinstance(e, Number) and e.value >= 0 else self.words.factor(e)

    def _reading(self, e: Expression) -> str:
        text = self.words.text(e)
        return text if self.words.factor(e) == text or isinstance(e, Number) else f"({text})"
