"""Values of parameters in many rows: those of the run itself, and those that hold in single experiments.

A `Group` is known before there are rows: which of its values follow the free parameters.  A `RowGroup` is one with
rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.many.row_optics import RowOptics
from mscnet.experiment.many.vessel import Column, RowVessel, joined
from mscnet.experiment.passing import Solver
from mscnet.experiment.stocks import Bottles
from mscnet.experiment.values import Values
from mscnet.experiment.vessel import Vessel
from mscnet.mechanism.bench import Measure, Stock
from mscnet.mechanism.bench_use import stock_expressions
from mscnet.mechanism.expression import Expression, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]


class Behind:
    """The names behind expressions of a mechanism, those of derived values among them."""

    def __init__(self, mechanism: Mechanism) -> None:
        self._derived = {item.name: item.expression for item in mechanism.derived}

    def __call__(self, expressions: Iterable[Expression]) -> set[str]:
        """Every name, through derived values."""
        pending, found = list(expressions), set[str]()
        while pending:
            names = {symbol.name for symbol in symbols(pending.pop())} - found
            found |= names
            pending += [self._derived[name] for name in names if name in self._derived]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What all groups of a bench share: the free parameters by name with their column among the rows, the stocks, and
    the parameters that courses depend on (see `Bench`)."""

    mechanism: Mechanism
    solver: Solver
    free: Mapping[str, int]
    stocks: Mapping[str, Stock]
    relevant: tuple[str, ...]
    behind: Behind


class Group:
    """Values that hold in some experiments: `changes` to those of the run, with loop values; `base` are its values
    where every free parameter is as in the file."""

    def __init__(
        self, setup: Setup, base: Values, key: tuple[Any, ...], changes: Sequence[tuple[str, Expression]],
        loops: Mapping[str, float],
    ) -> None:  # fmt: skip
        self.setup, self.base, self.key, self.changes, self.loops = setup, base, key, changes, loops
        self.varying = self._varying()
        self._poured: dict[tuple[Any, ...], RowVessel] = {}
        #: What readings keep from call to call.
        self.kept: dict[tuple[Any, ...], Any] = {}

    def _varying(self) -> set[str]:
        """Names whose values differ between rows: free ones, those changed to something that follows them, and derived
        values behind which one is."""
        setup = self.setup
        found = set(setup.free)
        for name, expression in self.changes:
            (found.add if setup.behind([expression]) & found else found.discard)(name)
        changed = {name for name, _ in self.changes}
        derived = [d for d in setup.mechanism.derived if d.name not in changed]
        return found | {d.name for d in derived if setup.behind([d.expression]) & found}

    def varies(self, expressions: Iterable[Expression]) -> bool:
        """Whether the value of some expression differs between rows."""
        return bool(self.setup.behind(expressions) & self.varying)

    @cached_property
    def signature(self) -> tuple[Any, ...]:
        """The same for groups under which experiments go alike in every row."""
        changed = {name for name, _ in self.changes}
        return tuple(
            (name, self.key if name in changed or name not in self.setup.free else ())
            if name in self.varying
            else self.base.named(name)
            for name in self.setup.relevant
        )

    @cached_property
    def row(self) -> FloatArray:
        """(n_parameters,) base values in the order of the rate program."""
        return np.array([self.base.named(name) for name in self.setup.solver.index])

    @cached_property
    def columns(self) -> list[tuple[int, str]]:
        """The places in that order which differ between rows, with their names."""
        return [(i, name) for name, i in self.setup.solver.index.items() if name in self.varying]

    # --- stocks that all rows share ------------------------------------------------------------

    @cached_property
    def bottles(self) -> Bottles:
        """The stocks with base values."""
        return bottles_of(self.setup, self.base)

    @cached_property
    def stocks_varying(self) -> set[str]:
        """Stocks whose contents differ between rows."""
        return {name for name, stock in self.setup.stocks.items() if self.varies(stock_expressions(stock))}

    def poured(self, name: str, quantity: float, measure: Measure, place: Any) -> RowVessel:
        """So much of a stock that is the same in all rows; errors as `Bottles.pour`."""
        key = (name, quantity, measure)
        if key not in self._poured:
            self._poured[key] = _one(self.bottles.pour(name, quantity, measure, place))
        return self._poured[key]


