"""The same constants fitted to the same data from the same starts: mscnet, COPASI, and pyPESTO over libRoadRunner."""

from __future__ import annotations

import math
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contest import trouble_of
from benchmarks.fit_problems import FitProblem, problems
from benchmarks.tables import grid, number

FloatArray = NDArray[np.float64]

#: Integration and optimisation, for all.
RTOL, ATOL, TOLERANCE = 1e-6, 1e-9, 1e-8
#: Two costs nearer than this are one optimum: a tenth of what one standard error of a constant changes.
SAME = 0.05
#: The most wall time in s that one program may spend on a problem; the starts it did not get to are told.
PATIENCE = 45.0
#: The wall time of mscnet over that of each peer that is the goal.
GOAL = 0.2
#: The step of finite differences in ln k for pyPESTO, which has no derivatives from libRoadRunner.
STEP = 1e-3
US = "mscnet"

#: From a start to where a program ends, logarithms of constants both.
Search = Callable[[FloatArray], FloatArray]


@dataclass(slots=True)
class Fitted:
    """What one program did: s to get ready, wall and CPU s of each search, and the costs reached, by one judge."""

    load: float = math.nan
    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    trouble: str = ""


def measure(quick: bool) -> dict[str, Any]:
    """Every program on every problem, start by start in turn."""
    return {problem.name: _measure(problem, 2 if quick else 10) for problem in problems()[: 1 if quick else None]}


