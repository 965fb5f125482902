"""Bands, the instrument, data files and facts: what each line means."""

from __future__ import annotations

from fractions import Fraction

import pytest

import mscnet
from mscnet import Mechanism
from mscnet.language import check_text
from mscnet.mechanism.expression import Number, Symbol, to_text
from mscnet.mechanism.facts import SIMILAR, Fact
from mscnet.mechanism.units import CONCENTRATION, LENGTH

BENCH = """
units time = min, concentration = mM, volume = mL
grow: PC <-> MSC @ k1, k2
parameter e371
solution IP { PC = 1 mM }
solvent toluene
observable total = [PC] + [MSC]
k3 = 2*k1
band MSC { gaussian center = 371 nm, fwhm = 20 nm, epsilon = e371 }
experiment fig4(v) for v in 15, 30, 45, 60 uL {
    mix 2 mL IP
    take v
    add 3 mL toluene
    measure od = absorbance(371 nm), od2 = absorbance(399 nm), pc = [PC],
        scan = spectrum(320 nm .. 450 nm) every 5 min for 1 h
}
experiment other { mix 2 mL IP ; measure od = absorbance(371 nm) every 5 min for 1 h }
"""


def load(text: str) -> Mechanism:
    return mscnet.loads(BENCH + text)


def facts(lines: str, head: str = "fig4") -> tuple[Fact, ...]:
    return load(f"expect {head} {{ {lines} }}").facts


def fact(line: str, head: str = "fig4") -> Fact:
    (only,) = facts(line, head)
    return only


def values(f: Fact) -> list[float]:
    return [float(v.value) for v in f.values if isinstance(v, Number)]


def codes(text: str) -> list[str]:
    return [d.code for d in check_text(BENCH + text).diagnostics]


def number(e: object) -> float:
    assert isinstance(e, Number)
    return float(e.value)


# --- values and tolerances ---------------------------------------------------------------------


def test_one_value_for_each_condition() -> None:
    f = fact("max(od) = 0.23, 0.40, 0.57, 0.73 ± 0.01")
    assert (f.relation, values(f), number(f.tolerance), f.relative) == ("=", [0.23, 0.4, 0.57, 0.73], 0.01, False)


def test_a_feature_is_a_numbered_symbol_of_its_course() -> None:
    f = fact("max(od)/max(od2) > 2")
    assert f.left is not None
    assert to_text(f.left) == "0/1"
    assert [(x.name, x.course.expression, x.course.experiment) for x in f.features] == [
        ("max", Symbol("od", "reading"), "fig4"),
        ("max", Symbol("od2", "reading"), "fig4"),
    ]


def test_numbers_of_a_list_share_the_unit_that_is_given() -> None:
    f = fact("time_of_max(od) = 60, 30, 30, 0.5 h ± 6")
    assert (values(f), number(f.tolerance)) == ([3600, 1800, 1800, 30], 360)


def test_a_tolerance_with_a_unit_of_its_own_keeps_it() -> None:
    f = fact("time_of_max(od) = 1 h ± 150 s")
    assert (values(f), number(f.tolerance)) == ([60], 2.5)


def test_a_tolerance_in_per_cent_is_a_share() -> None:
    f = fact("time_of_max(od) = 15 min ± 10%")
    assert (f.relative, number(f.tolerance)) == (True, 0.1)


def test_a_tolerance_of_values_in_per_cent_is_in_points() -> None:
    f = fact("max(od)/max(od2) = 45 % ± 5%")
    assert (values(f), f.relative, number(f.tolerance)) == ([0.45], False, 0.05)


def test_sides_may_stand_either_way() -> None:
    f = fact("0.1 < max(od)")
    assert (f.relation, values(f), f.right) == (">", [0.1], None)


def test_similar_to_is_within_its_share() -> None:
    f = fact("final(od) similar to max(od)")
    assert (f.relation, f.right, f.tolerance, f.relative) == ("=", Symbol("1", "feature"), Number(SIMILAR), True)


def test_a_level_in_per_cent_is_relative() -> None:
    (feature,) = fact("time_to(od, 50%) < 30 min").features
    assert (feature.relative, [number(a) for a in feature.arguments]) == (True, [0.5])


def test_max_of_two_is_no_feature() -> None:
    f = fact("max(max(od), final(od2)) > 0.1")
    assert [x.name for x in f.features] == ["max", "final"]
    assert f.left is not None
    assert to_text(f.left) == "max(0, 1)"


