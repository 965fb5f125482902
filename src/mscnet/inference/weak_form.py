"""The rate equations integrated over observed courses, so that the data are linear in the rate constants.

Between the start of a sample and a reading of it, a step j changes concentrations by ν_j k_j ∫ m_j dt, m_j being the
product of the concentrations that react; see `screen` for the source.  The courses are smoothing splines through the
data (G. Wahba, Spline Models for Observational Data (1990), ch. 4) or those of a fitted model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.inference.candidates import Candidate
from mscnet.inference.direct import Direct, Sample
from mscnet.inference.noise import beginning
from mscnet.inference.screen import Surrogate
from mscnet.inference.smooth import smooth
from mscnet.inference.step_model import CANDIDATE
from mscnet.records import replace

FloatArray = NDArray[np.float64]

#: Points of the integration between two readings.
_BETWEEN = 8


class WeakForm:
    """The integrated rate equations of `candidates` over the samples of `data`."""

    def __init__(self, data: Direct, candidates: Sequence[Candidate]) -> None:
        self._data, self._candidates = data, tuple(candidates)
        index = {name: i for i, name in enumerate(data.program.species)}
        n = len(index)
        moving = ~np.array(data.program.constant)
        self._net = np.zeros((n, len(self._candidates)))
        self._reacting: list[list[tuple[int, int]]] = []
        for j, candidate in enumerate(self._candidates):
            for name, count in candidate.reactants:
                self._net[index[name], j] -= count
            for name, count in candidate.products:
                self._net[index[name], j] += count
            self._reacting.append([(index[name], count) for name, count in candidate.reactants])
        self._net *= moving[:, None]
        self._known = _known_rates(data)
        self._span = _basis(np.concatenate([self._net, self._known_net()], axis=1))
        courses = [self._observed_course(sample) for sample in data.samples]
        self._courses = [c for c in courses if c is not None] if all(c is not None for c in courses) else None

    @property
    def seen(self) -> bool:
        """Whether the courses of all species follow from what is read."""
        return self._courses is not None

    def _known_net(self) -> FloatArray:
        """Stoichiometry of the steps that every set has (n_species, n_known)."""
        reactions = self._known
        full = self._data.program.network.stoichiometry.toarray().astype(float)
        found: FloatArray = full[:, reactions] * (~np.array(self._data.program.constant))[:, None]
        return found

    # --- courses -----------------------------------------------------------------------------------

    def _observed_course(self, sample: Sample) -> tuple[FloatArray, FloatArray] | None:
        """Times (n_fine,) and concentrations (n_fine, n_species) by the smoothed readings; None where these leave
        some species open."""
        n = len(self._data.program.species)
        begin = sample.inputs[-n:]
        seen = sample.matrix @ self._span
        if (
            np.linalg.matrix_rank(seen, tol=1e-8 * max(float(np.abs(seen).max(initial=0.0)), 1e-300))
            < self._span.shape[1]
        ):
            return None
        times = _fine(sample.start, sample.times)
        curves = []
        for row in range(len(sample.matrix)):
            mine = sample.reading == row
            first = beginning(sample, row)
            curves.append(smooth(sample.start, first, sample.times[sample.at[mine]], sample.observed[mine], times))
        change = np.array(curves).T - (sample.matrix @ begin + sample.offset)
        size = np.maximum(np.abs(change).max(axis=0), 1e-12 * max(float(np.abs(begin).max()), 1e-300))
        extent = np.linalg.lstsq(seen / size[:, None], (change / size).T, rcond=None)[0]
        return times, np.maximum(begin + (self._span @ extent).T, 0.0)

    # --- linear models -----------------------------------------------------------------------------

    def surrogate(self, sigma: FloatArray) -> Surrogate | None:
        """The linear model over the observed courses, for standard deviations (n_data,); None without courses."""
        return None if self._courses is None else self._over(self._courses, {}, sigma)

    def along(self, values: Mapping[int, float], sigma: FloatArray) -> Surrogate | None:
        """The same over the courses of the model with inputs changed to `values`; None where it cannot be run."""
        courses = []
        for sample in self._data.samples:
            times = _fine(sample.start, sample.times)
            ran = self._data.run(_with_times(sample, times), values, ())
            if ran is None:
                return None
            courses.append((times, ran[0]))
        return self._over(courses, values, sigma)

    def _over(
        self, courses: Sequence[tuple[FloatArray, FloatArray]], values: Mapping[int, float], sigma: FloatArray
    ) -> Surrogate:
        columns, targets, more = [], [], []
        for sample, (times, states) in zip(self._data.samples, courses, strict=True):
            n = states.shape[1]
            begin = sample.matrix @ sample.inputs[-n:] + sample.offset
            fluxes = np.array([_product(states, members) for members in self._reacting]).T
            columns.append(self._shown(sample, times, fluxes, self._net))
            targets.append(sample.observed - begin[sample.reading])
            if self._known:
                known = self._known_fluxes(sample, times, states, values)
                more.append(self._shown(sample, times, known, self._known_net()))
        design, target = np.concatenate(columns) / sigma[:, None], np.concatenate(targets) / sigma
        extra = np.concatenate(more) / sigma[:, None] if more else None
        return Surrogate.of(design, target, extra)

    def _known_fluxes(
        self, sample: Sample, times: FloatArray, states: FloatArray, values: Mapping[int, float]
    ) -> FloatArray:
        """Rates of the steps that every set has, (n_fine, n_known)."""
        program, n = self._data.program, states.shape[1]
        inputs = sample.inputs.copy()
        inputs[list(values)] = list(values.values())
        return np.array(
            [_rates(program, inputs[:-n], float(t), x)[self._known] for t, x in zip(times, states, strict=True)]
        )

    def _shown(self, sample: Sample, times: FloatArray, fluxes: FloatArray, net: FloatArray) -> FloatArray:
        """What each flux has changed of every datum by its time, (n_data, n_fluxes)."""
        amount = _integral(times, fluxes)
        at = np.searchsorted(times, sample.times)
        weights = sample.matrix @ net
        return weights[sample.reading] * amount[at[sample.at]]


def _known_rates(data: Direct) -> list[int]:
    """The reactions of the program that are no candidates: these have a name of the file."""
    mechanism = data.program.network.mechanism
    return [i for i, r in enumerate(mechanism.reactions) if not r.name.endswith(CANDIDATE)]


def _rates(program: Any, parameters: FloatArray, time: float, x: FloatArray) -> FloatArray:
    x = np.ascontiguousarray(x)
    out = np.empty(len(program.reactions))
    core: Any = kernels.core()
    core.evaluate(program.model, {"inputs": np.concatenate([parameters, x]), "x": x, "time": time, "rates": out})
    return out


def _with_times(sample: Sample, times: FloatArray) -> Sample:
    return replace(sample, times=times)


def _basis(net: FloatArray) -> FloatArray:
    """An orthonormal basis (n_species, rank) of what steps can change."""
    u, sizes, _ = np.linalg.svd(net, full_matrices=False)
    return u[:, sizes > 1e-9 * sizes[0]] if sizes.size and sizes[0] > 0 else u[:, :0]


def _fine(start: float, times: FloatArray) -> FloatArray:
    """The times of readings with points between them, from the start on; more of them at first."""
    grid = np.union1d([start], times)
    parts = [np.linspace(a, b, _BETWEEN + 1)[:-1] for a, b in pairwise(grid)]
    return np.append(np.concatenate(parts), grid[-1]) if parts else grid


def _product(states: FloatArray, members: Sequence[tuple[int, int]]) -> FloatArray:
    found = np.ones(len(states))
    for place, count in members:
        found = found * states[:, place] ** count
    return found


def _integral(times: FloatArray, fluxes: FloatArray) -> FloatArray:
    """∫ from the first time on, by trapezia, (n_times, n_fluxes)."""
    steps = 0.5 * np.diff(times)[:, None] * (fluxes[1:] + fluxes[:-1])
    return np.concatenate([np.zeros((1, fluxes.shape[1])), np.cumsum(steps, axis=0)])
