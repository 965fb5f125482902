"""`SteadyState`: concentrations that no longer change, how they were found, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.mechanism import Mechanism
from mscnet.network.conservation import conservation_laws
from mscnet.records import dataclass, field
from mscnet.simulation.provenance import provenance
from mscnet.simulation.status import Status
from mscnet.simulation.steady_model import SteadyModel
from mscnet.simulation.steady_newton import FLOOR, spectrum
from mscnet.simulation.steady_search import Ending, Found, stability
from mscnet.simulation.trajectory import SHOWN_ROWS, Trajectory

if TYPE_CHECKING:
    import pandas

FloatArray = NDArray[np.float64]


class SteadyStateError(Exception):
    """There is no steady state, or none was found: the message says what happened and what helps.

    `reason` is ``"oscillates"``, ``"grows"``, ``"steps"``, ``"numerics"`` or ``"end"``, `time` how far the trajectory
    was followed, in the file's time unit, and `concentrations` where it stood then.
    """

    def __init__(self, reason: Ending, message: str, time: float, concentrations: Mapping[str, float]) -> None:
        super().__init__(message)
        self.reason = reason
        self.time = time
        self.concentrations = concentrations

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, str(self), self.time, dict(self.concentrations))


@dataclass(frozen=True, eq=False)
class SteadyState:
    """A steady state: `concentrations` (n_species,) in the file's units, in the order of `species`.

    ``state["X"]`` is a species, an observable or a derived value.  `mechanism` is the model with the values that were
    used.
    """

    species: tuple[str, ...]
    concentrations: FloatArray = field(repr=False)
    mechanism: Mechanism = field(repr=False)
    _model: SteadyModel = field(repr=False)
    _found: Found = field(repr=False)
    _start: FloatArray = field(repr=False)
    _from_initial: bool = field(repr=False)

    def __repr__(self) -> str:
        words = {True: "stable", False: "unstable", None: "stability not known"}[self.stable]
        return (
            f"<SteadyState {self.mechanism.name}: {len(self.species)} species, {words}, residual {self.residual:.1e}>"
        )

    # --- values ------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Species, then observables."""
        return self.trajectory.names

    def __getitem__(self, name: str) -> float:
        """A species, observable or derived value in the file's units; raises KeyError."""
        return float(self.trajectory[name][0])

    @cached_property
    def trajectory(self) -> Trajectory:
        """The state as a course of one time, infinity: for tables and files."""
        statistics = {
            "method": self.how,
            "residual": self.residual,
            "correction": self.correction,
            "stable": self.stable,
            "time": self.time,
            "steps": self._found.steps,
        }
        origin = {"kind": "steady state", **provenance(self.mechanism, "steady", 0.0, 0.0)}
        del origin["rtol"], origin["atol"], origin["method"]
        values = self.concentrations[None, :]
        return Trajectory(np.array([np.inf]), self.species, values, self.mechanism, Status.DONE, statistics, origin)

    # --- how good and what kind ------------------------------------------------------------------

    @property
    def how(self) -> str:
        """How it was found."""
        return self._found.how

    @property
    def time(self) -> float:
        """How far the trajectory was followed before Newton's method took over, in the file's time unit."""
        return self._found.time

    @property
    def correction(self) -> float:
        """Newton's last correction: the largest relative to a concentration, or to a millionth of the largest one."""
        return self._found.correction

    @cached_property
    def residual(self) -> float:
        """The largest |formation - consumption| / (formation + consumption) of a species that there is any of.

        Free of units; species below a millionth of the largest concentration on the way are left out.
        """
        x = self.concentrations
        there = x > FLOOR * max(self._model.largest, x.max(initial=0.0))
        return float(np.max(self._model.imbalance(x)[there], initial=0.0))

    @cached_property
    def totals(self) -> Mapping[str, float]:
        """The conserved totals, by their laws as text, in the file's units; those of the start."""
        laws = conservation_laws(self._model.program.network)
        index = self._model.program.network.species_index
        return {
            law.text().removesuffix(" = const"): float(
                sum(c * self.concentrations[index[s]] for s, c in law.coefficients)
            )
            for law in laws
        }

    @cached_property
    def eigenvalues(self) -> NDArray[np.complex128]:
        """Of the Jacobian within the stoichiometric class, per time unit of the file, the slowest first.

        A dense computation, which for more than a few hundred species is made only when this is asked for.
        """
        known = self._found.eigenvalues
        return spectrum(self._model, self.concentrations) if known is None else known

    @property
    def n_unstable(self) -> int | None:
        """The number of eigenvalues with a positive real part; None where they were not computed."""
        known = self.__dict__.get("eigenvalues", self._found.eigenvalues)
        return None if known is None else stability(known, self._model.fastest)[0]

    @property
    def stable(self) -> bool | None:
        """Whether small disturbances that keep the totals die out; None where a real part is zero to within rounding,
        or where there are too many species for eigenvalues unasked (see `eigenvalues`)."""
        known = self.__dict__.get("eigenvalues", self._found.eigenvalues)
        if known is None:
            return None
        positive, unsure = stability(known, self._model.fastest)
        return False if positive else None if unsure else True

    # --- sensitivities ---------------------------------------------------------------------------

    def sensitivities(self, names: Sequence[str] | None = None, scaled: bool = False) -> pandas.DataFrame:
        """How each species answers to small changes; see `steady_sensitivity.sensitivities`."""
        from mscnet.simulation.steady_sensitivity import not_isolated, sensitivities

        known = self._found.eigenvalues
        if known is not None and stability(known, self._model.fastest)[1]:
            raise not_isolated()
        return sensitivities(self._model, self.concentrations, names, scaled, self._from_initial)

    # --- views -----------------------------------------------------------------------------------

    def to_pandas(self) -> pandas.Series:
        """A Series over `names`; units in ``.attrs``."""
        import pandas

        series = pandas.Series([self[name] for name in self.names], index=list(self.names), name=self.mechanism.name)
        series.attrs = {"units": {name: self.trajectory.unit_of(name) for name in self.names}}
        return series

    def _repr_html_(self) -> str:
        """Every species and observable with its unit."""
        shown = self.names[:SHOWN_ROWS]
        run = self.trajectory
        rows = [
            f"<tr><td>{escape(run.label_of(n))}</td><td>{self[n]:.6g}</td><td>{escape(run.unit_of(n))}</td></tr>"
            for n in shown
        ]
        if len(self.names) > SHOWN_ROWS:
            rows.append(f"<tr><td>… and {len(self.names) - SHOWN_ROWS} more</td><td></td><td></td></tr>")
        return f"<p>{escape(repr(self)[1:-1])}</p><table>{''.join(rows)}</table>"


