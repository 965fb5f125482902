"""``mscnet design``: the experiment that best tells rival pathways apart, or pins constants."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from mscnet.cli.console import Console
from mscnet.cli.data import require_files
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.fit_options import add_fit_options, fit_settings, with_set_values
from mscnet.cli.loading import FILE_HELP, choose_pathway, read_file, with_network
from mscnet.cli.quantities import names, repeat_count

if TYPE_CHECKING:
    from mscnet.inference.design_result import Design
    from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet design cdtese --comparison ranking --vary 'fig4.v=5..100 uL'
  mscnet design model.mech --rivals eq1,eq2 --starts 5 --out next
  mscnet design model.mech --criterion Ds --parameter k2 --vary 'batch.hold=1..60 min' --error od371=0.004

T (default) tells two pathways apart: those of --rivals, the first two of a comparison that is kept in
a folder, or the first two of one that is made now. D pins all constants, Ds one. Without --vary all loop
variables of the file's experiments and the times that something stands may be changed, within bounds
that are told. What comes out is text for the mechanism's file. Exit codes: 0 done, 1 wrong input, 2 wrong
usage, 3 no model could be run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--pathway", metavar="P", help="for D and Ds: the pathway (default: as in `fit`)")
    group = parser.add_argument_group("the design")
    group.add_argument("--criterion", choices=("T", "D", "Ds"), default="T", help="what it is to do (default: T)")
    group.add_argument("--rivals", metavar="P,Q", type=_pair, help="the pathways to tell apart")
    group.add_argument("--comparison", metavar="DIR", help="fits of `mscnet compare --out DIR` are taken from there")
    group.add_argument("--fitted", metavar="FIT", help="for D and Ds: a fit.json, or the folder that holds it")
    group.add_argument("--parameter", metavar="K", help="for Ds: what is to be pinned (default: the least certain)")
    group.add_argument("--vary", metavar="X=A..B", type=_range, action="append", default=[],
                       help="may be changed: 'fig4.v=5..100 uL', 'fig4.hold=1..60 min', steps' parameters")  # fmt: skip
    group.add_argument("--from", metavar="E", dest="templates", type=names, help="only from these experiments")
    group.add_argument("--error", metavar="R=S", type=_error, action="append", default=[],
                       help="the standard deviation of a reading, in the file's units: od371=0.004")  # fmt: skip
    group.add_argument("--budget", metavar="N", type=repeat_count, default=128, help="candidates (default: 128)")
    add_fit_options(parser)
    output = parser.add_argument_group("the output")
    output.add_argument("--out", metavar="DIR", help="write design.json, designed.mech and curves.png there")
    output.add_argument("--json", action="store_true", help="print the design as JSON")


def _pair(text: str) -> tuple[str, str]:
    parts = tuple(names(text))
    if len(parts) != 2:
        raise argparse.ArgumentTypeError(f"`{text}` is no pair: write two pathways, as in a,b")
    return parts[0], parts[1]


def _range(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or ".." not in value:
        raise argparse.ArgumentTypeError(f"`{text}` gives no range: write it as 'fig4.v=5..100 uL'")
    return name.strip(), value.strip()


def _error(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"`{text}` is no standard deviation: write it as od371=0.004")
    return name.strip(), number


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Works out the experiment, prints it, and writes the files of ``--out``."""
    _refuse(arguments)
    mechanism = _read(arguments, console)
    found, code = _designed(mechanism, arguments, console)
    if found is None:
        return code
    if arguments.json:
        from mscnet.report.plain import plain

        console.result_json(plain(found.as_data()))
    else:
        console.result(str(found))
    if arguments.out is not None:
        _save(found, arguments.out, console)
    return code


def _refuse(arguments: argparse.Namespace) -> None:
    """Options that do not go together."""
    if arguments.criterion == "T" and (arguments.parameter or arguments.fitted):
        what = "--parameter" if arguments.parameter else "--fitted"
        raise Failure(f"{what} is for D and Ds", "add --criterion Ds", Exit.USAGE)
    if arguments.criterion != "T" and (arguments.rivals or arguments.comparison):
        what = "--rivals" if arguments.rivals else "--comparison"
        raise Failure(f"{what} is for T, which tells pathways apart", "leave --criterion out", Exit.USAGE)


def _read(arguments: argparse.Namespace, console: Console) -> Mechanism:
    from mscnet.diagnostics import MechanismError

    result = read_file(arguments.file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    console.diagnostics([finding for finding in result.diagnostics if finding.severity == "warning"])
    mechanism = result.mechanism
    if arguments.criterion != "T":
        mechanism = choose_pathway(mechanism, arguments.pathway, console)
    mechanism = with_set_values(with_network(mechanism, console), arguments, console)
    if not arguments.no_data:
        require_files(mechanism)
    return mechanism


def _designed(mechanism: Mechanism, arguments: argparse.Namespace, console: Console) -> tuple[Design | None, Exit]:
    from mscnet.cli.progress import Progress
    from mscnet.inference.design import design
    from mscnet.inference.fit import FitFailed

    given = _fits(mechanism, arguments)
    with Progress(console) as progress:
        try:
            found = design(
                mechanism, criterion=arguments.criterion, parameter=arguments.parameter,
                vary=dict(arguments.vary) or None, experiments=arguments.templates, errors=dict(arguments.error),
                budget=arguments.budget, seed=arguments.seed, settings=fit_settings(arguments), jobs=arguments.jobs,
                progress=progress.update, **given,
            )  # fmt: skip
        except FitFailed as failed:
            console.diagnostics(failed.diagnostics)
            return None, Exit.NUMERICS
    return found, Exit.DONE


def _fits(mechanism: Mechanism, arguments: argparse.Namespace) -> dict[str, Any]:
    """The fits that the options name."""
    from mscnet.inference.result_files import load_fit

    if arguments.fitted is not None:
        return {"fitted": load_fit(arguments.fitted, mechanism)}
    if arguments.comparison is None:
        return {"rivals": arguments.rivals}
    from mscnet.inference.comparison_files import load_fits

    return {"rivals": load_fits(arguments.comparison, mechanism, arguments.rivals)}


def _save(found: Design, folder: str, console: Console) -> None:
    try:
        written = found.save(folder)
    except OSError as error:
        raise Failure(f"{folder} cannot be written: {error.strerror or error}") from None
    console.message(f"wrote {', '.join(written)} to {folder}")
