"""Bottles and experiments: syntax to the plain data of `mechanism.bench`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mscnet.diagnostics import suggest
from mscnet.language.declare import Declarations
from mscnet.language.media import main_name
from mscnet.language.protocol_context import MAX_CONDITIONS, MAX_ORIGINS, Bench
from mscnet.language.protocol_limits import limit_steps
from mscnet.language.protocol_loops import read_loops
from mscnet.language.protocol_steps import StepReader
from mscnet.language.resolve import Resolver
from mscnet.language.scope import KIND_WORDS, Reporter
from mscnet.language.stocks import read_stocks
from mscnet.language.syntax import BenchX, Word
from mscnet.language.syntax_protocol import ExperimentX, OriginX
from mscnet.mechanism.bench import Experiment, Loop, Origin
from mscnet.mechanism.bench_use import vessels_in
from mscnet.mechanism.types import Parameter
from mscnet.mechanism.units import NONE


def read_bench(
    found: Declarations, resolver: Resolver, parameters: tuple[Parameter, ...], report: Reporter
) -> dict[str, Any]:
    """What bottles, media and experiments bring to a mechanism, by the name of its field."""
    stocks = tuple(read_stocks(found, resolver, report))
    known = (*parameters, *(p for part in found.parts for p in part.mechanism.parameters))
    bench = Bench(found, resolver, report, (*stocks, *found.imported_stocks), known)
    experiments = tuple(_Experiments(bench).read())
    return {"parameters": tuple(_solvents(found)), "stocks": stocks, "experiments": experiments}


def _solvents(found: Declarations) -> Iterable[Parameter]:
    """Of each solvent its volume fraction, and whether it is the main component: what a plain run has of it."""
    medium = next((o.value for o in found.options if o.name.name == "medium"), None)
    for statement, _ in found.bench:
        word = statement.name
        entry = found.scope.common.get(word.name)
        if statement.kind != "solvent" or entry is None or entry.start != word.start:
            continue
        value = 1.0 if getattr(medium, "name", None) == word.name else 0.0
        for name, note in ((word.name, "volume fraction"), (main_name(word.name), "1 where it is the medium")):
            yield Parameter(
                name, value, NONE, fixed=True, note=note, span=found.scope.report.span(word.start, word.end)
            )


class _Experiments:
    """Reads the experiments of a file, each after the one that it begins from."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.report = bench, bench.report
        self.statements: dict[str, BenchX] = {}
        self.imported = {experiment.name: experiment for experiment in bench.found.imported_experiments}
        self.done: dict[str, Experiment | None] = {**self.imported}
        for name, experiment in self.imported.items():
            bench.vessels_of[name] = dict.fromkeys(vessels_in(experiment.steps))
        self.depth: dict[str, int] = {}
        self.told = False

    def read(self) -> Iterable[Experiment]:
        for statement, pathway in self.bench.found.bench:
            if statement.kind == "experiment" and pathway is None:
                self._enter(statement)
        made = [self._experiment(name, []) for name in self.statements]
        self._unbound([experiment for experiment in made if experiment is not None])
        return [experiment for experiment in made if experiment is not None]

    def _enter(self, statement: BenchX) -> None:
        word = statement.name
        first = self.statements.setdefault(word.name, statement)
        if first is not statement:
            place = (("first declared here", first.name.start, first.name.end),)
            self.report.error("E011", f"`{word.name}` is declared twice", word.start, word.end, related=place)

    def _experiment(self, name: str, path: list[str]) -> Experiment | None:
        if name not in self.done:
            statement = self.statements[name]
            content: ExperimentX = statement.content
            self._once(content)
            self.bench.begin(self._variables(content))
            loops = read_loops(content.loops, self.bench)
            self._limit(loops, content)
            origin = self._origin(content.origins[0], [*path, name]) if content.origins else None
            self.done[name] = self._made(statement, content, loops, origin)
        return self.done[name]

    def _made(
        self, statement: BenchX, content: ExperimentX, loops: tuple[Loop, ...], origin: Origin | None
    ) -> Experiment:
        word, bench = statement.name, self.bench
        bench.begin(self._variables(content), loops)
        before = self.done.get(origin.experiment) if origin is not None else None
        steps = StepReader(bench, bench.vessels_of.get(before.name, {}) if before else {}, bool(content.origins))
        made = steps.read(content.steps)
        bench.vessels_of[word.name] = steps.vessels
        limit_steps(made, bench, word)
        if not content.steps:
            hint = "say what was done: `mix 1 mL sample ; measure od = absorbance(371 nm)`"
            self.report.error("E083", f"`{word.name}` has no steps", word.start, word.end, hint)
        return Experiment(
            name=word.name,
            steps=made,
            parameters=tuple(parameter.name for parameter in content.parameters),
            loops=loops,
            origin=origin,
            values=tuple(steps.values.items()),
            label=content.labels[0].text if content.labels else None,
            source=content.sources[0].text if content.sources else None,
            span=self.report.span(word.start, word.end),
        )

    # --- headings ---

    def _once(self, content: ExperimentX) -> None:
        for items, what in ((content.labels, "label"), (content.sources, "source"), (content.origins, "origin")):
            if len(items) > 1:
                first, second = items[:2]
                place = (("the first one is here", first.start, first.end),)
                self.report.error("E009", f"an experiment has one {what}", second.start, second.end, related=place)

    def _variables(self, content: ExperimentX) -> dict[str, Word]:
        """The variables of an experiment, none of which is a name of the file."""
        variables: dict[str, Word] = {}
        for word in content.parameters:
            if word.name in variables:
                self._twice(word, variables[word.name])
            variables.setdefault(word.name, word)
        looped: dict[str, Word] = {}
        for loop in content.loops:
            word = loop.variable
            if word.name in looped:
                self._twice(word, looped[word.name])
            looped[word.name] = word
            variables.setdefault(word.name, word)
        for word in variables.values():
            entry = self.bench.entry(word.name)
            if entry is not None or word.name in ("t", "time"):
                what = KIND_WORDS[entry.kind] if entry is not None else "the time of the run"
                place = (("declared here", entry.start, entry.end),) if entry is not None and entry.declared else ()
                message = f"the variable `{word.name}` is {what} already"
                self.report.error("E011", message, word.start, word.end, "choose another name", place)
        return variables

    def _twice(self, word: Word, first: Word) -> None:
        place = (("first named here", first.start, first.end),)
        self.report.error("E011", f"the variable `{word.name}` is named twice", word.start, word.end, related=place)

    def _limit(self, loops: tuple[Loop, ...], content: ExperimentX) -> None:
        conditions = 1
        for loop in loops:
            conditions *= len(loop.values)
        if conditions > MAX_CONDITIONS:
            message = f"{conditions} conditions; an experiment has at most {MAX_CONDITIONS}"
            self.report.error("E081", message, content.loops[0].start, content.loops[-1].end)

    # --- origins ---

    def _origin(self, node: OriginX, path: list[str]) -> Origin | None:
        word = node.experiment
        if word.name not in self.statements and word.name not in self.imported:
            hint = suggest(word.name, [*self.statements, *self.imported])
            self.report.error("E010", f"unknown experiment `{word.name}`", word.start, word.end, hint)
            return None
        if word.name in path:
            cycle = " -> ".join([*path[path.index(word.name) :], word.name])
            message = f"`{word.name}` begins from itself ({cycle})"
            self.report.error("E015", message, word.start, word.end)
            return None
        arguments = [self.bench.quantity(argument) for argument in node.arguments]
        after = self.bench.quantity(node.after) if node.after is not None else None
        if len(path) > MAX_ORIGINS or self.depth.get(word.name, 0) >= MAX_ORIGINS:
            if not self.told:
                message = f"`{path[-1]}` begins from more than {MAX_ORIGINS} experiments, one after the other"
                hint = "write the steps of some of them in one experiment"
                self.report.error("E081", message, word.start, word.end, hint)
            self.told = True
            return None
        before = self._experiment(word.name, path)
        self.depth[path[-1]] = self.depth.get(word.name, 0) + 1
        if before is None or None in arguments or not self._all_given(node, before):
            return None
        given = tuple(argument for argument in arguments if argument is not None)
        return Origin(word.name, given, after, self.report.span(node.start, node.end))

    def _all_given(self, node: OriginX, before: Experiment) -> bool:
        """Whether the origin has a value for each variable of the experiment that it names."""
        unnamed = [loop.variable for loop in before.loops if loop.variable not in before.parameters]
        if len(node.arguments) == len(before.parameters) and not unnamed:
            return True
        form = f"{before.name}({', '.join((*before.parameters, *unnamed))})"
        word = node.experiment
        if unnamed:
            message = f"`{before.name}` runs over `{unnamed[0]}`, which cannot be given here"
            hint: str | None = f"name it where the experiment is declared: `experiment {form}`"
        else:
            message = f"`{form}` takes {len(before.parameters)} value(s), {len(node.arguments)} given"
            hint = f"write `from {form}` with values" if before.parameters else None
        self.report.error("E017", message, word.start, node.end, hint)
        return False

    def _unbound(self, experiments: list[Experiment]) -> None:
        """Variables that have no value where nothing gives them one."""
        origins = {e.origin.experiment for e in experiments if e.origin is not None}
        option = next((o.value for o in self.bench.found.options if o.name.name == "experiment"), None)
        named = getattr(getattr(option, "function", option), "name", None)
        for experiment in experiments:
            looped = {loop.variable for loop in experiment.loops}
            content: ExperimentX = self.statements[experiment.name].content
            for word in {word.name: word for word in content.parameters}.values():
                if word.name not in looped and experiment.name not in origins and experiment.name != named:
                    message = f"nothing gives the variable `{word.name}` a value"
                    hint = f"write `for {word.name} in 15, 30 uL`, or begin another experiment from this one"
                    self.report.error("W067", message, word.start, word.end, hint)
