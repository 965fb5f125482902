"""From rules to a plain mechanism: species, reactions, observables, and what their numbers are."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

import mscnet
from mscnet.mechanism.structure import Limits
from mscnet.records import replace
from mscnet.rules import expand as expanding
from mscnet.rules.expand import ExpansionInterrupted, NetworkWarning, expand, expand_network
from mscnet.rules.generate import generate

DIMER = """units time = s, concentration = mM
molecule A(b)
species A(b) = 2 mM
pair: A(b) + A(b) <-> A(b!1).A(b!1) @ kon, koff "they pair"
parameter kon = 0.3 /mM/s, koff = 0.2 /s
observable Bound = molecules A(b!+)
observable Pairs "pairs of A" = species A(b!1).A(b!1)
"""

#: Chains of units with a head and a tail, cut at three.
CHAIN = """units time = s, concentration = mM
molecule M(l, r)
species M(l, r) = 1 mM
grow: M(r) + M(l) <-> M(r!1).M(l!1) @ kon, koff
parameter kon = 1 /mM/s, koff = 0.5 /s
option max_agg = 3
"""


def law(mechanism, name):
    return next(mechanism.evaluate(r.law.expression) for r in mechanism.reactions if r.name == name)


# --- species and reactions ---


def test_a_dimer_is_two_species_and_one_reversible_step() -> None:
    model = mscnet.loads(DIMER).expanded
    assert [s.complex for s in model.species] == ["A(b)", "A(b!1).A(b!1)"]
    assert [s.name for s in model.species] == ["A_b", "A_b_1_A_b_1"]
    forward, back = model.reactions
    assert (forward.name, forward.partner, back.partner, back.reverse) == ("pair", "pair.reverse", "pair", True)
    assert [(t.species, t.coefficient) for t in forward.reactants] == [("A_b", 2)]
    assert forward.note == "they pair"
    assert model.structure is None


def test_the_constant_of_equal_partners_has_its_statistical_factor() -> None:
    # n (n - 1) / 2 pairs of equal molecules: half the constant for d[A]/dt = -2 * rate
    model = mscnet.loads(DIMER).expanded
    assert law(model, "pair") == 0.15
    assert law(model, "pair.reverse") == 0.2


def test_a_dimer_comes_to_its_equilibrium() -> None:
    # kon/2 a^2 = koff d and a + 2 d = 2
    run = mscnet.simulate(mscnet.loads(DIMER), t_end=200, points=3, rtol=1e-10)
    a = (-1 + math.sqrt(1 + 4 * 2 * 1.5)) / (2 * 1.5)
    assert run["A_b"][-1] == pytest.approx(a, rel=1e-8)
    assert run["Bound"][-1] == pytest.approx(2 - a, rel=1e-8)
    assert run["Pairs"][-1] == pytest.approx((2 - a) / 2, rel=1e-8)


def test_chains_have_a_geometric_distribution_at_equilibrium() -> None:
    # every bond costs the same, so the chain of n units is c1 * (K c1)^(n - 1); there are n - 1 bonds to break
    run = mscnet.simulate(mscnet.loads(CHAIN), t_end=400, points=3, rtol=1e-10)
    one, two, three = (run[name][-1] for name in run.mechanism.expanded.network().species)
    ratio = 2.0 * one
    assert two == pytest.approx(one * ratio, rel=1e-7)
    assert three == pytest.approx(one * ratio**2, rel=1e-7)
    assert one + 2 * two + 3 * three == pytest.approx(1.0, rel=1e-9)


def test_reactions_share_their_sides_and_laws() -> None:
    model = mscnet.loads(CHAIN).expanded
    assert [r.name for r in model.reactions] == ["grow_1", "grow_2", "grow_1.reverse", "grow_2.reverse"]
    forward = [r for r in model.reactions if not r.reverse]
    assert [law(model, r.name) for r in forward] == [1.0, 2.0]  # two ends of the dimer take part
    assert all(r.orders is r.reactants for r in model.reactions)


def test_conserved_totals_are_those_of_the_molecules() -> None:
    (total,) = mscnet.loads(CHAIN).network().conservation_laws()
    assert [number for _, number in total.coefficients] == [1, 2, 3]


# --- plain species and rules in one file ---

MIXED = """units time = s, concentration = mM
molecule S(y~u~p)
molecule ATP()
species S(y~u) = 1 mM
species ATP = 5 mM "fuel"
species ADP = 0 mM
species S(y~p) = 0.1 mM
light: S(y~u) + ATP -> S(y~p) @ k
parameter k = 0.1 /mM/s
decay: ADP -> ATP @ 0.2 /s
observable Lit = molecules S(y~p)
observable Sum = [ATP] + [ADP]
"""


def test_a_molecule_without_sites_is_the_plain_species_of_its_name() -> None:
    model = mscnet.loads(MIXED).expanded
    assert [s.name for s in model.species] == ["ATP", "ADP", "S_y_u", "S_y_p"]
    assert (model.get_species("ATP").label, model.get_species("ATP").complex) == ("fuel", "ATP()")
    assert model.value_of("k") == 0.1
    assert [r.name for r in model.reactions] == ["decay", "light"]
    run = mscnet.simulate(model, t_end=1, points=2)
    assert run["ATP"][0] == 5.0


def test_observables_keep_the_order_of_the_file() -> None:
    text = MIXED.replace("observable Sum", "observable Z = molecules S()\nobservable Sum")
    assert [o.name for o in mscnet.loads(text).expanded.observables] == ["Lit", "Z", "Sum"]


def test_no_species_is_called_as_an_observable_is() -> None:
    text = MIXED.replace("observable Lit = molecules S(y~p)", "observable S_y_p = molecules S(y~p)")
    model = mscnet.loads(text).expanded
    assert [s.name for s in model.species] == ["ATP", "ADP", "S_y_u", "s2"]
    assert [o.name for o in model.observables] == ["S_y_p", "Sum"]


def test_equal_seeds_add_up() -> None:
    mechanism = mscnet.loads(DIMER)
    seeds = mechanism.structure.seeds * 2
    model = replace(mechanism, structure=replace(mechanism.structure, seeds=seeds)).expanded
    assert model.evaluate(model.species[0].initial) == 4.0


# --- laws ---


def test_laws_may_hold_observables() -> None:
    text = DIMER.replace("@ kon, koff", "@ kon, koff/(1 + Bound/K)") + "parameter K = 1 mM\n"
    run = mscnet.simulate(mscnet.loads(text), t_end=300, points=2, rtol=1e-10)
    a, d = run["A_b"][-1], run["A_b_1_A_b_1"][-1]
    assert 0.15 * a * a == pytest.approx(0.2 / (1 + 2 * d) * d, rel=1e-6)


LOCAL = """units time = s, concentration = mM
molecule A(b, b, s~u~p)
molecule B(a)
species A(b, b, s~u) = 1 mM
species B(a) = 2 mM
A(b) + B(a) <-> A(b!1).B(a!1) @ 1 /mM/s, 1 /s
mark: %x:A(s~u) -> %x:A(s~p) @ f(x)
function f(x) = k*(1 + Bs(x))
parameter k = 0.1 /s
observable Bs = molecules B()
"""


def test_local_functions_are_evaluated_for_each_species() -> None:
    # A has no, one or two B: k, 2 k, 3 k
    model = mscnet.loads(LOCAL).expanded
    found = sorted(law(model, r.name) for r in model.reactions if r.name.startswith("mark"))
    assert found == pytest.approx([0.1, 0.2, 0.3])


def test_energies_make_constants_that_obey_detailed_balance() -> None:
    text = """units time = s, concentration = mM
