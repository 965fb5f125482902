"""The search for the steady state that a trajectory reaches.

The trajectory is followed with the tolerances of a run.  Whenever the time has tripled, Newton's method is tried
from the state that is reached; what it finds counts only if the trajectory has come near, comes nearer still, and the
state is stable.  So another steady state of the same totals is never taken for the one that is reached, nor a saddle
that the trajectory only passes.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass
from mscnet.simulation.status import Status
from mscnet.simulation.steady_model import SteadyModel
from mscnet.simulation.steady_newton import FLOOR, Root, continuation, distance, polish, scales, spectrum
from mscnet.simulation.steady_recurrence import find_period
from mscnet.simulation.steady_walk import Walker, start_walk

FloatArray = NDArray[np.float64]

Ending = Literal["found", "oscillates", "grows", "steps", "numerics", "end"]

#: Between two looks for a steady state the time grows by this factor.
STRIDE = 3.0
#: What changes by more than this part while the time triples is not near a steady state.
MOVING = 0.3
#: A steady state is near where no concentration is further from it than by this part.
NEAR = 0.02
#: The trajectory has come nearer still where it has left no more than this part of the distance …
NEARER = 0.5
#: … or where the distance is below this, which is about what its own errors leave.
VERY_NEAR = 1e-5
#: Networks of more species than this are not searched by Newton steps: the plateau alone serves.
NEWTON_UP_TO = 2000
#: Up to this many species stability is decided by all eigenvalues; beyond, only if they are asked for: the trajectory
#: must then come very near.
SPECTRUM_UP_TO = 100
#: More steps than this between two looks raise the question whether the trajectory comes back to itself.
RESTLESS = 250
#: A real part is above zero where it exceeds this part of the fastest rate: eigenvalues are no more certain.
UNCERTAIN = 1e-13
#: A state that is unstable is kept for this many of its own time scales before the trajectory counts as staying.
STAYS = 60.0
#: A concentration that has grown by this factor, and still grows with time, has no bound.
UNBOUNDED = 1e10
#: Growth of the largest one while the time triples.
GROWS = 1.2
#: The same where no eigenvalue tells that the trajectory is held there.
AT_REST = 1e-6
#: Change of any concentration while the time triples, and imbalance, that count as a plateau.
PLATEAU = 1e-7
#: The end of time, in units of the shortest time scale at the start.
END = 1e25


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended: at a steady state, or where it gave up and why."""

    ending: Ending
    x: FloatArray
    how: str
    #: How far the trajectory was followed, in the file's time unit, and in how many steps; 0 where it was not.
    time: float
    steps: int
    correction: float
    eigenvalues: NDArray[np.complex128] | None = None
    period: float = np.nan
    status: Status = Status.DONE


def search(
    model: SteadyModel, x0: FloatArray, rtol: float, path_rtol: float, atol: FloatArray, max_steps: int
) -> Found:
    """Follow the trajectory from `x0` to the steady state that it reaches, or to the reason why there is none."""
    return _Search(model, x0, rtol, path_rtol, atol, max_steps).run()


def search_any(model: SteadyModel, x0: FloatArray, rtol: float) -> Found | None:
    """A steady state with the totals of `x0`, stable or not, whether or not a trajectory reaches it."""
    if model.size > NEWTON_UP_TO:
        return None
    model.largest = float(np.abs(x0).max(initial=0.0))
    model.fastest = 1.0 / _time_scale(model, x0)
    root = continuation(model, x0, model.laws.weights @ x0, rtol)
    if root is None:
        return None
    return Found("found", root.x, "pseudo-transient continuation", 0.0, 0, root.correction, _spectrum(model, root.x))


def stability(eigenvalues: NDArray[np.complex128], fastest: float) -> tuple[int, bool]:
    """The number of eigenvalues with a positive real part, and whether one is too near zero to tell.

    `fastest` is a rate of the same mechanism that eigenvalues are compared with.
    """
    if not len(eigenvalues):
        return 0, False
    noise = UNCERTAIN * len(eigenvalues) * max(fastest, float(np.abs(eigenvalues).max()))
    return int((eigenvalues.real > noise).sum()), bool((np.abs(eigenvalues.real) <= noise).any())


