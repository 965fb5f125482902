"""Standard energies of species, and the equilibrium constants that follow from them.

K_c = c°^Δn exp(-ΔG°/RT), with c° = 1 mol/L and ΔG° = ΔH° - TΔS° (P. Atkins, J. de Paula, Physical Chemistry, 11th ed.,
sections 3D and 6A).  Where enthalpy and Gibbs energy are given, they are those at 298.15 K, and the enthalpy and the
entropy are taken as the same at every temperature.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from mscnet.language.declare import Declarations
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Claim, Reporter, Scope
from mscnet.language.syntax import DeclarationX, ExpressionX, PartX, Word
from mscnet.mechanism.constants import (
    GAS,
    MOLAR_ENERGY,
    MOLAR_ENTROPY,
    STANDARD_TEMPERATURE,
    in_units,
    standard_concentration,
)
from mscnet.mechanism.expression import (
    MINUS_ONE,
    Call,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    is_bare,
    symbols,
)
from mscnet.mechanism.steps import added
from mscnet.mechanism.thermo import Energies
from mscnet.mechanism.types import Coefficient, as_expression
from mscnet.mechanism.units import CONCENTRATION, TEMPERATURE, UnitSystem

_SPELLED = {
    "gibbs": "`gibbs = -12.3 kJ/mol`",
    "enthalpy": "`enthalpy = -50 kJ/mol`",
    "entropy": "`entropy = 130 J/mol/K`",
}

#: By species and the pathway that it is declared in.
EnergyTable = Mapping[tuple[str, str | None], Energies]


class EnergyReader:
    """Reads the energies that species are declared with."""

    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter) -> None:
        self.found, self.resolver, self.report = found, resolver, report

    def read(self) -> EnergyTable:
        """The energies of every species that has some; what is wrong is reported, and stands as zero."""
        table = {}
        for declaration, pathway in self.found.energies:
            energies = self._energies(declaration, pathway)
            # what is wrong has been reported once; reactions need not say so again
            table[declaration.name.name, pathway] = energies or Energies(Number(Fraction(0)))
        return table

    def _energies(self, declaration: DeclarationX, pathway: str | None) -> Energies | None:
        given: dict[str, Expression] = {}
        parts = [part for part in declaration.parts if part.kind == "energy"]
        for part in parts:
            word, node = part.items
            assert isinstance(word, Word)
            value = self._value(word.name, node, pathway)  # type: ignore[arg-type]
            if value is None:
                return None
            given[word.name] = value
        if not self._is_enough(given, parts[-1], declaration):
            return None
        return self._made(given, pathway, parts)

    def _value(self, kind: str, node: ExpressionX, pathway: str | None) -> Expression | None:
        expression = self.resolver.resolve(node, pathway)
        if expression is None:
            return None
        moving = next((s for s in symbols(expression) if s.kind in ("species", "time", "observable")), None)
        if moving is not None:
            message = f"an energy may hold parameters, derived values and numbers only, not `{moving.name}`"
            self.report.error("E016", message, node.start, node.end)
            return None
        if is_bare(expression) and expression != Number(Fraction(0)):
            message = "an energy needs its unit: the file's own is seldom meant"
            self.report.error("E230", message, node.start, node.end, f"write it as {_SPELLED[kind]}")
            return None
        dimension = MOLAR_ENTROPY if kind == "entropy" else MOLAR_ENERGY
        what = "an entropy is" if kind == "entropy" else "an energy is one per amount,"
        example = _SPELLED[kind].partition("= ")[2].rstrip("`")
        self.resolver.scope.claims.append(Claim(expression, pathway, dimension, f"{what} such as `{example}`"))
        return expression

    def _is_enough(self, given: Mapping[str, Expression], last: PartX, declaration: DeclarationX) -> bool:
        name = declaration.name.name
        if len(given) == 3:
            message = f"gibbs, enthalpy and entropy of `{name}`: any two give the third"
            self.report.error("E230", message, last.start, last.end, "leave one out")
            return False
        if len(given) == 1 and "gibbs" not in given:
            kind = next(iter(given))
            other = "entropy" if kind == "enthalpy" else "enthalpy"
            message = f"the {kind} of `{name}` alone gives no equilibrium constant"
            self.report.error("E230", message, last.start, last.end, f"add its {other}, as in {_SPELLED[other]}")
            return False
        return True

    def _made(self, given: Mapping[str, Expression], pathway: str | None, parts: list[PartX]) -> Energies | None:
        span = self.report.span(parts[0].start, parts[-1].end)
        if len(given) == 1:
            return Energies(given["gibbs"], span=span)
        temperature = temperature_of(self.resolver.scope, pathway, parts[0].start, parts[0].end, self.report)
        if temperature is None:
            return None
        standard = Number(in_units(STANDARD_TEMPERATURE, TEMPERATURE, self.found.system), TEMPERATURE)
        enthalpy, entropy = given.get("enthalpy"), given.get("entropy")
        if enthalpy is None:
            assert entropy is not None
            enthalpy = total([(Fraction(1), given["gibbs"]), (Fraction(1), times(standard, entropy, MOLAR_ENERGY))])
        if entropy is None:
            heat = total([(Fraction(1), enthalpy), (Fraction(-1), given["gibbs"])])
            entropy = times(heat, Number(1 / standard.value, TEMPERATURE**-1), MOLAR_ENTROPY)
        free = Sum((enthalpy, Product((MINUS_ONE, temperature, entropy))))
        return Energies(free, enthalpy, entropy, span)


def temperature_of(scope: Scope, pathway: str | None, start: int, end: int, report: Reporter) -> Symbol | None:
    """The temperature of the file, checked to be one; None, with an error, where there is none."""
    entry = scope.find("temperature", pathway)
    if entry is None or entry.kind not in ("definition", "parameter"):
        message = "equilibrium constants follow from energies at a temperature, and none is given"
        report.error("E010", message, start, end, "write `temperature = 298.15 K`")
        return None
    symbol = Symbol("temperature", entry.kind, report.span(start, end))
    scope.claims.append(Claim(symbol, pathway, TEMPERATURE, "`temperature` is a temperature"))
    return symbol


def times(a: Expression, b: Expression, dimension: object) -> Expression:
    """A product, folded where both are numbers."""
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(a.value * b.value, dimension)  # type: ignore[arg-type]
    return Product((a, b))


def total(parts: list[tuple[Coefficient, Expression]]) -> Expression:
    """Σ coefficient × expression, its numbers added up exactly."""
    number, rest, dimension = Fraction(0), [], None
    for coefficient, expression in parts:
        if isinstance(coefficient, Fraction) and isinstance(expression, Number):
            number += coefficient * expression.value
            dimension = expression.dimension or dimension
        elif coefficient == 1:
            rest.append(expression)
        else:
            factor = as_expression(coefficient)
            rest.append(Product((factor, expression)))
    if number or not rest:
        rest.append(Number(number, dimension))
    return rest[0] if len(rest) == 1 else Sum(tuple(rest))


def equilibrium_constant(
    net: Mapping[str, Coefficient],
    energies: Mapping[str, Energies],
    temperature: Expression,
    system: UnitSystem,
) -> Expression:
    """K_c of a step with this net stoichiometry, in the file's concentration, from the energies of its species."""
    heats: list[tuple[Coefficient, Expression]] = []
    entropies: list[tuple[Coefficient, Expression]] = []
    change: Coefficient = Fraction(0)
    for name, coefficient in net.items():
        own = energies[name]
        change = added(change, coefficient)
        heats.append((added(Fraction(0), coefficient, -1), own.expression if own.enthalpy is None else own.enthalpy))
        if own.entropy is not None:
            entropies.append((coefficient, own.entropy))
    exponent: Expression = Product((_per_gas(total(heats), system), Power(temperature, MINUS_ONE)))
    if entropies:
        exponent = Sum((_per_gas(total(entropies), system), exponent))
    factors: list[Expression] = [*_standard(change, system), Call("exp", (exponent,))]
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def _per_gas(energy: Expression, system: UnitSystem) -> Expression:
    """An energy or entropy per amount over the gas constant, a number where it is one."""
    gas = in_units(GAS, MOLAR_ENTROPY, system)
    if isinstance(energy, Number):
        dimension = None if energy.dimension is None else energy.dimension / MOLAR_ENTROPY
        return Number(energy.value / gas, dimension)
    return Product((energy, Power(Number(gas, MOLAR_ENTROPY), MINUS_ONE)))


def _standard(change: Coefficient, system: UnitSystem) -> list[Expression]:
    """c° to the change of the mole number, exact where that is a whole number."""
    standard = standard_concentration(system)
    if not isinstance(change, Fraction):
        return [Power(Number(standard, CONCENTRATION), change)]
    if change == 0 or standard == 1:
        return []
    if change.denominator == 1:
        return [Number(standard ** int(change), CONCENTRATION**change)]
    return [Power(Number(standard, CONCENTRATION), Number(change))]
