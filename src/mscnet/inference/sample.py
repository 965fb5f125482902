"""Samples of the posterior by ensembles of walkers, with a plain word on whether they have converged.

The density is likelihood × priors × a flat density inside the bounds, flat in the coordinate that is searched: uniform
in ln value on a logarithmic scale, so that no decade is preferred.  The sampler is emcee's ensemble (D. Foreman-Mackey
et al., PASP 2013, 125, 306) with moves of differential evolution (B. Nelson et al., ApJS 2014, 210, 11; C. J. F. ter
Braak and J. A. Vrugt, Stat. Comput. 2008, 18, 435).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.inference.covariance import covariance
from mscnet.inference.identifiable import natural_widths
from mscnet.inference.problem import FAILED, Objective
from mscnet.inference.refit import has_failed, search_bounds
from mscnet.inference.samples import Samples
from mscnet.inference.workers import completed
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

EXTRA = "pip install 'mscnet[sampling]'"
#: Where nothing tells how far to start about the optimum: in natural widths.
_SPREAD = 0.5
#: No ensemble starts wider than this in a coordinate, in natural widths.
_WIDEST = 2.0


class SamplingInterrupted(KeyboardInterrupt):
    """Ctrl-C ended the sampling: `.samples` has what was drawn, None where no ensemble was finished."""

    def __init__(self, samples: Samples | None) -> None:
        super().__init__("interrupted while sampling")
        self.samples: Samples | None = samples


def sample(
    objective: Objective,
    theta: FloatArray,
    draws: int = 1000,
    *,
    burn: int | None = None,
    thin: int = 1,
    ensembles: int = 4,
    walkers: int | None = None,
    seed: int = 1,
    jobs: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Samples:
    """Samples about an optimum `theta` (P,).

    Args:
        draws: that are kept of every walker, each `thin` steps after the one before.
        burn: steps before these (default: half as many as follow, at least 100).
        ensembles: independent ones, each begun on its own; they are what R-hat compares.
        walkers: in each (default: 2 P + 2, at least 16).
        seed: the same one gives the same samples, whatever `jobs` is.
        jobs: processes that share the ensembles.

    Raises:
        MechanismError: emcee is not installed, numbers that make no sense, or the model cannot be run at `theta`.
        SamplingInterrupted: Ctrl-C was pressed.
    """
    require()
    size = len(objective.parameters)
    walkers = max(2 * size + 2, 16) if walkers is None else walkers
    burn = max(100, draws * thin // 2) if burn is None else burn
    _check(draws, burn, thin, ensembles, walkers, size, seed)
    spread = _spread(objective, np.asarray(theta, dtype=float))
    plan = _Plan(np.asarray(theta, dtype=float), spread, draws, burn, thin, walkers)
    seeds = np.random.SeedSequence(seed).spawn(ensembles)
    parts: dict[int, _Part] = {}
    interrupted = False
    # one ensemble after the other tells how far each is; several processes tell only when one ends
    tell = _Teller(progress, ensembles * (burn + draws * thin)) if progress is not None and jobs == 1 else None
    try:
        for number, part in completed(partial(_ensemble, objective, plan, tell), seeds, jobs):
            parts[number] = part
            if progress is not None:
                progress(len(parts) / ensembles)
    except KeyboardInterrupt:
        interrupted = True
    found = _joined(objective, plan, [parts[k] for k in sorted(parts)], seed) if parts else None
    if interrupted or found is None:
        raise SamplingInterrupted(found)
    return found


def require() -> None:
    """Refuses to go on without the packages of the extra.

    Raises:
        MechanismError: emcee or arviz-stats is not installed.
    """
    import importlib.util

    missing = [name for name in ("emcee", "arviz_stats") if importlib.util.find_spec(name) is None]
    if missing:
        raise MechanismError.of("E145", f"sampling needs {' and '.join(missing)}", hint=EXTRA)


def _check(draws: int, burn: int, thin: int, ensembles: int, walkers: int, size: int, seed: int) -> None:
    least = (("draws", draws, 4), ("burn", burn, 0), ("thin", thin, 1), ("ensembles", ensembles, 1), ("seed", seed, 0))
    for name, value, smallest in least:
        if value < smallest:
            raise MechanismError.of("E145", f"{name} is a whole number from {smallest} on, not {value}")
    if walkers < 2 * size or walkers % 2:
        message = f"an ensemble has an even number of walkers, {2 * size} at least for {size} parameters, not {walkers}"
        raise MechanismError.of("E145", message)


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    theta: FloatArray
    spread: FloatArray
    draws: int
    burn: int
    thin: int
    walkers: int


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What one ensemble drew: (draws, walkers, P), the log of the density (draws, walkers), the share accepted."""

    thetas: FloatArray
    log_density: FloatArray
    accepted: float


