"""Small structures made at random, from which both engines must make the same networks."""

from __future__ import annotations

import random

from mscnet.mechanism.structure import Limits, Structure
from tests.rules.reading import structure

#: Molecule types: equal sites, states, several sites, none.
TYPES = ("A(a,a,b)", "B(a~u~p,b,c)", "C(a~x~y,a~x~y,a~x~y)", "D(b)", "E()", "F(l,r)", "G(s,s,s,s)")


class Maker:
    """Draws one structure."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.types = self.random.sample(TYPES, self.random.randint(2, 4))

    def sites(self, kind: str) -> list[tuple[str, list[str]]]:
        inner = kind[kind.index("(") + 1 : -1]
        return [(name, states) for name, *states in (each.split("~") for each in inner.split(",") if each)]

    def kind(self) -> str:
        return self.random.choice(self.types)

    def seed(self, kind: str) -> str:
        sites = [name + (f"~{self.random.choice(states)}" if states else "") for name, states in self.sites(kind)]
        return f"{kind[: kind.index('(')]}({','.join(sites)})"

    def molecule(self, kind: str, said: dict[int, str]) -> str:
        """A pattern; `said` gives bonds of sites by their position, and others are named at random."""
        parts = []
        for position, (name, states) in enumerate(self.sites(kind)):
            if position not in said and self.random.random() < 0.6:
                continue
            state = f"~{self.random.choice(states)}" if states and self.random.random() < 0.5 else ""
            parts.append(name + state + said.get(position, self.random.choice(["", "!?", "!+", ""])))
        return f"{kind[: kind.index('(')]}({','.join(parts)})"

    def binding(self) -> str:
        one, other = self.kind(), self.kind()
        if not self.sites(one) or not self.sites(other):
            return self.change()
        here = self.random.randrange(len(self.sites(one)))
        there = self.random.randrange(len(self.sites(other)))
        left, right = self.molecule(one, {here: "@@"}), self.molecule(other, {there: "@@"})
        free = f"{left} + {right}".replace("@@", "")
        bound = f"{left}.{right}".replace("@@", "!9")
        arrow = self.random.choice(["<->", "->", "<->"])
        words = self.random.choice(
            ["", "", "", " exclude_reactants(1,D(b!+))", f" include_products(1,{self.kind()[0]}())"]
        )
        return f"{free} {arrow} {bound}" + ("" if arrow == "<->" else words)

    def ring(self) -> str:
        """Two sites of one species bind."""
        kinds = [kind for kind in self.types if len(self.sites(kind)) > 1]
        if not kinds:
            return self.change()
        kind = self.random.choice(kinds)
        name = kind[: kind.index("(")]
        one, other = (self.sites(kind)[at][0] for at in self.random.sample(range(len(self.sites(kind))), 2))
        return f"{name}({one}).{name}({other}) <-> {name}({one}!9).{name}({other}!9)"

    def change(self) -> str:
        kinds = [kind for kind in self.types if any(states for _, states in self.sites(kind))]
        if not kinds:
            return self.source()
        kind = self.random.choice(kinds)
        name, states = next((name, states) for name, states in self.sites(kind) if states)
        bond = self.random.choice(["", "!?", "!+"])
        before, after = (f"{kind[0]}({name}~{state}{bond})" for state in states[:2])
        return f"{before} {self.random.choice(['->', '<->'])} {after}"

    def source(self) -> str:
        return f"0 -> {self.seed(self.kind())}"

    def drain(self) -> str:
        kind = self.kind()
        return f"{self.molecule(kind, {})} -> 0{self.random.choice(['', ' DeleteMolecules'])}"

    def exchange(self) -> str:
        return f"{self.molecule(self.kind(), {})} + {self.kind()[0]}() -> {self.seed(self.kind())} DeleteMolecules"

    def structure(self) -> Structure:
        makers = [
            self.binding,
            self.binding,
            self.binding,
            self.ring,
            self.change,
            self.drain,
            self.source,
            self.exchange,
        ]
        rules = [self.random.choice(makers)() for _ in range(self.random.randint(2, 6))]
        limits = Limits(self.random.randint(2, 5), self.random.choice([4, 6, None]), (), 60, 400)
        if self.random.random() < 0.2:
            limits = Limits(4, None, ((self.types[0][0], 2), (self.types[1][0], 3)), 60, 400)
        return structure(self.types, map(self.seed, self.types), rules, limits=limits)


class PlacedMaker(Maker):
    """The same in compartments: a volume, a surface in it, and the volume inside."""

    PLACES = (("EC", 3, None), ("PM", 2, "EC"), ("CP", 3, "PM"), ("EM", 2, "CP"), ("EV", 3, "EM"))

    def place(self) -> str:
        return self.random.choice(self.PLACES)[0]

    def transport(self) -> str:
        """A molecule, or a whole species, goes to another place."""
        name = self.kind()[0]
        here, there = self.place(), self.place()
        if self.random.random() < 0.4:
            return f"@{here}:{name}() -> @{there}:{name}()"
        return f"{name}()@{here} -> {name}()@{there}{self.random.choice(['', ' MoveConnected'])}"

    def structure(self) -> Structure:
        makers = [self.binding] * 3 + [self.ring, self.change, self.drain, self.transport, self.transport]
        rules = [self.random.choice(makers)() for _ in range(self.random.randint(2, 6))]
        seeds = [f"@{self.place()}:{self.seed(kind)}" for kind in (*self.types, *self.types)]
        limits = Limits(self.random.randint(2, 4), self.random.choice([4, 6]), (), 80, 400)
        return structure(self.types, seeds, rules, self.PLACES, limits)
