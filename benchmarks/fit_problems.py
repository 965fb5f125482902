"""Problems of fitting: mass-action models with known constants, and noisy courses of some of their species."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.massaction import MassAction

FloatArray = NDArray[np.float64]

#: Bounds are so many times below and above the true constants.
REACH = 100.0


@dataclass(frozen=True)
class FitProblem:
    """A model whose constants are all to be found: steps with their true constants, initial values, what is measured.

    `sigma` is the noise of each observed species, its highest true value times `noise`.
    """

    name: str
    steps: tuple[tuple[str, float], ...]
    initial: dict[str, float]
    observed: tuple[str, ...]
    times: FloatArray
    noise: float
    seed: int

    @cached_property
    def species(self) -> tuple[str, ...]:
        """All species, in the order of their initial values."""
        return tuple(self.initial)

    @cached_property
    def truth(self) -> FloatArray:
        """The true constants."""
        return np.array([constant for _, constant in self.steps])

    @cached_property
    def bounds(self) -> FloatArray:
        """Natural logarithms of the bounds (n, 2)."""
        return np.log(np.stack([self.truth / REACH, self.truth * REACH], axis=1))

    def text(self) -> str:
        """The mechanism's file with an experiment that measures what is observed."""
        lines = ["units time = s, concentration = mM, volume = mL"]
        for j, (step, constant) in enumerate(self.steps):
            low, high = constant / REACH, constant * REACH
            lines += [f"parameter k{j} = {constant!r} in {low!r} .. {high!r} log", f"{step} @ k{j}"]
        held = " ; ".join(f"{name} = {value!r} mM" for name, value in self.initial.items() if value)
        readings = ", ".join(f"c{name} = [{name}]" for name in self.observed)
        at = ", ".join(f"{time!r}" for time in self.times.tolist())
        lines += [f"solution stock {{ {held} }}", f"experiment e {{ mix 1 mL stock ; measure {readings} at {at} s }}"]
        return "\n".join(lines) + "\n"

    @cached_property
    def model(self) -> MassAction:
        """The model in numbers, for other programs; species are in the order of `species`."""
        import mscnet

        values = "".join(f"species {name} = {value!r}\n" for name, value in self.initial.items())
        steps = "".join(f"{step} @ {constant!r}\n" for step, constant in self.steps)
        return MassAction.of(mscnet.loads(values + steps))

    @cached_property
    def exact(self) -> FloatArray:
        """The true courses of what is observed (n_times, n_observed)."""
        import mscnet

        values = "".join(f"species {name} = {value!r}\n" for name, value in self.initial.items())
        steps = "".join(f"{step} @ {constant!r}\n" for step, constant in self.steps)
        run = mscnet.simulate(mscnet.loads(values + steps), times=self.times, rtol=1e-10, atol=1e-14)
        return np.stack([np.asarray(run[name]) for name in self.observed], axis=1)

    @cached_property
    def sigma(self) -> FloatArray:
        """The noise of each observed species."""
        return np.asarray(self.noise * self.exact.max(axis=0))

    @cached_property
    def measured(self) -> FloatArray:
        """The data (n_times, n_observed)."""
        random = np.random.default_rng(self.seed)
        return np.asarray(self.exact + random.normal(0.0, 1.0, self.exact.shape) * self.sigma)

    def observations(self) -> tuple[Any, ...]:
        """The data as mscnet has them."""
        from mscnet.experiment.observations import Observations, ObservedSeries

        ones = np.ones(self.times.size)
        series = tuple(
            ObservedSeries(f"c{name}", {}, self.times, self.measured[:, j], ones * self.sigma[j], ones.astype(np.int64),
                           "mM")
            for j, name in enumerate(self.observed)
        )  # fmt: skip
        return (Observations("e", "simulated", series),)

    def starts(self, count: int) -> FloatArray:
        """Logarithms of constants (count, n), spread evenly between the bounds less a tenth at each end."""
        from scipy.stats import qmc

        shares = 0.1 + 0.8 * qmc.LatinHypercube(len(self.steps), seed=np.random.default_rng(self.seed)).random(count)
        return np.asarray(self.bounds[:, 0] + shares * (self.bounds[:, 1] - self.bounds[:, 0]))


def problems() -> tuple[FitProblem, ...]:
    """Small, stiff, and of ten species."""
    return (
        FitProblem(
            "small", (("A -> B", 0.05), ("B -> A", 0.02), ("B -> C", 0.03), ("C -> B", 0.01)),
            {"A": 1.0, "B": 0.0, "C": 0.0}, ("A", "B", "C"), np.linspace(2.0, 200.0, 40), 0.02, 1,
        ),
        FitProblem(
            "stiff", (("A -> B", 0.04), ("2 B -> B + C", 3e7), ("B + C -> A + C", 1e4)),
            {"A": 1.0, "B": 0.0, "C": 0.0}, ("A", "B", "C"), np.geomspace(1e-4, 1e4, 60), 0.02, 2,
        ),
        FitProblem(
            "mid-size",
            (
                ("A + B -> AB", 0.8), ("AB -> A + B", 0.1), ("AB -> C", 0.3), ("C -> AB", 0.05), ("C + D -> E", 0.5),
                ("E -> F + G", 0.2), ("F -> H", 0.08), ("G + B -> I", 0.4), ("I -> G + B", 0.15), ("H + D -> F", 0.06),
                ("C -> H", 0.02), ("I -> A", 0.03),
            ),
            {"A": 1.0, "B": 1.2, "AB": 0.0, "C": 0.0, "D": 0.8, "E": 0.0, "F": 0.0, "G": 0.0, "H": 0.0, "I": 0.0},
            ("A", "B", "AB", "C", "E", "F", "H", "I"), np.geomspace(0.5, 100.0, 50), 0.02, 3,
        ),
    )  # fmt: skip
