"""The library of rate laws against closed forms written by hand, and in their limits."""

from __future__ import annotations

from functools import cache
from math import exp, log10, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.special import lambertw

import mscnet
from mscnet.language.library import library_functions

R, F = 8.31446261815324, 96485.33212331002


@cache
def values(texts: tuple[str, ...], units: str = "") -> dict[str, float]:
    """The values of expressions in functions of the library, called `law`, all from one file."""
    lines = [f"y{i} = {text}" for i, text in enumerate(texts)]
    mechanism = mscnet.loads("\n".join([units, 'import "rate_laws" as law', "A -> B @ 1", *lines]))
    return {text: mechanism.value_of(f"y{i}") for i, text in enumerate(texts)}


def troe(pr: float, fc: float) -> float:
    x = log10(pr) - 0.4 - 0.67 * log10(fc)
    n = 0.75 - 1.27 * log10(fc)
    return 10 ** (log10(fc) / (1 + (x / (n - 0.14 * x)) ** 2))


def mwc(a: float, L: float, c: float, n: float) -> float:
    return (a * (1 + a) ** (n - 1) + L * c * a * (1 + c * a) ** (n - 1)) / ((1 + a) ** n + L * (1 + c * a) ** n)


def binding(x: float, *k: float) -> float:
    """Bound ligands over sites, from stepwise constants: the logarithmic derivative of the binding polynomial."""
    terms = [np.prod(k[:i]) * x**i for i in range(len(k) + 1)]
    return float(sum(i * term for i, term in enumerate(terms)) / sum(terms) / len(k))


