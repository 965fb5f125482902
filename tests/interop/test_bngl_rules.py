"""Rules of BNGL: laws, words behind them, labels and local functions."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from mscnet.cli.main import main
from mscnet.mechanism.expression import evaluate, symbols, to_text
from mscnet.mechanism.structure import Rule
from mscnet.mechanism.structure_text import pattern_text
from tests.interop.bngl_texts import check, model, structure

BIND = "A(b) + B(a) -> A(b!1).B(a!1)"


def rule(text: str, **blocks: str) -> Rule:
    return structure(model(text, **blocks)).rules[0]


def value(law: Rule, **known: float) -> float:
    """The constant of a rule for these populations of its reactants (`x1`, `x2`), with the model's k and K."""
    numbers = {"k": 2.0, "K": 5.0, **{name.removeprefix("x"): number for name, number in known.items()}}
    return evaluate(law.law.expression, lambda symbol: numbers[symbol.name])


def test_words_behind_a_law() -> None:
    found = rule("A() -> 0 k TotalRate DeleteMolecules MoveConnected priority=-3")
    assert (found.law.kind, found.delete_molecules, found.move_connected, found.priority) == ("general", True, True, -3)
    plain = rule("A() -> 0 k")
    assert (plain.law.kind, plain.delete_molecules, plain.move_connected, plain.priority) == (
        "mass_action",
        False,
        False,
        None,
    )


def test_restrictions_turn_with_the_rule() -> None:
    text = "A(b) + B(a) <-> A(b!1).B(a!1) k,K exclude_reactants(1,A(c~p),A(c~u)) include_products(1,A.B)"
    forward, backward = structure(model(text)).rules
    shown = [
        [(one.kind, one.side, one.number, [pattern_text(p) for p in one.patterns]) for one in each.restrictions]
        for each in (forward, backward)
    ]
    assert shown[0] == [
        ("exclude", "reactants", 1, ["A(c~p)", "A(c~u)"]),
        ("include", "products", 1, ["A().B()"]),
    ]
    assert [(kind, side) for kind, side, _, _ in shown[1]] == [("exclude", "products"), ("include", "reactants")]


def test_sources_and_drains() -> None:
    found = structure(model("0 -> B(a) k\nB(a) -> 0 k\n0 <-> A(b,c~u) k,K")).rules
    assert [(len(one.reactants), len(one.products)) for one in found] == [(0, 1), (1, 0), (0, 1), (1, 0)]


def test_saturation() -> None:
    found = rule(f"{BIND} Sat(k,K)")
    assert found.law.kind == "mass_action"
    assert value(found, x1=10.0, x2=3.0) == pytest.approx(2 / 15)
    both = rule(f"{BIND} Sat(k,K,1)")
    assert value(both, x1=10.0, x2=3.0) == pytest.approx(2 / (15 * 4))


def test_michaelis_and_menten_with_the_free_substrate() -> None:
    # K·C = (S - C)·(E - C) gives the complex C; the rate is k·C, and the constant that over S·E.
    found = rule(f"{BIND} MM(k,K)")
    s, e = 10.0, 3.0
    total = s + e + 5.0
    bound = (total - math.sqrt(total**2 - 4 * s * e)) / 2
    assert value(found, x1=s, x2=e) * s * e == pytest.approx(2 * bound, rel=1e-12)
    assert value(found, x1=0.0, x2=e) == pytest.approx(2.0 / (5.0 + e), rel=1e-12)  # the limit of no substrate


def test_hill() -> None:
    found = rule("A(c~u) -> A(c~p) Hill(k,K,3)")
    assert value(found, x1=10.0) * 10.0 == pytest.approx(2 * 1000 / (125 + 1000))


def test_an_energy_rule_has_a_law_of_one() -> None:
    found = rule(f"{BIND} Arrhenius(0.3,k)")
    assert to_text(found.law.expression) == "1"
    assert found.activation is not None
    assert [to_text(one) for one in found.activation] == ["0.3", "k"]


LOCAL = "near(x) = k*Ap(x)\nboth(x,y) = near(x) + K*Atot(y)"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("%x:A(b,c~u) -> %x:A(b,c~p) near(x)", "k*Ap(x)"),
        ("A%me(b,c~u) -> A%me(b,c~p) near(me)*3", "k*Ap(me)*3"),
        ("%p:A(b) + %q:B(a) -> A(b!1).B(a!1) both(q,p)", "k*Ap(q) + K*Atot(p)"),
        ("%x:A(c~u) -> %x:A(c~p) K*Atot(x)", "K*Atot(x)"),
        ('%p:A(b) + %q:B(a) -> A(b!1).B(a!1) FunctionProduct("near(p)","near(q)")', "k*Ap(p)*k*Ap(q)"),
    ],
)
def test_local_functions_are_written_out(text: str, meant: str) -> None:
    expression = rule(text, functions=LOCAL).law.expression
    assert to_text(expression).replace("(k*Ap(p))*(k*Ap(q))", "k*Ap(p)*k*Ap(q)") == meant
    assert {symbol.kind for symbol in symbols(expression)} <= {"parameter", "local"}


