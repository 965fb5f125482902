"""Detailed balance round loops of reversible steps (Wegscheider), against cycles closed or broken by construction."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mscnet
from mscnet.language import check_text
from mscnet.mechanism.thermo import Loop
from mscnet.records import replace


def loops(text: str) -> list[Loop]:
    return list(mscnet.loads(text).loops())


def warned(text: str) -> list[str]:
    result = check_text(text)
    assert result.mechanism is not None, [d.render() for d in result.diagnostics]
    return [d.message for d in result.diagnostics if d.code == "W230"]


# --- the textbook's triangle ---------------------------------------------------------------------

TRIANGLE = "ab: A <-> B @ {}, {}\nbc: B <-> C @ {}, {}\nca: C <-> A @ {}, {}"


def test_a_triangle_in_balance_is_not_warned_of() -> None:
    """k1 k2 k3 = k1' k2' k3': Wegscheider's own case."""
    text = TRIANGLE.format(1, 2, 3, 4, 2, 0.75)
    (loop,) = loops(text)
    assert (loop.state, loop.steps) == ("balanced", (("ab", 1), ("bc", 1), ("ca", 1)))
    assert warned(text) == []


def test_a_triangle_out_of_balance_is_named_with_both_products() -> None:
    (message,) = warned(TRIANGLE.format(1, 2, 3, 4, 2, 0.8))
    assert "ab + bc + ca" in message
    assert "multiply to 6, the reverse ones to 6.4" in message


def test_a_step_written_the_other_way_runs_backwards() -> None:
    (loop,) = loops("A <-> B @ 1, 2\nB <-> C @ 3, 4\nA <-> C @ 3, 8")
    assert loop.steps == (("r1", 1), ("r2", 1), ("r3", -1))
    assert (loop.forward, loop.reverse, loop.holds) == (24, 24, True)


def test_without_values_the_condition_is_told_to_the_strict() -> None:
    text = "A <-> B; B <-> C; A <-> C"
    (loop,) = loops(text)
    assert (loop.state, loop.condition) == ("open", "k1*k2*k3r = k1r*k2r*k3")
    assert warned(text) == []
    strict = check_text(text, strict=True).diagnostics
    assert [d.code for d in strict if d.code.startswith("N")] == ["N231"]


@pytest.mark.parametrize(
    "last",
    ["k5, k5*k2*k4/(k1*k3)", "k5, K = k1*k3/(k2*k4)", "k5*k1*k3, k5*k2*k4", "k5, k5/Kall", "k5, K = exp(log(1))*Kall"],
)
def test_constants_that_are_derived_from_the_others_balance_without_values(last: str) -> None:
    text = f"A <-> B @ k1, k2\nB <-> C @ k3, k4\nA <-> C @ {last}\nKall = k1/k2*k3/k4\nparameter k1, k2, k3, k4"
    (loop,) = loops(text)
    assert loop.state == ("open" if "log" in last else "balanced")


def test_equal_factors_that_depend_on_concentrations_cancel() -> None:
    (loop,) = loops("A <-> B @ 2 /s*(1 + E/(1 M)), 1 /s*(1 + E/(1 M))\nA <-> B @ k, K = 2\nspecies E = 1 M")
    assert loop.state == "balanced"


# --- what is a loop ------------------------------------------------------------------------------


def test_loops_through_complexes_are_found() -> None:
    """Two ways to a ternary complex: no cycle of species, but one of the stoichiometric matrix."""
    text = "E + S <-> ES @ 5, 1\nES + T <-> EST @ 2, 1\nE + T <-> ET @ 1, 1\nS + ET <-> EST @ 10, {}"
    assert [loop.holds for loop in loops(text.format(1))] == [True]
    assert len(warned(text.format(2))) == 1


def test_steps_are_taken_as_often_as_the_loop_needs() -> None:
    (loop,) = loops("A <-> 2 B @ 2, 1\nB <-> C @ 3, 1\nA <-> 2 C @ 18, 1")
    assert loop.steps == (("r1", 1), ("r2", 2), ("r3", -1))
    assert loop.holds


@pytest.mark.parametrize(
    "text",
    [
        "A <-> B @ 1, 2\nB -> A @ 3",  # one way only
        "0 <-> A @ 1, 2\nA <-> B @ 1, 3\nB <-> 0 @ 1, 4",  # fed and drained from outside
        "A <-> B @ 1, 2\nB <-> A rate 1*[B] - 3*[A]",  # a law of its own
        "A <-> B @ 1, 2\nA <-> B @ 1, 3 order A, B^2",  # orders with another equilibrium
        "A + ATP <-> B + ADP @ 1, 1\nA <-> B @ 1, 2\nspecies ATP constant, ADP constant",  # driven, and it says by what
        "A <-> B @ 1, 2\nA <-> B @ 1, 0",  # a constant of zero: no way back
    ],
)
def test_what_is_no_loop_is_left_alone(text: str) -> None:
    assert loops(text) == []
    assert warned(text) == []


def test_each_pathway_is_looked_at_by_itself() -> None:
    text = "A <-> B @ 1, 2\npathway p { B <-> A @ 2, 1 }\npathway q { B <-> A @ 3, 1 }"
    assert len(warned(text)) == 1
    assert mscnet.loads(text).with_pathway("p").loops()[0].holds
    assert not mscnet.loads(text).with_pathway("q").loops()[0].holds


def test_pathways_do_not_form_loops_with_each_other() -> None:
    assert loops("A <-> B @ 1, 2\npathway p { B <-> C @ 1, 1 }\npathway q { A <-> C @ 1, 1 }") == []


# --- at what precision ---------------------------------------------------------------------------


@pytest.mark.parametrize(("off", "reported"), [("0", 0), ("1e-10", 0), ("1e-8", 1)])
def test_the_tolerance_is_one_part_in_a_billion(off: str, reported: int) -> None:
    assert len(warned(f"A <-> B @ 3, K = 7\nB <-> A @ 1, K = (1/7)*(1 + {off})")) == reported


def test_constants_in_other_units_balance() -> None:
    assert warned("units time = min\nA <-> B @ 3 /h, 1 /min\nA <-> B @ 1 /s, 20 /s") == []


def test_enthalpies_must_cancel_too() -> None:
    """In balance at 300 K, not at 310 K."""
    one = "A <-> B @ 2, K = 2*exp(3 kJ/mol/R*(1/(300 K) - 1/temperature))"
    (message,) = warned(f"temperature = 300 K\n{one}\nC <-> B @ 1, 1\nC <-> A @ 1, K = 1/2")
    assert "at another temperature" in message


def test_combinatorial_mass_action_is_allowed_for() -> None:
    """2 A <-> B with k [A]²/2: K = k/(2 k')."""
    option = "option mass_action = combinatorial\n"
    assert warned(option + "2 A <-> B @ 6, 1\nB <-> 2 A @ 1, K = (1/3) M") == []
    assert len(warned(option + "2 A <-> B @ 6, 1\nB <-> 2 A @ 1, K = (1/6) M")) == 1


# --- closed by construction ----------------------------------------------------------------------


@st.composite
def networks(draw: st.DrawFn) -> tuple[int, list[tuple[tuple[int, ...], tuple[int, ...]]]]:
    """Species by number, and steps of up to three molecules a side."""
    n = draw(st.integers(2, 6))
    side = st.lists(st.integers(0, n - 1), min_size=1, max_size=3).map(lambda s: tuple(sorted(s)))
    steps = draw(st.lists(st.tuples(side, side).filter(lambda s: s[0] != s[1]), min_size=2, max_size=9))
    return n, steps


def equation(step: tuple[tuple[int, ...], tuple[int, ...]]) -> str:
    return " <-> ".join(" + ".join(f"S{i}" for i in side) for side in step)


@settings(max_examples=25, deadline=None)
@given(networks(), st.data())
def test_energies_close_every_loop_exactly(
    network: tuple[int, list[tuple[tuple[int, ...], tuple[int, ...]]]], data: st.DataObject
) -> None:
    n, steps = network
    energies = data.draw(st.lists(st.integers(-40_000, 40_000), min_size=n, max_size=n))
    names = [f"S{i} gibbs = {energy} J/mol" for i, energy in enumerate(energies)]
    text = "units time = min, concentration = mM\ntemperature = 310 K\nspecies " + ", ".join(names) + "\n"
    text += "\n".join(f"{equation(step)} @ k{j}" for j, step in enumerate(steps))
    assert {loop.state for loop in loops(text)} <= {"balanced"}


@settings(max_examples=25, deadline=None)
@given(networks(), st.data())
def test_constants_from_activities_balance_and_one_that_is_off_does_not(
    network: tuple[int, list[tuple[tuple[int, ...], tuple[int, ...]]]], data: st.DataObject
) -> None:
    """K = ∏ x^ν for any activities x; a step of a loop with another K breaks it."""
    n, steps = network
    positive = st.fractions(Fraction(1, 20), 20, max_denominator=20)
    x = data.draw(st.lists(positive, min_size=n, max_size=n))
    constants = [
        math.prod((x[i] for i in right), start=Fraction(1)) / math.prod(x[i] for i in left) for left, right in steps
    ]

    def text(of: list[Fraction]) -> str:
        return "\n".join(
            f"{equation(s)} @ 1, K = {k.numerator}/{k.denominator}" for s, k in zip(steps, of, strict=True)
        )

    found = loops(text(constants))
    assert all(loop.state == "balanced" for loop in found)
    if found:
        name = found[0].steps[0][0]
        j = int(name.removeprefix("r")) - 1
        changed = [2 * k if i == j else k for i, k in enumerate(constants)]
        assert any(loop.state == "violated" for loop in mscnet.loads(text(changed)).loops(unbalanced=True))


def test_the_number_of_loops_is_that_of_steps_less_the_rank() -> None:
    steps = [f"F{n} + F{m} <-> F{n + m} @ ka, kd" for n in range(1, 9) for m in range(n, 10 - n)]
    mechanism = mscnet.loads("\n".join(steps))
    assert len(mechanism.loops()) == len(steps) - 8  # nine sizes and one conserved total
    assert mechanism.loops(unbalanced=True) == ()


def test_one_wrong_constant_in_a_large_network_is_found() -> None:
    steps = [
        f"F{n} + F{m} <-> F{n + m} @ 2, {6 if (n, m) == (3, 4) else 3}" for n in range(1, 30) for m in range(n, 31 - n)
    ]
    (loop,) = mscnet.loads("\n".join(steps)).loops(unbalanced=True)
    assert max(loop.forward / loop.reverse, loop.reverse / loop.forward) == pytest.approx(2)


def test_too_many_steps_are_not_looked_at_and_it_says_so() -> None:
    steps = mscnet.loads("A <-> B @ 1, 2\nB <-> C @ 1, 2").reactions
    many = tuple(replace(r, name=f"{r.name}{i}", partner=f"{r.partner}{i}") for i in range(10_001) for r in steps)
    mechanism = replace(mscnet.loads("A <-> B; B <-> C"), reactions=many)
    assert mechanism.loops() == ()
    assert not mechanism.loops_are_known()
