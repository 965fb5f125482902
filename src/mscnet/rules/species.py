"""The species of a generated network as plain ones: names, initial values, and which of them the file has already."""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.mechanism.bench import Content, Stock
from mscnet.mechanism.expression import ZERO, Expression, Sum
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.naming import species_names
from mscnet.mechanism.structure import MoleculePattern, Pattern, Seed, Structure
from mscnet.mechanism.types import Species
from mscnet.records import replace
from mscnet.rules.generated import Generated


def with_plain_seeds(mechanism: Mechanism, structure: Structure) -> Structure:
    """The structure in which plain species that are molecules without sites are seeds, too: ``ATP`` for ``ATP()``.

    So are the structured species of solutions, of which there is nothing at first; these come last.  Seeds that the
    file states stay where they are.
    """
    there = {plain_name(seed.pattern) for seed in structure.seeds}
    bare = {molecule.name for molecule in structure.molecules if not molecule.sites}
    added = tuple(
        Seed(Pattern((MoleculePattern(one.name),), constant=one.constant), one.initial or ZERO, one.label, one.span)
        for one in mechanism.species
        if one.name in bare and one.name not in there
    )
    mixed = tuple(Seed(pattern, ZERO, None, pattern.span) for pattern in in_solutions(mechanism))
    return replace(structure, seeds=(*structure.seeds, *added, *mixed)) if added or mixed else structure


def in_solutions(mechanism: Mechanism) -> list[Pattern]:
    """The structured species of all solutions, in their order."""
    return [content.pattern for stock in mechanism.stocks for content in stock.contents if content.pattern is not None]


def plain_stocks(mechanism: Mechanism, generated: Generated, names: Sequence[str]) -> tuple[Stock, ...]:
    """The stocks with the names that their structured species have in the network."""
    count = len(in_solutions(mechanism))
    if not count:
        return mechanism.stocks
    numbers = iter(generated.seeds[-count:])
    return tuple(
        replace(
            stock,
            contents=tuple(
                one if one.pattern is None else Content(names[next(numbers)], one.concentration, one.span)
                for one in stock.contents
            ),
        )
        for stock in mechanism.stocks
    )


def plain_name(pattern: Pattern) -> str | None:
    """The name of a species that is one molecule without sites and without a place; None for any other."""
    if len(pattern.molecules) != 1 or pattern.place is not None:
        return None
    molecule = pattern.molecules[0]
    return molecule.name if not molecule.sites and molecule.place is None else None


def bare_name(text: str) -> str | None:
    """The same of a text: ``ATP`` of ``ATP()``."""
    name, bracket, rest = text.partition("(")
    return name if bracket and rest == ")" and "@" not in name else None


class NetworkSpecies:
    """The species of the whole mechanism, plain ones first; `names` are those of the generated ones, by number."""

    def __init__(self, mechanism: Mechanism, structure: Structure, generated: Generated) -> None:
        own = {species.name: species for species in mechanism.species}
        plain = [name if (name := bare_name(text)) in own else None for text in generated.texts]
        taken = {
            item.name for items in (mechanism.parameters, mechanism.derived, mechanism.functions) for item in items
        }
        taken |= {*own, *(item.name for items in (structure.places, structure.counts) for item in items)}
        given = iter(
            species_names([text for text, name in zip(generated.texts, plain, strict=True) if name is None], taken)
        )
        self.names: tuple[str, ...] = tuple(next(given) if name is None else name for name in plain)
        seeds = _seeds(structure, generated)
        dimension = mechanism.units.concentration.dimension
        made = [
            _species(name, text, seeds.get(i, ()), dimension)
            for i, (name, text, known) in enumerate(zip(self.names, generated.texts, plain, strict=True))
            if known is None
        ]
        started = {self.names[i]: found for i, found in seeds.items() if plain[i] is not None}
        kept = [_started(one, started.get(one.name, ())) for one in mechanism.species]
        self.all: tuple[Species, ...] = (*kept, *made)


def _seeds(structure: Structure, generated: Generated) -> dict[int, list[Seed]]:
    """The seeds of each species that has some."""
    found: dict[int, list[Seed]] = {}
    for seed, number in zip(structure.seeds, generated.seeds, strict=True):
        found.setdefault(number, []).append(seed)
    return found


def _species(name: str, text: str, seeds: Sequence[Seed], dimension: object) -> Species:
    label = next((seed.label for seed in seeds if seed.label is not None), None)
    return Species(
        name,
        label=label or text,
        initial=_initial(seeds),
        constant=any(seed.pattern.constant for seed in seeds),
        dimension=dimension,  # type: ignore[arg-type]
        complex=text,
        span=seeds[0].span if seeds else None,
    )


def _started(species: Species, seeds: Sequence[Seed]) -> Species:
    """A plain species that seeds may start, where the file says nothing else."""
    if not seeds or species.initial is not None:
        return replace(species, complex=f"{species.name}()") if seeds else species
    constant = species.constant or any(seed.pattern.constant for seed in seeds)
    return replace(species, initial=_initial(seeds), constant=constant, complex=f"{species.name}()")


def _initial(seeds: Sequence[Seed]) -> Expression | None:
    """Equal seeds add up."""
    values = [seed.initial for seed in seeds if seed.initial is not ZERO]
    return None if not values else values[0] if len(values) == 1 else Sum(tuple(values))
