"""How a run ended, and the error of one that could not finish."""

from __future__ import annotations

from enum import Enum
from typing import Any


class Status(Enum):
    """How a run ended; each value is a sentence with the remedy."""

    DONE = "The run reached its end."
    STOPPED = "The run ended where the condition that was to stop it began to hold."
    INTERRUPTED = "The run was interrupted; what was reached before is kept, run it again for the rest."
    NOT_FINITE = (
        "A rate or a concentration is not a finite number: look for a division by zero, the logarithm or root of a "
        "negative number, or an overflow in the rate law that is named."
    )
    STEP_TOO_SMALL = (
        "The step had to shrink to nothing: look for a concentration that grows without bound or a rate that jumps, "
        "or end the run before that time."
    )
    NEGATIVE_RATE = (
        "The rate of a reaction is negative, which single molecules cannot follow: write its two directions as two "
        "reactions."
    )
    TOO_MANY_STEPS = (
        "The run takes more steps than allowed: allow more with max_steps, loosen rtol or atol, end the run earlier, "
        "or try another method: where steps are short for stability alone, an implicit one such as auto or bdf."
    )

    EVENT = "An event could not be done, or events went on without end: change what it does or when."
    IMPOSSIBLE = "A step of the experiment cannot be done: change what it takes, adds or holds."

    @property
    def finished(self) -> bool:
        """Whether the run went as far as it was to go."""
        return self in (Status.DONE, Status.STOPPED)

    @property
    def remedy(self) -> str:
        """The sentence."""
        return str(self.value)


class SimulationError(Exception):
    """The numerics could not finish: `status` says how, the message where and why.

    `trajectory` is a `Trajectory` of the output times that were reached before, possibly the start alone; of many
    stochastic runs it is the `Repeats` with those that were finished.
    """

    def __init__(self, status: Status, trajectory: Any, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.trajectory: Any = trajectory

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.trajectory, str(self))
