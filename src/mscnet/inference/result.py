"""`FitResult`: what a fit found."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.verdict import Verdict
from mscnet.inference.problem import FreeParameter, Objective, Term
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field, replace

if TYPE_CHECKING:
    import pandas

    from mscnet.experiment.observations import Observations
    from mscnet.inference.bootstrap import Bootstrap, Kind
    from mscnet.inference.covariance import Covariance
    from mscnet.inference.predict import Bands
    from mscnet.inference.profile import Profiles
    from mscnet.inference.samples import Samples
    from mscnet.inference.species_spectra import SpeciesSpectra

FloatArray = NDArray[np.float64]

#: A parameter nearer to an end of its range than this share of it (in the search coordinate) is at its bound.
AT_BOUND = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """One local fit: where it began and ended (coordinates (n_parameters,)), the cost ½ Σ r² at either, how often the
    model was evaluated, and why it stopped.  A `rough` one has not been searched to the end (see `stages`)."""

    number: int
    begin: FloatArray
    end: FloatArray
    begin_cost: float
    cost: float
    evaluations: int
    seconds: float
    message: str = ""
    finished: bool = True
    rough: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """A fitted value in the file's units, with its standard error and the ends of its confidence interval.

    They are ``nan`` where the value is at a bound (`at_bound` says which), is not determined, or was projected out.
    `shown` numbers are those over `unit_factor`, in `unit`.
    """

    name: str
    value: float
    error: float
    low: float
    high: float
    at_bound: Literal["", "lower", "upper"] = ""
    kind: Literal["model", "noise", "linear"] = "model"
    bounds: tuple[float, float] | None = None
    scale: Literal["linear", "log"] = "linear"
    unit: str = ""
    unit_factor: float = 1.0
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FitResult:
    """The best fit of one model, with all its starts.

    `theta` (P,) are coordinates in the order of `parameters`, `values` all fitted values by name in the file's units
    (linear ones that were projected out among them).  `covariance` (P, P) is that of the coordinates, from JᵀJ at the
    optimum (``nan`` rows where a parameter is not determined or at a bound).  `residuals` (n_terms,) belong to
    `terms`; `constant` as in `Objective`.  `verdicts` are the facts judged with the fitted values.  `model` is the
    fitted pathway with these values; None in a result that was read from a file without its mechanism.  `spectra` are
    those of species that were free, else None.
    """

    model: Mechanism
    settings: FitSettings
    parameters: tuple[FreeParameter, ...]
    theta: FloatArray
    values: Mapping[str, float]
    covariance: FloatArray
    terms: tuple[Term, ...]
    residuals: FloatArray
    constant: float
    starts: tuple[Start, ...]
    verdicts: tuple[Verdict, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    spectra: SpeciesSpectra | None = None

    def __repr__(self) -> str:
        return f"<FitResult of {self.title}: cost {self.cost:.6g}, {self.n} terms, {self.k} parameters>"

    def _repr_html_(self) -> str:
        from mscnet.report.fit import fit_html

        return fit_html(self)

    @property
    def title(self) -> str:
        """The mechanism's name and its pathway."""
        name, pathway = self.provenance.get("mechanism", ""), self.provenance.get("pathway")
        return f"{name}, pathway {pathway}" if pathway else str(name)

    # --- counts and costs --------------------------------------------------------------------

    @property
    def cost(self) -> float:
        """½ Σ r² at the optimum, priors included."""
        return 0.5 * float(self.residuals @ self.residuals)

    def count(self, *kinds: str) -> int:
        """How many terms are of these kinds."""
        return sum(term.kind in kinds for term in self.terms)

    @property
    def n(self) -> int:
        """How many terms the likelihood has: data, equalities and one-sided bounds (priors and noises are none)."""
        return self.count("datum", "equality", "bound")

    @property
    def k(self) -> int:
        """How many values were fitted: what was searched for, and what was projected out, free spectra among it."""
        return len(self.parameters) + len(self._linear()) + (self.spectra.fitted if self.spectra else 0)

    @property
    def log_likelihood(self) -> float:
        """That of data and facts (Gaussian terms, and one-sided ones whose largest likelihood is 1), priors apart."""
        r = np.array([r for r, term in zip(self.residuals, self.terms, strict=True) if term.kind != "prior"])
        return self.constant - 0.5 * float(r @ r)

    # --- values ------------------------------------------------------------------------------

    @property
    def at_bounds(self) -> dict[str, Literal["lower", "upper"]]:
        """Parameters that ended at a bound, and at which."""
        found: dict[str, Literal["lower", "upper"]] = {}
        for parameter, u in zip(self.parameters, self.theta.tolist(), strict=True):
            low, high = parameter.bounds
            near = AT_BOUND * (high - low)
            if not math.isfinite(near):
                continue
            if u - low <= near:
                found[parameter.name] = "lower"
            elif high - u <= near:
                found[parameter.name] = "upper"
        return found

    @property
    def errors(self) -> dict[str, float]:
        """Standard errors of the values in the file's units: value × that of ln(value) on a logarithmic scale."""
        return {e.name: e.error for e in self.estimates() if e.kind != "linear"}

    def estimates(self, level: float = 0.95) -> tuple[Estimate, ...]:
        """Every fitted value with its error and its confidence interval from the covariance.

        Intervals are symmetric in the search coordinate, so those of positive values on a logarithmic scale are
        positive, and cut at the bounds.

        Raises:
            ValueError: `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
        z = NormalDist().inv_cdf(0.5 + 0.5 * level)
        bounds = self.at_bounds
        spread = np.sqrt(np.diag(self.covariance)).tolist()
        found = []
        for p, u, s in zip(self.parameters, self.theta.tolist(), spread, strict=True):
            value = p.to_value(u)
            error = value * s if p.scale == "log" else s
            ends = (max(u - z * s, p.bounds[0]), min(u + z * s, p.bounds[1]))
            low, high = (math.nan if math.isnan(s) else p.to_value(end) for end in ends)
            found.append(Estimate(p.name, value, error, low, high,
                                  bounds.get(p.name, ""), p.kind, (p.lower, p.upper), p.scale, p.unit, p.unit_factor,
                                  p.note))  # fmt: skip
        return (*found, *self._linear())

    def _linear(self) -> list[Estimate]:
        """Values that were projected out."""
        searched = {parameter.name for parameter in self.parameters}
        nan = math.nan
        return [Estimate(n, v, nan, nan, nan, kind="linear") for n, v in self.values.items() if n not in searched]

    @property
    def correlation(self) -> FloatArray:
        """Correlations of the coordinates (P, P), ``nan`` where `covariance` is."""
        spread = np.sqrt(np.diag(self.covariance))
        with np.errstate(divide="ignore", invalid="ignore"):
            found: FloatArray = self.covariance / np.outer(spread, spread)
        return found

    def to_pandas(self, level: float = 0.95) -> pandas.DataFrame:
        """Values, errors and intervals as a frame, indexed by name, in the file's units."""
        import pandas

        rows = [
            {"name": e.name, "value": e.value, "error": e.error, "low": e.low, "high": e.high, "at_bound": e.at_bound,
             "kind": e.kind, "scale": e.scale, "lower": e.bounds[0] if e.bounds else math.nan,
             "upper": e.bounds[1] if e.bounds else math.nan}
            for e in self.estimates(level)
        ]  # fmt: skip
        columns = ["name", "value", "error", "low", "high", "at_bound", "kind", "scale", "lower", "upper"]
        return pandas.DataFrame(rows, columns=columns).set_index("name")

    # --- how sure it is ----------------------------------------------------------------------

    def objective(self, observations: Sequence[Observations] | None = None) -> Objective:
        """What was fitted; with `observations` where these were given to the fit.

        Raises:
            MechanismError: this was read from a file without its mechanism; what `build_objective` raises.
        """
        from mscnet.inference.objective import build_objective

        if self.model is None:
            hint = "load_fit(path, mechanism) reads it with its mechanism"
            raise MechanismError.of("E154", "a fit read without its mechanism cannot be worked with", hint=hint)
        # in the fitted model local parameters are parameters already
        return build_objective(self.model, replace(self.settings, local={}), observations)

    def profile(
        self, names: Iterable[str] | None = None, *, objective: Objective | None = None, **options: Any
    ) -> Profiles:
        """Profile likelihoods about this fit: see `inference.profile.profile`."""
        from mscnet.inference.profile import profile

        return profile(objective or self.objective(), self.theta, names, **options)

    def sample(self, draws: int = 1000, *, objective: Objective | None = None, **options: Any) -> Samples:
        """Samples of the posterior about this fit: see `inference.sample.sample`."""
        from mscnet.inference.sample import sample

        return sample(objective or self.objective(), self.theta, draws, **options)

    def bootstrap(
        self, repeats: int = 200, kind: Kind = "parametric", *, objective: Objective | None = None, **options: Any
    ) -> Bootstrap:
        """This fit repeated on data drawn anew: see `inference.bootstrap.bootstrap`."""
        from mscnet.inference.bootstrap import bootstrap

        return bootstrap(objective or self.objective(), self.theta, repeats, kind, **options)

    def predict(
        self, source: Covariance | Samples | Bootstrap | None = None, *, objective: Objective | None = None,
        **options: Any,
    ) -> Bands:  # fmt: skip
        """Bands of prediction with this fit: see `inference.predict.predict`."""
        from mscnet.inference.predict import predict

        fitted = objective or self.objective()
        return predict(fitted, self.theta, getattr(fitted, "model", self.model), source, **options)

    # --- files -------------------------------------------------------------------------------

    def save(self, folder: str | os.PathLike[str]) -> tuple[str, ...]:
        """Writes ``fit.json``, ``parameters.csv``, ``correlations.csv``, ``residuals.csv``, ``starts.csv``,
        ``waterfall.png`` and ``residuals.png`` (and ``fit.png`` where there are data, ``spectra.csv`` and
        ``spectra.png`` where spectra were free) to a folder, which is made where need be, each whole or not at all;
        gives their names.

        Raises:
            OSError: the folder cannot be written to.
        """
        from mscnet.report.fit_files import save_fit

        return save_fit(self, folder)

    @classmethod
    def load(cls, path: str | os.PathLike[str], mechanism: Mechanism | None = None) -> FitResult:
        """Reads what `save` wrote: see `load_fit`."""
        from mscnet.inference.result_files import load_fit

        return load_fit(path, mechanism)
