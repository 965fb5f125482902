"""``mscnet run --steady``: the state that a mechanism settles in, in place of the course to it."""

from __future__ import annotations

import argparse

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.outputs import Outputs
from mscnet.mechanism.mechanism import Mechanism

#: What only a run in time has.
_OF_TIME = ("t_end", "start", "points", "every", "plot", "method")


def refuse_options_of_time(arguments: argparse.Namespace) -> None:
    """Refuses options that make no sense for a steady state.

    Raises:
        Failure: one was given (exit code 2).
    """
    for name in _OF_TIME:
        if getattr(arguments, name) is not None:
            option = "--" + name.replace("_", "-")
            raise Failure(f"{option} has no meaning with --steady: a steady state has no times", code=Exit.USAGE)


def run_steady(
    mechanism: Mechanism, arguments: argparse.Namespace, atol: float | None, outputs: Outputs, console: Console
) -> Exit:
    """Finds the steady state, writes it as a table of one row at time infinity, and says on stderr what it is."""
    from mscnet.simulation.steady import MAX_STEPS, SteadyStateError, steady_state

    steps = arguments.max_steps or MAX_STEPS
    try:
        state = steady_state(mechanism, path_rtol=arguments.rtol, path_atol=atol, max_steps=steps)
    except SteadyStateError as error:
        if arguments.json:
            told = {"mechanism": mechanism.name, "status": error.reason, "message": str(error)}
            console.result_json({**told, "time": error.time, "concentrations": dict(error.concentrations)}, indent=None)
        console.remark("error", str(error))
        return Exit.NUMERICS
    kinds = {True: "stable", False: "unstable", None: "stability not determined"}
    unit = mechanism.units.time.symbol
    console.message(
        f"steady state: {kinds[state.stable]}, reached from the initial values "
        f"(followed to t = {state.time:.4g} {unit}), residual {state.residual:.1g}"
    )
    outputs.write(state.trajectory, console)
    return Exit.DONE
