"""`Samples`: draws from a posterior, what they say, whether they have converged, and their file."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.inference.covariance import check_level
from mscnet.inference.problem import FreeParameter
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: What makes samples good enough: A. Vehtari et al., Bayesian Anal. 2021, 16, 667 (R-hat, effective sizes), and emcee's
#: own advice on the length of chains.
HIGHEST_R_HAT, FEWEST_EFFECTIVE, LENGTH_IN_TIMES = 1.01, 400.0, 50.0

_FORMAT = 1
#: Which axes of an array of draws are chains and draws.
_AXES = {"chain_axis": 0, "draw_axis": 1}
#: The quantiles whose effective size is that of the tails (Vehtari et al., Bayesian Anal. 2021, 16, 667).
_TAILS = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Convergence:
    """How well one parameter was sampled: rank-normalised R-hat of the ensembles' halves, effective sample sizes of
    bulk and tails over all walkers, the autocorrelation time in draws (the longest of the ensembles)."""

    name: str
    r_hat: float
    ess_bulk: float
    ess_tail: float
    autocorrelation: float


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """`thetas` (ensembles, draws, walkers, P) are coordinates after `burn` steps, one draw each `thin` steps;
    `log_density` (ensembles, draws, walkers) is -½ Σ r² there; `accepted` the share of proposals taken."""

    parameters: tuple[FreeParameter, ...]
    thetas: FloatArray
    log_density: FloatArray
    thin: int = 1
    burn: int = 0
    accepted: float = math.nan
    seed: int | None = None

    def __repr__(self) -> str:
        ensembles, draws, walkers, size = self.thetas.shape
        return f"<Samples: {ensembles} ensembles × {walkers} walkers × {draws} draws of {size} parameters>"

    @property
    def flat(self) -> FloatArray:
        """All draws (n, P) as coordinates."""
        return self.thetas.reshape(-1, self.thetas.shape[-1])

    @property
    def values(self) -> FloatArray:
        """All draws (n, P) in the file's units."""
        log = np.array([p.scale == "log" for p in self.parameters])
        flat = self.flat
        return np.where(log, np.exp(np.where(log, flat, 0.0)), flat)

    @property
    def covariance(self) -> FloatArray:
        """(P, P) of the coordinates."""
        return np.atleast_2d(np.cov(self.flat, rowvar=False))

    def intervals(self, level: float = 0.95) -> FloatArray:
        """Credible intervals of the values (P, 2), with equal tails.

        Raises:
            MechanismError: `level` is not between 0 and 1.
        """
        check_level(level)
        return np.asarray(np.quantile(self.values, [0.5 * (1 - level), 0.5 * (1 + level)], axis=0).T)

    def medians(self) -> FloatArray:
        """(P,) of the values."""
        return np.asarray(np.median(self.values, axis=0))

    def convergence(self) -> tuple[Convergence, ...]:
        """How well each parameter was sampled.

        Raises:
            MechanismError: arviz-stats or emcee is not installed.
        """
        from mscnet.inference.sample import require

        require()
        return tuple(_convergence(p.name, self.thetas[..., j]) for j, p in enumerate(self.parameters))

    def verdict(self, found: Sequence[Convergence] | None = None) -> tuple[bool, str]:
        """Whether the samples have converged, and the sentence that says so or what is wrong."""
        found = self.convergence() if found is None else found
        draws = self.thetas.shape[1]
        if not found:
            return True, "nothing was sampled"
        apart = [c.name for c in found if not c.r_hat <= HIGHEST_R_HAT]
        few = [c.name for c in found if not min(c.ess_bulk, c.ess_tail) >= FEWEST_EFFECTIVE]
        short = [c.name for c in found if not draws >= LENGTH_IN_TIMES * c.autocorrelation]
        wrong = [
            (apart, f"the ensembles differ (R-hat above {HIGHEST_R_HAT}) in"),
            (few, f"fewer than {FEWEST_EFFECTIVE:.0f} effective samples of"),
            (short, f"chains shorter than {LENGTH_IN_TIMES:.0f} autocorrelation times of"),
        ]
        said = [f"{words} {', '.join(names)}" for names, words in wrong if names]
        if said:
            longest = max((c.autocorrelation for c in found if math.isfinite(c.autocorrelation)), default=draws)
            need = int(math.ceil(max(2.0 * draws, LENGTH_IN_TIMES * longest) / 100) * 100)
            return False, f"not converged: {'; '.join(said)}. Draw more, {need:,} for instance"
        if self.thetas.shape[0] < 2:
            return True, "nothing speaks against convergence, but one ensemble alone cannot tell"
        return True, "converged"

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes them as netCDF, to be read by `read_samples` or by xarray; whole or not at all by the caller's care.

        Raises:
            OSError: the file cannot be written.
        """
        import xarray

        names = [p.name for p in self.parameters]
        dims = ("ensemble", "draw", "walker")
        about = [[p.name, p.lower, p.upper, p.scale, p.start, p.prior, p.kind, p.unit, p.unit_factor, p.note]
                 for p in self.parameters]  # fmt: skip
        attributes = {
            "format": _FORMAT, "parameters": json.dumps(about), "thin": self.thin, "burn": self.burn,
            "accepted": self.accepted, "seed": -1 if self.seed is None else self.seed,
            "coordinates": "ln value of parameters on a logarithmic scale, else the value in the file's units",
        }  # fmt: skip
        data = {"theta": ((*dims, "parameter"), self.thetas), "log_density": (dims, self.log_density)}
        xarray.Dataset(data, {"parameter": names}, attributes).to_netcdf(path, engine="scipy")


def read_samples(path: str | os.PathLike[str]) -> Samples:
    """The samples that `Samples.write` has put into a file.

    Raises:
        MechanismError: the file is none of these.
        OSError: it cannot be read.
    """
    import xarray

    with open(path, "rb"):
        pass  # what cannot be opened says so in its own words
    try:
        with xarray.open_dataset(path, engine="scipy") as data:
            data.load()
        about = json.loads(data.attrs["parameters"])
        if int(data.attrs["format"]) != _FORMAT:
            raise ValueError("format")
        parameters = tuple(_parameter(*row) for row in about)
        thetas, heights = np.array(data["theta"], dtype=float), np.array(data["log_density"], dtype=float)
        if thetas.ndim != 4 or thetas.shape[:3] != heights.shape or thetas.shape[3] != len(parameters):
            raise ValueError("shape")
        seed = int(data.attrs["seed"])
        numbers = int(data.attrs["thin"]), int(data.attrs["burn"]), float(data.attrs["accepted"])
    except (KeyError, ValueError, TypeError, IndexError) as error:
        message = f"{os.fspath(path)} holds no samples"
        hint = "they are written by `mscnet fit --sample`, as samples.nc"
        raise MechanismError.of("E155", message, hint=hint) from error
    return Samples(parameters, thetas, heights, *numbers, None if seed < 0 else seed)


def _parameter(name: str, lower: float, upper: float, scale: Any, start: Any, prior: Any, *more: Any) -> FreeParameter:
    kind, unit, factor, note = more
    return FreeParameter(name, lower, upper, scale, start, tuple(prior) if prior else None, kind, unit, factor, note)


def _convergence(name: str, thetas: FloatArray) -> Convergence:
    """Of one parameter (ensembles, draws, walkers)."""
    import emcee

    array_stats: Any = import_module("arviz_stats.base").array_stats
    ensembles, draws, walkers = thetas.shape
    # R-hat looks at moments of each chain's halves, for which walkers of one time may stand one after the other
    one_chain_each = thetas.reshape(ensembles, draws * walkers)
    every_walker = thetas.transpose(0, 2, 1).reshape(ensembles * walkers, draws)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore")
        r_hat = float(array_stats.rhat(one_chain_each, **_AXES))
        bulk = float(array_stats.ess(every_walker, method="bulk", **_AXES))
        tail = float(array_stats.ess(every_walker, method="tail", prob=_TAILS, **_AXES))
        times = [float(emcee.autocorr.integrated_time(each, tol=0, quiet=True, has_walkers=True)[0])
                 for each in thetas[..., None]]  # fmt: skip
    return Convergence(name, r_hat, bulk, tail, max(times))
