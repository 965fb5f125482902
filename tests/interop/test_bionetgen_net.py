"""BioNetGen's networks: what each line of a good file becomes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mscnet
from mscnet.cli.main import main
from mscnet.kinetics.system import build_rate_system
from mscnet.mechanism.expression import to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.naming import LONGEST_NAME, species_names
from tests.interop.conftest import BINDING, checked, loaded

MM_ROOT = np.sqrt((5 - 3 - 2) ** 2 + 4 * 3 * 5)
MM_FREE = ((5 - 3 - 2) + MM_ROOT) / 2


def start(mechanism: Mechanism) -> tuple[np.ndarray, np.ndarray]:
    """Initial populations, and the rates there."""
    system = build_rate_system(mechanism.network())
    x = system.initial()
    return x, system.rates(0.0, x)


def rate(law: str, reactants: str = "1,2") -> float:
    """The rate of one reaction with X1 = 5, X2 = 2, X3 = 4 and k, K, n = 7, 3, 2."""
    text = f"""begin parameters
 1 k 7
 2 K 3
 3 n 2
 4 K2 6
end parameters
begin functions
 1 f() g*k
 2 g() total/2
end functions
begin species
 1 X1() 5
 2 X2() 2
 3 X3() 4
end species
begin reactions
 1 {reactants} 0 {law}
end reactions
begin groups
 1 total 1,2*3
