"""`Trajectory`: the course of a run, with its units and its provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.expression import Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.members import spelled
from mscnet.mechanism.types import Definition, Observable, Species
from mscnet.records import dataclass, field
from mscnet.simulation.columns import evaluate_over
from mscnet.simulation.conditions import Crossing
from mscnet.simulation.event_log import Firing
from mscnet.simulation.names import suggest_name
from mscnet.simulation.status import Status

if TYPE_CHECKING:
    import pandas
    import xarray
    from matplotlib.figure import Figure

#: At most this many rows of species are shown in a notebook.
SHOWN_ROWS = 40


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Concentrations over time.

    `time` is (n_times,) in the file's time unit, `values` (n_times, n_species) in the file's units.
    ``run["X"]`` is the course of a species, an observable or a derived value, evaluated when first asked
    for.  `mechanism` is the model with the values that were used, `statistics` says what the method did,
    `provenance` what was run: version, source and its sha256, pathway, method and tolerances.  `crossings` are the
    times at which watched conditions began or ceased to hold, in order.  `events` are the firings of the model's
    events, each with the state before and after; the value at an output time at which one fired is that after it.
    `courses` (n_times,) are those of parameters that events set, which ``run["feed"]`` gives too; `notes` is what the
    user might not expect.
    """

    time: NDArray[np.float64] = field(repr=False)
    species: tuple[str, ...]
    values: NDArray[np.float64] = field(repr=False)
    mechanism: Mechanism = field(repr=False)
    status: Status = Status.DONE
    statistics: Mapping[str, Any] = field(default_factory=dict, repr=False)
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)
    crossings: tuple[Crossing, ...] = field(default=(), repr=False)
    events: tuple[Firing, ...] = field(default=(), repr=False)
    courses: Mapping[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        span = (
            f"{self.time[0]:g} to {self.time[-1]:g} {self.mechanism.units.time.symbol}" if len(self.time) else "empty"
        )
        return (
            f"<Trajectory {self.mechanism.name}: {len(self.species)} species, {len(self.time)} times, {span}, "
            f"{self.status.name}>"
        )

    # --- courses -----------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Species, then observables; in a network-free run those that were counted are among the first."""
        names = dict.fromkeys(self.species)
        return (*names, *(one.name for one in self.mechanism.observables if one.name not in names))

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """The course of a species, observable or derived value, (n_times,); raises KeyError."""
        if name in self._index:
            return self.values[:, self._index[name]]
        if name == "time":
            return self.time
        if name in self.courses:
            return self.courses[name]
        if name not in self._items and spelled(name) in self._items:
            return self[spelled(name)]
        if name not in self._derived:
            known = self._items
            if name not in known or isinstance(known[name], Species):
                hint = suggest_name(name, known, self.mechanism)
                raise KeyError(f"no species, observable or derived value `{name}`" + (f"; {hint}" if hint else ""))
            value = evaluate_over(self.mechanism.expression_of(name), self._column)
            self._derived[name] = np.broadcast_to(np.asarray(value, dtype=np.float64), self.time.shape)
        return self._derived[name]

    def __contains__(self, name: object) -> bool:
        return name == "time" or name in self._items or name in self.courses

    def _column(self, symbol: Symbol) -> Any:
        if symbol.kind == "time":
            return self.time
        if symbol.kind == "parameter" and symbol.name not in self.courses:
            return self.mechanism.evaluate(symbol)
        return self[symbol.name]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.species)}

    @cached_property
    def _derived(self) -> dict[str, NDArray[np.float64]]:
        return {}

    @cached_property
    def _items(self) -> dict[str, Species | Observable | Definition]:
        items: list[Species | Observable | Definition] = [*self.mechanism.definitions, *self.mechanism.observables]
        return {item.name: item for item in [*items, *self.mechanism.species]}

    # --- units and labels --------------------------------------------------------------------

    def unit_of(self, name: str) -> str:
        """The unit of a course as text, "" for a pure number or where it is not known; raises KeyError."""
        if name == "time":
            return self.mechanism.units.time.symbol
        item = self.mechanism.get_parameter(name) if name in self.courses else self._items[name]
        dimension = item.dimension
        return "" if dimension is None else self.mechanism.units.describe(dimension)

    def label_of(self, name: str) -> str:
        """The printed label of a species or observable, else its name; raises KeyError."""
        return name if name == "time" or name in self.courses else getattr(self._items[name], "shown", name)

    # --- views -------------------------------------------------------------------------------

    def with_jumps(self) -> Trajectory:
        """The same course with two rows at every time at which events fired, the state before and the one after; so
        the jumps are upright in a figure.  Itself where none fired."""
        from mscnet.simulation.event_rows import with_jumps

        return with_jumps(self) if self.events else self

    def to_pandas(self) -> pandas.DataFrame:
        """A DataFrame with the columns `names` and time as index; units in ``.attrs``."""
        import pandas

        index = pandas.Index(self.time, name="time")
        frame = pandas.DataFrame(self.values, index=index, columns=list(self.species), copy=True)
        derived = {name: self[name] for name in self.names[len(self.species) :]}
        if derived:
            frame = pandas.concat([frame, pandas.DataFrame(derived, index=index)], axis=1)
        units = {name: self.unit_of(name) for name in ("time", *self.names)}
        frame.attrs = {"units": units, **dict(self.provenance.items())}
        return frame

    def to_xarray(self) -> xarray.Dataset:
        """A Dataset over ``time``; each variable has ``units`` and ``long_name``, the whole its provenance."""
        import xarray

        data: dict[str, Any] = {
            name: ("time", np.array(self[name]), {"units": self.unit_of(name), "long_name": self.label_of(name)})
            for name in self.names
        }
        time = ("time", self.time, {"units": self.unit_of("time"), "long_name": "time"})
        data |= {f"event_{name}": ("event", values, {}) for name, values in self._of_events().items()}
        attributes = {key: "" if value is None else value for key, value in self.provenance.items()}
        return xarray.Dataset(data, coords={"time": time}, attrs={**attributes, "status": self.status.name})

    def _of_events(self) -> dict[str, NDArray[Any]]:
        """Names and times of the firings, and every species before and after them."""
        if not self.events:
            return {}
        found: dict[str, NDArray[Any]] = {
            "name": np.array([firing.event for firing in self.events]),
            "time": np.array([firing.time for firing in self.events]),
        }
        for i, name in enumerate(self.species):
            found[f"before_{name}"] = np.array([firing.before[i] for firing in self.events])
            found[f"after_{name}"] = np.array([firing.after[i] for firing in self.events])
        return found

    def plot(self, columns: Sequence[str] | None = None, **settings: Any) -> Figure:
        """The curves as a matplotlib Figure; see `mscnet.report.plots.plot_trajectory`."""
        from mscnet.report.plots import plot_trajectory

        return plot_trajectory(self, columns, **settings)

    def _repr_html_(self) -> str:
        """First, largest and last value of every species and observable."""
        rows = [_html_row("th", ("", "unit", "at the start", "largest", "at the end"))]
        for name in self.names[:SHOWN_ROWS] if len(self.time) else ():
            course = self[name]
            numbers = (f"{value:.4g}" for value in (course[0], course.max(), course[-1]))
            rows.append(_html_row("td", (self.label_of(name), self.unit_of(name), *numbers)))
        if len(self.names) > SHOWN_ROWS:
            rows.append(_html_row("td", (f"… and {len(self.names) - SHOWN_ROWS} more", "", "", "", "")))
        from html import escape

        return f"<p>{escape(repr(self)[1:-1])}</p><table>{''.join(rows)}</table>"


def _html_row(cell: str, texts: Sequence[str]) -> str:
    from html import escape

    return "<tr>" + "".join(f"<{cell}>{escape(text)}</{cell}>" for text in texts) + "</tr>"
