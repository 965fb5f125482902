"""Spectra over time decomposed without a mechanism: how many contributions, which, and how sure that is."""

from __future__ import annotations

import numpy as np

from mscnet.diagnostics import MechanismError
from mscnet.experiment.observations import ObservedSpectra
from mscnet.experiment.results import Spectra
from mscnet.inference.decompose_bands import Band, bands
from mscnet.inference.decompose_data import SpectralMatrix, matrix_of
from mscnet.inference.decompose_evolving import Evolving, evolve
from mscnet.inference.decompose_rank import RankEstimate, estimate_rank
from mscnet.inference.decompose_resolve import Initial, Resolved, require_pymcr, resolve
from mscnet.records import dataclass

#: Values so many standard deviations of the noise below zero, on many points, are no noise.
_NEGATIVE = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    """What spectra hold before any mechanism.

    `rank` is how many contributions can be told apart, `evolving` when they come and go.  `resolved` are courses and
    spectra of `components` of them, one solution of perhaps many, and `bands` how far the others reach, one a
    component; both are empty where only the rank was asked for, or where `notes` say why.
    """

    data: SpectralMatrix
    rank: RankEstimate
    evolving: Evolving
    components: int
    resolved: Resolved | None
    bands: tuple[Band, ...]
    notes: tuple[str, ...]


def decompose(
    data: ObservedSpectra | Spectra | SpectralMatrix,
    components: int | None = None,
    *,
    sigma: float | None = None,
    closure: bool = False,
    unimodal: bool = False,
    initial: Initial = "purest",
    rank_only: bool = False,
) -> Decomposition:
    """How many contributions spectra over time hold, their courses and spectra, and the ambiguity of these.

    `components` are resolved, as many as can be told apart where it is not given.  `sigma` is the noise of an
    absorbance in place of what the data say.  `closure`: the courses add up to the same at every time; `unimodal`:
    each has one maximum.  `rank_only`: nothing is resolved, and pyMCR not needed.

    Raises:
        MechanismError: E149: data that cannot be decomposed; E150: more components than the data hold, or pyMCR is
            not installed.
    """
    made = data if isinstance(data, SpectralMatrix) and sigma is None else matrix_of(_spectra(data), sigma)
    rank = estimate_rank(made)
    made = rank.data
    count = _count(components, rank)
    evolving = evolve(made, rank.sigma, count)
    why_not = "" if rank_only or not count else _negative(made, rank)
    if rank_only or not count or why_not:
        notes = (why_not,) if why_not else () if count else ("nothing stands above the noise",)
        return Decomposition(made, rank, evolving, count, None, (), (*rank.notes, *notes))
    require_pymcr()
    resolved = resolve(made, count, closure=closure, unimodal=unimodal, initial=initial)
    reach = bands(made, resolved, rank.sigma)
    return Decomposition(made, rank, evolving, count, resolved, reach, (*rank.notes, *_notes(made, rank, resolved)))


def _spectra(data: ObservedSpectra | Spectra | SpectralMatrix) -> ObservedSpectra | Spectra:
    if isinstance(data, SpectralMatrix):
        return Spectra(data.name, data.time, data.wavelength, data.absorbance)
    return data


def _count(components: int | None, rank: RankEstimate) -> int:
    if components is None:
        return rank.count
    if isinstance(components, bool) or not isinstance(components, int) or components < 1:
        raise MechanismError.of("E150", f"the number of components must be 1 or more, not {components}")
    if components > rank.highest:
        message = f"{components} components, but no more than {rank.highest} can be told apart in these data"
        hint = f"the rest is noise; {rank.count} is what the data hold"
        raise MechanismError.of("E150", message, hint=hint)
    return components


def _negative(data: SpectralMatrix, rank: RankEstimate) -> str:
    """Why courses and spectra that are not negative cannot give these data; "" where they can."""
    low = -_NEGATIVE * max(rank.sigma, 1e-9 * float(np.abs(data.absorbance).max()))
    share = float(np.mean(data.absorbance < low * data.rows[:, None] * data.columns))
    if share < 0.01:
        return ""
    return (
        f"{100 * share:.0f} % of the values are below zero by more than noise (difference spectra, or a baseline taken "
        "off too much): spectra that are not negative cannot give them, and nothing is resolved"
    )


def _notes(data: SpectralMatrix, rank: RankEstimate, resolved: Resolved) -> tuple[str, ...]:
    notes = []
    if not resolved.converged:
        notes.append(f"the resolution had not settled after {resolved.rounds} rounds")
    expected = rank.sigma * float(np.sqrt(np.mean(np.outer(data.rows, data.columns) ** 2)))
    if expected > 0 and resolved.rms > 1.2 * expected:
        what = "closure or unimodality may not hold" if resolved.closure else "something is not described"
        notes.append(f"what is left over is {resolved.rms / expected:.1f} times the noise: {what}")
    return tuple(notes)