def _measure(problem: FitProblem, count: int) -> dict[str, Any]:
    judge = _judge(problem)
    entries: dict[str, Fitted] = {}
    searches: dict[str, Search] = {}
    with tempfile.TemporaryDirectory(prefix="mscnet-fitting-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (prepare, packages) in PROGRAMS.items():
            if any(find_spec(package) is None for package in packages):
                continue
            entries[name] = Fitted()
            try:
                begin = time.perf_counter()
                searches[name] = prepare(problem, folder)
                entries[name].load = time.perf_counter() - begin
            except Exception as error:
                entries[name].trouble = trouble_of(error)
        for start in problem.starts(count):
            for name, search in searches.items():
                if sum(entries[name].walls) < PATIENCE and not entries[name].trouble:
                    _once(entries[name], search, start, judge)
    best = min((min(entry.costs) for entry in entries.values() if entry.costs), default=math.nan)
    return {
        "species": len(problem.species),
        "constants": len(problem.steps),
        "data": problem.measured.size,
        "starts": count,
        "best": best,
        "truth": judge(np.log(problem.truth)),
        "entries": {name: asdict(entry) for name, entry in entries.items()},
    }


def _once(entry: Fitted, search: Search, start: FloatArray, judge: Callable[[FloatArray], float]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        end = search(start)
    except Exception as error:
        entry.trouble = trouble_of(error)
        return
    entry.walls.append(time.perf_counter() - wall)
    entry.cpus.append(time.process_time() - cpu)
    entry.costs.append(judge(end))


def _judge(problem: FitProblem) -> Callable[[FloatArray], float]:
    """½ Σ ((model - data)/sigma)² by one integrator for all, a thousand times tighter."""
    from mscnet.inference.objective import build_objective

    objective = build_objective(*_asked(problem, 1e-9))

    def cost(theta: FloatArray) -> float:
        r = objective.residuals(np.clip(theta, problem.bounds[:, 0], problem.bounds[:, 1]))
        return 0.5 * float(r @ r)

    return cost


def _asked(problem: FitProblem, rtol: float) -> tuple[Any, Any, Any]:
    import mscnet
    from mscnet.inference.settings import FitSettings

    settings = FitSettings(errors="instrument", rtol=rtol, tolerance=TOLERANCE)
    return mscnet.loads(problem.text()), settings, problem.observations()


# --- the programs ------------------------------------------------------------------------------


def _mscnet(problem: FitProblem, folder: str) -> Search:
    """The local search of `mscnet.fit`, in this process."""
    from mscnet.inference.objective import build_objective
    from mscnet.inference.search import Counted, descend

    model, settings, observations = _asked(problem, RTOL)
    objective = build_objective(model, settings, observations)
    assert [p.name for p in objective.parameters] == [f"k{j}" for j in range(len(problem.steps))]

    def search(start: FloatArray) -> FloatArray:
        return descend(Counted(objective), settings, start)[0]

    return search


def _copasi(method: str) -> Callable[[FitProblem, str], Search]:
    def prepare(problem: FitProblem, folder: str) -> Search:
        import basico
        import pandas

        model = basico.load_model_from_string(problem.model.sbml())
        basico.set_task_settings(
            "Time-Course", {"method": {"Relative Tolerance": RTOL, "Absolute Tolerance": ATOL}}, model=model
        )
        names = [f"[S{problem.species.index(name)}]" for name in problem.observed]
        columns = dict(zip(names, problem.measured.T, strict=True))
        data = pandas.DataFrame({"Time": problem.times, **columns})
        basico.add_experiment("data", data, model=model, file_name=f"{folder}/{problem.seed}-{method[:2]}.txt")
        _weigh(model, 1.0 / problem.sigma**2)
        settings = {"method": {"name": method, **_COPASI[method]}}

        def search(start: FloatArray) -> FloatArray:
            items = [
                {"name": f"Values[k{j}]", "lower": low, "upper": high, "start": value}
                for j, (low, high, value) in enumerate(zip(*np.exp(problem.bounds).T, np.exp(start), strict=True))
            ]
            basico.set_fit_parameters(items, model=model)
            found = basico.run_parameter_estimation(
                model=model, method=method, randomize_start_values=False, update_model=False,
                calculate_statistics=False, settings=settings,
            )  # fmt: skip
            return np.log(np.array([found.loc[f"Values[k{j}]", "sol"] for j in range(len(problem.steps))]))

        return search

    return prepare


#: Settings of COPASI's methods; its own iteration limits are 2000 and 200.
_COPASI = {
    "Levenberg - Marquardt": {"Iteration Limit": 2000, "Tolerance": TOLERANCE},
    "NL2SOL": {"Iteration Limit": 2000},
}


def _weigh(model: Any, weights: FloatArray) -> None:
    """Has COPASI's experiment weigh its columns so (the first is the time)."""
    import COPASI

    task = model.getTask("Parameter Estimation")
    experiment = task.getProblem().getExperimentSet().getExperiment(0)
    experiment.setWeightMethod(COPASI.CExperiment.MEAN_SQUARE)
    experiment.setNormalizeWeightsPerExperiment(False)
    for column, weight in enumerate(weights, 1):
        experiment.getObjectMap().setScale(column, float(weight))


def _pypesto(problem: FitProblem, folder: str) -> Search:
    """pyPESTO's least squares (SciPy's) on residuals of libRoadRunner, by finite differences in ln k."""
    import logging

    import pypesto
    import pypesto.optimize
    from pypesto.objective.finite_difference import FD

    from benchmarks.peers import loaded_roadrunner, roadrunner_states

    logging.getLogger("pypesto").setLevel(logging.ERROR)
    runner = loaded_roadrunner(problem.model)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = RTOL, ATOL
    runner.integrator.maximum_num_steps = 1_000_000
    runner.timeCourseSelections = [f"[S{problem.species.index(name)}]" for name in problem.observed]
    names = [f"k{j}" for j in range(len(problem.steps))]

    def residuals(theta: FloatArray) -> FloatArray:
        for name, value in zip(names, np.exp(theta), strict=True):
            runner[name] = value
        try:
            states = roadrunner_states(runner, problem.times)
        except RuntimeError:
            return np.full(problem.measured.size, 1e8)
        return np.asarray((states - problem.measured) / problem.sigma).ravel()

    def cost(theta: FloatArray) -> float:
        r = residuals(theta)
        return 0.5 * float(r @ r)

    objective = FD(pypesto.Objective(fun=cost, res=residuals), grad=False, hess=False, sres=True, delta_res=STEP)
    asked = pypesto.Problem(objective, problem.bounds[:, 0], problem.bounds[:, 1], x_names=names)
    optimizer = pypesto.optimize.ScipyOptimizer(method="ls_trf", tol=TOLERANCE, options={"maxfun": 300})

    def search(start: FloatArray) -> FloatArray:
        return np.asarray(optimizer.minimize(asked, x0=start, id="0").x)

    return search


#: Every program: what makes a search, and the packages that it needs.
PROGRAMS: dict[str, tuple[Callable[[FitProblem, str], Search], tuple[str, ...]]] = {
    US: (_mscnet, ()),
    "COPASI LM": (_copasi("Levenberg - Marquardt"), ("basico", "antimony")),
    "COPASI NL2SOL": (_copasi("NL2SOL"), ("basico", "antimony")),
    "pyPESTO/libRoadRunner": (_pypesto, ("pypesto", "roadrunner", "antimony")),
}


# --- the table ---------------------------------------------------------------------------------


def table(result: dict[str, Any]) -> str:
    """What each reached, and at what cost in time."""
    parts = []
    for name, found in result.items():
        rows = [_row(who, entry, found) for who, entry in found["entries"].items()]
        head = ["program", "load s", "best cost", "reached it", "wall s", "CPU s", "mscnet/it", "note"]
        title = (
            f"**{name}**: {found['species']} species, {found['constants']} constants, {found['data']} data, "
            f"{found['starts']} starts (cost of the true constants {found['truth']:.2f})"
        )
        parts.append(f"{title}\n\n{grid(head, rows)}")
    return "\n\n".join(parts) + f"\n\nGoal: mscnet takes at most {GOAL} of the wall time of each."


def _row(who: str, entry: dict[str, Any], found: dict[str, Any]) -> list[str]:
    costs = entry["costs"]
    reached = sum(cost < found["best"] + SAME for cost in costs)
    done = "" if len(costs) == found["starts"] else f"{len(costs)} starts in {PATIENCE:g} s"
    return [
        who, number(entry["load"]), f"{min(costs):.3f}" if costs else "", f"{reached} of {len(costs)}",
        number(sum(entry["walls"])), number(sum(entry["cpus"])), number(part_of(found["entries"], who)),
        entry["trouble"] or done,
    ]  # fmt: skip


def part_of(entries: dict[str, Any], who: str) -> float | None:
    """The wall time of mscnet over that of a peer, from the starts that both did; None for itself."""
    ours, theirs = entries.get(US, {}).get("walls", []), entries[who]["walls"]
    count = min(len(ours), len(theirs))
    return None if who == US or not count else sum(ours[:count]) / sum(theirs[:count])
