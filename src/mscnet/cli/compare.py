"""``mscnet compare``: alternative pathways, or files, fitted alike and ranked."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mscnet.cli.console import Console, plural
from mscnet.cli.data import require_files
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.fit_options import add_fit_options, fit_settings, with_set_values
from mscnet.cli.loading import FILE_HELP, read_file, with_network
from mscnet.cli.quantities import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from mscnet.inference.comparison import Comparison
    from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet compare cdtese --starts 20 --jobs 2 --out ranking
  mscnet compare cdtese --starts 20 --jobs 2 --out ranking --resume
  mscnet compare cdtese --pathways eq1,eq2 --cross-validate
  mscnet compare one.mech other.mech --nested one,other

Every pathway is fitted to the same data and facts with the same settings, and ranked by AICc; by BIC
where AICc is undefined for one of them. Each datum and each equality fact is one normal term of the
likelihood, each inequality fact a one-sided one. The verdict says how strongly one holds, which rows
decide, whether the data can decide at all, and what is assumed. Exit codes: 0 done, 1 wrong input,
2 wrong usage, 3 no pathway could be run, 130 interrupted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=FILE_HELP)
    parser.add_argument("--pathways", metavar="P,Q", type=names, help="only these pathways")
    ranking = parser.add_argument_group("the ranking")
    ranking.add_argument("--cross-validate", action="store_true", help="leave each experiment out in turn, too")
    ranking.add_argument("--nested", metavar="P,Q", type=_pair, action="append", default=[],
                         help="P is Q with something left out: test it by their likelihood ratio")  # fmt: skip
    add_fit_options(parser)
    output = parser.add_argument_group("the output")
    output.add_argument("--out", metavar="DIR", help="keep starts, fits, tables and pictures in this folder")
    output.add_argument("--resume", action="store_true", help="go on with the comparison in --out")
    output.add_argument("--json", action="store_true", help="print a list of objects, the best pathway first")


def _pair(text: str) -> tuple[str, str]:
    parts = tuple(names(text))
    if len(parts) != 2:
        raise argparse.ArgumentTypeError(f"`{text}` is no pair: write the smaller and the larger model, as in a,b")
    return parts[0], parts[1]


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Fits all, ranks them, prints what came out, and writes the files of ``--out``."""
    if arguments.resume and arguments.out is None:
        raise Failure("--resume goes on with a comparison in a folder", "name it: --out DIR", Exit.USAGE)
    mechanisms = [_read(file, arguments, console) for file in arguments.files]
    found, code = _compared(mechanisms, arguments, console)
    if found is None:
        return code
    if arguments.json:
        from mscnet.report.plain import plain

        console.result_json(plain(found.rows))
    else:
        console.result(str(found))
    if arguments.out is not None:
        _save(found, arguments.out, console)
    return code


def _read(file: str, arguments: argparse.Namespace, console: Console) -> Mechanism:
    from mscnet.diagnostics import MechanismError

    result = read_file(file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    console.diagnostics([finding for finding in result.diagnostics if finding.severity == "warning"])
    mechanism = with_set_values(with_network(result.mechanism, console), arguments, console)
    if not arguments.no_data:
        require_files(mechanism)
    return mechanism


def _compared(
    mechanisms: list[Mechanism], arguments: argparse.Namespace, console: Console
) -> tuple[Comparison | None, Exit]:
    from mscnet.cli.progress import Progress
    from mscnet.inference.compare import ComparisonInterrupted, compare
    from mscnet.inference.fit import FitFailed

    with Progress(console) as progress:
        try:
            found = compare(
                mechanisms, fit_settings(arguments), pathways=arguments.pathways, jobs=arguments.jobs,
                cross_validate=arguments.cross_validate, nested=arguments.nested, folder=arguments.out,
                resume=arguments.resume, progress=_shown(progress.update),
            )  # fmt: skip
            return found, Exit.DONE
        except FitFailed as failed:
            console.diagnostics(failed.diagnostics)
            return None, Exit.NUMERICS
        except ComparisonInterrupted as ended:
            interrupted = ended
    hint = f"--out {arguments.out} --resume goes on" if arguments.out else None
    console.remark("error", f"interrupted; {plural(interrupted.done, 'start')} had finished", hint)
    return interrupted.comparison, Exit.INTERRUPTED


def _shown(update: Callable[[float, str], None]) -> Callable[[int, int, str, float], None]:
    def progress(done: int, total: int, name: str, best: float) -> None:
        text = f"{done} of {total} starts" + (", the best searched on" if done == total else "")
        update(done / total, text + (f", {name}: best cost {best:.5g}" if best < 1e12 else ""))

    return progress


def _save(found: Comparison, folder: str, console: Console) -> None:
    try:
        written = found.save(folder)
    except OSError as error:
        raise Failure(f"{folder} cannot be written: {error.strerror or error}") from None
    console.message(f"wrote {', '.join(written)} to {folder}")
