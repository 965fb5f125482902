"""Dimensions: what is inferred for parameters, derived values and observables, and how mismatches are told."""

from __future__ import annotations

import pytest

import mscnet
from mscnet.diagnostics import Diagnostic
from mscnet.language import check_text

UNITS = "units time = min, concentration = mM\n"

#: Unit that a parameter `k` gets from the reaction that uses it.
INFERRED = [
    ("0 -> A @ k", "mM/min"),
    ("A -> B @ k", "/min"),
    ("A + B -> C @ k", "/mM/min"),
    ("2 A -> B @ k", "/mM/min"),
    ("2 A + B -> C @ k", "/mM^2/min"),
    ("A -[C]-> B @ k", "/mM/min"),
    ("A -[C^2]-> B @ k", "/mM^2/min"),
    ("A -> B @ k order A^2", "/mM/min"),
    ("A -> B @ k order A^1.5", "/mM^(1/2)/min"),
    ("A -> B @ k order A^-1", "mM^2/min"),
    ("0.5 A -> B @ k order A", "/min"),
    ("A <-> B + C @ kf, k", "/mM/min"),
    ("A -> B -> C @ kf, k", "/min"),
    ("parameter n = 2\n(n+1) A -> B @ k", "/mM^2/min"),
    ("parameter n = 2\nA -> B @ k order A^n", "/mM/min"),
    ("A -> B rate k*[A]", "/min"),
    ("A -> B rate k*[A]*[B]", "/mM/min"),
    ("A -> B rate k", "mM/min"),
    ("A -> B rate 2 mM/min*[A]/(k + [A])", "mM"),
    ("A -> B rate k*[A]^2/(4 mM^2 + [A]^2)", "mM/min"),
    ("A -> B rate k*sqrt([A]*[B])", "/min"),
    ("A -> B rate k*[A]^0.5", "mM^(1/2)/min"),
    ("A -> B @ 1 /min*(1 + [C]/k)\nspecies C", "mM"),
    ("A -> B @ 1 /min*exp(-k*t)", "/min"),
    ("A -> B @ 1 /min*exp(-t/k)", "min"),
    ("A -> B @ if(t < k, 1, 2)", "min"),
    ("A -> B @ if([A] < k, 1, 2)", "mM"),
    ("A -> B @ if(t < 1, k, 2)", "/min"),
    ("A -> B @ max(k, 2 /min)", "/min"),
    ("A -> B @ k*sin(2 /min*t)", "/min"),
    ("A -> B @ k/12", "/min"),
    ("A -> B @ k/12 /min", ""),
    ("A -> B @ 3*k^2", "/min^(1/2)"),
    ("A -> B @ 1/k", "min"),
    ("A -> B @ k*exp(-1000 K/temperature)\ntemperature = 300 K", "/min"),
    ("A -> B @ d\nd = k/2", "/min"),
    ("A -> B @ d*[A]\nd = k/2", "/mM/min"),
    ("A -> B @ d\nd = e + 1\ne = k/2", "/min"),
    ("function f(x, y) = x*y\nA -> B @ f(k, [A])", "/mM/min"),
    ("function f(x, K) = x/(K + x)\nA -> B rate 1 mM/min*f([A], k)", "mM"),
    ("observable total = [A] + k\nA -> B @ 1", "mM"),
    ("observable y = [A]/k + 1\nA -> B @ 1", "mM"),
    ("species A = k\nA -> B @ 1", "mM"),
    ("species A = k/2\nA -> B @ 1", "mM"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "unit"), INFERRED)
@pytest.mark.parametrize("value", ["", " = 0.5"])
def test_a_parameter_takes_the_dimension_of_its_use(text: str, unit: str, value: str) -> None:
    mech = mscnet.loads(f"{UNITS}parameter k{value}\n{text}")
    k = mech.get_parameter("k")
    assert (k.unit, k.dimension is None) == (unit, False)


@pytest.mark.parametrize(("text", "unit"), [case for case in INFERRED if "@ k" in case[0] and "(" not in case[0]])
def test_a_constant_by_use_takes_the_dimension_of_its_use(text: str, unit: str) -> None:
    mech = mscnet.loads(UNITS + text)
    assert mech.get_parameter("k").unit == unit


@pytest.mark.parametrize(("text", "unit"), [case for case in INFERRED if "(1/2)" not in case[1]])
def test_the_inferred_unit_may_be_written(text: str, unit: str) -> None:
    findings = check_text(f"{UNITS}parameter k = 0.5 {unit}\n{text}").diagnostics
    assert [f.message for f in findings if f.severity == "error"] == []


