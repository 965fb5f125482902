"""Facts that are met for a structural reason alone, and those like them that are met on their merits."""

import pytest

import mscnet

BENCH = """units time = min, concentration = mM, volume = mL
species A
species B
species X constant
parameter k = 0.1 /min
parameter a = 0 /mM
parameter lamp = 0
k_lit = if(lamp > 1/2, k*(1 + [X]/(1 mM)), k)
LAW
solution stock { A = 1 mM }
solution x_stock { X = 5 mM }
solvent water
experiment none {
    mix 1 mL stock + 2 mL water
    measure b = [B] every 1 min for 60 min
}
experiment some(v) for v in 0.5, 1 mL {
    mix 1 mL stock + v x_stock + (2 mL - v) water
    measure b = [B] every 1 min for 60 min
}
experiment diluted(v) for v in 0.5, 1 mL {
    mix 1 mL stock + v x_stock
    measure b = [B] every 1 min for 60 min
}
expect { FACT }
"""
DIRECT = "A -> B @ k*(1 + a*[X])"
SAME = "final(some(1 mL).b) = final(none.b) ± 5%"


def outcome(fact, law=DIRECT, **values):
    text = BENCH.replace("LAW", law).replace("FACT", fact)
    (found,) = mscnet.judge(mscnet.loads(text), values=values)
    return found.passed, found.trivial


@pytest.mark.parametrize(
    "fact",
    [
        SAME,
        "half_time(some(1 mL).b) similar to half_time(none.b)",
        "final(some(1 mL).b)/2 = final(none.b)/2 ± 5%",
    ],
)
def test_an_effect_that_was_set_to_zero_makes_no_difference(fact):
    assert outcome(fact) == (True, True)


@pytest.mark.parametrize("fact", ["final(b) does not depend on v", "half_time(b) is constant"])
def test_an_effect_of_zero_is_trivial_over_a_loop(fact):
    text = BENCH.replace("LAW", DIRECT).replace("expect {", "expect some {").replace("FACT", fact)
    assert [(v.passed, v.trivial) for v in mscnet.judge(mscnet.loads(text))] == [(True, True)]


@pytest.mark.parametrize("a", ["1e-9 /mM", "-1e-9 /mM"])
def test_a_small_effect_is_none_by_merit(a):
    assert outcome(SAME, a=a) == (True, False)


@pytest.mark.parametrize(("law", "trivial"), [("A -> B @ k_lit", True), ("A -> B @ k + 0*k_lit", True)])
def test_a_branch_that_is_not_taken_reaches_nothing(law, trivial):
    assert outcome(SAME, law) == (True, trivial)


def test_a_power_of_zero_reaches_nothing():
    assert outcome(SAME, "A -> B @ k*(1 + [X]/(1 mM))^a2\nparameter a2 = 0") == (True, True)


def test_an_effect_through_another_reaction_counts():
    law = "A -> B @ k\nA -> C @ 1e-6 /min/mM*[X]"
    assert outcome(SAME, law) == (True, False)


def test_what_a_bystander_is_turned_into_reaches_nothing():
    assert outcome(SAME, "A -> B @ k\nspecies D\nD -> E @ k*[X]/(1 mM)") == (True, True)


def test_a_half_time_that_does_not_depend_on_dilution_is_no_trivial_case():
    assert outcome("half_time(diluted(1 mL).b) = half_time(none.b) ± 5%") == (True, False)


def test_other_times_of_one_course_are_no_trivial_case():
    assert outcome("at(some(1 mL).b, 59 min) = at(none.b, 60 min) ± 5%") == (True, False)


@pytest.mark.parametrize(("fact", "trivial"), [("[X] is constant", True), ("[A] + [B] is constant", False)])
def test_what_nothing_changes_is_constant_trivially(fact, trivial):
    text = BENCH.replace("LAW", DIRECT).replace("expect {", "expect some(1 mL) {").replace("FACT", fact)
    assert [(v.passed, v.trivial) for v in mscnet.judge(mscnet.loads(text))] == [(True, trivial)]


TRACE = """units time = min, concentration = mM, volume = mL
species A
species P
species dull constant
parameter medium = 1
parameter slow = 1e-4 /min
parameter helps = 0 /min/mM
parameter loss = 0 /min
A -> P @ slow*medium + helps*[dull]
P -> Q @ loss
solution stock { A = 100 mM }
solution bottle { dull = 10 mM }
experiment first {
    mix 1 mL stock
    measure [P] every 10 min for 60 min
}
experiment then from first after AGE {
    take 0.1 mL
    add 0.9 mL bottle
    set medium = 0
    measure p = [P] every 1 min for 20 min
}
expect then { FACT }
"""


def traces(fact="absent(p, 0.01 mM)", age="1 min", **values):
    text = TRACE.replace("AGE", age).replace("FACT", fact)
    (found,) = mscnet.judge(mscnet.loads(text), values=values)
    return found.passed, found.trivial


@pytest.mark.parametrize("fact", ["absent(p, 0.01 mM)", "max(p) < 0.01 mM", "at(p, 10 min) < 0.01 mM"])
def test_a_trace_that_was_brought_along_where_nothing_forms_is_trivial(fact):
    assert traces(fact) == (True, True)


def test_a_small_effect_of_what_was_added_is_a_merit():
    assert traces(helps=1e-9) == (True, False)


def test_what_was_used_up_before_is_absent_by_merit():
    assert traces(age="60 min", slow=1.0, loss=1.0) == (True, False)


def test_what_came_out_of_a_bottle_is_absent_by_merit():
    assert traces("absent([A], 20 mM)") == (True, False)


def test_a_slope_is_per_time():
    text = BENCH.replace("LAW", DIRECT).replace("FACT", "slope(none.b, 0 min, 1 min) > 0 mM/min")
    assert mscnet.judge(mscnet.loads(text))[0].unit == "mM/min"


def test_a_value_that_is_never_reached_is_said_so():
    text = BENCH.replace("LAW", DIRECT).replace("FACT", "time_to(none.b, 3 mM) < 5 min")
    (found,) = mscnet.judge(mscnet.loads(text))
    assert ("never reached" in found.sentence, "nan" in found.sentence) == (True, False)
