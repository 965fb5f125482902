"""Rate equations without dependent species: each conservation law gives one species by a total and the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mscnet.diagnostics import UNSUPPORTED, MechanismError
from mscnet.kinetics.equations import (
    align,
    broken_latex,
    equation_terms,
    equations_display,
    equations_latex,
    equations_text,
    inlined_rates,
)
from mscnet.kinetics.symbolic import jacobian, jacobian_latex, sympy_entries
from mscnet.mechanism.expression import FUNCTIONS, Expression, Number, Sum, Symbol, substitute, symbols, to_text
from mscnet.network.conservation import ConservationLaw, sum_text
from mscnet.network.latex import species_latex, symbol_latex
from mscnet.network.network import Network
from mscnet.network.rates import multiply
from mscnet.records import dataclass

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True, eq=False)
class ReducedEquations(Mapping[str, Any]):
    """The rate equations of the independent species, in SymPy by species name.

    `totals` names the constant of each conservation law (``T_1``, ...), `independent` the species that are left (in
    the network's order, constant ones excluded), and `dependent` gives every other one through totals and
    independent species.
    """

    network: Network
    totals: tuple[tuple[str, ConservationLaw], ...]
    independent: tuple[str, ...]
    dependent: Mapping[str, Expression]

    def __getitem__(self, species: str) -> Any:
        return self._sympy[species]

    def __iter__(self) -> Iterator[str]:
        return iter(self.independent)

    def __len__(self) -> int:
        return len(self.independent)

    def __repr__(self) -> str:
        return (
            f"<ReducedEquations of {self.network.mechanism.name}: "
            f"{len(self.independent)} independent, {len(self.dependent)} dependent species>"
        )

    @cached_property
    def expressions(self) -> dict[str, Expression]:
        """The time derivative of every independent species as an expression tree of ours."""
        rates = [substitute(rate, self._replacement) for rate in inlined_rates(self.network)]
        equations = equation_terms(self.network, rates)
        return {name: equations[name] for name in self.independent}

    def _replacement(self, symbol: Symbol) -> Expression | None:
        return self.dependent.get(symbol.name) if symbol.kind == "species" else None

    @cached_property
    def _sympy(self) -> dict[str, Any]:
        from mscnet.kinetics.convert import to_sympy

        return {name: to_sympy(expression) for name, expression in self.expressions.items()}

    @cached_property
    def elimination(self) -> dict[str, Any]:
        """Every dependent species in SymPy, through totals and independent species."""
        from mscnet.kinetics.convert import to_sympy

        return {name: to_sympy(expression) for name, expression in self.dependent.items()}

    def jacobian(self) -> sympy.Matrix:
        """The Jacobian of the reduced equations, a sparse SymPy matrix in the order of `independent`."""
        import sympy

        names = self.network.species
        # d/dx with the dependent species d(x): the chain rule over the full Jacobian.
        inner = {sympy.Symbol(name): expression for name, expression in self.elimination.items()}
        slopes = {name: self._slopes(name) for name in (*self.independent, *self.dependent)}
        row_of = {name: n for n, name in enumerate(self.independent)}
        entries: dict[tuple[int, int], list[Any]] = {}
        for (i, j), entry in sympy_entries(jacobian(self.network)).items():
            if names[i] in row_of:
                reduced = entry.xreplace(inner)
                for column, slope in slopes[names[j]].items():
                    entries.setdefault((row_of[names[i]], column), []).append(slope * reduced)
        size = len(self.independent)
        return sympy.SparseMatrix(size, size, {place: sympy.Add(*terms) for place, terms in entries.items()})

    def _slopes(self, name: str) -> dict[int, Any]:
        """How a species changes with each independent one that it depends on, by the index of that."""
        import sympy

        expression = self.elimination.get(name, sympy.Symbol(name))
        coefficients = expression.as_coefficients_dict()
        return {j: coefficients[s] for j, s in self._symbols.items() if s in coefficients}

    @cached_property
    def _symbols(self) -> dict[int, Any]:
        import sympy

        return {j: sympy.Symbol(name) for j, name in enumerate(self.independent)}

    def text(self) -> str:
        """Totals, dependent species and rate equations, a line each."""
        totals = [f"{name} = {sum_text((f'[{x}]', c) for x, c in law.coefficients)}" for name, law in self.totals]
        dependent = [
            f"[{name}] = {to_text(expression, bracket_species=True)}" for name, expression in self.dependent.items()
        ]
        return "\n".join([*totals, *dependent, equations_text(self.expressions)])

    def latex(self) -> str:
        """Totals, dependent species and rate equations as ``align`` environments (amsmath)."""
        totals = [rf"  {symbol_latex(name)} &= {law.latex().rpartition(' = ')[0]}" for name, law in self.totals]
        dependent = [f"  {species_latex(name)} &= {broken_latex(e)}" for name, e in self.dependent.items()]
        blocks = [align([*totals, *dependent])] if totals else []
        return "\n".join([*blocks, equations_latex(self.expressions)])

    def jacobian_latex(self) -> str:
        """The Jacobian's entries that are not zero, in LaTeX."""
        return jacobian_latex(self.jacobian(), self.network, self.independent)

    def _repr_latex_(self) -> str | None:
        return equations_display(self.expressions)


def reduced_equations(network: Network) -> ReducedEquations:
    """Eliminates one species for each conservation law.

    Taken are, where there is a choice, species that few laws and few rate laws hold, so that the reduced
    equations stay short.  On the manifold where the laws hold with the totals of the state, they equal the full ones.

    Raises:
        MechanismError: a symbolic coefficient without a value, or a rate law too large to be written out.
    """
    if network.mechanism.has_fast:
        message = "reduced equations of a network with fast steps: mscnet does not have this yet"
        hint = "`show FILE equations` has what fast steps leave: their totals and equilibria"
        raise MechanismError.of(UNSUPPORTED, message, hint=hint)
    laws = network.conservation_laws()
    totals = _total_names(network, len(laws))
    solved = _solve(laws, _preference(network, laws))
    dependent = {name: _expression(name, solved[name], totals) for name in network.species if name in solved}
    independent = tuple(
        name for name, fixed in zip(network.species, network.constant, strict=True) if not fixed and name not in solved
    )
    return ReducedEquations(network, tuple(zip(totals, laws, strict=True)), independent, dependent)


def _preference(network: Network, laws: tuple[ConservationLaw, ...]) -> list[str]:
    """Species that a law holds, the best to eliminate first."""
    in_laws: dict[str, int] = {}
    whole: dict[str, int] = {}
    for law in laws:
        for name, coefficient in law.coefficients:
            in_laws[name] = in_laws.get(name, 0) + 1
            whole[name] = max(whole.get(name, 0), abs(coefficient))
    in_rates = dict.fromkeys(in_laws, 0)
    for rate in inlined_rates(network):
        for symbol in symbols(rate):
            if symbol.kind == "species" and symbol.name in in_rates:
                in_rates[symbol.name] += 1
    return sorted(in_laws, key=lambda name: (in_laws[name], whole[name], in_rates[name], -network.species_index[name]))


#: A linear form over names: how much of each species or of the total of law n.
Form = dict[str | int, Fraction]


def _solve(laws: tuple[ConservationLaw, ...], order: list[str]) -> dict[str, Form]:
    """Gauss-Jordan elimination of the laws, pivots taken in the order of `order`.

    Returns, for each dependent species, its row as a form over species and totals (of which it is the only
    dependent one, with coefficient 1).
    """
    rows: list[Form] = [
        {name: Fraction(c) for name, c in law.coefficients} | {n: Fraction(-1)} for n, law in enumerate(laws)
    ]
    holders: dict[str | int, set[int]] = {}
    for n, row in enumerate(rows):
        for name in row:
            holders.setdefault(name, set()).add(n)
    open_rows = set(range(len(rows)))
    pivots: dict[str, int] = {}
    for name in order:
        pivot = min(holders[name] & open_rows, key=lambda n: (len(rows[n]), n), default=None)
        if pivot is None:
            continue
        open_rows.discard(pivot)
        head = rows[pivot][name]
        rows[pivot] = {key: value / head for key, value in rows[pivot].items()}
        for other in holders[name] - {pivot}:
            _subtract(rows, other, pivot, name, holders)
        pivots[name] = pivot
    return {name: rows[pivot] for name, pivot in pivots.items()}


def _subtract(rows: list[Form], other: int, pivot: int, name: str, holders: dict[str | int, set[int]]) -> None:
    factor = rows[other][name]
    for key, value in rows[pivot].items():
        new = rows[other].get(key, Fraction(0)) - factor * value
        if new:
            rows[other][key] = new
            holders[key].add(other)
        else:
            rows[other].pop(key, None)
            if key != name:
                holders[key].discard(other)


def _expression(name: str, row: Form, totals: list[str]) -> Expression:
    """The species of a solved row: its total first, then what is subtracted from it."""
    terms: list[Expression] = []
    keys = [key for key in row if isinstance(key, int)] + [key for key in row if isinstance(key, str) and key != name]
    for key in sorted(keys, key=lambda key: -row[key] < 0):
        symbol = Symbol(totals[key], "parameter") if isinstance(key, int) else Symbol(key, "species")
        terms.append(multiply(Number(-row[key]), symbol))
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _total_names(network: Network, count: int) -> list[str]:
    """``T_1``, ``T_2``, ... with another letter before the number where the file has such a name."""
    mechanism = network.mechanism
    groups = (
        mechanism.species,
        mechanism.parameters,
        mechanism.definitions,
        mechanism.observables,
        mechanism.functions,
    )
    taken = {item.name for group in groups for item in group} | set(FUNCTIONS) | {"time", "temperature"}
    prefix = "T"
    while any(f"{prefix}_{n}" in taken for n in range(1, count + 1)):
        prefix = "Total" if prefix == "T" else f"{prefix}_"
    return [f"{prefix}_{n}" for n in range(1, count + 1)]
