"""Readings in many rows, each worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.measure import Readings
from mscnet.experiment.many.groups import RowGroup
from mscnet.experiment.many.plans import RowPlan
from mscnet.experiment.many.row_optics import RowOptics
from mscnet.experiment.optics import Optics
from mscnet.experiment.rows import RowMeasured, RowSeries, RowSpectra, RowStretch
from mscnet.experiment.values import Numbers
from mscnet.mechanism.bench import Observe, Reading
from mscnet.mechanism.expression import Expression, Symbol
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


class RowReadings:
    """Takes the readings of one call; `single` is what takes those of ordinary runs."""

    def __init__(self, single: Readings, optical: Collection[str]) -> None:
        self._single, self._optical = single, sorted(optical)
        self._optics: dict[tuple[float, ...], Optics] = {}

    def measured(self, step: Observe, stretch: RowStretch, start: float, plan: RowPlan, group: RowGroup) -> RowMeasured:
        """All readings of a measure step, under their names.

        Raises:
            MechanismError: a wavelength or an optical setting that makes no sense in the first row.
        """
        sees_light = any(reading.kind != "value" for reading in step.readings)
        clock = self.optics_of(group).first.spectrometer.time_zero if sees_light else 0.0
        time = stretch.time - start + clock
        one = _Measurement(self, stretch, time, plan, group)
        series: dict[str, Callable[[], RowSeries]] = {}
        spectra: dict[str, Callable[[], RowSpectra]] = {}
        for reading in step.readings:
            if reading.kind == "value":
                series[reading.name] = one.value(reading)
            elif reading.kind == "absorbance":
                series |= one.absorbance(reading)
            else:
                spectra[reading.name] = one.spectrum(reading)
        return RowMeasured(
            start, stretch, Lazy(series, lambda name: series[name]()), Lazy(spectra, lambda name: spectra[name]()), clock
        )

    def optics_of(self, group: RowGroup) -> RowOptics:
        """Bands and instrument of the rows, kept with the group.

        Raises:
            MechanismError: a setting that makes no sense.
        """
        if group.optics is None:
            group.optics = RowOptics(len(group.rows), self._members(group))
        return group.optics

    def _members(self, group: RowGroup) -> list[tuple[NDArray[np.intp] | slice, Optics]]:
        """The optics of the rows, with the rows that have each."""
        columns = [np.ravel(group.named(name)) for name in self._optical]
        varying = [column for column in columns if len(column) > 1]
        if not varying:
            return [(slice(None), self._one_optics([float(c[0]) for c in columns]))]
        rows: dict[tuple[float, ...], list[int]] = {}
        for i, key in enumerate(zip(*(c.tolist() for c in varying), strict=True)):
            rows.setdefault(key, []).append(i)
        found: list[tuple[NDArray[np.intp] | slice, Optics]] = []
        for members in rows.values():
            values = [float(c[members[0]] if len(c) > 1 else c[0]) for c in columns]
            found.append((np.array(members), self._one_optics(values)))
        return found

    def _one_optics(self, values: list[float]) -> Optics:
        key = tuple(values)
        if key not in self._optics:
            given = dict(zip(self._optical, values, strict=True))
            self._optics[key] = Optics.of(self._single.mechanism, given)
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

    # --- values --------------------------------------------------------------------------------

    def value(self, reading: Reading) -> Callable[[], RowSeries]:
        assert reading.expression is not None
        expression = reading.expression

        def make() -> RowSeries:
            found = evaluate_over(expression, self._symbol)
            values = np.array(np.broadcast_to(found, self._stretch.states.shape[:2]), dtype=np.float64)
            return RowSeries(reading.name, self._time, values, self._readings.single.unit(reading))

        return make

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

    def absorbance(self, reading: Reading) -> dict[str, Callable[[], RowSeries]]:
        """Each wavelength's series."""
        wavelengths = self._kept(reading, self._readings.single.wavelengths_of)
        one = len(wavelengths) == 1
        return {
            reading.name if one else f"{reading.name}_{w:g}": self._at_one(
                reading, reading.name if one else f"{reading.name}_{w:g}", float(w)
            )
            for w in wavelengths
        }

    def _at_one(self, reading: Reading, name: str, wavelength: float) -> Callable[[], RowSeries]:
        def make() -> RowSeries:
            values = self._light(reading, np.array([wavelength]))[:, :, 0]
            return RowSeries(name, self._time, values, "", wavelength)

        return make

    def spectrum(self, reading: Reading) -> Callable[[], RowSpectra]:
        grid = self._kept(reading, self._readings.single.grid_of)
        return lambda: RowSpectra(reading.name, self._time, grid, self._light(reading, grid))

    def _kept(self, reading: Reading, find: Callable[[Reading, Numbers], FloatArray]) -> FloatArray:
        """What no free parameter changes, found once for all calls."""
        kept, key = self._group.group.kept, (id(reading), *self._plan.loops.items())
        if key not in kept:
            kept[key] = find(reading, self._numbers())
        return kept[key]

    def _numbers(self) -> Numbers:
        return Numbers(self._group.group.base, self._plan.loops)

    def _light(self, reading: Reading, wavelengths: FloatArray) -> FloatArray:
        """(m, n_times, n_wavelengths)."""
        optics, path = self._readings.optics_of(self._group), self._path(reading)
        with np.errstate(invalid="ignore"):  # where no light comes through, nothing is known
            absorbing = self._absorbing(optics)
            found = optics.shown(absorbing, wavelengths, path)
            if reading.reference is None:
                return found
            blank = reading.reference == "blank"
            return np.asarray(
                found - (optics.shown(np.zeros_like(absorbing[:, :1]), wavelengths, path) if blank else found[:, :1])
            )

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

