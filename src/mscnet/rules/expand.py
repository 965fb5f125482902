"""From rules to a plain mechanism: the network that they generate as species, reactions and observables."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from fractions import Fraction

from mscnet.diagnostics import Diagnostic
from mscnet.mechanism.expression import ZERO, Expression, Number, Product, Sum, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Count, Limits, Structure
from mscnet.mechanism.types import Observable
from mscnet.mechanism.units import Dimension
from mscnet.records import dataclass, replace
from mscnet.rules.endings import findings_of
from mscnet.rules.generate import bounded, generate
from mscnet.rules.generated import Generated, Progress
from mscnet.rules.laws import Laws
from mscnet.rules.places import Sizes
from mscnet.rules.reactions import NetworkReactions
from mscnet.rules.species import NetworkSpecies, plain_stocks, with_plain_seeds
from mscnet.rules.weights import Weights

#: The option that says how many molecules an amount of one is, where compartments hold counted species.
PER_UNIT = "number_per_quantity_unit"


NO_LIMITS = Limits()


class NetworkWarning(UserWarning):
    """Something that is to be known of a network that rules have made, as that it is not all of it."""


class ExpansionInterrupted(KeyboardInterrupt):
    """Ctrl-C was pressed while a network was generated; `.expansion` has what there was."""

    def __init__(self, expansion: Expansion) -> None:
        super().__init__("the network was not generated to its end")
        self.expansion = expansion


@dataclass(frozen=True, eq=False)
class Expansion:
    """A mechanism whose rules are written out, what was generated for it, and what is to be said of that."""

    mechanism: Mechanism
    generated: Generated
    findings: tuple[Diagnostic, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the rules make nothing more of these species."""
        return self.generated.ending == "complete"


def expand(mechanism: Mechanism, limits: Limits | None = None, progress: Progress | None = None) -> Mechanism:
    """The mechanism (its chosen pathway) with the network of its rules written out, and without rules.

    `limits` stand in place of those that the file states, one by one.  Where the rules would go on for good, bounds of
    mscnet's own end generation, and a `NetworkWarning` says so.

    Raises:
        MechanismError: a rule cannot be applied.
        ExpansionInterrupted: Ctrl-C was pressed; `.expansion` has what there was.
    """
    expansion = expand_network(mechanism, limits, progress)
    if expansion.generated.ending == "interrupted":
        raise ExpansionInterrupted(expansion)
    for finding in expansion.findings:
        warnings.warn(finding.render(), NetworkWarning, stacklevel=3)
    return expansion.mechanism


def expand_network(mechanism: Mechanism, limits: Limits | None = None, progress: Progress | None = None) -> Expansion:
    """As `expand`, with what was found; an interrupt ends generation, and what there is is kept.

    Raises:
        MechanismError: a rule cannot be applied.
    """
    model = mechanism.chosen
    if model.structure is None:
        return Expansion(model, Generated((), (), (), (), "complete", 0))
    structure = with_plain_seeds(model, model.structure)
    asked = joined(limits, structure.limits)
    generated = _generated(model.structure, replace(structure, limits=asked), progress)
    return written_out(model, structure, generated, asked)


def joined(first: Limits | None, second: Limits) -> Limits:
    """The limits of the first, and of the second where it has none."""
    if first is None:
        return second
    return Limits(
        *(a if a not in (None, ()) else b for a, b in zip(_values(first), _values(second), strict=True))  # type: ignore[arg-type]
    )


def _values(limits: Limits) -> tuple[object, ...]:
    return (limits.iterations, limits.molecules, limits.of_type, limits.species, limits.reactions)


def _generated(key: Structure, structure: Structure, progress: Progress | None) -> Generated:
    """What the rules generate.  It is kept with the structure, as values of parameters change nothing of it."""
    kept = key.__dict__.get("_generated")
    if kept is not None and kept[0] == structure.limits and kept[1] == structure.seeds:
        return kept[2]
    made = generate(structure, bounded(structure.limits), progress=progress)
    if made.ending != "interrupted":
        key.__dict__["_generated"] = (structure.limits, structure.seeds, made)
    return made


def written_out(model: Mechanism, structure: Structure, generated: Generated, asked: Limits = NO_LIMITS) -> Expansion:
    """The mechanism of what was generated; `asked` are the limits that somebody has set."""
    species = NetworkSpecies(model, structure, generated)
    weights = Weights(structure, generated)
    laws = Laws(structure.rules, structure.counts, structure.energies, weights, species.names)
    per_unit = model.option(PER_UNIT)
    sizes = Sizes(structure.places, generated.texts, per_unit if isinstance(per_unit, float) else None)
    taken = {item.name for items in (model.reactions, model.parameters, model.derived) for item in items}
    taken |= {item.name for items in (species.all, structure.counts) for item in items}
    populations = model.units.concentration.dimension == Dimension.of(population=1) and not isinstance(per_unit, float)
    combinatorial = model.option("mass_action") == "combinatorial"
    network = NetworkReactions(structure.rules, laws, sizes, species.names, taken, combinatorial, populations)
    reactions = network.make(generated.events)
    observables = _in_order(model.observables, _observables(structure.counts, weights, species.names, model))
    made = replace(
        model,
        species=species.all,
        reactions=(*model.reactions, *reactions),
        observables=observables,
        stocks=plain_stocks(model, generated, species.names),
        definitions=(*model.definitions, *network.definitions),
        structure=None,
    )
    return Expansion(made, generated, findings_of(structure, generated, asked))


def _observables(
    counts: Iterable[Count], weights: Weights, names: tuple[str, ...], model: Mechanism
) -> list[Observable]:
    symbols = [Symbol(name, "species") for name in names]
    weighted: dict[tuple[int, int], Expression] = {}

    def term(i: int, weight: int) -> Expression:
        if weight == 1:
            return symbols[i]
        if (i, weight) not in weighted:
            weighted[i, weight] = Product((Number(Fraction(weight)), symbols[i]))
        return weighted[i, weight]

    made = []
    for count in counts:
        terms = [term(i, weight) for i, weight in sorted(weights.of_count(count).items()) if weight]
        total = terms[0] if len(terms) == 1 else Sum(tuple(terms)) if terms else ZERO
        dimension = count.dimension or model.units.concentration.dimension
        made.append(Observable(count.name, total, count.label, dimension, count.pathway, span=count.span))
    return made


def _in_order(plain: tuple[Observable, ...], counted: list[Observable]) -> tuple[Observable, ...]:
    """All observables in the order in which the text has them; those of no text come last."""
    both = [*plain, *counted]
    return tuple(sorted(both, key=lambda one: one.span.start if one.span is not None else len(both) + 10**12))
