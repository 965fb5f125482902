"""Many runs of one model: what they give, and the engines that do them.

An engine takes the inputs of m runs (see `RateProgram.inputs`) and gives a `Batch`.  A run that fails has ``nan`` in
its rows from where it did not get, and its own status; the others know nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import MechanismError
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.switches import may_switch, switch_times
from mscnet.mechanism.expression import symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.column_program import ColumnProgram
from mscnet.simulation.compiled import COMPILED, NO_MEMORY, STATUSES
from mscnet.simulation.conditions import Watch
from mscnet.simulation.engine import RECOVERABLE, run_engine
from mscnet.simulation.methods import STOCHASTIC
from mscnet.simulation.settings import longest_step
from mscnet.simulation.starts import settled
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import AbsoluteTolerance, read_atol
from mscnet.simulation.trajectory import Trajectory

FloatArray = NDArray[np.float64]

#: What a run ends with, beside the numbers of `compiled.STATUSES`; as in kernels/batch.h.
NOT_RUN, BAD_START = -1, -2
#: A stochastic run's own end, as negative as its rate.
NEGATIVE_RATE = -3
#: An event of the run could not be done.
BAD_EVENT = -4
#: Words for every status number, as they stand in tables and files.
STATUS_WORDS = {BAD_EVENT: "event", NEGATIVE_RATE: "negative_rate", BAD_START: "bad_start", NOT_RUN: "not_run"} | {
    i: s.name.lower() for i, s in enumerate(STATUSES) if s is not None
}

DONE = STATUSES.index(Status.DONE)
INTERRUPTED = STATUSES.index(Status.INTERRUPTED)

#: What single runs by SciPy do to warnings holds for the whole process.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How each run goes: from `start` through `times` (n_times,) in the file's unit, by a method, to tolerances.

    A stochastic run has a `seed`, no tolerances, and counts events against `max_steps`.
    """

    start: float
    times: FloatArray
    method: str
    rtol: float
    atol: AbsoluteTolerance | None
    max_steps: int
    seed: int = 0

    @property
    def end(self) -> float:
        return float(self.times[-1])


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """`values` (m, n_times, n_columns) in the file's units, `status` (m,) of `STATUS_WORDS`, the time that each run
    `reached` (m,), and `counts` (m, 5): steps, rejected steps, right-hand sides, Jacobians, factorisations."""

    values: FloatArray
    status: NDArray[np.int64]
    reached: FloatArray
    counts: NDArray[np.int64]

    @classmethod
    def empty(cls, m: int, n_times: int, n_columns: int) -> Batch:
        """A batch of which nothing has run."""
        values = np.empty((m, n_times, n_columns))
        return cls(values, np.full(m, NOT_RUN, np.int64), np.empty(m), np.zeros((m, 5), np.int64))

    @property
    def done(self) -> bool:
        """Whether every run reached its end."""
        return not self.status.any()


class BatchEngine(Protocol):
    """Runs a batch; one engine serves many threads at once."""

    #: What does the work, for the provenance.
    name: str

    @property
    def notes(self) -> Sequence[str]:
        """What the user might not expect of the runs that were made."""

    def __call__(self, inputs: FloatArray, stop: NDArray[np.int64] | None = None, first: int = 0) -> Batch:
        """Runs `inputs` (m, n_inputs), C-contiguous; ends early, with what it has, once ``stop[0]`` is not 0.

        `first` is how many runs of the same seed came before; integrations have no use for it.
        """


def batch_engine(program: RateProgram, settings: RunSettings, columns: Sequence[str]) -> BatchEngine:
    """The engine for a method: the compiled kernels where they have it, else one SciPy run after the other.

    Raises:
        MechanismError: tolerances that make no sense, or a model that means nothing for single molecules.
    """
    made = ColumnProgram.of(program, columns)
    if settings.method in STOCHASTIC:
        from mscnet.simulation.stochastic_batch import StochasticRuns

        return StochasticRuns(program, settings, made)
    single = SingleRuns(program, settings, made)
    if program.network.mechanism.events:
        single.name = f"{settings.method} with events"
        return single
    there = settings.method in COMPILED and kernels.core() is not None
    return CompiledRuns(program, settings, made, single) if there else single


