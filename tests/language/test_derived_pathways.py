"""Derived and combined pathways: one model each, the same as if it were written out."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import mscnet
from mscnet.inference.nested import nested_pairs

COMMON = """
units time = min, concentration = mM
species A = 1 mM, B = {B} mM
parameter k0 = {k0}, k1 = 1, k2 = 0.3
twice = 2*k0
A + B -> F @ twice/(1 mM)
"""
STEP0 = "step0: A -> C @ k0\n"
EQ1 = "step1: A + B <-> D + C @ k1, k2 ; D -> E @ k ; parameter k = 0.1 /min\n"
EQ2 = "step1: A <-> D @ k1*[B], k2*[C] ; E -> D @ k ; parameter k = 0.3 /min\n"
FILE = COMMON.format(B=0.5, k0=0.1) + STEP0 + f"pathway eq1 {{ {EQ1} }}\npathway eq2 {{ {EQ2} }}\n"


def model(derived: str, pathway: str = "x") -> mscnet.Mechanism:
    return mscnet.loads(FILE + derived).with_pathway(pathway)


def written_out(steps: str, B: float = 0.5, k0: float = 0.1) -> mscnet.Mechanism:
    return mscnet.loads(COMMON.format(B=B, k0=k0) + steps)


ONE_WAY = "A + B -> D + C @ k1 ; D -> E @ 0.1 /min"
CASES = {
    "x = eq1": written_out(STEP0 + EQ1),
    "x = eq1 with { k2 = 0 }": written_out(STEP0 + ONE_WAY),
    "x = eq1 with { k = 2*k0 }": written_out(STEP0 + "A + B <-> D + C @ k1, k2 ; D -> E @ 2*k0"),
    "x = eq1 with { parameter k = 0.4 /min ; E -> G @ k }":
        written_out(STEP0 + EQ1.replace("0.1", "0.4") + "E -> G @ k"),
    "x = eq1 with { step1: A -> D @ k1*[B] }": written_out(STEP0 + "A -> D @ k1*[B] ; D -> E @ 0.1 /min"),
    "x = eq1 with { step0: A -> E @ k0 }": written_out("A -> E @ k0\n" + EQ1),
    "x = eq1 without step1": written_out(STEP0 + "D -> E @ 0.1 /min"),
    "x = eq1 without step0, step1": written_out("D -> E @ 0.1 /min"),
    "x = eq1 with { k0 = 0.5 /min }": written_out(STEP0 + EQ1, k0=0.5),
    "x = eq1 with { parameter k0 = 0.5 /min }": written_out(STEP0 + EQ1, k0=0.5),
    "x = eq1 with { k0 = 0 }": written_out(EQ1, k0=0),
    "x = eq1 with { species B = 2 mM }": written_out(STEP0 + EQ1, B=2),
    "x = eq1 + eq2": written_out(STEP0 + EQ1 + "A <-> D @ k1*[B], k2*[C] ; E -> D @ 0.3 /min"),
    "x = eq1 + eq2 without step1": written_out(STEP0 + "D -> E @ 0.1 /min ; E -> D @ 0.3 /min"),
    "x = eq1 + eq2 with { k = 0.2 }":
        written_out(STEP0 + EQ1.replace("0.1", "0.2") + "A <-> D @ k1*[B], k2*[C] ; E -> D @ 0.2 /min"),
    "y = eq1 with { k2 = 0 }\npathway x = y with { k = 0 }": written_out(STEP0 + "A + B -> D + C @ k1"),
    "x = y with { k = 0 }\npathway y = eq1 with { k2 = 0 }": written_out(STEP0 + "A + B -> D + C @ k1"),
    "y = eq1 with { D -> G @ 0.2 }\npathway x = y + eq1": written_out(STEP0 + EQ1 + "D -> G @ 0.2"),
}  # fmt: skip


@pytest.mark.parametrize("derived", CASES)
def test_a_derived_pathway_is_what_it_would_be_written_out(derived: str) -> None:
    one, other = model("pathway " + derived), CASES[derived]
    first, second = (mscnet.simulate(m, t_end="5 min", points=6, rtol=1e-9) for m in (one, other))
    assert {s.name for s in one.species} >= {s.name for s in other.species if s.name in second.species}
    for species in other.species:
        assert first[species.name] == pytest.approx(second[species.name], rel=1e-6, abs=1e-9)


def test_steps_and_constants_that_two_bases_name_alike_get_the_name_of_their_pathway() -> None:
    both = model('pathway x = eq1 + eq2 "both"')
    assert {r.label for r in both.reactions if r.label} == {"step0", "eq1.step1", "eq2.step1"}
    assert {p.name for p in both.parameters} == {"k0", "k1", "k2", "eq1.k", "eq2.k"}
    assert next(p.label for p in both.pathways if p.name == "x") == "both"


def test_a_step_that_the_pathway_sets_to_0_is_none() -> None:
    one_way = model("pathway x = eq1 with { k2 = 0 }")
    step = [reaction for reaction in one_way.reactions if reaction.label == "step1"]
    assert [(r.name, r.partner) for r in step] == [("step1", None)]


def test_a_pathway_with_a_step_less_is_nested_in_its_base() -> None:
    family = mscnet.loads(FILE + "pathway x = eq1 with { k2 = 0 }\npathway y = eq1 + eq2")
    models = [(p.name, family.with_pathway(p.name)) for p in family.pathways]
    assert ("x", "eq1") in nested_pairs(models)
    assert ("eq1", "x") not in nested_pairs(models)


def test_constants_of_steps_without_a_law_stay_the_same() -> None:
    family = mscnet.loads(
        "pathway a { A <-> B ; B -> C }\npathway b = a with { A -> D }\npathway c = a with { k1r = 0 }"
    )
    laws = {name: {str(r.law.expression) for r in family.with_pathway(name).reactions} for name in "abc"}
    assert laws["a"] < laws["b"]
    assert len(laws["c"]) == 2


def test_a_pathway_of_an_import_is_derived_from_here(tmp_path: Path) -> None:
    (tmp_path / "base.mech").write_text(FILE)
    text = "pathway x = te.eq1 with { te.k2 = 0 ; te.k = 0.2 /min }"
    (tmp_path / "main.mech").write_text(f'units time = s, concentration = M\nimport "base.mech" as te\n{text}')
    one = mscnet.load(tmp_path / "main.mech").with_pathway("x")
    other = written_out(STEP0 + ONE_WAY.replace("0.1 /min", "0.2 /min"))
    run, plain = mscnet.simulate(one, t_end="5 min"), mscnet.simulate(other, t_end="5 min")
    for name in ("A", "D", "E"):
        assert run[f"te.{name}"][-1] * 1e3 == pytest.approx(plain[name][-1], rel=1e-5)


def test_derived_pathways_of_an_import_come_along(tmp_path: Path) -> None:
    (tmp_path / "base.mech").write_text(FILE + "pathway x = eq1 with { k0 = 0 } without step1")
    (tmp_path / "main.mech").write_text('import "base.mech" as te\nte.E -> Z @ 0.1')
    chosen = mscnet.load(tmp_path / "main.mech").with_pathway("te.x")
    assert {r.name for r in chosen.reactions} == {"r1", "te.r1", "te.r4"}


def test_a_family_with_derived_pathways_pickles() -> None:
    family = mscnet.loads(FILE + "pathway x = eq1 with { k2 = 0 }")
    assert pickle.loads(pickle.dumps(family)).with_pathway("x") == family.with_pathway("x")


# --- are two really different? ----------------------------------------------------------------------------


def alike(text: str) -> list[str]:
    result = mscnet.check_text(text)
    assert result.mechanism is not None, [d.render() for d in result.diagnostics]
    return [d.message.split(" are ")[0] for d in result.diagnostics if d.code == "W220"]


ALIKE = {
    "other constants": "pathway a { A -> B @ k1 ; B -> C @ k2 }\npathway b { B -> C @ p ; A -> B @ q }",
    "order of sums and factors":
        "pathway a { A -> B @ k*(1 + x*[B]) }\npathway b { A -> B @ ([B]*x + 1)*m }\nparameter x = 3 /M",
    "a rate that is mass action": "pathway a { 2 A -> B @ k }\npathway b { 2 A -> B rate [A]^2*q }\nparameter k, q",
    "a derived value": "pathway a { A -> B @ 2*k }\npathway b { A -> B @ m ; m = 2*j }\nparameter k, j",
    "an intermediate that nobody sees":
        "species A = 1, C = 0\npathway a { A -> D @ k ; D -> C @ l }\npathway b { A -> E @ k ; E -> C @ l }",
    "derived without a change": "pathway a { A -> B @ k }\npathway b = a",
}  # fmt: skip
DIFFERENT = {
    "one constant for two": "pathway a { A -> B @ k ; B -> C @ l }\npathway b { A -> B @ k ; B -> C @ k }",
    "another number": "pathway a { A -> B @ 2*k }\npathway b { A -> B @ 3*k }",
    "other values": "pathway a { A -> B @ k ; parameter k = 1 }\npathway b { A -> B @ k ; parameter k = 2 }",
    "another species": "pathway a { A -> B @ k }\npathway b { A -> C @ k }\nspecies A = 1, B = 1, C = 2",
    "an intermediate that is measured":
        "pathway a { A -> D @ k ; D -> C @ l }\npathway b { A -> E @ k ; E -> C @ l }\nobservable o = [D] + 2*[E]",
    "a step less": "pathway a { A <-> B @ k, l }\npathway b = a with { l = 0 }",
    "a constant of the common part": "A -> F @ k\npathway a { A -> B @ k }\npathway b { A -> B @ l }",
    "two intermediates in other places":
        "pathway a { A -> D @ k ; D -> E @ l ; E -> C @ m }\npathway b { A -> E @ k ; E -> C @ m ; D -> E @ l }",
}  # fmt: skip


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE)
def test_pathways_that_are_one_network_are_told(text: str) -> None:
    assert alike(text) == ["the pathways `a` and `b`"]


@pytest.mark.parametrize("text", DIFFERENT.values(), ids=DIFFERENT)
def test_pathways_that_differ_are_not(text: str) -> None:
    assert alike(text) == []


def test_the_search_for_a_renaming_ends() -> None:
    steps = " ; ".join(f"A -> B @ k{i}*[C{i % 3}]" for i in range(40))
    other = " ; ".join(f"A -> B @ m{i}*[C{i % 3}]*(1 + m{(i * 7) % 40}*0)" for i in range(40))
    species = "species A = 1, " + ", ".join(f"C{i} = 1" for i in range(3))
    assert mscnet.check_text(f"{species}\npathway a {{ {steps} }}\npathway b {{ {other} }}").diagnostics is not None
