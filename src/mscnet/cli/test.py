"""``mscnet test``: which facts of the file its mechanism explains, like a test runner."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mscnet.cli.console import Console, wants_colour
from mscnet.cli.data import read_observations, require_files, residuals_of_run
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.fitted import add_fitted, read_model
from mscnet.cli.loading import FILE_HELP
from mscnet.cli.quantities import assignments, outside_bounds, with_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mscnet.experiment.residuals import Residual
    from mscnet.experiment.verdict import Verdict
    from mscnet.mechanism.facts import Fact
    from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet test cdtese --pathway eq1
  mscnet test cdtese -k 'fig4 and not time_of_max' --plot failing
  mscnet test model.mech --set k1=0.2 --junit facts.xml

Facts stand in the file's `expect` blocks. -k takes those whose experiment, text, name or source holds
the words. A fact that is met only since a species cannot form under the model, or an effect is exactly
zero in it, is `trivial`, and counted apart. Exit codes: 0 all are met, 1 one fails, 2 wrong usage,
3 an experiment could not be run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--pathway", metavar="P", help="the pathway (default: option pathway, else the first)")
    parser.add_argument("-k", metavar="TEXT", dest="words", help="only facts that hold these words (and, or, not)")
    parser.add_argument("--set", metavar="K=V", type=assignments, action="append", default=[],
                        help="the value of a parameter")  # fmt: skip
    parser.add_argument("--junit", metavar="OUT.xml", help="write the verdicts as JUnit XML, too")
    parser.add_argument("--plot", metavar="DIR", help="draw the curves on which facts fail, a picture each")
    parser.add_argument("--data", action="store_true",
                        help="how far the model is from measured data, too; it does not count")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print a list of objects in place of the table")
    add_fitted(parser)


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Runs the experiments that the facts need, judges, and prints what came out."""
    _refuse(arguments)
    mechanism = read_model(arguments, console)
    set_ = [pair for pairs in arguments.set for pair in pairs]
    mechanism = with_settings(mechanism, set_, ())
    console.diagnostics(outside_bounds(mechanism, (name for name, _ in set_)))
    facts = _chosen(arguments, mechanism)
    require_files(mechanism)
    start = time.perf_counter()
    verdicts = _judge(mechanism, facts, console)
    seconds = time.perf_counter() - start
    residuals = _residuals(mechanism) if arguments.data else None
    _print(arguments, verdicts, residuals, seconds, console)
    _write_files(arguments, mechanism, verdicts, seconds, console)
    if not all(verdict.finished for verdict in verdicts):
        return Exit.NUMERICS
    return Exit.DONE if all(verdict.passed for verdict in verdicts) else Exit.WRONG_INPUT


def _refuse(arguments: argparse.Namespace) -> None:
    """What cannot be, or is not there yet."""
    from mscnet.cli.outputs import check_place
    from mscnet.cli.selection import selection

    if arguments.words is not None:
        selection(arguments.words)
    if arguments.junit is not None:
        check_place("--junit", arguments.junit)
    if arguments.plot is not None:
        _check_folder(arguments.plot)


def _check_folder(path: str) -> None:
    """Refuses a folder that cannot be made or written to."""
    folder = Path(os.path.realpath(path))
    if folder.exists() and not folder.is_dir():
        raise Failure(f"--plot {path}: this is a file", "name a folder, which is made if need be")
    above = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(above, os.W_OK):
        raise Failure(f"--plot {path}: nothing may be written to {above}")


def _chosen(arguments: argparse.Namespace, mechanism: Mechanism) -> tuple[Fact, ...]:
    """The facts that are asked for."""
    from mscnet.cli.selection import selection
    from mscnet.experiment.settings import experiments_of

    if not mechanism.facts:
        hint = 'write one: `expect fig4 { max(od371) = 0.40 ± 0.01 from "Fig. 4" }`'
        raise Failure(f"{arguments.file} states no facts", hint)
    if arguments.words is None:
        return mechanism.facts
    wanted = selection(arguments.words)
    held = [(f, " ".join([*experiments_of(f), f.text, f.name or "", f.source or ""])) for f in mechanism.facts]
    facts = tuple(fact for fact, text in held if wanted(text))
    if not facts:
        message = f"none of the {len(held)} facts holds -k {arguments.words!r}"
        raise Failure(message, "it looks at a fact's experiment, text, name and source", Exit.USAGE)
    return facts


def _judge(mechanism: Mechanism, facts: Sequence[Fact], console: Console) -> tuple[Verdict, ...]:
    from mscnet.cli.progress import Progress
    from mscnet.experiment.judge import judge

    with Progress(console) as progress:
        return judge(mechanism, facts, progress=progress.update)


def _residuals(mechanism: Mechanism) -> tuple[Residual, ...]:
    """How far the experiments that have data are from them."""
    data = read_observations(mechanism, None)
    if not data:
        return ()
    from mscnet.experiment.asked import runs_by_itself
    from mscnet.experiment.bench import perform

    having = {each.experiment for each in data}
    names = [e.name for e in mechanism.experiments if e.name in having and runs_by_itself(e)]
    return residuals_of_run(data, perform(mechanism, names), False) if names else ()


def _print(
    arguments: argparse.Namespace,
    verdicts: Sequence[Verdict],
    residuals: Sequence[Residual] | None,
    seconds: float,
    console: Console,
) -> None:
    from mscnet.report.facts import as_objects, count_facts, fact_table, failures_text
    from mscnet.report.residuals import residual_table, residuals_data

    if arguments.json:
        facts = as_objects(verdicts)
        console.result_json(facts if residuals is None else {"facts": facts, "data": residuals_data(residuals)})
        return
    console.result(fact_table(verdicts, wants_colour(console.out)))
    failures = failures_text(verdicts)
    if failures:
        console.result(f"\n{failures}")
    if residuals is not None:
        console.result(f"\n{residual_table(residuals)}" if residuals else "\nno data")
    console.result(f"\n{count_facts(verdicts, seconds)}")


def _write_files(
    arguments: argparse.Namespace, mechanism: Mechanism, verdicts: Sequence[Verdict], seconds: float, console: Console
) -> None:
    """The files of ``--junit`` and ``--plot``."""
    suite = f"{mechanism.name} {mechanism.pathway}" if mechanism.pathway else mechanism.name
    if arguments.junit is not None:
        from mscnet.report.junit import write_junit

        try:
            write_junit(arguments.junit, verdicts, suite, seconds)
        except OSError as error:
            raise Failure(f"{arguments.junit} cannot be written: {error.strerror or error}") from None
        console.message(f"wrote {arguments.junit} ({len(verdicts)} cases)")
    if arguments.plot is not None:
        from mscnet.report.fact_plots import write_plots

        try:
            paths = write_plots(Path(arguments.plot), verdicts, mechanism.units.time.symbol)
        except OSError as error:
            raise Failure(f"{arguments.plot} cannot be written: {error.strerror or error}") from None
        console.message(f"wrote {len(paths)} figures to {arguments.plot}")
