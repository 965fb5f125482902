"""Values by medium and temperature: what the text says is what a run uses."""

from __future__ import annotations

import math

import pytest

import mscnet
from mscnet import Mechanism
from mscnet.language import check_text

# --- media --------------------------------------------------------------------------------------------------


def k(mechanism: Mechanism, **values: float) -> float:
    return mechanism.with_values({f"in {name}": x for name, x in values.items()}).value_of("kk")


MEDIA = "solvent toluene, hexane\nA -> B @ k1\nkk = 1*k1\n"


def test_values_by_medium() -> None:
    m = mscnet.loads(MEDIA + "in toluene { k1 = 2 /s }\nin neat { k1 = 3 /s }\nk1 = 5 /s")
    assert (k(m), k(m, toluene=1), k(m, hexane=1)) == (3, 2, 5)


def test_every_medium_by_itself_needs_no_other_case() -> None:
    m = mscnet.loads(MEDIA + "in toluene { k1 = 2 /s }\nin neat { k1 = 3 /s }\nin hexane { k1 = 4 /s }")
    assert (k(m), k(m, toluene=1), k(m, hexane=1)) == (3, 2, 4)


def test_a_parameter_holds_where_no_medium_says_otherwise() -> None:
    m = mscnet.loads(MEDIA + "parameter k1 = 0.5 /s in 0.1 .. 1\nin toluene { k1 = 4*k1 }")
    assert (k(m), k(m, toluene=1), k(m.with_values(k1=0.25), toluene=1)) == (0.5, 2, 1)
    assert m.get_parameter("k1").bounds == (0.1, 1)


def test_a_medium_may_depend_on_concentrations() -> None:
    m = mscnet.loads(
        "solvent toluene\nA -> B @ k1\nspecies C = 2 M constant\nk1 = 1 /s\nin toluene { k1 = [C]*3 /M/s }"
    )
    assert m.with_values({"in toluene": 1}).value_of("k1") == 6


def test_a_missing_case_is_named() -> None:
    (finding,) = check_text(MEDIA + "in toluene { k1 = 2 /s }").diagnostics
    assert (finding.code, finding.message) == ("E082", "`k1` has no value in hexane, without a solvent")


def test_media_inside_a_pathway_are_its_own() -> None:
    text = """solvent toluene
    pathway a { A -> B @ k1 ; k1 = 1 /s ; in toluene { k1 = 2 /s } }
    pathway b { A -> B @ k1 ; parameter k1 = 3 /s ; in toluene { k1 = 4 /s } }
    option medium = toluene"""
    m = mscnet.loads(text)
    laws = [m.with_pathway(p).evaluate(m.with_pathway(p).reactions[0].law.expression) for p in "ab"]
    assert laws == [2, 4]


def test_a_plain_run_is_without_solvent_unless_the_file_says_which() -> None:
    plain, chosen = (mscnet.loads("solvent toluene\nA -> B @ 1" + o) for o in ("", "\noption medium = toluene"))
    assert [[m.value_of(name) for name in ("toluene", "in toluene")] for m in (plain, chosen)] == [[0, 0], [1, 1]]


# --- temperature ---------------------------------------------------------------------------------------------


R = 8.31446261815324


def constant(law: str, head: str = "temperature = 50 degC\n") -> float:
    m = mscnet.loads(f"units time = min\n{head}A -> B @ {law}")
    return m.evaluate(m.reactions[0].law.expression)


def test_arrhenius() -> None:
    wanted = 60e9 * math.exp(-80e3 / (R * 323.15))
    assert constant("arrhenius(1e9 /s, 80 kJ/mol)") == pytest.approx(wanted, rel=1e-12)


def test_arrhenius_through_a_reference_point() -> None:
    wanted = 0.1 * math.exp(-12 * 4184 / R * (1 / 323.15 - 1 / 298.15))
    assert constant("arrhenius(0.1 /min, 12 kcal/mol, 298.15 K)") == pytest.approx(wanted, rel=1e-12)


def test_eyring() -> None:
    wanted = 60 * 1.380649e-23 * 323.15 / 6.62607015e-34 * math.exp(-20 / R) * math.exp(-80e3 / (R * 323.15))
    assert constant("eyring(80 kJ/mol, -20 J/mol/K)") == pytest.approx(wanted, rel=1e-12)


def test_energies_get_their_dimension_from_their_use() -> None:
    m = mscnet.loads("temperature = 298 K\nA -> B @ arrhenius(A0, Ea)\nparameter A0, Ea")
    assert [m.units.describe(m.get_parameter(n).dimension) for n in ("A0",)] == ["/s"]  # type: ignore[arg-type]
    assert (
        m.get_parameter("Ea").dimension
        == mscnet.loads("A -> B @ 1\nparameter E = 1 kJ/mol\nobservable x = E").get_parameter("E").dimension
    )


@pytest.mark.parametrize(
    ("law", "head", "words"),
    [
        ("arrhenius(1 /s, 50 kJ/mol)", "", "needs the temperature"),
        ("arrhenius(1 /s, 50 kJ)", "temperature = 298 K\n", "an energy per amount"),
        ("arrhenius(1 M, 50 kJ/mol)", "temperature = 298 K\n", "must be per time"),
        ("eyring(50 kJ/mol, 3 J/mol)", "temperature = 298 K\n", "an activation entropy"),
        ("arrhenius(1 /s)", "temperature = 298 K\n", "1 argument(s) given"),
        ("arrhenius(1 /s, 50 kJ/mol, 3 s)", "temperature = 298 K\n", "is a temperature"),
    ],
)
def test_a_wrong_thermal_constant_is_one_error(law: str, head: str, words: str) -> None:
    errors = check_text(f"{head}A -> B @ {law}").diagnostics
    assert len(errors) == 1, [e.render() for e in errors]
    assert words in errors[0].message
