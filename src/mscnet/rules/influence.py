"""The influence map: which rule helps or hinders which rule or observable.

A rule helps what it may bring new matches to: something that it makes (a bond, a free site, a state, a molecule, a
place) is asked for by a pattern that can overlap with its right-hand side there.  It hinders what it may take matches
from.  Overlaps are found on the patterns themselves (`overlap`), so no network is needed and nothing is enumerated
(after Kappa's influence map; Danos, Feret, Fontana, Harmer, Krivine, CONCUR 2007, LNCS 4703, 17).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from mscnet.mechanism.expression import symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Pattern, Structure
from mscnet.records import dataclass
from mscnet.rules.changes import Side, Spot, changes_of, side
from mscnet.rules.contact import contact_map_of, rule_names
from mscnet.rules.overlap import Overlap
from mscnet.rules.side_effects import Touch, touches_of

if TYPE_CHECKING:
    import networkx

Sign = Literal["+", "-"]


@dataclass(frozen=True, slots=True)
class Influence:
    """`source` (a rule) brings matches to ``+`` or takes them from ``-`` `target` (a rule, or an observable where
    `counted`), by doing what `because` says.  With sign ``rate`` the source is an observable on which the rate of the
    rule `target` depends."""

    source: str
    target: str
    sign: Literal["+", "-", "rate"]
    because: tuple[str, ...] = ()
    counted: bool = False


@dataclass(frozen=True, slots=True)
class InfluenceMap:
    """Rules and observables by name, and what the former do to both; `shown` is what each is called in a picture."""

    rules: tuple[str, ...]
    observables: tuple[str, ...]
    influences: tuple[Influence, ...]
    shown: dict[str, str]

    def graph(self) -> networkx.MultiDiGraph:
        """Nodes of `kind` ``rule`` (``rule:NAME``) and ``observable`` (``observable:NAME``), edges with `sign` (``+``,
        ``-``, ``rate``) and `because`."""
        import networkx

        graph = networkx.MultiDiGraph()
        for kind, names in (("rule", self.rules), ("observable", self.observables)):
            for name in names:
                graph.add_node(f"{kind}:{name}", kind=kind, name=name, label=self.shown.get(name, name))
        for each in self.influences:
            source = f"observable:{each.source}" if each.sign == "rate" else f"rule:{each.source}"
            target = f"observable:{each.target}" if each.counted else f"rule:{each.target}"
            graph.add_edge(source, target, sign=each.sign, because=list(each.because))
        return graph

    def to_dot(self) -> str:
        """The map as Graphviz text."""
        from mscnet.report.rule_dot import influence_dot

        return influence_dot(self)

    def to_svg(self) -> str:
        """The map as a picture."""
        from mscnet.report.influence_picture import influence_svg

        return influence_svg(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()


class _Need(NamedTuple):
    """A pattern that a rule or an observable asks for; `against` where a match counts against it."""

    target: str
    counted: bool
    pattern: Pattern
    against: bool = False


def influence_map(mechanism: Mechanism) -> InfluenceMap:
    """The influence map of a mechanism's rules.

    The cost grows with the number of pairs that share a feature: a site with its state, being free, or being bound.
    """
    chosen = mechanism.chosen
    structure = chosen.structure or Structure()
    taken = [changes_of(rule) for rule in structure.rules]
    asked = _Asked(list(_needs(structure)), structure)
    neighbours = contact_map_of(structure, taken).neighbours()
    found: dict[tuple[str, str, bool, Sign], dict[str, None]] = {}
    for each in taken:
        for touch in touches_of(each, asked.types, neighbours, asked.loosely):
            for sign, need in asked.met_by(touch):
                key = (each.rule.name, need.target, need.counted, sign)
                found.setdefault(key, {})[touch.change.text] = None
    order = {rule.name: number for number, rule in enumerate(structure.rules)}
    influences = [Influence(a, b, sign, tuple(why), counted) for (a, b, counted, sign), why in found.items()]
    influences.sort(key=lambda each: (order[each.source], each.counted, order.get(each.target, 0), each.sign))
    influences += _rates(chosen, structure)
    counts = {count.name: count.shown for count in structure.counts}
    return InfluenceMap(tuple(order), tuple(counts), tuple(influences), {**counts, **rule_names(structure.rules)})


def _needs(structure: Structure) -> Iterator[_Need]:
    for rule in structure.rules:
        yield from (_Need(rule.name, False, pattern) for pattern in rule.reactants)
        for restriction in rule.restrictions:
            if restriction.side == "reactants":
                against = restriction.kind == "exclude"
                yield from (_Need(rule.name, False, pattern, against) for pattern in restriction.patterns)
    for count in structure.counts:
        yield from (_Need(count.name, True, pattern) for pattern in count.patterns)


class _Asked:
    """The patterns that are asked for, by what they ask of which site of which molecule."""

    def __init__(self, needs: list[_Need], structure: Structure) -> None:
        self._needs = needs
        self._sides = [side([need.pattern]) for need in needs]
        self.types = {molecule.name: molecule for molecule in structure.molecules}
        #: Whether some pattern asks for molecules of one complex without saying how they are bound.
        self.loosely = False
        self._overlaps: dict[tuple[int, int], Overlap] = {}
        self._kept: list[Side] = []  # so that no two sides that are compared have one id
        self._by: dict[tuple[str, ...], list[tuple[int, Spot]]] = {}
        for number, some in enumerate(self._sides):
            for index, molecule in enumerate(some.molecules):
                self._add(("molecule", molecule.name), number, Spot(index, -1))
                if some.places[index] is not None:
                    self._add(("place", molecule.name), number, Spot(index, -1))
                if some.wholes[index] is not None:
                    # where a species is follows from all that is bound in it
                    self.loosely = True
                    self._add(("whole", molecule.name), number, Spot(index, -1))
                for place, site in enumerate(molecule.sites):
                    spot = Spot(index, place)
                    if site.state is not None:
                        self._add(("state", molecule.name, site.name), number, spot)
                    if site.bond != "any":
                        kind = "free" if site.bond == "free" else "bound"
                        self._add((kind, molecule.name, site.name), number, spot)
            if _joined(some) > 1 or needs[number].pattern.relation is not None:
                self.loosely = True
                for molecule in some.molecules:
                    self._add(("together", molecule.name), number, Spot(0, -1))

    def _add(self, key: tuple[str, ...], number: int, spot: Spot) -> None:
        self._by.setdefault(key, []).append((number, spot))

    def met_by(self, touch: Touch) -> Iterator[tuple[Sign, _Need]]:
        """Whose matches a change may bring about, or end."""
        for made, some, entries in self._candidates(touch):
            for number, ours, theirs in entries:
                need = self._needs[number]
                if theirs is None or self._meets(number, some, ours, theirs):
                    yield ("+" if made != need.against else "-"), need

    def _meets(self, number: int, some: Side, ours: Spot, theirs: Spot) -> bool:
        key = (number, id(some))
        if key not in self._overlaps:
            self._kept.append(some)
            self._overlaps[key] = Overlap(self._sides[number], some, self.types)
        overlap = self._overlaps[key]
        return overlap.meets(ours.molecule, theirs.molecule) if ours.site < 0 else overlap.meets_at(ours, theirs)

    def _candidates(self, touch: Touch) -> Iterator[tuple[bool, Side, list[tuple[int, Spot, Spot | None]]]]:
        """Whether something comes to be, the side on which it is, and who asks for it where."""
        change, left, right = touch.change, touch.left, touch.right
        if change.kind in ("create", "delete"):
            made, some, spots = (True, right, change.right) if change.kind == "create" else (False, left, change.left)
            for spot in spots:
                yield made, some, self._asking("molecule", some, spot)
        elif change.kind == "state":
            yield True, right, self._of_state(right, change.right[0], change.after, True)
            yield False, left, self._of_state(left, change.left[0], change.after, False, right, change.right[0])
        elif change.kind == "move":
            yield True, right, self._of_place(right, change.right[0], change.after, True)
            yield False, left, self._of_place(left, change.left[0], change.after, False)
            yield from self._of_wholes(touch, frozenset([left.molecules[change.left[0].molecule].name]))
        else:
            yield from self._of_bond(touch)

    def _asking(self, kind: str, some: Side, spot: Spot, name: str = "") -> list[tuple[int, Spot, Spot | None]]:
        molecule = some.molecules[spot.molecule]
        key: tuple[str, ...] = (kind, molecule.name)
        if kind in ("state", "free", "bound"):
            key = (*key, name or molecule.sites[spot.site].name)
        return [(number, ours, spot) for number, ours in self._by.get(key, ())]

    def _of_state(
        self,
        some: Side,
        spot: Spot,
        state: str | None,
        same: bool,
        other: Side | None = None,
        named: Spot | None = None,
    ) -> list[tuple[int, Spot, Spot | None]]:
        name = "" if other is None or named is None else other.site(named).name
        entries = self._asking("state", some, spot, name)
        return [e for e in entries if (self._sides[e[0]].site(e[1]).state == state) == same]

    def _of_place(self, some: Side, spot: Spot, place: str | None, same: bool) -> list[tuple[int, Spot, Spot | None]]:
        entries = self._asking("place", some, spot)
        return [e for e in entries if (self._sides[e[0]].places[e[1].molecule] == place) == same or place is None]

    def _of_bond(self, touch: Touch) -> Iterator[tuple[bool, Side, list[tuple[int, Spot, Spot | None]]]]:
        change, forms = touch.change, touch.change.kind == "bind"
        sides = ((forms, "bound"), (not forms, "free"))
        for spots, some, others, other, made in (
            (change.right, touch.right, change.left, touch.left, True),
            (change.left, touch.left, change.right, touch.right, False),
        ):
            kind = next(kind for comes, kind in sides if comes == made)
            # a site that gets another partner was bound before, so only what asks for this partner notices
            was = {
                _end(other, spot) for spot in others if spot.site >= 0 and other.site(spot).bond not in ("free", "any")
            }
            for spot in spots:
                entries = self._asking(kind, some, spot)
                if kind == "bound" and _end(some, spot) in was:
                    entries = [e for e in entries if self._sides[e[0]].site(e[1]).bond != "bound"]
                yield made, some, entries
        yield forms, touch.right, self._together(touch)
        if touch.joins is not None:
            yield from self._of_wholes(touch, touch.joins[0] | touch.joins[1])

    def _of_wholes(
        self, touch: Touch, names: frozenset[str]
    ) -> Iterator[tuple[bool, Side, list[tuple[int, Spot, Spot | None]]]]:
        """Patterns that say where a species is, of molecules that may be in one which a change puts elsewhere."""
        numbers = {number for name in names for number, _ in self._by.get(("whole", name), ())}
        entries: list[tuple[int, Spot, Spot | None]] = [(number, Spot(0, -1), None) for number in sorted(numbers)]
        for made, some in ((True, touch.right), (False, touch.left)):
            yield made, some, entries

    def _together(self, touch: Touch) -> list[tuple[int, Spot, Spot | None]]:
        """Patterns of molecules that are in one complex in a way left open: a bond may join or part them."""
        if touch.joins is None:
            return []
        one, other = touch.joins
        numbers = {number for name in one | other for number, _ in self._by.get(("together", name), ())}
        return [(number, Spot(0, -1), None) for number in sorted(numbers) if self._spans(number, one, other)]

    def _spans(self, number: int, one: frozenset[str], other: frozenset[str]) -> bool:
        """Whether two molecules of a pattern can be on the two ends; one that is asked for several times, too."""
        names = [molecule.name for molecule in self._sides[number].molecules]
        if self._needs[number].pattern.relation is not None:
            names += names
        here, there = ({i for i, name in enumerate(names) if name in ends} for ends in (one, other))
        return bool(here and there and len(here | there) > 1)


def _end(some: Side, spot: Spot) -> tuple[str, str]:
    return some.molecules[spot.molecule].name, some.site(spot).name


def _joined(some: Side) -> int:
    """Into how many parts the molecules of a side fall by the bonds that it names."""
    root = list(range(len(some.molecules)))

    def top(index: int) -> int:
        while root[index] != index:
            index = root[index]
        return index

    for one, other in some.bonds():
        root[top(one.molecule)] = top(other.molecule)
    return sum(top(index) == index for index in range(len(root)))


def _rates(mechanism: Mechanism, structure: Structure) -> Iterable[Influence]:
    """The observables on which rates depend, through derived values as well."""
    counts = {count.name for count in structure.counts}
    derived = {item.name: item.expression for item in mechanism.derived}
    for rule in structure.rules:
        pending, seen = [rule.law.expression], set[str]()
        while pending:
            for symbol in symbols(pending.pop()):
                name = symbol.name.partition("(")[0]
                if symbol.kind not in ("observable", "definition", "local") or name in seen:
                    continue
                seen.add(name)
                if name in counts:
                    yield Influence(name, rule.name, "rate")
                elif name in derived:
                    pending.append(derived[name])
