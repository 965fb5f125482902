"""`Bench`: a mechanism's experiments made ready once and performed many times, and `perform`, which does so once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mscnet.diagnostics import MechanismError
from mscnet.experiment.asked import Asked, read_asked
from mscnet.experiment.faults import Words, named_after
from mscnet.experiment.measure import Readings
from mscnet.experiment.passing import IN_SOLVENT, Solver, bare
from mscnet.experiment.perform import Node, Performer
from mscnet.experiment.plan import Planned, Planner
from mscnet.experiment.results import Condition, Measured, Run, name_of
from mscnet.experiment.stocks import Bottles
from mscnet.experiment.values import TEMPERATURE, Values, check_given, read_changes
from mscnet.mechanism.bench import Experiment, Stock
from mscnet.mechanism.bench_use import (
    all_steps,
    measures_light,
    names_set,
    optical_expressions,
    parameters_behind,
    step_expressions,
    stock_expressions,
    stocks_used,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.methods import STOCHASTIC
from mscnet.simulation.settings import chosen_settings
from mscnet.simulation.simulate import MAX_STEPS
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import AbsoluteTolerance

#: The most states that are kept of one hold.
MAX_HOLD_POINTS = 100_000

#: What a request for experiments may be: a name, a call such as ``fig4(30 uL)``, or several.
Wanted = str | Sequence[str]


class ExperimentsInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a run of experiments: `.run` has the conditions that were finished, and the one that was not."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"interrupted after {sum(c.status is Status.DONE for c in run.conditions)} conditions")
        self.run: Run = run


def perform(
    mechanism: Mechanism,
    experiments: Wanted | None = None,
    values: Mapping[str, float | str] | None = None,
    *,
    method: str | None = None,
    rtol: float | None = None,
    atol: AbsoluteTolerance | None = None,
    max_steps: int | None = None,
    noise: int | None = None,
    hold_points: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Run:
    """Do the experiments of a mechanism's chosen model and measure what they measure.

    `experiments` names some of them, also one condition, as in ``"fig4(30 uL)"``; without it all are done.  `values`
    are parameters, numbers in the file's units or texts such as ``"0.1 /min"``.  Method and tolerances are those of
    `simulate`; an absolute one follows, by default, the smallest amount that was put into a vessel.  Whatever
    conditions share from their start on is done once.  A condition with a step that cannot be done (more is taken than
    there is, a vessel is empty) has the status ``IMPOSSIBLE`` and an `error`; the others go on.  `noise`, `hold_points`
    and `progress` are those of `Bench.run`.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: values are missing, or an experiment starts from one that there is not.
        ExperimentsInterrupted: Ctrl-C was pressed; `.run` has what was finished.
    """
    bench = Bench(mechanism, method=method, rtol=rtol, atol=atol, max_steps=max_steps)
    return bench.run(values, experiments=experiments, noise=noise, hold_points=hold_points, progress=progress)


class Bench:
    """A mechanism's experiments made ready for many runs with other values, as in a fit; the arguments are those of
    `perform`.  Tables and analysis are done once.  Not to be shared by threads.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: a setting makes no sense, or the mechanism has no experiments.
    """

    def __init__(
        self,
        mechanism: Mechanism,
        *,
        method: str | None = None,
        rtol: float | None = None,
        atol: AbsoluteTolerance | None = None,
        max_steps: int | None = None,
    ) -> None:
        if not isinstance(mechanism, Mechanism):
            raise TypeError(f"give a Mechanism, not {type(mechanism).__name__}: mscnet.perform(mscnet.load(…))")
        self.mechanism = model = mechanism.expanded
        if not model.experiments:
            hint = "write one, as in `experiment mixing { mix 1 mL A + 1 mL B ; hold 1 h }`"
            raise MechanismError.of("E010", f"{model.name} has no experiments", hint=hint, file=_file(model))
        chosen, relative, absolute = chosen_settings(model, method, rtol, atol)
        if chosen in STOCHASTIC:
            hint = "leave the method out; ssa and nf follow plain runs"
            raise MechanismError.of("E045", "experiments are integrated, not followed molecule by molecule", hint=hint)
        if max_steps is not None and max_steps < 1:
            raise MechanismError.of("E045", f"max_steps is a number above 0, not {max_steps}")
        self.experiments: Mapping[str, Experiment] = {e.name: e for e in model.experiments}
        self._stocks = {stock.name: stock for stock in model.stocks}
        solvents = tuple(stock.name for stock in model.stocks if stock.kind == "solvent")
        bared = bare(model)
        warm = next((d.expression for d in model.definitions if d.name == TEMPERATURE), None)
        self._solver = Solver(
            bared, solvents, chosen, relative, absolute, max_steps or MAX_STEPS,
            warm if all(d.name != TEMPERATURE for d in bared.definitions) else None,
        )  # fmt: skip
        self._words = Words.of(model)
        self._relevant = self._relevant_parameters()
        self._medium = {*solvents, *(IN_SOLVENT.format(name) for name in solvents)}
        self._needed: dict[str, set[str]] = {}
        self._readings = Readings(model, self._solver, self._from_stretch())

    def __repr__(self) -> str:
        return f"<Bench {self.mechanism.name}: {len(self.experiments)} experiments>"

    def run(
        self,
        values: Mapping[str, float | str] | None = None,
        /,
        *,
        experiments: Wanted | None = None,
        ledger: bool = True,
        noise: int | None = None,
        hold_points: int = 2,
        progress: Callable[[float], None] | None = None,
    ) -> Run:
        """Do the experiments with these values of parameters.

        Args:
            values: numbers in the file's units, or texts such as ``"0.1 /min"``.
            experiments: a name, a call, or several; all without it.
            ledger: without it none is kept, which is quicker.
            noise: a seed; readings of light get the instrument's `noise`, the same for the same seed.
            hold_points: of holds, feeds and flows so many states are kept; 2 are their ends.
            progress: called with the fraction of conditions that are done.

        Raises:
            MechanismError: values are missing or make no sense; `noise` is asked for where the instrument has none;
                `hold_points` is below 2.
            ExperimentsInterrupted: Ctrl-C was pressed.
        """
        self._check_noise(noise)
        planned, performer = self._prepared(values, experiments, ledger, hold_points)
        return self._performed(planned, performer, noise, progress)

    def run_revised(
        self, values: Mapping[str, float | str], experiments: Sequence[Asked], revise: Callable[[Planned], Planned],
        hold_points: int,
    ) -> Run:  # fmt: skip
        """A run without ledger of conditions that were changed after they were planned; errors as `run`."""
        planned, performer = self._prepared(values, experiments, False, hold_points)
        return self._performed([revise(p) for p in planned], performer, None, None)

    def _prepared(
        self, values: Mapping[str, float | str] | None, experiments: Wanted | Sequence[Asked] | None, ledger: bool,
        hold_points: int,
    ) -> tuple[list[Planned], Performer]:  # fmt: skip
        if not 2 <= hold_points <= MAX_HOLD_POINTS:
            message = f"of a hold, 2 to {MAX_HOLD_POINTS:,} points are kept, not {hold_points}"
            raise MechanismError.of("E045", message)
        asked = self.asked(experiments)
        held = Values.of(self.mechanism, read_changes(self.mechanism, values or {}))
        roots = _Roots(self, held)
        planner = Planner(self.experiments, held, roots.key)
        for one in asked:
            planner.check_origins(one.experiment)
        check_given(self.mechanism, self._needed_for(asked), held)
        planned = [p for one in asked for p in planner.conditions(one.experiment, one.values)]
        return planned, Performer(self._solver, roots.bottles, roots.parameters, self._words, ledger, hold_points)

    def asked(self, experiments: Wanted | Sequence[Asked] | None) -> list[Asked]:
        """The experiments asked for; errors as `run`."""
        if experiments is not None and not isinstance(experiments, str):
            ready = [one for one in experiments if isinstance(one, Asked)]
            if ready and len(ready) == len(experiments):
                return ready
        return read_asked(self.mechanism, self.experiments, experiments)  # type: ignore[arg-type]

    def check_given(self, asked: Sequence[Asked], values: Mapping[str, float]) -> None:
        """Refuses to go on while parameters that experiments need have no value.

        Raises:
            MechanismError: names them all, and how to give them.
        """
        check_given(self.mechanism, self._needed_for(asked), Values.of(self.mechanism, values))

    def _check_noise(self, noise: int | None) -> None:
        if noise is None:
            return
        if isinstance(noise, bool) or not isinstance(noise, int) or noise < 0:
            raise MechanismError.of("E045", f"noise is a seed, a whole number from 0 on, not {noise!r}")
        instrument = self.mechanism.instrument
        if instrument is None or "noise" not in dict(instrument.settings):
            hint = "write `instrument { noise = 0.002 }`: the standard deviation of an absorbance"
            message = "noise is asked for, and the instrument has none"
            raise MechanismError.of("E040", message, hint=hint, file=_file(self.mechanism))

    def _performed(
        self, planned: Sequence[Planned], performer: Performer, noise: int | None,
        progress: Callable[[float], None] | None,
    ) -> Run:  # fmt: skip
        self._readings.begin(noise)
        conditions: list[Condition] = []
        try:
            for plan in planned:
                conditions.append(_condition(plan, performer.perform(plan), self._readings))
                if progress is not None:
                    progress(len(conditions) / len(planned))
        except KeyboardInterrupt:
            run = Run(self.mechanism, tuple(conditions), performer.statistics)
            raise ExperimentsInterrupted(run) from None
        return Run(self.mechanism, tuple(conditions), performer.statistics)

    # --- which parameters matter where --------------------------------------------------------

    def _relevant_parameters(self) -> list[int]:
        """Indices of the parameters that the course of an experiment depends on: those of rates and of stocks."""
        model = self.mechanism
        stocks = (e for stock in model.stocks for e in stock_expressions(stock))
        named = self._solver.rate_parameters | parameters_behind(model, stocks)
        return [i for name, i in self._solver.index.items() if name in named or name == "temperature"]

    def _from_stretch(self) -> set[str]:
        """Parameters whose value at a reading is that of the stretch: rates', those that steps set, and media."""
        steps = names_set(step for e in self.experiments.values() for step in e.steps)
        return {"temperature", *self._medium, *self._solver.rate_parameters, *steps} & set(self._solver.index)

    def _needed_for(self, asked: Iterable[Asked]) -> set[str]:
        names = {one.experiment.name for one in asked}
        found: set[str] = set()
        for name in names:
            if name not in self._needed:
                self._needed[name] = self._needed_by(self.experiments[name])
            found |= self._needed[name]
        return found

    def _needed_by(self, experiment: Experiment) -> set[str]:
        model = self.mechanism
        steps, expressions = [*experiment.steps], [e for _, e in experiment.values]
        expressions += [value for loop in experiment.loops for value in loop.values]
        origin, seen = experiment.origin, {experiment.name}
        while origin is not None and origin.experiment in self.experiments and origin.experiment not in seen:
            seen.add(origin.experiment)
            expressions += [*origin.arguments, *([origin.after] if origin.after is not None else [])]
            before = self.experiments[origin.experiment]
            steps += before.steps
            origin = before.origin
        expressions += [e for step in all_steps(steps) for e in step_expressions(step)]
        expressions += [
            e for name in stocks_used(steps) & self._stocks.keys() for e in stock_expressions(self._stocks[name])
        ]
        expressions += optical_expressions(model) if measures_light(steps) else []
        needed = self._solver.rate_parameters | parameters_behind(model, expressions)
        return needed - {name for name, _ in experiment.values}

    @property
    def relevant(self) -> tuple[str, ...]:
        """The parameters that the course of an experiment depends on: those of rates and of stocks."""
        names = list(self._solver.index)
        return tuple(names[i] for i in self._relevant)

    @property
    def stocks(self) -> Mapping[str, Stock]:
        """Stocks by name."""
        return self._stocks

    @property
    def readings(self) -> Readings:
        """What takes readings."""
        return self._readings

    @property
    def solver(self) -> Solver:
        """What lets time pass."""
        return self._solver


