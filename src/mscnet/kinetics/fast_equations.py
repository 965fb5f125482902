"""What is written for a network with fast steps: rate equations of slow species, of totals, and the equilibria."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from mscnet.kinetics.equations import broken_latex, equation_terms, equations_latex, equations_text, inlined_rates
from mscnet.kinetics.fast_blocks import Block, blocks_of
from mscnet.mechanism.expression import ONE, Expression, Number, Symbol, to_text
from mscnet.mechanism.types import Reaction
from mscnet.network.conservation import sum_text
from mscnet.network.latex import species_latex, to_latex
from mscnet.network.network import Network
from mscnet.network.rates import multiply, power
from mscnet.network.sums import added


class Total(NamedTuple):
    """What the fast steps leave as it is: names with whole coefficients, and how fast slow reactions change it."""

    coefficients: tuple[tuple[str, int], ...]
    change: Expression


class Equilibrated(NamedTuple):
    """A fast step: its name, and two sides that are the same at every time."""

    name: str
    left: Expression
    right: Expression


class FastEquations(NamedTuple):
    """Equations of a network with fast steps, by what they are of."""

    slow: dict[str, Expression]
    totals: tuple[Total, ...]
    equilibria: tuple[Equilibrated, ...]

    def text(self) -> str:
        """One line each: rate equations, those of totals, and below them the equilibria."""
        lines = [equations_text(self.slow)] if self.slow else []
        for total in self.totals:
            left = sum_text((f"[{name}]", c) for name, c in total.coefficients)
            lines.append(f"d({left})/dt = {to_text(total.change, bracket_species=True)}")
        lines += ["", "at equilibrium, at every time"]
        width = max(len(each.name) for each in self.equilibria) + 1
        for each in self.equilibria:
            sides = [to_text(side, bracket_species=True) for side in (each.left, each.right)]
            lines.append(f"  {each.name + ':':<{width}} {sides[0]} = {sides[1]}")
        return "\n".join(lines)

    def latex(self) -> str:
        """The same as an ``align`` environment."""
        lines = []
        for coefficients, change in self.totals:
            inner = " ".join(_latex_term(c, name, not i) for i, (name, c) in enumerate(coefficients))
            lines.append(rf"  \frac{{\mathrm{{d}}}}{{\mathrm{{d}}t}}\left({inner}\right) &= {broken_latex(change)}")
        lines += [f"  {to_latex(left)} &= {to_latex(right)}" for _, left, right in self.equilibria]
        rest = " \\\\\n".join(lines)
        if not self.slow:
            return "\\begin{align}\n" + rest + "\n\\end{align}"
        return equations_latex(self.slow).removesuffix("\n\\end{align}") + " \\\\\n" + rest + "\n\\end{align}"


def _latex_term(coefficient: int, name: str, first: bool) -> str:
    sign = "-" if coefficient < 0 else "" if first else "+"
    number = "" if abs(coefficient) == 1 else rf"{abs(coefficient)} \, "
    return f"{sign}{number}{species_latex(name)}" if first else f"{sign} {number}{species_latex(name)}"


def fast_equations(network: Network) -> FastEquations:
    """The equations of a network that has fast steps.

    Raises:
        MechanismError: a rate law is too large to be written out.
    """
    blocks = blocks_of(network)
    terms = equation_terms(network, inlined_rates(network))
    inside = {network.species[i] for block in blocks for i in block.species}
    slow = {name: change for name, change in terms.items() if name not in inside}
    totals = [total for block in blocks for total in _totals(network, block, terms)]
    fast = [r for r in network.mechanism.reactions if r.law.kind == "fast"]
    return FastEquations(slow, tuple(totals), tuple(map(_equilibrated, fast)))


def _totals(network: Network, block: Block, terms: dict[str, Expression]) -> list[Total]:
    found = []
    for n, master in enumerate(block.masters):
        weights = {master: Fraction(1)} | {s.species: s.exponents[n] for s in block.secondaries if s.exponents[n]}
        scale = math.lcm(*(weight.denominator for weight in weights.values()))
        ordered = [(i, int(weights[i] * scale)) for i in sorted(weights)]
        sign = -1 if ordered[0][1] < 0 else 1
        named = tuple((network.species[i], sign * c) for i, c in ordered)
        change = added(multiply(Number(Fraction(c)), terms[name]) for name, c in named)
        found.append(Total(named, change))
    return found


def _equilibrated(reaction: Reaction) -> Equilibrated:
    """``[H^+]*[A^-] = K*[HA]``."""
    left_out = {term.species for term in reaction.orders}
    above, below = (
        [power(Symbol(term.species, "species"), term.coefficient) for term in side if term.species not in left_out]
        for side in (reaction.products, reaction.reactants)
    )
    left = multiply(*above) if above else ONE
    return Equilibrated(reaction.label or reaction.name, left, multiply(reaction.law.expression, *below))
