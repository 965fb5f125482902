"""An initial value problem as the methods see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.kinetics.switches import beside
from mscnet.records import dataclass, field
from mscnet.simulation.conditions import Watch

if TYPE_CHECKING:
    from mscnet.kinetics.program import RateProgram
    from mscnet.kinetics.system import RateSystem
    from mscnet.simulation.event_log import EventLog
    from mscnet.simulation.loop import Outcome

#: From this many species on, implicit methods get sparse Jacobians and sparse factorisations.
SPARSE_FROM = 100

FloatArray = NDArray[np.float64]


@dataclass(eq=False)
class Problem:
    """A rate system with a span of time, a state to start from and tolerances.

    It counts evaluations, and keeps in `trouble` the last (time, state) whose rates were not finite.
    """

    system: RateSystem | RateProgram
    start: float
    end: float
    state: FloatArray
    rtol: float
    atol: float | FloatArray
    max_step: float = np.inf
    #: Times inside the span at which a rate jumps: the run is cut there, so that no step goes across.
    switches: Sequence[float] = ()
    counts: dict[str, int] = field(default_factory=lambda: {"rhs": 0, "jacobian": 0})
    trouble: tuple[float, FloatArray] | None = None
    #: Names of the methods that a composite one has used, in order.
    used: list[str] = field(default_factory=list)
    #: What the run's events have done, where the model has some.
    events: EventLog | None = None
    #: Conditions that are watched.
    watch: Watch = field(default_factory=lambda: Watch(()))

    @property
    def size(self) -> int:
        return len(self.state)

    def rhs(self, time: float, x: FloatArray) -> FloatArray:
        """dx/dt."""
        self.counts["rhs"] += 1
        out = self.system.rhs(time, x)
        if not np.isfinite(out).all():
            self.trouble = (float(time), np.array(x))
        return out

    def jacobian(self, time: float, x: FloatArray) -> Any:
        """d(dx/dt)/dx: dense for a small system, sparse (CSC) for a large one."""
        self.counts["jacobian"] += 1
        if self.size < SPARSE_FROM:
            return self.system.dense_jacobian(time, x)
        return self.system.jacobian(time, x)

    def dense_jacobian(self, time: float, x: FloatArray) -> FloatArray:
        """d(dx/dt)/dx as a dense array, for methods that take no other."""
        self.counts["jacobian"] += 1
        return self.system.dense_jacobian(time, x)

    def settle(self, outcome: Outcome, times: FloatArray, values: FloatArray) -> None:
        """Brings what a run has given to the equilibria of fast steps: `values` (n_times, n_species) at `times` as far
        as they go, and the state that was reached."""
        settler = getattr(self.system, "settler", None)
        if settler is None:
            return
        mechanism, kept = self.system.network.mechanism, outcome.kept
        values[:kept] = settler.course(mechanism, times[:kept], values[:kept])
        if np.isfinite(outcome.state).all():
            outcome.state = settler.course(mechanism, np.array([outcome.time]), outcome.state[None])[0]

    def segments(self) -> Iterator[tuple[float, float, float]]:
        """Start and end of each stretch between switches, and the time up to which it gives the output.

        A stretch begins just after one switch and ends just before the next, where the rates are smooth.
        """
        edges = [*self.switches, self.end]
        start = self.start
        for edge in edges:
            last = edge == self.end
            end = edge if last else beside(edge, -1.0)
            if end > start:
                yield start, end, edge
                start = edge if last else beside(edge, 1.0)

    def move_to(self, time: float, state: FloatArray) -> Problem:
        """The same problem, started anew from `time`; evaluations are counted on."""
        self.start, self.state, self.trouble = time, state, None
        return self
