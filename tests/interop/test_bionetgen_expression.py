"""BioNetGen's expressions against values worked out by hand, and what they refuse."""

from __future__ import annotations

import math

import pytest

from mscnet.interop.bionetgen_expression import read_expression
from mscnet.interop.faults import Fault
from mscnet.mechanism.expression import Expression, Symbol, evaluate

VALUES = {"a": 2.0, "b": -3.0, "k1": 0.5, "time": 10.0}


def resolve(name: str, start: int, end: int) -> Expression:
    if name not in VALUES:
        raise Fault("E010", f"unknown `{name}`", start, end)
    return Symbol(name, "parameter")


def value(text: str) -> float:
    return evaluate(read_expression(text, 0, resolve), lambda symbol: VALUES[symbol.name])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1+2*3-4/2/2", 6),
        ("-2^2+10", 6),
        ("2^3^2", 512),
        ("2**3", 8),
        ("2^-1", 0.5),
        ("a*-b", 6),
        ("10-3-2", 5),
        ("1e3*2.5E-1*.5*2.", 250),
        ("(a+b)*k1", -0.5),
        ("if(1<2&&2>3||4>=4,7,8)", 7),
        ("if(2!=1,1,2)", 1),
        ("if(a==2,1,0)", 1),
        ("if(a~=2,1,0)", 0),
        ("if(a,5,6)", 5),
        ("if(0,5,6)", 6),
        ("if(!(a>3),1,2)", 1),
        ("(a>1)*4", 4),
        ("(a>1)+(b>1)+1", 2),
        ("(1<2)==(3<4)", 1),
        ("max(1,a,b)", 2),
        ("min(1,a,b)", -3),
        ("max(4)", 4),
        ("sum(1,2,3)", 6),
        ("avg(1,2,6)", 3),
        ("abs(b)+sqrt(16)+exp(0)", 8),
        ("ln(exp(2))", 2),
        ("log10(1000)", 3),
        ("log2(8)", 3),
        ("asinh(-1e9)", math.asinh(-1e9)),
        ("acosh(3)", math.acosh(3)),
        ("atanh(0.2)", math.atanh(0.2)),
        ("_pi", math.pi),
        ("2*_e", 2 * math.e),
        ("time()+time", 20),
    ],
)
def test_values(text: str, wanted: float) -> None:
    assert value(text) == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "E002", (0, 1)),
        ("1+", "E002", (1, 2)),
        ("1 2", "E002", (2, 3)),
        ("(1", "E002", (1, 2)),
        ("1)", "E002", (1, 2)),
        ("a*;b", "E002", (2, 3)),
        ("a*$b", "E002", (2, 3)),
        ("a*q", "E010", (2, 3)),
        ("a*exq(1)", "E010", (2, 5)),
        ("1e999", "E005", (0, 5)),
        ("sqrt(1,2)", "E017", (0, 9)),
        ("if(1,2)", "E017", (0, 7)),
        ("1+max()", "E017", (2, 7)),
        ("ceil(2.5)", "E090", (0, 9)),
        ("a(1)", "E090", (0, 4)),
        ("(" * 300 + "1" + ")" * 300, "E004", (100, 101)),
    ],
)
def test_faults_and_their_places(text: str, code: str, place: tuple[int, int]) -> None:
    with pytest.raises(Fault) as caught:
        read_expression(text, 0, resolve)
    assert (caught.value.code, caught.value.start, caught.value.end) == (code, *place)


def test_a_long_sum_is_no_deep_tree() -> None:
    assert value("+".join(["1"] * 5000)) == 5000