end groups
"""
    return float(start(loaded(text))[1][0])


def test_parameters_are_values_and_those_computed_from_others_follow_them() -> None:
    mechanism = loaded(BINDING)
    assert {p.name: p.value for p in mechanism.parameters} == {"A0": 10, "kon": 0.5}
    assert mechanism.value_of("koff") == 0.125
    assert mechanism.with_values(kon=2).value_of("koff") == 0.5


def test_species_keep_their_text_as_label_and_get_a_name() -> None:
    mechanism = loaded(BINDING)
    assert [s.name for s in mechanism.species] == ["A_b", "B_a", "A_b_1_B_a_1", "A_b_1_A_b_1"]
    assert [s.label for s in mechanism.species] == ["A(b)", "B(a)", "A(b!1).B(a!1)", "A(b!1).A(b!1)"]
    assert [s.constant for s in mechanism.species] == [False, True, False, False]
    assert list(start(mechanism)[0]) == [10, 20, 0, 0]


def test_reactions_have_their_sides_and_notes() -> None:
    mechanism = loaded(BINDING)
    sides: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({t.species: t.coefficient for t in r.reactants}, {t.species: t.coefficient for t in r.products})
        for r in mechanism.reactions
    ]
    assert sides[0] == ({"A_b": 1, "B_a": 1}, {"A_b_1_B_a_1": 1})
    assert sides[2] == ({"A_b": Fraction(2)}, {"A_b_1_A_b_1": 1})
    assert sides[3] == ({"A_b_1_A_b_1": 1}, {})
    assert sides[4] == ({}, {"A_b": 1})
    assert [r.name for r in mechanism.reactions] == ["r1", "r2", "r3", "r4", "r5", "r6"]
    assert mechanism.reactions[1].note == "_reverse__R1"


def test_rates_are_the_constant_times_the_product_of_populations() -> None:
    mechanism = loaded(BINDING)
    system = build_rate_system(mechanism.network())
    x = np.array([6.0, 20.0, 3.0, 8.0])
    # No factor of symmetry for A + A: the file's constant has it.
    assert list(system.rates(0.0, x)) == [0.5 * 6 * 20, 0.125 * 3, 0.25 * 36, 2 * 0.125 * 8, 0.25, 0.5 * 8]
    assert system.rates(101.0, x)[5] == 0  # past the time of the switch
    assert system.rhs(0.0, x)[1] == 0  # a fixed species stays


def test_groups_are_weighted_sums() -> None:
    mechanism = loaded(BINDING)
    assert [o.name for o in mechanism.observables] == ["free", "total", "none"]
    assert [to_text(o.expression) for o in mechanism.observables][1] == "A_b + A_b_1_B_a_1 + 2*A_b_1_A_b_1"
    run = mscnet.simulate(mechanism, 1.0, points=3)
    populations = {name: run[name] for name in run.species}
    summed = populations["A_b"] + populations["A_b_1_B_a_1"] + 2 * populations["A_b_1_A_b_1"]
    np.testing.assert_allclose(run["total"], summed)
    np.testing.assert_array_equal(run["none"], 0)


def test_populations_are_a_scale_of_their_own_and_times_are_seconds() -> None:
    units = loaded(BINDING).units
    assert (units.concentration.symbol, units.time.symbol) == ("population", "s")
    with pytest.raises(mscnet.MechanismError, match="population"):
        loaded(BINDING).with_values(A_b="1 mM")


@pytest.mark.parametrize(
    ("law", "reactants", "value"),
    [
        ("k", "1,2", 7 * 5 * 2),
        ("0.5*k", "1,1", 0.5 * 7 * 25),
        ("3e-1", "1", 0.3 * 5),
        ("k*K", "0", 21),
        ("f", "1", (5 + 2 * 4) / 2 * 7 * 5),
        ("f()", "1", (5 + 2 * 4) / 2 * 7 * 5),
        ("Sat k K", "1,2", 7 * 5 * 2 / (3 + 5)),
        ("Sat k K K2", "1,2", 7 * 5 * 2 / (3 + 5) / (6 + 2)),
        ("0.5*Sat k", "1,2", 0.5 * 7 * 5 * 2),
        ("MM k K", "1,2", 7 * 2 * MM_FREE / (3 + MM_FREE)),
        ("2*MM k K", "1,2", 2 * 7 * 2 * MM_FREE / (3 + MM_FREE)),
        ("Hill k K n", "1", 7 * 25 / (9 + 25)),
        ("Hill k K n", "1,2,3", 7 * 25 / (9 + 25) * 2 * 4),
    ],
)
def test_rate_laws(law: str, reactants: str, value: float) -> None:
    assert rate(law, reactants) == pytest.approx(value, rel=1e-14)


def test_functions_may_call_those_behind_them() -> None:
    text = BINDING.replace("end functions", "    2 late() 2*later()\n    3 later() kon*free\nend functions")
    mechanism = loaded(text)
    names = [d.name for d in mechanism.definitions]
    assert names.index("later") < names.index("late")


def test_a_group_called_as_a_parameter_has_group_behind_its_name() -> None:
    observable = loaded(BINDING.replace("2 total ", "2 koff ")).observables[1]
    assert (observable.name, observable.label) == ("koff_group", "koff")


def test_blanks_tabs_and_comments_change_nothing() -> None:
    text = "\n\n".join(f"\t {line}   # x" if line[:1] == " " else line for line in BINDING.splitlines())
    plain, spaced = loaded(BINDING), loaded(text)
    assert spaced.species == plain.species
    assert [r.reactants for r in spaced.reactions] == [r.reactants for r in plain.reactions]
    assert [r.law for r in spaced.reactions] == [r.law for r in plain.reactions]


def test_line_endings_of_windows(written: Callable[[str], Path]) -> None:
    path = written("")
    path.write_bytes(BINDING.replace("\n", "\r\n").encode())
    assert mscnet.load(path).reactions == loaded(BINDING).reactions


def test_names_are_unique_and_short() -> None:
    long = "A(" + ",".join(f"site{i}~P!{i}" for i in range(10)) + ")"
    labels = ["R(a,l)", "R(a!l)", "A()", "A", "kon()", "5x()", "time()", long, "L(r)", "s3"]
    names = species_names(labels, taken=["kon"])
    assert names == ["s1", "s2", "s3_", "s4", "s5", "s6", "s7", "s8", "L_r", "s3"]
    assert len(species_names([long])[0]) <= LONGEST_NAME


def test_loading_and_every_command_takes_the_file(
    written: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(BINDING)
    assert mscnet.load(path) == mscnet.check(str(path)).mechanism
    assert main(["check", str(path)]) == 0
    assert "4 species, 6 reactions, no findings" in capsys.readouterr().out
    assert main(["show", str(path), "equations"]) == 0
    assert "d[A_b]/dt" in capsys.readouterr().out
    assert main(["run", str(path), "--t-end", "1", "--points", "3", "--columns", "total"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[:2] == ["time,total", "0.0,10.0"]
    assert len(rows) == 4


def test_a_capital_suffix_is_the_same_format(written: Callable[[str], Path]) -> None:
    path = written(BINDING)
    assert mscnet.load(path.rename(path.with_suffix(".NET"))).reactions == loaded(BINDING).reactions


def test_what_belongs_to_no_block_is_a_warning() -> None:
    result = checked('setOption("SpeciesLabel","HNauty")\n' + BINDING + "simulate_ode({t_end=>1})\n")
    assert [d.code for d in result.diagnostics] == ["W080"]
    assert result.mechanism is not None