molecule A(b)
molecule B(a, s~u~p)
species A(b) = 1 mM
species B(a, s~u) = 1 mM
bind: A(b) + B(a) <-> A(b!1).B(a!1) @ activation(phi, Ea)
flip: B(s~u) <-> B(s~p) @ activation(0.25, 0)
parameter phi = 0.3, Ea = 0.2
energy pattern A(b!1).B(a!1) = -2
energy pattern A(b!1).B(a!1, s~p) = 0.5
energy pattern B(s~p) = 1
"""
    model = mscnet.loads(text).expanded
    by_sides = {
        (tuple(t.species for t in r.reactants), tuple(t.species for t in r.products)): model.evaluate(r.law.expression)
        for r in model.reactions
    }
    (free, bound), (free_p, bound_p) = (("B_a_s_u", "A_b_1_B_a_1_s_u"), ("B_a_s_p", "A_b_1_B_a_1_s_p"))
    energy = {free: 0.0, bound: -2.0, free_p: 1.0, bound_p: -0.5}

    def constant(left, right, share, barrier):
        return math.exp(-(barrier + share * (energy[right] - energy[left])))

    for left, right in ((free, bound), (free_p, bound_p)):
        assert by_sides[("A_b", left), (right,)] == pytest.approx(constant(left, right, 0.3, 0.2))
        assert by_sides[(right,), ("A_b", left)] == pytest.approx(constant(right, left, 0.7, 0.2))
    for left, right in ((free, free_p), (bound, bound_p)):
        assert by_sides[(left,), (right,)] == pytest.approx(constant(left, right, 0.25, 0.0))
        assert by_sides[(right,), (left,)] == pytest.approx(constant(right, left, 0.75, 0.0))


def test_the_rate_of_a_whole_rule_is_shared_by_its_reactions() -> None:
    text = """units time = s, concentration = mM
