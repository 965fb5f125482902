"""The features of the language, one function each: every one adds something valid to a model in the making.

A later feature plugs in by a function of its own in `FEATURES` (and, for a new kind of statement, a dataclass
in `model` and its spelling in `render`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from tests.strategies.builder import Builder
from tests.strategies.model import (
    Amount,
    Apply,
    Arrow,
    Call,
    Definition,
    Expr,
    Function,
    If,
    Level,
    Name,
    Number,
    Observable,
    Option,
    Pathway,
    Power,
    Reaction,
    Term,
    minus,
    over,
    plus,
    times,
)
from tests.strategies.spelling import KELVIN, LEVEL, PER_TIME, PURE, RATE, TIME, Dim

Feature = Callable[[Builder], None]
Side = tuple[Term, ...]

_ONE = Fraction(1)


# --- reactions ---------------------------------------------------------------------------------------


def order_of(side: Side) -> Fraction:
    return sum((t.coefficient for t in side if isinstance(t.coefficient, Fraction)), Fraction(0))


def constant_dim(order: Fraction) -> Dim:
    """Dimension of the rate constant of a mass action of this order."""
    return RATE.times(LEVEL, -order)


def _side(b: Builder, low: int = 1, high: int = 2) -> Side:
    return tuple(Term(b.species(), Fraction(b.one_of(1, 1, 2))) for _ in range(b.count(low, high)))


def _reaction(b: Builder, sides: tuple[Side, ...], arrows: tuple[Arrow, ...]) -> Reaction:
    """Mass action along arrows, with a constant for every direction."""
    laws: list[Expr] = []
    for i, arrow in enumerate(arrows):
        extra = sum((order for _, order in arrow.catalysts), Fraction(0))
        both = {"forward": (i,), "backward": (i + 1,), "both": (i, i + 1)}[arrow.direction]
        laws += [b.constant(constant_dim(order_of(sides[from_]) + extra)) for from_ in both]
    return Reaction(sides, arrows, tuple(laws), label=b.label(), note=b.note())


def _arrow(b: Builder) -> Arrow:
    return Arrow(b.one_of("forward", "forward", "both", "backward"))


def plain_reaction(b: Builder) -> None:
    """``2 A + B -> C @ k``, irreversible or not, in either direction."""
    b.react(_reaction(b, (_side(b), _side(b)), (_arrow(b),)))


def chain(b: Builder) -> None:
    """``E + S <-> ES -> E + P @ kon, koff, kcat``."""
    arrows = tuple(_arrow(b) for _ in range(b.count(2, 3)))
    b.react(_reaction(b, tuple(_side(b) for _ in range(len(arrows) + 1)), arrows))


def source_or_sink(b: Builder) -> None:
    """``0 -> A @ 1 mM/min``, ``A -> ∅ @ k``."""
    sides: tuple[Side, Side] = ((), _side(b, 1, 1)) if b.chance() else (_side(b, 1, 1), ())
    b.react(_reaction(b, sides, (Arrow(b.one_of("forward", "both", "backward")),)))


def autocatalysis(b: Builder) -> None:
    """``A + B -> 2 B``; a species that stands twice on a side."""
    a, c = b.species(), b.species()
    once, twice = (Term(a), Term(c)), (Term(c), Term(c))
    b.react(_reaction(b, (once, twice), (_arrow(b),)))


def catalysts(b: Builder) -> None:
    """``A -[OTA^0.5]-> B @ k``."""
    names = tuple(dict.fromkeys(b.species() for _ in range(b.count(1, 2))))
    orders = tuple((name, b.one_of(_ONE, _ONE, Fraction(2), Fraction(1, 2))) for name in names)
    arrow = Arrow(b.one_of("forward", "both", "backward"), orders)
    b.react(_reaction(b, (_side(b), _side(b)), (arrow,)))


def other_orders(b: Builder) -> None:
    """``A + B -> C @ k order A^1.5 B``, also with orders in a parameter, and with broken coefficients."""
    reactants = tuple(Term(b.species(), b.one_of(_ONE, Fraction(1, 2), Fraction(3, 2))) for _ in range(2))
    names = tuple(dict.fromkeys([*(t.species for t in reactants), b.species()]))
    powers: list[tuple[str, Fraction | Expr]] = []
    total = Fraction(0)
    for name in names:
        power = b.one_of(_ONE, Fraction(1, 2), Fraction(3, 2), Fraction(2), Fraction(1, 3))
        if power == 2 and b.chance():
            n = b.whole_parameter()
            powers.append((name, b.one_of(n, plus(n, Number(_ONE)))))
            total += b.parameters[n.id].value.value + (0 if powers[-1][1] == n else 1)
        else:
            powers.append((name, power))
            total += power
    law = b.constant_by_use(constant_dim(total))
    b.react(Reaction((reactants, _side(b)), (Arrow(),), (law,), orders=(tuple(powers),), label=b.label()))


def symbolic_coefficient(b: Builder) -> None:
    """``(n+1) A -> B @ k``."""
    n = b.whole_parameter(1, 2)
    count = b.parameters[n.id].value.value + 1
    reactant = Term(b.species(), plus(n, Number(_ONE)))
    law = b.constant_by_use(constant_dim(count))
    b.react(Reaction(((reactant,), _side(b)), (Arrow(),), (law,), label=b.label()))


# --- whole rate laws ---------------------------------------------------------------------------------


def _full(b: Builder, law: Expr, reactant: str, product: str) -> None:
    sides = ((Term(reactant, b.one_of(_ONE, Fraction(1, 2), Fraction(2))),), (Term(product),))
    b.react(Reaction(sides, (Arrow(),), (law,), full=True, label=b.label(), note=b.note()))


def michaelis_menten(b: Builder) -> None:
    """``S -> P rate Vmax*[S]/(Km + [S])``."""
    s = Level(b.species())
    _full(b, over(times(b.rate(), s), plus(b.level_scale(), s)), s.species, b.species())


def hill(b: Builder) -> None:
    """A function of the file, with an exponent that is a parameter."""
    x, scale, n = (b.fresh("a") for _ in range(3))
    part = Power(Name(x), Name(n))
    function = Function(b.fresh("f"), (x, scale, n), over(part, plus(Power(Name(scale), Name(n)), part)))
    b.statements.append(function)
    s = Level(b.species())
    exponent = b.exponent() if b.chance() else Number(Fraction(5, 2))
    law = times(b.rate(), Apply(function.id, (s, b.level_scale(), exponent)))
    _full(b, law, s.species, b.species())


def time_law(b: Builder) -> None:
    """A rate that depends on time, and on a condition."""
    late, early = b.rate(), times(b.rate(), b.factor())
    moment = b.amount(TIME)
    assert moment is not None
    law: Expr = If(b.one_of("<", "<=", ">", ">="), Name("time"), moment, early, late)
    if b.chance():
        s = Level(b.species())
        law = If(b.one_of("<", ">"), s, b.level_scale(), early, law)
    _full(b, law, b.species(), b.species())


def power_law(b: Builder) -> None:
    """``rate k*[A]^2*sqrt([B]/K)``."""
    s = Level(b.species())
    root = Call(b.one_of("sqrt", "tanh", "abs"), (over(Level(b.species()), b.level_scale()),))
    _full(b, times(b.parameter(constant_dim(Fraction(2))), Power(s, Number(Fraction(2))), root), s.species, b.species())


def net_law(b: Builder) -> None:
    """``S <-> P rate kf*[S] - kr*[P]``: one law for both directions."""
    s, p = b.species(), b.species()
    law = minus(times(b.number(PER_TIME), Level(s)), times(b.number(PER_TIME), Level(p)))
    b.react(Reaction(((Term(s),), (Term(p),)), (Arrow("both"),), (law,), full=True, net=True, label=b.label()))


def heat(b: Builder) -> None:
    """``temperature = 298.15 K`` and a law that needs it."""
    value = b.amount(KELVIN)
    if value is None or any(getattr(s, "id", None) == "temperature" for s in b.statements):
        return
    b.statements.append(Definition("temperature", value, KELVIN))
    barrier = over(b.number(KELVIN), Name("temperature"))
    law = times(b.parameter(PER_TIME), over(Number(_ONE), plus(Number(_ONE), barrier)))
    b.react(Reaction((_side(b, 1, 1), _side(b)), (Arrow(),), (_per(law, b),), full=True, label=b.label()))


def _per(law: Expr, b: Builder) -> Expr:
    return times(law, Level(b.species()))


# --- the rest ----------------------------------------------------------------------------------------


def observables(b: Builder) -> None:
    """``observable total = [A] + 2*[B]``."""
    kind = b.count(0, 2)
    total = plus(Level(b.species()), times(Number(Fraction(2)), Level(b.species())))
    expression: Expr = total
    dim = LEVEL
    if kind == 1:
        expression, dim = over(total, b.level_scale()), PURE
    if kind == 2:
        expression = plus(total, b.amount(LEVEL, may_be_bare=True) or Level(b.species()))
    b.statements.append(Observable(b.fresh("o"), expression, dim, b.note()))


def derived_chain(b: Builder) -> None:
    """Derived values that need each other."""
    first = b.define(over(b.parameter(PER_TIME), Number(Fraction(12))), PER_TIME)
    second = b.define(plus(first, b.number(PER_TIME)), PER_TIME)
    b.react(Reaction((_side(b, 1, 1), _side(b)), (Arrow(),), (times(second, Level(b.species())),), full=True))


def balanced(b: Builder) -> None:
    """Species with compositions, of known and unknown size, in reactions that balance."""
    size, k = b.one_of("n", "m"), b.count(1, 4)
    small, big, bigger = (b.fresh("C") for _ in range(3))
    unit = b.one_of("CdTe", "C8H19N", "(CdSe)2H", "ZnS")
    b.declare_species(small, unit)
    b.declare_species(big, f"({unit})[{size}]")
    b.declare_species(bigger, f"({unit})[{size}+{k}]")
    sides: tuple[Side, Side] = ((Term(big), Term(small, Fraction(k))), (Term(bigger),))
    b.react(_reaction(b, sides, (_arrow(b),)))


def options(b: Builder) -> None:
    """``option t_end = 240 min, points = 241``."""
    taken = {s.name for s in b.statements if isinstance(s, Option)}
    choices: dict[str, Amount | Fraction | str] = {
        "t_end": b.amount(TIME) or _ONE,
        "points": Fraction(b.count(2, 300)),
        "rtol": Fraction(1, 10**6),
        "method": b.one_of("auto", "bdf", "lsoda"),
        "mass_action": b.one_of("power", "combinatorial"),
    }
    name = b.one_of(*choices)
    if name not in taken:
        b.statements.append(Option(name, choices[name]))


def pathways(b: Builder) -> None:
    """Alternatives, each with reactions of its own."""
    if any(isinstance(s, Pathway) for s in b.statements):
        return
    names = []
    label = b.fresh("step")
    for _ in range(b.count(1, 3)):
        inner = [_reaction(b, (_side(b), _side(b)), (_arrow(b),)) for _ in range(b.count(1, 2))]
        inner[0] = _named(inner[0], label)
        names.append(b.fresh("way"))
        b.statements.append(Pathway(names[-1], tuple(inner), b.note()))
    if b.chance():
        b.statements.append(Option("pathway", b.one_of(*names)))


def _named(reaction: Reaction, label: str) -> Reaction:
    return replace(reaction, label=label)


FEATURES: tuple[Feature, ...] = (
    plain_reaction,
    chain,
    source_or_sink,
    autocatalysis,
    catalysts,
    other_orders,
    symbolic_coefficient,
    michaelis_menten,
    hill,
    time_law,
    power_law,
    net_law,
    heat,
    observables,
    derived_chain,
    balanced,
    options,
    pathways,
)
