"""Rate equations as expression trees, with their text and LaTeX.

Printing goes through here and never through SymPy, so that a thousand equations print at once and in
reading order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mscnet.mechanism.expression import ZERO, Expression, Sum, to_text
from mscnet.mechanism.types import as_expression
from mscnet.network.latex import species_latex, to_latex
from mscnet.network.network import Network
from mscnet.network.rates import Inliner, multiply, rate_expression

#: Terms of an equation on one line of its LaTeX.
TERMS_PER_LINE = 4
#: The most equations that a notebook shows without being asked.
SHOWN_EQUATIONS = 60


def inlined_rates(network: Network) -> tuple[Expression, ...]:
    """The rate of every reaction, derived values that vary written out.

    Raises:
        MechanismError: one is too large to write out.
    """
    inline = Inliner(network.mechanism)
    return tuple(inline(rate_expression(network.mechanism, r)) for r in network.mechanism.reactions)


def equation_terms(network: Network, rates: Sequence[Expression]) -> dict[str, Expression]:
    """The right-hand side of every species, in order of species; zero for constant ones."""
    terms: list[list[Expression]] = [[] for _ in network.species]
    for column, rate in zip(network.net, rates, strict=True):
        for i, coefficient in column:
            if not network.constant[i]:
                terms[i].append(multiply(as_expression(coefficient), rate))
    return {name: _sum(own) for name, own in zip(network.species, terms, strict=True)}


def _sum(terms: list[Expression]) -> Expression:
    kept = [term for term in terms if term != ZERO]
    if not kept:
        return ZERO
    return kept[0] if len(kept) == 1 else Sum(tuple(kept))


def equations_text(equations: Mapping[str, Expression]) -> str:
    """One line a species: ``d[A]/dt = -k1*[A]*[B] + k2*[C]``."""
    return "\n".join(f"d[{name}]/dt = {to_text(e, bracket_species=True)}" for name, e in equations.items())


def equations_latex(equations: Mapping[str, Expression]) -> str:
    """The equations as an ``align`` environment (needs amsmath), long ones broken over lines."""
    return align(_latex_lines(equations))


def equations_display(equations: Mapping[str, Expression]) -> str | None:
    """The equations for a notebook, None where there are too many to read."""
    if len(equations) > SHOWN_EQUATIONS:
        return None
    return "$$\\begin{aligned}\n" + " \\\\\n".join(_latex_lines(equations)) + "\n\\end{aligned}$$"


def align(lines: Iterable[str]) -> str:
    """Lines of ``left &= right`` as an ``align`` environment."""
    return "\\begin{align}\n" + " \\\\\n".join(lines) + "\n\\end{align}"


def _latex_lines(equations: Mapping[str, Expression]) -> list[str]:
    return [
        rf"  \frac{{\mathrm{{d}}{species_latex(name)}}}{{\mathrm{{d}}t}} &= {broken_latex(expression)}"
        for name, expression in equations.items()
    ]


def broken_latex(expression: Expression) -> str:
    """LaTeX of a right-hand side, a sum of many terms over several lines of an ``align``."""
    if not isinstance(expression, Sum):
        return to_latex(expression)
    lines: list[str] = []
    for start in range(0, len(expression.terms), TERMS_PER_LINE):
        text = to_latex(Sum(expression.terms[start : start + TERMS_PER_LINE]))
        signed = text if not start or text.startswith("-") else f"+ {text}"
        lines.append(signed)
    return " \\\\\n    &\\quad ".join(lines)
