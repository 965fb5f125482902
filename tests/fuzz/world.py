"""What a made-up program is about: its units, names by kind, and numbers that fit."""

from __future__ import annotations

from random import Random

TIMES = ("s", "min", "h", "ms")
LEVELS = ("M", "mM", "uM", "µM", "nM")
#: Names that look like other things: units, words of the language, functions, numbers.
AWKWARD = (
    "s", "M", "min", "t1", "e1", "E5", "order", "rate", "of", "constant", "log", "fixed", "linear", "by", "step", "to",
    "once", "times", "table1", "mod", "gibbs", "bonds", "bond", "K", "R", "kB", "k1", "k1r", "r1", "µ", "λ_1", "Größe",
    "名前", "é", "x_", "inf", "nan", "pi", "exp1", "N", "from_", "similar", "is", "over", "weight", "all", "use",
)  # fmt: skip
WORDS = ("CdTe_PC", "CdSe_MF", "CdTeSe_PC399", "OTA", "Glc", "ATP", "ADP", "E", "S", "ES", "P", "NO2", "O3", "HO2", "X")
FORMULAS = (
    "Cd[n]Te[n]",
    "Cd[2n]Te[2n]",
    "C8H19N",
    "H2O",
    "(NH4)2SO4",
    "NH4^+",
    "SO4^2-",
    "LigCd[n]",
    "Te[n-m]",
    "C2H6",
)