molecule A(s~u~p)
species A(s~u) = 3 mM
species A(s~p) = 1 mM
drain: A() -> 0 rate v
parameter v = 0.1 mM/s
"""
    run = mscnet.simulate(mscnet.loads(text), t_end=10, points=2, rtol=1e-10)
    assert run["A_s_u"][-1] + run["A_s_p"][-1] == pytest.approx(3.0, rel=1e-9)
    assert run["A_s_u"][-1] == pytest.approx(2.25, rel=1e-7)  # both are used up in proportion


def test_structured_species_of_a_solution_have_names_of_the_network() -> None:
    text = CHAIN + "solution S { M(r!1, l).M(l!1, r) = 0.1 mM ; M(l, r) = 2 mM }\n"
    (stock,) = mscnet.loads(text).expanded.stocks
    assert [content.species for content in stock.contents] == ["M_l_r_1_M_l_1_r", "M_l_r"]
    assert mscnet.loads(text).expanded.get_species("M_l_r").initial is not None


# --- values and limits ---


def test_other_values_of_parameters_need_no_new_generation(monkeypatch) -> None:
    calls = []

    def counted(*arguments, **named):
        calls.append(1)
        return generate(*arguments, **named)

    monkeypatch.setattr(expanding, "generate", counted)
    mechanism = mscnet.loads(CHAIN)
    assert law(mechanism.expanded, "grow_1") == 1.0
    assert law(mechanism.with_values(kon=3).expanded, "grow_1") == 3.0
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("limits", "species"),
    [(Limits(molecules=2), 2), (Limits(iterations=1), 2), (Limits(of_type=(("M", 2),)), 2), (None, 3)],
)
def test_limits_stand_in_place_of_those_of_the_file(limits, species) -> None:
    assert len(expand(mscnet.loads(CHAIN), limits).species) == species


def test_a_limit_of_the_file_is_met_in_silence() -> None:
    assert expand_network(mscnet.loads(CHAIN)).findings == ()


def test_a_bound_of_mscnet_is_told_of_and_the_network_kept() -> None:
    text = CHAIN.replace("option max_agg = 3\n", "").replace("M(r) + M(l)", "M(l!+, r) + M(l, r)")
    text = text.replace("M(r!1).M(l!1) @ kon, koff", "M(l!+, r!1).M(l!1, r) @ kon, koff")
    text += "molecule I(r)\nspecies I(r) = 1 mM\nI(r) + M(l) -> I(r!1).M(l!1) @ kon\n"
    mechanism = mscnet.loads(text)
    expansion = expand_network(mechanism)
    (finding,) = expansion.findings
    assert (finding.code, finding.severity) == ("W309", "warning")
    assert "more than 100 molecules" in finding.message
    assert finding.span is not None
    assert "max_agg" in (finding.hint or "")
    assert len(expansion.mechanism.species) == 101  # the two seeds, and I with 1 to 99 of M
    with pytest.warns(NetworkWarning, match="W309"):
        assert expand(mechanism).structure is None


def test_rules_without_seeds_are_told_of() -> None:
    text = DIMER.replace("species A(b) = 2 mM\n", "")
    (finding,) = expand_network(mscnet.loads(text)).findings
    assert finding.code == "W310"


def test_an_interrupt_keeps_what_there_is() -> None:
    def stop(iteration: int, species: int, reactions: int) -> None:
        if species > 2:
            raise KeyboardInterrupt

    mechanism = mscnet.loads(CHAIN.replace("max_agg = 3", "max_agg = 40"))
    expansion = expand_network(mechanism, progress=stop)
    assert expansion.generated.ending == "interrupted"
    assert 2 < len(expansion.mechanism.species) < 40
    with pytest.raises(ExpansionInterrupted) as caught:
        expand(mscnet.loads(CHAIN.replace("max_agg = 3", "max_agg = 40")), progress=stop)
    assert not caught.value.expansion.complete
    assert len(mechanism.expanded.species) == 40  # what was cut short is not kept for later


def test_a_mechanism_with_a_network_can_be_pickled() -> None:
    mechanism = mscnet.loads(CHAIN)
    assert len(mechanism.expanded.species) == 3
    again = pickle.loads(pickle.dumps(mechanism))
    assert again.structure == mechanism.structure
    assert np.allclose(
        mscnet.simulate(again, t_end=1, points=2)["M_l_r"], mscnet.simulate(mechanism, t_end=1, points=2)["M_l_r"]
    )


@pytest.mark.parametrize("engine", ["python", "auto"])
def test_a_made_site_takes_the_state_of_the_site_with_its_label(engine) -> None:
    # as BNG2.pl 2.9.3 has it: 0 + 0, 0 + 1 and 1 + 1 give the three kinds of pairs, equal ones with half the constant
    mechanism = mscnet.loads("""units time = s, concentration = mM
