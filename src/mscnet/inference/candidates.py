"""The elementary reactions that compositions and charge allow among the species of a mechanism.

A candidate is one direction: a reversible step is two of them, so that a search finds out whether a step goes back.
One or two species react; one or two come out, or up to four where one falls apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement

from mscnet.diagnostics import MechanismError, suggest
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction, Species, Term
from mscnet.records import dataclass

#: The most species that reactions are enumerated among, and the most reactions.
MAX_SPECIES, MAX_CANDIDATES = 40, 2000

#: Species with whole coefficients, in alphabetical order.
Side = tuple[tuple[str, int], ...]
#: A count of everything that is kept: an element (or the charge) with an unknown size ("" for none).
Content = dict[tuple[str, str], Fraction]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One direction of an elementary reaction that follows the law of mass action."""

    reactants: Side
    products: Side

    @property
    def reversed(self) -> Candidate:
        """The same step backwards."""
        return Candidate(self.products, self.reactants)

    @property
    def order(self) -> int:
        """How many species meet."""
        return sum(count for _, count in self.reactants)

    @property
    def equation(self) -> str:
        """``2 A + B -> C``."""
        return f"{side_text(self.reactants)} -> {side_text(self.products)}"

    def terms(self, side: Side) -> tuple[Term, ...]:
        """A side as a reaction has it."""
        return tuple(Term(name, Fraction(count)) for name, count in side)


