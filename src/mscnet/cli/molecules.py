"""The stochastic runs of ``mscnet run --method ssa`` and ``--method nf``."""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING, Any

from mscnet.cli.console import Console

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism
    from mscnet.simulation.repeats import Repeats
    from mscnet.simulation.trajectory import Trajectory


def simulate_molecules(
    mechanism: Mechanism, arguments: argparse.Namespace, times: dict[str, float | None], console: Console
) -> tuple[Trajectory | Repeats | None, str | None]:
    """One run as a trajectory, or with ``--repeats`` many; or as much as there is with the reason why there is no more.

    What the user might not expect is said on stderr, a seed that was drawn too.
    """
    from mscnet.cli.progress import Progress
    from mscnet.simulation.simulate import simulate
    from mscnet.simulation.status import SimulationError
    from mscnet.simulation.stochastic_runs import simulate_repeats

    end, limit, n = times["t_end"], arguments.max_steps, arguments.repeats
    common: dict[str, Any] = {
        "points": arguments.points, "every": times["every"], "start": times["start"], "seed": arguments.seed,
        "volume": arguments.volume,
    }  # fmt: skip
    common["method"] = arguments.method or mechanism.option("method")
    runs: Any
    trouble = None
    with Progress(console) as progress, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        common["progress"] = progress.update
        try:
            if n is None:
                runs = simulate(mechanism, end, max_steps=limit, **common)
            else:
                runs = simulate_repeats(mechanism, n, end, max_events=limit, jobs=arguments.jobs, **common)
        except SimulationError as error:
            runs, trouble = error.trajectory, str(error)
    for warning in caught:
        console.remark("warning", str(warning.message))
    if arguments.seed is None:
        console.message(f"seed {runs.provenance['seed']} (drawn; --seed {runs.provenance['seed']} gives the same)")
    return runs, trouble