def bottles_of(setup: Setup, values: Values) -> Bottles:
    """The stocks with these values."""
    program = setup.solver.program
    return Bottles(setup.stocks, program.network.species_index, program.constant, values)


class RowGroup:
    """A group with rows (m, n_free) of the free parameters; `run` is the group of the run itself, None for that one."""

    def __init__(self, group: Group, rows: FloatArray, run: RowGroup | None = None) -> None:
        self.group, self.rows, self._run = group, rows, run
        self._columns: dict[str, Column] = {}
        self._each: dict[int, Values] = {}
        self._bottles: dict[int, Bottles] = {}
        #: Kept here by what takes readings.
        self.optics: RowOptics | None = None

    def row(self, i: int) -> Values:
        """The values of one row."""
        if i not in self._each:
            group = self.group
            if self._run is not None:
                self._each[i] = self._run.row(i).changed(group.changes, group.loops)
            else:
                given = dict(zip(group.setup.free, self.rows[i].tolist(), strict=True))
                self._each[i] = Values.of(group.setup.mechanism, given)
        return self._each[i]

    def named(self, name: str) -> Column:
        """A parameter or derived value."""
        group = self.group
        if name not in group.varying:
            return group.base.named(name)
        if name not in self._columns:
            own = any(name == changed for changed, _ in group.changes)
            if name in group.setup.free and not own:
                self._columns[name] = self.rows[:, group.setup.free[name], None]
            else:
                self._columns[name] = np.array([self.row(i).named(name) for i in range(len(self.rows))])[:, None]
        return self._columns[name]

    @cached_property
    def parameters(self) -> FloatArray:
        """(m, n_parameters) in the order of the rate program."""
        made = np.repeat(self.group.row[None], len(self.rows), axis=0)
        for i, name in self.group.columns:
            made[:, i] = np.ravel(self.named(name))
        return made

    # --- what comes out of bottles -------------------------------------------------------------

    def pour(self, name: str, quantity: Column, measure: Measure, place: Any) -> RowVessel:
        """So much of a stock; ``nan`` in rows where that cannot be.

        Raises:
            MechanismError: it can be in none.
        """
        group = self.group
        if name not in group.stocks_varying and not isinstance(quantity, np.ndarray):
            return group.poured(name, quantity, measure, place)
        quantities = np.broadcast_to(quantity, (len(self.rows), 1)).ravel().tolist()
        names = group.setup.behind(stock_expressions(group.setup.stocks[name])) & group.varying
        columns = [np.broadcast_to(self.named(n), (len(self.rows), 1)).ravel().tolist() for n in sorted(names)]
        made: dict[tuple[float, ...], Vessel | MechanismError] = {}
        keys = list(zip(quantities, *columns, strict=True))
        for i, key in enumerate(keys):
            if key not in made:
                try:
                    made[key] = self._bottles_of(i).pour(name, quantities[i], measure, place)
                except MechanismError as error:
                    made[key] = error
        vessels = [made[key] for key in keys]
        whole = next((vessel for vessel in vessels if isinstance(vessel, Vessel)), None)
        if whole is None:
            assert isinstance(vessels[0], MechanismError)
            raise vessels[0]
        return _stacked([vessel if isinstance(vessel, Vessel) else _nowhere(whole) for vessel in vessels])

    def _bottles_of(self, row: int) -> Bottles:
        if row not in self._bottles:
            self._bottles[row] = bottles_of(self.group.setup, self.row(row))
        return self._bottles[row]


def _one(vessel: Vessel) -> RowVessel:
    return RowVessel(vessel.volume, vessel.amounts[None], vessel.components, vessel.least)


def _nowhere(like: Vessel) -> Vessel:
    return Vessel(np.nan, like.amounts * np.nan, dict.fromkeys(like.components, np.nan), np.nan)


def _stacked(vessels: Sequence[Vessel]) -> RowVessel:
    components = {name: joined(v.components.get(name, 0.0) for v in vessels) for name in vessels[0].components}
    amounts = np.array([vessel.amounts for vessel in vessels])
    return RowVessel(joined(v.volume for v in vessels), amounts, components, joined(v.least for v in vessels))
