"""Equilibria for ``show FILE reactions``: constants and energies of steps, loops, and estimates from bond energies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mscnet.mechanism.expression import symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Species
from mscnet.mechanism.units import NONE, Dimension
from mscnet.records import dataclass
from mscnet.report.text import number, quantity, table

if TYPE_CHECKING:
    from mscnet.mechanism.bonds import Estimate
    from mscnet.mechanism.steps import Step
    from mscnet.mechanism.thermo import Loop

#: Loops are all looked at in networks of at most so many reversible steps; in others only those that do not balance.
_ALL_LOOPS = 200
#: The most lines of a list.
_LISTED = 20


@dataclass(frozen=True, slots=True)
class EquilibriumRow:
    """The equilibrium of a step: energies in kJ/mol and J/mol/K, ``nan`` where they are not known."""

    step: str
    constant: float
    unit: str
    gibbs: float
    enthalpy: float
    entropy: float
    source: str


def equilibria_parts(mechanism: Mechanism) -> list[str]:
    """The parts of the view that have something to say of this mechanism."""
    parts = [equilibrium_text(mechanism), loops_text(mechanism), bonds_text(mechanism)]
    return [part for part in parts if part]


def equilibria_data(mechanism: Mechanism) -> dict[str, Any]:
    """The same as objects; energies in kJ/mol and J/mol/K, null where they are not known."""
    rows, kelvin = equilibrium_rows(mechanism)
    return {
        "temperature": _known(kelvin),
        "equilibria": [
            {
                "step": row.step,
                "K": _known(row.constant),
                "unit": row.unit,
                "gibbs": _known(row.gibbs),
                "enthalpy": _known(row.enthalpy),
                "entropy": _known(row.entropy),
                "source": row.source,
            }
            for row in rows
        ],
        "loops": [
            {
                "steps": dict(loop.steps),
                "state": loop.state,
                "forward": _known(loop.forward),
                "reverse": _known(loop.reverse),
                "condition": loop.condition,
            }
            for loop in _loops(mechanism)
        ],
        "bonds": bonds_data(mechanism),
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


# --- equilibrium constants -----------------------------------------------------------------------


def equilibrium_rows(mechanism: Mechanism) -> tuple[list[EquilibriumRow], float]:
    """The reversible steps and the temperature in kelvin; no steps where nothing is said of equilibria."""
    said = any(reaction.equilibrium for reaction in mechanism.reactions)
    if not said and not any(species.energies for species in mechanism.species):
        return [], math.nan
    from mscnet.mechanism.steps import at_start, reversible_steps, temperature_at_start

    value_of = at_start(mechanism)
    kelvin = temperature_at_start(mechanism, value_of)
    steps = [step for step in reversible_steps(mechanism) if step.settles]
    return [_row(step, mechanism, value_of, kelvin) for step in steps], kelvin


def _row(step: Step, mechanism: Mechanism, value_of: Any, kelvin: float) -> EquilibriumRow:
    from mscnet.mechanism.constants import MOLAR_ENERGY, MOLAR_ENTROPY
    from mscnet.mechanism.steps import constant_of, mole_change, standard_change

    net = step.net
    constant = value_of(constant_of(step, mechanism))
    gibbs = standard_change(constant, mole_change(net), mechanism, kelvin)
    own = [mechanism.get_species(name).energies for name in net]
    enthalpy = entropy = math.nan
    if own and all(e is not None and e.enthalpy is not None and e.entropy is not None for e in own):
        numbers = [value_of(c) if not isinstance(c, Fraction) else float(c) for c in net.values()]
        scales = (float(mechanism.units.scale_of(d)) for d in (MOLAR_ENERGY, MOLAR_ENTROPY))
        enthalpy, entropy = (
            scale * math.fsum(n * value_of(getattr(e, kind)) for n, e in zip(numbers, own, strict=True))
            for kind, scale in zip(("enthalpy", "entropy"), scales, strict=True)
        )
    known = step.reverse.equilibrium or step.forward.equilibrium
    source = "both constants" if known is None else "energies" if known.source == "energies" else "given"
    unit = mechanism.units.describe(_dimension(step, mechanism))
    return EquilibriumRow(step.name, constant, unit, gibbs / 1000, enthalpy / 1000, entropy, source)


def _dimension(step: Step, mechanism: Mechanism) -> Dimension:
    total = NONE
    for name, coefficient in step.net.items():
        if isinstance(coefficient, Fraction):
            total = total * mechanism.get_species(name).dimension ** coefficient
    return total


def equilibrium_text(mechanism: Mechanism) -> str:
    """A table of equilibrium constants and standard energies; "" where the file says nothing of them."""
    rows, kelvin = equilibrium_rows(mechanism)
    if not rows:
        return ""
    cells = [
        (
            row.step,
            quantity(row.constant, row.unit),
            _shown(row.gibbs, "kJ/mol"),
            _shown(row.enthalpy, "kJ/mol"),
            _shown(row.entropy, "J/mol/K"),
            row.source,
        )
        for row in rows
    ]
    text = table(("step", "K", "ΔG°", "ΔH°", "ΔS°", "K from"), cells)
    if math.isnan(kelvin):
        return text
    moving = "at the start, " if _moves(mechanism) else ""
    return f"{text}\n{moving}at {number(kelvin)} K; K is products over reactants, ΔG° is against c° = 1 mol/L"


def _moves(mechanism: Mechanism) -> bool:
    """Whether the temperature is a program."""
    return any(
        symbol.kind == "time"
        for definition in mechanism.definitions
        if definition.name == "temperature"
        for symbol in symbols(definition.expression)
    )


def _shown(value: float, unit: str) -> str:
    return "" if not math.isfinite(value) else f"{value:.4f} {unit}"


# --- species ----

_KINDS = (("gibbs", "G°", "kJ/mol"), ("enthalpy", "H°", "kJ/mol"), ("entropy", "S°", "J/mol/K"))


def energies_data(mechanism: Mechanism, species: Species) -> dict[str, float | None] | None:
    """The standard energies of a species in kJ/mol and J/mol/K, at the temperature of the start; null for none."""
    energies = species.energies
    if energies is None:
        return None
    from mscnet.mechanism.constants import MOLAR_ENERGY, MOLAR_ENTROPY
    from mscnet.mechanism.steps import at_start

    value_of = at_start(mechanism)
    heat, spread = (float(mechanism.units.scale_of(d)) for d in (MOLAR_ENERGY, MOLAR_ENTROPY))
    given = ((energies.expression, heat / 1000), (energies.enthalpy, heat / 1000), (energies.entropy, spread))
    return {
        kind: None if expression is None else _known(value_of(expression) * scale)
        for (kind, _, _), (expression, scale) in zip(_KINDS, given, strict=True)
    }


def energies_cell(mechanism: Mechanism, species: Species) -> str:
    """The same for a table: ``G° -12.3 kJ/mol``."""
    known = energies_data(mechanism, species) or {}
    shown = [f"{sign} {number(value)} {unit}" for kind, sign, unit in _KINDS if (value := known.get(kind)) is not None]
    return ", ".join(shown) or ("not given" if species.energies is not None else "")


def bonds_cell(species: Species) -> str:
    """The bonds that a species holds, for a table."""
    if not species.bonds:
        return "" if species.bonds is None else "none"
    return " + ".join(bond if n == 1 else f"{number(float(n))} {bond}" for bond, n in species.bonds)


# --- loops ---------------------------------------------------------------------------------------


def _loops(mechanism: Mechanism) -> tuple[Loop, ...]:
    few = sum(reaction.reverse for reaction in mechanism.reactions) <= _ALL_LOOPS
    return mechanism.loops(unbalanced=not few)


def loops_text(mechanism: Mechanism) -> str:
    """The loops of reversible steps, with whether detailed balance holds; "" where there are none."""
    loops = _loops(mechanism)
    if not loops:
        return ""
    cells = [(loop.text(), _state(loop)) for loop in loops[:_LISTED]]
    more = f"\nand {len(loops) - _LISTED} more loops" if len(loops) > _LISTED else ""
    return table(("loop", "detailed balance"), cells) + more


def _state(loop: Loop) -> str:
    if loop.state == "balanced":
        return "holds for all values"
    if loop.state == "balanced here":
        return "holds with these values"
    if loop.state == "open":
        return f"needs {loop.condition}"
    if loop.warmer:
        return "does not hold at other temperatures"
    return (
        f"does not hold: forward constants multiply to {number(loop.forward)}, reverse ones to {number(loop.reverse)}"
    )


# --- bonds ---------------------------------------------------------------------------------------


def _estimates(mechanism: Mechanism) -> tuple[list[Estimate], list[Estimate]]:
    """Those of the steps of the model, and those of the steps of other pathways."""
    from mscnet.mechanism.bonds import bond_changes, estimate

    bonds = {bond.name: bond for bond in mechanism.bonds}
    own = [estimate(change, bonds) for change in bond_changes(mechanism) if change.bonds]
    return own, [estimate(change, bonds) for change in mechanism.rivals if change.bonds]


def bonds_data(mechanism: Mechanism) -> dict[str, Any] | None:
    """Bond energies and estimates in the unit of the first bond; null without bonds."""
    if not mechanism.bonds:
        return None
    unit, factor = mechanism.bonds[0].unit, mechanism.bonds[0].unit_factor
    own, rivals = _estimates(mechanism)
    return {
        "unit": unit,
        "energies": {b.name: {"value": b.energy / factor, "error": b.error / factor} for b in mechanism.bonds},
        "estimates": [
            {
                "step": one.change.step,
                "pathway": one.change.pathway,
                "formed": {bond: float(n) for bond, n in one.change.bonds},
                "enthalpy": one.value / factor,
                "error": one.error / factor,
            }
            for one in (*own, *rivals)
        ],
        "overlaps": [[_name(a), _name(b)] for a, b, _ in _overlaps(mechanism)],
    }


def bonds_text(mechanism: Mechanism) -> str:
    """Bond energies, what steps cost in them, and which of them the errors leave open; "" without bonds."""
    if not mechanism.bonds:
        return ""
    unit, factor = mechanism.bonds[0].unit, mechanism.bonds[0].unit_factor
    bonds = [(b.name, _bar(b.energy / factor, b.error / factor, unit), b.note or "") for b in mechanism.bonds]
    parts = [table(("bond", "energy", "note"), bonds)]
    own, rivals = _estimates(mechanism)
    if not (own or rivals):
        return parts[0]
    rows = [
        (
            _name(one),
            _counts(one, -1),
            _counts(one, 1),
            _bar(one.value / factor, one.error / factor, unit),
        )
        for one in (*own, *rivals)
    ]
    parts.append(table(("step", "breaks", "forms", "ΔH from bonds"), rows))
    lines = list(_sentences(mechanism))
    if len(lines) > _LISTED:
        lines = [*lines[:_LISTED], f"and {len(lines) - _LISTED} more such pairs"]
    return "\n\n".join(parts) + ("\n\n" + "\n".join(lines) if lines else "")


def _sentences(mechanism: Mechanism) -> Iterator[str]:
    unit, factor = mechanism.bonds[0].unit, mechanism.bonds[0].unit_factor
    for a, b, apart in _overlaps(mechanism):
        pair = f"{_name(a)} and {_name(b)}"
        if apart is None:
            yield f"{pair}: these cannot be told apart by bond energies: the bars overlap"
        else:
            difference = _bar(abs(a.value - b.value) / factor, apart / factor, unit)
            yield f"{pair}: the bars overlap, but they share errors: the difference is {difference}"
    own, _ = _estimates(mechanism)
    for one in own:
        if not one.signed:
            yield f"{_name(one)}: the bar includes 0, so bond energies do not say which way it goes"


def _overlaps(mechanism: Mechanism) -> list[tuple[Estimate, Estimate, float | None]]:
    """Pairs, one of this model, whose bars overlap; the error of their difference where that still tells them apart."""
    from mscnet.mechanism.bonds import difference_error

    bonds = {bond.name: bond for bond in mechanism.bonds}
    own, rivals = _estimates(mechanism)
    pairs = [*combinations(own[:_ALL_LOOPS], 2), *((a, b) for a in own[:_ALL_LOOPS] for b in rivals[:_ALL_LOOPS])]
    found: list[tuple[Estimate, Estimate, float | None]] = []
    for a, b in pairs:
        gap = abs(a.value - b.value)
        if dict(a.change.bonds) == dict(b.change.bonds) or gap > a.error + b.error:
            continue
        apart = difference_error(a.change, b.change, bonds)
        found.append((a, b, apart if gap > apart and _share(a, b) else None))
    return found


def _share(a: Estimate, b: Estimate) -> bool:
    return bool({name for name, _ in a.change.bonds} & {name for name, _ in b.change.bonds})


def _name(one: Estimate) -> str:
    """The step, with its pathway where the mechanism has several."""
    return f"{one.change.step} ({one.change.pathway})" if one.change.pathway else one.change.step


def _counts(one: Estimate, sign: int) -> str:
    parts = [(abs(n), bond) for bond, n in one.change.bonds if n * sign > 0]
    return " + ".join(bond if n == 1 else f"{number(float(n))} {bond}" for n, bond in parts)


def _bar(value: float, error: float, unit: str) -> str:
    """``100.0 ± 15.1 kJ/mol``, with the digits that the error has."""
    if not error:
        return quantity(value, unit)
    digits = max(1, 2 - math.ceil(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f} {unit}"