HILL = "function hill(x, K, n) = x^n/(K^n + x^n)\n"


@pytest.mark.parametrize("n", ["parameter n", "parameter n = 2.5", "parameter n = 2.5 in 1 .. 4"])
def test_a_hill_function_checks_whether_or_not_its_exponent_is_known(n: str) -> None:
    mech = mscnet.loads(f"{UNITS}{HILL}{n}\nparameter K, v\nA -> B rate v*hill([A], K, n)")
    assert {p.name: p.unit for p in mech.parameters} == {"n": "", "K": "mM", "v": "mM/min"}


def test_a_hill_law_may_be_written_out() -> None:
    mech = mscnet.loads(f"{UNITS}parameter K = 1 mM, n\nA -> B rate v*[A]^n/(K^n + [A]^n)\nparameter v")
    assert mech.get_parameter("v").unit == "mM/min"


def test_a_hill_law_with_a_constant_of_another_dimension_is_an_error() -> None:
    assert codes(f"{UNITS}{HILL}parameter n\nparameter K = 1 min\nA -> B rate 1 mM/min*hill([A], K, n)") == ["E020"]


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("[A] + 2*[B]", "mM"),
        ("[A]/([A] + [B])", ""),
        ("[A]*[B]", "mM^2"),
        ("[A]*t", "mM min"),
        ("[A] + 1 uM", "mM"),
        ("[A] + 1", "mM"),
        ("log10([A]/1 mM)", ""),
        ("sqrt([A]*[B])", "mM"),
        ("5 /mM/cm*[A]*1 cm", ""),
        ("max([A], [B])", "mM"),
        ("sign([A] - [B])", ""),
    ],
)
def test_an_observable_has_the_dimension_of_its_expression(expression: str, unit: str) -> None:
    mech = mscnet.loads(f"{UNITS}observable y = {expression}\nA -> B @ 1")
    dimension = mech.observables[0].dimension
    assert dimension is not None
    assert mech.units.describe(dimension) == unit


# --- mismatches --------------------------------------------------------------------------------------


def codes(text: str) -> list[str]:
    return [d.code for d in check_text(text).diagnostics if d.severity == "error"]


def only_error(text: str) -> Diagnostic:
    errors = [d for d in check_text(text).diagnostics if d.severity == "error"]
    assert [d.code for d in errors] == ["E020"], [d.render() for d in errors]
    return errors[0]


#: Text with the place that is wrong between « and », and the two dimensions that the message must name.
MISMATCHES = [
    ("A -> B @ «5 mM»", "concentration", "per time"),
    ("A + B -> C @ «5 /s»", "per time", "per concentration per time"),
    ("A -> B @ «5 /mM/min»", "per concentration per time", "per time"),
    ("0 -> A @ «5 /min»", "per time", "concentration per time"),
    ("2 A -> B @ «5 /min»", "per time", "per concentration per time"),
    ("A -> B rate «[A]»", "concentration", "concentration per time"),
    ("A -> B rate «5 /min*[A]*[B]»", "concentration^2 per time", "concentration per time"),
    ("A -> B @ k order A^2\nparameter k = 1 /s".replace("@ k", "@ «k»"), "per time", "per concentration per time"),
    ("parameter k = 1 /s\nA + B -> C @ «k»", "per time", "per concentration per time"),
    ("parameter K = 1 min\nA -> B rate 1 mM/min*[A]/(K + «[A]»)", "time", "concentration"),
    ("observable y = [A] + «5 min»\nA -> B @ 1", "concentration", "time"),
    ("observable y = [A] - «t»\nA -> B @ 1", "concentration", "time"),
    ("d = 5 mM + «5 min»\nA -> B @ 1", "concentration", "time"),
    ("d = max(5 mM, «5 min»)\nA -> B @ 1", "concentration", "time"),
    ("A -> B @ if(t < «5 mM», 1, 2)", "time", "concentration"),
    ("A -> B @ if(t < 5, 1 /s, «5 mM»)", "per time", "concentration"),
    ("A -> B @ 1 /s*exp(«5 min»)", "a pure number", "time"),
    ("A -> B @ 1 /s*log(«[A]»)", "a pure number", "concentration"),
    ("A -> B @ 1 /s*2^«[A]»", "a pure number", "concentration"),
    ("species A = «5 min»\nA -> B @ 1", "time", "concentration"),
    ("option t_end = «5 mM»\nA -> B @ 1", "concentration", "time"),
    ("parameter k = 5 /s in 1 .. «2 mM»\nA -> B @ k", "per time", "concentration"),
    ("parameter k = 5 /s ± «2 mM»\nA -> B @ k", "per time", "concentration"),
    ("function f(x) = x + «1 min»\nA -> B @ 1 /mM/s*f([A])", "concentration", "time"),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "first", "second"), MISMATCHES)
