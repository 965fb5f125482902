"""``bond Cd-Te = 100.0 ± 15.1 kJ/mol``, and the bonds that species hold."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from mscnet.diagnostics import suggest
from mscnet.language.declare import Declarations, part, report_repeats, value_node
from mscnet.language.quantities import Literal, in_range, read_literal, read_number
from mscnet.language.scope import Reporter
from mscnet.language.syntax import BondTermX, DeclarationX, ExpressionX, NumberX, PartX, Text
from mscnet.mechanism.constants import MOLAR_ENERGY
from mscnet.mechanism.thermo import Bond
from mscnet.mechanism.units import UnitSystem, name_dimension


def read_bonds(found: Declarations, report: Reporter) -> tuple[Bond, ...]:
    """The bond energies of a file; what is wrong is reported and left out."""
    made: dict[str, Bond] = {}
    for declaration in found.bonds:
        report_repeats(declaration, report)
        name = declaration.name
        if name.name in made:
            first = made[name.name].span
            place = (("first given here", first.start, first.end),) if first else ()
            report.error("E011", f"the bond `{name.name}` is given twice", name.start, name.end, related=place)
            continue
        bond = _bond(declaration, found.system, report)
        if bond is not None:
            made[name.name] = bond
    return tuple(made.values())


def _bond(declaration: DeclarationX, system: UnitSystem, report: Reporter) -> Bond | None:
    name, node, prior = declaration.name, value_node(declaration), part(declaration, "prior")
    if node is None:
        report.error("E230", "a bond needs its energy", name.start, name.end, "`bond Cd-Te = 100 ± 15 kJ/mol`")
        return None
    nodes: list[ExpressionX] = [node, *(prior.items if prior else ())]  # type: ignore[list-item]
    literals = [_literal(one, system, report) for one in nodes]
    if None in literals:
        return None
    known = [literal for literal in literals if literal is not None]
    unit = next((literal for literal in known if literal.has_unit), None)
    if unit is None:
        message = "a bond energy needs its unit: the file's own is seldom meant"
        report.error("E230", message, node.start, node.end, "`100 kJ/mol`")
        return None
    values = []
    for literal, place in zip(known, nodes, strict=True):
        shared = literal if literal.has_unit else Literal(literal.number, unit.factor, unit.dimension, True)
        if shared.dimension != MOLAR_ENERGY:
            message = f"a bond energy is an energy per amount, not {name_dimension(shared.dimension)}"
            report.error("E020", message, place.start, place.end, "such as `100 kJ/mol`")
            return None
        values.append(float(in_range(shared.in_units_of(system), place, report)))
    if min(values) < 0:
        report.error("E230", "a bond energy and its error are not negative", node.start, nodes[-1].end)
        return None
    shown = next(one for one, literal in zip(nodes, known, strict=True) if literal is unit)
    text = report.source.text[shown.start : shown.end].lstrip("+-0123456789.eE \t")
    note = part(declaration, "note")
    return Bond(
        name=name.name,
        energy=values[0],
        error=values[1] if len(values) > 1 else 0.0,
        unit=text,
        unit_factor=float(unit.factor / Fraction(system.scale_of(unit.dimension))),
        note=note.items[0].text if note and isinstance(note.items[0], Text) else None,
        span=report.span(name.start, name.end),
    )


def _literal(node: ExpressionX, system: UnitSystem, report: Reporter) -> Literal | None:
    literal = read_literal(node, system, report)
    if literal is None:
        message = "a bond energy is a number with its unit, such as `100 kJ/mol`"
        report.error("E230", message, node.start, node.end)
    return None if literal is None or literal.broken else literal


def read_held(held: PartX, known: Collection[str], report: Reporter) -> tuple[tuple[str, Fraction], ...] | None:
    """The bonds that a species holds, of those that the file knows, with their number, in the order of the text."""
    counts: dict[str, Fraction] = {}
    for item in held.items:
        if isinstance(item, NumberX):
            if read_number(item, report) != 0:
                report.error("E230", "a number of bonds says of which", item.start, item.end, "`bonds 2 Cd-Te`")
                return None
            continue
        assert isinstance(item, BondTermX)
        name = item.bond.name
        if name not in known:
            hint = suggest(name, known) or f"give its energy: `bond {name} = 100 kJ/mol`"
            report.error("E010", f"unknown bond `{name}`", item.bond.start, item.bond.end, hint)
            return None
        number = Fraction(1) if item.number is None else read_number(item.number, report)
        counts[name] = counts.get(name, Fraction(0)) + number
    return tuple((name, number) for name, number in counts.items() if number)
