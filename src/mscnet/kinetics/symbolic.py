"""Rate equations and Jacobian, symbolically.

Derived values that depend on parameters and constant species alone stay symbols; others are written out.  In
SymPy all numbers are exact, 0.1 in the file being one tenth; text and LaTeX show it as 0.1.  SymPy is
loaded, and an expression built, only when one is asked for: printing needs neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mscnet.diagnostics import suggest
from mscnet.kinetics.equations import (
    align,
    equation_terms,
    equations_display,
    equations_latex,
    equations_text,
    inlined_rates,
)
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.types import as_expression
from mscnet.network.latex import species_latex, symbol_latex
from mscnet.network.network import Column, Network
from mscnet.records import dataclass

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True, eq=False)
class RateEquations(Mapping[str, Any]):
    """The rate equations of a network: species name to the SymPy expression of its time derivative.

    Of species that fast steps hold it is that along the equilibria; `text` gives their totals and equilibria instead.

    Symbols are plain ``sympy.Symbol(name)``, named as in the file: a species' symbol is its concentration,
    ``time`` the time of the run.  A constant species is there with derivative 0.

    Raises:
        MechanismError: on reading, where a rate law is too large to be written out.
    """

    network: Network

    def __getitem__(self, species: str) -> Any:
        if species not in self.network.species_index:
            hint = suggest(species, self.network.species)
            raise KeyError(f"no species `{species}`" + (f"; {hint}" if hint else ""))
        return self._sympy[species]

    def __contains__(self, species: object) -> bool:
        return species in self.network.species_index

    def __iter__(self) -> Iterator[str]:
        return iter(self.network.species)

    def __len__(self) -> int:
        return len(self.network.species)

    def __repr__(self) -> str:
        return f"<RateEquations of {self.network.mechanism.name}: {len(self)} species>"

    @cached_property
    def _followed(self) -> Network:
        """The network, with laws of its own for what fast steps hold."""
        if not self.network.mechanism.has_fast:
            return self.network
        from mscnet.kinetics.fast_laws import without_fast

        return without_fast(self.network)

    @cached_property
    def rates(self) -> tuple[Expression, ...]:
        """The rate of every reaction as an expression tree of ours, in order of reactions."""
        return inlined_rates(self._followed)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The net stoichiometry of what `rates` are of."""
        return self._followed.net

    @cached_property
    def expressions(self) -> dict[str, Expression]:
        """The time derivative of every species as an expression tree of ours."""
        return equation_terms(self._followed, self.rates)

    @cached_property
    def sympy_rates(self) -> dict[str, Any]:
        """The rate of every reaction in SymPy, by reaction name."""
        from mscnet.kinetics.convert import to_sympy

        return {name: to_sympy(rate) for name, rate in zip(self._followed.reactions, self.rates, strict=True)}

    @cached_property
    def _sympy(self) -> dict[str, Any]:
        import sympy

        from mscnet.kinetics.convert import to_sympy

        terms: dict[int, list[Any]] = defaultdict(list)
        for column, rate in zip(self._followed.net, self.sympy_rates.values(), strict=True):
            for i, coefficient in column:
                if not self.network.constant[i]:
                    terms[i].append(to_sympy(as_expression(coefficient)) * rate)
        return {name: sympy.Add(*terms[i]) for i, name in enumerate(self.network.species)}

    def text(self) -> str:
        """One line a species in the language's own spelling: ``d[A]/dt = -k1*[A]*[B] + k2*[C]``."""
        if self.network.mechanism.has_fast:
            from mscnet.kinetics.fast_equations import fast_equations

            return fast_equations(self.network).text()
        return equations_text(self.expressions)

    def latex(self) -> str:
        """The equations as an ``align`` environment (amsmath), in the order of the file."""
        if self.network.mechanism.has_fast:
            from mscnet.kinetics.fast_equations import fast_equations

            return fast_equations(self.network).latex()
        return equations_latex(self.expressions)

    def _repr_latex_(self) -> str | None:
        return None if self.network.mechanism.has_fast else equations_display(self.expressions)


def rates(network: Network) -> dict[str, Any]:
    """The rate of every reaction in SymPy, by reaction name; errors as `RateEquations`."""
    return RateEquations(network).sympy_rates


def jacobian(network: Network) -> sympy.Matrix:
    """The Jacobian of the rate equations, a sparse SymPy matrix (n_species, n_species).

    Entry (i, j) is the derivative of species i's rate equation by the concentration of species j, in the
    network's order of species.  A constant species counts as a parameter: its row and column are zero.

    Raises:
        MechanismError: a rate law is too large to be written out.
    """
    import sympy

    from mscnet.kinetics.convert import derivative, to_sympy

    symbols = {sympy.Symbol(name): j for j, name in enumerate(network.species) if not network.constant[j]}
    entries: dict[tuple[int, int], list[Any]] = defaultdict(list)
    equations = RateEquations(network)
    for column, rate in zip(equations.columns, equations.sympy_rates.values(), strict=True):
        slopes = [(symbols[s], derivative(rate, s)) for s in sorted(rate.free_symbols & symbols.keys(), key=str)]
        for i, coefficient in column:
            if not network.constant[i]:
                factor = to_sympy(as_expression(coefficient))
                for j, slope in slopes:
                    entries[i, j].append(factor * slope)
    size = len(network.species)
    return sympy.SparseMatrix(size, size, {place: sympy.Add(*terms) for place, terms in entries.items()})


def jacobian_latex(matrix: sympy.Matrix, network: Network, names: tuple[str, ...] | None = None) -> str:
    """A Jacobian's entries that are not zero as an ``align`` environment, one line an entry.

    `names` are the species of its rows and columns, all of the network's if not given.
    """
    names = names or network.species
    printer = latex_printer(network)
    lines = []
    for (i, j), entry in sorted(sympy_entries(matrix).items()):
        change = rf"\frac{{\mathrm{{d}}{species_latex(names[i])}}}{{\mathrm{{d}}t}}"
        left = rf"  \frac{{\partial}}{{\partial {species_latex(names[j])}}} {change}"
        lines.append(f"{left} &= {printer.doprint(entry)}")
    return align(lines) if lines else "0"


def sympy_entries(matrix: sympy.Matrix) -> dict[tuple[int, int], Any]:
    """The entries of a SymPy matrix that are not zero, by row and column."""
    return dict(matrix.todok())


def latex_printer(network: Network) -> Any:
    """SymPy's LaTeX printer with this network's names: species in brackets, parameters as chemists index them."""
    import sympy
    from sympy.printing.latex import LatexPrinter

    names = {sympy.Symbol(name): symbol_latex(name) for name in _other_names(network)}
    names |= {sympy.Symbol(name): species_latex(name) for name in network.species}
    names[sympy.Symbol("time")] = "t"
    return LatexPrinter({"symbol_names": names})


def _other_names(network: Network) -> Iterator[str]:
    mechanism = network.mechanism
    yield from (parameter.name for parameter in mechanism.parameters)
    yield from (definition.name for definition in mechanism.definitions)
    yield from (observable.name for observable in mechanism.observables)