class CompiledRuns:
    """Runs by the compiled kernels, each batch in one call that releases the global interpreter lock."""

    notes: Sequence[str] = ()

    def __init__(self, program: RateProgram, settings: RunSettings, columns: ColumnProgram, single: SingleRuns) -> None:
        self.name = f"compiled {settings.method}"
        self._program, self._settings, self._single = program, settings, single
        self._method = COMPILED[settings.method]
        self._shape = len(settings.times), len(columns.names)
        self._idle: list[Any] = []  # runners of the kernels that no thread has at the moment
        self._structural = structural_inputs(program)
        self._base = program.inputs()
        self._switching = program.timed and may_switch(program.network.mechanism)
        self._core: Any = kernels.core()
        self._common = {
            "times": np.ascontiguousarray(settings.times),
            "start": settings.start,
            "end": settings.end,
            "rtol": settings.rtol,
            "atol": _atol_row(settings, program),
            "max_step": longest_step(program.timed, settings.start, settings.end),
            "max_steps": settings.max_steps,
            "columns": columns.indices,
            "columns_code": columns.code,
            "columns_literals": columns.literals,
        }

    def __call__(self, inputs: FloatArray, stop: NDArray[np.int64] | None = None, first: int = 0) -> Batch:
        if self._structural and (inputs[:, self._structural] != self._base[self._structural]).any():
            return self._single(inputs, stop)  # the tables hold other coefficients
        given, inputs = inputs, settled(self._program, inputs, self._settings.start)
        batch = Batch.empty(len(inputs), *self._shape)
        asked = {
            **self._common,
            "inputs": inputs,
            "switches": self._switches(inputs),
            "values": batch.values,
            "status": batch.status,
            "reached": batch.reached,
            "counts": batch.counts,
            "stop": stop,
        }
        try:
            runner = self._idle.pop()
        except IndexError:
            runner = self._core.runner(self._program.model, self._method)
        number, short = self._core.batch(runner, asked)
        self._idle.append(runner)
        if number:
            if number == NO_MEMORY:
                raise MemoryError("the model is too large for the memory of this machine")
            batch.values[batch.status == NOT_RUN] = np.nan
        if short and self._settings.method == "auto":
            self._recover(given, batch, stop)
        return batch

    def _switches(self, inputs: FloatArray) -> FloatArray:
        """(m, most switches) padded with infinity."""
        if not self._switching:
            return _NO_SWITCHES
        settings = self._settings
        rows = [switch_times(self._single.mechanism(row), settings.start, settings.end) for row in inputs]
        padded = np.full((len(rows), max(map(len, rows), default=0)), np.inf)
        for i, row in enumerate(rows):
            padded[i, : len(row)] = row
        return padded

    def _recover(self, inputs: FloatArray, batch: Batch, stop: NDArray[np.int64] | None) -> None:
        """`auto` tries again what a compiled method could not do, as a single run does."""
        for i in np.flatnonzero(np.isin(batch.status, [STATUSES.index(status) for status in RECOVERABLE])):
            if stop is not None and stop[0]:
                batch.status[i] = NOT_RUN
            else:
                self._single.run(inputs[i], batch, int(i))


