"""`fit`: constants of a mechanism from data and facts, by many local searches."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.experiment.observations import Observations
from mscnet.inference.checkpoint import Checkpoint, fingerprint
from mscnet.inference.covariance import covariance
from mscnet.inference.objective import build_objective
from mscnet.inference.probing import FitFailed as FitFailed
from mscnet.inference.problem import Objective
from mscnet.inference.result import FitResult, Start
from mscnet.inference.search import Watch, begin_start, finish_start, runs
from mscnet.inference.settings import FitSettings, with_changes
from mscnet.inference.species_spectra import SpeciesSpectra
from mscnet.inference.stages import left_to_finish, with_finished
from mscnet.inference.workers import Item, Work, run_starts
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: Called with the starts done, the starts in all, and the best cost so far.
Progress = Callable[[int, int, float], None]

#: Without a number of jobs, other processes are made where a fit would take more than so many seconds in this one.
WORTH_IT = 6.0
#: About so many evaluations with derivatives are taken for a start.
USUAL = 40


class FitInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a fit: `.result` is that of the starts that were finished, None without any."""

    def __init__(self, result: FitResult | None, done: int) -> None:
        super().__init__(f"interrupted after {done} starts")
        self.result: FitResult | None = result


@dataclass(frozen=True, slots=True)
class FitTask:
    """What a process needs to do starts of a fit."""

    mechanism: Mechanism
    settings: FitSettings
    observations: tuple[Observations, ...] | None = None

    def objective(self) -> Objective:
        """The objective, made anew."""
        return build_objective(self.mechanism, self.settings, self.observations)

    def work(self, objective: Objective | None = None) -> Work:
        """What does its starts, on an objective of its own where none is given."""
        made = objective if objective is not None else self.objective()

        def work(item: Item, watch: Watch) -> Start:
            if isinstance(item, Start):
                return finish_start(made, self.settings, item, watch)
            return begin_start(made, self.settings, item, watch) if made.parameters else _evaluated(made, item)

        return work

    def marks(self) -> dict[str, str]:
        """What makes this fit this fit; see `fingerprint`."""
        data = self.observations
        if data is None and self.settings.data and self.mechanism.data_files:
            from mscnet.experiment.data import observations

            data = tuple(observations(self.mechanism))
        return fingerprint(self.mechanism, self.settings, data or ())


def fit(
    mechanism: Mechanism,
    settings: FitSettings | None = None,
    *,
    starts: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    observations: Sequence[Observations] | None = None,
    progress: Progress | None = None,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    **changes: Any,
) -> FitResult:
    """Fit the free parameters of a mechanism's chosen model to its data and facts.

    Every start is a bounded least-squares search with the objective's exact derivatives (see `search`); the best end
    is the result.  It is the same for the same model, data, settings and seed, whatever the number of jobs.

    Args:
        mechanism: the model; of a family the default pathway is taken.
        settings: how it is fitted; `starts`, `seed` and `changes` (``loss="student"``, ``facts=False``) replace some.
        jobs: processes that work; None: as many as there are cores, where the fit takes long enough.
        observations: the data; those of the file's ``data`` statements without it.
        progress: called with the starts done, those in all, and the best cost so far.
        folder: finished starts are kept there, so that a fit that was killed goes on with `resume`, to the same end;
            `FitResult.save` writes the result to it.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: nothing is free, there is nothing to fit to, a setting that makes no sense, a folder that holds
            another fit; whatever reading data raises.  `FitFailed`: the model could not be run anywhere.
        FitInterrupted: Ctrl-C was pressed; `.result` is the best of what was finished.
    """
    if not isinstance(mechanism, Mechanism):
        raise TypeError(f"give a Mechanism, not {type(mechanism).__name__}: mscnet.fit(mscnet.load(…))")
    settings = with_changes(settings, {"starts": starts, "seed": seed, **changes})
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise MechanismError.of("E144", f"`jobs` is a number of processes, one at least, not {jobs!r}")
    if resume and folder is None:
        hint = "name the folder of the fit that is to go on: folder=… (--out DIR)"
        raise MechanismError.of("E144", "a fit can only go on (resume) in the folder that it was kept in", hint=hint)
    task = task_of(mechanism, settings, observations)
    search = _Search(task, task.objective(), progress)
    clock = time.perf_counter()
    if folder is None:
        found = search.run(jobs, None)
    else:
        kept = checkpoint_of(task, folder, resume)
        try:
            found = search.run(jobs, kept)
        finally:
            kept.close()
    return result_of(task, search.objective, found, time.perf_counter() - clock)


def task_of(mechanism: Mechanism, settings: FitSettings, observations: Sequence[Observations] | None) -> FitTask:
    """The fit of a mechanism's chosen model."""
    return FitTask(mechanism.expanded, settings, None if observations is None else tuple(observations))


def checkpoint_of(task: FitTask, folder: str | os.PathLike[str], resume: bool) -> Checkpoint:
    """The record of a fit in a folder; raises as `Checkpoint`."""
    return Checkpoint(folder, task.marks(), task.settings.starts, resume)


