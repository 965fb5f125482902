"""What a run is to write, checked before it starts and written when it ends."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure
from mscnet.records import dataclass
from mscnet.report.plain import plain
from mscnet.report.tables import COLUMN_GROUPS, Table, check_species, column_names, tabulate
from mscnet.report.units import OutputUnits
from mscnet.report.writers import WRITERS, as_json, write_csv, write_table
from mscnet.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism
    from mscnet.simulation.repeats import Repeats

#: Figures by extension; the writers themselves bring matplotlib along.
_FIGURES = (".png", ".svg", ".pdf")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files, columns and units that the arguments of ``run`` ask for."""

    table: str | None
    plot: str | None
    json: bool
    columns: str | tuple[str, ...] | None
    amounts: tuple[str, ...]
    units: Mapping[str, str]

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Outputs:
        """What the arguments ask for.

        Raises:
            Failure: an extension that is not known, a package that is not installed, a folder that is not there.
        """
        if arguments.out is not None:
            check_table("--out", arguments.out, tuple(WRITERS))
        if arguments.plot is not None:
            check_extension("--plot", arguments.plot, _FIGURES)
            check_place("--plot", arguments.plot)
        columns = arguments.columns
        if columns is not None:
            columns = columns[0] if len(columns) == 1 and columns[0] in COLUMN_GROUPS else tuple(columns)
        amounts, units = tuple(arguments.amounts), dict(arguments.units)
        return cls(arguments.out, arguments.plot, arguments.json, columns, amounts, units)

    def check_against(self, mechanism: Mechanism) -> None:
        """Refuses, before the run, names and units that `mechanism` does not have.

        Raises:
            MechanismError: an unknown column, species or unit.
        """
        column_names(mechanism, self.columns)
        check_species(mechanism, self.amounts)
        OutputUnits.of(mechanism, self.units)

    def write(self, trajectory: Trajectory | Repeats, console: Console, partial: bool = False) -> None:
        """Writes the files and names them on stderr, then prints what goes to stdout.

        Raises:
            Failure: a file that cannot be written.
        """
        table = self._tabulate(trajectory)
        kept = f", kept up to time {table.time.values[-1]:.6g} {table.time.unit}" if partial and table.shape[0] else ""
        if self.table is not None:
            _guarded(self.table, lambda path: write_table(table, path))
            rows, columns = table.shape
            console.message(f"wrote {self.table} ({rows} rows × {columns} columns{kept})")
        if self.plot is not None:
            curves = _guarded(self.plot, lambda path: self._draw(trajectory, path))
            console.message(f"wrote {self.plot} (figure, {curves}{kept})")
        if self.json:
            console.result_json(_result(trajectory, table, self.units), indent=None)
        elif self.table is None and self.plot is None:
            write_csv(table, console.out)
            if kept:
                console.message(f"wrote to standard output ({table.shape[0]} rows × {table.shape[1]} columns{kept})")

    def _tabulate(self, result: Trajectory | Repeats) -> Table:
        if isinstance(result, Trajectory):
            return tabulate(result, self.columns, self.units, self.amounts)
        from mscnet.report.repeats import tabulate_repeats

        return tabulate_repeats(result, self.columns, self.units, self.amounts)

    def _draw(self, result: Trajectory | Repeats, path: str) -> str:
        from mscnet.cli.console import plural
        from mscnet.report.plots import curve_count, plot_trajectory, save_figure

        if isinstance(result, Trajectory):
            figure = plot_trajectory(result, self.columns, self.units, self.amounts)
        else:
            figure = result.plot(self.columns, units=self.units, amounts=self.amounts)
        save_figure(figure, path)
        return plural(curve_count(figure), "curve")


def check_table(option: str, path: str, known: tuple[str, ...]) -> None:
    """Refuses, before a run, a table that could not be written after it: its format, what that needs, its place."""
    check_extension(option, path, known)
    extension = Path(path).suffix.lower()
    missing = WRITERS[extension].missing()
    if missing:
        raise Failure(f"writing {extension} files needs another package", missing)
    check_place(option, path)


def check_extension(option: str, path: str, known: tuple[str, ...]) -> None:
    """Refuses a file whose extension is not known."""
    extension = Path(path).suffix.lower()
    if extension not in known:
        said = f"`{extension}` is not among its formats" if extension else "the file needs an extension"
        raise Failure(f"{option} {path}: {said}", "one of " + ", ".join(known), Exit.USAGE)


def check_place(option: str, path: str) -> None:
    """Refuses a file that cannot be written where it is to stand."""
    folder = Path(os.path.realpath(path)).parent
    if Path(path).is_dir():
        raise Failure(f"{option} {path}: this is a folder", "name a file in it")
    if not folder.is_dir():
        raise Failure(f"{option} {path}: there is no folder {folder}", f"mkdir -p {folder}")
    if not os.access(folder, os.W_OK) and not os.access(path, os.W_OK):
        raise Failure(f"{option} {path}: nothing may be written to {folder}")


def _guarded(path: str, write: Any) -> Any:
    try:
        return write(path)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from None


def _events(trajectory: Trajectory | Repeats, units: Mapping[str, str]) -> dict[str, Any]:
    """What events did, where the mechanism has some."""
    if not isinstance(trajectory, Trajectory) or not trajectory.mechanism.events:
        return {}
    from mscnet.report.events import firings_data

    return {"events": firings_data(trajectory, units)}


def _result(trajectory: Trajectory | Repeats, table: Table, units: Mapping[str, str]) -> dict[str, Any]:
    """The object that ``--json`` prints."""
    mechanism = trajectory.mechanism
    return {
        "mechanism": mechanism.name,
        "pathway": mechanism.pathway,
        "status": trajectory.status.name.lower(),
        **as_json(table),
        **_events(trajectory, units),
        "statistics": plain(dict(trajectory.statistics)),
        "provenance": plain(dict(trajectory.provenance)),
    }
