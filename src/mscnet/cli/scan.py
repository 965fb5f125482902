"""``mscnet scan``: one model run many times, over grids of values or over samples."""

from __future__ import annotations

import argparse
import csv
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscnet.cli.console import Console, plural
from mscnet.cli.exits import Choices, Exit, Failure, not_yet
from mscnet.cli.loading import FILE_HELP, read_mechanism, with_network
from mscnet.cli.quantities import (
    assignments,
    names,
    outside_bounds,
    point_count,
    positive,
    read_quantity,
    repeat_count,
    step_count,
    with_settings,
    with_structured,
)

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism
    from mscnet.simulation.ensemble import Scan
    from mscnet.simulation.scan_plan import Plan

EXAMPLES = """examples:
  mscnet scan robertson --over k1=0.01..1:20:log --out scan.csv
  mscnet scan robertson --over k1=0.02,0.04,0.08 --over A=0.5M,1M --columns B
  mscnet scan robertson --sample 1000 --over k1=0.01..1:log --over k2=1e7..1e8 --seed 3 --out scan.nc
  mscnet scan toggle.net --over k1=0.1,0.2 --method ssa --seed 1 --repeats 100 --t-end 50 --out runs.csv

A grid runs every combination of the values; --sample draws sets from the ranges instead. A name is a
parameter, a derived value, or a species, whose initial value is meant. Values carry their unit (1mM..10mM:5);
without one they are in the file's units. Without --out the values at the end go to stdout as CSV. What is
finished survives Ctrl-C beside the file of --out; --resume goes on with it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    _add_scan_options(parser.add_argument_group("the scan"))
    _add_run_options(parser.add_argument_group("each run"))
    _add_stochastic_options(parser.add_argument_group("stochastic runs (--method ssa)"))
    _add_output_options(parser.add_argument_group("the output"))
    parser.add_argument("--cluster", help=argparse.SUPPRESS)


def _add_scan_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--over", metavar="X=V", action="append", default=[], type=_varied,
                       help="what is varied: k1=LOW..HIGH:N[:log], or k1=1,2,5; may be repeated")  # fmt: skip
    group.add_argument("--sample", metavar="N", type=step_count,
                       help="draw so many sets from the ranges of --over (X=LOW..HIGH[:log], or X alone for the file's "
                       "bounds or prior; without --over, all that have some)")  # fmt: skip
    group.add_argument("--design", metavar="D", choices=("latin", "sobol", "random"), default="latin",
                       help="how the samples are spread: latin (default), sobol, random")  # fmt: skip
    group.add_argument("--seed", metavar="S", type=_seed,
                       help="the same seed draws the same samples and stochastic runs (default: 0)")  # fmt: skip
    group.add_argument("--jobs", metavar="N", type=step_count, help="threads (default: all cores)")


def _add_run_options(group: argparse._ArgumentGroup) -> None:
    from mscnet.simulation.methods import METHODS, NETWORK_FREE, RESERVED, STOCHASTIC

    group.add_argument("--t-end", metavar="T", help="when it ends, such as 240min (default: option t_end of the file)")
    group.add_argument("--start", metavar="T", help="when it starts (default: option t_start of the file, else 0)")
    spacing = group.add_mutually_exclusive_group()
    spacing.add_argument("--points", metavar="N", type=point_count, help="number of output times, both ends included")
    spacing.add_argument("--every", metavar="DT", help="time between outputs, such as 5min")
    group.add_argument("--set", metavar="K=V", type=assignments, action="append", default=[],
                       help="the value of a parameter in all runs")  # fmt: skip
    group.add_argument("--init", metavar="X=V", type=assignments, action="append", default=[],
                       help="the initial value of a species in all runs")  # fmt: skip
    group.add_argument("--pathway", metavar="P", help="the pathway (default: option pathway, else the first)")
    known = (*METHODS, *(name for name in STOCHASTIC if name != NETWORK_FREE))
    group.add_argument("--method", metavar="M", type=str.lower, choices=Choices.of(known, RESERVED),
                       help=f"integration method, or ssa: {', '.join(known)} (default: auto)")  # fmt: skip
    group.add_argument("--rtol", metavar="R", type=positive, help="relative tolerance (default: 1e-6)")
    group.add_argument("--atol", metavar="C", help="absolute tolerance, a concentration (default: follows the values)")
    group.add_argument("--max-steps", metavar="N", type=step_count, help="steps of a run (default: 500 000)")


def _add_stochastic_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--repeats", metavar="N", type=repeat_count, help="so many runs of every set of values")
    group.add_argument("--volume", metavar="V", help="what concentrations become molecules in, such as 1fL")


def _add_output_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--out", metavar="FILE", help="write all runs and times: .csv, .nc or .parquet")
    group.add_argument("--resume", action="store_true", help="go on with the scan that was cut off beside --out")
    group.add_argument("--columns", metavar="C", type=names, help="species (default), observables, all, or names: A,B")
    group.add_argument("--json", action="store_true", help="print the result as JSON; with --out, what was done")


def _varied(text: str) -> tuple[str, str | None]:
    """``k1=1..10:5``, or a name alone; an argparse type."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not name or (equals and not value):
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUES")
    return name, value or None


