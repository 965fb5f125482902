"""Many parameter sets of small stiff models: runs per second on one core and on two, at equal accuracy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.contest import trouble_of
from benchmarks.massaction import NETWORKS, MassAction, network_file
from benchmarks.problems import FloatArray, problem
from benchmarks.tables import grid, number

#: Horizons, and the absolute tolerance that goes with rtol 1e-6.
MODELS = {"ROBER": (40.0, 1e-10), "HIRES": (321.8122, 1e-9), "multistate": (NETWORKS["multistate"], 1e-9)}
SETS, QUICK_SETS = 1000, 100
RTOL = 1e-6
#: Looser tolerances that we may use as long as our errors are no larger than the peer's.
LOOSER = (1e-6, 1e-5, 1e-4, 1e-3)
#: Of one thread, before two are compared with it.
LEAST_SECONDS = 0.5
#: Errors are compared at this share of the runs, so that neither a lucky nor an unlucky one decides.
SHARE = 95
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Sweep:
    """A model with the values of its constants for every run, (n_sets, n_constants)."""

    mechanism: Any
    model: MassAction
    times: FloatArray
    atol: float
    factors: FloatArray


def measure(quick: bool) -> dict[str, Any]:
    """Runs per second and errors of us at several tolerances and of libRoadRunner."""
    result: dict[str, Any] = {"sets": QUICK_SETS if quick else SETS, "models": {}, "missing": []}
    if peers.missing("libRoadRunner"):
        result["missing"].append("libRoadRunner")
    for name in MODELS:
        sweep = _sweep(name, result["sets"])
        if sweep is None:
            result["missing"].append(f"{name} (MSCNET_CONFORMANCE names no folder with networks)")
        else:
            result["models"][name] = _measured(sweep, 2 if quick else ROUNDS)
    return result


def _sweep(name: str, sets: int) -> Sweep | None:
    """The model with every constant a parameter, and its sets: factors about 1 with a standard deviation of 0.2."""
    import mscnet

    end, atol = MODELS[name]
    if name in NETWORKS:
        file = network_file(name)
        if file is None:
            return None
        model = MassAction.of(mscnet.load(file))
    else:
        model = MassAction.of(problem(name).mechanism)
    mechanism = mscnet.loads(model.mech(), name=name)
    factors = np.exp(0.2 * np.random.default_rng(1).standard_normal((sets, len(model.steps))))
    return Sweep(mechanism, model, np.array([end]), atol, factors)


def _measured(sweep: Sweep, rounds: int) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    calls: dict[str, Callable[[], FloatArray]] = {}
    for rtol in LOOSER:
        calls[f"mscnet {rtol:g}"] = _ours(sweep, rtol, 1)
    if not peers.missing("libRoadRunner"):
        calls[f"libRoadRunner {RTOL:g}"] = _roadrunner(sweep)
    reference = _reference(sweep)
    scale = sweep.atol + RTOL * np.abs(reference)
    for who in list(calls):
        try:
            errors = (np.abs(calls[who]() - reference) / scale).max(axis=(1, 2))
            rows[who] = {"error": float(np.percentile(errors, SHARE)), "times": [], "trouble": ""}
        except Exception as error:
            rows[who] = {"error": None, "times": [], "trouble": trouble_of(error)}
            del calls[who]
    for _ in range(rounds):
        for who, call in calls.items():
            rows[who]["times"].append(peers.wall(call))
    for row in rows.values():
        row["rate"] = len(sweep.factors) / float(np.median(row["times"])) if row["times"] else None
    return {"rows": rows} | _verdict(rows) | {"second_core": _second_core(sweep, rounds)}


def _second_core(sweep: Sweep, rounds: int) -> float:
    """How many times the runs per second of one thread two have: the median of alternating pairs, each long enough
    that starting threads does not count."""
    one, two = _ours(sweep, RTOL, 1), _ours(sweep, RTOL, 2)
    one()
    two()
    repeats = max(1, round(LEAST_SECONDS / max(peers.wall(one), 1e-6)))
    pairs = []
    for _ in range(2 * rounds):
        alone = sum(peers.wall(one) for _ in range(repeats))
        pairs.append(alone / sum(peers.wall(two) for _ in range(repeats)))
    return float(np.median(pairs))


def _verdict(rows: dict[str, Any]) -> dict[str, Any]:
    """The quickest of ours whose error is no larger than the peer's, and its ratio."""
    peer = rows.get(f"libRoadRunner {RTOL:g}")
    mine = {who: rows[who] for who in rows if who.startswith("mscnet") and rows[who]["rate"]}
    allowed = {w: r for w, r in mine.items() if peer and peer["rate"] and r["error"] <= max(peer["error"], 1e-3)}
    best = max(allowed, key=lambda who: allowed[who]["rate"], default=None)
    return {
        "equal": best,
        "ratio": allowed[best]["rate"] / peer["rate"] if best and peer else None,
    }


