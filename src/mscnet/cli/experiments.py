"""``mscnet run`` of a file's experiments, and ``mscnet show FILE experiments``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mscnet.cli.console import Console, plural
from mscnet.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mscnet.experiment.results import Condition, Run
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
#: The most conditions that one message names.
_NAMED = 10
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
        MechanismError: values are missing.
    """
    from mscnet.experiment.bench import ExperimentsInterrupted, perform

    _refuse_plain(arguments)
    _check_files(arguments)
    wanted = arguments.experiment or _option(mechanism)
    interrupted = False
    try:
        run = perform(mechanism, wanted, method=arguments.method, rtol=arguments.rtol, atol=atol,
                      max_steps=arguments.max_steps)  # fmt: skip
    except ExperimentsInterrupted as ended:
        run, interrupted = ended.run, True
    _write(run, arguments, console)
    code = _troubles(run, console)
    if interrupted:
        console.remark("error", f"interrupted; {plural(len(run.conditions), 'condition')} had finished")
        return Exit.INTERRUPTED
    return code


def show_experiments(mechanism: Mechanism, as_json: bool, console: Console) -> Exit:
    """Prints the ledger of all experiments.

    Raises:
        MechanismError: values are missing.
    """
    from mscnet.experiment.bench import perform
    from mscnet.report.ledger import ledger_data, ledger_text

    run = perform(mechanism)
    if as_json:
        console.result_json(ledger_data(run))
    else:
        console.result(ledger_text(run))
    return _troubles(run, console)


def _troubles(run: Run, console: Console) -> Exit:
    """Says which conditions did not finish, and gives the exit code; a fault that many share is told once."""
    from mscnet.experiment.results import name_with_units

    alike: dict[tuple[object, ...], list[Condition]] = {}
    for condition in run.conditions:
        if condition.error is not None:
            finding = condition.error.diagnostics[0]
            alike.setdefault((finding.code, finding.span, finding.hint), []).append(condition)
        elif condition.trouble:
            console.remark("error", f"{condition.name}: {condition.trouble}")
    for conditions in alike.values():
        assert conditions[0].error is not None
        console.diagnostics(conditions[0].error.diagnostics)
        if len(conditions) > 1:
            units = run.model.units
            others = ", ".join(name_with_units(c.experiment, c.values, units) for c in conditions[1:_NAMED])
            more = f" and {len(conditions) - _NAMED} more" if len(conditions) > _NAMED else ""
            console.remark("error", f"nor can this be done: {others}{more}")
    if alike:
        return Exit.WRONG_INPUT
    return Exit.NUMERICS if any(condition.trouble for condition in run.conditions) else Exit.DONE


def _option(mechanism: Mechanism) -> str | None:
    option = mechanism.option("experiment")
    return option if isinstance(option, str) else None


def _refuse_plain(arguments: argparse.Namespace) -> None:
    for name, why in _PLAIN.items():
        if getattr(arguments, name) not in (None, False, [], {}):
            raise Failure(f"--{name.replace('_', '-')} has no meaning with experiments", why, Exit.USAGE)


def _check_files(arguments: argparse.Namespace) -> None:
    from mscnet.cli.outputs import check_extension, check_place

    for option, path, known in (("--out", arguments.out, _TABLES), ("--plot", arguments.plot, _FIGURES)):
        if path is not None:
            check_extension(option, path, known)
            check_place(option, path)


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
