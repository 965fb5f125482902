"""Fixes: what the safe ones make of a text, and that they never make one worse."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscnet import assets
from mscnet.diagnostics import Diagnostic, Source
from mscnet.language import check_text
from mscnet.language.mending import apply, as_written, mend
from mscnet.language.source import source_of

GOLDEN = Path(__file__).parent.parent / "golden"


def mended(text: str, strict: bool = False) -> str:
    return mend(Source("x", text), strict).source.text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A => B @ 0.1 /s", "A -> B @ 0.1 /s"),
        ("A --> B @ 0.1 /s", "A -> B @ 0.1 /s"),
        ("A ==> B @ 0.1 /s", "A -> B @ 0.1 /s"),
        ("A –> B @ 0.1 /s", "A -> B @ 0.1 /s"),
        ("A <--> B @ k1, k2", "A <-> B @ k1, k2"),
        ("A ⇋ B @ k1, k2", "A <-> B @ k1, k2"),
        ("A -> B // a note", "A -> B # a note"),
        ("/* a note */\nA -> B", "# a note\nA -> B"),
        ("% a note\nA -> B", "# a note\nA -> B"),
        ("! a note\nA -> B", "# a note\nA -> B"),
        ("specis A = 1 M\nA -> B", "species A = 1 M\nA -> B"),
        ("Species A = 1 M\nA -> B", "species A = 1 M\nA -> B"),
        ("paramter k = 1 /s\nA -> B @ k", "parameter k = 1 /s\nA -> B @ k"),
        ("init A = 1 M\nA -> B", "species A = 1 M\nA -> B"),
        ("reaction A -> B @ k", "A -> B @ k"),
        ("species A “x y” = 1 M\nA -> B", 'species A "x y" = 1 M\nA -> B'),
        ("species A 'x y' = 1 M\nA -> B", 'species A "x y" = 1 M\nA -> B'),
        ("parameter k = 1,5 /s\nA -> B @ k", "parameter k = 1.5 /s\nA -> B @ k"),
        ("A -> B @ 0,1 /s", "A -> B @ 0.1 /s"),
        ("2 A -> B @ 0.1 M-1 s-1", "2 A -> B @ 0.1 M^-1 s^-1"),
        ("2 A -> B @ 0.1 M⁻¹ s⁻¹", "2 A -> B @ 0.1 M^-1 s^-1"),
        ("parameter k = 0.1 1/s\nA -> B @ k", "parameter k = 0.1 /s\nA -> B @ k"),
        ("parameter k = −1 /s\nB -> A @ 2*k", "parameter k = -1 /s\nB -> A @ 2*k"),
        ("H⁺ + OH⁻ -> W @ k", "H^+ + OH^- -> W @ k"),
        ("H+ + OH- -> W @ k", "H^+ + OH^- -> W @ k"),
        ("A -> [B] @ k", "A -> B @ k"),
        ("[A] -> B @ k", "A -> B @ k"),
        ("[A] = 1 M\nA -> B @ k", "species A = 1 M\nA -> B @ k"),
        ("A -> B k1", "A -> B @ k1"),
        ("A -> B, 0.1 /s", "A -> B @ 0.1 /s"),
        ("solution s { A = 1 M, B = 2 M }\nA -> B", "solution s { A = 1 M; B = 2 M }\nA -> B"),
        ("solution s {\n R(l, y~u) = 1 M,\n L(r) = 2 M\n}", "solution s {\n R(l, y~u) = 1 M\n L(r) = 2 M\n}"),
        ("A -> B @ k1 = 0.1 /s", "A -> B @ k1\nparameter k1 = 0.1 /s\n"),
        ("parameter k = 1 /s\nA -> B @ k*[A]", "parameter k = 1 /s\nA -> B rate k*[A]"),
        ("unit time = min\nA -> B @ 0.1 /min", "units time = min\nA -> B @ 0.1 /min"),
        ("A -> B @ epx(1)*k", "A -> B @ exp(1)*k"),
        ("option tend = 5 s\nA -> B", "option t_end = 5 s\nA -> B"),
        ("observable x = [a_b]\nA_B -> C", "observable x = [A_B]\nA_B -> C"),
        ("A\u00a0-> B @ k", "A -> B @ k"),
        ("\u200bA -> B @ k", "A -> B @ k"),
        ("A -> B @ k：2", "A -> B @ k：2"),  # nothing safe: the colon means nothing either
    ],
)
def test_a_slip_with_one_evident_remedy_is_mended(text: str, wanted: str) -> None:
    assert mended(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "A + C = B",  # one way or both?
        "Cu2+ + A -> B",  # Cu^2+, or Cu2^+?
        "parameter k = 1,000 /s\nA -> B @ k",  # a thousand, or one?
        "observable x = [CdTe_PC]\nCdSe_PC -> B",  # another species, not a slip
        "observable x = [S371]\nS399 -> B",
        "A -> B C",
        "A B -> C",
        "A -> B @ 2*kk",
        "species H2 of H2, O2 of O2, W of H2O\nH2 + O2 -> W @ k",
        "J1: A -> B; k1*A",
        "A -> B @ (k1",
        "parameter k = 0.1 /mmin\nA -> B @ k",
    ],
)
def test_what_leaves_a_choice_is_left_to_a_person(text: str) -> None:
    assert mended(text) == text


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("A + C = B", ["replace `=` by `->`", "replace `=` by `<->`"]),
        ("Cu2+ + A -> B", ["replace `Cu2+` by `Cu^2+`", "replace `Cu2+` by `Cu2^+`"]),
        ("A -> B C", ["put `+` before `C`", "put `@` before `C`"]),
        ("parameter k = 1 /s\nA -> B @ 0.1", ["remove `k`"]),
        ("A -> B @ k1\nA -> B @ k2", ["remove the second one"]),
        ("A -> B @ k*[A]", ["write `rate` for `@`"]),
        ("A -> B rate kmax*[A]", ["add `parameter kmax`"]),
        ("J1: A -> B; k1*A", ["put `rate` for the `;`"]),
    ],
)
def test_choices_are_offered(text: str, titles: list[str]) -> None:
    found = [fix for finding in check_text(text).diagnostics for fix in finding.fixes]
    assert ([fix.title for fix in found], any(fix.safe for fix in found)) == (titles, False)


def first_fix(text: str) -> str:
    """The text with the first fix of its first finding."""
    source = Source("x", text)
    from mscnet.language import check_source

    finding = check_source(source).diagnostics[0]
    return apply(source, finding.fixes[0].edits)


@pytest.mark.parametrize(
    ("equation", "balanced"),
    [
        ("H2 + O2 -> W", "2 H2 + O2 -> 2 W"),
        ("MnO4 + Fe2 + H -> Mn + Fe3 + W", "MnO4 + 5 Fe2 + 8 H -> Mn + 5 Fe3 + 4 W"),
        ("Cr2O7 + Fe2 + H -> Cr3 + Fe3 + W", "Cr2O7 + 6 Fe2 + 14 H -> 2 Cr3 + 6 Fe3 + 7 W"),
        ("C3H8 + O2 -> CO2 + W", "C3H8 + 5 O2 -> 3 CO2 + 4 W"),
        ("Pn <-> Qn", "2 Pn <-> Qn"),
    ],
)
def test_coefficients_that_composition_and_charge_determine(equation: str, balanced: str) -> None:
    formulas = {
        "H2": "H2", "O2": "O2", "W": "H2O", "MnO4": "MnO4^-", "Fe2": "Fe^2+", "Fe3": "Fe^3+", "H": "H^+", "Mn": "Mn^2+",
        "Cr2O7": "Cr2O7^2-", "Cr3": "Cr^3+", "C3H8": "C3H8", "CO2": "CO2", "Pn": "Cd[n]Te[n]", "Qn": "Cd[2n]Te[2n]",
    }  # fmt: skip
    declared = ", ".join(f"{name} of {formula}" for name, formula in formulas.items())
    assert first_fix(f"species {declared}\n{equation}") == f"species {declared}\n{balanced}"


@pytest.mark.parametrize("equation", ["A -> B", "A + A -> B", "A + B -> C"])
def test_no_coefficients_are_offered_where_none_or_several_balance(equation: str) -> None:
    text = f"species A of Cu^+, B of Cu^2+, C of Ag\n{equation} @ k"
    assert [fix for finding in check_text(text).diagnostics for fix in finding.fixes] == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("parameter a = 1 /s, b = 2 /s\nA -> B @ b", "parameter b = 2 /s\nA -> B @ b"),
        ("parameter b = 2 /s, a = 1 /s   # both\nA -> B @ b", "parameter b = 2 /s   # both\nA -> B @ b"),
        ("# one\nparameter a = 1 /s  # two\nA -> B @ b", "# one\nA -> B @ b"),
        ("A -> B @ b ; parameter a = 1 /s in 0.1 .. 2 log", "A -> B @ b"),
        ("parameter a = 1 /s ; A -> B @ b", "A -> B @ b"),
    ],
)
def test_an_unused_parameter_is_taken_out_whole(text: str, wanted: str) -> None:
    assert first_fix(text) == wanted


def test_constants_declared_by_use_are_declared_where_that_is_asked_for() -> None:
    assert mended("A <-> B @ k1, k2", strict=True) == "A <-> B @ k1, k2\nparameter k1\nparameter k2\n"


@pytest.mark.parametrize("name", assets.mechanism_names())
def test_a_text_without_errors_stays_as_it_is(name: str) -> None:
    text = assets.mechanism_text(name)[1]
    assert mended(text) == text


GOOD = (
    "units time = min, concentration = mM",
    'species A "start" = 1 mM  # at first',
    "parameter kc = 0.1 /mM/min",
    "A + B -> C  @ kc   # note",
    "C <-> D  @ k1, k2",
    "observable total = [A] + [C]",
    "pathway one { A -> E @ 0.2 /min }",
    "solution S { A = 1 mM }",
    "experiment e { mix 1 mL S ; measure a = [A] every 1 min for 5 min }",
    "expect e { max(a) = 1 ± 0.1 }",
    "option t_end = 5 min",
    "E -> F rate 2*[E]",
)
SLIPS = (
    ("->", "=>"), ("->", "–>"), ("->", "="), ("#", "//"), ("#", "%"), ("species", "specis"), ("max", "mxa"),
    ("parameter", "Parameter"), ('"', "”"), ("/min", "min-1"), ("0.1", "0,1"), ("@", ""), ("@ kc", "kc"),
    ("[A]", "[a]"), ("[A]", "[Aa]"), ("}", ""), ("{", ""), ("-", "−"), (" ", "\u00a0"), ("option", "optoin"),
    ("t_end", "tend"), ("measure", "measrue"), ("+", ""), ("observable", "Observable"), ("mM", "mMM"),
    ("k1, k2", "k1 = 0.1, k2"), ("0.2", "0.2*[A]"), (")", ""),
)  # fmt: skip


@st.composite
def slipped(draw: st.DrawFn) -> str:
    """A program with a few slips in it."""
    lines = draw(st.lists(st.sampled_from(GOOD), min_size=1, max_size=6))
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "  # end\n"]))
    for _ in range(draw(st.integers(0, 4))):
        right, wrong = draw(st.sampled_from(SLIPS))
        places = [i for i in range(len(text)) if text.startswith(right, i)]
        if places:
            at = draw(st.sampled_from(places))
            text = text[:at] + wrong + text[at + len(right) :]
    return text


def errors(findings: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter((f.code, f.message) for f in findings if f.severity == "error")


@given(slipped())
@settings(max_examples=60, deadline=None)
def test_mending_brings_no_new_error_and_changes_nothing_the_second_time(text: str) -> None:
    before = check_text(text, "x").diagnostics
    result = mend(Source("x", text))
    assert not errors(result.result.diagnostics) - errors(before)
    again = mend(result.source)
    assert (again.source.text, again.made) == (result.source.text, ())


@given(slipped())
@settings(max_examples=60, deadline=None)
def test_every_offered_fix_can_be_made(text: str) -> None:
    source = Source("x", text)
    for finding in check_text(text, "x").diagnostics:
        for fix in finding.fixes:
            assert apply(source, fix.edits) != text
            assert fix.title


@given(slipped(), st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=40, max_size=40))
@settings(max_examples=30, deadline=None)
def test_line_endings_are_kept(text: str, endings: list[str]) -> None:
    lines = text.split("\n")
    raw = "".join(line + ending for line, ending in zip(lines, endings, strict=False))
    source = source_of(raw.encode(), "x")
    result = mend(source)
    written = as_written(raw, source.text, result)
    assert source_of(written.encode(), "x").text == result.source.text
    if not result.made:
        assert written == raw


@pytest.mark.parametrize("case", sorted(folder.name for folder in GOLDEN.iterdir()))
def test_golden_cases_get_no_worse(case: str) -> None:
    text = (GOLDEN / case / "case.mech").read_text(encoding="utf-8")
    before = errors(check_text(text, "x").diagnostics)
    result = mend(Source("x", text))
    assert not errors(result.result.diagnostics) - before
    assert mend(result.source).made == ()


def test_overlapping_fixes_are_made_one_after_the_other() -> None:
    assert mended("specis A “x” = 1,5 M\nA => B k1 // x") == 'species A "x" = 1.5 M\nA -> B @ k1 # x'


def test_a_fix_that_would_bring_another_error_is_not_made() -> None:
    assert mended("A -> B @ k\nobservable x => [Q]") == "A -> B @ k\nobservable x => [Q]"


def test_edits_that_overlap_are_refused() -> None:
    source = Source("x", "abc")
    from mscnet.diagnostics import Edit, Span

    with pytest.raises(ValueError, match="overlap"):
        apply(source, [Edit(Span(source, 0, 2), "x"), Edit(Span(source, 1, 3), "y")])