def test_a_mismatch_names_both_dimensions(marked: str, first: str, second: str) -> None:
    message = only_error(marked.replace("«", "").replace("»", "")).message
    assert first in message
    assert second in message


@pytest.mark.parametrize(("marked", "first", "second"), MISMATCHES)
def test_a_mismatch_is_told_at_its_place(marked: str, first: str, second: str) -> None:
    span = only_error(marked.replace("«", "").replace("»", "")).span
    assert span is not None
    assert (span.start, span.end) == (marked.index("«"), marked.index("»") - 1)


def test_two_uses_that_disagree_are_an_error_at_the_second() -> None:
    text = "parameter k\nA -> B @ k\nA + B -> C @ k"
    error = only_error(text)
    assert error.span is not None
    assert error.span.line == 3
    assert error.related
    assert error.related[0].span.line == 2


def test_two_uses_through_a_derived_value_that_disagree_are_an_error() -> None:
    assert codes("parameter k\nd = k/2\nA -> B @ d\nA + B -> C @ k") == ["E020"]


def test_uses_that_agree_are_none() -> None:
    assert codes("parameter k\nd = k/2\nA -> B @ d\nB -> C @ k") == []


def test_every_mismatch_is_told_in_one_run() -> None:
    assert codes("A -> B @ 1 mM\nB -> C @ 2 min\nobservable y = [A] + t") == ["E020"] * 3


# --- bare numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("A -> B @ 0.5", "A -> B @ 0.5 /min"),
        ("A + B -> C @ 0.5", "A + B -> C @ 0.5 /mM/min"),
        ("0 -> A @ 0.5", "0 -> A @ 0.5 mM/min"),
        ("A -> B @ if(t < 5, 1, 2)", "A -> B @ if(t < 5 min, 1 /min, 2 /min)"),
        ("species A = 2\nA -> B @ 1", "species A = 2 mM\nA -> B @ 1 /min"),
        ("observable y = [A] + 1\nA -> B @ 1", "observable y = [A] + 1 mM\nA -> B @ 1"),
        ("option t_end = 5\nA -> B @ 1", "option t_end = 5 min\nA -> B @ 1"),
    ],
)
def test_a_bare_number_is_in_the_units_of_the_file(text: str, same: str) -> None:
    a, b = (mscnet.loads(UNITS + t) for t in (text, same))
    assert (a.species, a.reactions, a.observables, a.options) == (b.species, b.reactions, b.observables, b.options)


@pytest.mark.parametrize("law", ["2*k", "k/2", "2*k*t/(5 min)", "3*d"])
def test_a_bare_number_beside_a_constant_is_a_pure_number(law: str) -> None:
    assert codes(f"{UNITS}parameter k = 1 /min\nd = k/12\nA -> B @ {law}") == []
    assert codes(f"{UNITS}parameter k = 1 /min\nd = k/12\nA + B -> C @ {law}") == ["E020"]


def test_a_bare_number_beside_concentrations_alone_is_a_constant_without_a_name() -> None:
    assert codes("A -> B rate 0.1*[A]") == []


def test_a_bare_parameter_is_in_the_units_of_the_file() -> None:
    mech = mscnet.loads(UNITS + "parameter k = 0.5\nA + B -> C @ k")
    assert (mech.get_parameter("k").value, mech.get_parameter("k").unit) == (0.5, "/mM/min")


# --- reading units -----------------------------------------------------------------------------------


def test_a_division_and_a_unit_is_the_quotient_per_unit() -> None:
    # k1/12 /min is (k1/12)/min
    mech = mscnet.loads(UNITS + "parameter k1 = 6 mM\nA -> B rate k1/12 /min")
    assert mech.evaluate(mech.reactions[0].law.expression) == 0.5


def test_a_unit_below_a_bracket_is_divided_by() -> None:
    mech = mscnet.loads(UNITS + "parameter k1 = 6 mM\nA -> B rate k1/(12 min)")
    assert mech.evaluate(mech.reactions[0].law.expression) == 0.5


