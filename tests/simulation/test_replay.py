"""Actions of BNGL done one after the other, against closed forms of first-order decay."""

from __future__ import annotations

import math

import pytest

from mscnet import kernels
from mscnet.diagnostics import MechanismError, Source
from mscnet.interop.bngl import read_protocol
from mscnet.simulation.replay import Segment, replay

network_free = pytest.mark.skipif(kernels.core() is None, reason="network-free runs need the compiled kernels")

MODEL = """\
begin parameters
    k 0.5
    A0 10
end parameters
begin seed species
    A() A0
    B() 0
end seed species
begin observables
    Molecules Atot A()
    Molecules Btot B()
end observables
begin reaction rules
    A() -> B() k
end reaction rules
generate_network({overwrite=>1})
"""


def done(*actions: str) -> list[Segment]:
    protocol = read_protocol(Source("m.bngl", MODEL + "\n".join(actions) + "\n"))
    assert protocol.mechanism is not None, protocol.diagnostics
    return list(replay(protocol.mechanism, protocol.steps, rtol=1e-9, atol=1e-11))


def last(segment: Segment, name: str = "Atot") -> float:
    return float(segment.trajectory[name][-1])


def test_a_run_begins_where_the_one_before_it_ended() -> None:
    first, second = done(
        "simulate_ode({t_end=>2,n_steps=>4})",
        'setParameter("k",1)',
        'simulate({method=>"ode",continue=>1,t_end=>3,n_steps=>2,suffix=>"later"})',
    )
    assert (first.number, first.suffix, second.number, second.suffix) == (1, None, 2, "later")
    assert list(first.trajectory.time) == [0, 0.5, 1, 1.5, 2]
    assert list(second.trajectory.time) == [2, 2.5, 3]
    assert last(first) == pytest.approx(10 * math.exp(-1), rel=1e-6)
    assert last(second) == pytest.approx(10 * math.exp(-2), rel=1e-6)
    assert last(second, "Btot") == pytest.approx(10 - 10 * math.exp(-2), rel=1e-6)


def test_without_continue_the_clock_is_set_back_and_the_populations_stay() -> None:
    _, second = done("simulate_ode({t_end=>2,n_steps=>1})", "simulate_ode({t_end=>1,n_steps=>1})")
    assert list(second.trajectory.time) == [0, 1]
    assert last(second) == pytest.approx(10 * math.exp(-1.5), rel=1e-6)


def test_populations_are_added_set_kept_and_reset() -> None:
    runs = done(
        "simulate_ode({t_end=>2,n_steps=>1})",
        'saveConcentrations("mid")',
        'addConcentration("A()",5)',
        "simulate_ode({t_end=>1,n_steps=>1})",
        'resetConcentrations("mid")',
        'setConcentration("B()","2*A0")',
        "simulate_ode({t_end=>1,n_steps=>1})",
        "resetConcentrations()",
        "simulate_ode({t_end=>1,n_steps=>1})",
    )
    mid, decay = 10 * math.exp(-1), math.exp(-0.5)
    assert last(runs[1]) == pytest.approx((mid + 5) * decay, rel=1e-6)
    assert last(runs[2]) == pytest.approx(mid * decay, rel=1e-6)
    assert last(runs[2], "Btot") == pytest.approx(20 + mid * (1 - decay), rel=1e-6)
    assert last(runs[3]) == pytest.approx(10 * decay, rel=1e-6)


def test_populations_follow_observables_at_the_end_of_a_run() -> None:
    text = MODEL.replace("begin reaction", "begin functions\nhalf() = Atot/2\nend functions\nbegin reaction")
    actions = (
        'simulate_ode({t_end=>2,n_steps=>1})\nsetConcentration("A()","half()+1")\n'
        'setConcentration("B()","Btot*3")\nsimulate_ode({t_end=>1,n_steps=>1})\n'
    )
    protocol = read_protocol(Source("m.bngl", text + actions))
    assert protocol.mechanism is not None
    _, second = replay(protocol.mechanism, protocol.steps, rtol=1e-9, atol=1e-11)
    # what BioNetGen 2.9.3 gives: 1.722181221237 and 20.08083286259
    assert last(second) == pytest.approx((5 * math.exp(-1) + 1) * math.exp(-0.5), rel=1e-6)
    assert last(second) == pytest.approx(1.722181, rel=1e-6)
    assert last(second, "Btot") == pytest.approx(20.080833, rel=1e-6)


def test_parameters_are_kept_and_reset_and_initial_values_follow_them() -> None:
    runs = done(
        "saveParameters()",
        'setParameter("A0",20)',
        'setParameter("k","2*k")',
        "simulate_ode({t_end=>1,n_steps=>1})",
        "resetParameters()",
        "resetConcentrations()",
        "simulate_ode({t_end=>1,n_steps=>1})",
    )
    assert last(runs[0]) == pytest.approx(20 * math.exp(-1), rel=1e-6)
    assert last(runs[1]) == pytest.approx(10 * math.exp(-0.5), rel=1e-6)


def test_times_of_output() -> None:
    (run,) = done("simulate_ode({sample_times=>[0,1,4]})")
    assert list(run.trajectory.time) == [0, 1, 4]


def test_molecules_one_by_one() -> None:
    runs = done('simulate({method=>"ssa",t_end=>4,n_steps=>2,seed=>7})', "simulate_ode({t_end=>1,n_steps=>1})")
    left = last(runs[0])
    assert left == round(left)
    assert last(runs[1]) == pytest.approx(left * math.exp(-0.5), rel=1e-6, abs=1e-9)


@network_free
def test_a_run_without_a_network() -> None:
    runs = done(
        'setConcentration("A()",7)',
        'simulate({method=>"nf",t_end=>4,n_steps=>2,seed=>3})',
        "resetConcentrations()",
        "simulate_ode({t_end=>1,n_steps=>1})",
    )
    assert float(runs[0].trajectory["Atot"][0]) == 7
    assert last(runs[0]) + last(runs[0], "Btot") == 7
    assert last(runs[1]) == pytest.approx(10 * math.exp(-0.5), rel=1e-6)


@pytest.mark.parametrize(
    ("actions", "code"),
    [
        (("simulate_ode({n_steps=>2})",), "E043"),
        (('resetConcentrations("x")',), "E010"),
        (("resetParameters()",), "E010"),
        (('setConcentration("A()","2*Btot")', "simulate_ode({t_end=>1})"), "E016"),
        (("simulate_ode({t_end=>1})", 'setConcentration("A()","Atot-99")'), "E024"),
        pytest.param(
            ("simulate_nf({t_end=>1,n_steps=>1})", "simulate_ode({t_end=>1,n_steps=>1})"), "E090", marks=network_free
        ),
    ],
)
def test_what_cannot_be_done(actions: tuple[str, ...], code: str) -> None:
    with pytest.raises(MechanismError) as raised:
        done(*actions)
    assert raised.value.diagnostics[0].code == code
    assert raised.value.diagnostics[0].span is not None
