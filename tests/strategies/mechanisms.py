"""Strategies: random valid mechanisms, their names and their renderings."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from tests.strategies.builder import Builder
from tests.strategies.features import FEATURES, Feature, plain_reaction
from tests.strategies.model import (
    Definition,
    Function,
    Model,
    Observable,
    Pathway,
    Reaction,
)
from tests.strategies.render import Style
from tests.strategies.spelling import UNIT_WORDS, System

#: Names that users write: Greek, primes of digits, words that the language knows elsewhere, units out of use.
_SPECIES = (
    "A", "B", "C", "E", "N", "CdTe_PC", "CdSe_MF", "CdTeSe_PC399", "QD_10", "_x", "x_", "α", "ligand", "linear", "of",
    "constant", "H2O", "e1", "E5", "Å", "eq", "名", "J", "V", "rate_", "fixed", "H^+", "OH^-", "Ca^2+", "SO4^2-",
    "Cl^-",
)  # fmt: skip
_OTHERS = (
    "k", "k_on", "kcat", "k1", "k1r", "k2", "kf", "Vmax", "Km", "w", "tau", "K_eq", "μ_max", "β", "total", "od371",
    "yield_", "a3", "n", "p0", "Te_total", "of_", "f", "g", "hill", "pi", "e2", "E_a", "x", "y", "eq1", "addition",
    "fast", "step1", "r1", "r_2", "frag", "log_k", "linear_", "order_", "ℓ",
)  # fmt: skip


@st.composite
def models(
    draw: st.DrawFn,
    features: tuple[Feature, ...] = FEATURES,
    most: int = 6,
    complete: bool = True,
    tame: bool = False,
) -> Model:
    """A valid mechanism of one to `most` features, with at least one reaction."""
    builder = Builder(draw, complete, tame)
    plain_reaction(builder)
    for feature in draw(st.lists(st.sampled_from(features), min_size=0, max_size=most)):
        feature(builder)
    return builder.model()


def identifiers(model: Model) -> tuple[list[str], list[str]]:
    """Species, and everything else that has a name, in the order of the text."""
    others = [parameter.id for parameter in model.parameters]
    for item in model.statements:
        if isinstance(item, Definition | Observable | Function | Pathway) and item.id != "temperature":
            others.append(item.id)
        others += item.arguments if isinstance(item, Function) else ()
        reactions = item.statements if isinstance(item, Pathway) else (item,)
        others += [r.label for r in reactions if isinstance(r, Reaction) and r.label]
    return list(model.species), list(dict.fromkeys(others))


def names_of(model: Model, seed: int) -> tuple[tuple[str, str], ...]:
    """A name for every identifier, all different; seed 0 keeps the identifiers."""
    if seed == 0:
        return ()
    random = Random(seed)
    taken: set[str] = set(UNIT_WORDS)
    chosen: list[tuple[str, str]] = []
    species, others = identifiers(model)
    for ids, pool in ((species, _SPECIES), (others, _OTHERS)):
        for id in ids:
            name = random.choice(pool)
            neutral = id.startswith("C")  # its composition says no charge, so its name must not
            while name in taken or (neutral and "^" in name):
                base, _, charge = random.choice(pool).partition("^")
                name = f"{base}_{random.randrange(100)}" + ("^" + charge if charge else "")
            taken.add(name)
            chosen.append((id, name))
    return tuple(chosen)


SEEDS = st.integers(0, 2**32)

systems = st.builds(System, st.sampled_from(("M", "mM", "uM", "nM")), st.sampled_from(("s", "min", "h", "ms")))


@st.composite
def styles(draw: st.DrawFn, model: Model) -> Style:
    """A way to write `model`: names, units, spellings and layout."""
    names = names_of(model, draw(SEEDS))
    layout = draw(st.one_of(st.none(), SEEDS))
    return Style(draw(SEEDS), layout, draw(systems), names)
