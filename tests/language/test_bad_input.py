"""Bad input: each ends in a clear error at its place, never in a traceback, a hang or a wrong number."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mscnet.diagnostics import Diagnostic
from mscnet.interop import check
from mscnet.language import CheckResult, check_bytes, check_text
from mscnet.language.source import MAX_BYTES


def only_error(result: CheckResult) -> Diagnostic:
    errors = [finding for finding in result.diagnostics if finding.severity == "error"]
    assert len(errors) == 1, [finding.render() for finding in errors]
    assert result.mechanism is None
    return errors[0]


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [
        ("", "nothing in this file", (1, 1)),
        ("# only a comment\n\n", "nothing in this file", (1, 1)),
        ("A -> B @ k1\npathway p {\n  B -> C @ k2\n", "`{` is never closed", (2, 11)),
        ("A -> B @ k*[Cat]", "unknown species `Cat`", (1, 12)),
        ("A -> B rate kmax*[A]", "unknown name `kmax`", (1, 13)),
        ("A -> B @ 0.1 /mn", "unknown unit `mn`", (1, 15)),
        ("species A = 1 mMM\nA -> B @ 1", "unknown unit `mMM`", (1, 15)),
        ("species A\nspecies A\nA -> B @ 1", "`A` is declared twice", (2, 9)),
        ("A -> B @ 0.1 M", "must be per time", (1, 10)),
        ("observable x = [A] + time\nA -> B @ 1", "cannot be added to", (1, 22)),
        ("species A of H2\nspecies B of H\nA -> B @ 1", "not balanced: H: 2 on the left, 1 on the right", (3, 1)),
        ("-1 A -> B @ 1", "a negative coefficient", (1, 1)),
        ("parameter n = 1\n(n-3) A -> B @ 1", "comes out as -2", (2, 1)),
        ("pathway p {\n A -> B @ 1\n option t_end = 3\n}", "holds for the whole file", (3, 9)),
        ("parameter n = 2\nA -> B @ 1\nobservable x = [A]^n + [A]", "cannot be added to (concentration)^n", (3, 24)),
        ("0.5 A -> B @ 1", "its kinetic order is not a whole number", (1, 1)),
        ("2 A -> B @ 0.1 /s", "must be per concentration per time", (1, 12)),
        ("a = b\nb = a\nA -> B @ a", "is defined by itself", (1, 1)),
        ("species A = -1\nA -> B @ 1", "a negative initial value", (1, 13)),
        ("A -> B @ 1e400", "out of range", (1, 10)),
        ("A -> B @ 1/0", "division by zero", (1, 12)),
    ],
)
def test_error_names_what_is_wrong_at_its_place(text: str, words: str, place: tuple[int, int]) -> None:
    error = only_error(check_text(text))
    assert words in error.message
    assert error.span is not None
    assert (error.span.line, error.span.column) == place


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("A -> B @ 1\nobservable x = [CdTe_PC]\nCdTe_PC1 -> A @ 1", "CdTe_PC1"),
        ("parameter kcat = 1\nA -> B rate kat*[A]", "kcat"),
        ("parameter k = 0.1 /minn\nA -> B @ k", "min"),
        ("option t_ned = 5\nA -> B @ 1", "t_end"),
        ("A -> B @ xp(1)", "exp"),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(text: str, suggestion: str) -> None:
    assert f"did you mean `{suggestion}`?" in (only_error(check_text(text)).hint or "")


def test_several_errors_come_in_one_run() -> None:
    text = "A -> \nB -> C @ 1 M\nC + -> D\nD -> E rate missing\n"
    lines = [f.span.line for f in check_text(text).diagnostics if f.span]
    assert lines == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "broken",
    [
        "parameter kcat = 0.1 ** 3",
        "A -> B @ kcat +",
        "species A = 1 M, kcat = = 2",
        "function kcat(x = 2*x",
        "pathway p { A -> kcat @ }",
        "observable kcat [A]",
    ],
)
def test_a_name_lost_to_a_syntax_error_is_no_second_error(broken: str) -> None:
    text = "A -> C @ 0.1\n" + broken + "\n" + "\n".join(f"observable x{i} = {i}*kcat" for i in range(1, 10))
    assert {f.code for f in check_text(text).diagnostics} <= {"E002", "E003"}


def test_a_name_that_no_broken_statement_declares_is_an_error_still() -> None:
    codes = [f.code for f in check_text("A -> C @ 0.1\nB ->\nobservable x = [Q]").diagnostics]
    assert codes == ["E002", "E010"]


@pytest.mark.parametrize(
    ("begin", "name"),
    [
        ("begin model\nbegin parameters", "BNGL"),
        ("model foo()\n  J1: A -> B; k1*A", "Antimony"),
        ("*model m\n A -> B", "Antimony"),
        ('<?xml version="1.0"?>\n<sbml>', "SBML"),
        ("ELEMENTS\nH O\nEND", "CHEMKIN"),
        ("SPECIES\nH2 O2\nEND", "CHEMKIN"),
        ("REACTIONS\nH+O2=OH+O 1 2 3", "CHEMKIN"),
        ("%agent: A(x)", "Kappa"),
        ("rn = @reaction_network begin", "Catalyst"),
        ("phases:\n- name: gas", "Cantera"),
        ("begin reactions\n1 1 2 k", "BNGL"),
        ("dA/dt = -k1*A", "rate equations"),
        ("A' = -k1*A", "rate equations"),
    ],
)
def test_another_language_is_one_error(begin: str, name: str) -> None:
    error = only_error(check_text(begin + "\n  k1 0.1 ! %\nend\n" * 30))
    assert (error.code, name in error.message) == ("E260", True)


def test_errors_beside_one_another_in_a_sum_come_together() -> None:
    text = "A -> B @ 0.1\nobservable x = [Q] + max([R], [S]) + 2*[A]"
    assert [f.message for f in check_text(text).diagnostics] == [f"unknown species `{name}`" for name in "QRS"]


def test_what_rules_do_not_have_is_reported_as_unsupported() -> None:
    error = only_error(check_text("A(b) <-> A(b!1).A(b!1) @ K = 2"))
    assert error.unsupported


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x7fELF\x02\x01\x00\x00", "binary file"),
        ("A -> B".encode("utf-16"), "UTF-16"),
        ("# Größe\nA -> B".encode("latin-1"), "byte 0xF6 is not UTF-8"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, words: str) -> None:
    assert words in only_error(check_bytes(data, "file.mech")).message


def test_a_wrong_byte_is_placed() -> None:
    error = only_error(check_bytes("A -> B\n# Größe\n".encode("latin-1"), "file.mech"))
    assert error.span is not None
    assert (error.span.line, error.span.column) == (2, 5)


def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm() -> None:
    result = check_bytes("\ufeffA -> B @ 0.1\r\nB -> C @ 0.2\r\n".encode(), "file.mech")
    assert result.mechanism is not None
    assert len(result.mechanism.reactions) == 2


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.mech"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert "at most 64 MB" in only_error(check(path)).message


@pytest.mark.parametrize("make", [lambda p: p / "none.mech", lambda p: p, lambda p: "\0"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    assert only_error(check(make(tmp_path))).code == "E007"


DEEP = 10_000


@pytest.mark.parametrize(
    "text",
    [
        "A -> B @ " + "(" * DEEP + "1" + ")" * DEEP,
        "A -> B @ " + "exp(" * DEEP + "1" + ")" * DEEP,
        "A -> B @ " + "2^" * DEEP + "2",
        "A -> B @ " + "1+2*(" * DEEP + "1" + ")" * DEEP,
        "pathway p { " * DEEP + "A -> B" + "}" * DEEP,
        "A -> B @ " + "(" * DEEP,
    ],
)
def test_deep_nesting_is_an_error_and_quick(text: str) -> None:
    begin = time.monotonic()
    result = check_text(text)
    assert result.mechanism is None
    assert any(finding.code in ("E004", "E009", "E003") for finding in result.diagnostics)
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize(
    "text",
    [
        "A -> B @ " + "-" * DEEP + "1",
        "A -> B @ " + "+".join(["1"] * DEEP),
        "A -> B @ " + "*".join(["1"] * DEEP),
        "A -> B @ " + "(" * 200 + "1" + ")" * 200,
        " + ".join(f"S{i}" for i in range(DEEP)) + " -> B @ k",
        " -> ".join(f"S{i}" for i in range(2000)),
        "d0 = 1\n" + "\n".join(f"d{i + 1} = d{i} + 1" for i in range(DEEP)) + f"\nA -> B @ d{DEEP}",
    ],
)
def test_long_is_not_deep(text: str) -> None:
    assert check_text(text).mechanism is not None


def test_functions_that_expand_without_end_are_stopped() -> None:
    doubling = "function f0(x) = x + x\n" + "\n".join(
        f"function f{i}(x) = f{i - 1}(x) + f{i - 1}(x)" for i in range(1, 60)
    )
    result = check_text(doubling + "\nA -> B @ f59(1)")
    assert result.mechanism is None
    assert any("expands to more than" in finding.message for finding in result.diagnostics)


@pytest.mark.parametrize(
    "text",
    [
        "units concentration = nM\nparameter k = 1e300 M/s\n0 -> B @ k",
        "parameter k = 1e300*1e300\nA -> B @ k",
        "units time = ms\noption t_end = 1e300 yr\nA -> B @ 1",
        "parameter k = ((1e300^1000)^1000)^1000\nA -> B @ k",
        "((9e200^1000)^500) A -> B rate 1",
        "A -> B @ k order A^((1e300^1000)^500)",
    ],
)
def test_numbers_that_no_float_holds_are_errors(text: str) -> None:
    assert {only_error(check_text(text)).code} <= {"E005", "E018"}


def test_functions_of_functions_are_stopped_by_size() -> None:
    text = "function g(x) = x*x\nfunction h(x) = " + "g(" * 8 + "x" + ")" * 8
    text += "\nfunction i(x) = h(h(h(x)))\nA -> B @ k*i(2)"
    assert any("expands to more than" in finding.message for finding in check_text(text).diagnostics)


@pytest.mark.parametrize(
    ("text", "code"), [("A -> B @ -5 /s", "W066"), ("temperature = -300 degC\nA -> B @ 1", "E024")]
)
def test_values_that_nature_does_not_have_are_reported(text: str, code: str) -> None:
    assert code in {finding.code for finding in check_text(text).diagnostics}


def test_text_is_never_run() -> None:
    result = check_text('A -> B @ __import__(1)\nB -> C @ exec("x")\nspecies __class__ = 1\nC -> __class__ @ 1')
    assert result.mechanism is None
    assert {finding.code for finding in result.diagnostics} <= {"E002", "E010"}


@pytest.mark.slow
def test_a_hundred_thousand_reactions_are_not_bad_input() -> None:
    text = "".join(f"S{i} + A{i % 97} <-> S{i + 1} @ k, 0.1\n" for i in range(50_000))
    mechanism = check_text(text).mechanism
    assert mechanism is not None
    assert len(mechanism.reactions) == 100_000
