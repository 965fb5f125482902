"""The folder of a fit: results, tables and pictures, each written whole or not at all."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mscnet.inference.result import FitResult
from mscnet.inference.result_files import NAME, result_data
from mscnet.report.files import write_whole


def save_fit(result: FitResult, folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Writes the files of `FitResult.save` and gives their names; ``fit.json`` comes last, so that where it is new all
    are.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    from mscnet.report.fit_plots import plot_residuals, plot_waterfall
    from mscnet.report.plots import save_figure

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    _table(place / "parameters.csv", *parameters_rows(result))
    _table(place / "residuals.csv", *residuals_rows(result))
    _table(place / "starts.csv", *starts_rows(result))
    save_figure(plot_waterfall(result), place / "waterfall.png")
    save_figure(plot_residuals(result), place / "residuals.png")
    more = _save_spectra(result, place)
    text = json.dumps(result_data(result), ensure_ascii=False, allow_nan=False, indent=1)
    write_whole(place / NAME, lambda path: _write(path, text + "\n"))
    return (NAME, "parameters.csv", "residuals.csv", "starts.csv", "waterfall.png", "residuals.png", *more)


def _save_spectra(result: FitResult, place: Path) -> tuple[str, ...]:
    """The spectra that were free, as a table and a picture; those of an earlier fit in this folder go."""
    from mscnet.report.fit_spectra import plot_spectra
    from mscnet.report.plots import save_figure

    names = ("spectra.csv", "spectra.png")
    if result.spectra is None:
        for name in names:
            (place / name).unlink(missing_ok=True)
        return ()
    _table(place / names[0], *spectra_rows(result))
    save_figure(plot_spectra(result), place / names[1])
    return names


def spectra_rows(result: FitResult) -> Rows:
    """Free spectra: wavelengths in nm, and a column for each species."""
    assert result.spectra is not None
    unit = absorptivity_unit(result)
    header = ("wavelength (nm)", *(f"{name} ({unit})" if unit else name for name in result.spectra.species))
    columns = zip(result.spectra.wavelength.tolist(), *result.spectra.absorptivity.tolist(), strict=True)
    return header, list(columns)


def absorptivity_unit(result: FitResult) -> str:
    """``/mM/cm``, where the file's units are known."""
    return "" if result.model is None else f"/{result.model.units.concentration.symbol}/cm"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


Rows = tuple[Sequence[str], Iterable[Sequence[Any]]]


def parameters_rows(result: FitResult) -> Rows:
    """Values, errors and intervals in the file's units; empty where not known."""
    header = ("name", "value", "error", "low95", "high95", "at_bound", "kind", "scale", "lower", "upper",
              "value_shown", "unit")  # fmt: skip
    rows = [
        (e.name, e.value, e.error, e.low, e.high, e.at_bound, e.kind, e.scale, *(e.bounds or ("", "")),
         e.value / e.unit_factor, e.unit)
        for e in result.estimates()
    ]  # fmt: skip
    return header, rows


def residuals_rows(result: FitResult) -> Rows:
    """Every term of the likelihood with its residual (in standard deviations)."""
    header = ("kind", "source", "condition", "reading", "time", "wavelength", "observed", "sigma", "unit", "residual")
    rows = [
        (t.kind, t.source, t.condition, t.reading, t.time, t.wavelength, t.observed, t.sigma, t.unit, float(r))
        for t, r in zip(result.terms, result.residuals, strict=True)
    ]
    return header, rows


def starts_rows(result: FitResult) -> Rows:
    """Every start: costs, work, and the values where it began and ended, in the file's units."""
    names = [p.name for p in result.parameters]
    header = ("number", "begin_cost", "cost", "evaluations", "seconds", "finished", "message",
              *(f"begin {n}" for n in names), *(f"end {n}" for n in names))  # fmt: skip
    rows = []
    for s in result.starts:
        points = [[p.to_value(u) for p, u in zip(result.parameters, at.tolist(), strict=True)] for at in
                  (s.begin, s.end)]  # fmt: skip
        rows.append((s.number, s.begin_cost, s.cost, s.evaluations, s.seconds, s.finished, s.message, *points[0],
                     *points[1]))  # fmt: skip
    return header, rows


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    def write(temporary: Path) -> None:
        with open(temporary, "w", encoding="utf-8", newline="") as stream:
            out = csv.writer(stream, lineterminator="\n")
            out.writerow(header)
            out.writerows([_cell(cell) for cell in row] for row in rows)

    write_whole(path, write)


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and not math.isfinite(value) else value
