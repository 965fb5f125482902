"""A run of experiments with its times and readings in other units than the file's, for output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mscnet.experiment.results import Condition, Measured, Run, Series, Spectra
from mscnet.mechanism.quantity import QuantityError, parse_unit
from mscnet.mechanism.units import TIME, Dimension
from mscnet.records import replace
from mscnet.report.units import OutputUnits

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism
    from mscnet.simulation.event_log import Firing


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
    return replace(run, model=model, conditions=tuple(made.condition(each, run.model) for each in run.conditions))


class _Converter:
    """What converts the parts of a run."""

    def __init__(self, output: OutputUnits) -> None:
        self._output, self._time = output, output.factor(TIME)

    def condition(self, condition: Condition, model: Mechanism) -> Condition:
        measured = tuple(self._measured(each) for each in condition.measured)
        events = tuple(replace(each, firing=self._firing(each.firing, model)) for each in condition.events)
        return replace(condition, measured=measured, events=events)

    def _firing(self, firing: Firing, model: Mechanism) -> Firing:
        levels = np.array([self._output.factor(species.dimension) for species in model.species])
        per = {name: self._output.factor(model.get_parameter(name).dimension) for name in firing.parameters}
        parameters = {name: (a * per[name], b * per[name]) for name, (a, b) in firing.parameters.items()}
        before, after = firing.before * levels, firing.after * levels
        return replace(firing, time=firing.time * self._time, before=before, after=after, parameters=parameters)

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