#: name -> (arguments, value by hand)
CASES: dict[str, tuple[tuple[object, ...], float]] = {
    "michaelis_menten": ((3, 2, 5), 2 * 3 / 8),
    "reversible_michaelis_menten": ((3, 1.5, 2, 5, 0.7, 4), (2 * 3 / 5 - 0.7 * 1.5 / 4) / (1 + 3 / 5 + 1.5 / 4)),
    "haldane_michaelis_menten": ((3, 1.5, 2, 5, 4, 6), 2 / 5 * (3 - 1.5 / 6) / (1 + 3 / 5 + 1.5 / 4)),
    "competitive_inhibition": ((3, 7, 2, 5, 4), 2 * 3 / (5 * (1 + 7 / 4) + 3)),
    "uncompetitive_inhibition": ((3, 7, 2, 5, 4), 2 * 3 / (5 + 3 * (1 + 7 / 4))),
    "mixed_inhibition": ((3, 7, 2, 5, 4, 6), 2 * 3 / (5 * (1 + 7 / 4) + 3 * (1 + 7 / 6))),
    "noncompetitive_inhibition": ((3, 7, 2, 5, 4), 2 * 3 / (8 * (1 + 7 / 4))),
    "substrate_inhibition": ((3, 2, 5, 4), 2 * 3 / (5 + 3 + 9 / 4)),
    "hill": ((3, 5, 2.5), 3**2.5 / (5**2.5 + 3**2.5)),
    "hill_repression": ((3, 5, 2.5), 5**2.5 / (5**2.5 + 3**2.5)),
    "mwc": ((3, 5, 1000, 0.01, 4), mwc(0.6, 1000, 0.01, 4)),
    "mwc_state": ((3, 5, 1000, 0.01, 4), 1.6**4 / (1.6**4 + 1000 * 1.006**4)),
    "adair": ((0.5, 1.1, 2.2, 3.3, 4.4), binding(0.5, 1.1, 2.2, 3.3, 4.4)),
    "ordered_bi_bi": ((3, 4, 2, 5, 6, 7), 2 * 12 / (7 * 6 + 6 * 3 + 5 * 4 + 12)),
    "ping_pong_bi_bi": ((3, 4, 2, 5, 6), 2 * 12 / (6 * 3 + 5 * 4 + 12)),
    "monod": ((3, 0.4, 5), 0.4 * 3 / 8),
    "haldane_andrews": ((3, 0.4, 5, 6), 0.4 * 3 / (8 + 9 / 6)),
    "langmuir": ((3, 0.2), 0.6 / 1.6),
    "langmuir_dissociative": ((3, 0.2), sqrt(0.6) / (1 + sqrt(0.6))),
    "langmuir_hinshelwood_uni": ((3, 2, 0.2), 2 * 0.6 / 1.6),
    "langmuir_hinshelwood_uni_inhibited": ((3, 4, 2, 0.2, 0.1), 2 * 0.6 / 2.0),
    "langmuir_hinshelwood": ((3, 4, 2, 0.2, 0.1), 2 * 0.6 * 0.4 / 2.0**2),
    "langmuir_hinshelwood_inhibited": ((3, 4, 5, 2, 0.2, 0.1, 0.3), 2 * 0.6 * 0.4 / 3.5**2),
    "eley_rideal": ((3, 4, 2, 0.2), 2 * 0.6 / 1.6 * 4),
    "third_body": ((3, 4), 12),
    "lindemann": ((3, 2, 5), 6 / (1 + 6 / 5)),
    "troe": ((3, 2, 5, 0.6), 6 / (1 + 6 / 5) * troe(6 / 5, 0.6)),
    "troe_factor": ((0.01, 0.35), troe(0.01, 0.35)),
    "troe_shift": ((0.01, 0.35), -2 - 0.4 - 0.67 * log10(0.35)),
    "troe_center": (("800 K", 0.7, "90 K", "2000 K", "5000 K"), 0.3 * exp(-800 / 90) + 0.7 * exp(-0.4) + exp(-6.25)),
    "troe_center3": (("800 K", 0.7, "90 K", "2000 K"), 0.3 * exp(-800 / 90) + 0.7 * exp(-0.4)),
    "jpl_falloff": ((3, 2, 5), 6 / (1 + 6 / 5) * 0.6 ** (1 / (1 + log10(6 / 5) ** 2))),
    "sri": ((3, 2, 5, "800 K", 0.5, "300 K", "1000 K", 1.1, 0.2),
            6 / 2.2 * 1.1 * (0.5 * exp(-300 / 800) + exp(-0.8)) ** (1 / (1 + log10(1.2) ** 2)) * 800**0.2),
    "modified_arrhenius": (("800 K", 3, 1.5, "20 kJ/mol", "300 K"), 3 * (800 / 300) ** 1.5 * exp(-20e3 / R / 800)),
    "van_t_hoff": (("350 K", 3, "-20 kJ/mol", "300 K"), 3 * exp(20e3 / R * (1 / 350 - 1 / 300))),
    "butler_volmer": (("50 mV", 3, 0.4, 0.6, "310 K"),
                      3 * (exp(0.4 * F * 0.05 / R / 310) - exp(-0.6 * F * 0.05 / R / 310))),
    "reduction_constant": (("0.1 V", 3, "0.25 V", 0.4, 2, "310 K"), 3 * exp(0.4 * 2 * F * 0.15 / R / 310)),
    "oxidation_constant": (("0.1 V", 3, "0.25 V", 0.4, 2, "310 K"), 3 * exp(-0.6 * 2 * F * 0.15 / R / 310)),
    "faraday_over_RT": (("310 K",), F / R / 310),
    "power_law": ((3, 2, 1.5), 2 * 3**1.5),
    "power_law2": ((3, 4, 2, 1.5, -0.5), 2 * 3**1.5 * 4**-0.5),
    "reduced_power_law": ((3, 2, 5, 1.5), 2 * 0.6**1.5),
}  # fmt: skip