def _seed(text: str) -> int:
    """A whole number from 0; an argparse type."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 0")
    return int(text)


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Runs the scan, writes what was asked for, and says on stderr what did not finish."""
    _refuse(arguments)
    mechanism = read_mechanism(arguments.file, arguments.pathway, console, expand=False)
    set_, init = (_joined(pairs) for pairs in (arguments.set, arguments.init))
    mechanism, init = with_structured(mechanism, init)
    mechanism = with_network(mechanism, console)
    mechanism = with_settings(mechanism, set_, init)
    console.diagnostics(outside_bounds(mechanism, (name for name, _ in set_)))
    _refuse_mixture(arguments, mechanism)
    plan = _plan(arguments, mechanism)
    result, interrupted = _run(arguments, plan, console)
    if interrupted:
        _keep(arguments, result, console)
        return Exit.NUMERICS
    _write(arguments, result, console)
    if result.failures():
        _say_failures(result, console)
        return Exit.NUMERICS
    return Exit.DONE


def plural_runs(count: int) -> str:
    """``1 run``, ``1,000 runs``."""
    return plural(count, "run").replace(str(count), f"{count:,}", 1)


def _say_failures(result: Scan, console: Console) -> None:
    failed = result.failures()
    said = ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in failed.items())
    hint = "what they reached is kept, the rest is nan; `mscnet run` with their values says why"
    count = f"{sum(failed.values()):,} of {plural_runs(result.plan.n_runs)}"
    console.remark("error", f"{count} did not finish: {said}", hint)


