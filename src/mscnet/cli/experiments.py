"""``mscnet run`` of a file's experiments, and ``mscnet show FILE experiments``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscnet.cli.console import Console, plural
from mscnet.cli.data import read_observations, residuals_of_run, tell_residuals
from mscnet.cli.events import tell_happened
from mscnet.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mscnet.experiment.observations import Observations
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
    "repeats": "experiments are integrated",
    "volume": "experiments are integrated",
    "jobs": "experiments are integrated",
}
#: The most conditions that one message names.
_NAMED = 10
_TABLES = (".csv", ".nc", ".parquet")
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
    from mscnet.cli.progress import Progress
    from mscnet.experiment.bench import ExperimentsInterrupted, perform
    from mscnet.report.units import OutputUnits

    _refuse_plain(arguments)
    _check_files(arguments)
    OutputUnits.of(mechanism, dict(arguments.units))
    wanted = arguments.experiment or _option(mechanism)
    data = read_observations(mechanism, wanted)
    seed = _seed(arguments, console)
    how = {"method": arguments.method, "rtol": arguments.rtol, "atol": atol, "max_steps": arguments.max_steps}
    interrupted = False
    with Progress(console) as progress:
        try:
            run = perform(mechanism, wanted, noise=seed, progress=progress.update, **how)
        except ExperimentsInterrupted as ended:
            run, interrupted = ended.run, True
    if interrupted:  # said first, since writing much takes its time
        console.remark("error", f"interrupted; {plural(len(run.conditions), 'condition')} had finished")
    tell_happened(run, console)
    _write(run, arguments, console)
    if arguments.plot is not None:
        _Picture(run, lambda: _smooth(run, mechanism, wanted, how, interrupted), data, wanted, arguments).write(console)
    _say_if_empty(run, console)
    _tell_not_finite(run, console)
    tell_residuals(residuals_of_run(data, run, interrupted or wanted is not None), console)
    code = _troubles(run, console)
    if interrupted:
        return Exit.INTERRUPTED
    return code


def _tell_not_finite(run: Run, console: Console) -> None:
    """One warning for all readings that have values which are not finite."""
    from mscnet.report.experiments import not_finite

    found = not_finite(run)
    if found:
        condition, reading, count = found[0]
        more = f", and {plural(len(found) - 1, 'other reading')}" if len(found) > 1 else ""
        text = f"`{reading}` of {condition} has {plural(count, 'value')} that cannot be given (a division by 0?){more}"
        console.remark("warning", text, "they are empty in tables, and null in JSON")


def show_experiments(mechanism: Mechanism, what: str, as_json: bool, console: Console) -> Exit:
    """Does all experiments and prints their ledger, or (`what` is ``spectra``) what their spectra show.

    Raises:
        MechanismError: values are missing.
    """
    from mscnet.experiment.bench import perform

    if what == "spectra":
        from mscnet.report.light import light_data as data
        from mscnet.report.light import light_text as text
    else:
        from mscnet.report.ledger import ledger_data as data
        from mscnet.report.ledger import ledger_text as text
    run = perform(mechanism)
    if as_json:
        console.result_json(data(run))
    else:
        console.result(text(run))
    return _troubles(run, console)


def _troubles(run: Run, console: Console) -> Exit:
    """Says which conditions did not finish, and gives the exit code; a fault that many share is told once."""

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
            others = ", ".join(c.name for c in conditions[1:_NAMED])
            more = f" and {len(conditions) - _NAMED} more" if len(conditions) > _NAMED else ""
            console.remark("error", f"nor can this be done: {others}{more}")
    if alike:
        return Exit.WRONG_INPUT
    return Exit.NUMERICS if any(condition.trouble for condition in run.conditions) else Exit.DONE


def _option(mechanism: Mechanism) -> str | None:
    option = mechanism.option("experiment")
    return option if isinstance(option, str) else None


def _seed(arguments: argparse.Namespace, console: Console) -> int | None:
    """The seed of the noise, drawn and told where none is given; None without noise."""
    if not arguments.noise:
        return None
    if arguments.seed is not None:
        return int(arguments.seed)
    drawn = int.from_bytes(os.urandom(4), "big")
    console.message(f"seed {drawn} (drawn; --seed {drawn} gives the same)")
    return drawn


def _refuse_plain(arguments: argparse.Namespace) -> None:
    for name, why in _PLAIN.items():
        if getattr(arguments, name) not in (None, False, [], {}):
            raise Failure(f"--{name.replace('_', '-')} has no meaning with experiments", why, Exit.USAGE)
    if arguments.seed is not None and not arguments.noise:
        raise Failure("--seed has no meaning without --noise", "experiments are integrated", Exit.USAGE)


def _check_files(arguments: argparse.Namespace) -> None:
    from mscnet.cli.outputs import check_extension, check_place, check_table

    if arguments.out is not None:
        check_table("--out", arguments.out, _TABLES)
    if arguments.plot is None and (arguments.spectra is not None or arguments.at):
        raise Failure("--spectra and --at say how a figure is drawn", "give it a name: --plot spectra.png", Exit.USAGE)
    if arguments.plot is not None:
        check_extension("--plot", arguments.plot, _FIGURES)
        check_place("--plot", arguments.plot)


def _write(run: Run, arguments: argparse.Namespace, console: Console) -> None:
    """Writes the table, or prints what was asked for."""
    from mscnet.report.experiments import long_table, reading_names, run_data, write_long_csv, write_long_table
    from mscnet.report.run_units import in_units

    columns = None if arguments.columns is None else tuple(arguments.columns)
    shown = in_units(run, dict(arguments.units))
    try:
        table = long_table(shown, columns)
    except KeyError as error:
        known = ", ".join(reading_names(run)) or "none"
        raise Failure(f"no experiment measures `{error.args[0]}`", f"the readings are: {known}") from None
    if arguments.out is not None and arguments.out.lower().endswith(".nc"):
        _write_netcdf(shown, columns, arguments.out, console)
    elif arguments.out is not None:
        _guarded(arguments.out, lambda: write_long_table(table, arguments.out))
        console.message(f"wrote {arguments.out} ({len(table.rows)} rows × {len(table.headers)} columns)")
    if arguments.json:
        console.result_json(run_data(shown), indent=None)
    elif arguments.out is None and arguments.plot is None:
        write_long_csv(table, console.out)


def _say_if_empty(run: Run, console: Console) -> None:
    if run.conditions and not any(condition.measured for condition in run.conditions):
        console.remark("note", "nothing was measured", "`mscnet show FILE experiments` shows what the vessels held")


def _write_netcdf(run: Run, columns: tuple[str, ...] | None, path: str, console: Console) -> None:
    from mscnet.report.run_dataset import write_run_netcdf

    try:
        _guarded(path, lambda: write_run_netcdf(run, path, columns))
    except KeyError as error:
        hint = "a .nc file has whole spectra, by their names"
        raise Failure(f"`{error.args[0]}` is no column of a .nc file", hint) from None
    console.message(f"wrote {path} ({sum(len(m.time) for c in run.conditions for m in c.measured)} rows)")


class _Picture:
    """Data over model where the experiments have data, else spectra, else courses; ``--columns`` are courses.

    `smooth` gives the same run read more often, and without noise; `data` are of the experiments asked for.
    """

    def __init__(
        self, run: Run, smooth: Callable[[], Run], data: tuple[Observations, ...], wanted: str | None,
        arguments: argparse.Namespace,
    ) -> None:  # fmt: skip
        self._run, self._smooth, self._data, self._some = run, smooth, data, wanted is not None
        self._path, self._units, self._noise = arguments.plot, dict(arguments.units), arguments.noise
        self._columns = None if arguments.columns is None else tuple(arguments.columns)
        self._style, self._at = arguments.spectra, arguments.at

    def write(self, console: Console) -> None:
        """Draws it and says so."""
        from mscnet.report.plots import save_figure

        figure = self._figure(console)
        _guarded(self._path, lambda: save_figure(figure, self._path))
        console.message(f"wrote {Path(self._path)} (figure, {plural(len(figure.axes), 'panel')})")

    def _figure(self, console: Console) -> Figure:
        from mscnet.report.run_units import in_units

        if self._style is not None or self._at:
            return self._spectra()
        data = () if self._columns is not None else self._observed()
        if data:
            from mscnet.experiment.data_match import match
            from mscnet.report.data_plot import plot_data

            if self._units:
                console.remark("note", "data are drawn in the file's units")
            return plot_data(match(data, self._smooth()), self._run.model.units.time.symbol)
        if self._columns is None and any(condition.spectra for condition in self._run.conditions):
            return self._spectra()
        from mscnet.report.experiment_plots import plot_run

        return plot_run(in_units(self._run if self._noise else self._smooth(), self._units), self._columns)

    def _spectra(self) -> Figure:
        from mscnet.report.run_units import in_units
        from mscnet.report.spectra import plot_spectra

        run = in_units(self._run, self._units)
        try:
            return plot_spectra(run, style=self._style or "overlaid", wavelengths=self._at, isosbestic=True)
        except ValueError as error:
            raise Failure(f"--plot: {error}", None) from None

    def _observed(self) -> tuple[Observations, ...]:
        """The data with a course; where only some conditions were run, the data of those."""
        from mscnet.experiment.data_match import of_conditions

        names = {condition.experiment.name for condition in self._run.conditions}
        found = tuple(each for each in self._data if each.experiment in names)
        found = of_conditions(found, self._run) if self._some else found
        return tuple(each for each in found if each.series or each.spectra)


def _smooth(run: Run, mechanism: Mechanism, wanted: str | None, how: dict[str, Any], interrupted: bool) -> Run:
    """The same read more often: a model is known between the readings, too.  What did not finish is as it is."""
    from mscnet.experiment.bench import perform
    from mscnet.experiment.refine import refined

    if interrupted or not all(condition.status.finished for condition in run.conditions):
        return run
    return perform(refined(mechanism), wanted, **how)


def _guarded(path: str, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from None