class World:
    """One program in the making: its statements so far, and what they may speak of."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.time, self.level = random.choice(TIMES), random.choice(LEVELS)
        self.lines: list[str] = []
        self.species: list[str] = []
        #: Parameters by what they are: ``"constant1"`` (of the first order), ``"level"``, ``"time"``, ``"pure"`` …
        self.parameters: dict[str, list[str]] = {}
        #: Species that a statement declares, once.
        self.described: set[str] = set()
        self.labels: list[str] = []
        self.pathways: list[str] = []
        self.functions: list[tuple[str, int]] = []
        self.observables: list[str] = []
        self.solutions: list[str] = []
        self.solvents: list[str] = []
        self.liquids: list[str] = []
        self.bands: list[str] = []
        #: Experiments: name, variables, readings.
        self.experiments: list[tuple[str, list[str], list[str]]] = []
        self.heated = self.voluminous = False
        self._count = 0

    # --- drawing ---

    def chance(self, share: float = 0.5) -> bool:
        return self.random.random() < share

    def one(self, *choices: str) -> str:
        return self.random.choice(choices)

    def some(self, pool: list[str], low: int = 1, high: int = 3) -> list[str]:
        return [self.random.choice(pool) for _ in range(self.random.randint(low, high))]

    def fresh(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def a_species(self) -> str:
        if len(self.species) < 3 or (len(self.species) < 12 and self.chance(0.3)):
            name = self.random.choice(WORDS) if self.chance() else self.fresh(self.one("A", "B", "X", "Int_"))
            if self.chance(0.03):
                name = self.random.choice(AWKWARD)
            if self.chance(0.04):
                name = self.one("H^+", "OH^-", "Ca^2+", "EDTA^4-")
            if name not in self.species:
                self.species.append(name)
            return name
        return self.random.choice(self.species)

    def plain_species(self) -> str:
        """One without a charge."""
        found = [name for name in self.species if "^" not in name]
        if not found:
            self.species.append("A")
            self.lines.append("species A")
            self.described.add("A")
            return "A"
        return self.random.choice(found)

    # --- numbers ---

    def number(self) -> str:
        r = self.random
        return r.choice(
            (
                str(r.randint(1, 30)),
                f"{r.uniform(0.01, 10):.3g}",
                f"{r.uniform(1, 10):.2g}e{r.randint(-4, 4)}",
                "0.5",
                "1",
            )
        )

    def whole(self, low: int = 1, high: int = 6) -> str:
        return str(self.random.randint(low, high))

    def duration(self) -> str:
        return f"{self.number()} {self.one(self.time, self.time, 's', 'min', 'h', 'ms')}"

    def amount(self) -> str:
        """A concentration."""
        if self.chance(0.15):
            return self.number()
        return f"{self.number()} {self.one(self.level, self.level, 'mM', 'M', 'uM', 'mol/L')}"

    def volume(self) -> str:
        return f"{self.number()} {self.one('mL', 'uL', 'L', 'mL')}"

    def per_time(self) -> str:
        unit = self.one(self.time, "s", "min")
        return self.number() + (f" /{unit}" if self.chance(0.8) else f" {unit}^-1")

    def rate_unit(self, order: int) -> str:
        """The unit of a rate constant of an order."""
        level, time = self.one(self.level, "M"), self.one(self.time, "s")
        return f"{level}/{time}" if order == 0 else ("/" + level) * (order - 1) + "/" + time

    def constant(self, order: int) -> str:
        """A rate constant of mass action: a number, a name, or something of both."""
        r = self.random.random()
        if r < 0.3:
            unit = " " + self.rate_unit(order) if self.chance(0.7) else ""
            return self.number() + unit
        if r < 0.75:
            name = self.parameter(f"constant{order}")
            return name if self.chance(0.8) else f"{self.number()}*{name}"
        if r < 0.85:
            return f"{self.parameter(f'constant{order}')}*{self.factor()}"
        return self.fresh("k")  # a parameter by use

    def parameter(self, kind: str) -> str:
        """A parameter of a kind, declared now or before."""
        known = self.parameters.setdefault(kind, [])
        if not known or (len(known) < 3 and self.chance(0.3)):
            name = self.fresh(self.one("k", "p", "par_", "κ"))
            known.append(name)
            self.lines.append(self.declared(name, kind))
        return self.random.choice(known)

    def declared(self, name: str, kind: str) -> str:
        order = int(kind[8:]) if kind.startswith("constant") else 0
        unit = {
            "level": self.level, "time": self.time, "per_time": "/" + self.time, "pure": "", "energy": "kJ/mol",
            "temperature": "K", "volume": "mL", "absorptivity": f"/{self.level}/cm",
        }.get(kind, self.rate_unit(order))  # fmt: skip
        unit = " " + unit if unit and self.chance(0.8) else ""
        if self.chance(0.05):
            return f"{name} = {self.number()}{unit}"
        text = f"parameter {name} = {self.number()}"
        text += f" {self.one('±', '+-', '+/-')} {self.number()}" if self.chance(0.15) else ""
        text += unit
        text += " in 1e-6 .. 1e6" + self.one("", " log", " linear") if self.chance(0.3) else ""
        text += " fixed" if self.chance(0.05) else ""
        return text + (' "a note"' if self.chance(0.15) else "")

    # --- expressions ---

    def factor(self, depth: int = 2) -> str:
        """A pure number in any form."""
        x = self.plain_species()
        d = depth - 1
        simple = (
            lambda: self.number(),
            lambda: self.parameter("pure"),
            lambda: f"([{x}]/({self.amount()}))",
            lambda: f"(time/({self.duration()}))",
        )
        if depth <= 0:
            return self.random.choice(simple)()
        deep = (
            lambda: f"exp(-{self.factor(d)})",
            lambda: f"(1 + {self.factor(d)}*{self.factor(d)})",
            lambda: f"{self.one('tanh', 'sin', 'cos', 'abs', 'sqrt', 'log10', 'floor')}({self.factor(d)})",
            lambda: f"if({self.condition()}, {self.factor(d)}, {self.factor(d)})",
            lambda: f"{self.one('min', 'max')}({self.factor(d)}, {self.factor(d)})",
            lambda: f"({self.factor(d)})^{self.one('2', '0.5', '-1', '(1/2)')}",
            lambda: self.called(d),
            lambda: self.program(self.factor(0), self.factor(0)),
        )
        return self.random.choice((*simple, *deep))()

    def called(self, depth: int) -> str:
        if not self.functions:
            return self.factor(0)
        name, count = self.random.choice(self.functions)
        return f"{name}({', '.join(self.factor(depth - 1) for _ in range(count))})"

    def condition(self) -> str:
        sign = self.one("<", ">", "<=", ">=")
        if self.chance(0.3):
            return f"{self.one('t', 'time')} {sign} {self.duration()}"
        return f"[{self.plain_species()}] {sign} {self.amount()}"

    def concentration(self) -> str:
        """An expression with the dimension of a concentration."""
        x = self.a_species()
        return self.random.choice(
            (
                lambda: f"[{x}]",
                lambda: f"{self.number()}*[{x}]",
                lambda: f"[{x}] + {self.number()}*[{self.a_species()}]",
                lambda: f"sum([{self.plain_species()}]*n for n in 1 .. 3)",
                lambda: f"{self.parameter('level')}*{self.factor(1)}",
                lambda: f"max([{x}], {self.amount()})",
            )
        )()

    def program(self, a: str, b: str) -> str:
        """A program of time between two values that are alike."""
        first, last = self.duration(), self.duration()
        return self.random.choice(
            (
                f"ramp({first}, {first} + {last}, {a}, {b})",
                f"step({first}, {a}, {b})",
                f"pulse({first}, {last}, {a})",
                f"pulse({first}, 1 s, {a}, 5 {self.time})",
            )
        )

    def note(self) -> str:
        return self.one("", "", "", ' "a note"', ' "§ 3 # {x}; ≡"')
