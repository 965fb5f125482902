"""Rules for the family of ME compounds, against the network of the founding case that was written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

import mscnet
from mscnet import Mechanism

#: The steps of cdtese, eq1, and the constants of the rules that stand for them; 2 where a compound has two such halves.
CONSTANTS = {
    "step1": ("kx_TeSe", 2), "step1.reverse": ("kxr_TeSe", 1),
    "step3": ("ki_alloy", 1), "step3.reverse": ("kir_alloy", 1),
    "step5": ("ki_Te", 1), "step5.reverse": ("kir_Te", 1),
    "frag": ("kf_Se", 1), "cdse": ("ki_Se", 1), "loss": ("kl", 1),
}  # fmt: skip
COMPOUNDS = (
    "CdTe_PC", "CdTe_MSC371", "CdTe_MF", "CdSe_PC", "CdSe_MSC415", "CdSe_MF",
    "CdTeSe_PC399", "CdTeSe_MSC399", "CdTeSe_lost",
)  # fmt: skip


@pytest.fixture(scope="module")
def written() -> Mechanism:
    return mscnet.load("cdtese").with_pathway("eq1")


@pytest.fixture(scope="module")
def generated() -> Mechanism:
    return mscnet.load("cdtese_rules").expanded


def names_by_observable(mechanism: Mechanism) -> dict[str, str]:
    """What each species is called in cdtese: the observable that counts it alone, once."""
    found = {}
    for observable in mechanism.observables:
        if observable.name in COMPOUNDS:
            values = {
                species.name: mechanism.with_values({s.name: float(s is species) for s in mechanism.species})
                for species in mechanism.species
            }
            counted = [name for name, one in values.items() if _initial(one, observable.name) == 1]
            assert len(counted) == 1
            found[counted[0]] = observable.name
    return found


def _initial(mechanism: Mechanism, observable: str) -> float:
    return float(mscnet.simulate(mechanism, t_end=1e-12, points=2)[observable][0])


def reactions(mechanism: Mechanism, names: Mapping[str, str]) -> dict[tuple[tuple[str, ...], tuple[str, ...]], float]:
    """Reactants and products under common names, each as often as it takes part, and the constant."""

    def side(terms: object) -> tuple[str, ...]:
        return tuple(sorted(names.get(t.species, t.species) for t in terms for _ in range(int(t.coefficient))))  # type: ignore[attr-defined]

    return {
        (side(r.reactants), side(r.products)): float(mechanism.evaluate(r.law.expression)) for r in mechanism.reactions
    }


def test_the_feed_gives_the_nine_compounds(generated: Mechanism) -> None:
    assert len(generated.species) == 9
    assert sorted(names_by_observable(generated).values()) == sorted(COMPOUNDS)


def test_the_feed_gives_the_reactions_of_the_papers_scheme(written: Mechanism, generated: Mechanism) -> None:
    made, known = reactions(generated, names_by_observable(generated)), reactions(written, {})
    assert set(made) == set(known)
    assert made == pytest.approx(known, rel=2e-5)


def test_with_equal_constants_the_courses_are_equal(written: Mechanism) -> None:
    values = {r.name: float(written.evaluate(r.law.expression)) for r in written.reactions}
    rules = mscnet.load("cdtese_rules")
    rules = rules.with_values({name: values[step] / halves for step, (name, halves) in CONSTANTS.items()})
    one, other = (mscnet.simulate(each, rtol=1e-10, atol=1e-16) for each in (written, rules))
    for compound in COMPOUNDS:
        np.testing.assert_allclose(other[compound], one[compound], rtol=1e-7, atol=1e-13)


def test_the_file_itself_runs_as_cdtese_does(written: Mechanism) -> None:
    one, other = mscnet.simulate(written), mscnet.simulate(mscnet.load("cdtese_rules"))
    for compound in ("CdTe_MSC371", "CdTeSe_MSC399"):
        assert np.abs(np.asarray(other[compound]) - one[compound]).max() < 1e-4 * np.max(one[compound])


def test_an_amine_in_the_flask_binds() -> None:
    text = 'import "cdtese_rules"\nunit c0\nunits time = min, concentration = c0\nspecies amine(n) = 1 c0\n'
    grown = mscnet.loads(text).expanded
    # M/F with or without; compounds with none, one or two, where the halves differ on either of them
    assert len(grown.species) == 1 + 2 * 2 + 2 * 2 * 3 + 3 * 4


def test_larger_feeds_stay_binary_and_ternary() -> None:
    mechanism = mscnet.load("me_alloys").expanded
    compounds = {s.shown for s in mechanism.species if s.shown.count("F(") == 2}
    kinds = {(text.count("m~Cd"), text.count("e~Te"), text.count("e~Se")) for text in compounds}
    quaternary = [
        t for t in compounds if t.count("m~Zn") == 1 and max(t.count(f"e~{e}") for e in ("Te", "Se", "S,")) < 2
    ]
    assert len(kinds) > 4
    assert quaternary == []
