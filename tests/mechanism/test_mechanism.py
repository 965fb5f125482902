"""`Mechanism`: every change is a new object, and what cannot be is an error with a reason."""

from __future__ import annotations

import pickle

import pytest

import mscnet
from mscnet import MechanismError

TEXT = """units time = min, concentration = mM
species A "starting material" = 1.2 mM
parameter k1 = 0.05 /min
k2 = k1/12
one: A <-> B @ k1, k2
two: B -> C @ kb
pathway fast { C -> D @ 1 }
pathway slow { C -> D @ 0.01 }
"""


@pytest.fixture
def mech() -> mscnet.Mechanism:
    return mscnet.loads(TEXT)


def test_values_are_changed_in_a_copy(mech: mscnet.Mechanism) -> None:
    changed = mech.with_values(k1=0.6, A="300 uM")
    assert (changed.value_of("k1"), changed.evaluate(changed.get_species("A").initial)) == (0.6, 0.3)  # type: ignore[arg-type]
    assert (mech.value_of("k1"), changed.value_of("k2")) == (0.05, pytest.approx(0.05))


def test_a_text_carries_its_unit(mech: mscnet.Mechanism) -> None:
    assert mech.with_values(k1="3 /h").value_of("k1") == 0.05


def test_a_derived_value_can_be_set_to_a_number(mech: mscnet.Mechanism) -> None:
    assert mech.with_values(k2=7).value_of("k2") == 7


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"k11": 1}, "did you mean `k1`?"),
        ({"k1": "1 mM"}, "not concentration"),
        ({"k1": "fast"}, "is not a number with a unit"),
        ({"k1": float("nan")}, "not a finite number"),
        ({"k1": None}, "not a finite number"),
        ({"k1": True}, "not a finite number"),
        ({"A": -1}, "negative concentration"),
        ({"k1": "1 /mn"}, "did you mean `min`?"),
    ],
)
def test_a_value_that_does_not_fit_is_an_error(mech: mscnet.Mechanism, values: dict[str, object], words: str) -> None:
    with pytest.raises(MechanismError) as caught:
        mech.with_values(values)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_pathway_holds_what_is_common_and_its_own(mech: mscnet.Mechanism) -> None:
    names = [r.name for r in mech.with_pathway("slow").reactions]
    assert len(names) == 4


def test_what_only_an_observable_names_is_kept_in_a_pathway() -> None:
    text = "pathway a { X -> Y @ 1 }\npathway b { Y -> Z @ 1 }\nobservable o = [X] + 2*[Y]"
    names = [s.name for s in mscnet.loads(text).with_pathway("b").species]
    assert names == ["X", "Y", "Z"]


def test_an_unknown_pathway_is_an_error(mech: mscnet.Mechanism) -> None:
    with pytest.raises(MechanismError, match="did you mean `fast`"):
        mech.with_pathway("fsat")


def test_a_reversible_step_goes_whole(mech: mscnet.Mechanism) -> None:
    assert [r.name for r in mech.without("one").with_pathway("fast").reactions] == ["two", "r3"]


def test_merging_a_mechanism_with_its_own_part_changes_nothing(mech: mscnet.Mechanism) -> None:
    assert mech.merge(mech.without("two")).reactions == mech.reactions


def test_steps_without_a_label_are_all_kept_in_a_merge() -> None:
    merged = mscnet.loads("A <-> B @ k1, k2").merge(mscnet.loads("B <-> C @ k3, k4"))
    assert [(r.name, r.partner) for r in merged.reactions] == [
        ("r1", "r1.reverse"),
        ("r1.reverse", "r1"),
        ("r2", "r2.reverse"),
        ("r2.reverse", "r2"),
    ]


def test_a_conflict_in_a_merge_is_an_error(mech: mscnet.Mechanism) -> None:
    with pytest.raises(MechanismError, match="`k1` differs"):
        mech.merge(mech.with_values(k1=1))


def test_other_units_do_not_merge(mech: mscnet.Mechanism) -> None:
    with pytest.raises(MechanismError, match="different units"):
        mech.merge(mscnet.loads("A -> B @ 0.1"))


def test_everything_is_picklable(mech: mscnet.Mechanism) -> None:
    assert pickle.loads(pickle.dumps(mech)) == mech


def test_a_notebook_shows_the_summary(mech: mscnet.Mechanism) -> None:
    assert "<pre>" in mech._repr_html_()
    assert "reactions" in mech._repr_html_()


def test_what_is_printed_is_short(mech: mscnet.Mechanism) -> None:
    assert repr(mech) == "<Mechanism text: 4 species, 5 reactions, 2 pathways>"


def test_missing_values_are_those_of_the_chosen_model(mech: mscnet.Mechanism) -> None:
    assert [p.name for p in mech.missing_values()] == ["kb"]
