"""Species of imported files in the compartments of the file that imports them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mscnet.diagnostics import Related, suggest
from mscnet.language.declare import Declarations
from mscnet.language.modules import Part
from mscnet.language.scope import Reporter
from mscnet.language.syntax import ImportX
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction
from mscnet.records import replace


def place_imported(own: Mechanism, found: Declarations, names: Sequence[str], report: Reporter) -> None:
    """Give the species of imported files that have no compartments a place; what cannot be is reported.

    `names` are those of all compartments; with a single one, all species are in it.
    """
    for statement in found.imports:
        _check_place(statement, names, report)
    for i, part in enumerate(found.parts):
        mechanism = part.mechanism
        if all(s.compartment is not None for s in mechanism.species):
            continue
        place = part.place or (names[0] if len(names) == 1 else None)
        if place is None:
            _nowhere(part, found, names, report)
        placed = tuple(s if s.compartment else replace(s, compartment=place) for s in mechanism.species)
        found.parts[i] = replace(part, mechanism=replace(mechanism, species=placed))
    homes = {s.name: s.compartment for m in (own, *(p.mechanism for p in found.parts)) for s in m.species}
    if not _displaced_fit(homes, found, report):
        return
    for part in found.parts:
        for reaction in _torn(part.mechanism, homes):
            places = sorted({str(homes[t.species]) for t in (*reaction.reactants, *reaction.products)})
            message = f"in `{part.shown}` this step is within one compartment, here its species are in "
            related = tuple(Related("imported here", report.span(s.path.start, s.path.end)) for s in found.imports[:1])
            report.at("E272", message + " and ".join(f"`{p}`" for p in places), reaction.span, None, related)


def _displaced_fit(homes: dict[str, str | None], found: Declarations, report: Reporter) -> bool:
    """Whether species that stand in the place of imported ones are where these were."""
    wrong = [d for d in found.displaced if d[1] is not None and homes.get(d[0]) not in (None, d[1])]
    for name, home, shown in wrong:
        at = found.imports[0].path
        message = f"`{name}` is in `{home}` in `{shown}`, and in `{homes[name]}` here"
        report.error("E272", message, at.start, at.end, "give one of the two another name")
    return not wrong


def _check_place(statement: ImportX, names: Sequence[str], report: Reporter) -> None:
    place = statement.place
    if place is not None and place.name not in names:
        hint = suggest(place.name, names) or f"they are {', '.join(f'`{n}`' for n in names)}"
        report.error("E270", f"there is no compartment `{place.name}`", place.start, place.end, hint)


def _nowhere(part: Part, found: Declarations, names: Sequence[str], report: Reporter) -> None:
    first = next(s for s in part.mechanism.species if s.compartment is None)
    statement = next((s for s in found.imports if s.prefix and part.prefix.split(".")[0] == s.prefix.name), None)
    at = (statement or found.imports[0]).path
    message = f"the species of `{part.shown}`, such as `{first.name}`, are in none of the compartments"
    hint = f'say where it takes place: `import "{at.text}" … in {names[0]}`'
    report.error("E273", message, at.start, at.end, hint)


def _torn(mechanism: Mechanism, homes: dict[str, str | None]) -> Iterator[Reaction]:
    """Steps that were within one compartment in their own file, and now have species in several."""
    for reaction in mechanism.reactions:
        terms = (*reaction.reactants, *reaction.products)
        if len({homes.get(t.species) for t in terms}) > 1 and all(t.stated is None for t in terms):
            yield reaction
