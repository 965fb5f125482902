"""The compiled engine gives what the one in Python gives; limits, interrupts and hard cases of symmetry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

import pytest

from mscnet.diagnostics import MechanismError
from mscnet.kernels import core
from mscnet.mechanism.structure import Limits, Structure
from mscnet.rules.canonical import canonical_text
from mscnet.rules.compiled import Found
from mscnet.rules.generate import generate
from mscnet.rules.generated import Generated
from mscnet.rules.graph import Vocabulary
from tests.rules.random_structures import Maker

pytestmark = pytest.mark.skipif(core() is None, reason="there are no compiled kernels")


def reference_texts(generated: Generated, model: Structure) -> list[str]:
    """The texts that the engine in Python gives these species."""
    vocabulary = Vocabulary.of(model)
    found = generated.species
    if not isinstance(found, Found):
        return list(generated.texts)
    return [canonical_text(found.graph(at), vocabulary) for at in range(len(found))]


def network(generated: Generated, texts: Sequence[str]) -> dict[tuple[object, ...], Fraction]:
    """All events with their factors, by texts instead of numbers."""
    factors: defaultdict[tuple[object, ...], Fraction] = defaultdict(Fraction)
    for event in generated.events:
        left, right = (tuple(sorted(texts[at] for at in side)) for side in (event.reactants, event.products))
        factors[event.rule, left, right, tuple(texts[species] for species, _ in event.tags)] += event.factor
    return dict(factors)


def both(model: Structure, limits: Limits | None = None) -> tuple[Generated, Generated]:
    """What the two engines give, after it has been compared."""
    compiled, python = (generate(model, limits, engine=engine) for engine in ("compiled", "python"))  # type: ignore[arg-type]
    texts = reference_texts(compiled, model)
    assert sorted(texts) == sorted(python.texts)
    assert len(set(compiled.texts)) == len(compiled.texts)
    assert network(compiled, texts) == network(python, python.texts)
    assert (compiled.ending, compiled.iterations) == (python.ending, python.iterations)
    assert [texts[at] for at in compiled.seeds] == [python.texts[at] for at in python.seeds]
    return compiled, python


def made_at_random(first: int, last: int) -> None:
    """Structures that both engines accept give one network; what the one refuses the other does too."""
    for seed in range(first, last):
        model = Maker(seed).structure()
        try:
            compiled = generate(model, engine="compiled")
        except MechanismError:
            with pytest.raises(MechanismError):
                generate(model, engine="python")
            continue
        if compiled.ending in ("species", "reactions"):
            continue  # which of the last species were there yet hangs on their order
        both(model)


def test_both_engines_give_one_network() -> None:
    made_at_random(0, 60)


@pytest.mark.slow
def test_both_engines_give_one_network_of_many_more_structures() -> None:
    made_at_random(60, 1500)
