"""`Network`: species, reactions and their exact stoichiometry and kinetic orders.

The truth is `net` and `orders`, sparse and exact as the mechanism states them; matrices and graphs are views
of it, made when first asked for.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.mechanism.expression import MINUS_ONE, Product, Sum
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Coefficient, Reaction, Term, as_expression
from mscnet.network.coefficients import exact_coefficient
from mscnet.records import dataclass

if TYPE_CHECKING:
    import networkx
    import sympy

    from mscnet.kinetics.reduce import ReducedEquations
    from mscnet.kinetics.symbolic import RateEquations
    from mscnet.network.conservation import ConservationLaw

#: One reaction's column of a matrix as it was written: species index and coefficient.
Column = tuple[tuple[int, Coefficient], ...]
#: The same as numbers.
ExactColumn = tuple[tuple[int, Fraction], ...]

_MINUS_ONE = Fraction(-1)


@dataclass(frozen=True)
class Network:
    """The reaction network of one model.

    `species` and `reactions` name the rows and columns of every matrix, in the mechanism's order.  `net`
    holds, for each reaction, its net stoichiometry (products less reactants; catalysts over the arrow are
    not in it) and `orders` its kinetic orders (empty for a general rate law), each as pairs of species index
    and coefficient, in order of species; a coefficient that the mechanism leaves symbolic stays an expression.
    Rows of `constant` species are there too: it is up to the reader that they never change.
    """

    mechanism: Mechanism
    species: tuple[str, ...]
    reactions: tuple[str, ...]
    net: tuple[Column, ...]
    orders: tuple[Column, ...]

    def __repr__(self) -> str:
        return f"<Network {self.mechanism.name}: {len(self.species)} species, {len(self.reactions)} reactions>"

    # --- exact numbers -----------------------------------------------------------------------

    @cached_property
    def species_index(self) -> dict[str, int]:
        """The row of each species."""
        return {name: i for i, name in enumerate(self.species)}

    @cached_property
    def constant(self) -> tuple[bool, ...]:
        """For each species, whether its concentration is held constant."""
        return tuple(species.constant for species in self.mechanism.species)

    @cached_property
    def entries(self) -> tuple[ExactColumn, ...]:
        """Exact net stoichiometry, for each reaction ``((species index, Fraction), ...)``; no zeros.

        Raises:
            MechanismError: a symbolic coefficient whose parameters have no value, or a negative one.
        """
        for reaction in self._symbolic(self.net):
            for term in (*reaction.reactants, *reaction.products):
                self._check_sign(reaction, term)
        return self._numeric(self.net)

    @cached_property
    def order_entries(self) -> tuple[ExactColumn, ...]:
        """Exact kinetic orders, for each reaction ``((species index, Fraction), ...)``; errors as `entries`."""
        return self._numeric(self.orders)

    def _symbolic(self, columns: tuple[Column, ...]) -> list[Reaction]:
        reactions = self.mechanism.reactions
        return [reactions[j] for j, column in enumerate(columns) if not _is_numeric(column)]

    def _numeric(self, columns: tuple[Column, ...]) -> tuple[ExactColumn, ...]:
        result: list[Any] = list(columns)
        for j, column in enumerate(columns):
            if not _is_numeric(column):
                reaction = self.mechanism.reactions[j]
                values = ((i, exact_coefficient(self.mechanism, c, reaction)) for i, c in column)
                result[j] = tuple((i, value) for i, value in values if value)
        return tuple(result)

    def _check_sign(self, reaction: Reaction, term: Term) -> None:
        value = exact_coefficient(self.mechanism, term.coefficient, reaction)
        if value < 0:
            where = f"the coefficient of `{term.species}` in {reaction.label or reaction.name}"
            message = f"{where} is negative: {float(value):g}"
            raise MechanismError.of("E041", message, span=term.span, hint="give its parameters other values")

    # --- matrices ----------------------------------------------------------------------------

    @cached_property
    def stoichiometry(self) -> Any:
        """Net stoichiometry, ``scipy.sparse.csc_array`` (n_species, n_reactions).

        int64 where all coefficients are integers, else float64.  Errors as `entries`.
        """
        return _matrix(self.entries, len(self.species))

    @cached_property
    def kinetic_orders(self) -> Any:
        """Kinetic orders, ``scipy.sparse.csc_array`` (n_species, n_reactions), typed as `stoichiometry`."""
        return _matrix(self.order_entries, len(self.species))

    @cached_property
    def stoichiometry_exact(self) -> tuple[dict[int, Fraction], ...]:
        """Net stoichiometry by rows: for each species ``{reaction index: Fraction}``.  Errors as `entries`."""
        rows: tuple[dict[int, Fraction], ...] = tuple({} for _ in self.species)
        for j, column in enumerate(self.entries):
            for i, coefficient in column:
                rows[i][j] = coefficient
        return rows

    # --- views and results -------------------------------------------------------------------

    def graph(self) -> networkx.MultiDiGraph:
        """The bipartite graph of species and reaction nodes; see `mscnet.network.graph.build_graph`."""
        from mscnet.network.graph import build_graph

        return build_graph(self)

    def to_dot(self) -> str:
        """The graph as Graphviz text."""
        from mscnet.network.dot import to_dot

        return to_dot(self)

    def fast_faults(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the fast steps; see `mscnet.kinetics.fast_check.fast_faults`."""
        from mscnet.kinetics.fast_check import fast_faults

        return tuple(fast_faults(self))

    def conservation_laws(self) -> tuple[ConservationLaw, ...]:
        """The conserved moieties; see `mscnet.network.conservation.conservation_laws`."""
        return self._laws

    @cached_property
    def _laws(self) -> tuple[ConservationLaw, ...]:
        from mscnet.network.conservation import conservation_laws

        return conservation_laws(self)

    def rate_equations(self) -> RateEquations:
        """The rate equations in SymPy; see `mscnet.kinetics.symbolic.RateEquations`."""
        from mscnet.kinetics.symbolic import RateEquations

        return RateEquations(self)

    def jacobian(self) -> sympy.Matrix:
        """The Jacobian of the rate equations; see `mscnet.kinetics.symbolic.jacobian`."""
        from mscnet.kinetics.symbolic import jacobian

        return jacobian(self)

    def reduced_equations(self) -> ReducedEquations:
        """The rate equations without dependent species; see `mscnet.kinetics.reduce.reduced_equations`."""
        from mscnet.kinetics.reduce import reduced_equations

        return reduced_equations(self)

    def latex(self) -> str:
        """The rate equations as a LaTeX ``align`` environment."""
        return self.rate_equations().latex()

    def _repr_latex_(self) -> str | None:
        return self.rate_equations()._repr_latex_()


