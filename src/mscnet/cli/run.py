"""``mscnet run``: simulates a mechanism and writes curves and figures."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.cli.exits import Choices, Exit, Failure, not_yet
from mscnet.cli.fitted import add_fitted, read_model
from mscnet.cli.loading import FILE_HELP, with_network
from mscnet.cli.molecules import simulate_molecules
from mscnet.cli.quantities import (
    assignments,
    names,
    outside_bounds,
    point_count,
    positive,
    read_quantity,
    repeat_count,
    seed_number,
    step_count,
    wavelengths,
    with_settings,
    with_structured,
)

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism
    from mscnet.simulation.repeats import Repeats
    from mscnet.simulation.trajectory import Trajectory

EXAMPLES = """examples:
  mscnet run cdtese --out curves.csv --plot curves.png
  mscnet run cdtese --t-end 240min --every 5min --set V=60uL,k1=8
  echo 'A -> B @ 0.1' | mscnet run - --init A=1 --t-end 60 --columns B
  mscnet run toggle.net --t-end 100 --method ssa --seed 1 --repeats 100 --out runs.csv
  mscnet run polymer.bngl --t-end 100 --method nf --seed 1
  mscnet run enzyme.mech --steady
  mscnet run paper.mech --experiment 'fig4(30 uL)' --out fig4.csv
  mscnet run paper.mech --noise --seed 1 --units time=h --out made_up.nc

Without --t-end (or option t_end) the file's experiments are run, those of --experiment or all; their
readings come in long form, one row a time, after the experiment's name and its variables.

Values carry their unit (1.2mM, '0.1 /min'); without one they are in the file's units.
Columns are the file's species unless --columns says otherwise. --amounts gives concentration times
the volume (option volume, else one unit of it). Without --out, --plot or --json the table goes to stdout as CSV."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    _add_run_options(parser.add_argument_group("the run"))
    _add_solver_options(parser.add_argument_group("the solver"))
    _add_stochastic_options(parser.add_argument_group("stochastic runs (--method ssa, nf)"))
    _add_output_options(parser.add_argument_group("the output"))
    add_fitted(parser)


def _add_run_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--t-end", metavar="T", help="when it ends, such as 240min (default: option t_end of the file)")
    group.add_argument("--start", metavar="T", help="when it starts (default: option t_start of the file, else 0)")
    spacing = group.add_mutually_exclusive_group()
    spacing.add_argument("--points", metavar="N", type=point_count, help="number of output times, both ends included")
    spacing.add_argument("--every", metavar="DT", help="time between outputs, such as 5min")
    group.add_argument("--stop-when", metavar="C", help="end the run where a condition begins to hold: '[A] < 0.1 mM'")
    group.add_argument("--steady", action="store_true", help="the steady state that is reached, instead of the course")
    group.add_argument("--set", metavar="K=V", type=assignments, action="append", default=[],
                       help="the value of a parameter; repeat it or list several: k1=0.1,k2='3 /min'")  # fmt: skip
    group.add_argument("--init", metavar="X=V", type=assignments, action="append", default=[],
                       help="the initial value of a species, such as A=1mM")  # fmt: skip
    group.add_argument("--experiment", metavar="E", action="append",
                       help="do an experiment of the file, such as fig4 or 'fig4(30 uL)'; may be repeated")  # fmt: skip
    group.add_argument("--actions", action="store_true",
                       help="do all that the actions of a BNGL file say, each run into a table of its own")  # fmt: skip
    group.add_argument("--noise", action="store_true",
                       help="readings of light in experiments have the instrument's noise (--seed)")  # fmt: skip
    group.add_argument("--pathway", metavar="P", help="the pathway (default: option pathway, else the first)")


def _add_solver_options(group: argparse._ArgumentGroup) -> None:
    from mscnet.simulation.methods import METHODS, RESERVED, STOCHASTIC

    known = (*METHODS, *STOCHASTIC)
    group.add_argument("--method", metavar="M", type=str.lower, choices=Choices.of(known, RESERVED),
                       help=f"integration method, or ssa or nf: {', '.join(known)} (default: auto)")  # fmt: skip
    group.add_argument("--rtol", metavar="R", type=positive, help="relative tolerance (default: 1e-6)")
    group.add_argument("--atol", metavar="C", help="absolute tolerance, a concentration (default: follows the values)")
    group.add_argument(
        "--max-steps", metavar="N", type=step_count, help="give up after so many steps (default: 500 000)"
    )