class _Roots:
    """The values that experiments of one run have: what tells them apart, parameter rows, bottles."""

    def __init__(self, bench: Bench, base: Values) -> None:
        self._bench = bench
        self._keys: dict[int, bytes] = {}
        self._held: dict[bytes, Values] = {}
        self._rows: dict[bytes, Any] = {}
        self._bottles: dict[bytes, Bottles] = {}
        self.key(base)

    def key(self, values: Values) -> bytes:
        """The same for values under which experiments go alike."""
        if id(values) not in self._keys:
            row = np.array([values.named(name) for name in self._bench.solver.index])
            key = row[self._bench._relevant].tobytes()
            self._keys[id(values)] = key
            if key not in self._held:
                self._held[key], self._rows[key] = values, row
        return self._keys[id(values)]

    def parameters(self, key: bytes) -> Any:
        """(n_parameters,) in the order of the rate program."""
        return self._rows[key]

    def bottles(self, key: bytes) -> Bottles:
        """The stocks with these values."""
        if key not in self._bottles:
            program = self._bench.solver.program
            index, constant = program.network.species_index, program.constant
            self._bottles[key] = Bottles(self._bench._stocks, index, constant, self._held[key])
        return self._bottles[key]


def _condition(plan: Planned, nodes: Sequence[Node], readings: Readings) -> Condition:
    """What a condition gave; what is wrong with one is its own."""
    own = nodes[plan.first :]
    measured: list[Measured] = []
    status, trouble = (nodes[-1].status, nodes[-1].trouble) if nodes else (Status.DONE, "")
    error = nodes[-1].error if nodes else plan.error
    try:
        for node, act in zip(own, plan.acts[plan.first :], strict=False):
            if node.observed is not None:
                measured.append(readings.measured(act.step, node.observed, plan, len(measured)))
    except MechanismError as wrong:
        error = error or wrong
    if error is not None:
        error = named_after(error, name_of(plan.experiment, plan.loops))
        status, trouble = Status.IMPOSSIBLE, error.diagnostics[0].message
    stretches = tuple(stretch for node in own for stretch in node.stretches)
    ledger = tuple(row for node in own for row in node.rows)
    events = tuple(happened for node in own for happened in node.happened)
    notes = tuple(dict.fromkeys(note for node in own for note in node.notes))
    return Condition(
        plan.experiment, dict(plan.loops), tuple(measured), stretches, ledger, status, trouble, error, events, notes
    )


def _file(model: Mechanism) -> str | None:
    return model.source.name if model.source else None
