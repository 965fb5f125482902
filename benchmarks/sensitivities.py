"""What derivatives cost, in plain runs: forward for 8 parameters, and the gradient of one number by all of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.contest import Program, contest, ratio
from benchmarks.massaction import NETWORKS, MassAction, network_file
from benchmarks.problems import problem
from benchmarks.tables import grid, milliseconds, number

RTOL, ATOL, FORWARD = 1e-6, 1e-9, 8
#: The costs in plain runs that are the goal, and those of CVODES as measured once on a network of 104 parameters.
GOALS = {"forward": 5.0, "gradient": 5.0}
CVODES = {"forward": 4.6, "gradient": 5.0}


def measure(quick: bool) -> dict[str, Any]:
    """CPU time of plain runs, forward sensitivities and gradients."""
    models: dict[str, tuple[MassAction, float]] = {"HIRES": (MassAction.of(problem("HIRES").mechanism), 321.8122)}
    if not quick and network_file("multisite2") is not None:
        import mscnet

        for name in ("multisite2", "egfr_net"):
            models[name] = MassAction.of(mscnet.load(network_file(name))), NETWORKS[name]
    return {name: _model(model, t_end, 2 if quick else 7) for name, (model, t_end) in models.items()}


def _model(model: MassAction, t_end: float, rounds: int) -> dict[str, Any]:
    import mscnet

    mechanism = mscnet.loads(model.mech())
    names = [f"k{j}" for j in range(len(model.steps))]
    eight = names[:: max(1, len(names) // FORWARD)][:FORWARD]
    weights = np.ones((1, len(model.initial)))
    settings: dict[str, Any] = {"times": [t_end], "rtol": RTOL, "atol": ATOL}
    programs = {
        "ready": Program(lambda: _ready(mechanism, settings)),
        "plain": Program(lambda: lambda: mscnet.simulate(mechanism, method="bdf", **settings)),
        "forward": Program(lambda: lambda: mscnet.sensitivities(mechanism, eight, **settings)),
        "gradient": Program(lambda: lambda: mscnet.gradient(mechanism, weights, names, **settings)),
    }
    entries = contest(programs, rounds, 10.0)
    ratios = {what: ratio(entries, what, "plain") for what in GOALS}
    net = {what: _net(entries[what].median, entries["plain"].median, entries["ready"].median) for what in GOALS}
    rows = {who: asdict(entry) | {"median": entry.median} for who, entry in entries.items()}
    return {"species": len(model.initial), "parameters": len(names), "entries": rows, "ratios": ratios, "net": net}


def _ready(mechanism: Any, settings: dict[str, Any]) -> Any:
    """A call that integrates alone, with the tables made before."""
    import mscnet

    simulator = mscnet.Simulator(mechanism, method="bdf", **settings)
    inputs = simulator.inputs()
    return lambda: simulator.states(inputs)


def _net(whole: float | None, plain: float | None, ready: float | None) -> float | None:
    """The cost in integrations, without what a plain run takes besides its own; None where that is lost in noise."""
    rest = whole - plain + ready if whole and plain and ready else 0.0
    return rest / ready if ready and rest > ready else None


def table(result: dict[str, Any]) -> str:
    """Cost in plain runs, model by model."""
    rows = []
    for name, found in result.items():
        for what, counted in (("forward", min(FORWARD, found["parameters"])), ("gradient", found["parameters"])):
            entry, plain = found["entries"][what], found["entries"]["plain"]
            rows.append(
                [name, what, str(found["species"]), str(counted), milliseconds(plain["median"]),
                 milliseconds(entry["median"]), number(found["ratios"][what]), number(found["net"][what]),
                 f"{GOALS[what]:g}",
                 f"{CVODES[what]:g}", entry["trouble"] or plain["trouble"]]
            )  # fmt: skip
    head = [
        "model",
        "what",
        "species",
        "parameters",
        "plain ms",
        "ms",
        "plain runs",
        "without tables",
        "goal",
        "CVODES*",
        "note",
    ]
    return (
        grid(head, rows)
        + "\n\nWithout tables: what `mscnet.simulate` takes besides integrating (making tables) is taken off both.\n"
        + "\\* as measured once elsewhere, at 8 and 104 parameters"
    )