# --- relations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "relation", "variable"),
    [
        ("max(od) increases with v", "increases", "v"),
        ("max(od) decreases with v", "decreases", "v"),
        ("max(od) does not depend on v ± 10%", "independent", "v"),
        ("linear(max(od), v, r2 > 0.99)", "linear", "v"),
        ("rate_determining(grow)", "rate_determining", "grow"),
        ("max(od) is constant ± 5%", "constant", None),
    ],
)
def test_relations_of_conditions(line: str, relation: str, variable: str | None) -> None:
    f = fact(line)
    assert (f.relation, f.variable, f.courses) == (relation, variable, ())


@pytest.mark.parametrize(
    ("line", "relation"),
    [
        ("od increases over 0 min .. 40 min", "increases"),
        ("od is constant ± 5%", "constant"),
        ("present(od, 0.03)", "present"),
        ("absent(od, 0.01) at 1 min", "absent"),
        ("not_first_order(od), residual > 0.02", "not_first_order"),
        ("not_first_order(od)", "not_first_order"),
    ],
)
def test_relations_of_a_course(line: str, relation: str) -> None:
    f = fact(line)
    assert (f.relation, f.left, [c.expression for c in f.courses]) == (relation, None, [Symbol("od", "reading")])


@pytest.mark.parametrize(
    ("line", "relation", "operator"),
    [("never [MSC] > 1 uM", "never", ">"), ("always MSC <= 1 uM", "always", "<="), ("MSC < 1 uM", "always", "<")],
)
def test_bounds_at_any_time(line: str, relation: str, operator: str) -> None:
    f = fact(line)
    assert (f.relation, f.comparison) == (relation, operator)
    assert [c.expression for c in f.courses] == [Symbol("MSC", "species"), Number(Fraction(1, 1000))]


def test_an_isosbestic_point_has_a_wavelength_in_the_files_unit() -> None:
    f = fact("isosbestic(380 nm ± 1) over 5 .. 60 min")
    assert (values(f), number(f.tolerance)) == ([pytest.approx(380e-7)], pytest.approx(1e-7))
    assert f.window is not None
    assert (number(f.window.start), number(f.window.end)) == (5, 60)


def test_a_window_holds_for_the_features_too() -> None:
    f = fact("slope(od) > 0 over 5 min .. 60 min")
    assert f.features[0].window == f.window


def test_a_moment_is_a_window_of_no_length() -> None:
    f = fact("present(od, 0.03) at 2 min")
    assert f.window is not None
    assert (number(f.window.start), number(f.window.end)) == (2, 2)


# --- what a course may be ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [("od", "reading"), ("pc", "reading"), ("total", "observable"), ("MSC", "species"), ("k3", "definition")],
)
def test_a_name_in_a_course(name: str, kind: str) -> None:
    assert fact(f"max({name}) increases with v").features[0].course.expression == Symbol(name, kind)  # type: ignore[arg-type]


def test_the_band_of_one_species() -> None:
    course = fact("absent(band(MSC, 371 nm), 0.01)").courses[0]
    (band,) = course.bands
    assert (course.expression, band.species) == (Symbol(band.name, "reading"), "MSC")
    assert number(band.wavelength) == pytest.approx(371e-7)


def test_the_band_of_one_species_in_another_experiment() -> None:
    course = fact("at(other.band(MSC, 371 nm), 1 min) < 1", "").features[0].course
    assert (course.experiment, [b.species for b in course.bands]) == ("other", ["MSC"])


def test_a_course_names_its_condition() -> None:
    course = fact("final(fig4(30 uL).od) = final(other.od) ± 10%", "").features[0].course
    assert (course.experiment, [number(a) for a in course.arguments]) == ("fig4", [0.03])


def test_a_block_names_its_condition() -> None:
    f = fact("max(od) > 0.1", "fig4(30 uL)")
    assert f.arguments == f.features[0].course.arguments == (Number(Fraction(3, 100)),)


def test_the_other_side_of_a_bound_is_of_the_same_experiment() -> None:
    f = fact("never other.od > 1.5", "")
    assert [c.experiment for c in f.courses] == ["other", "other"]


# --- source, name, weight, text ----------------------------------------------------------------


def test_source_name_and_weight_come_in_any_order() -> None:
    f = fact('max(od) > 0.1 weight 2 as "F4.a1" over 5 min .. 60 min from "Fig. 4a"')
    assert f.weight is not None
    assert (f.source, f.name, number(f.weight)) == ("Fig. 4a", "F4.a1", 2)


def test_the_text_of_a_fact_is_on_one_line_without_source_and_name() -> None:
    f = fact(
        'max(od)   =  0.1,  # the smallest\n 0.2, 0.3, 0.4\n  ± 0.1 from "Fig. 4" over 5 .. 60 min'.replace(
            "\n  ±", " ±"
        )
    )
    assert f.text == "max(od) = 0.1, 0.2, 0.3, 0.4 ± 0.1 over 5 .. 60 min"


