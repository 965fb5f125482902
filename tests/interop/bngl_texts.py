"""Models of our own in BNGL, for the tests of its reader."""

from __future__ import annotations

from mscnet import interop
from mscnet.diagnostics import Source
from mscnet.language import CheckResult
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Structure

RECEPTOR = """\
begin model
begin parameters
    kon   0.01
    koff  10*kon
    kp    1   # per second
end parameters
begin molecule types
    L(r)
    R(l,kin~u~p)
end molecule types
begin seed species
    L(r)        100
    R(l,kin~u)  50
end seed species
begin observables
    Molecules Active R(kin~p)
    Species   Bound  L(r!1).R(l!1)
end observables
begin functions
    rate() = kp*Bound/(1 + Active)
    near(x) = kp*Active(x)
end functions
begin reaction rules
    bind:  L(r) + R(l) <-> L(r!1).R(l!1)  kon, koff
    R(l!+,kin~u) -> R(l!+,kin~p)  rate()
end reaction rules
end model
generate_network({overwrite=>1})
simulate({method=>"ode",t_end=>20,n_steps=>4})
"""


def check(text: str, name: str = "model.bngl") -> CheckResult:
    return interop.read(Source(name, text))


def load(text: str) -> Mechanism:
    result = check(text)
    assert result.mechanism is not None, [(d.code, d.message) for d in result.diagnostics]
    return result.mechanism


def structure(text: str) -> Structure:
    found = load(text).structure
    assert found is not None
    return found


def model(rules: str = "", **blocks: str) -> str:
    """A model of A(b,c~u~p) and B(a), with rules and further blocks, whose names have _ for blanks."""
    before = """\
begin parameters
    k 2
    K 5
end parameters
begin molecule types
    A(b,c~u~p)
    B(a)
end molecule types
begin seed species
    A(b,c~u) 10
    B(a) 20
end seed species
begin observables
    Molecules Atot A()
    Molecules Ap   A(c~p)
end observables
"""
    actions = blocks.pop("actions", "")
    for name, body in (*blocks.items(), ("reaction_rules", rules)):
        shown = name.replace("_", " ")
        before += f"begin {shown}\n{body}\nend {shown}\n"
    return before + actions
