"""How the generation of a network came to its end, in words."""

from __future__ import annotations

from mscnet.diagnostics import Diagnostic, Span
from mscnet.mechanism.structure import Limits, Structure
from mscnet.rules.generate import DEFAULT_LIMITS, bounded
from mscnet.rules.generated import Generated

#: The endings that bounds of mscnet's own have.
_OWN = ("iterations", "molecules", "species", "reactions")
#: Longer texts of species are cut.
_LONGEST = 60


def findings_of(structure: Structure, generated: Generated, asked: Limits) -> tuple[Diagnostic, ...]:
    """What is to be said of a network: that it is cut off where nobody asked for that, or that it is empty."""
    own = generated.ending in _OWN and getattr(bounded(asked), generated.ending, None) is not None
    if own and getattr(asked, generated.ending) is None:
        return (_cut_off(structure, generated),)
    if structure.rules and not generated.species:
        message = "nothing is there that the rules could start from, so they make no species and no reaction"
        hint = "say what is there at first, as in `species A(b) = 1 mM`"
        return (Diagnostic("warning", "W310", message, span=structure.rules[0].span, hint=hint),)
    return ()


def _cut_off(structure: Structure, generated: Generated) -> Diagnostic:
    bound = getattr(DEFAULT_LIMITS, generated.ending)
    number, span = _largest(structure, generated)
    size = len(generated.species[number].molecules)
    text = generated.texts[number]
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    growth = f"species grow: there are some of {size} molecules, as {shown}" if size > 1 else f"the last is {shown}"
    if generated.ending == "molecules":
        ended = f"larger species: those of more than {bound} molecules, a bound of mscnet, are left out"
        growth = f"the largest is {shown}"
    else:
        ended = f"{generated.ending}: generation ended at {bound:,} {generated.ending}, a bound of mscnet"
        ended += f", after {generated.iterations} iterations"
    message = f"the rules make ever {'more ' if generated.ending != 'molecules' else ''}{ended}; {growth}"
    hint = (
        "say where it is to end: `option max_agg = 20` (molecules in a species) or --max-agg 20; as well max_iter, "
        "max_species, max_stoich; or simulate without a network: `mscnet run FILE --method nf`"
    )
    return Diagnostic("warning", "W309", message, span=span, hint=hint)


def _largest(structure: Structure, generated: Generated) -> tuple[int, Span | None]:
    """The species that shows how others grow, and the rule that has made it."""
    candidates = generated.growing or range(len(generated.species))
    number = max(candidates, key=lambda i: (len(generated.species[i].molecules), i))
    rule = next((event.rule for event in generated.events if number in event.products), None)
    return number, structure.rules[rule].span if rule is not None else None


def stopped(generated: Generated) -> str | None:
    """Where a limit that somebody has set has ended generation, in words; None where the network is all there is."""
    count = f"{generated.iterations} iteration" + ("s" if generated.iterations != 1 else "")
    match generated.ending:
        case "complete":
            return None
        case "interrupted":
            return f"generation was interrupted after {count}"
        case "molecules":
            return f"larger species than the limit were left out, {count}"
        case ending:
            return f"generation ended at the limit of {ending}, after {count}"
