"""Families: what one line stands for, written out by hand beside it; names, values, what is said of slips."""

from __future__ import annotations

import pickle
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mscnet
from mscnet.language import check_text
from mscnet.mechanism.expression import to_text
from mscnet.mechanism.mechanism import Mechanism


def meaning(mechanism: Mechanism) -> list[object]:
    """What the reactions of a mechanism are, names aside."""
    return [(r.reactants, r.products, r.orders, r.catalysts, r.law.kind, r.law.expression) for r in mechanism.reactions]


def found(text: str) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in check_text(text).diagnostics]


# --- against what is written out by hand ---


@given(st.integers(1, 6), st.integers(0, 8), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_a_range_is_its_members_written_out(low: int, width: int, step: int) -> None:
    high = low + width
    law = "kg*{n}^(2/3)*(1 + a*[F[{m}]]/(1 M)), kd/{n}"
    family = mscnet.loads(
        f"F[1] + F[n] <-> F[n+1] @ {law.format(n='n', m='n+1')} for n in {low} .. {high} by {step}\nparameter a = 2"
    )
    lines = [f"F[1] + F[{n}] <-> F[{n + 1}] @ {law.format(n=n, m=n + 1)}" for n in range(low, high + 1, step)]
    assert meaning(family) == meaning(mscnet.loads("\n".join([*lines, "parameter a = 2"])))


@given(st.integers(1, 7), st.integers(1, 7), st.integers(2, 12))
@settings(max_examples=20, deadline=None)
def test_pairs_with_a_condition_are_their_members_written_out(high: int, other: int, most: int) -> None:
    text = f"F[n] + F[m] -> F[n+m] @ k*(n*m)^0.5 for n in 1 .. {high}, m in n .. {other} if n + m <= {most} and n != 3"
    pairs = [(n, m) for n in range(1, high + 1) for m in range(n, other + 1) if n + m <= most and n != 3]
    written = "\n".join(f"F[{n}] + F[{m}] -> F[{n + m}] @ k*({n}*{m})^0.5" for n, m in pairs)
    assert meaning(mscnet.loads(text)) == (meaning(mscnet.loads(written)) if pairs else [])


@given(st.lists(st.sampled_from(["S", "Se", "Te", "Po"]), min_size=1, max_size=4, unique=True))
@settings(max_examples=15, deadline=None)
def test_a_block_over_names_is_its_members_written_out(names: list[str]) -> None:
    body = """species {M}{E}_PC of {M}[n]{E}[n] = 1 mM, {M}{E}_MSC of {M}[n]{E}[n]
              {M}{E}_PC <-> {M}{E}_MSC @ k{M}{E}, kr{E}
           """
    listed = ", ".join(names)
    family = mscnet.loads(f"for M in Cd, Zn, E in {listed} {{\n{body}}}")
    by_hand = mscnet.loads("".join(body.replace("{M}", m).replace("{E}", e) for m in ("Cd", "Zn") for e in names))
    assert meaning(family) == meaning(by_hand)
    assert set(family.species) == set(by_hand.species)


@given(st.integers(1, 12))
@settings(max_examples=10, deadline=None)
def test_a_sum_is_its_terms_written_out(high: int) -> None:
    chain = f"F[n] -> F[n+1] @ k for n in 1 .. {high}\n"
    family = mscnet.loads(chain + f"observable mass = sum([F[n]]*n for n in 1 .. {high} if n != 5)")
    terms = [f"[F[{n}]]*{n}" for n in range(1, high + 1) if n != 5]
    by_hand = mscnet.loads(chain + "observable mass = " + (" + ".join(terms) or "0"))
    assert family.expression_of("mass") == by_hand.expression_of("mass")


# --- what may be in a family ---


def test_nested_blocks_and_pathways() -> None:
    mechanism = mscnet.loads(
        """for E in Te, Se {
               pathway by{E} "over {E}" { for n in 1 .. 2 { X{E}[n] -> X{E}[n+1] @ k{E} } }
           }"""
    )
    assert [(p.name, p.label) for p in mechanism.pathways] == [("byTe", "over Te"), ("bySe", "over Se")]
    chosen = mechanism.with_pathway("bySe")
    assert [s.name for s in chosen.species] == ["XSe[1]", "XSe[2]", "XSe[3]"]


def test_initial_values_compositions_and_labels_of_a_family() -> None:
    mechanism = mscnet.loads(
        'species F[n] "cluster of {n}" of Au[2n]Cl[n] = n*0.25 M for n in 1 .. 3\nF[1] -> F[1] @ k'
    )
    third = mechanism.get_species("F[3]")
    assert (third.label, third.composition.text if third.composition else "") == ("cluster of 3", "Au6Cl3")
    assert mechanism.evaluate(third.initial) == 0.75 if third.initial else False


def test_parameters_and_derived_values_of_a_family() -> None:
    mechanism = mscnet.loads(
        """F[n] -> F[n+1] @ kf[n]*g[n] for n in 1 .. 3
           parameter kf[n] = 0.1*n^2 /s in 0.01 .. 10 for n in 1 .. 3
           g[n] = 1/n for n in 1 .. 3"""
    )
    assert [p.value for p in mechanism.parameters] == pytest.approx([0.1, 0.4, 0.9])
    assert mechanism.value_of("g[2]") == 0.5
    assert all(p.free for p in mechanism.parameters)


def test_a_loop_variable_in_coefficients_and_orders() -> None:
    (reaction, *_) = mscnet.loads("(n+1) A[n] -> B[n] @ k[n] order A[n]^n for n in 2 .. 3").reactions
    assert (reaction.reactants[0].coefficient, reaction.orders[0].coefficient) == (Fraction(3), Fraction(2))


def test_names_of_the_file_end_ranges() -> None:
    mechanism = mscnet.loads("N = 4\nhalf = N/2\nF[n] -> F[n+1] @ k for n in half .. N-1")
    assert [r.name for r in mechanism.reactions] == ["r1[2]", "r1[3]"]


def test_a_family_may_have_functions() -> None:
    mechanism = mscnet.loads("for E in Te, Se { function f{E}(x) = 2*x ; A{E} -> B @ k*f{E}(3) }")
    assert [to_text(r.law.expression) for r in mechanism.reactions] == ["k*2*3", "k*2*3"]


def test_a_ring_is_closed_with_mod() -> None:
    mechanism = mscnet.loads("A[i] <-> A[mod(i, 4) + 1] @ d, d for i in 1 .. 4")
    assert [s.name for s in mechanism.species] == ["A[1]", "A[2]", "A[3]", "A[4]"]


def test_sums_in_laws_and_products() -> None:
    mechanism = mscnet.loads(
        """A[n] -> B @ k*product([A[m]]/(1 M) for m in n .. 2) for n in 1 .. 2
           observable most = max(A[n] for n in 1 .. 2)"""
    )
    assert [to_text(r.law.expression, True) for r in mechanism.reactions] == ["k*[A[1]]/1*[A[2]]/1", "k*[A[2]]/1"]
    assert to_text(mechanism.expression_of("most"), True) == "max([A[1]], [A[2]])"


def test_experiments_bands_and_facts_of_a_family() -> None:
    mechanism = mscnet.loads(
        """units time = min, concentration = mM, volume = mL
           F[1] + F[n] -> F[n+1] @ ka for n in 1 .. 3
           parameter ka = 0.1, e[n] = 10*n /mM/cm for n in 1 .. 4
           solution S { F[1] = 1 mM }
           for n in 2 .. 4 { band F[n] { gaussian center = 400 nm, fwhm = 20 nm, epsilon = e[n] } }
           for v in 1, 2 {
               experiment dose{v} {
                   mix v mL S
                   measure od = absorbance(400 nm), all = sum(F[n]*n for n in 1 .. 4) every 1 min for 9 min
               }
               expect dose{v} { max(od) > 0 ; all is constant ± 1% }
           }"""
    )
    assert [e.name for e in mechanism.experiments] == ["dose1", "dose2"]
    assert len(mechanism.bands) == 3
    assert len(mechanism.facts) == 4


# --- names ---


def test_members_are_named_after_their_line_or_label() -> None:
    mechanism = mscnet.loads(
        """A -> B @ k
           step: F[n] <-> F[n+1] @ k, k for n in 1 .. 2
           grow[n]: F[n] -> G @ k for n in 1 .. 2
           G -> 0 @ k"""
    )
    names = [r.name for r in mechanism.reactions if not r.reverse]
    assert names == ["r1", "step[1]", "step[2]", "grow[1]", "grow[2]", "r4"]


def test_members_without_a_constant_share_that_of_their_line() -> None:
    mechanism = mscnet.loads("A -> B\nF[n] -> F[n+1] for n in 1 .. 3")
    assert [p.name for p in mechanism.parameters] == ["k1", "k2"]


def test_blanks_in_a_name_are_forgiven() -> None:
    mechanism = mscnet.loads("P[n,m] -> P[n+1,m] @ 0.1 for n in 1 .. 2, m in 1 .. 2\nspecies P[1,1] = 1 M")
    changed = mechanism.with_values({"P[2, 1]": 3.0})
    run = mscnet.simulate(changed, t_end=1.0, points=2)
    assert run["P[ 2,1 ]"][0] == 3.0
    assert changed.get_species("P[2, 1]").name == "P[2,1]"


def test_a_family_survives_pickling() -> None:
    mechanism = mscnet.loads("F[n] -> F[n+1] @ k*n for n in 1 .. 3")
    assert pickle.loads(pickle.dumps(mechanism)) == mechanism


def test_families_are_imported(tmp_path: Path) -> None:
    (tmp_path / "chain.mech").write_text("N = 2\nF[n] -> F[n+1] @ k[n] for n in 1 .. N", encoding="utf-8")
    main = tmp_path / "main.mech"
    main.write_text('import "chain.mech" as te\nte.F[n] -> G @ kg for n in 1 .. 3', encoding="utf-8")
    mechanism = mscnet.load(main)
    assert {s.name for s in mechanism.species} == {"te.F[1]", "te.F[2]", "te.F[3]", "G"}
    assert mechanism.sizes == ("te.N",)


def test_what_says_how_large_a_family_is_cannot_be_set() -> None:
    mechanism = mscnet.loads("parameter N = 3\nF[n] -> F[n+1] @ 0.1 for n in 1 .. N")
    assert mechanism.with_values(N=3).sizes == ("N",)
    with pytest.raises(mscnet.MechanismError, match="says how many members"):
        mechanism.with_values(N=4)


# --- what is said ---


def test_a_fault_in_a_law_is_said_once_at_its_line() -> None:
    (finding,) = check_text("F[n] + F[m] -> F[n+m] @ 0.1 /s for n in 1 .. 30, m in n .. 30").diagnostics
    assert finding.code == "E020"
    assert finding.span is not None
    assert finding.span.text == "0.1 /s"


def test_a_fault_of_some_members_names_the_first_and_counts_the_others() -> None:
    ((code, message),) = found("F[n] -> F[n/2] @ k for n in 2 .. 9")
    assert code == "E212"
    assert message.endswith("comes out as 1.5, not a whole number (for n = 3, and 3 more)")


def test_ordered_pairs_count_twice() -> None:
    finding = next(d for d in check_text("F[n] + F[m] -> F[n+m] @ k for n in 1 .. 9, m in 1 .. 9").diagnostics)
    assert finding.code == "W213"
    assert finding.hint == "take each pair once: `m in n .. 9`"


def test_unordered_pairs_and_reversible_chains_count_once() -> None:
    assert not found("F[n] + F[m] <-> F[n+m] @ k, kr for n in 1 .. 9, m in n .. 9")


def test_a_member_beyond_those_declared_is_a_warning() -> None:
    ((code, message),) = found("species F[n] = 0 M for n in 1 .. 5\nF[1] + F[n] -> F[n+1] @ k for n in 1 .. 5")
    assert code == "W214"
    assert message == "`F[6]` comes into being here; those that are declared are F[1 .. 5]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("F[n] -> G @ k", "E210"),
        ("A{E} -> G @ k", "E210"),
        ("F[n] -> G @ k for n in 1 .. 3, n in 1 .. 2", "E211"),
        ("F[n] -> G @ k for n in 1.5 .. 3", "E212"),
        ("F[n] -> G @ k for n in 1 .. 3 by 0", "E212"),
        ("F[n] -> G @ k for n in 1 .. 1000000000", "E213"),
        ("F[n] -> G @ k for n in 1 .. 100000, m in 1 .. 100000", "E213"),
        ("for E in Te, Se { parameter k = 1 /s ; A{E} -> B @ k }", "E214"),
        ("parameter N = 3 in 1 .. 9\nF[n] -> G @ k for n in 1 .. N", "E215"),
        ("N = M\nM = N\nF[n] -> G @ k for n in 1 .. N", "E015"),
        ("F[n] -> G @ 1/n /s for n in 0 .. 3", "E212"),
        ("F[n] -> G @ k for n in 5 .. 1", "W210"),
        ("n = 2\nF[n] -> G @ k for n in 1 .. 3", "W211"),
        ("A{E} -> G @ k for E in Te, Te", "W212"),
        ("F[n] -> F[n-1] @ k for n in 0 .. 3", "W215"),
        ("F[m] -> G @ 2 /m for m in 1 .. 3", "W216"),
    ],
)
def test_each_slip_has_its_code(text: str, code: str) -> None:
    assert code in {each[0] for each in found(text)}
