"""What compartments do to constants, as BNG2.pl 2.9.3 writes it behind ``unit_conversion=`` in its networks."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mscnet.mechanism.expression import Number, Product, Symbol, evaluate
from mscnet.mechanism.structure import Place
from mscnet.rules.places import Sizes

VALUES = {"vE": 10.0, "sM": 0.5, "vC": 2.0, "eff": 0.1}
PLACES = (
    Place("EC", 3, Symbol("vE", "parameter")),
    Place("PM", 2, Product((Symbol("sM", "parameter"), Symbol("eff", "parameter"))), "EC"),
    Place("CP", 3, Symbol("vC", "parameter"), "PM"),
)
TEXTS = ("@EC:L(r)", "@PM:R(l)", "@CP:C(r)", "@PM:L(r!1)@EC.R(l!1)", "A(b)")
L, R, C, LR, NOWHERE = range(5)


def factor(reactants, products, per_unit=None):
    product = 1.0
    for each in Sizes(PLACES, TEXTS, per_unit).factors(reactants, products):
        product *= evaluate(each, lambda symbol: VALUES[symbol.name])
    return product


@pytest.mark.parametrize(
    ("reactants", "products", "expected"),
    [
        ((L,), (), 1),
        ((R,), (LR,), 1),
        ((L, L), (), 1 / 10),
        ((R, L), (LR,), 1 / 10),
        ((R, C), (), 1 / 2),
        ((R, LR), (), 1 / 0.05),
        ((L, R, C), (), 1 / 20),
        ((R, LR, C), (), 1 / 0.05 / 2),
        ((), (L,), 10),
        ((), (R,), 0.05),
        ((), (L, C), 1),
        ((NOWHERE, NOWHERE), (), 1),
    ],
)
def test_a_constant_is_divided_by_all_sizes_but_one(reactants, products, expected) -> None:
    assert factor(reactants, products) == pytest.approx(expected, rel=1e-15)


def test_sizes_count_molecules_where_the_file_says_how_many_a_unit_is() -> None:
    assert factor((L, C), (), 6.0221e23) == pytest.approx(1 / (2 * 6.0221e23))
    assert factor((), (L,), 6.0221e23) == 10


def test_species_in_the_same_compartments_share_their_factors() -> None:
    sizes = Sizes(PLACES, TEXTS, None)
    assert sizes.factors((R, L), ()) is sizes.factors((LR, L), ())


def test_without_compartments_there_is_nothing_to_multiply_with() -> None:
    assert Sizes((), TEXTS, None).factors((L, L), ()) == ()


def test_a_number_of_molecules_is_exact_as_written() -> None:
    (each,) = Sizes(PLACES, TEXTS, 6.0221e23).factors((L, L), ())
    numbers = [part for part in each.base.factors if isinstance(part, Number)]
    assert [number.value for number in numbers] == [Fraction(60221) * 10**19]
