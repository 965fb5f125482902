"""The data of a fit beside rows of runs: linear parameters, errors, and residuals."""

from __future__ import annotations

import copy
import math

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.rows import RowRun
from mscnet.inference.data_terms import DataTerms, Modelled
from mscnet.inference.errors import Errors
from mscnet.inference.light import Light
from mscnet.inference.probing import done_in
from mscnet.inference.problem import FreeParameter, Term
from mscnet.inference.projection import FreeSpectra, Projected, solve
from mscnet.inference.settings import FitSettings
from mscnet.inference.species_spectra import SpeciesSpectra
from mscnet.inference.subject import Subject
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was projected out of one row: the linear parameters, and the spectra of each wavelength."""

    linear: Projected | None
    spectra: list[Projected] | None


class DataPart:
    """Residuals of the data of a subject beside runs, with values of the noise `parameters` that are estimated.

    `first` is a run that came to its end.  `terms` are those of the data, of ln sigma, and of the priors of linear
    parameters.

    Raises:
        MechanismError: data do not belong to the experiments.
    """

    def __init__(self, subject: Subject, settings: FitSettings, first: RowRun) -> None:
        self._linear = subject.linear
        projects = bool(self._linear) or settings.free_spectra
        self._light = Light(subject.model, [p.name for p in self._linear], settings.free_spectra) if projects else None
        noise = _noise(subject.model) if settings.errors == "instrument" else math.nan
        self._data = DataTerms(subject.observations, first, self._light, noise)
        self.notes = tuple(self._data.notes)
        self._spectra = FreeSpectra(self._data.wavelengths, settings.nonnegative) if self._data.lit.size else None
        self._errors = Errors(
            self._data.observed, self._data.known, self._data.readings, settings.error_model,
            settings.degrees if settings.loss == "student" else None,
            {term.reading: term.unit for term in self._data.terms},
            self._data.rough,
        )  # fmt: skip
        self.parameters: tuple[FreeParameter, ...] = self._errors.parameters
        self._priors = [(j, *p.prior) for j, p in enumerate(self._linear) if p.prior is not None]
        self._bounds = _bounds(subject.model, self._linear)
        priors = [
            Term("prior", p.name, observed=p.prior[0], sigma=p.prior[1], unit=p.unit) for p in self._linear if p.prior
        ]
        self.terms: tuple[Term, ...] = (*self._data.terms, *self._errors.terms, *priors)
        self.constant = self._errors.constant

    @property
    def data(self) -> DataTerms:
        """The data themselves."""
        return self._data

    @property
    def errors(self) -> Errors:
        """Their error model."""
        return self._errors

    # --- residuals --------------------------------------------------------------------------------

    def residuals(self, run: RowRun, noise: FloatArray) -> tuple[FloatArray, list[Found]]:
        """(m, n_terms) for noise (m, n_noise), and what was projected out of each row; rows that came to no end have
        ``nan``."""
        modelled, done = self._data(run), done_in(run)
        model = modelled.rest.copy()
        found: list[Found] = []
        for row in range(len(run)):
            one = self._projected(modelled, row, noise[row]) if done[row] else Found(None, None)
            found.append(one)
            if done[row]:
                model[row] = self._with(modelled, one, slice(row, row + 1))[0]
        data, extra = self._errors.residuals(model, noise)
        priors = np.array([self._prior_residuals(one) for one in found]).reshape(len(run), -1)
        residuals = np.concatenate([data, extra, priors], axis=1)
        residuals[~done] = math.nan
        return residuals, found

    def linearised(self, run: RowRun, noise: FloatArray) -> tuple[FloatArray, FloatArray, Found]:
        """Residuals (n_terms,) of a run with its derivatives beside it, their derivatives by its parameters and by the
        logarithms of the noise parameters, (n_terms, n_names + n_noise), and what was projected out."""
        assert run.steps is not None
        modelled = self._data(run)
        one = self._projected(modelled, 0, noise)
        model = self._with(modelled, one, slice(None))
        slopes = ((model[1:] - model[:1]) / run.steps[:, None]).T
        r, extra, slopes, extra_slopes = self._errors.linearised(model[0], slopes, noise)
        priors = self._prior_residuals(one)
        slopes, prior_slopes = self._without(one, slopes)
        return np.concatenate([r, extra, priors]), np.concatenate([slopes, extra_slopes, prior_slopes]), one

    def modelled(self, run: RowRun, noise: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The model's values of the data (n,) in the first row of a run with noise (n_noise,), what is projected out
        put in, and their standard deviations (n,); ``nan`` where the run came to no end."""
        modelled = self._data(run)
        model = self._with(modelled, self._projected(modelled, 0, noise), slice(0, 1))
        return model[0], self._errors.sigma(model, noise[None])[0]

    def with_observed(self, observed: FloatArray) -> DataPart:
        """The same with other values (n,) in place of the data's."""
        other = copy.copy(self)
        other._data, other._errors = copy.copy(self._data), copy.copy(self._errors)
        other._data.observed = other._errors.observed = np.asarray(observed, dtype=float)
        return other

    def _prior_residuals(self, found: Found) -> FloatArray:
        if found.linear is None:
            return np.full(len(self._priors), math.nan)
        return np.array([(found.linear.values[j] - mean) / deviation for j, mean, deviation in self._priors])

    # --- projection -------------------------------------------------------------------------------

    def _projected(self, modelled: Modelled, row: int, noise: FloatArray) -> Found:
        if self._light is None:
            return Found(None, None)
        rest, columns = modelled.rest[row], modelled.columns[row]
        if not (np.isfinite(rest).all() and np.isfinite(columns).all() and np.isfinite(modelled.concentrations).all()):
            return Found(None, None)
        sigma = self._errors.sigma(rest[None], noise[None])[0]
        off = (rest - self._data.observed) / sigma
        linear, spectra = None, None
        if self._linear:
            priors = np.zeros((len(self._priors), len(self._linear)))
            for i, (j, _, deviation) in enumerate(self._priors):
                priors[i, j] = 1.0 / deviation
            wanted = np.array([-mean / deviation for _, mean, deviation in self._priors])
            weighted = np.concatenate([columns / sigma[:, None], priors])
            linear = solve(weighted, np.concatenate([off, wanted]), *self._bounds)
        if self._spectra is not None:
            lit = self._data.lit
            spectra = self._spectra.solve(modelled.concentrations[row] / sigma[lit, None], off[lit])
        return Found(linear, spectra)

    def _with(self, modelled: Modelled, found: Found, rows: slice) -> FloatArray:
        """Model values (m, n) with what was projected out put in."""
        model = modelled.rest[rows].copy()
        if found.linear is not None:
            model += modelled.columns[rows] @ found.linear.values
        if found.spectra is not None and self._spectra is not None:
            model[:, self._data.lit] += self._spectra.added(found.spectra, modelled.concentrations[rows])
        return model

    def _without(self, found: Found, slopes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Derivatives of the data's residuals (n, p), and of those of the linear parameters' priors, less their part in
        the span of what was projected out."""
        n, k = len(slopes), len(self._priors)
        padded = np.concatenate([slopes, np.zeros((k, slopes.shape[1]))])
        if found.linear is not None:
            padded = found.linear.remove(padded)
        if found.spectra is not None and self._spectra is not None:
            padded[self._data.lit] = self._spectra.remove(found.spectra, padded[self._data.lit])
        return padded[:n], padded[n:]

    def values(self, found: Found) -> dict[str, float]:
        """The linear parameters by name."""
        given = np.full(len(self._linear), math.nan) if found.linear is None else found.linear.values
        return {p.name: float(v) for p, v in zip(self._linear, given, strict=True)}

    def spectra(self, found: Found) -> SpeciesSpectra:
        """The spectra of species where they are free, else none."""
        if self._spectra is None or self._light is None:
            return SpeciesSpectra((), np.empty(0), np.empty((0, 0)))
        shape = (len(self._light.species), len(self._spectra.grid))
        values = np.full(shape, math.nan) if found.spectra is None else self._spectra.spectra(found.spectra)
        fitted = sum(one.basis.shape[1] for one in found.spectra or ())
        return SpeciesSpectra(self._light.species, self._spectra.grid, values, fitted)


def _bounds(model: Mechanism, linear: tuple[FreeParameter, ...]) -> tuple[FloatArray, FloatArray]:
    """Those that the file gives; others may be anything."""
    given = {p.name: p.bounds or (-math.inf, math.inf) for p in model.parameters}
    pairs = np.array([given[p.name] for p in linear]).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _noise(model: Mechanism) -> float:
    """The standard deviation that the instrument says it has; ``nan`` where it says nothing."""
    settings = dict(model.instrument.settings) if model.instrument is not None else {}
    value = model.evaluate(settings["noise"]) if "noise" in settings else math.nan
    return value if value > 0 else math.nan
