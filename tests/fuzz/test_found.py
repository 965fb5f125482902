"""What made-up programs have found, each in the words of what must hold."""

from __future__ import annotations

import time

import pytest

from mscnet import format_text
from mscnet.diagnostics import Source, few_suggestions, suggest
from mscnet.language import check_text
from mscnet.language.mending import mend
from tests.fuzz.work import calls_of


def test_a_constant_that_nothing_names_is_not_declared_by_a_fix() -> None:
    text = "A -> B @ k2\nB -> C\nC -> D\n"  # the second constant is k2 and so is another's
    mended = mend(Source("case.mech", text), True)
    assert [made.title for made in mended.made] == ["add `parameter k2`"]


def test_a_fix_that_brings_itself_again_is_not_made() -> None:
    text = "A -> B\nparameter k1 = 2\nB -> C @ k1\n"
    assert mend(Source("case.mech", text), True).made == ()


@pytest.mark.parametrize(
    "text",
    [
        "A -> B  @ 1\nexpect { fig . od < 3 }\n",
        "x = 2 + -3*[A]\nA[2+ -1] -> B  @ 1\n",
    ],
)
def test_blanks_that_keep_two_tokens_apart_stay(text: str) -> None:
    assert format_text(text) == text


def test_suggestions_of_one_reading_have_an_end() -> None:
    names = [f"kappa{i}" for i in range(3000)]
    with few_suggestions():
        hints = [suggest(f"kapa{i}", names) for i in range(40)]
    assert hints[0] == "did you mean `kappa0`?"
    assert hints[-1] is None
    assert suggest("kapa1", names) == "did you mean `kappa1`?"


def test_unknown_names_among_many_cost_what_the_text_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscnet.diagnostics.MOST_COMPARED", 2000)

    def text(n: int) -> str:
        return "A -> B @ 0.1\n" + "".join(f"parameter kappa{i} = 1\nd{i} = 2*kapa{i}\n" for i in range(n))

    few, many = (calls_of(lambda n=n: check_text(text(n))) for n in (100, 400))  # type: ignore[misc]
    assert many < 5 * few


def test_an_error_in_a_very_long_statement_costs_what_the_text_does() -> None:
    text = "A -> B @ 0.1\n" + "pathway" * 40_000 + " direct now { A -> B }\n"
    begun = time.process_time()
    assert [f.code for f in check_text(text).diagnostics] == ["E002"]
    assert time.process_time() - begun < 5  # it was minutes


def test_a_step_of_a_compartment_that_is_not_read_is_an_error() -> None:
    text = (
        "units time = s, concentration = mM, volume = pL\nparameter mu = 0.1 /s\n"
        "compartment cell = exp(mu*time)*1 pL\ncompartment lung 6= 2 pL\nleak: cell.G -> lung.G @ 0.1 pL/s\n"
    )
    assert "E002" in [f.code for f in check_text(text).diagnostics]


def test_a_power_written_as_a_difference_is_told_after_formatting_too() -> None:
    text = "parameter k1 = 0.05 mM-1 min-1\nA -> B @ k1\n"
    assert [f.code for f in check_text(format_text(text)).diagnostics] == [f.code for f in check_text(text).diagnostics]


@pytest.mark.parametrize("range_", ["mod(i, 0)+1] @ 1 for i in 1 .. 3", "i] @ 1 for i in 1 .. mod(3, 0)"])
def test_a_rest_of_a_division_by_zero_is_an_error(range_: str) -> None:
    findings = check_text(f"A[i] -> F[{range_}").diagnostics
    assert ["a rest of a division by zero" in f.message for f in findings if f.severity == "error"] == [True]


@pytest.mark.parametrize("index", ["n*X", "X+X", "X*n"])
def test_names_are_not_reckoned_with(index: str) -> None:
    findings = check_text(f"F[n] -> F[{index}] @ 1 for n in 1 .. 2, X in A, B").diagnostics
    assert ["a name is no number" in f.message for f in findings if f.severity == "error"] == [True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("compartment cell = 0.5*cell, cell = 1 pL\nA -> B @ 0.1\n", "E015"),
        ("units volume = pL\ncompartment cell = 1 pL, lung = 2 pL\nA -> B @ 0.1\nat 1 s { A += 1 umol }\n", "E273"),
    ],
)
def test_compartments_that_are_wrong_are_told(text: str, code: str) -> None:
    assert code in [f.code for f in check_text(text).diagnostics]


def test_a_temperature_of_a_pathway_that_is_not_taken_is_no_fault() -> None:
    text = (
        "A <-> B @ 1 /s, K = exp(-1 kJ/mol/(R*temperature))\nB -> C @ 1\npathway none { C -> D @ 1 }\n"
        "pathway hot { temperature = 300 K ; C -> E @ 1 }\n"
    )
    assert check_text(text).diagnostics
