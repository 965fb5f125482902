"""``mscnet run`` of a file's experiments, and ``mscnet show FILE experiments``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mscnet.cli.console import Console, plural
from mscnet.cli.data import read_observations, residuals_of_run, tell_residuals
from mscnet.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mscnet.experiment.results import Run
    from mscnet.mechanism.mechanism import Mechanism

#: Options of ``run`` that belong to plain runs, each with why it has no meaning here.
_PLAIN = {
    "t_end": "an experiment's steps say how long it takes",
    "start": "an experiment starts at 0",
    "points": "its `measure` steps say when readings are taken",
    "every": "its `measure` steps say when readings are taken",
    "stop_when": "it ends with its last step",
    "steady": "write the step `equilibrate`",
    "init": "an experiment's vessels hold what is put into them",
    "amounts": "readings are what `measure` says",
    "units": "readings are in the file's units",
    "seed": "experiments are integrated",
    "repeats": "experiments are integrated",
    "volume": "experiments are integrated",
    "jobs": "experiments are integrated",
}
_TABLES = (".csv", ".parquet")
_FIGURES = (".png", ".svg", ".pdf")


def wants_experiments(arguments: argparse.Namespace, mechanism: Mechanism) -> bool:
    """Whether ``run`` is to do the experiments: they are asked for, or the file has some and no end of a plain run."""
    if arguments.experiment is not None:
        return True
    plain = arguments.t_end is not None or arguments.steady or mechanism.option("t_end") is not None
    return bool(mechanism.experiments) and not plain


def run_experiments(mechanism: Mechanism, arguments: argparse.Namespace, atol: float | None, console: Console) -> Exit:
    """Does the experiments, writes their readings, and says on stderr what did not finish.

    Raises:
        Failure: an option that belongs to plain runs, or a file that cannot be written.
        MechanismError: values are missing, or a step cannot be done.
    """
    from mscnet.experiment.bench import ExperimentsInterrupted, perform

    _refuse_plain(arguments)
    _check_files(arguments)
    wanted = arguments.experiment or _option(mechanism)
    data = read_observations(mechanism, wanted)
    interrupted = False
    try:
        run = perform(mechanism, wanted, method=arguments.method, rtol=arguments.rtol, atol=atol,
                      max_steps=arguments.max_steps)  # fmt: skip
    except ExperimentsInterrupted as ended:
        run, interrupted = ended.run, True
    _write(run, arguments, console)
    _tell_not_finite(run, console)
    tell_residuals(residuals_of_run(data, run, interrupted or wanted is not None), console)
    for condition in run.conditions:
        if condition.trouble:
            console.remark("error", f"{condition.name}: {condition.trouble}")
    if interrupted:
        console.remark("error", f"interrupted; {plural(len(run.conditions), 'condition')} had finished")
        return Exit.INTERRUPTED
    return Exit.NUMERICS if any(condition.trouble for condition in run.conditions) else Exit.DONE


def _tell_not_finite(run: Run, console: Console) -> None:
    """One warning for all readings that have values which are not finite."""
    from mscnet.report.experiments import not_finite

    found = not_finite(run)
    if found:
        condition, reading, count = found[0]
        more = f", and {plural(len(found) - 1, 'other reading')}" if len(found) > 1 else ""
        text = f"`{reading}` of {condition} has {plural(count, 'value')} that cannot be given (a division by 0?){more}"
        console.remark("warning", text, "they are empty in tables, and null in JSON")


def show_experiments(mechanism: Mechanism, as_json: bool, console: Console) -> Exit:
    """Prints the ledger of all experiments.

    Raises:
        MechanismError: values are missing, or a step cannot be done.
    """
    from mscnet.experiment.bench import perform
    from mscnet.report.ledger import ledger_data, ledger_text

    run = perform(mechanism)
    if as_json:
        console.result_json(ledger_data(run))
    else:
        console.result(ledger_text(run))
    return Exit.NUMERICS if any(condition.trouble for condition in run.conditions) else Exit.DONE


def _option(mechanism: Mechanism) -> str | None:
    option = mechanism.option("experiment")
    return option if isinstance(option, str) else None


def _refuse_plain(arguments: argparse.Namespace) -> None:
    for name, why in _PLAIN.items():
        if getattr(arguments, name) not in (None, False, [], {}):
            raise Failure(f"--{name.replace('_', '-')} has no meaning with experiments", why, Exit.USAGE)


def _check_files(arguments: argparse.Namespace) -> None:
    from mscnet.cli.outputs import check_extension, check_place, check_table

    if arguments.out is not None:
        check_table("--out", arguments.out, _TABLES)
    if arguments.plot is not None:
        check_extension("--plot", arguments.plot, _FIGURES)
        check_place("--plot", arguments.plot)


def _write(run: Run, arguments: argparse.Namespace, console: Console) -> None:
    from mscnet.report.experiments import long_table, reading_names, run_data, write_long_csv, write_long_table

    columns = None if arguments.columns is None else tuple(arguments.columns)
    try:
        table = long_table(run, columns)
    except KeyError as error:
        known = ", ".join(reading_names(run)) or "none"
        raise Failure(f"no experiment measures `{error.args[0]}`", f"the readings are: {known}") from None
    if arguments.out is not None:
        _guarded(arguments.out, lambda: write_long_table(table, arguments.out))
        console.message(f"wrote {arguments.out} ({len(table.rows)} rows × {len(table.headers)} columns)")
    if arguments.plot is not None:
        _plot(run, columns, arguments.plot, console)
    if arguments.json:
        console.result_json(run_data(run), indent=None)
    elif arguments.out is None and arguments.plot is None:
        write_long_csv(table, console.out)
    if not table.rows and run.conditions:
        console.remark("note", "nothing was measured", "`mscnet show FILE experiments` shows what the vessels held")


def _plot(run: Run, columns: tuple[str, ...] | None, path: str, console: Console) -> None:
    from mscnet.report.plots import save_figure

    if columns is None and any(condition.spectra for condition in run.conditions):
        from mscnet.report.spectra import plot_spectra

        figure = plot_spectra(run)
    else:
        from mscnet.report.experiment_plots import plot_run

        figure = plot_run(run, columns)
    _guarded(path, lambda: save_figure(figure, path))
    console.message(f"wrote {Path(path)} (figure, {plural(len(figure.axes), 'panel')})")


def _guarded(path: str, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from None
