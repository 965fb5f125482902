"""`Repeats`: many stochastic runs of one model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field
from mscnet.simulation.status import Status
from mscnet.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas
    import xarray
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Repeats:
    """Runs of the same model that differ in chance alone.

    `repeat` (n_repeats,) are their numbers, counted from 1, `time` (n_times,) is in the file's time unit, `values`
    (n_repeats, n_times, n_species) in the file's units.  ``runs["X"]`` is (n_repeats, n_times), of a species, an
    observable or a derived value.  `mechanism`, `status`, `statistics` and `provenance` are as in a `Trajectory`;
    where the status is not ``DONE``, the runs that were finished before are here.
    """

    repeat: NDArray[np.int64] = field(repr=False)
    time: NDArray[np.float64] = field(repr=False)
    species: tuple[str, ...]
    values: NDArray[np.float64] = field(repr=False)
    mechanism: Mechanism = field(repr=False)
    status: Status = Status.DONE
    statistics: Mapping[str, Any] = field(default_factory=dict, repr=False)
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return (
            f"<Repeats {self.mechanism.name}: {len(self)} runs, {len(self.species)} species, {len(self.time)} times, "
            f"{self.status.name}>"
        )

    def __len__(self) -> int:
        return len(self.repeat)

    @property
    def names(self) -> tuple[str, ...]:
        """Species, then observables."""
        return self.joined.names

    def run(self, repeat: int) -> Trajectory:
        """The run of this number, as a trajectory; raises KeyError where there is none."""
        place = np.flatnonzero(self.repeat == repeat)
        if not len(place):
            raise KeyError(f"there is no run {repeat}")
        origin = {**self.provenance, "repeat": repeat}
        values = self.values[place[0]]
        return Trajectory(self.time, self.species, values, self.mechanism, Status.DONE, self.statistics, origin)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """The courses of a species, observable or derived value, (n_repeats, n_times); raises KeyError."""
        return np.asarray(self.joined[name]).reshape(len(self), len(self.time))

    def __contains__(self, name: object) -> bool:
        return name in self.joined

    def mean(self, name: str) -> NDArray[np.float64]:
        """The mean over the runs, (n_times,)."""
        return np.asarray(self[name].mean(axis=0))

    def std(self, name: str) -> NDArray[np.float64]:
        """The standard deviation over the runs (with n - 1), (n_times,); ``nan`` for a single run."""
        if len(self) < 2:
            return np.full(len(self.time), np.nan)
        return np.asarray(self[name].std(axis=0, ddof=1))

    @cached_property
    def joined(self) -> Trajectory:
        """All runs one behind the other, so that derived values are found in one sweep."""
        times = np.tile(self.time, len(self))
        return Trajectory(times, self.species, self.values.reshape(len(times), len(self.species)), self.mechanism)

    def unit_of(self, name: str) -> str:
        """The unit of a course as text; raises KeyError."""
        return self.joined.unit_of(name)

    def label_of(self, name: str) -> str:
        """The printed label of a species or observable, else its name; raises KeyError."""
        return self.joined.label_of(name)

    def to_xarray(self) -> xarray.Dataset:
        """A Dataset over ``repeat`` and ``time``; each variable has ``units`` and ``long_name``."""
        import xarray

        data = {
            name: (("repeat", "time"), self[name], {"units": self.unit_of(name), "long_name": self.label_of(name)})
            for name in self.names
        }
        time = ("time", self.time, {"units": self.unit_of("time"), "long_name": "time"})
        attributes = {key: "" if value is None else value for key, value in self.provenance.items()}
        coordinates = {"repeat": self.repeat, "time": time}
        return xarray.Dataset(data, coords=coordinates, attrs={**attributes, "status": self.status.name})

    def to_pandas(self) -> pandas.DataFrame:
        """A DataFrame with the columns `names`, indexed by ``repeat`` and ``time``; units in ``.attrs``."""
        import pandas

        index = pandas.MultiIndex.from_product([self.repeat, self.time], names=["repeat", "time"])
        frame = pandas.DataFrame({name: np.ravel(self[name]) for name in self.names}, index=index)
        units = {name: self.unit_of(name) for name in ("time", *self.names)}
        frame.attrs = {"units": units, **dict(self.provenance.items())}
        return frame

    def plot(self, columns: Any = None, **settings: Any) -> Figure:
        """Runs and their means as a matplotlib Figure; see `mscnet.report.repeats.plot_repeats`."""
        from mscnet.report.repeats import plot_repeats

        return plot_repeats(self, columns, **settings)
