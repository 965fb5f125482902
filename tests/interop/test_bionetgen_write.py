"""Networks written for BioNetGen: what a run of them gives, and what they cannot say."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet import MechanismError, interop
from tests.interop.conftest import BINDING, loaded

MECHANISM = """
units time = min, concentration = mM
N = 6
F[n] + F[m] <-> F[n+m]  @ ka, kd/(n*m)  for n in 1 .. N, m in n .. N if n + m <= N
2 A -> B                @ k2*exp(-x)
A -[C]-> B              @ 0.3 /mM/min
A + B -> D              rate V*[A]*[B]/(Km + [A])
0 -> A                  @ 1 mM/min*if(time < 5 min, 1, 0)
H^+ + OH^- -> W         @ 0.4 /mM/min
x = [A]/(1 mM)
species F[1] = 1 mM, A = 2*a0, C = 1 mM constant, H^+ = 1 mM, OH^- = 2 mM
parameter ka = 0.1 /mM/min, kd = 0.02, V = 1 /min, Km = 0.3 mM, k2 = 0.1, a0 = 1 mM
observable mass = sum([F[n]]*n for n in 1 .. N)
observable odd = log([A]/(1 mM) + 1) + sign([B] - 0.1 mM)
"""


def network(text: str) -> str:
    return "\n".join(interop.lines_of(mscnet.loads(text), "net")) + "\n"


def test_a_run_of_the_network_is_a_run_of_the_mechanism() -> None:
    mechanism, again = mscnet.loads(MECHANISM), loaded(network(MECHANISM))
    first, second = (mscnet.simulate(m, t_end=10.0, points=11, rtol=1e-9, atol=1e-12) for m in (mechanism, again))
    assert len(again.species) == len(mechanism.species)
    for mine, theirs in zip(mechanism.species, again.species, strict=True):
        np.testing.assert_allclose(second[theirs.name], first[mine.name], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(second["mass"], first["mass"], rtol=1e-6)


def test_a_network_that_was_read_is_written_again() -> None:
    first = loaded(BINDING)
    again = loaded("\n".join(interop.lines_of(first, "net")) + "\n")
    one, two = (mscnet.simulate(m, t_end=3.0, points=4, rtol=1e-9, atol=1e-12) for m in (first, again))
    for mine, theirs in zip(first.species, again.species, strict=True):
        np.testing.assert_allclose(two[theirs.name], one[mine.name], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A -> B @ 1\nat t = 1 s { A = 1 M }", "events"),
        ("A -> 0.5 B @ 1", "not whole numbers"),
        ("compartment c = 1 L\nspecies A = 1 M\nA -> B @ 1", "compartments"),
    ],
)
def test_what_a_network_cannot_say_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(MechanismError, match=said) as error:
        network(text)
    assert [finding.code for finding in error.value.diagnostics] == ["E090"]


def test_a_network_needs_numbers() -> None:
    with pytest.raises(MechanismError, match="no value for `k`") as error:
        network("A -> B @ k")
    assert [finding.code for finding in error.value.diagnostics] == ["E040"]


# --- molecules of species ---


def test_species_keep_the_molecules_that_a_network_gave_them(tmp_path) -> None:
    text = """begin parameters
    1 k  0.1
end parameters
begin species
    1 A(b) 10
    2 A(b!1).A(b!1) 0
    3 @PM::$R(l,s~p)@EC 2
end species
begin reactions
    1 1,1 2 0.5*k
end reactions
"""
    (tmp_path / "m.net").write_text(text)
    written = list(interop.lines_of(mscnet.load(tmp_path / "m.net"), "net"))
    start = written.index("begin species")
    assert [" ".join(line.split()) for line in "\n".join(written[start + 1 : start + 4]).splitlines()] == [
        "1 A(b) 10", "2 A(b!1).A(b!1) 0", "3 @PM::$R(l,s~p)@EC 2",
    ]  # fmt: skip
    assert "    1 1,1 2 0.5*k #r1" in written


def test_labels_that_say_what_several_species_are_are_not_their_molecules() -> None:
    written = "\n".join(
        interop.lines_of(mscnet.loads('species A "X(a)" = 1 ; species B "X(a)" = 2 ; A -> B @ 1'), "net")
    )
    assert " A() " in written
    assert " B() " in written


WHOLE_RATES = """begin model
begin parameters
k 2
end parameters
begin molecule types
A(b,c~u~p)
B(a)
end molecule types
begin seed species
A(b,c~u) 10
A(b,c~p) 4
B(a) 6
end seed species
begin observables
Molecules Bound A(b!+)
end observables
begin functions
f() = k/(1+Bound)
end functions
begin reaction rules
A(b)+B(a) -> A(b!1).B(a!1) f() TotalRate
A(b!1).B(a!1) -> A(b) + B(a) 0.1
A(c~u) -> A(c~p) 0.3 TotalRate
end reaction rules
end model
"""


def test_whole_rates_of_rules_are_divided_by_the_reactants(tmp_path) -> None:
    path = tmp_path / "whole.bngl"
    path.write_text(WHOLE_RATES)
    first = mscnet.load(path).expanded
    again = loaded("\n".join(interop.lines_of(first, "net")) + "\n")
    one, two = (mscnet.simulate(m, t_end=60.0, points=13, rtol=1e-9, atol=1e-10) for m in (first, again))
    for mine, theirs in zip(first.species, again.species, strict=True):
        np.testing.assert_allclose(two[theirs.name], one[mine.name], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(two["Bound"], one["Bound"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("text", ["A + B -> C @ 1 /s order A", "A -> C rate 0.2 M/s", "2 A + B -> C rate 0.1 M/s"])
def test_whole_rates_of_steps_are_divided_by_the_reactants(text: str) -> None:
    text += "\nspecies A = 2 M, B = 3 M\n"
    mechanism, again = mscnet.loads(text), loaded(network(text))
    first, second = (mscnet.simulate(m, t_end=0.9, points=4, rtol=1e-9, atol=1e-12) for m in (mechanism, again))
    for mine, theirs in zip(mechanism.species, again.species, strict=True):
        np.testing.assert_allclose(second[theirs.name], first[mine.name], rtol=1e-6, atol=1e-9)


def test_times_of_a_network_are_in_the_unit_of_its_mechanism() -> None:
    """In half an hour exp(-3) of A is left at 0.1 a minute, in half a minute nearly all."""
    again = loaded(network("units time = min, concentration = mM\nspecies A = 1 mM\nA -> B @ 0.1"))
    assert again.units.time.symbol == "min"
    for t_end, left in (("30 min", np.exp(-3.0)), ("30 s", np.exp(-0.05)), (30.0, np.exp(-3.0))):
        assert mscnet.simulate(again, t_end=t_end, points=2, rtol=1e-9)["A"][-1] == pytest.approx(left, rel=1e-6)


def test_times_of_a_network_of_another_program_are_seconds() -> None:
    assert loaded("# made by hand, times in min\n" + BINDING).units.time.symbol == "s"


def test_the_whole_part_is_that_of_the_next_number_to_a_half_less() -> None:
    """BioNetGen has `rint`, which is floor(x + 1/2), and no `floor`."""
    text = network("A -> B @ 1 /s\nx = t/(1 s)\nobservable low = floor(2.5*x)\nobservable near = floor(x + 0.5)\n")
    assert "rint(" in text
    assert "floor" not in text
    found = mscnet.simulate(loaded(text), t_end=3.0, points=7)
    assert [int(value) for value in found["low"]] == [0, 1, 2, 3, 5, 6, 7]
    assert [int(value) for value in found["near"]] == [0, 1, 1, 2, 2, 3, 3]
