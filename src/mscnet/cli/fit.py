"""``mscnet fit``: constants of a mechanism from its data and facts."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from mscnet.cli.console import Console, plural
from mscnet.cli.data import require_files
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.fit_options import add_fit_options, fit_settings, with_set_values
from mscnet.cli.loading import FILE_HELP, read_mechanism
from mscnet.cli.uncertainty import (
    add_uncertainty_arguments,
    check_names,
    check_uncertainty,
    forget_others,
    run_uncertainty,
    wanted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mscnet.inference.problem import Objective
    from mscnet.inference.result import FitResult
    from mscnet.inference.settings import FitSettings
    from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet fit model.mech --out fit
  mscnet fit cdtese --pathway eq1 --starts 50 --jobs 4 --out fit
  mscnet fit cdtese --pathway eq1 --starts 50 --jobs 4 --out fit --resume
  mscnet fit model.mech --fix k2 --free e371 --loss student
  mscnet fit model.mech --profile --sample 1000 --bands --out fit
  mscnet run model.mech --fitted fit --plot fitted.png

Free are the parameters with bounds, with a prior or without a value. Data of the file's `data`
statements and its facts count: equalities as residuals over their tolerances, inequalities as
one-sided ones. With --out every finished start is kept at once, and --resume goes on after a kill, to
the same result. The result does not depend on --jobs. Exit codes: 0 done, 1 wrong input, 2 wrong
usage, 3 the experiments could not be run from any start, 130 interrupted (what was finished is shown)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--pathway", metavar="P", help="the pathway (default: option pathway, else the first)")
    add_fit_options(parser)
    add_uncertainty_arguments(parser)
    output = parser.add_argument_group("the output")
    output.add_argument("--out", metavar="DIR", help="keep starts, results, tables and pictures in this folder")
    output.add_argument("--resume", action="store_true", help="go on with the fit in --out")
    output.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Fits, prints what came out, and writes the files of ``--out``."""
    if arguments.resume and arguments.out is None:
        raise Failure("--resume goes on with a fit in a folder", "name it: --out DIR", Exit.USAGE)
    check_uncertainty(arguments)
    mechanism = read_mechanism(arguments.file, arguments.pathway, console)
    mechanism = with_set_values(mechanism, arguments, console)
    settings = fit_settings(arguments)
    if settings.data:
        require_files(mechanism)
    if arguments.profile_of or settings.free_spectra:
        from mscnet.inference.objective import build_objective

        made = build_objective(mechanism, settings)
        if settings.free_spectra:
            _check_light(made)
        if arguments.profile_of:
            check_names(arguments, made)
    result, code = _fitted(mechanism, settings, arguments, console)
    if result is None:
        return code
    for note in result.provenance.get("notes", ()):
        console.remark("note", note)
    if not arguments.json:
        _print(result, {}, arguments, console)
    if arguments.out is not None:
        _save(result, arguments.out, arguments.resume, console)
    data: dict[str, Any] = {}
    if wanted(arguments) and code is Exit.DONE:
        from mscnet.inference.objective import build_objective

        objective = build_objective(mechanism, settings)
        code, data = run_uncertainty(arguments, result, objective, arguments.out, console)
    if arguments.json:
        _print(result, data, arguments, console)
    return code


def _check_light(objective: Objective) -> None:
    """Refuses free spectra where no data are of light."""
    import numpy as np

    from mscnet.inference.free import first_value
    from mscnet.inference.objective import FitObjective

    first = np.array([p.to_search(first_value(p)) for p in objective.parameters])
    if isinstance(objective, FitObjective) and not objective.spectra(first).species:
        hint = "name absorbances or spectra in `data`, or leave the option out"
        raise Failure("--free-spectra: no data are of light", hint, Exit.USAGE)


def _fitted(
    mechanism: Mechanism, settings: FitSettings, arguments: argparse.Namespace, console: Console
) -> tuple[FitResult | None, Exit]:
    from mscnet.cli.progress import Progress
    from mscnet.inference.fit import FitFailed, FitInterrupted, fit

    with Progress(console) as progress:
        try:
            found = fit(mechanism, settings, jobs=arguments.jobs, folder=arguments.out, resume=arguments.resume,
                        progress=_shown(progress.update))  # fmt: skip
            return found, Exit.DONE
        except FitFailed as failed:
            console.diagnostics(failed.diagnostics)
            return None, Exit.NUMERICS
        except FitInterrupted as ended:
            done = 0 if ended.result is None else len(ended.result.starts)
            hint = f"--out {arguments.out} --resume goes on" if arguments.out else None
            interrupted, result = (f"interrupted; {plural(done, 'start')} had finished", hint), ended.result
    console.remark("error", *interrupted)
    return result, Exit.INTERRUPTED


def _shown(update: Callable[[float, str], None]) -> Callable[[int, int, float], None]:
    def progress(done: int, total: int, best: float) -> None:
        text = f"{done} of {total} starts" + (", the best searched on" if done == total else "")
        update(done / total, text + (f", best cost {best:.5g}" if best < 1e12 else ""))

    return progress


def _print(result: FitResult, more: dict[str, Any], arguments: argparse.Namespace, console: Console) -> None:
    from mscnet.report.fit import fit_data, fit_text

    if arguments.json:
        console.result_json({**fit_data(result), **more})
        return
    console.result(fit_text(result))


def _save(result: FitResult, folder: str, resumed: bool, console: Console) -> None:
    try:
        if not resumed:
            forget_others(folder)
        names = result.save(folder)
    except OSError as error:
        raise Failure(f"{folder} cannot be written: {error.strerror or error}") from None
    console.message(f"wrote {', '.join(names)} to {folder}")
