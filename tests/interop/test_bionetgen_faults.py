"""Faulty networks: each fault with its code, its place and a remedy; several in one run; never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mscnet
from mscnet.cli.main import main
from mscnet.interop.faults import MOST_FAULTS
from tests.interop.conftest import BINDING, checked

FAULTS = {
    "unknown species in a reaction": ("1 1,2 3 kon", "1 1,2 33 kon", "E010", "33"),
    "unknown species in a group": ("1,3,2*4", "1,3,2*44", "E010", "44"),
    "species zero beside another": ("1 1,2 3 kon", "1 1,0 3 kon", "E010", "0"),
    "index that is no number": ("1 1,2 3 kon", "1 1,x 3 kon", "E002", "x"),
    "empty index": ("1 1,2 3 kon", "1 1, 3 kon", "E002", " "),
    "weight that is no number": ("2*4", "w*4", "E002", "w"),
    "bad number": ("A0   10", "A0   1..0", "E002", ".0"),
    "number out of range": ("A0   10", "A0   1e999", "E005", "1e999"),
    "unknown parameter in a rate": ("1 1,2 3 kon", "1 1,2 3 konn", "E010", "konn"),
    "unknown parameter in a parameter": ("kon/4", "kom/4", "E010", "kom"),
    "unknown parameter in a population": ("A(b) A0", "A(b) B0", "E010", "B0"),
    "parameter used before its line": ("A0   10", "A0   kon", "E010", "kon"),
    "group as a population": ("A(b) A0", "A(b) free", "E016", "free"),
    "time in a parameter": ("kon/4", "time()/4", "E016", "time()/4"),
    "parameter that is not finite": ("kon/4", "kon/0", "E018", "kon/0"),
    "negative population": ("A(b) A0", "A(b) -A0", "E024", "-A0"),
    "parameter twice": ("3 koff", "3 kon", "E011", "kon"),
    "species twice": ("$B(a)", "A(b)", "E011", "A(b)"),
    "group twice": ("2 total", "2 free", "E011", "free"),
    "function that calls itself": ("kon,0)", "boost(),0)", "E015", "boost"),
    "species out of step": ("    3 A(b!1)", "    4 A(b!1)", "E002", "4"),
    "reaction left out": ("    2 3 1,2 koff #_reverse__R1\n", "", "E002", "3"),
    "reaction without a rate": ("3 1,1 4 _rateLaw1 #_R2", "3 1,1 4", "E002", "3 1,1 4"),
    "parameter without a value": ("2 kon  0.5", "2 kon", "E002", "2 kon"),
    "name of a built-in": ("2 total", "2 exp", "E011", "exp"),
    "name that is none": ("2 total", "2 a-b", "E002", "a-b"),
    "block never ended": ("end species\n", "", "E003", "begin species"),
    "last block never ended": ("end groups\n", "", "E003", "begin groups"),
    "block never begun": ("begin species\n", "", "E003", "end species"),
    "block twice": ("begin groups", "begin species\nend species\nbegin groups", "E009", "species"),
    "unknown block": ("begin groups", "begin gruops\nend gruops\nbegin groups", "E010", "gruops"),
    "Sat without constants": ("1 1,2 3 kon", "1 1,2 3 Sat", "E002", "Sat"),
    "MM with one constant": ("1 1,2 3 kon", "1 1,2 3 MM kon", "E017", "MM kon"),
    "MM with one reactant": ("1 1,2 3 kon", "1 1 3 MM kon koff", "E017", "MM kon koff"),
    "Arrhenius": ("1 1,2 3 kon", "1 1,2 3 Arrhenius(kon,koff)", "E090", "Arrhenius(kon,koff)"),
    "FunctionProduct": ("1 1,2 3 kon", '1 1,2 3 FunctionProduct("a","b")', "E090", 'FunctionProduct("a","b")'),
    "local function": ("boost() if", "boost(x) if", "E090", "boost(x)"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_its_place(name: str) -> None:
    good, bad, code, place = FAULTS[name]
    assert good in BINDING
    result = checked(BINDING.replace(good, bad, 1))
    assert result.mechanism is None
    found = [(d.code, d.span.text if d.span else "") for d in result.diagnostics if d.severity == "error"]
    assert (code, place) in found
    assert len(found) <= 3  # one fault does not bring a flood with it


def test_several_faults_in_one_run_each_with_line_and_column() -> None:
    text = BINDING.replace("1 1,2 3 kon", "1 1,2 33 kon").replace("kon/4", "kom/4").replace("2*4", "2*9")
    diagnostics = checked(text).diagnostics
    places = [(d.span.line, d.span.column) for d in diagnostics if d.span]
    assert places == [(5, 12), (18, 11), (27, 34)]
    assert all(d.hint for d in diagnostics)
    shown = str(mscnet.MechanismError(diagnostics))
    assert "small.net:18:11" in shown
    assert "^^" in shown


def test_a_twice_declared_name_shows_the_first() -> None:
    (diagnostic,) = checked(BINDING.replace("2 total", "2 free")).diagnostics
    assert diagnostic.related[0].span.text == "free"
    assert diagnostic.related[0].span.line == 26


def test_a_file_cut_in_half_says_so() -> None:
    for cut in (BINDING.index("end species") - 3, BINDING.index("end reactions") - 3):
        result = checked(BINDING[:cut])
        assert result.mechanism is None
        assert any(d.code == "E003" and "never ended" in d.message for d in result.diagnostics)


@pytest.mark.parametrize("kept", range(BINDING.count("\n")))
def test_wherever_a_file_is_cut_off_that_is_what_is_said(kept: int) -> None:
    """Functions are told before the groups that they ask for, so names are unknown wherever these are lost."""
    result = checked("\n".join(BINDING.splitlines()[:kept]))
    assert result.mechanism is None
    for found in result.diagnostics:
        assert "cut off" in (found.hint or ""), found


@pytest.mark.parametrize("text", ["", "\n", "begin parameters\nend parameters\n", "A -> B @ 1\n"])
def test_a_file_without_a_network_is_an_error(text: str) -> None:
    assert "E006" in [d.code for d in checked(text).diagnostics]


def test_very_many_faults_end_the_reading() -> None:
    lines = "".join(f"    {i} 1 999 kon\n" for i in range(1, 1000))
    start, end = BINDING.index("    1 1,2 3 kon"), BINDING.index("end reactions")
    diagnostics = checked(BINDING[:start] + lines + BINDING[end:]).diagnostics
    assert len(diagnostics) == MOST_FAULTS + 1


def test_exit_codes(written: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(written(BINDING.replace("1 1,2 3 kon", "1 1,2 33 kon")))]) == 1
    assert main(["check", str(written(BINDING.replace("1 1,2 3 kon", "1 1,2 3 Arrhenius(kon,koff)")))]) == 64
    assert "Arrhenius" in capsys.readouterr().err


SCRAPS = st.sampled_from(
    [
        *("(", ")", "*", "1e999", "-", "0", "99", "$", "#", "begin", "end", "kon", "free", "time()", "boost", "if("),
        *("²", "٣", "\0", "\t", "\n", "Sat", "Hill", "MM", "(-1)^0.5", "/0"),
    ]
)


@given(st.lists(st.tuples(st.integers(0, len(BINDING)), st.integers(0, 12), st.just("") | SCRAPS), max_size=4))
def test_no_damage_makes_a_traceback(damage: list[tuple[int, int, str]]) -> None:
    text = BINDING
    for at, length, scrap in damage:
        text = text[:at] + scrap + text[at + length :]
    result = checked(text)
    str(mscnet.MechanismError(result.diagnostics))
    assert (result.mechanism is None) == any(d.severity == "error" for d in result.diagnostics)
    assert all(d.span is not None for d in result.diagnostics)
    if result.mechanism is not None:
        result.mechanism.network()
