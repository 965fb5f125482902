"""Texts of `n` statements of one kind, right ones and wrong ones: what reading costs must grow as they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Text = Callable[[int], str]


def _each(statement: str, head: str = "", tail: str = "") -> Text:
    """One line for each number `i` (`j` is the next), between a head and a tail."""
    return lambda n: head + "".join(statement.format(i=i, j=i + 1) + "\n" for i in range(n)) + tail


def _joined(piece: str, between: str, frame: str) -> Text:
    """One statement with `n` parts."""
    return lambda n: frame.format(between.join(piece.format(i=i, j=i + 1) for i in range(n)))


_AB = "A -> B @ 0.1 /s\n"
_BENCH = (
    "units time = min, concentration = mM, volume = mL\nA -> B @ 0.1 /min\nsolution S { A = 1 mM }\nsolvent W\n"
    "band A { gaussian center = 371 nm, fwhm = 20 nm, epsilon = 4 /mM/cm }\n"
)
_MEASURED = (
    _BENCH
    + "experiment e(v) for v in 1, 2 mL { mix v S + 1 mL W ; measure od = absorbance(371 nm) every 1 s for 60 s }\n"
)

#: Texts without errors.
RIGHT: Mapping[str, Text] = {
    "reactions": _each("S{i} + E <-> S{j} @ 0.1, 0.2"),
    "reactions with constants by use": _each("S{i} -> S{j} @ k{i}"),
    "reactions without constants": _each("S{i} <-> S{j}"),
    "one reaction again and again": _each("A -> B @ 0.1"),
    "idle reactions": _each("A{i} -> A{i} @ 0.1"),
    "labelled reactions": _each("step{i}: S{i} -> S{j} @ 0.1"),
    "a chain": _joined("S{i}", " -> ", "{}"),
    "a long side": _joined("S{i}", " + ", "{} -> B @ 0.1 order S1"),
    "orders": _each("S{i} -> S{j} @ 0.1 order S{i}^1.5"),
    "catalysts": _each("S{i} -[E, C{i}^0.5]-> S{j} @ 0.1"),
    "whole laws": _each("S{i} -> S{j} rate V*[S{i}]/(Km + [S{i}])", "parameter V = 1, Km = 1 M\n"),
    "species": _each('species S{i} "label" of C{j}H4 = {i} M', _AB),
    "balanced reactions": _each("species S{i} of C2H4, T{i} of C4H8\n2 S{i} -> T{i} @ 0.1"),
    "unused parameters": _each("parameter p{i} = 0.1 ± 0.01 /s in 0.01 .. 1 log", _AB),
    "used parameters": _each("parameter p{i} = 0.1 in 0.01 .. 1 log\nA -> B{i} @ p{i}"),
    "derived values": _each("d{i} = 2*[A] + 1", _AB),
    "a chain of derived values": _each("d{j} = d{i} + 1", _AB + "d0 = 1\n"),
    "a chain backwards": lambda n: _AB + "".join(f"d{i} = d{i + 1} + 1\n" for i in range(n)) + f"d{n} = 1\n",
    "functions": _each("function f{i}(x) = x + {i}\nd{i} = f{i}(2)", _AB),
    "a chain of functions": lambda n: (
        _AB
        + "function f0(x) = x + 1\n"
        + "".join(f"function f{i + 1}(x) = f{i}(x) + 1\n" for i in range(min(n, 150)))
        + "".join(f"d{i} = f{i % min(n, 150)}(1)\n" for i in range(n))
    ),
    "observables": _each('observable o{i} "label" = 2*[A] + [B]', _AB),
    "units": _each("unit u{i} = {j} mM\nspecies S{i} = 2 u{i}", _AB),
    "options": _joined("points = 3", ", ", "A -> B @ 0.1\noption points = 3"),
    "pathways": lambda n: _AB + "".join(f"pathway p{i} {{ B -> C{i} @ {i + 1} }}\n" for i in range(n)),
    "pathways with constants": lambda n: (
        _AB + "".join(f"pathway p{i} {{ B -> C @ k ; C -> D{i} @ 2 }}\n" for i in range(n))
    ),
    "a large pathway": lambda n: _AB + "pathway p {\n" + "".join(f"S{i} -> S{i + 1} @ 0.1\n" for i in range(n)) + "}\n",
    "derived pathways": lambda n: (
        _AB
        + "pathway p0 { s: B -> C @ k1 }\n"
        + "".join(f"pathway p{i + 1} = p0 with {{ k1 = {i + 1} }}\n" for i in range(n))
    ),
    "a chain of derived pathways": lambda n: (
        _AB
        + "pathway p0 { s: B -> C @ k1 }\n"
        + "".join(f"pathway p{i + 1} = p{i} with {{ k1 = {i + 1} }}\n" for i in range(n))
    ),
    "rules": _each("A{i}(b~u) -> A{i}(b~p) @ k{i}"),
    "rules of one molecule": _each("A(s{i}~u) <-> A(s{i}~p) @ 0.1, 0.2"),
    "binding": _each("A(a{i}) + B(b{i}) <-> A(a{i}!1).B(b{i}!1) @ 0.1, 0.2"),
    "a chain of states": lambda n: (
        "species A(s~0) = 1\n" + "".join(f"A(s~{i - 1}) -> A(s~{i}) @ 0.1\n" for i in range(n, 0, -1))
    ),
    "a family of rules": lambda n: f"for n in 1 .. {n} {{ A(s~{{n}}) -> A(s~{{n+1}}) @ k{{n}} }}",
    "molecules": _each("molecule M{i}(a, b~u~p)", tail="M0(a) -> 0 @ k\n"),
    "a molecule of many sites": _joined(
        "s{i}~u~p", ", ", "molecule A({})\nspecies A() = 1\nA(s0~u) -> A(s0~p) @ 0.1\n"
    ),
    "equal sites": _joined("s", ", ", "molecule A({})\nspecies A() = 1\nA(s) + A(s) -> A(s!1).A(s!1) @ 0.1\n"),
    "a large complex": lambda n: (
        "species " + ".".join(f"A(l!{i}, r!{i + 1})" for i in range(n)) + f".B(l!{n}).C(r!0) = 1\nA(x) -> 0 @ 0.1\n"
    ),
    "seeds": _each("species A(s~{i}) = 1", tail="A() -> 0 @ 0.1\n"),
    "counted patterns": _each("observable O{i} = molecules A(s~{i}), A()", tail="0 -> A(s~0) @ 0.1\n"),
    "energies of patterns": _each("energy pattern A(s~{i}) = {i}", tail="A(s~0) <-> A(s~1) @ activation(0.5, 2)\n"),
    "imports of one mechanism": _each('import "michaelis_menten" as m{i}'),
    "families": _each("F{i}[n] -> F{i}[n+1] @ 0.1 for n in 1 .. 3"),
    "a family": lambda n: f"F[n] -> F[n+1] @ 0.1 for n in 1 .. {n}",
    "a family of blocks": lambda n: f"for n in 1 .. {n} {{ species G{{n}} = n mM ; G{{n}} -> B @ 0.1*n }}",
    "a family of names": _joined("X{i}", ", ", "for E in {} {{ species P{{E}} = 1 M ; P{{E}} -> Q @ k{{E}} }}"),
    "a family of values": lambda n: f"A -> B @ k[3]\nparameter k[n] = n in 0 .. 10*n for n in 1 .. {n}",
    "a sum over a family": lambda n: (
        f"F[n] -> F[n+1] @ 0.1 for n in 1 .. {n}\nobservable m = sum([F[n]]*n for n in 1 .. {n})"
    ),
    "equilibria": _each("S{i} <-> T{i} @ 0.1, K = 12"),
    "loops": _each("A{i} <-> B{i} @ 1, 2\nB{i} <-> C{i} @ 3, 4\nC{i} <-> A{i} @ 2, 3"),
    "energies": _each("species S{i} gibbs = -{j} kJ/mol\nS{i} <-> S{j} @ 0.1", "temperature = 300 K\n"),
    "bonds": _each("species S{i} bonds 2 Cd-X{i}\nbond Cd-X{i} = 100 ± 15 kJ/mol\nS{i} -> B @ 0.1"),
    "events": _each("at t = {j} s {{ A += 1 M }}", _AB),
    "times of an event": _joined("{i} s", ", ", "A -> B @ 0.1\nat t = {} {{ A += 1 M }}"),
    "conditions": _each("when [A] < {j} M {{ B += 1 M }}", _AB),
    "programs": _each("d{i} = pulse({j} s, 1 s, 2 M)", _AB),
    "solutions": _each("solution S{i} {{ A = {j} mM }}", _AB),
    "solvents": _each("solvent w{i}", _AB),
    "media": _each("solvent w{i}\nin w{i} {{ k = {j} /s }}", "A -> B @ k\n", "k = 1 /s\n"),
    "experiments": _each("experiment e{i} {{ mix 1 mL S ; measure [A] every 1 s for 60 s }}", _BENCH),
    "a chain of experiments": lambda n: (
        _BENCH
        + "experiment e0 { mix 1 mL S }\n"
        + "".join(f"experiment e{i + 1} from e{i} {{ hold 1 s }}\n" for i in range(n))
    ),
    "steps": lambda n: _BENCH + "experiment e { mix 1 mL S\n" + "add 1 mL W ; hold 1 s\n" * min(n, 4000) + "}\n",
    "bands": _each("A -> B{i} @ 0.1\nband B{i} {{ gaussian center = 371 nm, fwhm = 20 nm, epsilon = 4 /mM/cm }}"),
    "shapes": lambda n: _AB + "band A {\n" + "gaussian center = 371 nm, fwhm = 20 nm, epsilon = 4 /mM/cm\n" * n + "}\n",
    "data": _each('data e "f{i}.csv" as csv {{ od = "c" }}', _MEASURED),
    "facts": lambda n: (
        _MEASURED
        + "expect e {\n"
        + "".join(f"max(od) < {i + 1} ; od increases over 0 .. {i + 1} s\n" for i in range(n))
        + "}\n"
    ),
    "expect blocks": _each("expect e {{ max(od) < {j} }}", _MEASURED),
    "comments": _each("# comment {i}", _AB),
    "a long sum": _joined("[A]", " + ", "A -> B @ 0.1\nd = {}"),
    "a long product": _joined("0.5", "*", "A -> B @ 0.1\nd = {}"),
    "names that are units": _each("species s{i} = 1 ; s{i} -> mM @ 0.1"),
    "declared and unused beside used": _each("species Sulphur{i}\nSulfur{i} -> B @ 0.1"),
    "parameters meant": _each("parameter kforward{i} = 1\nA -> B{i} @ kforwad{i}"),
}

#: Texts with an error, or about one, in each statement.
WRONG: Mapping[str, Text] = {
    "unknown molecules": _each("B{i}(x) -> 0 @ 0.1", "molecule A(b)\n"),
    "unknown states": _each("A(b~s{i}) -> 0 @ 0.1", "molecule A(b~u~p)\n"),
    "bonds of one end": _each("A(b!{j}) -> 0 @ 0.1"),
    "rules that nothing sets off": _each("A(b~s{i}) -> A(b~s{j}) @ 0.1", "species A(b~u) = 1\n"),
    "unbalanced reactions": _each("species S{i} of C{j}H4, T{i} of C2H6O\nS{i} -> T{i} @ 0.1"),
    "unbalanced, many species": _each(
        "species A{i} of C6H12O6, B{i} of CO2, C{i} of H2O, D{i} of C2H6O, E{i} of N2H4\n"
        "A{i} + B{i} -> C{i} + D{i} + E{i}"
    ),
    "unbalanced sizes": _each("species S{i} of Cd[n]Te[n], T{i} of Cd[n]Te[2n]\nS{i} -> T{i} @ 0.1"),
    "unbalanced charges": _each("species S{i} of Ca^2+, T{i} of Ca^3+\nS{i} -> T{i} @ 0.1"),
    "a long unbalanced side": lambda n: (
        "".join(f"species S{i} of C{i + 1}H{i + 3}\n" for i in range(n))
        + " + ".join(f"S{i}" for i in range(n))
        + " -> S0 @ 0.1\n"
    ),
    "unknown names": _each("d{i} = 2*unknown{i}", _AB),
    "unknown among many": _each("parameter kappa{i} = 1\nd{i} = 2*kapa{i}", _AB),
    "unknown species": _each("observable o{i} = [Q{i}]", _AB),
    "unknown units": _each("species S{i} = 1 mMM{i}", _AB),
    "unknown functions": _each("d{i} = hil{i}(2)", _AB),
    "unknown options": _each("option t_ned{i} = 1", _AB),
    "wrong dimensions": _each("d{i} = [A] + 1 s", _AB),
    "wrong constants": _each("A -> B{i} @ 0.1 M"),
    "declared again": _each("species A = 1", _AB),
    "parameters again": _each("parameter k = 1", "A -> B @ k\n"),
    "labels again": _each("s: A -> B{i} @ 0.1"),
    "rings": _each("a{i} = b{i}\nb{i} = a{i}", _AB),
    "a ring": lambda n: _AB + "".join(f"b{i} = b{(i + 1) % n} + 1\n" for i in range(n)),
    "no products": _each("S{i} ->"),
    "broken statements": _each("parameter p{i} = = 1", _AB),
    "broken pathways": _each("pathway p{i} {{ A -> }}", _AB),
    "open brackets": _each("d{i} = (1 + 2", _AB),
    "open braces": _each("pathway p{i} {{ A -> B", _AB),
    "closed braces": _each("A -> B @ 0.1 }}"),
    "strange characters": _each("d{i} = 1 $ 2", _AB),
    "double stars": _each("d{i} = 2**3", _AB),
    "foreign arrows": _each("A{i} => B{i} ; k{i}"),
    "quotes": _each('species S{i} "open', _AB),
    "wrong families": _each("F{i}[n] -> F{i}[n/2] @ 0.1 for n in 1 .. 9"),
    "a wrong family": lambda n: f"F[n] -> F[n/2] @ 0.1 for n in 1 .. {n}",
    "a family with an unknown name": lambda n: (
        f"F[n] -> F[n+1] @ 0.1 for n in 1 .. {n}\nobservable o{{n}} = [G[n]] for n in 1 .. {n}"
    ),
    "a family of one name": lambda n: f"for n in 1 .. {n} {{ species A = 1 }}\nA -> B @ 0.1",
    "an unbalanced family": lambda n: (
        f"species F[n] of C[2n]H[n] for n in 1 .. {n} + 1\nF[n] -> F[n+1] @ 0.1 for n in 1 .. {n}"
    ),
    "twice in a family": lambda n: f"F[1] -> F[2] @ 0.1 for n in 1 .. {n}",
    "pairs twice": lambda n: f"F[n] + F[m] -> G[n+m] @ 0.1 for n in 1 .. {int(n**0.5)}, m in 1 .. {int(n**0.5)}",
    "imports that are not there": _each('import "nowhere{i}" as m{i}', _AB),
    "imports that declare the same": _each('import "michaelis_menten"\nspecies S{i}'),
    "wrong pathways": _each("pathway p{i} = q{i} without s", _AB),
    "wrong events": _each("at t = 1 s {{ Q{i} = 1 }}", _AB),
    "wrong conditions": _each("when [A] < 1 s {{ A = {i} }}", _AB),
    "wrong solutions": _each("solution S{i} {{ Q{i} = 1 mM }}", _AB),
    "wrong experiments": _each("experiment e{i} {{ mix 1 mL Q{i} ; measure [Z] }}", _BENCH),
    "wrong steps": lambda n: _BENCH + "experiment e {\n" + "".join(f"hodl {i} s\n" for i in range(n)) + "}\n",
    "wrong shapes": lambda n: _AB + "band A {\n" + "".join(f"gausian{i} center = 1 nm\n" for i in range(n)) + "}\n",
    "wrong settings": lambda n: _AB + "instrument {\n" + "".join(f"nois{i} = 1\n" for i in range(n)) + "}\n",
    "wrong facts": lambda n: _MEASURED + "expect e {\n" + "".join(f"max(ot{i}) < 1 s\n" for i in range(n)) + "}\n",
    "wrong data": _each('data q{i} "../f.csv"', _AB),
    "wrong energies": _each("species S{i} gibbs = -{j} s", _AB),
    "wrong bonds": _each("species S{i} bonds Cd-Q{i}\nS{i} -> A @ 0.1", _AB),
    "violated loops": _each("A{i} <-> B{i} @ 1, 2\nB{i} <-> C{i} @ 3, 4\nC{i} <-> A{i} @ 2, 3"),
    "one large loop": lambda n: "".join(f"A{i} <-> A{(i + 1) % n} @ 1, 2\n" for i in range(n)),
    "ladders": _each("A{i} <-> A{j} @ 1, 2\nB{i} <-> B{j} @ 1, 2\nA{i} <-> B{i} @ 3, 4"),
    "later words": _each("molecule M{i}(a)"),
    "wrong coefficients": _each("(n{i}) A -> B{i} @ 0.1"),
    "zero divisions": _each("d{i} = 1/0", _AB),
    "numbers out of range": _each("d{i} = 1e400", _AB),
    "brackets by kind": _each("d{i} = [A)", _AB),
}
