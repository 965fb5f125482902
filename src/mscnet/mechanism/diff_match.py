"""Which species and constants of two models are the same ones, whatever they are called.

Colour refinement (B. Weisfeiler, A. Leman, 1968) on species, constants and what ties them together, with the value of
every rate law at a point of a prime field as its colour, so that laws that are alike as algebra are alike.  Where
colours cannot tell, one pair is tried after another (individualisation and refinement: B. D. McKay, Congressus
Numerantium 30, 45 (1981)).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from mscnet.mechanism.diff_algebra import mix, word
from mscnet.mechanism.diff_numbers import Numbers
from mscnet.mechanism.diff_view import Carrier, Node, Pairs, View
from mscnet.mechanism.expression import Symbol

#: The most carriers that are looked at before a search is given up.
LIMIT = 250_000
_MOST_DEPTH = 200

Colours = dict[Node, int]


class Undecided(Exception):
    """The limit was reached before it could be said whether the two are alike."""


class Matcher:
    """Two views with what is spent of the limit; of pairs that may be, those of one colour in `likely` come first."""

    def __init__(self, a: View, b: View, likely: Sequence[Colours], laws: bool = True, limit: int = LIMIT) -> None:
        self.views = (a, b)
        self.likely = likely
        self.laws = laws  # without them, only what reacts with what counts, and what rates depend on
        self.left = limit

    def alike(self, starts: Sequence[Colours]) -> Pairs | None:
        """A one-to-one correspondence that keeps colours and carriers, None where there is none.

        Raises:
            Undecided: the limit was reached.
        """
        return self._search([dict(start) for start in starts], 0)

    def _search(self, colours: list[Colours], depth: int) -> Pairs | None:
        self._refine(colours)
        classes = _classes(colours)
        if any(len(mine) != len(theirs) for mine, theirs in classes):
            return None
        several = [pair for pair in classes if len(pair[0]) > 1]
        if not several:
            return self._verified(colours, {mine[0]: theirs[0] for mine, theirs in classes})
        if depth > _MOST_DEPTH:
            raise Undecided
        at_once = [pair for mine, theirs in several for pair in self._likely_pairs(mine, theirs)]
        if len(at_once) > 1:
            found = self._search(_paired(colours, at_once), depth + 1)
            if found is not None:
                return found
        mine, theirs = min(several, key=lambda pair: (len(pair[0]), pair[0]))
        first = mine[0]
        wanted = self.likely[0][first]
        for other in sorted(theirs, key=lambda node: (node != first, self.likely[1][node] != wanted, node)):
            found = self._search(_paired(colours, [(first, other)]), depth + 1)
            if found is not None:
                return found
        return None

    def _likely_pairs(self, mine: list[Node], theirs: list[Node]) -> list[tuple[Node, Node]]:
        """Of one class, the pairs that share their name, and those that are likely like no others in it."""
        named = set(mine) & set(theirs)
        looks: dict[int, tuple[list[Node], list[Node]]] = defaultdict(lambda: ([], []))
        for which, nodes in enumerate((mine, theirs)):
            for node in nodes:
                if node not in named:
                    looks[self.likely[which][node]][which].append(node)
        unique = [(a[0], b[0]) for a, b in looks.values() if len(a) == len(b) == 1]
        return [*((node, node) for node in sorted(named)), *unique]

    def _verified(self, colours: list[Colours], pairs: Pairs) -> Pairs | None:
        ties = [self._carrier_colours(which, colours[which]) for which in (0, 1)]
        if Counter(ties[0]) != Counter(ties[1]) or (self.laws and not self._agree_in_numbers(ties, pairs)):
            return None
        return pairs

    def _agree_in_numbers(self, ties: Sequence[Sequence[int]], pairs: Pairs) -> bool:
        """Whether the blind carriers, of which colours say little, can be put side by side."""
        blind: dict[int, tuple[list[Carrier], list[Carrier]]] = defaultdict(lambda: ([], []))
        for which, view in enumerate(self.views):
            for carrier, colour in zip(view.carriers, ties[which], strict=True):
                if carrier.blind:
                    blind[colour][which].append(carrier)
        if not blind:
            return True
        numbers = Numbers(*self.views, pairs)
        for mine, theirs in blind.values():
            for carrier in mine:
                self._spend()
                found = next((other for other in theirs if numbers.alike(carrier, other)), None)
                if found is None:
                    return False
                theirs.remove(found)
        return True

    def _refine(self, colours: list[Colours]) -> None:
        """Refine until no colour splits."""
        number = 0
        while True:
            found = len(set(colours[0].values()) | set(colours[1].values()))
            if found == number:
                return
            number = found
            for which in (0, 1):
                colours[which] = self.step(which, colours[which])

    def step(self, which: int, colours: Colours) -> Colours:
        """One round: every node with what its carriers look like."""
        view = self.views[which]
        around: dict[Node, list[int]] = defaultdict(list)
        value_of = view.lookup(colours)
        for carrier in view.carriers:
            self._spend()
            own = self._colour(view, carrier, colours, value_of)
            for role, species, coefficient in carrier.roles:
                place = mix(word(role), view.coefficient(coefficient, value_of))
                around["s", species].append(mix(own, place))
            shared = Counter(colours[node] for node in carrier.uses)
            for node in carrier.uses:
                place = self._place(view, carrier, colours, node) if shared[colours[node]] > 1 else 0
                around[node].append(mix(own, word("uses"), place))
        return {node: mix(colour, *sorted(around[node])) for node, colour in colours.items()}

    def _colour(self, view: View, carrier: Carrier, colours: Colours, value_of: Callable[[Symbol], int]) -> int:
        net = int(getattr(carrier.item, "reversible", False))
        sides = view.sides(carrier, colours, value_of)
        return mix(word(carrier.kind), net, view.value(carrier, value_of) if self.laws else 0, *sides)

    def _place(self, view: View, carrier: Carrier, colours: Colours, node: Node) -> int:
        """Where in a law one of several alike stands: what the law becomes if this one has another value."""
        if not self.laws or len(view.derived) > 200 or len(carrier.uses) > 40:
            return 0
        self._spend()
        marked = {**{used: colours[used] for used in carrier.uses}, node: mix(colours[node], word("marked"))}
        return view.value(carrier, view.lookup(marked))

    def _carrier_colours(self, which: int, colours: Colours) -> list[int]:
        view = self.views[which]
        value_of = view.lookup(colours)
        return [self._colour(view, carrier, colours, value_of) for carrier in view.carriers]

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Undecided

    # --- where the two are not alike ---

    def nearest(self, starts: Sequence[Colours]) -> Pairs:
        """Pairs where the two differ: what shares a name, then what has a place like no other."""
        pairs: Pairs = {node: node for node in starts[0] if node in starts[1]}
        try:
            while len(pairs) < min(len(start) for start in starts):
                more = self._by_depth(_paired([dict(start) for start in starts], sorted(pairs.items())), pairs)
                if not more:
                    break
                pairs |= more
        except Undecided:  # what was found so far
            pass
        return pairs

    def _by_depth(self, colours: list[Colours], pairs: Pairs) -> Pairs:
        """The pairs that the deepest round tells which can tell any."""
        taken = set(pairs.values())
        rounds = []
        tied = [{node for c in view.carriers for node in (*c.uses, *(("s", role[1]) for role in c.roles))}
                for view in self.views]  # fmt: skip
        for _ in range(8):
            colours = [self.step(which, colours[which]) for which in (0, 1)]
            rounds.append(colours)
        for colours in reversed(rounds):
            found = {
                mine[0]: theirs[0]
                for mine, theirs in _classes(
                    [
                        {node: colour for node, colour in colours[0].items() if node not in pairs and node in tied[0]},
                        {node: colour for node, colour in colours[1].items() if node not in taken and node in tied[1]},
                    ]
                )
                if len(mine) == len(theirs) == 1
            }
            if found:
                return found
        return {}


def _classes(colours: Sequence[Mapping[Node, int]]) -> list[tuple[list[Node], list[Node]]]:
    """The nodes of each colour, in the first and in the second."""
    classes: dict[int, tuple[list[Node], list[Node]]] = {}
    for which in (0, 1):
        for node, colour in colours[which].items():
            classes.setdefault(colour, ([], []))[which].append(node)
    return list(classes.values())


def _paired(colours: list[Colours], pairs: Sequence[tuple[Node, Node]]) -> list[Colours]:
    """Colours in which these pairs have colours of their own."""
    first, second = dict(colours[0]), dict(colours[1])
    for number, (mine, theirs) in enumerate(pairs):
        own = mix(word("pair"), number, first[mine])
        first[mine] = second[theirs] = own
    return [first, second]
