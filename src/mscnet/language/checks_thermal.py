"""Checks of equilibria: loops of reversible steps, energies beside constants, energies that only some species have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from mscnet.diagnostics import listed
from mscnet.language.scope import Reporter
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.thermo import MAX_STEPS, MAX_TANGLED, Energies, Loop

if TYPE_CHECKING:
    from mscnet.mechanism.steps import Step

#: Equilibrium constants that differ by less are taken as the same, numbers of a text being rounded.
SAME_CONSTANT = 0.01
#: The most loops that are reported, and the most steps of one.
_MOST_LOOPS = 10
_MOST_STEPS = 8


def detailed_balance(mechanism: Mechanism, report: Reporter) -> None:
    """Loops of reversible steps whose constants agree with no equilibrium."""
    wrong = [loop for loop in mechanism.loops(unbalanced=True) if loop.state == "violated"]
    for i, loop in enumerate(wrong[:_MOST_LOOPS]):
        _report_loop(loop, report, len(wrong) - _MOST_LOOPS if i == _MOST_LOOPS - 1 else 0)


def _report_loop(loop: Loop, report: Reporter, more: int) -> None:
    what = f"detailed balance does not hold round the loop {_shortened(loop)}: "
    if loop.warmer:
        what += "at another temperature the products of its forward and its reverse constants differ"
        hint = "the enthalpies of its steps, and so the changes of its constants with temperature, must cancel"
    else:
        what += f"the forward constants multiply to {loop.forward:.10g}, the reverse ones to {loop.reverse:.10g}"
        hint = (
            "at equilibrium both are the same, so one constant follows from the others; if something drives the loop, "
            "write it into its step, as a `constant` species"
        )
    if more > 0:
        hint += f"; {more} more loops do not balance"
    _at_loop("W230", what, loop, hint, report)


def open_loops(mechanism: Mechanism, report: Reporter) -> None:
    """Loops of which nothing can be said without values, with what their constants must meet (``check --strict``)."""
    loops = [loop for loop in mechanism.loops(unbalanced=True) if loop.state == "open"]
    for loop in loops[:_MOST_LOOPS]:
        what = f"detailed balance round the loop {_shortened(loop)} needs {loop.condition}"
        _at_loop("N231", what, loop, "derive one constant from the others, or give one step as `K = …`", report)
    if not mechanism.loops_are_known():
        message = f"too many reversible steps to look for loops (more than {MAX_STEPS:,}, or {MAX_TANGLED:,} in loops)"
        report.error("N232", message, 0, 1)


def _at_loop(code: str, message: str, loop: Loop, hint: str, report: Reporter) -> None:
    places = [(name, n, span) for (name, n), span in zip(loop.steps, loop.spans, strict=True) if span is not None]
    if not places:
        return
    at = max((span for _, _, span in places), key=lambda span: span.start)
    related = tuple(
        (f"{name}{', backwards' if n < 0 else ''}", span.start, span.end)
        for name, n, span in places
        if span.start != at.start
    )
    report.error(code, message, at.start, at.end, hint, related[:_MOST_STEPS])


def _shortened(loop: Loop) -> str:
    text = loop.text()
    return text if len(loop.steps) <= _MOST_STEPS else " ".join(text.split(" ")[: 2 * _MOST_STEPS]) + " …"


# --- equilibrium constants -----------------------------------------------------------------------


def constants(mechanism: Mechanism, report: Reporter) -> None:
    """Equilibrium constants that are not above zero, or out of range."""
    if not any(reaction.equilibrium for reaction in mechanism.reactions):
        return
    from mscnet.mechanism.steps import at_start

    models = [mechanism.with_pathway(p.name) for p in mechanism.pathways] or [mechanism]
    for model in models:
        value_of = at_start(model)
        for reaction in model.reactions:
            known = reaction.equilibrium
            if known is None or known.span is None:
                continue
            value = value_of(known.constant)
            if value > 0 and not math.isinf(value):
                continue
            if known.source == "energies" and not math.isnan(value):
                message = f"the energies of this step give K = {value:g}: exp(-ΔG°/RT) is out of range"
                report.error("E233", message, known.span.start, known.span.end, "are the units of the energies right?")
            elif not math.isnan(value):
                message = f"an equilibrium constant is above zero; this is {value:g}"
                report.error("E233", message, known.span.start, known.span.end)


def fast_steps(mechanism: Mechanism, report: Reporter) -> None:
    """Fast steps that cannot be solved for, or that contradict each other; what is common to pathways is told once."""
    told: set[object] = set()
    for model in [mechanism.with_pathway(p.name) for p in mechanism.pathways] or [mechanism]:
        for fault in model.network().fast_faults():
            key = fault.code, fault.span and (fault.span.start, fault.span.end)
            if key not in told and fault.code is not None:
                told.add(key)
                report.at(fault.code, fault.message, fault.span, fault.hint)


# --- energies ----------------------------------------------------------------------------------


def energies(mechanism: Mechanism, report: Reporter) -> None:
    """Energies that disagree with the constants beside them, or that a species of a reversible step lacks."""
    if not any(species.energies for species in mechanism.species):
        return
    from mscnet.mechanism.steps import reversible_steps

    told: set[str] = set()
    models = [mechanism.with_pathway(p.name) for p in mechanism.pathways] or [mechanism]
    for model in models:
        known = {species.name: species.energies for species in model.species}
        compared = _Compared(model)
        for step in reversible_steps(model):
            own = {name: known.get(name) for name in step.net} if step.between_species else {}
            if own and all(own.values()):
                compared.check(step, {name: e for name, e in own.items() if e is not None}, report)
            elif any(own.values()):
                _tell_lacking(step, own, told, report)


def _tell_lacking(step: Step, own: Mapping[str, Energies | None], told: set[str], report: Reporter) -> None:
    lacking = [name for name, energies in own.items() if energies is None]
    span = step.forward.span
    if span is None or told.issuperset(lacking):
        return
    told.update(lacking)
    without = listed(lacking)
    given = listed([name for name, energies in own.items() if energies is not None])
    message = f"{without} {'have' if len(lacking) > 1 else 'has'} no energies, so those of {given} say nothing here"
    report.error("W232", message, span.start, span.end, "give every species of the step its energies, or none")


class _Compared:
    """Compares the constants of a model's steps with the energies of their species."""

    def __init__(self, model: Mechanism) -> None:
        from mscnet.mechanism.steps import at_start, temperature_at_start

        self.model, self.value_of = model, at_start(model)
        self.kelvin = temperature_at_start(model, self.value_of)

    def check(self, step: Step, own: Mapping[str, Energies], report: Reporter) -> None:
        """A warning with both equilibrium constants, where they differ."""
        from mscnet.language.energies import equilibrium_constant
        from mscnet.mechanism.expression import Number
        from mscnet.mechanism.steps import constant_of
        from mscnet.mechanism.units import TEMPERATURE

        derived = step.reverse.equilibrium or step.forward.equilibrium
        if (derived is not None and derived.source == "energies") or not self.kelvin > 0 or not step.settles:
            return
        span = step.forward.law.span if derived is None else derived.span
        given = self.value_of(constant_of(step, self.model))
        kelvin = Fraction(self.kelvin) / Fraction(self.model.units.scale_of(TEMPERATURE))
        temperature = Number(kelvin, TEMPERATURE)
        expected = self.value_of(equilibrium_constant(step.net, own, temperature, self.model.units))
        if span is None or not (given > 0 and expected > 0 and math.isfinite(given) and math.isfinite(expected)):
            return
        if abs(math.log(given / expected)) > math.log1p(SAME_CONSTANT):
            message = f"the constants of this step give K = {given:.6g}, the energies of its species K = {expected:.6g}"
            hint = f"at {self.kelvin:.6g} K, with c° = 1 mol/L; the constants are what counts"
            report.error("W231", message, span.start, span.end, hint)
