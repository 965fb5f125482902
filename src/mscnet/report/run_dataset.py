"""A run of experiments as an xarray dataset and a netCDF file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.results import Condition, Measured, Run
from mscnet.experiment.wavelengths import dimension_of
from mscnet.report.files import write_whole

if TYPE_CHECKING:
    import xarray

FloatArray = NDArray[np.float64]
Rows = list[tuple[Condition, int, Measured]]


def run_dataset(run: Run, columns: Sequence[str] | None = None) -> xarray.Dataset:
    """Readings one below the other over ``row``: the name of the experiment, loop variables, the number of the
    measurement and the time as coordinates, readings as variables, NaN where a measurement does not have them.

    Spectra are over ``row`` and their own wavelengths in nm.  Units stand in the attributes.

    Raises:
        KeyError: no reading has the name of one of `columns`; it is the error's argument.
    """
    import xarray

    parts = [(c, i + 1, measured) for c in run.conditions for i, measured in enumerate(c.measured)]
    known = list(dict.fromkeys(name for _, _, m in parts for name in (*m.series, *m.spectra)))
    for name in columns or ():
        if name not in known:
            raise KeyError(name)
    wanted = set(known if columns is None else columns)
    coordinates, variables = _coordinates(run, parts), {}
    for name in known:
        if name in wanted:
            made = _spectra(parts, name) if any(name in m.spectra for _, _, m in parts) else None
            if made is None:
                variables[name] = _series(parts, name)
                continue
            wavelength, variables[name] = made
            coordinates[_wavelengths_of(name)] = (_wavelengths_of(name), wavelength, {"units": "nm"})
    about = {"mechanism": run.model.name, "pathway": run.model.pathway or ""}
    return xarray.Dataset(variables, coords=coordinates, attrs={key: text for key, text in about.items() if text})


def write_run_netcdf(run: Run, path: str | Path, columns: Sequence[str] | None = None) -> None:
    """Writes `run_dataset` as netCDF (classic), whole or not at all; errors as there.

    Raises:
        OSError: `path` cannot be written.
    """
    data = run_dataset(run, columns)
    write_whole(path, lambda temporary: data.to_netcdf(temporary, engine="scipy"))


def _wavelengths_of(name: str) -> str:
    return f"{name}_wavelength"


def _coordinates(run: Run, parts: Rows) -> dict[str, Any]:
    units = run.model.units
    counts = [len(measured.time) for _, _, measured in parts]

    def each(values: list[Any]) -> NDArray[Any]:
        return np.repeat(np.array(values), counts) if values else np.empty(0)

    found: dict[str, Any] = {"experiment": ("row", each([c.experiment.name for c, _, _ in parts]))}
    loops = {loop.variable: loop for c in run.conditions for loop in c.experiment.loops}
    for name in dict.fromkeys(name for c in run.conditions for name in c.values):
        dimension = dimension_of(loops[name].values[0], run.model) if name in loops else None
        about = {} if dimension is None else {"units": units.describe(dimension)}
        found[name] = ("row", each([c.values.get(name, np.nan) for c, _, _ in parts]), about)
    found["measurement"] = ("row", each([number for _, number, _ in parts]))
    times = np.concatenate([m.time for _, _, m in parts]) if parts else np.empty(0)
    found["time"] = ("row", times, {"units": units.time.symbol})
    return found


def _series(parts: Rows, name: str) -> tuple[Any, ...]:
    values = [m.series[name].values if name in m.series else np.full(len(m.time), np.nan) for _, _, m in parts]
    first = next(m.series[name] for _, _, m in parts if name in m.series)
    about: dict[str, Any] = {"units": first.unit} if first.unit else {}
    if first.wavelength is not None:
        about["wavelength_nm"] = first.wavelength
    return ("row", np.concatenate(values), about)


def _spectra(parts: Rows, name: str) -> tuple[FloatArray, tuple[Any, ...]]:
    """Over the wavelengths that any of them has."""
    grid = np.unique(np.concatenate([m.spectra[name].wavelength for _, _, m in parts if name in m.spectra]))
    blocks = []
    for _, _, measured in parts:
        block = np.full((len(measured.time), len(grid)), np.nan)
        if name in measured.spectra:
            spectra = measured.spectra[name]
            block[:, np.searchsorted(grid, spectra.wavelength)] = spectra.absorbance
        blocks.append(block)
    return grid, (("row", _wavelengths_of(name)), np.concatenate(blocks))