@dataclass(frozen=True)
class Candidates:
    """Every candidate, in a fixed order; `left_out` are the species of which nothing is known, with the reason."""

    species: tuple[str, ...]
    reactions: tuple[Candidate, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @cached_property
    def index(self) -> dict[Candidate, int]:
        """The number of each."""
        return {reaction: i for i, reaction in enumerate(self.reactions)}


def side_text(side: Side) -> str:
    """``2 A + B``."""
    return " + ".join(name if count == 1 else f"{count} {name}" for name, count in side)


def enumerate_candidates(
    mechanism: Mechanism,
    *,
    species: Sequence[str] | None = None,
    unbalanced: Collection[str] = (),
    catalysts: bool = False,
    fragments: int = 4,
) -> Candidates:
    """The elementary reactions that conserve every element, whatever the unknown sizes are, and charge.

    Args:
        species: only among these.
        unbalanced: species without a composition that may react nevertheless; their reactions need only leave
            nothing of the others' elements over.
        catalysts: also reactions with a species on both sides, ``X + C -> Y + C`` and ``A + B -> 2 B``.
        fragments: into how many one species may fall apart, 2 to 4.

    Raises:
        MechanismError: an unknown species; too many species or reactions (E147).
    """
    known = _species(mechanism)
    _check_names(mechanism, known, (*(species or ()), *unbalanced))
    if not 2 <= fragments <= 4:
        raise MechanismError.of("E147", f"a species falls apart into 2 to 4 others, not {fragments}")
    chosen = [s for name, s in known.items() if species is None or name in species]
    taking = [s for s in chosen if s.composition is not None or s.name in unbalanced]
    left_out = tuple((s.name, "no composition") for s in chosen if s not in taking)
    if len(taking) > MAX_SPECIES:
        message = f"reactions are enumerated among at most {MAX_SPECIES} species, not {len(taking)}"
        raise MechanismError.of("E147", message, hint="name those that matter, as in `--species A,B,C`")
    found: set[Candidate] = set()
    for candidate in _balanced(taking, catalysts, fragments):
        found.add(candidate)
        if len(found) > MAX_CANDIDATES:
            message = f"composition and charge allow more than {MAX_CANDIDATES} reactions"
            hint = (
                "name the species that matter (`--species A,B,C`), or let them fall apart into fewer (`--fragments 2`)"
            )
            raise MechanismError.of("E147", message, hint=hint)
    names = tuple(s.name for s in taking)
    place = {name: i for i, name in enumerate(known)}
    return Candidates(names, tuple(sorted(found, key=lambda c: _in_order(c, place))), left_out)


def candidate_of(reaction: Reaction) -> Candidate | None:
    """The candidate that a reaction of the file is; None where a coefficient is no whole number or a side is empty."""
    sides = []
    for terms in (reaction.reactants, reaction.products):
        counts: Counter[str] = Counter()
        for term in terms:
            number = term.coefficient
            if not isinstance(number, Fraction) or number.denominator != 1:
                return None
            counts[term.species] += int(number)
        if not counts:
            return None
        sides.append(tuple(sorted(counts.items())))
    return Candidate(sides[0], sides[1])


def _species(mechanism: Mechanism) -> dict[str, Species]:
    """Species by name, those of every pathway among them."""
    found: dict[str, Species] = {}
    for species in mechanism.species:
        found.setdefault(species.name, species)
    return found


def _check_names(mechanism: Mechanism, known: dict[str, Species], names: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise MechanismError.of("E010", f"{mechanism.name} has no species `{name}`", hint=suggest(name, known))


def _in_order(candidate: Candidate, place: dict[str, int]) -> tuple[object, ...]:
    """Few partners before many, then as the species stand in the file."""
    sides = (candidate.reactants, candidate.products)
    sizes = [sum(count for _, count in side) for side in sides]
    return (*sizes, *(tuple((place[name], count) for name, count in side) for side in sides))


# --- balance -----------------------------------------------------------------------------------------


def _balanced(species: Sequence[Species], catalysts: bool, fragments: int) -> Iterator[Candidate]:
    known = [s for s in species if s.composition is not None]
    contents = {s.name: _content(s) for s in known}
    names = sorted(contents)
    by_content: dict[frozenset[tuple[tuple[str, str], Fraction]], list[tuple[str, ...]]] = {}
    for size in range(1, fragments + 1):
        for members in combinations_with_replacement(names, size):
            key = frozenset(_sum(contents, members).items())
            by_content.setdefault(key, []).append(members)
    for alike in by_content.values():
        for left in (members for members in alike if len(members) <= 2):
            for right in alike:
                if (len(right) <= 2 or len(left) == 1) and _apart(left, right, catalysts):
                    yield Candidate(_side(left), _side(right))
    if len(known) < len(species):
        yield from _with_unknown(species, contents, catalysts)


def _with_unknown(species: Sequence[Species], contents: dict[str, Content], catalysts: bool) -> Iterator[Candidate]:
    """Reactions with a species whose composition is not known."""
    names = sorted(s.name for s in species)
    groups = [m for size in (1, 2) for m in combinations_with_replacement(names, size)]
    for left in groups:
        for right in groups:
            if all(name in contents for name in (*left, *right)) or not _apart(left, right, catalysts):
                continue
            if _covered(left, right, contents) and _covered(right, left, contents):
                yield Candidate(_side(left), _side(right))


def _covered(some: tuple[str, ...], others: tuple[str, ...], contents: dict[str, Content]) -> bool:
    """Whether what is known of `some` can come from `others`: from a species that is not known, anything can."""
    if any(name not in contents for name in others):
        return True
    there = _sum(contents, others)
    return all(
        count <= there.get(what, 0) for what, count in _sum(contents, [n for n in some if n in contents]).items()
    )


def _apart(left: tuple[str, ...], right: tuple[str, ...], catalysts: bool) -> bool:
    """Whether a reaction does something, and has no species on both sides unless catalysts are wanted."""
    if sorted(left) == sorted(right):
        return False
    return catalysts or not set(left) & set(right)


def _side(members: Iterable[str]) -> Side:
    return tuple(sorted(Counter(members).items()))


def _content(species: Species) -> Content:
    assert species.composition is not None
    found: Content = {}
    for element, form in species.composition.elements:
        for size, number in form:
            found[element, size] = found.get((element, size), Fraction(0)) + number
    found["charge", ""] = Fraction(species.charge if species.charge is not None else species.composition.charge)
    return {what: number for what, number in found.items() if number}


def _sum(contents: dict[str, Content], members: Iterable[str]) -> Content:
    total: Content = {}
    for name in members:
        for what, number in contents[name].items():
            total[what] = total.get(what, Fraction(0)) + number
    return {what: number for what, number in total.items() if number}