class _Teller:
    """Counts steps of all ensembles in one process."""

    def __init__(self, progress: Callable[[float], None], steps: int) -> None:
        self._progress, self._steps, self._done = progress, steps, 0

    def __call__(self) -> None:
        self._done += 1
        self._progress(self._done / self._steps)


def _spread(objective: Objective, theta: FloatArray) -> FloatArray:
    """A square root (P, P) of the covariance that walkers begin with: the quadratic's, where it has one."""
    found = covariance(objective, theta).matrix
    width = natural_widths(objective.parameters, theta)
    lost = ~np.isfinite(np.diag(found))
    found = np.where(np.isfinite(found), found, 0.0)
    found[lost, lost] = (_SPREAD * width[lost]) ** 2
    shrink = np.minimum(1.0, _WIDEST * width / np.sqrt(np.maximum(np.diag(found), 1e-300)))
    values, vectors = np.linalg.eigh(found * np.outer(shrink, shrink))
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _ensemble(objective: Objective, plan: _Plan, tell: _Teller | None, seed: np.random.SeedSequence) -> _Part:
    import emcee

    rng = np.random.default_rng(seed)
    begin = _begin(objective, plan, rng)
    state: Any = np.random.RandomState(int(rng.integers(2**31))).get_state()
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler: Any = emcee.EnsembleSampler(
        plan.walkers, plan.theta.size, partial(log_density, objective), moves=moves, vectorize=True
    )
    kept, heights, moved, before = [], [], 0, begin.copy()
    steps = plan.burn + plan.draws * plan.thin
    chain = sampler.sample(
        emcee.State(begin, random_state=state), iterations=steps, store=False, skip_initial_state_check=True
    )
    for step, now in enumerate(chain, 1):
        moved += int(np.any(now.coords != before, axis=1).sum())
        before = now.coords.copy()
        if step > plan.burn and (step - plan.burn) % plan.thin == 0:
            kept.append(before)
            heights.append(now.log_prob.copy())
        if tell is not None:
            tell()
    return _Part(np.array(kept), np.array(heights), moved / (steps * plan.walkers))


def _begin(objective: Objective, plan: _Plan, rng: np.random.Generator) -> FloatArray:
    """(walkers, P) normal about the optimum, wider than the posterior by half so that what is left of the beginning
    shows; those where the model cannot be run are drawn nearer."""
    low, high = search_bounds(objective.parameters)
    found = np.empty((plan.walkers, plan.theta.size))
    missing = np.arange(plan.walkers)
    for attempt in range(40):
        away = rng.standard_normal((missing.size, plan.theta.size)) @ plan.spread.T * (1.5 * 0.8**attempt)
        found[missing] = _reflected(plan.theta + away, low, high)
        missing = missing[~np.isfinite(log_density(objective, found[missing]))]
        if not missing.size:
            return found
    raise MechanismError.of("E145", "the model cannot be run about the optimum, so there is nowhere to sample from")


def _reflected(thetas: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Points outside the bounds, mirrored at them."""
    inside = np.where(thetas < low, 2 * low - thetas, thetas)
    inside = np.where(inside > high, 2 * high - inside, inside)
    return np.clip(inside, low, high)


def log_density(objective: Objective, thetas: FloatArray) -> FloatArray:
    """(m,): -½ Σ r² for coordinates (m, P); -inf outside the bounds and where the model cannot be run."""
    low, high = search_bounds(objective.parameters)
    inside = np.all((thetas >= low) & (thetas <= high), axis=1)
    found = np.full(len(thetas), -np.inf)
    if inside.any():
        rows = objective.many(thetas[inside])
        failed = np.array([has_failed(row) for row in rows], dtype=bool)
        with np.errstate(over="ignore", invalid="ignore"):
            height = -0.5 * np.einsum("ij,ij->i", rows, rows)
        found[inside] = np.where(failed | ~(height > -(FAILED**2)), -np.inf, height)
    return found


def _joined(objective: Objective, plan: _Plan, parts: list[_Part], seed: int) -> Samples:
    return Samples(
        objective.parameters, np.array([p.thetas for p in parts]), np.array([p.log_density for p in parts]),
        plan.thin, plan.burn, float(np.mean([p.accepted for p in parts])), seed,
    )  # fmt: skip
