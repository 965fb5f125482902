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
        "plain": Program(lambda: lambda: mscnet.simulate(mechanism, method="bdf", **settings)),
        "forward": Program(lambda: lambda: mscnet.sensitivities(mechanism, eight, **settings)),
        "gradient": Program(lambda: lambda: mscnet.gradient(mechanism, weights, names, **settings)),
    } | _prepared(mechanism, eight, weights, settings)
    entries = contest(programs, rounds, 10.0)
    ratios = {what: ratio(entries, what, "plain") for what in GOALS}
    alone = {what: ratio(entries, f"{what} alone", "plain alone") for what in GOALS}
    rows = {who: asdict(entry) | {"median": entry.median} for who, entry in entries.items()}
    return {"species": len(model.initial), "parameters": len(names), "entries": rows, "ratios": ratios, "alone": alone}


def _prepared(mechanism: Any, names: list[str], weights: Any, settings: dict[str, Any]) -> dict[str, Program]:
    """The same three with all tables made before: what integrating alone takes."""
    import mscnet
    from mscnet.kinetics.program import build_rate_program
    from mscnet.simulation.differentiate import Course, forward, record
    from mscnet.simulation.inputs import input_directions, scales

    simulator = mscnet.Simulator(mechanism, method="bdf", **settings)
    program = build_rate_program(mechanism.network())
    inputs = program.inputs()
    course = Course(0.0, np.array(settings["times"]), RTOL, np.full(len(program.species), ATOL))
    directions = input_directions(program, inputs, tuple(names))
    scale = scales(inputs[[program.input_index[name] for name in names]])
    return {
        "plain alone": Program(lambda: lambda: simulator.states(inputs)),
        "forward alone": Program(lambda: lambda: forward(program, inputs, directions, course, scale)),
        "gradient alone": Program(lambda: lambda: record(program, inputs, course).gradient(weights)),
    }


def table(result: dict[str, Any]) -> str:
    """Cost in plain runs, model by model."""
    rows = []
    for name, found in result.items():
        for what, counted in (("forward", min(FORWARD, found["parameters"])), ("gradient", found["parameters"])):
            entry, plain = found["entries"][what], found["entries"]["plain"]
            rows.append(
                [name, what, str(found["species"]), str(counted), milliseconds(plain["median"]),
                 milliseconds(entry["median"]), number(found["ratios"][what]), number(found["alone"][what]),
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
        "integrating alone",
        "goal",
        "CVODES*",
        "note",
    ]
    return (
        grid(head, rows)
        + "\n\nPlain runs: calls of the library against `mscnet.simulate`.  Integrating alone: all three with tables\n"
        + "made before.\n"
        + "\\* as measured once elsewhere, at 8 and 104 parameters"
    )
