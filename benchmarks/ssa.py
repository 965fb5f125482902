"""Exact stochastic simulation: events per second of us, rebop, run_network and libRoadRunner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from benchmarks import peers
from benchmarks.contest import Program, best_peer, contest, ratio, trouble_of
from benchmarks.massaction import MassAction, network_file
from benchmarks.tables import grid, number

#: Horizons: some ten thousand to a million events.
HORIZONS = {"multistate": 200.0, "multisite2": 2.0, "egfr_net": 1.0}
#: At least so many times the best peer's events per second is the goal.
GOALS = {"multistate": 2.0, "multisite2": 2.0, "egfr_net": 8.0}
PATIENCE = 2.0


def measure(quick: bool) -> dict[str, Any]:
    """Events per second of every program on every network."""
    if network_file("multistate") is None:
        return {"skipped": "the networks are in the folder that the variable MSCNET_CONFORMANCE names; it names none"}
    names = ("multistate", "multisite2") if quick else tuple(HORIZONS)
    return {"networks": {name: _network(name, quick) for name in names}}


def _network(name: str, quick: bool) -> dict[str, Any]:
    import mscnet

    file = network_file(name)
    assert file is not None
    mechanism = mscnet.load(file)
    share = 0.1 if quick else 1.0
    t_end = HORIZONS[name] * share
    model = MassAction.of(mechanism)
    programs = {
        "mscnet": Program(lambda: _ours(mechanism, t_end, "auto")),
        "mscnet direct": Program(lambda: _ours(mechanism, t_end, "direct")),
        "mscnet rejection": Program(lambda: _ours(mechanism, t_end, "rejection")),
        "rebop": Program(lambda: _rebop(model, t_end), note="told to be sparse"),
        "libRoadRunner": Program(lambda: _roadrunner(model, t_end)),
    }
    absent = [who for who in ("rebop", "run_network", "libRoadRunner") if peers.missing(who)]
    if len(mechanism.reactions) > 1000:
        del programs["libRoadRunner"]  # its load takes minutes here, and `single` has reported it
    if "run_network" not in absent and peers.bionetgen_folder():
        run = peers.RunNetwork(file, ("-p", "ssa", "-h", "1"), t_end)
        programs["run_network"] = run.program("start and reading subtracted")
    programs = {who: program for who, program in programs.items() if who not in absent}
    events, counted = _events(mechanism, programs, t_end)
    entries = contest(programs, 2 if quick else 5, 1.0 if quick else PATIENCE)
    peer = best_peer(entries, "mscnet")
    slower = None if peer is None else ratio(entries, "mscnet", peer)
    rows = {
        who: asdict(entry) | {"rate": events / entry.median if events and entry.median else None}
        for who, entry in entries.items()
    }
    return {
        "t_end": t_end,
        "events": events,
        "counted": counted,
        "entries": rows,
        "peer": peer,
        "ratio": 1 / slower if slower else None,
        "missing": absent,
    }


def _events(mechanism: Any, programs: dict[str, Program], t_end: float) -> tuple[float | None, str]:
    """The mean number of events of a run, the same for every exact program but for chance, and who counted."""
    import mscnet

    try:
        runs = mscnet.simulate_repeats(mechanism, 8, times=[t_end], seed=1)
        return runs.statistics["events"] / 8, "mean of 8 runs"
    except Exception as error:
        if "run_network" not in programs:
            return None, trouble_of(error)
    run: Any = programs["run_network"].prepare()
    run()
    return float(run.events()), "one run of run_network"


def _ours(mechanism: Any, t_end: float, algorithm: str) -> Callable[[], Any]:
    """A call that makes one run, with the model made ready before."""
    import numpy as np

    from mscnet.simulation.stochastic import build_molecules, run_batch

    molecules, times, number_of = build_molecules(mechanism.chosen), np.array([t_end]), iter(range(1, 10**9))
    return lambda: run_batch(molecules, 0.0, times, [next(number_of)], 1, algorithm=algorithm, jobs=1).counts


def _rebop(model: MassAction, t_end: float) -> Callable[[], Any]:
    import rebop

    system = rebop.Gillespie()
    for step in model.steps:
        sides = [[f"S{i}" for i, count in terms for _ in range(count)] for terms in (step.reactants, step.products)]
        system.add_reaction(step.constant, *sides)
    start = {f"S{i}": int(value) for i, value in enumerate(model.initial)}
    seeds = iter(range(1, 10**9))
    # What it chooses itself for these networks is dense, which is two to a thousand times slower.
    return lambda: system.run(start, t_end, 1, rng=next(seeds), sparse=True)


def _roadrunner(model: MassAction, t_end: float) -> Callable[[], Any]:
    runner = peers.loaded_roadrunner(model)
    runner.setIntegrator("gillespie")
    runner.integrator.seed = 1
    runner.integrator.nonnegative = True

    def run() -> Any:
        runner.reset()
        return runner.simulate(0.0, t_end, 2)

    return run


def table(result: dict[str, Any]) -> str:
    """Events per second, network by network."""
    if "skipped" in result:
        return str(result["skipped"])
    parts = []
    for name, found in result["networks"].items():
        rows = [
            [who, number(e["rate"]), number(e["load"]), e["trouble"] or e["note"]]
            for who, e in found["entries"].items()
        ]
        head = f"**{name}**, t {found['t_end']:g}, {number(found['events'])} events ({found['counted']})"
        parts.append(f"{head}\n\n{grid(['program', 'events/s', 'load s', 'note'], rows)}")
        if found["ratio"]:
            parts.append(f"mscnet / {found['peer']}: {found['ratio']:.2f} times (goal {GOALS[name]:g})")
        if found["missing"]:
            parts.append(f"not installed: {', '.join(found['missing'])}")
    return "\n\n".join(parts)
