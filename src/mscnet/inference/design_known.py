"""What is known of a model before an experiment that is being designed: its fitted values, and what told them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.observations import Observations
from mscnet.inference.crossval import carried
from mscnet.inference.free import first_value, free_parameter
from mscnet.inference.objective import build_objective
from mscnet.inference.problem import FreeParameter, Objective
from mscnet.inference.result import FitResult
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, replace

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A model with its values, and the terms that these were fitted to.

    `parameters` are those of the model that were free (n_parameters), `theta` (n_parameters,) their coordinates;
    `residuals` (n_terms,) and `slopes` (n_terms, n_parameters) those of the fit, estimated errors kept as they are;
    `total` is the fit's Σ r².
    Without a fit there are no terms, and the bounds alone say what is known.
    """

    name: str
    model: Mechanism
    parameters: tuple[FreeParameter, ...]
    theta: FloatArray
    residuals: FloatArray
    slopes: FloatArray
    objective: Objective | None = None
    whole: FloatArray | None = None
    places: tuple[int, ...] = ()
    sigmas: tuple[tuple[str, float], ...] = ()
    total: float = 0.0

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper ends of the coordinates, (n_parameters,) each."""
        ends = np.array([p.bounds for p in self.parameters], dtype=float).reshape(-1, 2)
        return ends[:, 0], ends[:, 1]

    @property
    def information(self) -> FloatArray:
        """(n_parameters, n_parameters): Fisher's, of the fit and of the bounds (a uniform distribution between them
        has the variance (upper - lower)²/12)."""
        low, high = self.bounds
        found: FloatArray = self.slopes.T @ self.slopes + np.diag(12.0 / (high - low) ** 2)
        return found

    def refitted(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Residuals and slopes of the known terms at other coordinates (n_parameters,)."""
        if self.objective is None or self.whole is None:
            return self.residuals, self.slopes
        whole = self.whole.copy()
        whole[list(self.places)] = theta
        residuals, slopes = self.objective.linearised(whole)
        return residuals, slopes[:, list(self.places)]


def known_from_fit(name: str, fit: FitResult, observations: Sequence[Observations] | None = None) -> Known:
    """What a fit tells; parameters that it projected out are free here as the others are.

    Raises:
        MechanismError: E146, the fit was read without its mechanism; what making its objective raises.
    """
    model: Mechanism | None = fit.model
    if model is None:
        raise MechanismError.of(
            "E146", f"the fit of {name} was read without its mechanism", hint="load_fit(path, mech)"
        )
    settings = replace(fit.settings, linear=(), free_spectra=False)
    objective = build_objective(model, settings, observations)
    whole, _ = carried(fit.values, objective.parameters)
    residuals, slopes = objective.linearised(whole)
    own = {p.name for p in model.parameters}
    places = tuple(i for i, p in enumerate(objective.parameters) if p.kind == "model" and p.name in own)
    return Known(
        name, model, tuple(objective.parameters[i] for i in places), whole[list(places)], residuals,
        slopes[:, list(places)], objective, whole, places, tuple(_sigmas(fit).items()),
        float(fit.residuals @ fit.residuals),
    )  # fmt: skip


def _sigmas(fit: FitResult) -> dict[str, float]:
    """The usual standard deviation of each reading that was fitted: that of its data, or the estimated one."""
    given: dict[str, list[float]] = {}
    for term in fit.terms:
        if term.kind == "datum" and np.isfinite(term.sigma):
            given.setdefault(term.reading, []).append(term.sigma)
    found = {reading: float(np.median(values)) for reading, values in given.items()}
    for parameter in fit.parameters:
        if parameter.kind == "noise" and parameter.name.startswith("noise("):
            found[parameter.name[len("noise(") : -1]] = fit.values[parameter.name]
    return found


def known_from_file(name: str, model: Mechanism) -> Known:
    """The values and bounds of the file, where there is nothing to fit to.

    Raises:
        MechanismError: E146, no parameter of the model is free.
    """
    chosen = model.expanded
    free = tuple(free_parameter(p) for p in chosen.parameters if p.free)
    if not free:
        hint = "give one bounds, as in `parameter k = 0.1 /min in 1e-3 .. 10 log`"
        raise MechanismError.of("E146", f"{chosen.name} has no free parameter", hint=hint)
    theta = np.array([p.to_search(first_value(p)) for p in free])
    values = {p.name: first_value(p) for p in free}
    return Known(name, chosen.with_values(values), free, theta, np.zeros(0), np.zeros((0, len(free))))
