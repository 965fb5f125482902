"""`Sensitivities`: how the course of a run depends on parameters and initial concentrations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.expression import Symbol
from mscnet.mechanism.units import Dimension
from mscnet.records import dataclass, field
from mscnet.simulation.tangents import Tangent, tangent_over
from mscnet.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    import xarray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sensitivities:
    """The derivatives of a course by parameters and initial concentrations.

    `values` is (n_times, n_species, n_parameters): dx/dp in the file's unit of concentration over that of the
    parameter.  ``sens["X"]["k1"]`` is one course of them, (n_times,), of a species, an observable or a derived value;
    a species' name as a parameter stands for its initial concentration.  `trajectory` is the run itself.
    """

    trajectory: Trajectory = field(repr=False)
    parameters: tuple[str, ...]
    values: FloatArray = field(repr=False)
    #: (n_parameters,) what the parameters were.
    parameter_values: FloatArray = field(repr=False)
    #: (n_parameters, n_species) derivatives of the initial concentrations.
    initial: FloatArray = field(repr=False)
    #: By name the derivatives (n_times, n_parameters) of parameters that events set.
    courses: Mapping[str, FloatArray] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"<Sensitivities of {self.trajectory!r} to {', '.join(self.parameters)}>"

    @property
    def time(self) -> FloatArray:
        """(n_times,) in the file's time unit."""
        return self.trajectory.time

    @property
    def species(self) -> tuple[str, ...]:
        return self.trajectory.species

    @property
    def names(self) -> tuple[str, ...]:
        """Species, then observables."""
        return self.trajectory.names

    def __getitem__(self, name: str) -> Mapping[str, FloatArray]:
        """The derivatives of a species, observable or derived value by each parameter; raises KeyError."""
        return self._by_parameter(self.of(name))

    def of(self, name: str) -> FloatArray:
        """The derivatives of a species, observable or derived value, (n_times, n_parameters); raises KeyError."""
        if name in self._index:
            return self.values[:, self._index[name]]
        if name in self.courses:
            return self.courses[name]
        if name == "time":
            raise KeyError("the time of a run depends on no parameter")
        value = self.trajectory[name]  # or the KeyError with its suggestion
        if name not in self._known:
            found = tangent_over(self.trajectory.mechanism.expression_of(name), self._tangent)
            self._known[name] = self._full(found.slope, value)
        return self._known[name]

    def normalised(self, name: str) -> Mapping[str, FloatArray]:
        """The derivatives d ln x / d ln p = (p/x) dx/dp of a course by each parameter: by what percentage x changes
        where p does by one percent.  ``nan`` where x is 0; raises KeyError."""
        with np.errstate(all="ignore"):
            scaled = self.of(name) * self.parameter_values / self.trajectory[name][:, np.newaxis]
        scaled[~np.isfinite(scaled)] = np.nan
        return self._by_parameter(scaled)

    def unit_of(self, name: str, parameter: str) -> str:
        """The unit of a derivative as text, "" for a pure number or where it is not known; raises KeyError."""
        mechanism = self.trajectory.mechanism
        above, below = self._dimension(name), self._dimension(parameter)
        return "" if above is None or below is None else mechanism.units.describe(above / below)

    def to_xarray(self) -> xarray.Dataset:
        """A Dataset over ``time`` and ``parameter`` with one variable a species or observable; the units of each by
        parameter are in its ``units``, a list in the order of the parameters."""
        import xarray

        data = {
            name: (
                ("time", "parameter"),
                self.of(name).copy(),
                {"units": [self.unit_of(name, p) for p in self.parameters], "long_name": f"sensitivity of {name}"},
            )
            for name in self.names
        }
        time = ("time", self.time, {"units": self.trajectory.unit_of("time"), "long_name": "time"})
        attributes = {k: "" if v is None else v for k, v in self.trajectory.provenance.items()}
        coordinates = {"time": time, "parameter": list(self.parameters)}
        return xarray.Dataset(data, coords=coordinates, attrs=attributes)

    # --- inner -------------------------------------------------------------------------------

    def _by_parameter(self, columns: FloatArray) -> Mapping[str, FloatArray]:
        return MappingProxyType({name: columns[:, i] for i, name in enumerate(self.parameters)})

    def _full(self, slope: Any, value: FloatArray) -> FloatArray:
        return np.array(np.broadcast_to(slope, (*value.shape, len(self.parameters))), dtype=np.float64)

    def _tangent(self, symbol: Symbol) -> Tangent:
        if symbol.kind == "time":
            return Tangent(self.time, np.zeros(1))
        if symbol.name in self.courses:
            return Tangent(self.trajectory[symbol.name], self.courses[symbol.name])
        if symbol.kind == "parameter":
            value = self.trajectory.mechanism.evaluate(symbol)
            return Tangent(np.float64(value), np.array([float(p == symbol.name) for p in self.parameters]))
        return Tangent(self.trajectory[symbol.name], self.of(symbol.name))

    def _dimension(self, name: str) -> Dimension | None:
        mechanism = self.trajectory.mechanism
        items: tuple[Any, ...] = (
            *mechanism.parameters, *mechanism.species, *mechanism.definitions, *mechanism.observables,
        )  # fmt: skip
        return {item.name: item.dimension for item in items}[name]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.species)}

    @cached_property
    def _known(self) -> dict[str, FloatArray]:
        return {}
