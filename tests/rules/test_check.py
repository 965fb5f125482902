"""Rules that are tried before they are applied, and species by their texts."""

from __future__ import annotations

import pytest

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.structure import (
    Pattern,
    Rule,
    Structure,
)
from mscnet.records import replace
from mscnet.rules.check import SpeciesTexts, rule_troubles
from tests.mechanism.molecules import LAW, TYPES, a, b, site


def test_rules_are_tried() -> None:
    free, bound = Pattern((b(site("a")),)), Pattern((b(site("a", "bound")),))
    plain = Structure(molecules=TYPES[1:])
    good = Rule("good", (free,), (), LAW)
    broken = Rule("broken", (free,), (bound,), LAW, partner="back")
    back = Rule("back", (bound,), (free,), LAW, partner="broken", reverse=True)
    assert list(rule_troubles(replace(plain, rules=(good,)))) == []
    assert [one.code for one in rule_troubles(replace(plain, rules=(broken, back, good)))] == ["E302"]


def test_rules_of_many_equal_molecules_are_not_tried() -> None:
    many = Pattern((b(),) * 12)
    rule = Rule("r", (many,), (), LAW)
    assert list(rule_troubles(Structure(molecules=TYPES[1:], rules=(rule,)))) == []


def test_canonical_texts() -> None:
    texts = SpeciesTexts(Structure(molecules=TYPES))
    one = Pattern((a(site("b", 1), site("b"), site("c", state="u")), b(site("a", 1))))
    other = Pattern((b(site("a", 7)), a(site("c", state="u"), site("b"), site("b", 7))))
    assert texts.of(one) == texts.of(other)
    assert texts.of(Pattern((b(site("a")),))) != texts.of(one)
    with pytest.raises(MechanismError):
        texts.of(Pattern())
