"""What the experiments of a file have: their readings, loop variables and conditions."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import prod

from mscnet.diagnostics import suggest
from mscnet.language.products import Stop
from mscnet.language.scope import Reporter
from mscnet.language.syntax import Word
from mscnet.mechanism.bench import Experiment, Reading
from mscnet.mechanism.bench_use import observations
from mscnet.mechanism.expression import Expression, Number


class Experiments:
    """The experiments of a file by name; `declared` are the names of those that have errors, too."""

    def __init__(self, experiments: Iterable[Experiment], declared: Iterable[str], report: Reporter) -> None:
        self._by_name = {experiment.name: experiment for experiment in experiments}
        self._declared, self._report = {*declared}, report
        self._readings: dict[str, dict[str, Reading]] = {}

    def get(self, name: str) -> Experiment | None:
        return self._by_name.get(name)

    def knows(self, name: str) -> bool:
        """Whether an experiment is called so, be it one with errors."""
        return name in self._by_name or name in self._declared

    def find(self, word: Word) -> Experiment:
        """The experiment called so.

        Raises:
            Stop: there is none, which is reported, or it has errors.
        """
        experiment = self._by_name.get(word.name)
        if experiment is None:
            known = {*self._by_name, *self._declared}
            if word.name not in known:
                hint = suggest(word.name, known) or ("there are " + ", ".join(sorted(known)) if known else None)
                self._report.error("E010", f"unknown experiment `{word.name}`", word.start, word.end, hint)
            raise Stop
        return experiment

    def readings(self, experiment: Experiment) -> dict[str, Reading]:
        """The readings of an experiment's measure steps by name, the last of a name."""
        if experiment.name not in self._readings:
            steps = observations(experiment.steps)
            self._readings[experiment.name] = {r.name: r for step in steps for r in step.readings}
        return self._readings[experiment.name]


def variables_of(experiment: Experiment) -> tuple[str, ...]:
    """Loop variables and parameters of an experiment."""
    return tuple(dict.fromkeys((*experiment.parameters, *(loop.variable for loop in experiment.loops))))


def conditions_of(experiment: Experiment, arguments: tuple[Expression, ...]) -> int:
    """How many conditions an experiment has where its parameters are given as `arguments` (empty: all)."""
    given = set(experiment.parameters[: len(arguments)])
    return prod(len(loop.values) for loop in experiment.loops if loop.variable not in given)


def loop_values(experiment: Experiment, variable: str) -> tuple[Fraction, ...] | None:
    """The values of a loop, where all are plain numbers; else, or without such a loop, None."""
    loop = next((loop for loop in experiment.loops if loop.variable == variable), None)
    if loop is None:
        return None
    numbers = tuple(value.value for value in loop.values if isinstance(value, Number))
    return numbers if len(numbers) == len(loop.values) else None
