"""Parameters, functions and tables of BNGL."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscnet import interop
from mscnet.mechanism.expression import Lookup, evaluate
from tests.interop.bngl_texts import check, load, model

RULE = "A(c~u) -> A(c~p) k"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("3", 3.0),
        ("-2e-3", -2e-3),
        ("2^3^2 - 1", 63.0),
        ("k*K/(k+K)", 10 / 7),
        ("if(k>1 && K<3 || !(k==2), 1, 0)", 0.0),
        ("1 || 0 && 0", 0.0),  # as BNG2.pl 2.9.3 has these
        ("1 && 0 || 1", 1.0),
        ("if(k==2 || K==1 && K==2 && K==5 || 0, 7, 8)", 8.0),
        ("if((k!=3)*(K>=5),4,5)", 4.0),
        ("rint(2.5) + rint(-1.2)", 2.0),
        ("min(k,K,1) + max(k,K)", 6.0),
        ("ln(_e) + log10(100) + log2(8)", 6.0),
        ("sum(1,2,3)/avg(1,2,3)", 3.0),
        ("later*2", 8.0),
    ],
)
def test_what_is_calculated(written: str, value: float) -> None:
    mechanism = load(model(RULE, parameters=f"x {written}\nlater 4"))
    assert mechanism.value_of("x") == pytest.approx(value)


@pytest.mark.parametrize(
    ("a", "b", "z", "value"),
    # M(a+1,b+1,z)/M(a,b,z) from scipy.special.hyp1f1; the second is exact: M(-1,2,-3) = 5/2, so 1/(5/2)
    [
        (1, 2, 3, 1.4381247263158452),
        (-1, 2, -3, 0.4),
        (-20, 5, -30, 0.10628879686195612),
        (0.3, 7, 25, 16.797327063620667),
    ],
)
def test_ratios_of_kummers_functions(a: float, b: float, z: float, value: float) -> None:
    mechanism = load(model(RULE, parameters=f"x mratio({a},{b},{z})"))
    assert mechanism.value_of("x") == pytest.approx(value, rel=1e-12)


def table(text: str, at: float, *, of: str = "time") -> float:
    mechanism = load(model(RULE, functions=f"h() = {text}"))
    return evaluate(mechanism.expression_of("h"), lambda symbol: at if symbol.name == of else float("nan"))


@pytest.mark.parametrize(
    ("at", "straight", "steps"), [(-5.0, 1.0, 1.0), (0.5, 1.5, 1.0), (1.0, 2.0, 2.0), (1.5, 3.0, 2.0), (9.0, 4.0, 4.0)]
)
@pytest.mark.parametrize("index", ["time", "Atot"])
def test_tables(index: str, at: float, straight: float, steps: float) -> None:
    lists = f"tfun([0,1,2],[1,2,4],{index}"
    assert table(f"{lists})", at, of=index) == pytest.approx(straight)
    assert table(f"{lists},method=>'step')", at, of=index) == pytest.approx(steps)
    assert table(f"3*{lists})/2", at, of=index) == pytest.approx(1.5 * straight)


def test_a_table_of_time_is_looked_up() -> None:
    mechanism = load(model(RULE, functions="h() = tfun([0,1],[1,2],time())"))
    assert isinstance(mechanism.expression_of("h"), Lookup)


def test_tables_in_files(tmp_path: Path) -> None:
    (tmp_path / "rates.tfun").write_text("# time rate\n0 1\n1, 2\n\n2 4 # the last\n", encoding="utf-8")
    file = tmp_path / "m.bngl"
    file.write_text(model(RULE, functions="h() = tfun('rates.tfun', time)\ng() = TFUN(Atot,'rates.tfun')"))
    mechanism = interop.load(file)
    assert evaluate(mechanism.expression_of("h"), lambda _: 1.5) == 3.0
    assert evaluate(mechanism.expression_of("g"), lambda _: 0.5) == 1.5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tfun([0,1],[1],time)", "E244"),
        ("tfun([1,0],[1,2],time)", "E244"),
        ("tfun([0],[1],time)", "E244"),
        ("tfun([0,x],[1,2],time)", "E002"),
        ("tfun('../rates.tfun',time)", "E071"),
        ("tfun('/etc/passwd',time)", "E071"),
        ("tfun('none.tfun',time)", "E244"),
        ("tfun([0,1],[1,2],Nobody)", "E010"),
        ("tfun([0,1],[1,2],time,method=>'smooth')", "E090"),
        ("tfun(3)", "E017"),
        ("tfun([0,1],[1,2],", "E002"),
        ("mratio(1,2)", "E017"),
        ("ceil(2)", "E090"),
        ("h()", "E015"),
        ("unknown + 1", "E010"),
        ("exp(1,2)", "E017"),
        ("Atot(x)", "E010"),
    ],
)
def test_faults_of_functions(text: str, code: str) -> None:
    errors = [d for d in check(model(RULE, functions=f"h() = {text}")).diagnostics if d.severity == "error"]
    assert [error.code for error in errors] == [code]
    assert errors[0].span is not None


@pytest.mark.parametrize(
    ("block", "line", "code"),
    [
        ("parameters", "x y", "E010"),
        ("parameters", "x x+1", "E015"),
        ("parameters", "x 1/0", "E018"),
        ("parameters", "x time()", "E016"),
        ("parameters", "x", "E002"),
        ("parameters", "x 1e99999", "E005"),
        ("parameters", "exp 1", "E011"),
        ("functions", "Atot() = 1", "E011"),
        ("functions", "loop(x) = loop(x)", "E015"),
        ("observables", "Molecules k A()", "E011"),
        ("observables", "Counter X A()", "E090"),
        ("seed_species", "A(b,c~p) Atot", "E016"),
        ("seed_species", "A(b,c~p) -1", "E024"),
        ("seed_species", "A(b,c~u) 1", "E011"),
        ("compartments", "C 3 0", "E271"),
        ("compartments", "C 3 1 D", "E270"),
        ("compartments", "C 4 1", "E271"),
    ],
)
def test_faults_of_declarations(block: str, line: str, code: str) -> None:
    errors = [d for d in check(model(RULE, **{block: line})).diagnostics if d.severity == "error"]
    assert [error.code for error in errors] == [code]


def test_local_functions_do_not_blow_up() -> None:
    rows = ["f0(x) = Atot(x)", *(f"f{i}(x) = f{i - 1}(x) + f{i - 1}(x)" for i in range(1, 60))]
    found = check(model("%x:A(c~u) -> %x:A(c~p) f59(x)", functions="\n".join(rows))).diagnostics
    assert {d.code for d in found} == {"E001", "E042"} or {d.code for d in found} == {"E042"}


def test_a_long_chain_of_parameters() -> None:
    rows = [f"x{i} x{i + 1}+1" for i in range(3000)]
    mechanism = load(model(RULE, parameters="\n".join([*rows, "x3000 0"])))
    assert mechanism.value_of("x0") == 3000.0


def test_the_last_value_of_a_parameter_counts_everywhere() -> None:
    """So BNG2.pl 2.9.3 writes k = 3, m = 2*k, z = 2*q."""
    text = "begin parameters\nk 1\nm 2*k\nk 3\nq 2*k\nz 5\nz 2*q\nend parameters\n"
    result = check(text)
    assert result.mechanism is not None
    assert {name: result.mechanism.value_of(name) for name in "kmqz"} == {"k": 3, "m": 6, "q": 6, "z": 12}
    assert [(one.code, one.span and one.span.line) for one in result.diagnostics] == [("W306", 4), ("W306", 7)]