class _Search:
    """The starts of one fit."""

    def __init__(self, task: FitTask, objective: Objective, progress: Progress | None) -> None:
        self.task = task
        self.objective = objective
        self._progress = progress
        self._best = float("inf")
        self._starts: dict[int, Start] = {}
        self._further: dict[int, Start] = {}

    def run(self, jobs: int | None, kept: Checkpoint | None) -> tuple[Start, ...]:
        """All starts by number, those that are `kept` taken as they are."""
        total = self.task.settings.starts
        if kept is not None:
            self._starts = {number: start for number, start in kept.starts.items() if number <= total}
            self._further = dict(kept.further)
        self._best = min((s.cost for s in self._starts.values()), default=float("inf"))
        left = [number for number in range(1, total + 1) if number not in self._starts]
        self._tell()

        def finished(start: Start) -> None:
            if kept is not None:
                kept.add(start)
            (self._further if start.number in self._starts else self._starts)[start.number] = start
            self._best = min(self._best, start.cost)
            self._tell()

        try:
            to_do = len(left) or len(self._left())
            if to_do:
                count = jobs or worthwhile(self.objective, to_do)
                own = self.task.work(self.objective)
                run_starts(self.task, left, count, finished, self._under_way, own, self._left)
        except KeyboardInterrupt:
            done = self._sorted()
            best = any(runs(start.cost) for start in done)
            raise FitInterrupted(result_of(self.task, self.objective, done) if best else None, len(done)) from None
        return self._sorted()

    def _sorted(self) -> tuple[Start, ...]:
        return with_finished(self._starts, self._further)

    def _left(self) -> Sequence[Start]:
        return left_to_finish(self._starts, self._further)

    def _under_way(self, number: int, cost: float) -> None:
        if cost < self._best:
            self._best = cost
            self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(len(self._starts), self.task.settings.starts, self._best)


def worthwhile(objective: Objective, starts: int) -> int:
    """How many processes are worth it; this changes no result."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores == 1 or starts == 1 or not objective.parameters:
        return 1
    middle = np.array([_middle(*parameter.bounds) for parameter in objective.parameters])
    clock = time.perf_counter()
    objective.linearised(middle)
    return cores if (time.perf_counter() - clock) * USUAL * starts > WORTH_IT else 1


def _middle(low: float, high: float) -> float:
    middle = 0.5 * (low + high)
    return middle if np.isfinite(middle) else 0.0


def result_of(task: FitTask, objective: Objective, starts: Sequence[Start], seconds: float = float("nan")) -> FitResult:
    """The result of the best of some starts.

    Raises:
        FitFailed: the model could not be run at any of them.
    """
    best = min(starts, key=lambda start: (start.cost, start.number))
    if not runs(best.cost):
        hint = "narrow the bounds of the free parameters, or give values (--set) from which to start"
        message = f"the experiments could not be run to their end at any of {len(starts)} starts"
        raise FitFailed([Diagnostic("error", "E144", message, hint=hint)])
    theta = best.end
    residuals = objective.many(theta[None])[0]  # whatever was worked out before, the same
    values = dict(objective.values(theta))
    # the objective's own, where it has one, in which local parameters are parameters
    model = fitted_model(getattr(objective, "model", task.mechanism), values)
    return FitResult(
        model=model, settings=task.settings, parameters=tuple(objective.parameters), theta=theta, values=values,
        covariance=_covariance(objective, theta), terms=tuple(objective.terms), residuals=residuals,
        constant=float(objective.constant), starts=tuple(starts), verdicts=_verdicts(model, task.settings),
        provenance=_provenance(task, objective, seconds), spectra=_spectra(task.settings, objective, theta),
    )  # fmt: skip


def _evaluated(objective: Objective, number: int) -> Start:
    """The start of a model with nothing to search for: it stands where it is."""
    clock, theta = time.perf_counter(), np.empty(0)
    r = objective.many(theta[None])[0]
    cost = 0.5 * float(r @ r)
    return Start(number, theta, theta, cost, cost, 1, time.perf_counter() - clock, "nothing is free", runs(cost))


def _covariance(objective: Objective, theta: FloatArray) -> FloatArray:
    return covariance(objective, theta).matrix if len(theta) else np.empty((0, 0))


def _spectra(settings: FitSettings, objective: Objective, theta: FloatArray) -> SpeciesSpectra | None:
    """The spectra that were free, if any data are of light."""
    if not settings.free_spectra or not hasattr(objective, "spectra"):
        return None
    found: SpeciesSpectra = objective.spectra(theta)
    return found if found.species else None


def fitted_model(model: Mechanism, values: Mapping[str, float]) -> Mechanism:
    """The model with fitted values; what is none of its parameters (a noise, a local value) is left out."""
    known = {parameter.name for parameter in model.parameters}
    return model.with_values({name: float(value) for name, value in values.items() if name in known})


def _verdicts(model: Mechanism, settings: FitSettings) -> tuple[Any, ...]:
    """The facts of the experiments that were fitted, judged, also where they did not count."""
    from mscnet.experiment.judge import judge
    from mscnet.experiment.settings import experiments_of

    wanted = settings.experiments
    facts = [f for f in model.facts if wanted is None or set(experiments_of(f)) <= set(wanted)]
    if not facts:
        return ()
    try:
        return judge(model, facts)
    except MechanismError:
        if settings.facts:
            raise
        return ()  # facts that did not count may speak of what has no value


def _experiments(objective: Objective) -> list[str]:
    """The experiments that facts and data are on."""
    from mscnet.experiment.settings import experiments_of

    facts, observations = getattr(objective, "facts", ()), getattr(objective, "observations", ())
    return sorted({name for f in facts for name in experiments_of(f)} | {each.experiment for each in observations})


def _provenance(task: FitTask, objective: Objective, seconds: float) -> dict[str, Any]:
    from mscnet import __version__

    source = task.mechanism.source
    return {
        "mscnet": __version__, "mechanism": task.mechanism.name, "source": None if source is None else source.name,
        "sha256": task.mechanism.digest, "pathway": task.mechanism.pathway, "seconds": seconds,
        "experiments": _experiments(objective), "notes": list(getattr(objective, "notes", ())),
        "fit": task.marks(),
    }  # fmt: skip