def _joined(lists: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return [pair for pairs in lists for pair in pairs]


def _refuse(arguments: argparse.Namespace) -> None:
    """What cannot be, or is not there yet."""
    from mscnet.simulation.methods import RESERVED

    if arguments.cluster is not None:
        raise not_yet("scans on a cluster (--cluster) are", "--jobs takes the cores of this machine")
    if arguments.method in RESERVED:
        raise not_yet(f"approximate stochastic simulation (--method {arguments.method}) is", "--method ssa is exact")
    if not arguments.over and arguments.sample is None:
        raise Failure("the scan varies nothing", "say what, as in --over k1=1e-3..1:20:log", Exit.USAGE)
    if arguments.resume and arguments.out is None:
        raise Failure("--resume needs the --out of the scan that was cut off", None, Exit.USAGE)
    repeated = [name for i, (name, _) in enumerate(arguments.over) if name in [n for n, _ in arguments.over[:i]]]
    if repeated:
        raise Failure(f"--over {repeated[0]} comes twice", None, Exit.USAGE)
    if arguments.out is not None:
        _check_out(arguments.out)


def _refuse_mixture(arguments: argparse.Namespace, mechanism: Mechanism) -> None:
    """Options of stochastic runs with an integration, and the other way round."""
    from mscnet.simulation.methods import STOCHASTIC

    if (arguments.method or mechanism.option("method")) in STOCHASTIC:
        reasons = dict.fromkeys(("rtol", "atol"), "a stochastic run has no error to hold")
    else:
        reasons = dict.fromkeys(("repeats", "volume"), "it belongs to --method ssa")
        if arguments.sample is None:
            reasons["seed"] = "it is for --sample and --method ssa"
    for name, why in reasons.items():
        if getattr(arguments, name) is not None:
            raise Failure(f"--{name} has no meaning here", why, Exit.USAGE)


def _check_out(path: str) -> None:
    from mscnet.cli.outputs import check_extension, check_place
    from mscnet.report.scan_files import SCAN_WRITERS, missing_for

    check_extension("--out", path, tuple(SCAN_WRITERS))
    extension = Path(path).suffix.lower()
    missing = missing_for(extension)
    if missing:
        raise Failure(f"writing {extension} files needs another package", missing)
    check_place("--out", path)


def _plan(arguments: argparse.Namespace, mechanism: Mechanism) -> Plan:
    from mscnet.mechanism.units import CONCENTRATION, TIME
    from mscnet.report.tables import COLUMN_GROUPS, column_names
    from mscnet.simulation.scan_plan import make_plan

    times = {}
    for name in ("t_end", "start", "every"):
        text = getattr(arguments, name)
        option = "--" + name.replace("_", "-")
        times[name] = None if text is None else read_quantity(option, text, TIME, mechanism)
    atol = None
    if arguments.atol is not None:
        dimension = mechanism.units.concentration.dimension or CONCENTRATION
        atol = read_quantity("--atol", arguments.atol, dimension, mechanism)
    columns = arguments.columns
    if columns is not None and len(columns) == 1 and columns[0] in COLUMN_GROUPS:
        columns = columns[0]
    settings: dict[str, Any] = {
        **times, "points": arguments.points, "method": arguments.method, "rtol": arguments.rtol, "atol": atol,
        "max_steps": arguments.max_steps, "columns": column_names(mechanism, columns), "volume": arguments.volume,
    }  # fmt: skip
    if arguments.out is None and not arguments.json:  # only the end is shown
        settings |= {"points": 2, "every": None}
    over = dict(arguments.over) if arguments.over else None
    drawn = arguments.sample, arguments.design, arguments.seed or 0
    return make_plan(mechanism, over, *drawn, settings, arguments.repeats)


def _folder(arguments: argparse.Namespace) -> str | None:
    """Where finished runs are kept while the scan goes on."""
    return None if arguments.out is None else f"{os.path.realpath(arguments.out)}.part"


def _run(arguments: argparse.Namespace, plan: Plan, console: Console) -> tuple[Scan, bool]:
    """The scan, and whether it was interrupted."""
    from mscnet.cli.progress import Progress
    from mscnet.simulation.ensemble import ScanInterrupted, run_scan

    interrupted = False
    with Progress(console) as progress, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = run_scan(plan, _folder(arguments), arguments.resume, arguments.jobs, progress.update)
        except ScanInterrupted as stop:
            result, interrupted = stop.scan, True
        except OSError as error:
            raise Failure(f"{_folder(arguments)} cannot be written: {error.strerror or error}") from None
    for warning in caught:
        console.remark("warning", str(warning.message))
    return result, interrupted


def _keep(arguments: argparse.Namespace, result: Scan, console: Console) -> None:
    """Says, after Ctrl-C, what is kept."""
    done = f"{result.n_done:,} of {plural_runs(result.plan.n_runs)} are done"
    if arguments.out is not None:
        hint = "the same command with --resume goes on; remove the folder to begin anew"
        console.remark("error", f"the scan was interrupted: {done} and kept in {_folder(arguments)}", hint)
        return
    if result.n_done:
        _print_final(result, console)
    console.remark("error", f"the scan was interrupted: {done}", "--out FILE keeps them, and --resume goes on")


def _write(arguments: argparse.Namespace, result: Scan, console: Console) -> None:
    from mscnet.report.scan_files import write_scan
    from mscnet.simulation.scan_store import FolderStore

    if arguments.out is not None:
        try:
            write_scan(result, arguments.out)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            hint = f"the runs are kept in {_folder(arguments)}"
            raise Failure(f"{arguments.out} cannot be written: {reason or error}", hint) from None
        assert isinstance(result.store, FolderStore)
        result.store.remove()
        times, columns = result.plan.row_shape
        size = f"{plural_runs(result.plan.n_runs)} × {plural(times, 'time')} × {plural(columns, 'column')}"
        console.message(f"wrote {arguments.out} ({size})")
    if arguments.json:
        console.result_json(_as_json(arguments, result), indent=None)
    elif arguments.out is None:
        _print_final(result, console)


def _print_final(result: Scan, console: Console) -> None:
    from mscnet.report.scan_files import final_table, plain_rows

    names, rows = final_table(result)
    writer = csv.writer(console.out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(plain_rows(result, rows))


def _as_json(arguments: argparse.Namespace, result: Scan) -> dict[str, Any]:
    """The object that ``--json`` prints."""
    from mscnet.report.plain import plain
    from mscnet.simulation.batch import STATUS_WORDS
    from mscnet.simulation.scan_dataset import attributes_of, coordinate_attributes, scan_attributes

    plan, mechanism = result.plan, result.plan.simulator.mechanism
    time_unit = attributes_of(mechanism, "time")["units"]
    made = {
        "mechanism": mechanism.name,
        "pathway": mechanism.pathway,
        "runs": plan.n_runs,
        "failed": result.failures(),
        "over": [{"name": n, "unit": coordinate_attributes(plan, n)["units"]} for n in plan.names],
        "shape": plan.shape,
        "columns": [{"name": n, "unit": attributes_of(mechanism, n)["units"]} for n in plan.simulator.columns],
        "provenance": scan_attributes(plan),
    }
    if arguments.out is not None:
        return plain({**made, "out": arguments.out, "times": len(plan.simulator.time)})
    whole = result.store.whole()
    values: list[dict[str, Any]] = [
        {"over": plan.values(i, i + 1)[0].tolist(), "status": STATUS_WORDS[int(status)], "values": whole[i].T.tolist()}
        for i, status in enumerate(result.store.status)
    ]
    if plan.repeats is not None:
        values = [{"repeat": i % plan.repeats + 1, **found} for i, found in enumerate(values)]
    return plain({**made, "time": {"unit": time_unit, "values": plan.simulator.time.tolist()}, "results": values})