def test_words_of_facts_are_names_elsewhere() -> None:
    words = [
        "over",
        "from",
        "weight",
        "increases",
        "is",
        "as",
        "similar",
        "does",
        "never",
        "always",
        "band2",
        "gaussian",
        "path",
    ]
    text = "".join(f"parameter {word} = 2\n" for word in words) + "x = 2 over + 3 weight + increases*2 is\nA -> B @ x"
    assert mscnet.loads(text).value_of("x") == 4 + 6 + 8


def test_a_parameter_of_a_band_takes_its_dimension() -> None:
    assert load("").get_parameter("e371").dimension == (CONCENTRATION * LENGTH) ** -1


def test_a_parameter_of_a_fact_takes_its_dimension() -> None:
    text = "parameter limit = 3\nexpect fig4 { never [PC] > limit }"
    assert load(text).get_parameter("limit").dimension == CONCENTRATION


def test_an_absorptivity_is_on_the_scale_of_its_species() -> None:
    text = "unit c0\nunits volume = mL\nA -> B @ 1\nband A { gaussian center = 371 nm, fwhm = 9 nm, epsilon = %s }"
    assert [d.code for d in check_text(text % "4 /c0/cm").diagnostics] == []
    assert [d.code for d in check_text(text % "4 /mM/cm").diagnostics] == ["E020"]


def test_what_a_band_uses_is_used() -> None:
    assert codes("") == []


# --- bands, instrument, data -------------------------------------------------------------------


def test_shapes_of_a_band_in_wavelength_and_energy() -> None:
    text = """band PC {
        lognormal center = 3.34 eV, fwhm = 20 nm, epsilon = 3 /mM/cm, skew = 1.2
        tail onset = 360 nm, fraction = 0.6, exponent = 2 ; spectrum "spectra/pc.csv" shift = 1 nm
    }"""
    band = next(b for b in load(text).bands if b.species == "PC")
    assert [(s.kind, [n for n, _ in s.settings], s.path) for s in band.shapes] == [
        ("lognormal", ["center", "fwhm", "epsilon", "skew"], None),
        ("tail", ["onset", "fraction", "exponent"], None),
        ("spectrum", ["shift"], "spectra/pc.csv"),
    ]


def test_an_instrument() -> None:
    settings = "path = 2 mm ; noise = 0.004 ; baseline = 0.02 ; baseline(371 nm) = b ; time_zero = 30 s"
    text = f"parameter b\ninstrument {{ {settings} }}"
    made = load(text).instrument
    assert made is not None
    assert {name: float(v.value) for name, v in made.settings if isinstance(v, Number)} == {
        "path": 0.2, "noise": 0.004, "baseline": 0.02, "time_zero": 0.5,
    }  # fmt: skip
    assert [(number(w), b) for w, b in made.baselines] == [(pytest.approx(371e-7), Symbol("b", "parameter"))]


def test_a_data_file() -> None:
    text = 'data fig4 "data/fig4.csv" as cary { od = "OD 371 nm" ; v = 15 uL ; error = 0.004 ; time = 5 min }'
    (file,) = load(text).data_files
    assert (file.experiment, file.path, file.format, file.columns) == (
        "fig4", "data/fig4.csv", "cary", (("OD 371 nm", "od"),),
    )  # fmt: skip
    assert [(name, number(v)) for name, v in file.selects] == [("v", 0.015), ("time", 5)]
    assert number(file.error) == 0.004


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../a.csv", "a/../../b.csv", "~/a.csv", "C:/a.csv", "a\\b.csv", "http://x/a.csv", "", "a/", ".."],
)
def test_paths_outside_the_mechanisms_folder_are_refused(path: str) -> None:
    assert codes(f'data fig4 "{path}"') == ["E071"]


@pytest.mark.parametrize("path", ["a.csv", "data/a.csv", "data/../a.csv", "./a.csv", "..a.csv"])
def test_paths_inside_the_mechanisms_folder_are_taken(path: str) -> None:
    assert codes(f'data fig4 "{path}"') == []


def test_facts_of_an_experiment_with_an_error_are_left_alone() -> None:
    bad = "experiment bad { mix 1 mL nothing ; measure x = absorbance(371 nm) every 1 min for 1 h }"
    text = f"{bad}\nexpect bad {{ max(x) > 1 }}"
    assert codes(text) == ["E010"]


def test_a_file_with_an_open_block_names_it() -> None:
    assert codes("expect fig4 { max(od) > 0.1\n") == ["E003"]
