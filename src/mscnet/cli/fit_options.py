"""Options that all commands share which fit: what is free, what counts, how it is searched."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.quantities import assignments, names, outside_bounds, positive, repeat_count, seed_number, with_settings

if TYPE_CHECKING:
    from mscnet.inference.settings import FitSettings
    from mscnet.mechanism.mechanism import Mechanism


def add_fit_options(parser: argparse.ArgumentParser, starts: int = 20) -> None:
    """Adds them in groups; `starts` is how many there are where nobody says."""
    _add_free_options(parser.add_argument_group("what is free"))
    _add_likelihood_options(parser.add_argument_group("what counts"))
    _add_search_options(parser.add_argument_group("the search"), starts)


def _add_free_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--set", metavar="K=V", type=assignments, action="append", default=[],
                       help="the value of a parameter: where a free one begins, what a fixed one is")  # fmt: skip
    group.add_argument("--fix", metavar="K", type=names, default=[], help="keep these at their values: k1,k2")
    group.add_argument("--free", metavar="K", type=names, default=[],
                       help="free these too, within their bounds, else within four decades")  # fmt: skip
    group.add_argument(
        "--local",
        metavar="K=E",
        action="append",
        default=[],
        help="a value of its own in each of these experiments: p0=fig3,fig4; p0 alone: in all",
    )
    group.add_argument("--linear", metavar="K", type=names, default=[],
                       help="solve for these by linear least squares, or auto: for all that can be")  # fmt: skip
    group.add_argument("--free-spectra", action="store_true",
                       help="the species' spectra are free, in place of their bands")  # fmt: skip
    group.add_argument("--nonnegative", action="store_true", help="free spectra are nowhere below 0")


def _add_likelihood_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--experiment", metavar="E", action="append", help="only this experiment; may be repeated")
    group.add_argument("--no-facts", action="store_true", help="facts do not count")
    group.add_argument("--no-data", action="store_true", help="data files do not count")
    group.add_argument(
        "--errors",
        choices=("estimated", "instrument"),
        help="of data without errors: estimated for each reading (default), or the instrument's",
    )
    group.add_argument("--error-model", choices=("constant", "proportional"),
                       help="the same error everywhere (default), or one that grows with the signal")  # fmt: skip
    group.add_argument("--loss", choices=("normal", "student"),
                       help="how data scatter: normal (default), or student, which outliers do not sway")  # fmt: skip
    group.add_argument("--degrees", metavar="N", type=positive, help="degrees of freedom of student (default: 4)")


def _add_search_options(group: argparse._ArgumentGroup, starts: int) -> None:
    group.add_argument("--starts", metavar="N", type=repeat_count, default=starts,
                       help=f"local searches from so many points (default: {starts})")  # fmt: skip
    group.add_argument("--seed", metavar="N", type=seed_number, default=1, help="of the points (default: 1)")
    group.add_argument("--jobs", metavar="N", type=repeat_count,
                       help="processes to work in (default: all cores, where it takes long)")  # fmt: skip
    group.add_argument("--sampler", choices=("sobol", "lhs"), help="how points are drawn (default: sobol)")
    group.add_argument("--random-starts", action="store_true",
                       help="draw the first point too; else it has the file's values")  # fmt: skip
    group.add_argument("--candidates", metavar="N", type=repeat_count,
                       help="begin each start at the best of so many points (default: 16)")  # fmt: skip
    group.add_argument("--method", choices=("local", "global"),
                       help="local (default), or global: differential evolution, then local")  # fmt: skip
    group.add_argument("--max-evaluations", metavar="N", type=repeat_count,
                       help="of a local search (default: 300)")  # fmt: skip
    group.add_argument("--tolerance", metavar="R", type=positive,
                       help="relative change at which a search ends (default: 1e-8)")  # fmt: skip
    group.add_argument("--rtol", metavar="R", type=positive, help="tolerance of integration (default: 1e-6)")


def fit_settings(arguments: argparse.Namespace) -> FitSettings:
    """The settings that the options make.

    Raises:
        Failure: an option without the one that it belongs to.
        MechanismError: a value that a setting cannot have.
    """
    from mscnet.inference.settings import with_changes

    _check_partners(arguments)
    changes = {name: getattr(arguments, name) for name in (
        "errors", "error_model", "loss", "degrees", "starts", "seed", "sampler", "method", "candidates",
        "max_evaluations", "tolerance", "rtol")}  # fmt: skip
    return with_changes(None, {
        **changes,
        "facts": not arguments.no_facts,
        "data": not arguments.no_data,
        "experiments": tuple(arguments.experiment) if arguments.experiment else None,
        "local": dict(_local(text) for text in arguments.local),
        "linear": tuple(arguments.linear),
        "free_spectra": arguments.free_spectra,
        "nonnegative": arguments.nonnegative,
        "free": tuple(arguments.free),
        "fixed": tuple(arguments.fix),
        "from_file": not arguments.random_starts,
    })  # fmt: skip


def _check_partners(arguments: argparse.Namespace) -> None:
    """Refuses options that would change nothing as they stand."""
    if arguments.nonnegative and not arguments.free_spectra:
        raise Failure("--nonnegative is of free spectra", "add --free-spectra", Exit.USAGE)
    if arguments.degrees is not None and arguments.loss != "student":
        raise Failure("--degrees is of Student's distribution", "add --loss student", Exit.USAGE)
    if arguments.free_spectra and arguments.no_data:
        raise Failure("--free-spectra takes data, which --no-data leaves out", "leave out one of them", Exit.USAGE)


def _local(text: str) -> tuple[str, tuple[str, ...]]:
    """``p0=fig3,fig4`` or ``p0``."""
    name, _, where = text.partition("=")
    return name.strip(), tuple(part.strip() for part in where.split(",") if part.strip())


def with_set_values(mechanism: Mechanism, arguments: argparse.Namespace, console: Console) -> Mechanism:
    """The mechanism with the values of ``--set``.

    Raises:
        MechanismError: an unknown name, or a value that does not fit.
    """
    pairs = [pair for pairs in arguments.set for pair in pairs]
    mechanism = with_settings(mechanism, pairs, ())
    console.diagnostics(outside_bounds(mechanism, (name for name, _ in pairs)))
    return mechanism
