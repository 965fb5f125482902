"""The network of a set of rules: species and reactions, until nothing new comes or a limit is met.

Each round applies every rule to what the round before has found, together with all that was there (semi-naive
iteration), as BNG2.pl's ``generate_network`` does and in its order: reactions that would make a species larger than
the limits allow are left out, and so are those that change nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Literal

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import MechanismError
from mscnet.mechanism.expression import Symbol, walk
from mscnet.mechanism.structure import Limits, Pattern, Rule, Structure
from mscnet.mechanism.structure_text import pattern_text
from mscnet.records import replace
from mscnet.rules import compiled
from mscnet.rules.apply import apply_rule
from mscnet.rules.canonical import canonical
from mscnet.rules.generated import Ending, Event, Generated, Progress
from mscnet.rules.graph import NONE, Graph, Vocabulary, parts, seed_graph, species_pattern
from mscnet.rules.match import Embedding, Matcher
from mscnet.rules.placing import located, may_meet
from mscnet.rules.transform import CompiledRule, Tag, compile_rule

#: Where generation ends that nothing else bounds: most networks without end meet one of them within a minute.  The
#: bound on molecules in a species is there where no limit at all is stated: chains would grow to thousands before.
DEFAULT_LIMITS = Limits(iterations=100, molecules=100, species=50_000, reactions=1_000_000)

#: After so many applications of rules, progress is told of.
_EVERY = 500

_FUNCTIONAL = ("reactant", "local", "observable", "species", "time")


def bounded(limits: Limits) -> Limits:
    """Limits with the defaults (`DEFAULT_LIMITS`) where they say nothing of rounds, species and reactions, and that on
    molecules where they say nothing at all."""
    default = DEFAULT_LIMITS
    return Limits(
        default.iterations if limits.iterations is None else limits.iterations,
        default.molecules if limits == Limits() else limits.molecules,
        limits.of_type,
        default.species if limits.species is None else limits.species,
        default.reactions if limits.reactions is None else limits.reactions,
    )


def generate(
    structure: Structure,
    limits: Limits | None = None,
    *,
    progress: Progress | None = None,
    engine: Literal["auto", "python", "compiled"] = "auto",
) -> Generated:
    """The species and events that the rules make of the seeds.

    `limits` are taken as they are; without them, those of the structure, with `DEFAULT_LIMITS` where it has none.
    An interrupt (Ctrl-C, or a `KeyboardInterrupt` that `progress` raises) keeps what is there.  Both engines give the
    same network and the same texts; ``auto`` takes the compiled one where it is there and knows all that the rules do.

    Raises `MechanismError` (E300 to E302) for patterns and rules that cannot be, with their place; `ValueError` where
    the compiled engine is asked for and cannot serve.
    """
    bounds = bounded(structure.limits) if limits is None else limits
    if engine == "compiled" or (engine == "auto" and compiled.available(structure)):
        compiled.require(structure)
        return _compiled(structure, bounds, progress)
    return Generation(structure, bounds, progress).run()


def _compiled(structure: Structure, limits: Limits, progress: Progress | None) -> Generated:
    """The network from the compiled engine."""
    vocabulary = Vocabulary.of(structure)
    rules = [compile_rule(rule, vocabulary) for rule in structure.rules]
    functional = [_is_functional(rule.rule) for rule in rules]
    seeds = seeds_of(structure, vocabulary)
    made = compiled.network(vocabulary, rules, functional, seeds, limits, progress)
    return replace(made, events=tuple(_by_priority(made.events, rules)))


def tags(rule: Rule, vocabulary: Vocabulary) -> tuple[Tag, ...]:
    """The labels of a rule that its local functions look at, in the order of `Event.tags`."""
    return compile_rule(rule, vocabulary).tags


def seeds_of(structure: Structure, vocabulary: Vocabulary) -> list[Graph]:
    """The species of the seeds, in their order and with their places.

    Raises `MechanismError` (E300) where a seed is no species: nothing, in pieces, or in no possible place.
    """
    found = []
    for seed in structure.seeds:
        graph = seed_graph(seed.pattern, vocabulary)
        problem = ""
        if not graph.kinds:
            problem = "is nothing"
        elif len(parts(graph)) > 1:
            problem = "is in pieces: no bonds hold its molecules together"
        elif structure.places:
            place = located(vocabulary, graph, graph.place, ())
            if place is None:
                problem = "is in no compartment, or in several that do not go together"
            else:
                graph = place
        if problem:
            message = f"the species {pattern_text(seed.pattern)} {problem}"
            raise MechanismError.of("E300", message, span=seed.pattern.span or seed.span)
        found.append(graph)
    return found


class _Stop(Exception):
    """A limit is met."""

    def __init__(self, ending: Ending) -> None:
        self.ending: Ending = ending


class Generation:
    """The work of one network."""

    def __init__(self, structure: Structure, limits: Limits, progress: Progress | None = None) -> None:
        self.structure, self.limits, self.progress = structure, limits, progress
        self.vocabulary = Vocabulary.of(structure)
        self.rules = [compile_rule(rule, self.vocabulary) for rule in structure.rules]
        self.functional = [_is_functional(rule.rule) for rule in self.rules]
        self.of_type = [
            (self.vocabulary.kind_number[name], most)
            for name, most in limits.of_type
            if name in self.vocabulary.kind_number
        ]
        self.graphs: list[Graph] = []
        self.texts: list[str] = []
        self.patterns: list[Pattern] = []
        self.number: dict[tuple[object, ...], int] = {}
        self.events: dict[
            tuple[object, ...], tuple[int, tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...]]
        ] = {}
        self.factors: dict[tuple[object, ...], Fraction] = {}
        self.too_large = False
        self.growing: set[int] = set()
        self.rounds = 0
        self.steps = 0
        # For each rule and reactant, the species and embeddings that match.
        self.matches: list[list[list[tuple[int, Embedding]]]] = [[[] for _ in rule.reactants] for rule in self.rules]

    def run(self) -> Generated:
        seeds = [self._species(graph, seeding=True) for graph in seeds_of(self.structure, self.vocabulary)]
        try:
            ending = self._rounds()
        except _Stop as stop:
            ending = stop.ending
        except KeyboardInterrupt:
            ending = "interrupted"
        if ending == "complete" and self.too_large:
            ending = "molecules"
        events = [Event(*event[:3], self.factors[key], event[3]) for key, event in self.events.items()]
        return Generated(
            tuple(self.texts),
            tuple(self.patterns),
            tuple(seeds),
            tuple(_by_priority(events, self.rules)),
            ending,
            self.rounds,
            self._growing(ending),
        )

    def _rounds(self) -> Ending:
        first = 0
        most = self.limits.iterations
        while most is None or self.rounds < most:
            last = len(self.graphs)
            for number, rule in enumerate(self.rules):
                if not rule.reactants and self.rounds == 0:
                    self._apply(number, rule, ())
                self._meet(number, rule, range(first, last))
                self._tell()
            self.rounds += 1
            if len(self.graphs) == last:
                return "complete"
            first = last
        return "iterations"

    def _meet(self, number: int, rule: CompiledRule, new: range) -> None:
        """All meetings of reactants among which is a new species."""
        matches = self.matches[number]
        for at in range(len(rule.reactants) - 1, -1, -1):
            found = list(self._found(rule, at, new))
            if found:
                with_new = [*matches[:at], found, *matches[at + 1 :]]
                for meeting in product(*with_new):
                    self._apply(number, rule, meeting)
            matches[at].extend(found)

    def _found(self, rule: CompiledRule, at: int, new: range) -> Iterator[tuple[int, Embedding]]:
        matcher = rule.matchers[at]
        include, exclude = rule.include.get((0, at)), rule.exclude.get((0, at), ())
        for species in new:
            graph = self.graphs[species]
            if not matcher.may_match(graph) or not _allowed(graph, include, exclude):
                continue
            for embedding in matcher.embeddings(graph):
                yield species, embedding

    def _tell(self) -> None:
        checkpoint()
        if self.progress is not None:
            self.progress(self.rounds + 1, len(self.graphs), len(self.events))

    # --- one application --------------------------------------------------------------------------

    def _apply(self, number: int, rule: CompiledRule, meeting: Sequence[tuple[int, Embedding]]) -> None:
        self.steps += 1
        if not self.steps % _EVERY:
            self._tell()
        reactants = tuple(species for species, _ in meeting)
        graphs = [self.graphs[species] for species in reactants]
        embeddings = [embedding for _, embedding in meeting]
        places = [graph.place for graph in graphs]
        if len(graphs) > 1 and self.vocabulary.places and not may_meet(self.vocabulary, places):
            return
        pieces = apply_rule(rule, graphs, embeddings, self.vocabulary)
        if pieces is None:
            return
        products = []
        for at, piece in enumerate(pieces):
            # As in BNG2.pl, what came before a product that fails stays among the species.
            made = None if piece is None else self._product(rule, at, piece, places)
            if made is None:
                return
            species = self._species(made)
            if species == NONE:
                self.too_large = True
                self.growing.update(reactants)
                return
            products.append(species)
        seen = tuple(
            (
                reactants[tag.reactant],
                NONE if tag.molecule == NONE else embeddings[tag.reactant].molecules[tag.molecule],
            )
            for tag in rule.tags
        )
        self._event(number, rule, reactants, tuple(products), seen)

    def _product(self, rule: CompiledRule, at: int, piece: Graph, places: Sequence[int]) -> Graph | None:
        """A product in its place; None if it cannot be, or the rule does not allow it."""
        if self._is_too_large(piece):
            return piece
        named = at < len(rule.products)
        if self.vocabulary.places:
            made = located(self.vocabulary, piece, rule.places[at] if named else NONE, places)
            if made is None:
                return None
            piece = made
        if named and not _allowed(piece, rule.include.get((1, at)), rule.exclude.get((1, at), ())):
            return None
        return piece

    def _is_too_large(self, graph: Graph) -> bool:
        most = self.limits.molecules
        if most is not None and len(graph.kinds) > most:
            return True
        return any(len(graph.members.get(kind, ())) > most for kind, most in self.of_type)

    def _species(self, graph: Graph, seeding: bool = False) -> int:
        """The number of a species, which is new or not; NONE for one that is too large."""
        if not seeding and self._is_too_large(graph):
            return NONE
        form = canonical(graph, self.vocabulary)
        key = form.key
        known = self.number.get(key)
        if known is not None:
            return known
        most = self.limits.species
        if not seeding and most is not None and len(self.graphs) >= most:
            raise _Stop("species")
        self.number[key] = len(self.graphs)
        self.graphs.append(form.graph)
        pattern = species_pattern(form.graph, self.vocabulary)
        self.patterns.append(pattern)
        self.texts.append(pattern_text(pattern))
        return len(self.graphs) - 1

    def _event(
        self,
        number: int,
        rule: CompiledRule,
        reactants: tuple[int, ...],
        products: tuple[int, ...],
        seen: tuple[tuple[int, int], ...],
    ) -> None:
        functional, same = self.functional[number], sorted(reactants) == sorted(products)
        if reactants == products or (same and not functional):
            return
        sides = (reactants, products) if rule.ordered else (tuple(sorted(reactants)), tuple(sorted(products)))
        key = (number, *sides, seen)
        if key in self.events:
            self.factors[key] += rule.factor
            return
        most = self.limits.reactions
        if most is not None and len(self.events) >= most:
            raise _Stop("reactions")
        self.events[key] = (number, reactants, products, seen)
        self.factors[key] = rule.factor

    def _growing(self, ending: Ending) -> tuple[int, ...]:
        """The largest species among those that a limit kept from going on, largest first."""
        if ending == "complete":
            return ()
        last = self.growing if ending == "molecules" else range(len(self.graphs) // 2, len(self.graphs))
        ranked = sorted(last, key=lambda species: (-len(self.graphs[species].kinds), species))
        return tuple(ranked[:3])


def _allowed(graph: Graph, include: list[Matcher] | None, exclude: Sequence[Matcher]) -> bool:
    if include and not any(matcher.found_in(graph) for matcher in include):
        return False
    return not any(matcher.found_in(graph) for matcher in exclude)


def _is_functional(rule: Rule) -> bool:
    return any(isinstance(node, Symbol) and node.kind in _FUNCTIONAL for node in walk(rule.law.expression))


def _by_priority(events: Sequence[Event], rules: Sequence[CompiledRule]) -> Sequence[Event]:
    """Of events between the same species, those of the rules that go before others."""
    if all(rule.rule.priority is None for rule in rules):
        return events
    best: defaultdict[tuple[tuple[int, ...], tuple[int, ...]], int] = defaultdict(lambda: -(10**9))

    def key(event: Event) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return tuple(sorted(event.reactants)), tuple(sorted(event.products))

    def priority(event: Event) -> int:
        return rules[event.rule].rule.priority or 0

    for event in events:
        best[key(event)] = max(best[key(event)], priority(event))
    return [event for event in events if priority(event) == best[key(event)]]