@pytest.mark.parametrize(
    "text", ["A + B -> C @ 0.05 mM-1", "A + B -> C @ 0.05 mM-1 min-1", "parameter k = 0.05 mM-1\nA -> B @ k"]
)
def test_a_power_without_its_sign_is_an_error_with_the_remedy(text: str) -> None:
    finding = check_text(text).diagnostics[0]
    assert (finding.severity, finding.code) == ("error", "E014")
    assert "mM^-1" in (finding.hint or "")


def test_a_declared_name_wins_over_a_unit() -> None:
    mech = mscnet.loads("parameter s = 4\nA -> B @ 1/s")
    assert mech.evaluate(mech.reactions[0].law.expression) == 0.25


def test_a_declared_name_in_a_units_place_is_noted() -> None:
    findings = check_text("parameter s = 4\nA -> B @ 1/s").diagnostics
    assert [d.severity for d in findings] == ["note"]


def test_without_the_name_the_unit_is_meant() -> None:
    mech = mscnet.loads("A -> B @ 1/s")
    assert mech.evaluate(mech.reactions[0].law.expression) == 1.0


# --- shared units ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "declaration",
    [
        "k = 60 /h in 30 .. 120",
        "k = 60 in 30 /h .. 120",
        "k = 60 in 30 .. 120 /h",
        "k in 30 .. 120 /h = 60",
        "k = 60 /h in 0.5 /min .. 2 /min",
    ],
)
def test_value_and_bounds_share_a_unit(declaration: str) -> None:
    k = mscnet.loads(f"{UNITS}parameter {declaration}\nA -> B @ k").get_parameter("k")
    assert (k.value, k.bounds) == (1.0, (0.5, 2.0))


@pytest.mark.parametrize(
    "declaration", ["k = 60 ± 6 /h", "k = 60 /h ± 6", "k = 60 /h +- 0.1 /min", "k = 60 /h +/- 6 /h"]
)
def test_value_and_deviation_share_a_unit(declaration: str) -> None:
    k = mscnet.loads(f"{UNITS}parameter {declaration}\nA -> B @ k").get_parameter("k")
    assert (k.value, k.prior) == (1.0, 0.1)


def test_shown_value_times_factor_is_the_value() -> None:
    k = mscnet.loads(f"{UNITS}parameter k = 60 /h\nA -> B @ k").get_parameter("k")
    assert k.value == pytest.approx(60 * k.unit_factor, rel=1e-15)


def initial_of(mech: mscnet.Mechanism, species: str) -> float:
    initial = mech.get_species(species).initial
    assert initial is not None
    return mech.evaluate(initial)


# --- a scale of one's own ----------------------------------------------------------------------------


def test_a_scale_measures_the_species() -> None:
    mech = mscnet.loads("unit c0\nunits concentration = c0, time = h\nspecies A = 1 c0\nA + B -> C @ k")
    assert mech.get_parameter("k").unit == "/c0/h"


def test_a_scale_stands_beside_mM() -> None:
    text = "unit c0\nunits concentration = c0\nspecies A = 1 c0, X = 2 mM\nA -> B @ k1\nX -> Y @ k2\nX + X -> Z @ k3"
    mech = mscnet.loads(text)
    names = {s.name: mech.units.describe(s.dimension) for s in mech.species}
    assert (names["A"], names["B"]) == ("c0", "c0")
    assert names["X"] == names["Y"] == names["Z"] != "c0"


def test_scales_do_not_mix_in_a_reaction() -> None:
    text = "unit c0\nunits concentration = c0\nspecies A = 1 c0, B = 2 mM\nA + B -> C @ k"
    message = only_error(text).message
    assert "c0" in message
    assert "concentration" in message


def test_scales_do_not_add() -> None:
    text = "unit c0\nspecies A = 1 c0, B = 2 mM\nobservable y = [A] + [B]\nA -> C @ k\nB -> D @ l"
    assert "c0" in only_error(text).message


def test_a_scale_with_a_size_is_a_unit() -> None:
    mech = mscnet.loads("unit eq = 2.5 mM\nunits concentration = mM\nspecies A = 2 eq\nA -> B @ k")
    assert initial_of(mech, "A") == 5.0


def test_a_scale_that_is_a_unit_already_is_an_error() -> None:
    assert codes("unit mM\nA -> B @ k") == ["E011"]
