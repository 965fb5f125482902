"""Candidates: the elementary reactions that compositions and charge allow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mscnet
from mscnet.inference.candidates import candidate_of, enumerate_candidates


def equations(text: str, **options: object) -> list[str]:
    mechanism = mscnet.check_text(text).mechanism
    assert mechanism is not None
    return [c.equation for c in enumerate_candidates(mechanism, **options).reactions]  # type: ignore[arg-type]


def code_of(text: str, **options: object) -> str:
    with pytest.raises(mscnet.MechanismError) as raised:
        equations(text, **options)
    return raised.value.diagnostics[0].code


def test_isomers_and_a_dimer_by_hand() -> None:
    assert equations("species M of X\nspecies D of X2\nspecies E of X2") == [
        "D -> E", "E -> D", "D -> 2 M", "E -> 2 M", "2 M -> D", "2 M -> E", "2 D -> 2 E", "2 E -> 2 D",
    ]  # fmt: skip


def test_unknown_sizes_are_balanced_as_symbols() -> None:
    found = equations("species P of Cd[2m]Te[2m]\nspecies F of Cd[m]Te[m]\nspecies Q of Cd[m+1]Te[m+1]")
    assert found == ["P -> 2 F", "2 F -> P"]


def test_charge_is_kept() -> None:
    text = "species Na of Na\nspecies Nap of Na^+\nspecies Cl of Cl^-\nspecies NaCl of NaCl"
    assert equations(text) == ["NaCl -> Cl + Nap", "Cl + Nap -> NaCl"]


def test_one_falls_apart_into_four_but_four_do_not_meet() -> None:
    assert equations("species A of X4\nspecies B of X") == ["A -> 4 B"]


def test_fewer_fragments_when_asked() -> None:
    assert equations("species A of X4\nspecies B of X", fragments=3) == []


def test_catalysts_only_when_asked() -> None:
    text = "species A of X\nspecies B of X\nspecies C of Y"
    plain, more = set(equations(text)), set(equations(text, catalysts=True))
    assert plain == {"A -> B", "B -> A", "2 A -> 2 B", "2 B -> 2 A"}
    assert more - plain == {
        "A + C -> B + C", "B + C -> A + C", "2 A -> A + B", "2 B -> A + B", "A + B -> 2 A", "A + B -> 2 B",
    }  # fmt: skip


def test_a_species_without_composition_is_left_out_and_named() -> None:
    mechanism = mscnet.check_text("species A of X\nspecies B of X\nspecies C").mechanism
    assert mechanism is not None
    assert enumerate_candidates(mechanism).left_out == (("C", "no composition"),)


def test_a_species_without_composition_reacts_when_allowed() -> None:
    found = equations("species A of X2\nspecies B of X\nspecies C", unbalanced=("C",))
    assert {"A -> C", "C -> A", "A -> B + C", "B + C -> A"} <= set(found)


def test_what_is_left_over_of_known_elements_is_refused_beside_an_unknown_one() -> None:
    found = equations("species A of X\nspecies B of Y\nspecies C", unbalanced=("C",))
    assert "A -> B + C" not in found
    assert "A + B -> C" in found


def test_no_reaction_does_nothing() -> None:
    mechanism = mscnet.load("cdtese")
    assert all(c.reactants != c.products for c in enumerate_candidates(mechanism).reactions)


def test_every_step_of_the_shipped_pathways_is_a_candidate() -> None:
    mechanism = mscnet.load("cdtese")
    index = enumerate_candidates(mechanism).index
    assert [r.name for r in mechanism.reactions if candidate_of(r) not in index] == []


def test_each_comes_once_and_in_the_same_order() -> None:
    mechanism = mscnet.load("cdtese")
    first, second = (enumerate_candidates(mechanism).reactions for _ in range(2))
    assert (first, len(set(first))) == (second, len(first))


def test_only_among_the_species_named() -> None:
    assert equations("species A of X\nspecies B of X\nspecies C of X", species=("A", "C")) == [
        "A -> C", "C -> A", "2 A -> 2 C", "2 C -> 2 A",
    ]  # fmt: skip


def test_an_unknown_species_is_an_error() -> None:
    assert code_of("species A of X\nspecies B of X", species=("A", "Bee")) == "E010"


def test_too_many_reactions_are_refused() -> None:
    assert code_of("".join(f"species S{i} of X\n" for i in range(15))) == "E147"


def test_too_many_species_are_refused() -> None:
    assert code_of("".join(f"species S{i} of X{i + 1}\n" for i in range(41))) == "E147"


FORMULAS = st.lists(
    st.sampled_from(["X", "Y", "X2", "XY", "X[n]", "X[n]Y", "X^+", "Y^-", "XY2"]), min_size=2, max_size=5
)


@settings(max_examples=25)
@given(FORMULAS)
def test_the_language_finds_every_candidate_balanced(formulas: list[str]) -> None:
    declared = "".join(f"species S{i} of {formula}\n" for i, formula in enumerate(formulas))
    steps = equations(declared)
    found = mscnet.check_text(declared + "".join(f"{step} @ k{i}\n" for i, step in enumerate(steps)))
    assert [f.code for f in found.diagnostics if f.severity == "error"] == []


@settings(max_examples=25)
@given(FORMULAS, st.data())
def test_what_the_language_finds_balanced_is_a_candidate(formulas: list[str], data: st.DataObject) -> None:
    names = st.sampled_from([f"S{i}" for i in range(len(formulas))])
    left = data.draw(st.lists(names, min_size=1, max_size=2))
    right = data.draw(st.lists(names, min_size=1, max_size=2))
    declared = "".join(f"species S{i} of {formula}\n" for i, formula in enumerate(formulas))
    text = declared + f"{' + '.join(left)} -> {' + '.join(right)} @ k\n"
    mechanism = mscnet.check_text(text).mechanism  # None where it is not balanced
    if mechanism is not None and not set(left) & set(right):
        assert candidate_of(mechanism.reactions[0]) in _candidates(declared)


def _candidates(text: str) -> set[object]:
    mechanism = mscnet.check_text(text).mechanism
    assert mechanism is not None
    return set(enumerate_candidates(mechanism).reactions)