molecule A(c~0~1)
molecule B(c~0~1, c~0~1)
species A(c~0) = 2 mM
species A(c~1) = 1 mM
A(c%x) + A(c%y) -> B(c%x, c%y) @ 1 /mM/s
""")
    made = generate(mechanism.structure, engine=engine)
    assert made.texts == ("A(c~0)", "A(c~1)", "B(c~0,c~0)", "B(c~0,c~1)", "B(c~1,c~1)")
    assert sorted((event.reactants, event.products, float(event.factor)) for event in made.events) == [
        ((0, 0), (2,), 0.5), ((0, 1), (3,), 1.0), ((1, 1), (4,), 0.5),
    ]  # fmt: skip


def test_a_chain_without_a_bound_is_cut_at_a_size_that_is_soon_reached() -> None:
    endless = mscnet.loads("molecule M(a, b)\nspecies M(a, b) = 1\nM(a) + M(b) -> M(a!1).M(b!1) @ 1\n")
    found = expand_network(endless)
    assert ([finding.code for finding in found.findings], len(found.mechanism.species)) == (["W309"], 100)


def test_where_a_limit_is_stated_species_may_be_large() -> None:
    text = "molecule M(a, b)\nspecies M(a, b) = 1\nM(a) + M(b) -> M(a!1).M(b!1) @ 1\noption max_species = 130\n"
    found = expand_network(mscnet.loads(text))
    assert (found.findings, len(found.mechanism.species)) == ((), 130)
