"""Rules as the tests of network-free simulation have them: counted molecules, and finite networks."""

from __future__ import annotations

#: Names of models with their texts.
MODELS: dict[str, str] = {
    "ligand": """
unit X
units time = s
molecule L(r, r, r)
molecule R(l)
species L(r, r, r) = 8 X
species R(l) = 14 X
bind: L(r) + R(l) <-> L(r!1).R(l!1) @ 0.02 /X/s, 0.3 /s
observable Bound = molecules R(l!+)
observable Single = molecules L(r!+, r, r)
observable Pairs = molecules L(r!+, r!+)
observable Full = species L(r!+, r!+, r!+)
observable Many = species R()>=2
""",
    "signal": """
unit X
units time = s
molecule R(l, d, y~u~p)
molecule L(r)
molecule A(sh, s~u~p)
molecule K()
species R(l, d, y~u) = 10 X
species L(r) = 6 X
species A(sh, s~u) = 5 X
species K() = 3 X
R(l) + L(r) <-> R(l!1).L(r!1) @ 0.1 /X/s, 0.2 /s
R(l!+, d) + R(l!+, d) <-> R(l!+, d!1).R(l!+, d!1) @ 0.2 /X/s, 0.3 /s
trans: R(d!1).R(d!1, y~u) -> R(d!1).R(d!1, y~p) @ 1 /s
R(y~p) -> R(y~u) @ 0.2 /s
R(y~p) + A(sh) <-> R(y~p!1).A(sh!1) @ 0.3 /X/s, 0.5 /s
R(d!1).R(d!1) + A(sh, s~u) -> R(d!1).R(d!1) + A(sh, s~p) @ 0.05 /X/s
K() + A(s~p) -> K() + A(s~u) @ 0.1 /X/s
observable Ligated = molecules R(l!+)
observable Dimers = molecules R(d!1).R(d!1)
observable Active = molecules R(y~p!?)
observable Docked = species A(sh!+)
observable Set = molecules A(s~p)
""",
    "rings": """
unit X
units time = s
molecule A(h, t)
species A(h, t) = 5 X
A(h) + A(t) <-> A(h!1).A(t!1) @ 0.1 /X/s, 0.3 /s
close: A(h).A(t) -> A(h!1).A(t!1) @ 0.2 /s
open: A(h!1).A(t!1) -> A(h).A(t) @ 0.3 /s
option max_agg = 5
observable Bonds = molecules A(h!+)
observable Alone = species A(h, t)
observable Trimers = species A()==3
observable Ring = molecules A(h!1, t!2).A(h!2, t!1)
observable Ends = molecules A(h).A(t)
""",
    "turnover": """
unit X
units time = s
molecule A(b, c~0~1)
molecule B(a, a)
species A(b, c~0) = 4 X
species B(a, a) = 6 X
0 -> A(b, c~0) @ 2 X/s
A(b) + B(a) <-> A(b!1).B(a!1) @ 0.1 /X/s, 0.2 /s
A(c~0, b!+) -> A(c~1, b!+) @ 0.5 /s
A(c~1) -> 0 @ 0.1 /s DeleteMolecules
A(c~0) -> 0 @ 0.05 /s
B(a!1).A(b!1) -> B(a) @ 0.2 /s
B(a, a) -> B(a, a!1).A(b!1, c~1) @ 0.05 /s
pair: A(b!1).B(a!1) + A(b) -> A(b!1).B(a!1) @ 0.02 /X/s
observable As = molecules A()
observable Marked = molecules A(c~1)
observable Bound = molecules A(b!+)
observable Bs = molecules B()
observable Double = species B(a!+, a!+)
""",
    "feedback": """
unit X
units time = s
parameter k = 0.3 /s
molecule G(p, p)
molecule P(g)
molecule M()
species G(p, p) = 3 X
species Q = 2 X
species C = 4 X
species W = 3 X constant
G(p, p) -> G(p, p) + M() @ 1.5 /s
G(p!+) -> G(p!+) + M() @ 0.2 /s
M() -> M() + P(g) @ k/(1 + Free/(10 X))
M() -> 0 @ 0.3 /s
P(g) -> 0 @ 0.1 /s
P(g) + G(p) <-> P(g!1).G(p!1) @ 0.05 /X/s, 0.2 /s
P(g) + Q -> Q + C @ 0.01 /X/s
C + C -> Q @ 0.01 /X/s
W + C -> W + 2 C @ 0.01 /X/s
Q -> 0 rate 0.02*[Q]
observable Free = molecules P(g)
observable Total = molecules P()
observable Messages = molecules M()
observable Held = species G(p!+)
""",
    "energies": """
unit X
units time = s
molecule A(b, c, s~0~1)
molecule B(a, x~0~1)
species A(b, c, s~0) = 6 X
species B(a, x~0) = 5 X
energy pattern A(b!1).B(a!1) = -1
energy pattern A(b!+, s~1) = -1.5
energy pattern A(c!1).A(c!1) = -0.5
energy pattern A(s~1, c!1).A(c!1, s~1) = 0.8
energy pattern A(b!1, c!2).B(a!1, x~1).A(c!2) = -0.7
A(b) + B(a) <-> A(b!1).B(a!1) @ activation(0.5, 2)
A(s~0) <-> A(s~1) @ activation(0.3, 1)
A(c) + A(c) <-> A(c!1).A(c!1) @ activation(0.4, 3)
B(x~0) <-> B(x~1) @ activation(1, 1)
observable Bound = molecules A(b!+)
observable Up = molecules A(s~1)
observable Dimers = species A(c!+)
observable X1 = molecules B(x~1)
observable BothUp = molecules A(s~1, c!1).A(c!1, s~1)
""",
    "locals": """
unit X
units time = s
parameter k = 0.3 /s
molecule A(b, b, c, s~u~p)
molecule B(a)
species A(b, b, c, s~u) = 6 X
species B(a) = 8 X
observable Bound = molecules A(b!+)
observable Up = molecules A(s~p)
observable Pairs = species A(c!+)
observable Full = species A(b!+, b!+)
function f(x) = k*(1 + Bound(x))/(1 + 2*Up(x))
function g(y) = (0.05 /s)*(0.2 + Bound(y))
A(b) + B(a) <-> A(b!1).B(a!1) @ 0.1 /X/s, 0.4 /s
A(c) + A(c) <-> A(c!1).A(c!1) @ 0.1 /X/s, 0.3 /s
%x:A(s~u) -> A(s~p) @ f(x)
A%y(s~p) -> A%y(s~u) @ g(y)
""",
    "restricted": """
unit X
units time = s
molecule A(b, b, c~0~1)
molecule B(a, x~u~p)
species A(b, b, c~0) = 6 X
species B(a, x~u) = 7 X
A(b) + B(a) <-> A(b!1).B(a!1) @ 0.1 /X/s, 0.2 /s
A(c~0) -> A(c~1) @ 0.5 /s include_reactants(1, B(x~p))
A(c~1) -> A(c~0) @ 0.3 /s exclude_reactants(1, B(x~p), A(b, b))
B(x~u) -> B(x~p) @ 0.4 /s exclude_products(1, A(c~1))
B(x~p) -> B(x~u) @ 0.3 /s
A(b!1).B(a!1, x~p) -> A(b) + B(a, x~u) @ 0.2 /s include_products(2, B(x~u))
A() -> 0 @ 0.01 /s
B(x~p) -> 0 rate 0.05 X/s
observable C1 = molecules A(c~1)
observable P = molecules B(x~p)
observable Bound = molecules A(b!+)
observable As = molecules A()
observable Both = species A(b!1, b!2).B(a!1, x~p).B(a!2, x~p)
observable Apart = species A(c~1).B(x~u)
""",
    "context": """
unit X
units time = s
molecule S(k, k, y~u~p, z~u~p)
molecule K(s, a~0~1)
species S(k, k, y~u, z~u) = 5 X
species K(s, a~0) = 4 X
species K(s, a~1) = 4 X
S(k) + K(s) <-> S(k!1).K(s!1) @ 0.1 /X/s, 0.3 /s
S(k!1, y~u).K(s!1, a~1) -> S(k!1, y~p).K(s!1, a~1) @ 0.6 /s
S(k!1, k!2, z~u).K(s!1, a~1).K(s!2, a~0) -> S(k!1, k!2, z~p).K(s!1, a~1).K(s!2, a~0) @ 0.8 /s
S(y~p).K(a~1) -> S(y~u).K(a~0) @ 0.2 /s
S(k!1, k!2).K(s!1, a~0).K(s!2, a~0) -> S(k!1, k!2).K(s!1, a~1).K(s!2, a~1) @ 0.3 /s
S(k!1, k!2).K(s!1).K(s!2) -> S(k, k) + K(s) + K(s) @ 0.1 /s
S(z~p) + K(s, a~0) -> S(z~u) + K(s, a~1) @ 0.05 /X/s
S(k!+, k!+) + S(k, k, y~u) -> S(k!+, k!+) + S(k, k, y~p) @ 0.05 /X/s
S(k!?, z~p) -> S(k!?, z~u) @ 0.1 /s
K(a~1){MatchOnce} -> K(a~0) @ 0.05 /s
observable Y = molecules S(y~p)
observable Z = molecules S(z~p)
observable A1 = molecules K(a~1)
observable Two = molecules S(k!1, k!2).K(s!1).K(s!2)
observable Mixed = molecules S(k!1, k!2).K(s!1, a~0).K(s!2, a~1)
""",
}