def _add_stochastic_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--seed", metavar="N", type=seed_number, help="same seed, same runs (default: drawn)")
    group.add_argument("--repeats", metavar="N", type=repeat_count, help="so many runs, numbered in the first column")
    group.add_argument("--volume", metavar="V", help="what concentrations become molecules in, such as 1fL")
    group.add_argument("--jobs", metavar="N", type=repeat_count, help="threads to work in (default: all cores)")


def _add_output_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--out", metavar="FILE", help="write the table: .csv, .nc or .parquet")
    group.add_argument("--plot", metavar="FILE", help="draw the curves: .png, .svg or .pdf")
    group.add_argument("--spectra", choices=("overlaid", "stacked", "difference"),
                       help="how --plot draws the spectra of experiments (default: overlaid)")  # fmt: skip
    group.add_argument("--at", metavar="W", type=wavelengths, default=(),
                       help="beside the spectra, traces at these wavelengths: 371nm,399nm")  # fmt: skip
    group.add_argument(
        "--columns",
        metavar="C",
        type=names,
        help="species (default; of nf observables), observables, all, or names: A,B",
    )
    group.add_argument("--amounts", metavar="S", type=names, default=[], help="these species as amounts: S1,S2")
    group.add_argument("--units", metavar="U", type=assignments, default=[],
                       help="units of the output: time=h,concentration=uM,amount=nmol")  # fmt: skip
    group.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Simulates, writes what was asked for, and names it on stderr."""
    from mscnet.cli.experiments import run_experiments, wants_experiments
    from mscnet.cli.outputs import Outputs
    from mscnet.simulation.methods import NETWORK_FREE

    _refuse_reserved(arguments)
    if arguments.actions:
        from mscnet.cli.replaying import run_actions

        return run_actions(arguments, _population(arguments), console)
    if arguments.steady:
        from mscnet.cli.steady import refuse_options_of_time, run_steady

        refuse_options_of_time(arguments)
    mechanism = read_model(arguments, console, expand=False)
    experiments = wants_experiments(arguments, mechanism)
    network_free = _method(arguments, mechanism) == NETWORK_FREE and not experiments
    mechanism, init = with_structured(mechanism, _joined(arguments.init))
    if not network_free:
        mechanism = with_network(mechanism, console)
    mechanism = with_settings(mechanism, _joined(arguments.set), init)
    console.diagnostics(outside_bounds(mechanism, (name for name, _ in _joined(arguments.set))))
    if experiments:
        return run_experiments(mechanism, arguments, _atol(arguments, mechanism), console)
    for option in ("noise", "spectra", "at"):
        if getattr(arguments, option):
            raise Failure(f"--{option} has no meaning here", "it is of light that experiments read", Exit.USAGE)
    outputs = Outputs.of(arguments)
    outputs.check_against(_with_columns(mechanism) if network_free else mechanism)
    times = _times(arguments, mechanism)
    stochastic = _refuse_mixture(arguments, mechanism)
    _require_values(arguments, mechanism, console)
    if stochastic:
        trajectory, trouble = simulate_molecules(mechanism, arguments, times, console)
    elif arguments.steady:
        return run_steady(mechanism, arguments, _atol(arguments, mechanism), outputs, console)
    else:
        trajectory, trouble = _simulate(mechanism, arguments, times, console)
    if trajectory is not None and (trajectory.mechanism.events or getattr(trajectory, "notes", ())):
        from mscnet.cli.events import tell_events

        tell_events(trajectory, console)
    if trajectory is not None:
        outputs.write(trajectory, console, partial=trouble is not None)
    if trouble is not None:
        console.remark("error", trouble)
        return Exit.NUMERICS
    return Exit.DONE


def _method(arguments: argparse.Namespace, mechanism: Mechanism) -> object:
    return arguments.method or mechanism.option("method")


def _with_columns(mechanism: Mechanism) -> Mechanism:
    """What a network-free run gives columns of."""
    from mscnet.simulation.particles import result_model

    return result_model(mechanism.chosen)


def _joined(lists: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return [pair for pairs in lists for pair in pairs]


def _refuse_reserved(arguments: argparse.Namespace) -> None:
    from mscnet.simulation.methods import RESERVED

    if arguments.method in RESERVED:
        raise not_yet(f"approximate stochastic simulation (--method {arguments.method}) is", "--method ssa is exact")


def _refuse_mixture(arguments: argparse.Namespace, mechanism: Mechanism) -> bool:
    """Whether the run is stochastic; options of the other kind of run are refused.

    Raises:
        Failure: `--seed` with an integration, or `--rtol` or `--stop-when` with a stochastic run.
    """
    from mscnet.simulation.methods import STOCHASTIC

    stochastic = _method(arguments, mechanism) in STOCHASTIC
    exact = "a stochastic run has no error to hold"
    reasons = {"rtol": exact, "atol": exact, "stop_when": "a stochastic run watches no conditions"}
    reasons["steady"] = "a stochastic run never comes to rest"
    if not stochastic:
        reasons = dict.fromkeys(("seed", "repeats", "jobs", "volume"), "it belongs to --method ssa")
    for name, why in reasons.items():
        if getattr(arguments, name) not in (None, False):
            raise Failure(f"--{name.replace('_', '-')} has no meaning here", why, Exit.USAGE)
    return stochastic


def _times(arguments: argparse.Namespace, mechanism: Mechanism) -> dict[str, float | None]:
    """Start, end and spacing of the run in the file's time unit."""
    from mscnet.mechanism.units import TIME

    def read(option: str, text: str | None) -> float | None:
        return None if text is None else read_quantity(option, text, TIME, mechanism)

    given = {"start": arguments.start, "t_end": arguments.t_end, "every": arguments.every}
    return {name: read("--" + name.replace("_", "-"), text) for name, text in given.items()}