def test_an_observable_with_empty_brackets_is_that_of_the_whole_system() -> None:
    expression = rule("%x:A(c~u) -> %x:A(c~p) k*Atot()").law.expression
    assert to_text(expression) == "k*Atot"


def test_a_law_may_stand_in_brackets_behind_a_bare_name() -> None:
    assert to_text(rule("A -> A (k+K)*2").law.expression) == "(k + K)*2"
    assert to_text(rule("A -> A .5").law.expression) == "0.5"


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        (f"{BIND} Sat(k)", "E017", "Sat"),
        (f"{BIND} Sat(k,K,K,K)", "E017", "more constants"),
        ("A(c~u) -> A(c~p) MM(k,K)", "E017", "two reactants"),
        (f"{BIND} MM(k,K)*2", "E017", "alone"),
        (f"{BIND} Hill(k,K)", "E017", "3 constants"),
        (f"{BIND} Arrhenius(k)", "E017", "2 arguments"),
        ("A(b) + B(a) <-> A(b!1).B(a!1) Arrhenius(k,K), k", "E023", "both directions"),
        ("A(b) + B(a) <-> A(b!1).B(a!1) k", "E023", "second is missing"),
        (f"{BIND} k, K", "E023", "a second"),
        (f"{BIND} near(x)", "E010", "no label `x`"),
        (f"{BIND} k DeleteMolecule", "E002", "did you mean"),
        ("%x:A() -> 0 near(x) TotalRate", "E017", "TotalRate"),
        ("%x:A() -> 0 near()", "E017", "local function of x"),
        ("%x:A() -> 0 near(x,x)", "E017", "1 label"),
        ("%x:A() -> 0 k*x", "E016", "label"),
        ("%x:A() + %x:B() -> 0 k", "E011", "%x"),
        (f"{BIND} k include_reactants(3,A(c~p))", "E017", "number 3"),
        (f"{BIND} k include_reactants(0,A(c~p))", "E017", "numbered from 1"),
        (f"{BIND} k TotalRate TotalRate", "E009", "twice"),
        (f"{BIND} k DeleteMolecule", "E002", "DeleteMolecule"),
        ("A(b) <- B(a) k", "E002", "->"),
        (f"{BIND}", "E002", "too early"),
    ],
)
def test_what_makes_no_sense(text: str, code: str, word: str) -> None:
    result = check(model(text, functions=LOCAL))
    errors = [finding for finding in result.diagnostics if finding.severity == "error"]
    assert errors[0].code == code
    assert word in f"{errors[0].message} {errors[0].hint}"


STATELESS = """
begin molecule types
A(b,c~u~p)
end molecule types
begin seed species
A(b,c~u) 10
end seed species
begin observables
Molecules Y A(b~?)
Species Z A(b~?)==0
Molecules W A(b~?),A(c~u)
end observables
begin reaction rules
A(b~?,c~u)->A(b~?,c~p) 1
A(c~u)->A(c~p) 2 exclude_reactants(1,A(b~?))
A(c~p)->A(c~u) 3 include_reactants(1,A(b~?))
A(c~p)<->A(c~u) 0,5 include_products(1,A(b~?))
end reaction rules
"""


def test_a_site_without_states_is_in_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The numbers are those of BNG2.pl 2.9.3, which lets neither pattern of `b~?` match."""
    (tmp_path / "a.bngl").write_text(STATELESS)
    assert main(["import", str(tmp_path / "a.bngl"), "--out", str(tmp_path / "a.mech")]) == 0
    assert capsys.readouterr().err.count("has no states, so `~?` matches nothing here") == 6
    for file in ("a.bngl", "a.mech"):
        out = tmp_path / f"{file}.csv"
        assert (
            main(
                ["run", str(tmp_path / file), "--t-end", "1s", "--points", "2", "--columns", "Y,Z,W", "--out", str(out)]
            )
            == 0
        )
        rows = [line.split(",") for line in out.read_text().splitlines()]
        last = dict(zip(rows[0], map(float, rows[-1]), strict=True))
        assert (last["Y"], last["Z"]) == (0, pytest.approx(10))
        assert last["W"] == pytest.approx(10 * math.exp(-2), rel=1e-4)