CALLS = {name: f"law.{name}({', '.join(map(str, arguments))})" for name, (arguments, _) in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_law_is_its_closed_form(name: str) -> None:
    per_volt = 1e-3 * 1e-2 if name == "faraday_over_RT" else 1.0  # 1 V is 1 kg m^2, so 1e5 g dm^2, per s^3 and A
    value = values(tuple(CALLS.values()))[CALLS[name]]
    assert value == pytest.approx(CASES[name][1] * per_volt, rel=1e-12)


def test_no_law_is_left_untested_or_undocumented() -> None:
    functions = library_functions()
    page = (Path(__file__).parents[2] / "docs" / "rate_laws.md").read_text(encoding="utf-8")
    assert set(CASES) == set(functions)
    assert [name for name in functions if f"`{name}(" not in page] == []


@pytest.mark.parametrize("name", [name for name in CASES if name != "faraday_over_RT"])
def test_a_law_is_the_same_in_other_units(name: str) -> None:
    units = "units time = h, concentration = uM, volume = uL, mass = kg, temperature = mK"
    value = values(tuple(CALLS.values()), units)[CALLS[name]]
    assert value == pytest.approx(CASES[name][1], rel=1e-12)


LIMITS: dict[str, tuple[str, str | float]] = {
    "MM is first order in little substrate": ("law.michaelis_menten(1e-9, 2, 5)", 2e-9 / 5),
    "MM is V in much": ("law.michaelis_menten(1e12, 2, 5)", 2),
    "reversible MM without product is MM": (
        "law.reversible_michaelis_menten(3, 0, 2, 5, 7, 4)", "law.michaelis_menten(3, 2, 5)"),
    "Haldane's form is the reversible one": (
        f"law.haldane_michaelis_menten(3, 1.5, 2, 5, 4, {(2 / 5) / (0.7 / 4)!r})",
        "law.reversible_michaelis_menten(3, 1.5, 2, 5, 0.7, 4)"),
    "Haldane's form is 0 at equilibrium": ("law.haldane_michaelis_menten(3, 18, 2, 5, 4, 6)", 0),
    "mixed with one constant is non-competitive": (
        "law.mixed_inhibition(3, 7, 2, 5, 4, 4)", "law.noncompetitive_inhibition(3, 7, 2, 5, 4)"),
    "mixed without the one is competitive": (
        "law.mixed_inhibition(3, 7, 2, 5, 4, 1e15)", "law.competitive_inhibition(3, 7, 2, 5, 4)"),
    "mixed without the other is uncompetitive": (
        "law.mixed_inhibition(3, 7, 2, 5, 1e15, 4)", "law.uncompetitive_inhibition(3, 7, 2, 5, 4)"),
    "much substrate overcomes a competitive inhibitor": ("law.competitive_inhibition(1e13, 7, 2, 5, 4)", 2),
    "substrate inhibition is highest at sqrt(Km Ki)": (
        f"law.substrate_inhibition({sqrt(20)!r}, 2, 5, 4)", 2 / (1 + 2 * sqrt(5 / 4))),
    "Hill with n = 1 is a hyperbola": ("law.hill(3, 5, 1)", 3 / 8),
    "what is not activated is repressed": ("law.hill(3, 5, 4) + law.hill_repression(3, 5, 4)", 1),
    "MWC without T is a hyperbola": ("law.mwc(3, 5, 0, 0.01, 4)", 3 / 8),
    "MWC with c = 1 is a hyperbola": ("law.mwc(3, 5, 1000, 1, 4)", 3 / 8),
    "MWC with exclusive binding is R times a hyperbola": (
        "law.mwc(3, 5, 1000, 0, 4)", "law.mwc_state(3, 5, 1000, 0, 4)*3/8"),
    "Adair with statistical constants is a hyperbola": (
        f"law.adair(3, {4 / 5!r}, {3 / 2 / 5!r}, {2 / 3 / 5!r}, {1 / 4 / 5!r})", 3 / 8),
    "ordered bi-bi with much B is MM in A": ("law.ordered_bi_bi(3, 1e14, 2, 5, 6, 7)", 2 * 3 / 8),
    "ping-pong with much B is MM in A": ("law.ping_pong_bi_bi(3, 1e14, 2, 5, 6)", 2 * 3 / 8),
    "LH is second order on a bare surface": (
        "law.langmuir_hinshelwood(1e-8, 2e-8, 3, 0.1, 0.2)", 3 * 0.1 * 0.2 * 2e-16),
    "LH is of order -1 in what covers it": (
        "law.langmuir_hinshelwood(1e12, 1, 3, 0.1, 0.2)", 3 * 0.2 / 0.1 / 1e12),
    "LH without the third is LH": (
        "law.langmuir_hinshelwood_inhibited(3, 4, 0, 2, 0.2, 0.1, 0.3)", "law.langmuir_hinshelwood(3, 4, 2, 0.2, 0.1)"),
    "ER on a full surface is first order in the gas": ("law.eley_rideal(1e14, 4, 2, 0.2)", 8),
    "Lindemann at low pressure": ("law.lindemann(1e-12, 2, 5)", 2e-12),
    "Lindemann at high pressure": ("law.lindemann(1e14, 2, 5)", 5),
    "Troe with center 1 is Lindemann": ("law.troe(3, 2, 5, 1)", "law.lindemann(3, 2, 5)"),
    "Troe's factor is near its center at Pr = 1": (f"law.troe_factor({10 ** (0.4 + 0.67 * log10(0.5))!r}, 0.5)", 0.5),
    "JPL's factor is 0.6 at Pr = 1": ("law.jpl_falloff(1, 5, 5)", 0.6 * 2.5),
    "SRI with X = 0 is Lindemann": (
        "law.sri(1e300, 1e-290, 1e-290, 800 K, 0.5, 300 K, 1e9 K, 1, 0)", "law.lindemann(1e300, 1e-290, 1e-290)"),
    "Arrhenius with n = 0": ("law.modified_arrhenius(300 K, 3, 0, 0 kJ/mol, 1 K)", 3),
    "no current at no overpotential": ("law.butler_volmer(0 V, 3, 0.5, 0.5, 298 K)", 0),
    "the slope at equilibrium is j0 F/RT": (
        "law.butler_volmer(1e-7 V, 3, 0.5, 0.5, 298 K)/1e-7", 3 * F / R / 298),
    "Nernst: the constants' ratio is an exponential": (
        "law.reduction_constant(0.1 V, 3, 0.25 V, 0.4, 2, 310 K)"
        "/law.oxidation_constant(0.1 V, 3, 0.25 V, 0.4, 2, 310 K)",
        exp(2 * F * 0.15 / R / 310)),
    "a power law at its reference": ("law.reduced_power_law(5, 2, 5, 1.7)", 2),
}  # fmt: skip


@pytest.mark.parametrize("limit", LIMITS)
def test_a_law_has_its_limits(limit: str) -> None:
    texts = tuple(dict.fromkeys(text for pair in LIMITS.values() for text in pair if isinstance(text, str)))
    found, (law, expected) = values(texts), LIMITS[limit]
    other = found[expected] if isinstance(expected, str) else expected
    assert found[law] == pytest.approx(other, rel=1e-5, abs=1e-14)


def test_the_integrated_michaelis_menten_law() -> None:
    """S(t) = Km W(S0/Km exp((S0 - V t)/Km)); S. Schnell, C. Mendoza, J. Theor. Biol. 187, 207 (1997)."""
    law = "species S = 3\nS -> P rate law.michaelis_menten([S], V, Km)\nparameter V = 2, Km = 0.5"
    mechanism = mscnet.loads(f'units time = min, concentration = mM\nimport "rate_laws" as law\n{law}')
    run = mscnet.simulate(mechanism, t_end=2, points=9, rtol=1e-10, atol=1e-12)
    expected = 0.5 * lambertw(3 / 0.5 * np.exp((3 - 2 * run.time) / 0.5)).real
    np.testing.assert_allclose(run["S"], expected, rtol=1e-7)


WRONG = [
    "S -> P rate law.michaelis_menten([S], 2 M, 3 M)",  # a limiting rate is per time
    "S -> P rate law.michaelis_menten([S], 2 M/s, 3 s)",
    "S -> P @ law.hill([S], 1 s, 2)",
    "S -> P @ law.hill([S], 1 M, 2 s)",
    "S -> P @ law.lindemann([S], 1 /M/s, 2 /M/s)",
    "S -> P @ law.troe([S], 1 /M/s, 2 /s, 0.5 M)",
    "S -> P @ law.modified_arrhenius(300 K, 2 /s, 1, 20 kJ, 1 K)",
    "S -> P @ law.reduction_constant(0.1, 2 /s, 0.2 V, 0.5, 1, 300 K)*1 V/V + 1 M",
    "S -> P @ law.langmuir([S], 2 M)*1 /s",
]


@pytest.mark.parametrize("reaction", WRONG)
def test_a_call_that_does_not_fit_is_an_error_at_the_call(reaction: str) -> None:
    result = mscnet.check_text(f'import "rate_laws" as law\n{reaction}')
    errors = [d for d in result.diagnostics if d.severity == "error"]
    assert {d.code for d in errors} == {"E020"}
    assert all(d.span is not None and d.span.line == 2 for d in errors)


def test_an_unknown_function_that_the_library_has_says_which_import_brings_it() -> None:
    (finding,) = mscnet.check_text("S -> P rate troe([S], 1, 2, 0.6)").diagnostics
    assert finding.hint == 'write `import "rate_laws"`, which has `troe(M, k0, kinf, Fc)`'


def test_the_library_alone_is_no_model_and_no_fault() -> None:
    assert mscnet.check("rate_laws", strict=True).diagnostics == ()
