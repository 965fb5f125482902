"""What the rules of a mechanism do that cannot be done, and species told apart by their texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import factorial

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import MechanismError, Span
from mscnet.mechanism.expression import ZERO
from mscnet.mechanism.structure import Pattern, Rule, Seed, Structure
from mscnet.mechanism.structure_check import Trouble
from mscnet.records import replace
from mscnet.rules.canonical import canonical_text
from mscnet.rules.generate import seeds_of
from mscnet.rules.graph import Vocabulary
from mscnet.rules.transform import compile_rule

#: Rules of more molecules, or with sites that may be taken in more orders, are not tried before they are applied.
_MOST_MOLECULES = 100
_MOST_ORDERS = 50_000
_IDLE = "this rule changes nothing: it leaves bonds, states and molecules as they are"


def rule_troubles(structure: Structure) -> Iterator[Trouble]:
    """Rules that the engine cannot apply, as their products do not follow from their reactants, and (W063) those that
    change nothing; for a structure in whose patterns nothing is wrong.  What is wrong both ways is said once."""
    vocabulary = Vocabulary.of(structure)
    said: set[tuple[str, int, int]] = set()
    for rule in structure.rules:
        checkpoint()
        if _is_vast(rule):
            continue
        try:
            if compile_rule(rule, vocabulary).changes_nothing and not rule.reverse:
                yield Trouble("W063", _IDLE, rule.span, "remove it, or say on the right what becomes of the left")
        except MechanismError as error:
            for trouble in _of(error, rule.span):
                place = (trouble.code, trouble.span.start, trouble.span.end) if trouble.span else (trouble.code, 0, 0)
                if place not in said:
                    said.add(place)
                    yield trouble


def seed_troubles(structure: Structure) -> Iterator[Trouble]:
    """Seeds that are no species; for a structure in whose patterns nothing is wrong."""
    vocabulary = Vocabulary.of(structure)
    for seed in structure.seeds:
        try:
            seeds_of(replace(structure, seeds=(seed,)), vocabulary)
        except MechanismError as error:
            yield from _of(error, seed.span)


def _is_vast(rule: Rule) -> bool:
    """Whether a rule has too many molecules, or equal sites of one, to try in a moment: generation will."""
    molecules = [m for patterns in (rule.reactants, rule.products) for pattern in patterns for m in pattern.molecules]
    orders = 1
    for molecule in molecules:
        for number in Counter(site.name for site in molecule.sites).values():
            orders *= factorial(min(number, 20))
    return len(molecules) > _MOST_MOLECULES or orders > _MOST_ORDERS


def _of(error: MechanismError, span: Span | None) -> Iterator[Trouble]:
    for finding in error.diagnostics:
        yield Trouble(finding.code, finding.message, finding.span or span, finding.hint)


class SpeciesTexts:
    """Canonical texts of the species of one mechanism, by which each is told from any other."""

    def __init__(self, structure: Structure) -> None:
        self._alone = replace(structure, seeds=(), rules=(), counts=())
        self._vocabulary = Vocabulary.of(structure)

    def of(self, pattern: Pattern) -> str:
        """The canonical text of a species; raises MechanismError (E300) where it is none."""
        seeds = seeds_of(replace(self._alone, seeds=(Seed(pattern, ZERO),)), self._vocabulary)
        return canonical_text(seeds[0], self._vocabulary)