def build_network(mechanism: Mechanism) -> Network:
    """The network of a mechanism's chosen model, in time linear in its size.

    Raises:
        MechanismError: a reaction names a species that the mechanism does not have.
    """
    mechanism = mechanism.expanded
    index = {species.name: i for i, species in enumerate(mechanism.species)}
    net: list[Column] = []
    orders: list[Column] = []
    for reaction in mechanism.reactions:
        try:
            net.append(_net(reaction, index))
            orders.append(_column(reaction.orders, index))
        except KeyError as error:
            missing = f"`{error.args[0]}`, which is no species of {mechanism.name}"
            message = f"{reaction.label or reaction.name} holds {missing}"
            raise MechanismError.of("E010", message, span=reaction.span) from None
    names = tuple(reaction.name for reaction in mechanism.reactions)
    return Network(mechanism, tuple(index), names, tuple(net), tuple(orders))


def _is_numeric(column: Column) -> bool:
    return all(type(coefficient) is Fraction for _, coefficient in column)


def _net(reaction: Reaction, index: dict[str, int]) -> Column:
    net: dict[int, Coefficient] = {}
    for term in reaction.reactants:
        coefficient = term.coefficient
        _add(net, index[term.species], _MINUS_ONE if coefficient == 1 else _negative(coefficient))
    for term in reaction.products:
        _add(net, index[term.species], term.coefficient)
    return _sorted(net)


def _column(terms: tuple[Term, ...], index: dict[str, int]) -> Column:
    column: dict[int, Coefficient] = {}
    for term in terms:
        _add(column, index[term.species], term.coefficient)
    return _sorted(column)


def _add(column: dict[int, Coefficient], i: int, coefficient: Coefficient) -> None:
    column[i] = _sum(column[i], coefficient) if i in column else coefficient


def _sorted(column: dict[int, Coefficient]) -> Column:
    # An expression counts as true, so this drops zeros alone.
    if not all(column.values()):
        column = {i: coefficient for i, coefficient in column.items() if coefficient}
    return tuple(sorted(column.items()))


def _negative(coefficient: Coefficient) -> Coefficient:
    if isinstance(coefficient, Fraction):
        return -coefficient
    return Product((MINUS_ONE, coefficient))


def _sum(a: Coefficient, b: Coefficient) -> Coefficient:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a + b
    return Sum((as_expression(a), as_expression(b)))


def _matrix(columns: tuple[ExactColumn, ...], n_species: int) -> Any:
    import numpy as np
    from scipy.sparse import csc_array

    starts = np.zeros(len(columns) + 1, dtype=np.int64)
    np.cumsum([len(column) for column in columns], out=starts[1:])
    rows = np.array([i for column in columns for i, _ in column], dtype=np.int64)
    values = [value for column in columns for _, value in column]
    whole = all(v.denominator == 1 and -(2**63) <= v.numerator < 2**63 for v in values)
    data = np.array([v.numerator if whole else float(v) for v in values], dtype=np.int64 if whole else np.float64)
    return csc_array((data, rows, starts), shape=(n_species, len(columns)))