def _spectrum(model: SteadyModel, x: FloatArray) -> NDArray[np.complex128] | None:
    return spectrum(model, x) if model.size <= SPECTRUM_UP_TO else None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A steady state that the trajectory came near, and how near."""

    root: Root
    near: float
    eigenvalues: NDArray[np.complex128] | None


class _Search:
    def __init__(
        self, model: SteadyModel, x0: FloatArray, rtol: float, path_rtol: float, atol: FloatArray, max_steps: int
    ) -> None:
        self.model, self.x0, self.rtol, self.max_steps = model, x0, rtol, max_steps
        self.totals = model.laws.weights @ x0
        self.unit = _time_scale(model, x0)
        model.fastest = 1.0 / self.unit
        self.walker: Walker = start_walk(model, x0, path_rtol, atol, END * self.unit)
        self.candidate: _Candidate | None = None
        self.before = x0
        self.first = model.largest = float(np.abs(x0).max(initial=0.0))

    def run(self) -> Found:
        walker = self.walker
        if not np.isfinite(self.model.rhs(self.x0)).all():
            return self._gave_up("numerics", status=Status.NOT_FINITE)
        if self._at_rest():
            return self._found(Root(self.x0, 0.0), "the state it starts from", _spectrum(self.model, self.x0))
        until = 0.0
        while walker.steps < self.max_steps:
            steps = walker.steps
            status = walker.on(until, min(RESTLESS, self.max_steps - steps))
            if status is not Status.DONE:
                return self._gave_up("numerics", status=status)
            if walker.steps - steps >= RESTLESS:
                found = self._restless()
                if found is None and self._ended():  # it was busy for a while, and then came to rest
                    found = self._look()
            else:
                found = self._look()
                until = max(STRIDE * walker.time, np.nextafter(0.0, 1.0))
            if found is not None:
                return found
            if self._ended():
                return self._gave_up("end")
        return self._gave_up("steps")

    # --- a look ------------------------------------------------------------------------------

    def _look(self) -> Found | None:
        x, before = self.walker.state, self.before
        self.before = x
        if self._grows(x, before):
            return self._gave_up("grows")
        change = distance(x, before, self.model.largest)
        if change > MOVING or 0.0 < self.walker.time < self.unit:
            self.candidate = None
            return None
        near = self._newton(x)
        if near is None:
            self.candidate = None
            if self.walker.time > 0.0 and change <= PLATEAU and self._balanced(x):
                return self._found(Root(x, change), "a plateau of the trajectory", _spectrum(self.model, x))
            return None
        return self._confirm(near, change)

    def _newton(self, x: FloatArray) -> _Candidate | None:
        if self.model.size > NEWTON_UP_TO:
            return None
        root = polish(self.model, x, self.totals, self.rtol, reach=NEAR)
        if root is None:
            return None
        known = self.candidate
        same = known is not None and distance(known.root.x, root.x, self.model.largest) <= 1e3 * self.rtol
        eigenvalues = known.eigenvalues if same and known is not None else _spectrum(self.model, root.x)
        return _Candidate(root, distance(x, root.x, self.model.largest), eigenvalues)

    def _confirm(self, seen: _Candidate, change: float) -> Found | None:
        """Takes a candidate where the trajectory has come nearer to it; else remembers it."""
        first, self.candidate = self.candidate, seen
        positive, unsure = (0, seen.eigenvalues is None)
        if seen.eigenvalues is not None:
            positive, unsure = stability(seen.eigenvalues, self.model.fastest)
        if positive:
            # kept as first seen: the trajectory must stay for long, or it only passes
            self.candidate = first or seen
            growth = float(seen.eigenvalues.real.max())  # type: ignore[union-attr]
            stays = seen.near <= VERY_NEAR and self.walker.time * growth > STAYS
            how = "the trajectory stays at an unstable state"
            return self._found(seen.root, how, seen.eigenvalues) if stays else None
        approaching = first is not None and seen.near <= NEARER * first.near
        if unsure:
            # a continuum of steady states, or one that is approached ever more slowly: nothing may move any more
            arrived = seen.near <= VERY_NEAR and (seen.eigenvalues is None or change <= AT_REST)
        else:
            arrived = approaching or seen.near <= VERY_NEAR
        if arrived:
            return self._found(seen.root, "Newton's method from the trajectory", seen.eigenvalues)
        return None

    # --- what ends a search without a steady state ------------------------------------------------

    def _restless(self) -> Found | None:
        """Whether the trajectory takes so many steps since it grows, or comes back to itself again and again."""
        if self._grows(self.walker.state, self.before):
            return self._gave_up("grows")
        period = find_period(self.model, self.walker, self.max_steps - self.walker.steps)
        self.candidate, self.before = None, self.walker.state
        return None if period is None else self._gave_up("oscillates", period=period)

    def _grows(self, x: FloatArray, before: FloatArray) -> bool:
        size, was = float(np.abs(x).max(initial=0.0)), float(np.abs(before).max(initial=0.0))
        self.first = self.first or size
        self.model.largest = max(self.model.largest, size)
        if size <= GROWS * was or not (size > UNBOUNDED * self.first or self._ended()):
            return False
        # a start that is nearly empty may grow as much and yet have an end: then there is a state further up
        ahead = polish(self.model, x, self.totals, self.rtol) if self.model.size <= NEWTON_UP_TO else None
        return ahead is None or float(ahead.x.max()) < size

    def _ended(self) -> bool:
        return self.walker.time >= 0.99 * END * self.unit

    # --- endings -----------------------------------------------------------------------------

    def _at_rest(self) -> bool:
        """Whether nothing at all happens at the start: a run stays there for ever."""
        return not self.model.rhs(self.x0).any()

    def _balanced(self, x: FloatArray) -> bool:
        """Whether every species that there is anything of is formed as fast as it is consumed."""
        there = x > FLOOR * self.model.largest
        return bool((self.model.imbalance(x)[there] <= PLATEAU).all())

    def _found(self, root: Root, how: str, eigenvalues: NDArray[np.complex128] | None) -> Found:
        return Found("found", root.x, how, self.walker.time, self.walker.steps, root.correction, eigenvalues)

    def _gave_up(self, why: Ending, period: float = np.nan, status: Status = Status.DONE) -> Found:
        walker = self.walker
        change = distance(walker.state, self.before, self.model.largest)
        return Found(why, walker.state, "", walker.time, walker.steps, change, period=period, status=status)


def _time_scale(model: SteadyModel, x0: FloatArray) -> float:
    """The shortest time scale at a state, from the Jacobian or the rates; 1 where neither says anything."""
    slope = np.abs(model.rhs(x0)) / scales(x0, 0.0) if x0.any() else np.zeros(0)
    fastest = float(np.max(slope[np.isfinite(slope)], initial=0.0))
    if model.size <= NEWTON_UP_TO:
        diagonal = np.abs(np.diag(model.jacobian(x0)))
        fastest = max(fastest, float(np.max(diagonal[np.isfinite(diagonal)], initial=0.0)))
    return 1.0 / fastest if 0.0 < fastest < np.inf else 1.0