def _inputs(sweep: Sweep, simulator: Any) -> FloatArray:
    constants = np.array([step.constant for step in sweep.model.steps])
    values = {f"k{j}": constants[j] * sweep.factors[:, j] for j in range(len(constants))}
    inputs: FloatArray = simulator.inputs(values)
    return inputs


def _ours(sweep: Sweep, rtol: float, threads: int) -> Callable[[], FloatArray]:
    """A call that makes all runs, (n_sets, n_times, n_species)."""
    ready: list[Any] = []

    def run() -> FloatArray:
        import mscnet

        if not ready:
            atol = sweep.atol * rtol / RTOL
            simulator = mscnet.Simulator(sweep.mechanism, times=sweep.times, rtol=rtol, atol=atol)
            ready.append((simulator, _inputs(sweep, simulator)))
        simulator, inputs = ready[0]
        if threads == 1:
            states: FloatArray = simulator.states(inputs)
            return states
        pieces = np.array_split(inputs, 4 * threads)
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(simulator.states, pieces)))

    return run


def _roadrunner(sweep: Sweep) -> Callable[[], FloatArray]:
    """The same with libRoadRunner: for each set new parameter values, a reset and a run."""
    ready: list[Any] = []
    constants = np.array([step.constant for step in sweep.model.steps])
    names = [f"k{j}" for j in range(len(constants))]

    def run() -> FloatArray:
        if not ready:
            runner = peers.loaded_roadrunner(sweep.model)
            runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = RTOL, sweep.atol
            order = [runner.model.getGlobalParameterIds().index(name) for name in names]
            ready.append((runner, order))
        runner, order = ready[0]
        out = []
        for factors in sweep.factors:
            runner.model.setGlobalParameterValues(order, constants * factors)
            out.append(peers.roadrunner_states(runner, sweep.times))
        return np.array(out)

    return run


def _reference(sweep: Sweep) -> FloatArray:
    """All runs at tolerances a thousand times tighter, by the other of our methods."""
    import mscnet

    limits: dict[str, Any] = {"method": "rosenbrock", "rtol": 1e-10, "atol": sweep.atol * 1e-4}
    simulator = mscnet.Simulator(sweep.mechanism, times=sweep.times, **limits)
    states: FloatArray = simulator.states(_inputs(sweep, simulator))
    return states


def table(result: dict[str, Any]) -> str:
    """Runs per second and errors, model by model."""
    parts = []
    for name, found in result["models"].items():
        rows = [[who, number(r["rate"]), number(r["error"]), r["trouble"]] for who, r in found["rows"].items()]
        parts.append(f"**{name}**, {result['sets']:,} parameter sets\n")
        parts.append(grid(["solver and rtol", "runs/s", f"error, {SHARE} %", "note"], rows))
        if found["ratio"]:
            parts.append(f"\n{found['equal']} / libRoadRunner at equal accuracy: {found['ratio']:.2f} times (goal 2)")
        parts.append(f"two threads / one: {number(found['second_core'])} (goal 1.8)\n")
    if result["missing"]:
        parts.append(f"missing: {', '.join(result['missing'])}")
    return "\n".join(parts)
