"""Readings in many rows, each worked out when it is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.many.groups import RowGroup
from mscnet.experiment.many.plans import RowPlan
from mscnet.experiment.many.row_optics import RowOptics
from mscnet.experiment.measure import Readings
from mscnet.experiment.optics import Optics
from mscnet.experiment.rows import RowMeasured, RowSeries, RowSpectra, RowStretch
from mscnet.experiment.values import Numbers
from mscnet.mechanism.bench import Observe, Reading
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.records import dataclass
from mscnet.simulation.columns import evaluate_over

FloatArray = NDArray[np.float64]
Item = TypeVar("Item")


class Lazy(Mapping[str, Item], Generic[Item]):
    """A mapping whose values are made when they are first asked for; `names` are all that there are."""

    __slots__ = ("_known", "_make", "_names")

    def __init__(self, names: Collection[str], make: Callable[[str], Item]) -> None:
        self._names, self._make = dict.fromkeys(names), make
        self._known: dict[str, Item] = {}

    def __getitem__(self, name: str) -> Item:
        if name not in self._known:
            if name not in self._names:
                raise KeyError(name)
            self._known[name] = self._make(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self.items()),)


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """What a measure step reads, by name: series with the wavelength of each, spectra with their grid."""

    series: Mapping[str, tuple[Reading, float]]
    spectra: Mapping[str, tuple[Reading, FloatArray]]
    light: bool


class RowReadings:
    """Takes the readings of one call; `single` is what takes those of ordinary runs.

    Readings of light in rows whose clock starts at another time (a free `time_zero`) are brought to the times of the
    first row, by interpolation.
    """

    def __init__(self, single: Readings, optical: Collection[str]) -> None:
        self._single, self._optical = single, sorted(optical)
        self._optics: dict[tuple[float, ...], Optics | MechanismError] = {}

    def measured(self, step: Observe, stretch: RowStretch, start: float, plan: RowPlan, group: RowGroup) -> RowMeasured:
        """All readings of a measure step, under their names.

        Raises:
            MechanismError: a wavelength or an optical setting that makes no sense in the first row.
        """
        entries = self._entries(step, plan, group)
        clock = self.optics_of(group).first.spectrometer.time_zero if entries.light else 0.0
        one = _Measurement(self, stretch, stretch.time - start + clock, plan, group)
        series = Lazy(entries.series, lambda name: one.series(name, *entries.series[name]))
        spectra = Lazy(entries.spectra, lambda name: one.spectra(name, *entries.spectra[name]))
        return RowMeasured(start, stretch, series, spectra, clock)

    def _entries(self, step: Observe, plan: RowPlan, group: RowGroup) -> _Entries:
        """What a step reads under which name; no free parameter changes that, so it is found once for all calls."""
        kept, key = group.group.kept, (id(step), *plan.loops.items())
        if key not in kept:
            kept[key] = self._found(step, Numbers(group.group.base, plan.loops))
        found: _Entries = kept[key]
        return found

    def _found(self, step: Observe, numbers: Numbers) -> _Entries:
        series: dict[str, tuple[Reading, float]] = {}
        spectra: dict[str, tuple[Reading, FloatArray]] = {}
        for reading in step.readings:
            if reading.kind == "value":
                series[reading.name] = reading, math.nan
            elif reading.kind == "spectrum":
                spectra[reading.name] = reading, self._single.grid_of(reading, numbers)
            else:
                wavelengths = self._single.wavelengths_of(reading, numbers).tolist()
                one = len(wavelengths) == 1
                series |= {reading.name if one else f"{reading.name}_{w:g}": (reading, w) for w in wavelengths}
        return _Entries(series, spectra, any(reading.kind != "value" for reading in step.readings))

    def optics_of(self, group: RowGroup) -> RowOptics:
        """Bands and instrument of the rows, kept with the group.

        Raises:
            MechanismError: a setting that makes no sense.
        """
        if group.optics is None:
            group.optics = RowOptics(len(group.rows), self._members(group))
        return group.optics

    def lost(self, step: Observe, group: RowGroup) -> dict[int, str]:
        """Rows in which a step reads light with bands or an instrument that make no sense, with what is wrong."""
        light = group.optics is not None and any(reading.kind != "value" for reading in step.readings)
        return dict(group.optics.lost) if light and group.optics is not None else {}

    def _members(self, group: RowGroup) -> list[tuple[NDArray[np.intp] | slice, Optics | MechanismError]]:
        """The optics of the rows, with the rows that have each."""
        columns = [np.ravel(group.named(name)) for name in self._optical]
        varying = [column for column in columns if len(column) > 1]
        if not varying:
            return [(slice(None), self._one_optics([float(c[0]) for c in columns]))]
        rows: dict[tuple[float, ...], list[int]] = {}
        for i, key in enumerate(zip(*(c.tolist() for c in varying), strict=True)):
            rows.setdefault(key, []).append(i)
        return [
            (np.array(members), self._one_optics([float(c[members[0]] if len(c) > 1 else c[0]) for c in columns]))
            for members in rows.values()
        ]

    def _one_optics(self, values: list[float]) -> Optics | MechanismError:
        key = tuple(values)
        if key not in self._optics:
            try:
                self._optics[key] = Optics.of(self._single.mechanism, dict(zip(self._optical, values, strict=True)))
            except MechanismError as error:
                self._optics[key] = error
        return self._optics[key]

    @property
    def single(self) -> Readings:
        """What takes the readings of ordinary runs."""
        return self._single


class _Measurement:
    """One measure step: what makes each of its readings."""

    __slots__ = ("_group", "_known", "_plan", "_readings", "_stretch", "_time")

    def __init__(
        self, readings: RowReadings, stretch: RowStretch, time: FloatArray, plan: RowPlan, group: RowGroup
    ) -> None:
        self._readings, self._stretch, self._time, self._plan, self._group = readings, stretch, time, plan, group
        self._known: dict[str, Any] = {}

    def series(self, name: str, reading: Reading, wavelength: float) -> RowSeries:
        """The series of one name."""
        if reading.expression is None:
            values = self._light(reading, np.array([wavelength]))[:, :, 0]
            return RowSeries(name, self._time, values, "", wavelength)
        found = evaluate_over(reading.expression, self._symbol)
        values = np.array(np.broadcast_to(found, self._stretch.states.shape[:2]), dtype=np.float64)
        return RowSeries(name, self._time, values, self._readings.single.unit(reading))

    def spectra(self, name: str, reading: Reading, grid: FloatArray) -> RowSpectra:
        """The spectra of one name."""
        return RowSpectra(name, self._time, grid, self._light(reading, grid))

    # --- values --------------------------------------------------------------------------------

    def _symbol(self, symbol: Symbol) -> Any:
        if symbol.kind == "loop":
            return self._loop(symbol.name)
        if symbol.name not in self._known:
            self._known[symbol.name] = self._column(symbol)
        return self._known[symbol.name]

    def _loop(self, name: str) -> Any:
        if not self._plan.row_loops:
            return np.float64(self._plan.loops[name])
        return np.array([loops[name] for loops in self._plan.row_loops])[:, None]

    def _column(self, symbol: Symbol) -> Any:
        """What a symbol is over the stretch: one number, (m, 1), (n_times,) or (m, n_times)."""
        single, stretch, name = self._readings.single, self._stretch, symbol.name
        if symbol.kind == "species":
            index = single.species_index.get(name)
            return np.zeros(len(stretch.time)) if index is None else stretch.states[:, :, index]
        if symbol.kind == "time":
            return stretch.time
        if name in single.from_stretch:
            return stretch.inputs[:, single.parameter_index[name], None]
        if symbol.kind != "parameter" and name in single.derived:
            return evaluate_over(single.derived[name].expression, self._symbol)
        return np.asarray(self._group.named(name))

    # --- light ---------------------------------------------------------------------------------

    def _numbers(self) -> Numbers:
        return Numbers(self._group.group.base, self._plan.loops)

    def _light(self, reading: Reading, wavelengths: FloatArray) -> FloatArray:
        """(m, n_times, n_wavelengths)."""
        optics, path = self._readings.optics_of(self._group), self._path(reading)
        with np.errstate(invalid="ignore"):  # where no light comes through, nothing is known
            absorbing = self._absorbing(optics)
            found = optics.shown(absorbing, wavelengths, path)
            if reading.reference == "blank":
                found = found - optics.shown(np.zeros_like(absorbing[:, :1]), wavelengths, path)
            elif reading.reference == "first":
                found = found - found[:, :1]
        return found if not optics.delays.any() else delayed(found, self._time, optics.delays)

    def _absorbing(self, optics: RowOptics) -> FloatArray:
        """(m, n_times, n_bands) concentrations of the bands' species, which are the same in all rows."""
        if "" not in self._known:
            self._known[""] = np.ascontiguousarray(self._stretch.states[:, :, optics.first.species])
        found: FloatArray = self._known[""]
        return found

    def _path(self, reading: Reading) -> Any:
        """The path in cm, one or (m, 1, 1); None is the instrument's."""
        if reading.path is None:
            return None
        centimetres = self._readings.single.centimetres
        if not self._group.group.varies([reading.path]) and not self._plan.row_loops:
            return self._numbers().positive(reading.path, "the path length", reading) * centimetres
        value = np.broadcast_to(np.asarray(self._path_value(reading.path)), (len(self._stretch.states), 1))
        return value[:, :, None] * centimetres

    def _path_value(self, expression: Expression) -> Any:
        def column(symbol: Symbol) -> Any:
            return self._loop(symbol.name) if symbol.kind == "loop" else np.asarray(self._group.named(symbol.name))

        return evaluate_over(expression, column)


def delayed(values: FloatArray, time: FloatArray, delays: FloatArray) -> FloatArray:
    """Courses (m, n_times, …), each later by its delay (m,), by cubics through values and slopes; level beyond them."""
    if len(time) < 2:
        return values
    slopes = np.gradient(values, time, axis=1, edge_order=2 if len(time) > 2 else 1)
    found = values.copy()
    for row in np.flatnonzero(delays):
        at = np.clip(time - delays[row], time[0], time[-1])
        i = np.clip(np.searchsorted(time, at, side="right") - 1, 0, len(time) - 2)
        h = (time[i + 1] - time[i]).reshape(-1, *(1,) * (values.ndim - 2))
        u = (at - time[i]).reshape(h.shape) / h
        y, s = values[row], slopes[row]
        found[row] = (
            (1 + 2 * u) * (1 - u) ** 2 * y[i] + u**2 * (3 - 2 * u) * y[i + 1]
            + h * u * (1 - u) * ((1 - u) * s[i] - u * s[i + 1])
        )  # fmt: skip
    return found