class SingleRuns:
    """One run of `simulate`'s engines after the other."""

    name = "single runs"
    notes: Sequence[str] = ()

    def __init__(self, program: RateProgram, settings: RunSettings, columns: ColumnProgram) -> None:
        self._program, self._settings, self._columns = program, settings, columns
        self._base = program.network.mechanism
        self._base_inputs = program.inputs()
        self._names = list(program.input_index)
        index = program.input_index
        self._following = [index[s.name] for s in self._base.species if s.initial is not None and symbols(s.initial)]
        read_atol(settings.atol, settings.rtol, program.initial(), program)

    def __call__(self, inputs: FloatArray, stop: NDArray[np.int64] | None = None, first: int = 0) -> Batch:
        batch = Batch.empty(len(inputs), len(self._settings.times), len(self._columns.names))
        batch.values[:] = np.nan
        for i, row in enumerate(inputs):
            if stop is not None and stop[0]:
                break
            self.run(row, batch, i)
        return batch

    def mechanism(self, row: FloatArray) -> Mechanism:
        """The model with the values of one row of inputs."""
        changed = np.flatnonzero((row != self._base_inputs) & ~np.isnan(row))
        if not len(changed):
            return self._base
        # an initial value that would follow the parameters is what the row says
        return self._base.with_values({self._names[j]: float(row[j]) for j in {*changed, *self._following}})

    def run(self, row: FloatArray, batch: Batch, i: int) -> None:
        """Runs one row of inputs into row `i` of `batch`."""
        settings = self._settings
        batch.values[i], batch.reached[i] = np.nan, settings.start
        limits: dict[str, Any] = {"atol": settings.atol, "rtol": settings.rtol, "max_steps": settings.max_steps}
        try:
            model = self.mechanism(row)
            with _ONE_AT_A_TIME:
                problem, values, outcome = run_engine(
                    model, settings.method, settings.start, settings.times, None, watch=Watch(()), **limits
                )
        except MechanismError as error:
            if error.diagnostics[0].code != "E041":
                raise
            batch.status[i] = BAD_START
            return
        if outcome.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        courses = {} if problem.events is None else problem.events.courses
        courses = {name: course[: outcome.kept] for name, course in courses.items()}
        time, states = settings.times[: outcome.kept], values[: outcome.kept]
        kept = Trajectory(time, problem.system.species, states, model, courses=courses)
        for j, name in enumerate(self._columns.names):
            batch.values[i, : outcome.kept, j] = kept[name]
        bad = outcome.status is Status.EVENT
        batch.status[i], batch.reached[i] = BAD_EVENT if bad else STATUSES.index(outcome.status), outcome.time
        counts = (problem.counts.get(name, 0) for name in ("rejected", "rhs", "jacobian", "factorisations"))
        batch.counts[i] = outcome.steps, *counts


def structural_inputs(program: RateProgram) -> list[int]:
    """Which inputs stoichiometric coefficients or kinetic orders depend on."""
    mechanism = program.network.mechanism
    derived = {item.name: item.expression for item in mechanism.derived}
    terms = (term for r in mechanism.reactions for term in (*r.reactants, *r.products, *r.orders, *r.catalysts))
    pending = [term.coefficient for term in terms if not isinstance(term.coefficient, Fraction)]
    found: set[str] = set()
    while pending:
        for symbol in symbols(pending.pop()):
            if symbol.name not in found:
                found.add(symbol.name)
                pending += [derived[symbol.name]] if symbol.name in derived else []
    return sorted(program.input_index[name] for name in found if name in program.input_index)


_NO_SWITCHES = np.empty(0)


def _atol_row(settings: RunSettings, program: RateProgram) -> FloatArray:
    """(n_species,) the absolute tolerances, nan where they follow each run's own initial concentrations."""
    x0 = program.initial()
    given = read_atol(settings.atol, settings.rtol, x0, program)
    row = np.array(np.broadcast_to(given, x0.shape), dtype=np.float64)
    if settings.atol is None:
        row[:] = np.nan
    elif isinstance(settings.atol, dict):
        row[[name not in settings.atol for name in program.species]] = np.nan
    if program.settler is not None:
        touched = program.settler.touched
        row[touched] = np.asarray(given)[touched]
    return row