def why_not(found: Found, model: SteadyModel) -> str:
    """Why there is no steady state, in a chemist's words, with the remedy."""
    unit = model.program.network.mechanism.units.time.symbol
    at = f"t = {found.time:.6g} {unit}"
    match found.ending:
        case "oscillates":
            return (
                f"the trajectory does not settle: from {at} or earlier on it comes back to the same state every "
                f'{found.period:.6g} {unit}. Ask for kind="any" if you want the state that it circles.'
            )
        case "grows":
            name, value = _largest(found, model)
            return (
                f"there is no steady state: [{name}] still grows at {at}, where it is {value}. Look for a species that "
                "is fed or made without end and nothing consumes."
            )
        case "numerics":
            return f"the trajectory could not be followed beyond {at}. {found.status.remedy}"
        case "steps":
            balance = float(np.max(model.imbalance(found.x), initial=0.0))
            return (
                f"the trajectory has not settled after {found.steps:,} steps, at {at}: formation and consumption still "
                f"differ by up to {balance:.2g} of their sum. Allow more with max_steps, or run the mechanism to see "
                'whether it settles at all; kind="any" takes any steady state.'
            )
        case _:
            return (
                f"the trajectory has not come to rest by {at}, though almost nothing changes: its steady state is "
                "approached too slowly, or depends on the way (a rate that vanishes with its Jacobian)."
            )


def _largest(found: Found, model: SteadyModel) -> tuple[str, str]:
    i = int(np.argmax(found.x))
    mechanism = model.program.network.mechanism
    unit = mechanism.units.describe(mechanism.species[i].dimension)
    return model.program.species[i], f"{found.x[i]:.4g} {unit}".rstrip()
