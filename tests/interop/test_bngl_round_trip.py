"""From BNGL to our own language and on to a network is the same network as from BNGL at once."""

from __future__ import annotations

from collections import Counter

import pytest

import mscnet
from mscnet import interop
from mscnet.mechanism.mechanism import Mechanism
from tests.interop.bngl_texts import RECEPTOR, load, model

COMPARTMENTS = """\
begin parameters
    V 2
    k 1
end parameters
begin compartments
    EC 3 10*V
    PM 2 1 EC
    CP 3 V PM
end compartments
begin molecule types
    L(r,r)
    R(l,c~u~p)
    D(p)
    T(d)
end molecule types
begin seed species
    L(r,r)@EC 100
    R(l,c~u)@PM 50
    T(d)@CP 3
    D(p!1!2)@CP.T(d!1)@CP.T(d!2)@CP 1
    $T(d)@EC 1
end seed species
begin observables
    Species Pairs R()==2
    Molecules Inside @CP:T(), T()@CP
end observables
begin functions
    near(x) = k/(1 + Pairs(x))
end functions
begin reaction rules
    bind: L(r) + R(l) <-> L(r!1).R(l!1) 0.1*k, k  exclude_products(1,R.R)
    %x:R(l!+,c~u) -> %x:R(l!+,c~p) near(x)
    D(p!1!2).T(d!1).T(d!2) -> D(p) + T(d) + T(d) k
    R()@PM -> 0 k DeleteMolecules
    T(d)@CP -> T(d)@EC k MoveConnected
    T(d)@EC -> T(d)@CP Hill(k,V,2)
end reaction rules
generate_network({max_iter=>4,max_stoich=>{R=>2}})
"""

TEXTS = {
    "receptor": RECEPTOR,
    "compartments": COMPARTMENTS,
    "laws": model(
        "A(b) + B(a) -> A(b!1).B(a!1) MM(k,K)\nA(b!1).B(a!1) -> A(b) + B(a) Sat(k,K)\n"
        "%x:A(c~u) -> %x:A(c~p) g(x)\nA(c~p) -> A(c~u) k*Atot TotalRate",
        functions="g(x) = k*Ap(x) + if(Atot > 3, k, 0)",
    ),
    "energies": model(
        "A(b) + B(a) <-> A(b!1).B(a!1) Arrhenius(0.5,K)\nA(c~u) <-> A(c~p) Arrhenius(0.25,1)",
        energy_patterns="A(c~p) k\nA(b!1,c~p).B(a!1) -K/2",
    ),
}


def reactions(mechanism: Mechanism) -> Counter[tuple[object, ...]]:
    """What turns into what, by canonical texts of species."""
    expanded = mechanism.expanded
    texts = {one.name: one.complex for one in expanded.species}
    return Counter(
        tuple(
            tuple(sorted((str(texts[term.species]), term.coefficient) for term in side))
            for side in (reaction.reactants, reaction.products)
        )
        for reaction in expanded.reactions
    )


@pytest.mark.parametrize("name", TEXTS)
def test_the_network_is_the_same(name: str) -> None:
    first = load(TEXTS[name])
    text = "\n".join(interop.lines_of(first, "mech")) + "\n"
    second = mscnet.loads(text)
    assert first.structure is not None
    assert second.structure is not None
    assert reactions(first) == reactions(second)
    assert len(reactions(first)) >= 3


@pytest.mark.parametrize("name", TEXTS)
def test_the_course_is_the_same(name: str) -> None:
    first = load(TEXTS[name])
    second = mscnet.loads("\n".join(interop.lines_of(first, "mech")) + "\n")
    courses = [mscnet.simulate(one, 2.0, points=5, rtol=1e-9, atol=1e-10) for one in (first, second)]
    for observable in courses[0].mechanism.observables:
        assert list(courses[0][observable.name]) == pytest.approx(list(courses[1][observable.name]), rel=1e-6, abs=1e-8)
