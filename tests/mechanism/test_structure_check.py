"""Checks of patterns, whichever language they come from."""

from __future__ import annotations

import pytest

from mscnet.mechanism.expression import ONE
from mscnet.mechanism.structure import (
    MoleculePattern,
    MoleculeType,
    Pattern,
    Restriction,
    Rule,
    Seed,
    SiteType,
    Structure,
)
from mscnet.mechanism.structure_check import bond_troubles, pattern_check
from mscnet.records import replace
from tests.mechanism.molecules import LAW, STRUCTURE, a, b, site


def codes(*molecules: MoleculePattern, place: str | None = None) -> list[str]:
    return [trouble.code for trouble in pattern_check(STRUCTURE).pattern(Pattern(molecules, place))]


def test_labels_of_a_site() -> None:
    assert [site("b", bond).bonds for bond in ("free", "bound", "any", 3, (1, 2))] == [(), (), (), (3,), (1, 2)]


@pytest.mark.parametrize(
    ("bonds", "count"), [((1, 1), 0), ((1, "free"), 1), ((1, 2), 2), (((1, 2), 1), 1), (((1, 2), (1, 2)), 0)]
)
def test_a_bond_has_two_ends(bonds: tuple[object, object], count: int) -> None:
    pattern = Pattern((a(site("b", bonds[0])), b(site("a", bonds[1]))))
    assert [trouble.code for trouble in bond_troubles(pattern)] == ["E305"] * count


def test_patterns() -> None:
    assert codes(a(site("b"), site("b"), site("c", state="p"))) == []
    assert codes(a(site("b"), site("b"), site("b"))) == ["E306"]
    assert codes(a(site("d"))) == ["E304"]
    assert codes(a(site("c", state="x"))) == ["E304"]
    assert codes(b(site("a", state="u"))) == ["E304"]
    assert codes(MoleculePattern("C")) == ["E303"]
    assert codes(a(place="PM")) == ["E270"]
    assert codes(a(place="EC"), place="CP") == ["E270"]


def test_a_slip_in_a_name_is_seen() -> None:
    types = (MoleculeType("Receptor", (SiteType("ligand"),)),)
    (trouble,) = pattern_check(Structure(molecules=types)).pattern(Pattern((MoleculePattern("Receptr"),)))
    assert trouble.hint is not None
    assert "Receptor" in trouble.hint


def test_species_are_whole() -> None:
    check = pattern_check(STRUCTURE)
    whole = Pattern((a(site("b", 1), site("b"), site("c", state="u")), b(site("a", 1))))
    assert list(check.species(whole)) == []
    for broken in (
        Pattern((a(site("b"), site("c", state="u")),)),
        Pattern((a(site("b"), site("b"), site("c")),)),
        Pattern((a(site("b", "bound"), site("b"), site("c", state="u")),)),
        Pattern((b(site("a")), b(site("a")))),
    ):
        assert [trouble.code for trouble in check.species(broken)] == ["E307"]


def test_every_pattern_of_a_structure_is_looked_at() -> None:
    wrong = Pattern((a(site("d")),))
    good = Pattern((b(site("a")),))
    rule = Rule("r", (good, wrong), (wrong,), LAW, restrictions=(Restriction("include", "reactants", 1, (wrong,)),))
    structure = replace(STRUCTURE, rules=(rule,), seeds=(Seed(wrong, ONE),))
    assert len(list(structure.patterns())) == 5
    assert [trouble.code for trouble in pattern_check(structure).everything(structure)] == ["E304"] * 4