def _require_values(arguments: argparse.Namespace, mechanism: Mechanism, console: Console) -> None:
    from mscnet.cli.missing import require_values

    require_values(mechanism, arguments.t_end is not None or arguments.steady, console)


def _simulate(
    mechanism: Mechanism, arguments: argparse.Namespace, times: dict[str, float | None], console: Console
) -> tuple[Trajectory | Repeats | None, str | None]:
    """The trajectory, or as much as there is of it with the reason why there is no more."""
    from mscnet.cli.progress import Progress
    from mscnet.simulation.simulate import simulate
    from mscnet.simulation.status import SimulationError

    atol = _atol(arguments, mechanism)
    with Progress(console) as progress:
        try:
            trajectory = simulate(
                mechanism, times["t_end"], points=arguments.points, every=times["every"], start=times["start"],
                method=arguments.method, rtol=arguments.rtol, atol=atol, max_steps=arguments.max_steps,
                stop_when=arguments.stop_when, progress=progress.update,
            )  # fmt: skip
        except SimulationError as error:
            return error.trajectory, str(error)
    if arguments.stop_when is not None:
        console.remark("note", _ending(trajectory, arguments.stop_when))
    return trajectory, None


def _ending(trajectory: Trajectory, condition: str) -> str:
    from mscnet.simulation.status import Status

    if trajectory.status is not Status.STOPPED:
        return f"`{condition}` did not begin to hold before the end of the run"
    unit = trajectory.mechanism.units.time.symbol
    return f"the run ended at t = {trajectory.time[-1]:.6g} {unit}, where `{condition}` began to hold"


def _population(arguments: argparse.Namespace) -> float | None:
    """The absolute tolerance of a BNGL file, which is a plain number."""
    try:
        return None if arguments.atol is None else float(arguments.atol)
    except ValueError:
        raise Failure(f"--atol {arguments.atol}: populations are plain numbers", "as in 1e-8", Exit.USAGE) from None


def _atol(arguments: argparse.Namespace, mechanism: Mechanism) -> float | None:
    """The absolute tolerance in the file's unit of concentration."""
    from mscnet.mechanism.units import CONCENTRATION

    if arguments.atol is None:
        return None
    dimension = mechanism.units.concentration.dimension or CONCENTRATION
    return read_quantity("--atol", arguments.atol, dimension, mechanism)
