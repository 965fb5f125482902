"""A trajectory as a table: which columns, in which units."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import LENGTH, TIME, VOLUME, Dimension
from mscnet.records import dataclass, field
from mscnet.report.units import OutputUnits
from mscnet.simulation.names import suggest_name

if TYPE_CHECKING:
    from mscnet.simulation.trajectory import Trajectory

#: Words that `columns` takes in place of a list of names.
COLUMN_GROUPS = ("species", "observables", "all")


@dataclass(frozen=True, slots=True)
class Column:
    """A quantity over time: its name in the file, its printed label, its unit, one value a time."""

    name: str
    label: str
    unit: str
    dimension: Dimension | None
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length, and the times that they belong to.

    `leading` columns stand before the time: the numbers of the runs where there are several, one below the other.
    """

    time: Column
    columns: tuple[Column, ...]
    leading: tuple[Column, ...] = ()
    #: Variables (n_events,) of what events did, by name with their unit, for formats that have room for them.
    events: Mapping[str, tuple[NDArray[Any], str]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns as they are written, the time among them."""
        return len(self.time.values), len(self.leading) + 1 + len(self.columns)


def tabulate(
    trajectory: Trajectory,
    columns: str | Sequence[str] | None = None,
    units: Mapping[str, str] | None = None,
    amounts: Iterable[str] = (),
) -> Table:
    """The columns that are asked for, in the units that are asked for.

    Args:
        columns: ``"species"`` (the default), ``"observables"``, ``"all"``, or names of species,
            observables and derived values.
        units: output units by ``time``, ``concentration`` and ``amount``; the file's where not given.
        amounts: species that are given as amounts, in the volume or area of their compartment, in that of `option
            volume`, else in one volume unit of the file.

    Raises:
        MechanismError: an unknown name, an unknown unit, or one of another dimension.
    """
    mechanism = trajectory.mechanism
    output = OutputUnits.of(mechanism, units)
    as_amounts = set(check_species(mechanism, amounts))
    names = column_names(mechanism, columns)
    time = _column(np.asarray(trajectory.time, dtype=float), "time", "time", TIME, output)
    described = _described(mechanism)
    made = []
    for name in names:
        dimension, label = described[name]
        values = np.asarray(trajectory[name], dtype=float)
        if name in as_amounts and dimension is not None:
            extent, size = _size_around(name, trajectory)
            dimension, values = dimension * extent, values * size
        made.append(_column(values, name, label, dimension, output))
    return Table(time, tuple(made), events=_events(trajectory, output) if trajectory.events else {})


def _size_around(species: str, run: Trajectory) -> tuple[Dimension, Any]:
    """The volume or area that a species is in: its dimension and its size, which may have a course (n_times,)."""
    mechanism = run.mechanism
    home = mechanism.get_species(species).compartment
    if home is None:
        return VOLUME, float(mechanism.option("volume") or 1.0)
    compartment = next(c for c in mechanism.compartments if c.name == home)
    derived = compartment.derived or any(d.name == home for d in mechanism.definitions)  # in a derived pathway
    size: Any = run[home] if derived else run.courses.get(home)
    if size is None:
        from mscnet.mechanism.compartments import known_size

        size = known_size(mechanism, home)
    return LENGTH**2 if compartment.surface else VOLUME, size


def _events(run: Trajectory, output: OutputUnits) -> dict[str, tuple[NDArray[Any], str]]:
    """Names and times of what happened, and the concentrations and parameters before and after it."""
    made: dict[str, tuple[NDArray[Any], str]] = {
        "event_name": (np.array([firing.event for firing in run.events]), ""),
        "event_time": (np.array([f.time for f in run.events]) * output.factor(TIME), output.describe(TIME)),
    }
    before, after = (np.array([getattr(f, side) for f in run.events]) for side in ("before", "after"))
    for i in np.flatnonzero((before != after).any(axis=0)).tolist():
        species = run.mechanism.get_species(run.species[i])
        factor, unit = output.factor(species.dimension), output.describe(species.dimension)
        made[f"event_before_{species.name}"] = (before[:, i] * factor, unit)
        made[f"event_after_{species.name}"] = (after[:, i] * factor, unit)
    for name in run.courses:
        parameter = run.mechanism.get_parameter(name)
        factor, unit = output.factor(parameter.dimension), output.describe(parameter.dimension)
        # one that an event leaves alone has no value there
        pairs = np.array([f.parameters.get(name, (np.nan, np.nan)) for f in run.events])
        made[f"event_before_{name}"] = (pairs[:, 0] * factor, unit)
        made[f"event_after_{name}"] = (pairs[:, 1] * factor, unit)
    return made


def column_names(mechanism: Mechanism, columns: str | Sequence[str] | None = None) -> tuple[str, ...]:
    """The names that a choice of columns stands for (see `tabulate`).

    Raises:
        MechanismError: a name that is no species, observable or derived value.
    """
    species = tuple(s.name for s in mechanism.species)
    observables = tuple(o.name for o in mechanism.observables)
    if columns is None:
        return species or observables
    if columns == "species":
        return species
    if columns == "observables":
        if not observables:
            raise MechanismError.of("E010", f"{mechanism.name} has no observables", hint="--columns species, or names")
        return observables
    if columns == "all":
        return species + observables
    asked = (columns,) if isinstance(columns, str) else tuple(columns)
    known = dict.fromkeys((*species, *observables, *(d.name for d in mechanism.definitions)))
    return _checked(mechanism, dict.fromkeys(asked), known, "species, observable or derived value")


def check_species(mechanism: Mechanism, names: Iterable[str]) -> tuple[str, ...]:
    """`names`, all of them species of `mechanism`.

    Raises:
        MechanismError: one is not, with a suggestion.
    """
    return _checked(mechanism, names, dict.fromkeys(s.name for s in mechanism.species), "species")


def _checked(mechanism: Mechanism, names: Iterable[str], known: Collection[str], kind: str) -> tuple[str, ...]:
    names = tuple(names)
    wrong = [name for name in names if name not in known]
    if wrong:
        hint = suggest_name(wrong[0], known, mechanism)
        raise MechanismError.of("E010", f"{mechanism.name} has no {kind} `{wrong[0]}`", hint=hint)
    return names


def _described(mechanism: Mechanism) -> dict[str, tuple[Dimension | None, str]]:
    """Dimension and printed label of every species, observable and derived value, by name."""
    described: dict[str, tuple[Dimension | None, str]] = {d.name: (d.dimension, d.name) for d in mechanism.definitions}
    described.update({o.name: (o.dimension, o.shown) for o in mechanism.observables})
    described.update({s.name: (s.dimension, s.shown) for s in mechanism.species})
    return described


def _column(
    values: NDArray[np.float64], name: str, label: str, dimension: Dimension | None, output: OutputUnits
) -> Column:
    factor = output.factor(dimension)
    return Column(name, label, output.describe(dimension), dimension, values if factor == 1.0 else values * factor)
