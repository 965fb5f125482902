"""`RateProgram`: a network as the tables and bytecode that the compiled kernels run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.kinetics.bytecode import ProgramBuilder, Value
from mscnet.kinetics.initial import initial_concentrations
from mscnet.kinetics.missing import check_values
from mscnet.kinetics.partition import Orders, Row, partition
from mscnet.kinetics.shapes import LinearForm, ShapedLaw
from mscnet.mechanism.expression import Expression, Symbol, deep_recursion
from mscnet.mechanism.mechanism import Mechanism
from mscnet.network.network import Network
from mscnet.records import dataclass, field

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from mscnet.kinetics.settle import Settler

#: The highest overall order of a reaction among the plain products; as in kernels/model.h.
MAX_ORDER = 4

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class RateProgram:
    """dx/dt = S r(t, x, c) in the form that the kernels take; picklable, immutable, shared by all threads.

    `tables` are named arrays (see kernels/model.h).  What varies from run to run is one vector, the *inputs*: the
    values of all parameters in the mechanism's order, then the initial concentrations of all species; see
    `inputs`.  So a thousand parameter sets need one program.  Concentrations, times and rates are in the file's units.
    """

    network: Network = field(repr=False)
    tables: Mapping[str, Any] = field(repr=False)
    #: The network without fast steps that the tables are of; the network itself where it has none.
    followed: Network = field(repr=False)

    @property
    def species(self) -> tuple[str, ...]:
        return self.network.species

    @property
    def reactions(self) -> tuple[str, ...]:
        """Whose rates there are; fast steps have none, see `fast_laws`."""
        return self.followed.reactions

    @cached_property
    def constant(self) -> NDArray[np.bool_]:
        """(n_species,) True for a species whose concentration never changes."""
        return np.array(self.network.constant, dtype=bool)

    @cached_property
    def timed(self) -> bool:
        """Whether a rate depends on time itself."""
        return any(shape["sizes"][4] for shape in self.tables["shapes"])

    @cached_property
    def input_index(self) -> dict[str, int]:
        """Where each parameter and each species' initial concentration stands among the inputs."""
        mechanism = self.network.mechanism
        names = [*(p.name for p in mechanism.parameters), *self.species]
        return {name: i for i, name in enumerate(names)}

    @cached_property
    def model(self) -> Any:
        """The kernels' own copy of the tables, made when first needed.

        Raises:
            RuntimeError: there are no kernels; ask `mscnet.kernels.core` first.
        """
        core = kernels.core()
        if core is None:
            raise RuntimeError(f"there are no compiled kernels: {kernels.reason()}")
        return core.model(dict(self.tables))

    # --- inputs ------------------------------------------------------------------------------

    @cached_property
    def secondaries(self) -> Mapping[str, Expression]:
        """Species of fast steps that follow from others, with what they are of these."""
        if not self.network.mechanism.has_fast:
            return {}
        from mscnet.kinetics.fast_laws import secondary_values

        return secondary_values(self.network)

    @cached_property
    def for_steady(self) -> RateProgram:
        """The program that steady states are looked for with; itself where there are no fast steps."""
        return build_rate_program(self.network, steady=True) if self.network.mechanism.has_fast else self

    @cached_property
    def for_walk(self) -> RateProgram:
        """Of a program for steady states, the one that trajectories are followed with."""
        return build_rate_program(self.network) if self.network.mechanism.has_fast else self

    @cached_property
    def settler(self) -> Settler | None:
        """What brings concentrations to the equilibria of fast steps; None where there are none."""
        if not self.network.mechanism.has_fast:
            return None
        from mscnet.kinetics.settle import Settler

        return Settler(self.network)

    def inputs(self, mechanism: Mechanism | None = None) -> FloatArray:
        """Parameter values, then initial concentrations, (n_inputs,); of this mechanism or of one that differs
        from it in values alone.  A parameter that nothing needs and nobody gave is ``nan``.

        Raises:
            MechanismError: an initial concentration that is negative or not finite.
        """
        chosen = self.network.mechanism if mechanism is None else mechanism
        values = [np.nan if p.value is None else p.value for p in chosen.parameters]
        return np.concatenate([np.array(values, dtype=np.float64), initial_concentrations(chosen)])

    def initial(self) -> FloatArray:
        """Initial concentrations, (n_species,); errors as `inputs`."""
        return initial_concentrations(self.network.mechanism)

    def initials(self, parameters: FloatArray) -> FloatArray:
        """Initial concentrations (m, n_species) that the file gives for parameter values (m, n_parameters)."""
        x0 = np.empty((len(parameters), len(self.species)))
        given = np.ascontiguousarray(parameters, dtype=np.float64)
        kernels.core().initials(self.model, {"parameters": given, "x0": x0})  # type: ignore[union-attr]
        return x0

    # --- single evaluations ------------------------------------------------------------------

    def rates(self, time: float, x: FloatArray) -> FloatArray:
        """The rate of every reaction, (n_reactions,), in the network's order."""
        return self._evaluate("rates", len(self.reactions), time, x)

    def rhs(self, time: float, x: FloatArray) -> FloatArray:
        """dx/dt, (n_species,); zero for constant species."""
        return self._evaluate("rhs", len(self.species), time, x)

    def jacobian_values(self, time: float, x: FloatArray) -> FloatArray:
        """The entries of d(dx/dt)/dx, (entries,), in the order of `jacobian_pattern`."""
        return self._evaluate("jacobian", len(self.jacobian_pattern[1]), time, x)

    @cached_property
    def jacobian_pattern(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Starts (n_species + 1,) and rows of the Jacobian's compressed columns; every diagonal entry is there."""
        core: Any = kernels.core()
        start = np.empty(len(self.species) + 1, dtype=np.int64)
        row = np.empty(core.pattern(self.model)[0], dtype=np.int64)
        core.jacobian_pattern(self.model, {"j_start": start, "j_row": row})
        return start, row

    def jacobian(self, time: float, x: FloatArray) -> csc_array:
        """d(dx/dt)/dx, (n_species, n_species), always with the same pattern; imports SciPy."""
        from scipy.sparse import csc_array

        start, row = self.jacobian_pattern
        shape = (len(self.species), len(self.species))
        return csc_array((self.jacobian_values(time, x), row, start), shape=shape)

    def dense_jacobian(self, time: float, x: FloatArray) -> FloatArray:
        """d(dx/dt)/dx, (n_species, n_species)."""
        start, row = self.jacobian_pattern
        dense = np.zeros((len(self.species), len(self.species)))
        dense[row, np.repeat(np.arange(len(self.species)), np.diff(start))] = self.jacobian_values(time, x)
        return dense

    def _evaluate(self, what: str, size: int, time: float, x: FloatArray) -> FloatArray:
        core: Any = kernels.core()
        out = np.empty(size)
        state = np.ascontiguousarray(x, dtype=np.float64)
        core.evaluate(self.model, {"inputs": self.inputs(), "x": state, "time": float(time), what: out})
        return out

    def __getstate__(self) -> dict[str, Any]:
        return {"network": self.network, "tables": self.tables, "followed": self.followed}


def build_rate_program(network: Network, steady: bool = False) -> RateProgram:
    """The rate program of a network, in time linear in its size; needs no kernels, no SciPy and no SymPy.

    With `steady` one that has the same steady states, and no more (see `fast_laws.without_fast`).

    Raises:
        MechanismError: parameters without a value (all are named), a rate law that is too large, or fast steps that
            cannot be solved for.
    """
    check_values(network.mechanism)
    followed = network
    if network.mechanism.has_fast:
        from mscnet.kinetics.fast_laws import without_fast

        followed = without_fast(network, steady)
    with deep_recursion():
        return RateProgram(network, _Lowering(followed).tables(), followed)


class _Lowering:
    """Gathers the tables of one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.mechanism = network.mechanism
        self.n_parameters = len(self.mechanism.parameters)
        self.parameter_index = {p.name: i for i, p in enumerate(self.mechanism.parameters)}
        self.statics = ProgramBuilder(self._static)
        self.initials = ProgramBuilder(self._of_initial)
        self._derived: dict[tuple[int, str], Value] = {}
        self._constants: dict[Value, int] = {}
        self._forms: dict[int, int] = {}
        self._kept: list[LinearForm] = []
        self.form_rows: list[tuple[int, list[tuple[int, int]]]] = []

    def tables(self) -> dict[str, Any]:
        """All arrays of a model."""
        parts = partition(self.network)
        plain: list[list[Row]] = [[] for _ in range(MAX_ORDER + 1)]
        powers: list[Row] = []
        for row in parts.rows:
            (plain[int(sum(p for _, p in row.orders))] if _is_plain(row.orders) else powers).append(row)
        by_order = [row for rows in plain for row in rows]
        tables = {
            **self._plain(plain),
            **self._powers(powers),
            **self._coefficients([*by_order, *powers]),
            "shapes": self._shapes(parts.laws),
        }
        original = [row.reaction for row in (*by_order, *powers)] + self._law_order
        tables |= self._form_tables() | self._stoichiometry(original) | self._initial_tables() | self._static_tables()
        return tables

    # --- values --------------------------------------------------------------------------------

    def _static(self, symbol: Symbol) -> Value:
        """A parameter, a constant species or a derived value of such, as a value of the program of statics."""
        if symbol.kind == "parameter":
            return self.statics.emit("slot", self.parameter_index[symbol.name])
        if symbol.kind == "species":
            return self.statics.emit("slot", self.n_parameters + self.network.species_index[symbol.name])
        return self._derived_value(0, symbol, self.statics)

    def _of_initial(self, symbol: Symbol) -> Value:
        if symbol.kind == "parameter":
            return self.initials.emit("slot", self.parameter_index[symbol.name])
        if symbol.kind == "species":
            initial = self.mechanism.get_species(symbol.name).initial
            return self.initials.number(0.0) if initial is None else self.initials.expression(initial)
        return self._derived_value(1, symbol, self.initials)

    def _derived_value(self, which: int, symbol: Symbol, builder: ProgramBuilder) -> Value:
        key = (which, symbol.name)
        if key not in self._derived:
            self._derived[key] = builder.expression(self.mechanism.expression_of(symbol.name))
        return self._derived[key]

    def _constant(self, expression: Expression) -> int:
        """The number of the constant that a static expression is."""
        return self._constants.setdefault(self.statics.expression(expression), len(self._constants))

    # --- tables of mass action -----------------------------------------------------------------

    def _plain(self, plain: list[list[Row]]) -> dict[str, Any]:
        tables: dict[str, Any] = {"order_first": _starts(map(len, plain))}
        for order in range(1, MAX_ORDER + 1):
            slots = [i for row in plain[order] for i, p in row.orders for _ in range(int(p))]
            tables[f"slots_{order}"] = _indices(slots)
        return tables

    def _powers(self, rows: list[Row]) -> dict[str, Any]:
        return {
            "power_start": _starts(len(row.orders) for row in rows),
            "power_species": _indices([i for row in rows for i, _ in row.orders]),
            "power": np.array([float(p) for row in rows for _, p in row.orders], dtype=np.float64),
        }

    def _coefficients(self, rows: list[Row]) -> dict[str, Any]:
        return {
            "coefficient": _indices([self._constant(row.coefficient) for row in rows]),
            "coefficient_factor": np.array([row.factor for row in rows], dtype=np.float64),
        }

    # --- general laws --------------------------------------------------------------------------

    def _shapes(self, laws: Sequence[tuple[int, ShapedLaw]]) -> list[dict[str, Any]]:
        grouped: dict[object, list[tuple[int, ShapedLaw]]] = defaultdict(list)
        for index, law in laws:
            grouped[law.key].append((index, law))
        self._law_order = [index for members in grouped.values() for index, _ in members]
        return [self._shape([law for _, law in members]) for members in grouped.values()]

    def _shape(self, laws: list[ShapedLaw]) -> dict[str, Any]:
        shape = laws[0].shape
        _, n_species, n_forms, n_statics = laws[0].key
        first = {"x": 0, "f": n_species, "c": n_species + n_forms}

        def value_of(symbol: Symbol) -> Value:
            if symbol.kind == "time":
                return builder.emit("time")
            return builder.emit("slot", first[symbol.name[0]] + int(symbol.name[1:]))

        builder = ProgramBuilder(value_of, lambda symbol: symbol.name.startswith("x"))
        code, literals = builder.arrays(builder.expression(shape))
        return {
            "code": code,
            "literals": literals,
            "sizes": _indices([len(laws), n_species, n_forms, n_statics, laws[0].timed]),
            "species": _indices([i for law in laws for i in law.species]),
            "forms": _indices([self._form(form) for law in laws for form in law.forms]),
            "constants": _indices([self._constant(c) for law in laws for c in law.statics]),
        }

    def _form(self, form: LinearForm) -> int:
        """The number of a linear form, the same for the same object."""
        if id(form) not in self._forms:
            self._forms[id(form)] = len(self._kept)
            self._kept.append(form)
            weights = [(species, self._constant(weight)) for species, weight in form.weights]
            self.form_rows.append((self._constant(form.constant), weights))
        return self._forms[id(form)]

    def _form_tables(self) -> dict[str, Any]:
        return {
            "form_constant": _indices([constant for constant, _ in self.form_rows]),
            "form_start": _starts(len(weights) for _, weights in self.form_rows),
            "form_species": _indices([i for _, weights in self.form_rows for i, _ in weights]),
            "form_weight": _indices([w for _, weights in self.form_rows for _, w in weights]),
        }

    # --- the rest ------------------------------------------------------------------------------

    def _stoichiometry(self, original: list[int]) -> dict[str, Any]:
        """Columns of S in the order of the rows, without constant species."""
        constant, entries = self.network.constant, self.network.entries
        columns = [entries[j] for j in original]
        if any(constant):
            columns = [tuple((i, c) for i, c in column if not constant[i]) for column in columns]
        return {
            "n_species": len(constant),
            "n_parameters": self.n_parameters,
            "constant": _indices(constant),
            "original": _indices(original),
            "s_start": _starts(map(len, columns)),
            "s_species": _indices([i for column in columns for i, _ in column]),
            "s_value": np.array([float(c) for column in columns for _, c in column], dtype=np.float64),
        }

    def _initial_tables(self) -> dict[str, Any]:
        zero = self.initials.number(0.0)
        given = (species.initial for species in self.mechanism.species)
        values = [zero if initial is None else self.initials.expression(initial) for initial in given]
        code, literals = self.initials.arrays()
        return {"initials_code": code, "initials_literals": literals, "initial_value": _indices(values)}

    def _static_tables(self) -> dict[str, Any]:
        code, literals = self.statics.arrays()
        return {
            "statics_code": code,
            "statics_literals": literals,
            "constant_value": _indices(list(self._constants)),
        }


def _is_plain(orders: Orders) -> bool:
    return all(p.denominator == 1 and p >= 0 for _, p in orders) and sum(p for _, p in orders) <= MAX_ORDER


def _indices(values: Any) -> IndexArray:
    return np.array(values, dtype=np.uint32)


def _starts(lengths: Any) -> IndexArray:
    """Offsets of rows of these lengths, one more than there are rows."""
    return np.concatenate([[0], np.cumsum(list(lengths), dtype=np.int64)]).astype(np.uint32)
