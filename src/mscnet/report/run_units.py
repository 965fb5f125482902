"""A run of experiments with its times and readings in other units than the file's, for output."""

from __future__ import annotations

from collections.abc import Mapping

from mscnet.experiment.results import Condition, Measured, Run, Series, Spectra
from mscnet.mechanism.quantity import QuantityError, parse_unit
from mscnet.mechanism.units import TIME, Dimension
from mscnet.records import replace
from mscnet.report.units import OutputUnits


def in_units(run: Run, asked: Mapping[str, str]) -> Run:
    """The run with times and readings in these units, such as ``{"time": "h", "concentration": "uM"}``.

    Readings that are expressions have no unit that is known, and stay as they are; so do absorbances, loop variables
    and the states of vessels.

    Raises:
        MechanismError: an unknown key or unit, or one of another dimension.
    """
    output = OutputUnits.of(run.model, asked)
    if not asked:
        return run
    made = _Converter(output)
    model = replace(run.model, units=output.output)
    return replace(run, model=model, conditions=tuple(made.condition(each) for each in run.conditions))


class _Converter:
    """What converts the parts of a run."""

    def __init__(self, output: OutputUnits) -> None:
        self._output, self._time = output, output.factor(TIME)

    def condition(self, condition: Condition) -> Condition:
        return replace(condition, measured=tuple(self._measured(each) for each in condition.measured))

    def _measured(self, measured: Measured) -> Measured:
        t = self._time
        stretch = replace(measured.stretch, time=measured.stretch.time * t)
        series = {name: self._series(each) for name, each in measured.series.items()}
        spectra = {name: self._spectra(each) for name, each in measured.spectra.items()}
        return Measured(measured.start * t, stretch, series, spectra, measured.clock * t)

    def _series(self, series: Series) -> Series:
        dimension = self._dimension(series.unit)
        factor, unit = self._output.factor(dimension), self._output.describe(dimension)
        return replace(series, time=series.time * self._time, values=series.values * factor, unit=unit)

    def _spectra(self, spectra: Spectra) -> Spectra:
        return replace(spectra, time=spectra.time * self._time)

    def _dimension(self, unit: str) -> Dimension | None:
        if not unit:
            return None
        try:
            return parse_unit(unit, self._output.file)[1]
        except QuantityError:
            return None
