"""Symmetries of rules: the orbit of a reaction centre, against all symmetries listed one by one."""

from __future__ import annotations

import time
from fractions import Fraction
from math import factorial
from typing import Any

import pytest

import mscnet
from mscnet.rules import transform
from mscnet.rules.graph import NONE, Vocabulary
from mscnet.rules.symmetry import joined, laid_onto, statistical_factor

HEAD = "molecule A(b,b,b,s~u~p)\nmolecule B(a,t~u~p)\nspecies A(b,b,b,s~u) = 1 mM\nspecies B(a,t~u) = 1 mM\n"

RULES = """\
A(b,b,b) + B(a) -> A(b!1,b,b).B(a!1)
A(b!1,b!2).B(a!1).B(a!2) -> A(b,b) + B(a) + B(a)
A(b!1,b!2).B(a!1).B(a!2) -> A(b!1,b).B(a!1) + B(a)
A(b!1,b!2).B(a!1,t~u).B(a!2,t~u) -> A(b!1,b!2).B(a!1,t~p).B(a!2,t~p)
A(b!1,b!2).B(a!1,t~u).B(a!2,t~u) -> A(b!1,b!2).B(a!1,t~p).B(a!2,t~u)
A(b) + A(b) -> A(b!1).A(b!1)
A(b,s~u) + A(b,s~p) -> A(b!1,s~u).A(b!1,s~p)
A(b,b) + A(b) -> A(b!1,b).A(b!1)
A(b!1,s~u).A(b!1,s~u) -> A(b!1,s~p).A(b!1,s~u)
A(b!1,b!2).A(b!1,b!2) -> A(b!1,b).A(b!1,b)
A(b!1,b!2).A(b!2,b!3).A(b!3,b!1) -> A(b,b!2).A(b!2,b!3).A(b!3,b)
A(s~u) + A(s~u) -> A(s~p) + A(s~p)
A(s~u) + A(s~u) -> A(s~p) + A(s~u)
A(b,b,b) + B(a) + B(a) -> A(b!1,b!2,b).B(a!1).B(a!2)
A(b!1).B(a!1) + A(b!1).B(a!1) -> A(b) + B(a) + A(b) + B(a)
A(b!1,b!2,b!3,s~u).B(a!1).B(a!2).B(a!3) -> A(b,b,b,s~p) + B(a) + B(a) + B(a)
B(a!1).A(b!1,b!2).A(b!2,b!3).B(a!3) -> B(a!1).A(b!1,b) + A(b,b!3).B(a!3)"""


def listed(reactants: Any, products: Any, maps: Any, centre: Any) -> Fraction:
    """One over the number of symmetries that are left where those that keep the centre count as one."""
    left, right = joined(reactants), joined(products)
    of_products = set(laid_onto(right, right))
    group = stable = 0
    for move in laid_onto(left, left):
        induced = [list(range(len(right.kinds))), list(range(len(right.sites)))]
        for into, moved, where in zip(induced, move, maps, strict=True):
            for source, target in enumerate(where):
                if target != NONE:
                    into[target] = where[moved[source]]
        if tuple(map(tuple, induced)) in of_products:
            group += 1
            stable += all(move[0][at] == at for at in centre[0]) and all(move[1][at] == at for at in centre[1])
    return Fraction(stable, group)


@pytest.mark.parametrize("rule", RULES.splitlines())
def test_as_with_all_symmetries_listed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    structure = mscnet.loads(HEAD + rule + " @ k").structure
    assert structure is not None
    seen = []

    def compared(reactants: Any, products: Any, molecules: Any, sites: Any, centre: Any) -> Fraction:
        found = statistical_factor(reactants, products, molecules, sites, centre)
        seen.append((found, listed(reactants, products, (molecules, sites), centre)))
        return found

    monkeypatch.setattr(transform, "statistical_factor", compared)
    transform.compile_rule(structure.rules[0], Vocabulary.of(structure))
    assert [one for one, _ in seen] == [other for _, other in seen]
    assert len(seen) == 1


@pytest.mark.parametrize(("after", "factor"), [("u", Fraction(1)), ("p", Fraction(1, factorial(4)))])
def test_many_equal_arms_take_no_time(after: str, factor: Fraction) -> None:
    """Arms that the rule leaves alone, and four of which it changes."""
    n = 10 if after == "u" else 4
    sites, bonds = ",".join(["b"] * n), ",".join(f"b!{i}" for i in range(n))
    arms = ".".join(f"B(a!{i},t~u)" for i in range(n))
    text = f"molecule A({sites},s~u~p)\nmolecule B(a,t~u~p)\nspecies A({sites},s~u) = 1 mM\n"
    changed = arms.replace("t~u", f"t~{after}")
    state = "p" if after == "u" else "u"
    start = time.process_time()
    structure = mscnet.loads(f"{text}A({bonds},s~u).{arms} -> A({bonds},s~{state}).{changed} @ k").structure
    assert structure is not None
    assert transform.compile_rule(structure.rules[0], Vocabulary.of(structure)).factor == factor
    assert time.process_time() - start < 10
