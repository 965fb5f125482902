"""What is wrong in a BNGL text: every fault has a place and a remedy, several come in one run, and nothing crashes."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from mscnet import interop
from mscnet.diagnostics import Diagnostic
from tests.interop.bngl_texts import RECEPTOR, check, model


def errors(text: str) -> list[Diagnostic]:
    return [finding for finding in check(text).diagnostics if finding.severity == "error"]


@pytest.mark.parametrize(
    ("rule", "code", "shown", "hint"),
    [
        ("A(b) + B(a) -> A(b!1).B(a!2) k", "E305", "b!1", "other end"),
        ("A(b!1).B(a!1).B(a!1) -> A(b) k", "E305", "a!1", "two sites"),
        ("A(b!1!1) -> A(b) k", "E305", "!1!1", None),
        ("AA(b) -> 0 k", "E303", "AA(b)", "A"),
        ("A(d) -> 0 k", "E304", "d", "A(b,c~u~p)"),
        ("A(c~q) -> A(c~u) k", "E304", "c~q", "`u`, `p`"),
        ("B(a~u) -> 0 k", "E304", "a~u", "without states"),
        ("A(b,b) -> 0 k", "E306", "b", "A(b,c~u~p)"),
        ("A(b)@EC -> 0 k", "E270", "A(b)@EC", "none"),
        ("A(c~u~p) -> 0 k", "E009", "~p", None),
        ("A(b!+!1).B(a!1) -> 0 k", "E009", "!1", None),
        ("A(b) -> A(b!1).B(a!1) k extra", "E002", "extra", None),
        ("A(b -> 0 k", "E002", "-", "a rule is"),
        ("A(b) + -> 0 k", "E002", "-", "a rule is"),
        ("A(b) 0 k", "E002", "0", "a rule is"),
        ("A(b) -> 0 §", "E002", "§", "a rule is"),
        ("A(b) -> 0 unknown", "E010", "unknown", None),
        ("A(b) -> A(b!+) k", "E302", "A(b) -> A(b!+) k", None),
        ("A~u -> 0 k", "E090", "~u", "a site"),
        ("A(b)  k", "E002", "k", "a rule is"),
    ],
)  # fmt: skip
def test_faults_of_rules(rule: str, code: str, shown: str, hint: str | None) -> None:
    text = model(rule)
    (found, *_) = errors(text)
    assert found.code == code
    assert found.span is not None
    assert found.span.line == text.split("\n").index(rule) + 1
    assert text[found.span.start : found.span.end] == shown or code == "E302"
    if hint is not None:
        assert found.hint is not None
        assert hint in found.hint


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("A(b) 1", "E307"),
        ("A(b,c) 1", "E307"),
        ("A(b!?,c~u) 1", "E307"),
        ("A(b,c~u).B(a) 1", "E307"),
        ("A(b,c~u,c~u) 1", "E306"),
        ("A(b,c~p)", "E002"),
    ],
)
def test_faults_of_species(line: str, code: str) -> None:
    assert [error.code for error in errors(model(seed_species=line))] == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("begin parameters\nk 1\n", "E003"),
        ("begin parameters\nk 1\nend observables\n", "E003"),
        ("end parameters\n", "E003"),
        ("end model\n", "E003"),
        ("begin model\nend model\nbegin model\nend model\n", "E009"),
        ("begin parametrs\nk 1\nend parametrs\n", "E010"),
        ("begin parameters\nbegin observables\nend observables\n", "E003"),
        ("begin reactions\n1 1 2 k\nend reactions\n", "E090"),
        ("begin groups\nend groups\n", "E090"),
        ("begin molecule types\nA(b)\nA(c)\nend molecule types\n", "E011"),
        ("begin molecule types\nA(b~u,b)\nend molecule types\n", "E308"),
        ("begin molecule types\nA(b!1)\nend molecule types\n", "E002"),
    ],
)
def test_faults_of_blocks(text: str, code: str) -> None:
    assert [error.code for error in errors(text)] == [code]


def test_many_faults_come_in_one_run() -> None:
    text = model("A(x) -> 0 k\nB(a -> 0 k\nC() -> 0 k\nA(b) -> 0 kk", functions="f() = nothing")
    found = errors(text)
    assert sorted(error.code for error in found) == ["E002", "E010", "E010", "E303", "E304"]
    lines = [error.span.line for error in found if error.span]
    assert lines == sorted(lines)
    assert len(lines) == 5


def test_too_many_faults_end_the_reading() -> None:
    found = errors(model("\n".join(["A(x) -> 0 k"] * 200)))
    assert len(found) == 51
    assert found[-1].code in ("E001", "E304")


def test_lines_that_are_none_of_bngl_are_passed_over() -> None:
    result = check(RECEPTOR + "my $k = 3;\nprint 5\n")
    assert result.mechanism is not None
    assert [finding.code for finding in result.diagnostics] == ["W306", "W306"]


@pytest.mark.parametrize(
    "text",
    [
        "begin parameters\nk " + "(" * 5000 + "1" + ")" * 5000 + "\nend parameters\n",
        "begin parameters\nk " + "-" * 5000 + "1\nend parameters\n",
        "begin parameters\nk 2" + "^2" * 5000 + "\nend parameters\n",
        "begin parameters\nk 1" + "+1" * 50_000 + "\nend parameters\n",
        "begin molecule types\nA(" + ",".join(["b"] * 20_000) + ")\nend molecule types\n",
        model("A(" + ",".join(f"b!{i}" for i in range(5000)) + ") -> 0 k"),
        model(".".join(["A()"] * 5000) + " -> 0 k"),
        model("A(b!" + "9" * 5000 + ").B(a!" + "9" * 5000 + ") -> 0 k"),
        model("A() -> 0 k", actions="simulate({" * 500),
        model("A() -> 0 k", actions="x" * 300_000 + "(1)"),
        "\\\n" * 10_000,
        "begin parameters\nk 1e" + "9" * 1000 + "\nend parameters\n",
    ],
    ids=range(12),
)
def test_large_and_deep_texts_end_soon(text: str) -> None:
    begin = time.perf_counter()
    check(text)
    assert time.perf_counter() - begin < 20


@pytest.mark.parametrize("seed", range(6))
def test_damaged_texts_are_read_or_refused(seed: int) -> None:
    draw = random.Random(seed)
    texts = [
        RECEPTOR,
        model(
            "%x:A(c~u) + B%y(a) <-> %x:A(c~p) + B%y(a) g(x)*k, K exclude_reactants(1,A(b!+)) DeleteMolecules",
            functions="g(x) = k*Ap(x)/2\nh() = tfun([0,1],[2,3],time)",
            energy_patterns="A(c~p) K",
            compartments="EC 3 1\nPM 2 1 EC",
            actions='setConcentration("B(a)","k*2")\nsimulate({method=>"ode",t_end=>10})',
        ),
    ]
    for _ in range(150):
        text = draw.choice(texts)
        for _ in range(draw.choice((1, 2, 6))):
            at = draw.randrange(len(text) + 1)
            cut = text[at : at + draw.randrange(9)]
            damaged = ("", draw.choice("(){}[]!~%@$.,+-*/<>=:;#\\\"'\n 0a\0é\u2028"), cut * 2)[draw.randrange(3)]
            text = text[:at] + damaged + text[at + len(cut) :]
        if draw.random() < 0.2:
            text = text[: draw.randrange(len(text) + 1)]
        result = check(text)
        assert (result.mechanism is None) == any(d.severity == "error" for d in result.diagnostics)
        for finding in result.diagnostics:
            assert finding.span is not None
            assert 0 <= finding.span.start <= finding.span.end


def test_a_text_that_is_cut_in_half_is_no_model() -> None:
    for at in range(20, len(RECEPTOR) - 130, 7):
        result = check(RECEPTOR[:at])
        assert result.diagnostics, RECEPTOR[:at]


def test_bytes_of_latin_1_are_read(tmp_path: Path) -> None:
    file = tmp_path / "m.bngl"
    file.write_bytes("# 5 \u00b5M\n".encode("latin-1") + RECEPTOR.encode())
    assert interop.check(file).diagnostics == ()


def test_what_stands_behind_a_population_is_passed_over() -> None:
    """BNG2.pl 2.9.3 takes these for 10·k, k, 10 and 5."""
    seeds = ["A(b,c~u) 10*(k) %(10, 30)*k", "B(a) k foo(1)", "C() 10;", "D() 5 6"]
    text = "begin parameters\nk 2\nend parameters\nbegin seed species\n" + "\n".join(seeds) + "\nend seed species\n"
    result = check(text)
    assert result.mechanism is not None
    assert result.mechanism.structure is not None
    told = [(one.code, text[one.span.start : one.span.end]) for one in result.diagnostics if one.span is not None]
    assert told == [("W306", "%(10, 30)*k"), ("W306", "foo(1)"), ("W306", ";"), ("W306", "6")]
    assert [result.mechanism.evaluate(seed.initial) for seed in result.mechanism.structure.seeds] == [20, 2, 10, 5]


def test_a_state_that_stands_twice_counts_once() -> None:
    text = "begin molecule types\nA(b~u~p~u)\nend molecule types\n"
    result = check(text)
    assert result.mechanism is not None
    assert result.mechanism.structure is not None
    assert [site.states for site in result.mechanism.structure.molecules[0].sites] == [("u", "p")]
    assert [(one.code, one.severity) for one in result.diagnostics] == [("W306", "warning")]
